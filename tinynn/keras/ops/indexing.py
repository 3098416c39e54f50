"""Floor 7: functions that pick, search and sort."""

import numpy as np

from tinynn import ops
from tinynn.keras.config import floatx
from tinynn.keras.ops.dispatch import common, floating, op, tensor


def _wrapped(indices, n):
    """Indices counted from 0; those below 0 count from the end."""
    indices = tensor(indices)
    if not indices.dtype.is_integer:
        indices = ops.cast(indices, "int32")
    return ops.where(ops.less(indices, ops.zeros_like(indices)), indices + n, indices)


@op
def take(x, indices, axis=None):
    """The elements, or slices along an axis, at some places."""
    x = tensor(x)
    x, axis = (ops.reshape(x, (-1,)), 0) if axis is None else (x, axis)
    return ops.gather(x, _wrapped(indices, x.shape[axis]), axis=axis)


@op
def take_along_axis(x, indices, axis=None):
    """Along an axis, in every row the elements at the places of the same row of `indices`."""
    x = tensor(x)
    x, axis = (ops.reshape(x, (-1,)), 0) if axis is None else (x, axis % len(x.shape))
    indices = _wrapped(indices, x.shape[axis])
    shape = list(np.broadcast_shapes(
        *[tuple(1 if i == axis else n for i, n in enumerate(t.shape)) for t in (x, indices)]))
    full = [tuple(t.shape[i] if i == axis else n for i, n in enumerate(shape)) for t in (x, indices)]
    return ops.take_along(ops.broadcast_to(x, full[0]), ops.broadcast_to(indices, full[1]), axis)


@op
def where(condition, x1=None, x2=None):
    """x1 where the condition holds, x2 elsewhere; without them, where it holds: see `nonzero`."""
    if x1 is None and x2 is None:
        return nonzero(condition)
    if x1 is None or x2 is None:
        raise ValueError("`x1` and `x2` either both should be `None` or both should have non-None value")
    condition = tensor(condition)
    condition = condition if condition.dtype == "bool" else ops.not_equal(condition, 0)
    return ops.where(condition, *common(x1, x2))


@op
def select(condlist, choicelist, default=0):
    """The choice of the first condition that holds, `default` where none does."""
    *choices, result = common(*choicelist, default)
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        result = where(condition, choice, result)
    return result


@op
def nonzero(x):
    """The places of what is not 0: a tuple with the indices along every axis, int32."""
    x = tensor(x)
    places = ops.where(x if x.dtype == "bool" else ops.not_equal(x, 0))
    return tuple(ops.cast(places[:, i], "int32") for i in range(len(x.shape)))


@op
def sort(x, axis=-1):
    """The elements in order along an axis."""
    x = tensor(x)
    return ops.sort(ops.reshape(x, (-1,)) if axis is None else x, -1 if axis is None else axis)


@op
def argsort(x, axis=-1):
    """The places that sort along an axis: int32."""
    x = tensor(x)
    if not x.shape:
        return ops.zeros((), "int32")
    return ops.argsort(ops.reshape(x, (-1,)) if axis is None else x, -1 if axis is None else axis)


@op
def argpartition(x, kth, axis=-1):
    """The places in an order in which no element before the k-th is larger than it: here, the sorted order."""
    if not isinstance(kth, (int, np.integer)):
        raise ValueError(f"Argument `kth` must be an integer, got {kth!r}")
    return argsort(x, axis)


@op
def searchsorted(sorted_sequence, values, side="left"):
    """Where values belong in a sorted sequence: int32."""
    sequence, values = common(sorted_sequence, values)
    if len(sequence.shape) != 1:
        raise ValueError(f"`searchsorted` takes one sequence, got shape {tuple(sequence.shape)}; for several use map")
    return ops.reshape(ops.searchsorted(sequence, ops.reshape(values, (-1,)), side=side), tuple(values.shape))


@op
def digitize(x, bins):
    """The number of the bin (between sorted borders) of every element: int32."""
    x = tensor(x)
    borders, values = common(tensor(bins), ops.reshape(x, (-1,)))
    return ops.reshape(ops.searchsorted(borders, values, side="right"), tuple(x.shape))


@op
def bincount(x, weights=None, minlength=0, sparse=False):
    """How often every whole number from 0 on occurs along the last axis, or the sum of its weights."""
    x = tensor(x)
    rows = np.asarray(x).astype("int64")
    width = max(int(rows.max(initial=-1)) + 1, int(minlength))
    hits = ops.one_hot(ops.cast(x, "int32"), width, dtype="int32" if weights is None else floatx())
    if weights is not None:
        weights = tensor(weights)
        hits = ops.cast(hits, weights.dtype) * ops.expand_dims(weights, -1)
    return ops.reduce_sum(hits, axis=-2)


