"""Floor 4: sums, means, products and extremes of the rows that carry one number."""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import on_extents
from tinynn.ops.broadcast import _reshape, everywhere
from tinynn.ops.elementary import sqrt
from tinynn.ops.gather import _add_at, _checked, _gather, _scattered, check_range, gather_grad
from tinynn.ops.layout import cast
from tinynn.ops.logic import _where, equal, less
from tinynn.ops.masks import truncatediv
from tinynn.ops.math import divide, maximum, minimum


def _rows(rand):
    return (rand(4, 3), np.array([0, 2, 0, 1])), {"num_segments": 3}


def _extreme(xp, function, start, data, ids, count):
    """`function` (xp.maximum, xp.minimum) of the rows of each number; `start` where there is none."""
    ids = _checked(xp, ids, count)
    half = xp is not np and data.dtype == "float16"     # GPUs compare this type atomically in another
    y = xp.full((count, *data.shape[ids.ndim:]), start, "float32" if half else data.dtype)
    function.at(y, ids, data.astype(y.dtype))
    return y.astype(data.dtype)


def _limits(dtype):
    return np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)


@primitive("yₛ = max of the rows x with number s", mixed="segment_ids", example=_rows)
def _segment_max(xp, data, segment_ids, *, num_segments):
    """The largest of the rows of each number; the smallest value of the type where there is none."""
    return _extreme(xp, xp.maximum, _limits(data.dtype).min, data, segment_ids, num_segments)


@_segment_max.vjp("g, in equal parts where x is the maximum", wrt="data")
def _(g, data, segment_ids, out, num_segments):
    return _share(g, data, segment_ids, out, num_segments)


@primitive("yₛ = min of the rows x with number s", mixed="segment_ids", example=_rows)
def _segment_min(xp, data, segment_ids, *, num_segments):
    """The smallest of the rows of each number; the largest value of the type where there is none."""
    return _extreme(xp, xp.minimum, _limits(data.dtype).max, data, segment_ids, num_segments)


@_segment_min.vjp("g, in equal parts where x is the minimum", wrt="data")
def _(g, data, segment_ids, out, num_segments):
    return _share(g, data, segment_ids, out, num_segments)


def _share(g, data, ids, out, count):
    attains = cast(equal(data, _gather(out, ids, 0)), g.dtype)
    return attains * _gather(g / maximum(_sums(attains, ids, count), 1.0), ids, 0)


@primitive("yₛ = the product of the rows x with number s", mixed="segment_ids", example=_rows)
def _segment_prod(xp, data, segment_ids, *, num_segments):
    """The products of the rows of each number; 1 where there is none."""
    segment_ids = _checked(xp, segment_ids, num_segments)
    if xp is np:
        y = xp.ones((num_segments, *data.shape[segment_ids.ndim:]), data.dtype)
        xp.multiply.at(y, segment_ids, data)
        return y
    shape = (num_segments, *data.shape[segment_ids.ndim:])      # GPUs do not multiply atomically: a sum of logarithms
    logs, negatives, zeros = xp.zeros(shape, "float64"), xp.zeros(shape, "int32"), xp.zeros(shape, "int32")
    _add_at(xp, logs, segment_ids, xp.log(xp.abs(xp.where(data == 0, 1, data)).astype("float64")))
    _add_at(xp, negatives, segment_ids, (data < 0).astype("int32"))
    _add_at(xp, zeros, segment_ids, (data == 0).astype("int32"))
    y = xp.where(zeros > 0, 0, xp.exp(logs) * (1 - 2 * (negatives % 2)))
    return (xp.rint(y) if data.dtype.kind in "iu" else y).astype(data.dtype)


@_segment_prod.vjp("g times the product of the other rows", wrt="data")
def _(g, data, segment_ids, num_segments):
    zero = equal(data, 0.0)
    safe = _where(zero, 1.0, data)
    product = _gather(_segment_prod(safe, segment_ids, num_segments), segment_ids, 0)
    zeros = _gather(_sums(cast(zero, g.dtype), segment_ids, num_segments), segment_ids, 0)
    others = _where(zero, _where(equal(zeros, 1.0), product, 0.0), _where(equal(zeros, 0.0), product / safe, 0.0))
    return _gather(g, segment_ids, 0) * others


def _sums(data, ids, count):
    return gather_grad(data, ids, 0, (count, *data.shape[len(ids.shape):]))


def _counts(data, ids, count):
    """How many rows each number has, at least 1, as numbers that broadcast with the sums."""
    counts = maximum(_sums(everywhere(1.0, tuple(ids.shape), data), ids, count), 1.0)
    return _reshape(counts, (count,) + (1,) * (data.ndim - ids.ndim))


def _unsorted(of_rows, data, segment_ids, num_segments):
    """of_rows(data, ids, count), in which rows with a negative number have no part."""
    data = operand(data)
    ids, count = operand(segment_ids, like=data), int(num_segments)
    if tuple(data.shape[:ids.ndim]) != tuple(ids.shape):
        raise InvalidArgumentError(f"numbers of shape {tuple(ids.shape)} do not fit data of shape {tuple(data.shape)}")
    if ids.dtype.is_unsigned:
        return of_rows(data, ids, count)
    ids = _where(less(ids, 0), count, check_range(maximum(ids, 0), count))
    return of_rows(data, ids, count + 1)[:count]


