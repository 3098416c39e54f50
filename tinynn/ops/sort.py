"""Floor 4: order: sorting, the largest, searching, and what occurs how often."""

from collections import namedtuple

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import axis_of, on_extents
from tinynn.ops.broadcast import _reduce_sum, _reshape
from tinynn.ops.gather import gather, gather_grad, scatter_nd, take_along
from tinynn.ops.layout import cast, expand_dims, stack
from tinynn.ops.logic import _where, greater, greater_equal, is_finite, less, logical_and


@primitive("y = the order that sorts x", example=lambda rand: ((rand(4, 3),), {"axis": 1, "descending": False}))
def _argsort(xp, values, *, axis, descending):
    """The indices that sort along an axis; equal ones keep their order."""
    if not descending:
        return xp.argsort(values, axis=axis, kind="stable").astype("int32")
    order = xp.argsort(xp.flip(values, axis), axis=axis, kind="stable")
    return (values.shape[axis] - 1 - xp.flip(order, axis)).astype("int32")


def _descending(direction):
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"direction must be 'ASCENDING' or 'DESCENDING', got {direction!r}")
    return direction == "DESCENDING"


def argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    """The indices (int32) that sort a tensor along an axis; equal elements keep their order."""
    values = operand(values)
    return _argsort(values, axis_of(axis, values.ndim), _descending(direction))


def sort(values, axis=-1, direction="ASCENDING", name=None):
    """The elements in order along an axis, "ASCENDING" or "DESCENDING"; differentiable.

    Example:
        >>> tf.sort([3.0, 1.0, 2.0])
    """
    values = operand(values)
    axis = axis_of(axis, values.ndim)
    return take_along(values, _argsort(values, axis, _descending(direction)), axis)


TopKV2 = namedtuple("TopKV2", ["values", "indices"])


def top_k(input, k=1, sorted=True, index_type="int32", name=None):
    """The k largest elements along the last axis, the largest first; of equal ones the first.

    Returns:
        (values, indices), also by these names. The values are differentiable.

    Raises:
        InvalidArgumentError: the last axis has less than k elements.

    Example:
        >>> tf.math.top_k([3.0, 1.0, 2.0], k=2)
    """
    input = operand(input)
    axis, k = axis_of(-1, input.ndim), int(k)
    if input.shape[axis] is not None and not 0 <= k <= input.shape[axis]:
        raise InvalidArgumentError(f"top_k needs at least k={k} elements along the last axis, got shape "
                                   f"{tuple(input.shape)}")
    indices = _argsort(input, axis, True)[..., :k]
    return TopKV2(take_along(input, indices, axis), cast(indices, index_type))


@on_extents
def in_top_k(targets, predictions, k, name=None):
    """Whether the target class is among the k largest predictions of its row; classes that tie do not displace it, and
    a class that does not exist is never among them.

    Args:
        targets: class numbers, of shape (batch,).
        predictions: of shape (batch, classes).
        k: a whole number.

    Example:
        >>> tf.math.in_top_k([1, 0], [[3.0, 1.0, 2.0], [3.0, 1.0, 2.0]], k=1)
    """
    targets, predictions = cast(targets, "int64"), operand(predictions)
    known = logical_and(greater_equal(targets, 0), less(targets, predictions.shape[1]))
    own = take_along(predictions, expand_dims(_where(known, targets, 0), -1), 1)
    above = _reduce_sum(cast(greater(predictions, own), "int32"), (1,), False)
    return logical_and(logical_and(less(above, int(k)), known), is_finite(_reshape(own, (own.shape[0],))))


Unique = namedtuple("Unique", ["y", "idx"])
UniqueWithCounts = namedtuple("UniqueWithCounts", ["y", "idx", "count"])


@primitive("y, i, n: x = y[i], yⱼ occurs nⱼ times",
           example=lambda rand: ((np.abs(rand(9) * 3).astype("int64"),), {"dtype": as_dtype("int32")}))
def _unique(xp, x, *, dtype):
    """The different elements in the order in which they first occur, where they are, and how often."""
    y, first, places, counts = xp.unique(x, return_index=True, return_inverse=True, return_counts=True)
    order = xp.argsort(first)
    rank = xp.empty_like(order)
    rank[order] = xp.arange(len(order))
    return y[order], rank[places.reshape(-1)].astype(dtype.dtype), counts[order].astype(dtype.dtype)


def unique_with_counts(x, out_idx="int32", name=None):
    """The different elements of a one-dimensional tensor, in the order in which they first occur.

    Returns:
        (y, idx, count), also by these names: x[i] is y[idx[i]], and y[j] occurs count[j] times.
    """
    x = operand(x)
    if x.ndim != 1:
        raise InvalidArgumentError(f"unique takes a one-dimensional tensor, got shape {tuple(x.shape)}")
    return UniqueWithCounts(*_unique(x, as_dtype(out_idx)))


