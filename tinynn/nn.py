"""`tf.nn`: parts of neural networks."""

from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.activation import crelu, elu, leaky_relu, relu, relu6, relu_layer, selu, sigmoid, softplus, softsign
from tinynn.ops.gated import gelu, silu
from tinynn.ops.loss import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
    weighted_cross_entropy_with_logits,
)
from tinynn.ops.nn import (
    avg_pool,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    conv1d,
    conv2d,
    conv2d_transpose,
    conv3d,
    convolution,
    depthwise_conv2d,
    max_pool,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from tinynn.ops.normalize import (
    batch_normalization,
    bias_add,
    compute_average_loss,
    depth_to_space,
    dropout,
    embedding_lookup,
    local_response_normalization,
    log_poisson_loss,
    moments,
    normalize_moments,
    scale_regularization_loss,
    space_to_depth,
    sufficient_statistics,
    weighted_moments,
    zero_fraction,
)
from tinynn.ops.norms import l2_loss, l2_normalize, normalize
from tinynn.ops.softmax import log_softmax, softmax
from tinynn.ops.sort import in_top_k, top_k
from tinynn.ops.trig import tanh

swish, lrn = silu, local_response_normalization
__getattr__, __dir__ = _namespace(__name__)
