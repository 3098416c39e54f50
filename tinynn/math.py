"""`tf.math`: functions of numbers, element by element and along axes."""

from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.activation import log_sigmoid, sigmoid, softplus, softsign
from tinynn.ops.broadcast import reduce_sum
from tinynn.ops.complex import angle, conj, imag, real
from tinynn.ops.elementary import (
    abs,
    ceil,
    exp,
    expm1,
    floor,
    log,
    log1p,
    negative,
    reciprocal,
    rint,
    rsqrt,
    sign,
    sqrt,
    square,
)
from tinynn.ops.logic import (
    equal,
    greater,
    greater_equal,
    is_finite,
    is_inf,
    is_nan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    nextafter,
    not_equal,
)
from tinynn.ops.masks import accumulate_n, add_n, invert_permutation, polyval, scalar_mul
from tinynn.ops.math import (
    add,
    divide,
    floordiv,
    floormod,
    maximum,
    minimum,
    multiply,
    pow,
    squared_difference,
    subtract,
)
from tinynn.ops.normalize import zero_fraction
from tinynn.ops.norms import l2_normalize
from tinynn.ops.reduce import (
    argmax,
    argmin,
    count_nonzero,
    is_non_decreasing,
    is_strictly_increasing,
    reduce_all,
    reduce_any,
    reduce_euclidean_norm,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_std,
    reduce_variance,
)
from tinynn.ops.scan import cumprod, cumsum, cumulative_logsumexp
from tinynn.ops.segment import (
    segment_max,
    segment_mean,
    segment_min,
    segment_prod,
    segment_sum,
    unsorted_segment_max,
    unsorted_segment_mean,
    unsorted_segment_min,
    unsorted_segment_prod,
    unsorted_segment_sqrt_n,
    unsorted_segment_sum,
)
from tinynn.ops.softmax import log_softmax, softmax
from tinynn.ops.sort import bincount, confusion_matrix, in_top_k, top_k
from tinynn.ops.special import (
    digamma,
    divide_no_nan,
    erf,
    erfc,
    erfcinv,
    erfinv,
    lbeta,
    lgamma,
    multiply_no_nan,
    ndtri,
    polygamma,
    reciprocal_no_nan,
    xdivy,
    xlog1py,
    xlogy,
)
from tinynn.ops.trig import acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, sin, sinh, tan, tanh

truediv = divide
mod = floormod
round = rint
__getattr__, __dir__ = _namespace(__name__)