def unique(x, out_idx="int32", name=None):
    """The different elements of a one-dimensional tensor, in the order in which they first occur.

    Returns:
        (y, idx), also by these names: x[i] is y[idx[i]].
    """
    return Unique(*unique_with_counts(x, out_idx)[:2])


@primitive("y = where each value belongs in a sorted row",
           example=lambda rand: ((np.sort(rand(2, 4)), rand(2, 3)), {"side": "left", "dtype": as_dtype("int32")}))
def _searchsorted(xp, sorted_sequence, values, *, side, dtype):
    """Row by row the index at which each value belongs into a sorted sequence."""
    if sorted_sequence.ndim < 1 or sorted_sequence.shape[:-1] != values.shape[:-1]:
        raise ValueError("the sequence and the values must agree in all axes but the last")
    rows = sorted_sequence.reshape(-1, sorted_sequence.shape[-1])
    queries = values.reshape(len(rows), -1)
    found = [xp.searchsorted(row, query, side) for row, query in zip(rows, queries, strict=True)]
    return xp.asarray(found, dtype=dtype.dtype).reshape(values.shape)


def searchsorted(sorted_sequence, values, side="left", out_type="int32", name=None):
    """The indices at which values belong into sorted rows.

    Args:
        sorted_sequence: ascending along the last axis, of shape (..., n).
        values: of shape (..., m), of the same type.
        side: "left": before equal elements; "right": after them.
    """
    if side not in ("left", "right"):
        raise ValueError(f"side must be 'left' or 'right', got {side!r}")
    return _searchsorted(sorted_sequence, values, side, as_dtype(out_type))


# ---- counting --------------------------------------------------------------------------------------------------------


def bincount(arr, weights=None, minlength=None, maxlength=None, dtype="int32", name=None, axis=None,
             binary_output=False):
    """How often each whole number from 0 on occurs, or the sum of its weights.

    Args:
        arr: whole numbers that are not negative.
        weights: what each counts, instead of 1; of the shape of `arr`.
        minlength, maxlength: bounds of how many numbers are counted; larger ones are left out.
        dtype: the type of the counts; with weights it is theirs.
        axis: None or 0 for counts of all of `arr`, -1 for counts of every row apart.
        binary_output: whether it only says 1 for what occurs.

    Example:
        >>> tf.math.bincount([0, 2, 2, 3])
    """
    values = np.asarray(operand(arr))
    if (values.dtype.kind not in "iu" and values.size) or (values.size and values.min() < 0):
        raise InvalidArgumentError(f"bincount counts whole numbers from 0 on, got {values.min()} ({values.dtype})")
    if axis not in (None, 0, -1):
        raise ValueError(f"bincount counts all (axis=0) or every row apart (axis=-1), got axis={axis}")
    length = max(int(values.max()) + 1 if values.size else 0, 0 if minlength is None else int(minlength))
    length = length if maxlength is None else min(length, int(maxlength))
    rows = values.shape[:-1] if axis == -1 else ()
    places = (values.reshape(*rows, -1) + length * np.arange(np.prod(rows, dtype=np.int64)).reshape(*rows, 1)).ravel()
    kept = np.flatnonzero(values.ravel() < length)
    size = length * int(np.prod(rows, dtype=np.int64))
    if weights is None:
        counts = np.bincount(places[kept].astype(np.int64), minlength=size).reshape(*rows, length)
        return cast(operand(counts.clip(max=1) if binary_output else counts), dtype)
    weights = gather(_reshape(operand(weights), (values.size,)), kept)
    return _reshape(gather_grad(weights, places[kept].astype(np.int64), 0, (size,)), (*rows, length))


def confusion_matrix(labels, predictions, num_classes=None, weights=None, dtype="int32", name=None):
    """How often each class (row) was predicted as each class (column).

    Args:
        labels, predictions: class numbers from 0 on, of one shape (batch,).
        num_classes: how many classes; by default one more than the largest number.
        weights: what each example counts, instead of 1.
        dtype: the type of the counts.

    Raises:
        InvalidArgumentError: a class number out of range.

    Example:
        >>> tf.math.confusion_matrix([0, 1, 1], [0, 1, 0])
    """
    labels, predictions = [_reshape(cast(x, "int64"), (np.size(x),)) for x in (labels, predictions)]
    if num_classes is None:
        num_classes = 1 + max(int(np.asarray(x).max(initial=-1)) for x in (labels, predictions))
    counts = np.ones(labels.shape[0]) if weights is None else np.asarray(weights).reshape(-1)
    updates = operand(counts.astype(as_dtype(dtype).dtype))
    return scatter_nd(stack([labels, predictions], 1), updates, (int(num_classes), int(num_classes)))
