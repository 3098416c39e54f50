"""Floor 7: activations, losses and what else networks are made of."""

import functools
import math
import warnings

from tinynn import ops
from tinynn.keras import activations, losses
from tinynn.keras.config import epsilon as tiny
from tinynn.keras.config import floatx
from tinynn.keras.ops.dispatch import common, floating, op, tensor


def _activation(name, function):
    """A function of `keras.activations` under the name that it has in `keras.ops`."""
    @functools.wraps(function)
    def public(x, *args, **kwargs):
        return function(floating(x), *args, **kwargs)

    public.__name__ = public.__qualname__ = name
    public.__module__ = __name__
    return op(public)


@functools.wraps(activations.softmax)
def _softmax(x, axis=-1):
    if isinstance(axis, int) and -len(x.shape) <= axis < len(x.shape) and x.shape[axis] == 1:
        warnings.warn(f"You are using a softmax over axis {axis} of a tensor of shape {tuple(x.shape)}. This axis has "
                      "size 1. The softmax operation will always return the value 1, which is likely not what you "
                      "intended. Did you mean to use a sigmoid instead?", stacklevel=4)
    return activations.softmax(x, axis)


relu6 = _activation("relu6", activations.relu6)
leaky_relu = _activation("leaky_relu", activations.leaky_relu)
elu = _activation("elu", activations.elu)
selu = _activation("selu", activations.selu)
celu = _activation("celu", activations.celu)
sigmoid = _activation("sigmoid", activations.sigmoid)
log_sigmoid = _activation("log_sigmoid", activations.log_sigmoid)
hard_sigmoid = _activation("hard_sigmoid", activations.hard_sigmoid)
sparse_sigmoid = _activation("sparse_sigmoid", activations.sparse_sigmoid)
hard_tanh = _activation("hard_tanh", activations.hard_tanh)
tanh_shrink = _activation("tanh_shrink", activations.tanh_shrink)
hard_shrink = _activation("hard_shrink", activations.hard_shrink)
soft_shrink = _activation("soft_shrink", activations.soft_shrink)
threshold = _activation("threshold", activations.threshold)
softplus = _activation("softplus", activations.softplus)
sparse_plus = _activation("sparse_plus", activations.sparse_plus)
squareplus = _activation("squareplus", activations.squareplus)
softsign = _activation("softsign", activations.softsign)
silu = swish = _activation("silu", activations.silu)
hard_silu = hard_swish = _activation("hard_silu", activations.hard_silu)
glu = _activation("glu", activations.glu)
softmax = _activation("softmax", _softmax)
log_softmax = _activation("log_softmax", activations.log_softmax)
sparsemax = _activation("sparsemax", activations.sparsemax)


@op
def relu(x):
    """max(x, 0)."""
    return ops.relu(tensor(x))


@op
def gelu(x, approximate=True):
    """x P(Z <= x) for a standard normal Z, with `approximate` through tanh."""
    return ops.gelu(floating(x), approximate)


@op
def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """1 at the place of a class number along a new axis, 0 elsewhere."""
    x = tensor(x)
    x = x if x.dtype.is_integer else ops.cast(x, "int32")
    return ops.one_hot(x, num_classes, axis=axis, dtype=str(dtype or floatx()))


@op
def multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False, **kwargs):
    """1 at the places of all class numbers of a row, 0 elsewhere."""
    num_classes = kwargs.pop("num_tokens", num_classes)
    inputs = tensor(inputs)
    hot = one_hot(inputs, num_classes, axis, dtype)
    reduce = ops.reduce_any if hot.dtype == "bool" else ops.reduce_max
    return reduce(hot, axis=1 if len(inputs.shape) > 1 else 0)


@op
def moments(x, axes, keepdims=False, synchronized=False):
    """(mean, variance) along axes."""
    x = floating(x)
    half = x.dtype.size < 4
    mean, variance = ops.moments(ops.cast(x, "float32") if half else x, axes, keepdims=keepdims)
    return (ops.saturate_cast(mean, x.dtype), ops.saturate_cast(variance, x.dtype)) if half else (mean, variance)


@op
def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """scale (x - mean) / sqrt(variance + epsilon) + offset, with one of each per entry along an axis."""
    x = floating(x)
    shape = [1] * len(x.shape)
    shape[axis] = x.shape[axis]
    parts = [None if part is None else ops.reshape(tensor(part, x.dtype), shape)
             for part in (mean, variance, offset, scale)]
    return ops.batch_normalization(x, *parts, epsilon)


def _beside(part, x, axis):
    """A weight of the shape of some axes, as it broadcasts to x."""
    axes = [a % len(x.shape) for a in ([axis] if isinstance(axis, int) else axis)]
    if len(part.shape) != len(axes):
        return tensor(part, x.dtype)
    return ops.reshape(tensor(part, x.dtype), [n if i in axes else 1 for i, n in enumerate(x.shape)])