@op
def histogram(x, bins=10, range=None):
    """(how many elements lie in every bin, the borders of the bins)."""
    x = tensor(x)
    _check_histogram(x, bins, range)
    counts, borders = np.histogram(np.asarray(x), bins, range)
    return ops.convert_to_tensor(counts.astype("int32")), ops.cast(
        ops.convert_to_tensor(borders), x.dtype if x.dtype.is_floating else floatx())


def _check_histogram(x, bins, range):
    if len(x.shape) != 1:
        raise ValueError(f"Input tensor must be 1-dimensional, got shape {tuple(x.shape)}; see keras.ops.ravel")
    if not isinstance(bins, (int, np.integer)) or bins <= 0:
        raise ValueError(f"Argument `bins` should be a non-negative integer, not 0, got bins={bins!r}")
    if range and len(range) != 2:
        raise ValueError(f"Argument `range` must be a tuple of two elements, got range={range}")
    if range and range[1] < range[0]:
        raise ValueError(f"The second element of `range` must be greater than the first, got range={range}")


@op
def unique(x, sorted=True, return_index=False, return_inverse=False, return_counts=False, axis=None, size=None,
           fill_value=None):
    """The different elements (or slices along an axis), in order, and what else is asked for.

    Args:
        x: a tensor.
        return_index, return_inverse, return_counts: whether to give where each occurs first, which of them every
            element is, and how often each occurs.
        size: how many to give: more are cut off, fewer filled up with `fill_value` (by default the smallest).
    """
    found = np.unique(np.asarray(tensor(x)), True, True, True, axis=axis, equal_nan=False)
    values, first, inverse, counts = (np.asarray(part) for part in found)
    if size is not None:
        along = 0 if axis is None else axis
        keep = [min(i, len(counts) - 1) if i < len(counts) else 0 for i in range(size)]
        values = np.take(values, keep, along)
        if fill_value is not None and len(counts) < size:
            np.moveaxis(values, along, 0)[len(counts):] = fill_value
        first, counts = first[keep], np.where(np.arange(size) < len(counts), counts[keep], 0)
    wanted = (values, *(part.astype("int32") for part, want in (
        (first, return_index), (inverse, return_inverse), (counts, return_counts)) if want))
    tensors = tuple(ops.convert_to_tensor(part) for part in wanted)
    return tensors if len(tensors) > 1 else tensors[0]


@op
def isin(x1, x2, assume_unique=False, invert=False):
    """Whether every element of x1 occurs in x2."""
    x1, x2 = common(x1, x2)
    found = ops.reduce_any(ops.equal(ops.expand_dims(x1, -1), ops.reshape(x2, (-1,))), axis=-1)
    return ops.logical_not(found) if invert else found


@op
def unravel_index(indices, shape):
    """The places along every axis of elements counted through: a tuple."""
    indices = tensor(indices)
    size = int(np.prod(shape))
    rest, places = _wrapped(indices, size), []
    for n in reversed(shape):
        places.append(ops.floormod(rest, ops.convert_to_tensor(n, rest.dtype)))
        rest = ops.floordiv(rest, ops.convert_to_tensor(n, rest.dtype))
    return tuple(reversed(places))


@op
def diff(a, n=1, axis=-1):
    """The differences of neighbours along an axis, n times; of truth values, whether they differ."""
    a = tensor(a)
    for _ in range(n):
        length = a.shape[axis]
        after = ops.gather(a, np.arange(1, length), axis=axis)
        before = ops.gather(a, np.arange(length - 1), axis=axis)
        a = ops.not_equal(after, before) if a.dtype == "bool" else after - before
    return a


@op
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The integral by the trapezoidal rule along an axis."""
    y = floating(y)
    length = y.shape[axis]
    pairs = ops.gather(y, np.arange(1, length), axis=axis) + ops.gather(y, np.arange(length - 1), axis=axis)
    width = dx if x is None else _widths(tensor(x), axis, len(y.shape))
    return ops.reduce_sum(pairs * tensor(width, y.dtype) / 2.0, axis)


def _widths(x, axis, rank):
    """The distances of points along an axis; a vector of points counts for all rows."""
    if len(x.shape) > 1:
        return diff(x, axis=axis)
    shape = [1] * rank
    shape[axis] = -1
    return ops.reshape(diff(x), shape)