def _ascending(of_rows, data, segment_ids, of_none=None):
    """The same for ascending numbers; `of_none` where a number has no row."""
    ids = operand(segment_ids)
    values = np.asarray(ids)
    if values.ndim != 1 or np.any(np.diff(values) < 0) or (values.size and values[0] < 0):
        raise InvalidArgumentError("segment numbers must be ascending from 0; for others use "
                                   "tf.math.unsorted_segment_sum")
    count = int(values.max(initial=-1)) + 1
    result = _unsorted(of_rows, data, ids, count)
    present = np.bincount(values, minlength=count).astype(bool)
    if of_none is None or present.all():
        return result
    return _where(present.reshape((-1,) + (1,) * (result.ndim - 1)), result, of_none)


def _means(data, ids, count):
    if not data.dtype.is_integer:
        return _sums(data, ids, count) / _counts(data, ids, count)
    counts = cast(_counts(cast(data, "float64"), ids, count), data.dtype)
    return truncatediv(_sums(data, ids, count), counts)


def _quotients(data, ids, count):
    counts = _counts(cast(data, "float64") if data.dtype.is_integer else data, ids, count)
    return divide(cast(_sums(data, ids, count), counts.dtype), counts)


# ---- any order of numbers --------------------------------------------------------------------------------------------


@on_extents
def unsorted_segment_sum(data, segment_ids, num_segments, name=None):
    """The sums of the rows of each number.

    Args:
        data: rows, of shape segment_ids.shape + (...).
        segment_ids: the number of each row, from 0 to num_segments - 1; a row with a negative one is left out.
        num_segments: how many rows the result has; one without data is 0.

    Example:
        >>> tf.math.unsorted_segment_sum([1.0, 10.0, 2.0], [0, 1, 0], num_segments=2)
    """
    return _unsorted(_sums, data, segment_ids, num_segments)


@on_extents
def unsorted_segment_mean(data, segment_ids, num_segments, name=None):
    """The means of the rows of each number; 0 where there is none. See `unsorted_segment_sum`."""
    return _unsorted(_quotients, data, segment_ids, num_segments)


@on_extents
def unsorted_segment_sqrt_n(data, segment_ids, num_segments, name=None):
    """The sums of the rows of each number, divided by the square root of how many there are."""
    return _unsorted(lambda *given: _sums(*given) / sqrt(_counts(*given)), data, segment_ids, num_segments)


@on_extents
def unsorted_segment_prod(data, segment_ids, num_segments, name=None):
    """The products of the rows of each number; 1 where there is none."""
    return _unsorted(_segment_prod, data, segment_ids, num_segments)


@on_extents
def unsorted_segment_max(data, segment_ids, num_segments, name=None):
    """The largest of the rows of each number; the smallest value of the type where there is none."""
    return _unsorted(_segment_max, data, segment_ids, num_segments)


@on_extents
def unsorted_segment_min(data, segment_ids, num_segments, name=None):
    """The smallest of the rows of each number; the largest value of the type where there is none."""
    return _unsorted(_segment_min, data, segment_ids, num_segments)


# ---- ascending numbers -----------------------------------------------------------------------------------------------


@on_extents
def segment_sum(data, segment_ids, name=None):
    """The sums of the rows of each number, for ascending numbers.

    Raises:
        InvalidArgumentError: the numbers do not ascend.

    Example:
        >>> tf.math.segment_sum([1.0, 2.0, 10.0], [0, 0, 1])
    """
    return _ascending(_sums, data, segment_ids)


@on_extents
def segment_mean(data, segment_ids, name=None):
    """The means of the rows of each number, for ascending numbers; of integers rounded towards 0.

    Example:
        >>> tf.math.segment_mean([1.0, 2.0, 10.0], [0, 0, 1])
    """
    return _ascending(_means, data, segment_ids)


@on_extents
def segment_prod(data, segment_ids, name=None):
    """The products of the rows of each number, for ascending numbers; 1 where there is none."""
    return _ascending(_segment_prod, data, segment_ids)


@on_extents
def segment_max(data, segment_ids, name=None):
    """The largest of the rows of each number, for ascending numbers; 0 where there is none."""
    return _ascending(_segment_max, data, segment_ids, of_none=0)


@on_extents
def segment_min(data, segment_ids, name=None):
    """The smallest of the rows of each number, for ascending numbers; 0 where there is none."""
    return _ascending(_segment_min, data, segment_ids, of_none=0)


# ---- extremes at index tuples ----------------------------------------------------------------------------------------


@on_extents
def tensor_scatter_nd_max(tensor, indices, updates, name=None):
    """The larger of the tensor and the updates at the index tuples along the last axis of `indices`.

    Example:
        >>> tf.tensor_scatter_nd_max([1.0, 5.0, 1.0], [[0], [1]], [2.0, 2.0])
    """
    return _scatter_extreme(maximum, _segment_max, tensor, indices, updates)


@on_extents
def tensor_scatter_nd_min(tensor, indices, updates, name=None):
    """The smaller of the tensor and the updates at the index tuples along the last axis of `indices`.

    Example:
        >>> tf.tensor_scatter_nd_min([1.0, 5.0, 1.0], [[0], [1]], [2.0, 2.0])
    """
    return _scatter_extreme(minimum, _segment_min, tensor, indices, updates)


def _scatter_extreme(of_two, of_rows, tensor, indices, updates):
    tensor = operand(tensor)
    places, updates, shape, size, depth = _scattered(indices, operand(updates, tensor.dtype, like=tensor),
                                                     tuple(tensor.shape))
    rows = _reshape(tensor, (size, *shape[depth:]))
    return _reshape(of_two(rows, of_rows(updates, places, size)), shape)