@op
def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, **kwargs):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, with mean and variance along axes."""
    x = floating(x)
    epsilon = tiny() if epsilon is None else epsilon
    mean, variance = ops.moments(x, axis, keepdims=True)
    gamma, beta = (None if part is None else _beside(part, x, axis) for part in (gamma, beta))
    if kwargs.pop("rms_scaling", False):
        warnings.warn("You passed `rms_scaling=True`, which is deprecated; use keras.ops.rms_normalization",
                      stacklevel=3)
        y = x * ops.rsqrt(variance + epsilon)
        return y if gamma is None else y * gamma
    return ops.batch_normalization(x, mean, variance, beta, gamma, epsilon)


@op
def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """scale x / sqrt(mean x² + epsilon), along axes."""
    x = floating(x)
    y = x * ops.rsqrt(ops.reduce_mean(ops.square(x), axis, True) + (tiny() if epsilon is None else epsilon))
    return y if scale is None else y * _beside(scale, x, axis)


@op
def normalize(x, axis=-1, order=2, epsilon=None):
    """x / |x|, with the norm of an order along axes."""
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"Argument `order` must be an int >= 1, got order={order!r}")
    x = floating(x)
    epsilon = tiny() if epsilon is None else epsilon
    if order == 2:
        return ops.l2_normalize(x, axis=axis, epsilon=epsilon ** 2)
    size = ops.norm(x, ord=order, axis=axis, keepdims=True)
    return x / ops.maximum(size, epsilon)


@op
def binary_crossentropy(target, output, from_logits=False):
    """-t log(y) - (1 - t) log(1 - y), element by element."""
    target, output = common(target, output)
    if tuple(target.shape) != tuple(output.shape):
        raise ValueError(f"Arguments `target` and `output` must have the same shape, got {tuple(target.shape)} and "
                         f"{tuple(output.shape)}")
    if from_logits:
        return ops.sigmoid_cross_entropy_with_logits(labels=target, logits=output)
    output = ops.clip_by_value(output, tiny(), 1.0 - tiny())
    return -target * ops.log(output) - (1.0 - target) * ops.log(1.0 - output)


@op
def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-sum t log(y) along the axis of the classes."""
    target, output = common(target, output)
    if tuple(target.shape) != tuple(output.shape):
        raise ValueError(f"Arguments `target` and `output` must have the same shape, got {tuple(target.shape)} and "
                         f"{tuple(output.shape)}")
    return losses.categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)


@op
def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-log of the probability of the class whose number is the target."""
    target = tensor(target)
    if len(target.shape) == len(output.shape) and target.shape[-1] == 1:
        target = ops.squeeze(target, -1)
    return losses.sparse_categorical_crossentropy(target, floating(output), from_logits=from_logits, axis=axis)


@op
def dot_product_attention(query, key, value, bias=None, mask=None, scale=None, is_causal=False,
                          flash_attention=None, attn_logits_soft_cap=None):
    """softmax(query key / sqrt(width) + bias) value.

    Args:
        query: of shape (batch, targets, heads, width).
        key, value: of shape (batch, sources, heads, width).
        bias: added to the scores, (batch, heads, targets, sources).
        mask: which scores count, of that shape.
        scale: in the place of 1 / sqrt(width).
        is_causal: whether a target sees only sources up to its own place.

    Returns:
        A tensor of the shape of query.

    Source: Vaswani et al.: Attention is all you need (2017).
    """
    query, key, value = common(query, key, value)
    if key.shape[2] != query.shape[2]:      # a head of key and value serves several of the query
        key, value = (ops.repeat(x, query.shape[2] // x.shape[2], axis=2) for x in (key, value))
    scale = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = ops.einsum("btnh,bsnh->bnts", query, key) * scale
    if attn_logits_soft_cap is not None:
        scores = ops.tanh(scores / attn_logits_soft_cap) * attn_logits_soft_cap
    if bias is not None:
        scores = scores + tensor(bias, scores.dtype)
    if is_causal:
        seen = ops.band_part(ops.ones((scores.shape[-2], scores.shape[-1])), -1, 0) > 0.0
        mask = seen if mask is None else ops.logical_and(ops.cast(tensor(mask), "bool"), seen)
    if mask is not None:
        lowest = -0.7 * (65504.0 if scores.dtype.size < 4 else 3.4e38)
        scores = ops.where(ops.cast(tensor(mask), "bool"), scores, ops.zeros_like(scores) + lowest)
    return ops.einsum("bnts,bsnh->btnh", ops.softmax(scores), value)


@op
def psnr(x1, x2, max_val):
    """The peak signal-to-noise ratio: 20 log10(max_val) - 10 log10(mean (x1 - x2)²)."""
    x1, x2 = (floating(x) for x in common(x1, x2))
    if tuple(x1.shape) != tuple(x2.shape):
        raise ValueError(f"Input shapes {tuple(x1.shape)} and {tuple(x2.shape)} must match for PSNR calculation.")
    error = ops.reduce_mean(ops.squared_difference(x1, x2))
    return (2.0 * ops.log(tensor(max_val, error.dtype)) - ops.log(error)) * (10.0 / math.log(10.0))
