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
    """The mean along axes; of a float16 summed up in float32, as its sum may be too large for a float16."""
    x = floating(x)
    if x.dtype != "float16":
        return ops.reduce_mean(x, axis, keepdims)
    return ops.cast(ops.reduce_mean(ops.cast(x, "float32"), axis, keepdims), x.dtype)


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
    x = tensor(x, dtype)
    x = ops.cast(x, "int32") if x.dtype == "bool" else x
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
    rows, shape = rows_of(floating(x), axis, keepdims)
    shares = np.asarray(q, "float64")
    place = shares.reshape(-1) * (rows.shape[-1] - 1)
    low, high, between = neighbours(place, method, np)
    below, above = ops.gather(rows, low.astype("int64"), axis=-1), ops.gather(rows, high.astype("int64"), axis=-1)
    found = mixed(below, above, ops.constant(between, rows.dtype))
    found = ops.where(ops.is_nan(rows[..., -1:]), rows[..., -1:], found)    # NaN is sorted to the end
    return first(found, shares.shape, shape)


def rows_of(x, axis, keepdims):
    """x with the axes as its last one, sorted along it; and the shape of what makes one number of each row."""
    axes = axes_of(axis, len(x.shape))
    rest = [i for i in range(len(x.shape)) if i not in axes]
    shape = [1 if i in axes else n for i, n in enumerate(x.shape)] if keepdims else [x.shape[i] for i in rest]
    rows = ops.reshape(ops.transpose(x, (*rest, *axes)), (*(x.shape[i] for i in rest), -1))
    return ops.sort(rows, axis=-1), shape


def neighbours(place, method, xp):
    """The places below and above a place between two elements, and how far it is on the way."""
    low, high = xp.floor(place), xp.ceil(place)
    if method == "nearest":
        low = high = xp.rint(place)
    if method not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise ValueError('`method` is "linear", "lower", "higher", "midpoint" or "nearest", got ' f"{method!r}")
    way = xp.sign(high - low)
    return low, high, {"linear": place - low, "higher": way, "midpoint": 0.5 * way}.get(method, 0.0 * way)


def mixed(below, above, between):
    """below + between (above - below), and below itself where it is met, as it may be infinite."""
    return ops.where(ops.equal(between, 0.0), below, below + (above - below) * between)


def first(found, shares, shape):
    """What was found for several shares, along the last axis, with the shares' axes in front."""
    rank = len(found.shape)
    return ops.reshape(ops.transpose(found, (rank - 1, *range(rank - 1))), (*shares, *shape))


@op
def percentile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` of q / 100."""
    return quantile(x, np.asarray(q, "float64") / 100, axis, method, keepdims)


@op
def median(x, axis=None, keepdims=False):
    """The middle of the elements along axes."""
    return quantile(x, 0.5, axis, keepdims=keepdims)
