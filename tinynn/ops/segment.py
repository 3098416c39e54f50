"""Floor 4: sums, means and extremes of the rows that carry one number."""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import on_extents
from tinynn.ops.elementary import negative
from tinynn.ops.gather import _checked, _gather, gather_grad
from tinynn.ops.layout import cast
from tinynn.ops.logic import equal
from tinynn.ops.math import maximum


def _rows(rand):
    return (rand(4, 3), np.array([0, 2, 0, 1])), {"num_segments": 3}


@primitive("yₛ = max of the rows x with number s", mixed="segment_ids", example=_rows)
def _segment_max(xp, data, segment_ids, *, num_segments):
    """The largest of the rows of each number; the smallest value of the type where there is none."""
    segment_ids = _checked(xp, segment_ids, num_segments)
    lowest = np.finfo(data.dtype).min if data.dtype.kind == "f" else np.iinfo(data.dtype).min
    y = xp.full((num_segments, *data.shape[segment_ids.ndim:]), lowest, data.dtype)
    if xp is np or data.dtype != "float16":
        xp.maximum.at(y, segment_ids, data)
        return y
    y = y.astype("float32")     # GPUs compare this type atomically
    xp.maximum.at(y, segment_ids, data.astype("float32"))
    return y.astype(data.dtype)


@_segment_max.vjp("g, in equal parts where x is the maximum", wrt="data")
def _(g, data, segment_ids, out, num_segments):
    attains = cast(equal(data, _gather(out, segment_ids, 0)), g.dtype)
    count = maximum(_sums(attains, segment_ids, num_segments), 1.0)
    return attains * _gather(g / count, segment_ids, 0)


def _sums(data, ids, count):
    return gather_grad(data, ids, 0, (count, *data.shape[len(ids.shape):]))


def _arguments(data, segment_ids, num_segments):
    data = operand(data)
    ids = operand(segment_ids, like=data)
    if tuple(data.shape[:ids.ndim]) != tuple(ids.shape):
        raise InvalidArgumentError(f"numbers of shape {tuple(ids.shape)} do not fit data of shape {tuple(data.shape)}")
    if num_segments is None:
        values = np.asarray(ids)
        if values.ndim != 1 or np.any(np.diff(values) < 0):
            raise InvalidArgumentError("segment numbers must be ascending; for others use tf.math.unsorted_segment_sum")
        num_segments = int(values.max(initial=-1)) + 1
    return data, ids, int(num_segments)


@on_extents
def unsorted_segment_sum(data, segment_ids, num_segments, name=None):
    """The sums of the rows of each number.

    Args:
        data: rows, of shape segment_ids.shape + (...).
        segment_ids: the number of each row, from 0 to num_segments - 1.
        num_segments: how many rows the result has; one without data is 0.

    Example:
        >>> tf.math.unsorted_segment_sum([1.0, 10.0, 2.0], [0, 1, 0], num_segments=2)
    """
    return _sums(*_arguments(data, segment_ids, num_segments))


@on_extents
def unsorted_segment_mean(data, segment_ids, num_segments, name=None):
    """The means of the rows of each number; 0 where there is none. See `unsorted_segment_sum`."""
    data, ids, count = _arguments(data, segment_ids, num_segments)
    rows = np.maximum(np.bincount(np.asarray(ids).reshape(-1), minlength=count), 1)
    weights = rows.reshape((-1,) + (1,) * (data.ndim - ids.ndim)).astype(data.dtype.dtype)
    return _sums(data, ids, count) / weights


@on_extents
def unsorted_segment_max(data, segment_ids, num_segments, name=None):
    """The largest of the rows of each number; the smallest value of the type where there is none."""
    return _segment_max(*_arguments(data, segment_ids, num_segments))


@on_extents
def unsorted_segment_min(data, segment_ids, num_segments, name=None):
    """The smallest of the rows of each number; the largest value of the type where there is none."""
    data, ids, count = _arguments(data, segment_ids, num_segments)
    return negative(_segment_max(negative(data), ids, count))


@on_extents
def segment_sum(data, segment_ids, name=None):
    """The sums of the rows of each number, for ascending numbers.

    Raises:
        InvalidArgumentError: the numbers do not ascend.

    Example:
        >>> tf.math.segment_sum([1.0, 2.0, 10.0], [0, 0, 1])
    """
    return unsorted_segment_sum(*_arguments(data, segment_ids, None))


@on_extents
def segment_mean(data, segment_ids, name=None):
    """The means of the rows of each number, for ascending numbers.

    Example:
        >>> tf.math.segment_mean([1.0, 2.0, 10.0], [0, 0, 1])
    """
    return unsorted_segment_mean(*_arguments(data, segment_ids, None))


@on_extents
def segment_max(data, segment_ids, name=None):
    """The largest of the rows of each number, for ascending numbers."""
    return unsorted_segment_max(*_arguments(data, segment_ids, None))


@on_extents
def segment_min(data, segment_ids, name=None):
    """The smallest of the rows of each number, for ascending numbers."""
    return unsorted_segment_min(*_arguments(data, segment_ids, None))
