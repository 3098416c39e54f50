"""Floor 7: functions that make one number of many, along axes."""

import numpy as np

from tinynn import ops
from tinynn.keras.ops.dispatch import common, counted, floating, op, tensor
from tinynn.ops.arguments import axes_of


@op
def sum(x, axis=None, keepdims=False):
    """The sum along axes, all by default."""
    return ops.reduce_sum(counted(x), axis, keepdims)


@op
def prod(x, axis=None, keepdims=False, dtype=None):
    """The product along axes."""
    return ops.reduce_prod(counted(x) if dtype is None else tensor(x, dtype), axis, keepdims)


@op
def mean(x, axis=None, keepdims=False):
    """The mean along axes."""
    return ops.reduce_mean(floating(x), axis, keepdims)


@op
def var(x, axis=None, keepdims=False):
    """The variance along axes."""
    return ops.reduce_variance(floating(x), axis, keepdims)


@op
def std(x, axis=None, keepdims=False):
    """The standard deviation along axes."""
    return ops.reduce_std(floating(x), axis, keepdims)


def _extreme(x, axis, keepdims, initial, reduce, pick, of_truths):
    x = tensor(x)
    if x.dtype == "bool":
        return of_truths(x, axis, keepdims)
    if initial is not None:
        if x.size == 0:
            return ops.convert_to_tensor(initial, x.dtype)
        return pick(reduce(x, axis, keepdims), ops.convert_to_tensor(initial, x.dtype))
    return reduce(x, axis, keepdims)


@op
def max(x, axis=None, keepdims=False, initial=None):
    """The largest along axes, at least `initial`."""
    return _extreme(x, axis, keepdims, initial, ops.reduce_max, ops.maximum, ops.reduce_any)


@op
def min(x, axis=None, keepdims=False, initial=None):
    """The smallest along axes, at most `initial`."""
    return _extreme(x, axis, keepdims, initial, ops.reduce_min, ops.minimum, ops.reduce_all)


@op
def amax(x, axis=None, keepdims=False):
    """The largest along axes."""
    return max(x, axis, keepdims)


@op
def amin(x, axis=None, keepdims=False):
    """The smallest along axes."""
    return min(x, axis, keepdims)


@op
def ptp(x, axis=None, keepdims=False):
    """The largest minus the smallest along axes."""
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def _truths(x):
    x = tensor(x)
    return x if x.dtype == "bool" else ops.not_equal(x, 0)


@op
def all(x, axis=None, keepdims=False):
    """Whether all hold, along axes."""
    return ops.reduce_all(_truths(x), axis, keepdims)


@op
def any(x, axis=None, keepdims=False):
    """Whether any holds, along axes."""
    return ops.reduce_any(_truths(x), axis, keepdims)


def _place(x, axis, keepdims, find):
    x = counted(x)
    rank = len(x.shape)
    found = find(ops.reshape(x, (-1,)), 0) if axis is None else find(x, axis)
    found = ops.cast(found, "int32")
    if not keepdims:
        return found
    return ops.reshape(found, (1,) * rank) if axis is None else ops.expand_dims(found, axis)


@op
def argmax(x, axis=None, keepdims=False):
    """Where the largest is along an axis, or in all of x counted through: int32."""
    return _place(x, axis, keepdims, ops.argmax)


@op
def argmin(x, axis=None, keepdims=False):
    """Where the smallest is along an axis, or in all of x counted through: int32."""
    return _place(x, axis, keepdims, ops.argmin)


@op
def count_nonzero(x, axis=None):
    """How many are not 0, along axes."""
    return ops.count_nonzero(tensor(x), axis, dtype="int32")


def _scanned(x, axis, dtype, scan):
    x = counted(x) if dtype is None else tensor(x, dtype)
    return scan(ops.reshape(x, (-1,)), 0) if axis is None else scan(x, axis)


@op
def cumsum(x, axis=None, dtype=None):
    """The sums of all up to each, along an axis, or in all of x counted through."""
    return _scanned(x, axis, dtype, ops.cumsum)


@op
def cumprod(x, axis=None, dtype=None):
    """The products of all up to each, along an axis, or in all of x counted through."""
    return _scanned(x, axis, dtype, ops.cumprod)


@op
def average(x, axis=None, weights=None):
    """The mean along axes, with weights of the shape of x, or of its one axis."""
    if weights is None:
        return mean(x, axis)
    x, weights = (floating(value) for value in common(x, weights))
    if axis is not None and len(weights.shape) != len(x.shape):
        axes = axes_of(axis, len(x.shape))
        weights = ops.reshape(weights, [n if i in axes else 1 for i, n in enumerate(x.shape)])
    weights = ops.broadcast_to(weights, tuple(x.shape))
    return ops.reduce_sum(x * weights, axis) / ops.reduce_sum(weights, axis)


@op
def quantile(x, q, axis=None, method="linear", keepdims=False):
    """The number below which a share q of the elements lies, along axes.

    Args:
        x: a tensor.
        q: a share from 0 to 1, or several; they become the first axis of the result.
        axis: the axis, or axes; all by default.
        method: between two elements: "linear", "lower", "higher", "midpoint" or "nearest".
        keepdims: whether the axes stay, with length 1.
    """
    x = floating(x)
    rank = len(x.shape)
    axes = axes_of(axis, rank)
    rest = [i for i in range(rank) if i not in axes]
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    rows = ops.reshape(ops.transpose(x, (*rest, *axes)), (*(x.shape[i] for i in rest), -1))
    rows = ops.sort(rows, axis=-1)
    shares = np.asarray(q, "float64")
    place = shares.reshape(-1) * (rows.shape[-1] - 1)
    low, high = np.floor(place).astype("int64"), np.ceil(place).astype("int64")
    if method == "nearest":
        low = high = np.rint(place).astype("int64")
    between = {"linear": place - low, "lower": 0 * place, "higher": np.sign(high - low), "nearest": 0 * place,
               "midpoint": 0.5 * np.sign(high - low)}[method]
    below, above = ops.gather(rows, low, axis=-1), ops.gather(rows, high, axis=-1)
    found = below + (above - below) * ops.cast(ops.convert_to_tensor(between), x.dtype)
    found = ops.transpose(found, (rank - len(axes), *range(rank - len(axes))))
    shape = kept if keepdims else tuple(x.shape[i] for i in rest)
    return ops.reshape(found, (*shares.shape, *shape))


@op
def percentile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` of q / 100."""
    return quantile(x, np.asarray(q, "float64") / 100, axis, method, keepdims)


@op
def median(x, axis=None, keepdims=False):
    """The middle of the elements along axes."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


# ---- the same without NaN --------------------------------------------------------------------------------------------


def _filled(x, value):
    x = tensor(x)
    return x if not x.dtype.is_floating else ops.where(ops.is_nan(x), ops.zeros_like(x) + value, x)


def _count(x, axis, keepdims):
    return ops.reduce_sum(ops.cast(ops.logical_not(ops.is_nan(x)), x.dtype), axis, keepdims)


@op
def nansum(x, axis=None, keepdims=False):
    """`sum` of what is not NaN."""
    return sum(_filled(x, 0.0), axis, keepdims)


@op
def nanprod(x, axis=None, keepdims=False):
    """`prod` of what is not NaN."""
    return prod(_filled(x, 1.0), axis, keepdims)


@op
def nancumsum(x, axis=None, dtype=None):
    """`cumsum` with 0 for NaN."""
    return cumsum(_filled(x, 0.0), axis, dtype)


@op
def nancumprod(x, axis=None, dtype=None):
    """`cumprod` with 1 for NaN."""
    return cumprod(_filled(x, 1.0), axis, dtype)


@op
def nanmax(x, axis=None, keepdims=False):
    """`max` of what is not NaN."""
    return max(_filled(x, -np.inf), axis, keepdims)


@op
def nanmin(x, axis=None, keepdims=False):
    """`min` of what is not NaN."""
    return min(_filled(x, np.inf), axis, keepdims)


@op
def nanargmax(x, axis=None, keepdims=False):
    """`argmax` among what is not NaN."""
    return argmax(_filled(x, -np.inf), axis, keepdims)


@op
def nanargmin(x, axis=None, keepdims=False):
    """`argmin` among what is not NaN."""
    return argmin(_filled(x, np.inf), axis, keepdims)


@op
def nanmean(x, axis=None, keepdims=False):
    """`mean` of what is not NaN."""
    x = floating(x)
    return ops.reduce_sum(_filled(x, 0.0), axis, keepdims) / _count(x, axis, keepdims)


@op
def nanvar(x, axis=None, keepdims=False):
    """`var` of what is not NaN."""
    x = floating(x)
    return nanmean(ops.square(x - nanmean(x, axis, True)), axis, keepdims)


@op
def nanstd(x, axis=None, keepdims=False):
    """`std` of what is not NaN."""
    return ops.sqrt(nanvar(x, axis, keepdims))
