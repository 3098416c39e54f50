"""Floor 4: rows dealt out to several tensors and put back, sequences turned round, histograms, and bits read anew."""

import numpy as np

from tinynn.autodiff.tensor import convert, operand
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import axis_of, ints_of, on_extents
from tinynn.ops.broadcast import _reshape, broadcast_static_shape, everywhere
from tinynn.ops.elementary import floor
from tinynn.ops.gather import gather, gather_grad, rows_update, take_along
from tinynn.ops.layout import cast, concat
from tinynn.ops.math import clip_by_value, divide, subtract


@on_extents
def dynamic_partition(data, partitions, num_partitions, name=None):
    """Deals the rows of a tensor out to `num_partitions` tensors.

    Args:
        data: rows, of shape partitions.shape + (...).
        partitions: for each row the number of the tensor that it goes to.

    Returns:
        A list of tensors, whose rows keep their order.

    Raises:
        InvalidArgumentError: a number is out of range, or the shapes do not fit.

    Example:
        >>> tf.dynamic_partition([10.0, 20.0, 30.0], [0, 1, 0], num_partitions=2)
    """
    data, numbers = operand(data), np.asarray(operand(partitions))
    count = int(num_partitions)
    if tuple(data.shape[:numbers.ndim]) != numbers.shape:
        raise InvalidArgumentError(f"partitions of shape {numbers.shape} do not fit data of shape {tuple(data.shape)}")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < count:
        raise InvalidArgumentError(f"partitions must be from 0 to {count - 1}, got {numbers.min()} to {numbers.max()}")
    rows = _reshape(data, (numbers.size, *data.shape[numbers.ndim:]))
    return [gather(rows, np.flatnonzero(numbers.ravel() == i)) for i in range(count)]


@on_extents
def dynamic_stitch(indices, data, name=None):
    """Puts rows of several tensors together by their numbers, as `dynamic_partition` took them apart.

    Args:
        indices: a list of tensors of whole numbers: where the rows go. Of a place that stands twice, the last counts.
        data: a list of tensors; data[i] has the shape indices[i].shape + (...), with the same last axes for all.

    Example:
        >>> tf.dynamic_stitch([[0, 2], [1, 3]], [[10.0, 30.0], [20.0, 40.0]])
    """
    places = [np.asarray(operand(i)) for i in indices]
    rows = [operand(x) for x in data]
    rest = tuple(rows[0].shape[places[0].ndim:])
    for place, x in zip(places, rows, strict=True):
        if tuple(x.shape) != place.shape + rest:
            raise InvalidArgumentError(f"data of shape {tuple(x.shape)} do not fit indices of shape {place.shape} and "
                                       f"rows of shape {rest}")
    flat = np.concatenate([place.ravel() for place in places]).astype(np.int64)
    joined = concat([_reshape(x, (place.size, *rest)) for place, x in zip(places, rows, strict=True)], 0)
    size = int(flat.max(initial=-1)) + 1
    last = np.zeros(size, np.int64)
    last[flat] = np.arange(len(flat))       # NumPy keeps the last of those that stand at one place
    named = np.flatnonzero(np.bincount(flat, minlength=size))
    chosen = gather(joined, last[named])
    if len(named) == size:
        return chosen
    return rows_update(gather_grad(chosen * 0, named, 0, (size, *rest)), named, chosen)


@on_extents
def reverse_sequence(input, seq_lengths, seq_axis=None, batch_axis=None, name=None):
    """Turns the beginnings of sequences round: of sequence b the first seq_lengths[b] elements.

    Args:
        input: the sequences.
        seq_lengths: one length per sequence.
        seq_axis: along which axis a sequence runs.
        batch_axis: along which axis the sequences stand; the first by default.

    Example:
        >>> tf.reverse_sequence([[1, 2, 3], [4, 5, 6]], [2, 3], seq_axis=1)
    """
    input = operand(input)
    along, batch = axis_of(seq_axis, input.ndim, "seq_axis"), axis_of(batch_axis or 0, input.ndim, "batch_axis")
    lengths = np.asarray(operand(seq_lengths))
    if lengths.shape != (input.shape[batch],) or lengths.min(initial=0) < 0 or lengths.max(initial=0) > input.shape[
            along]:
        raise InvalidArgumentError(f"seq_lengths must be {input.shape[batch]} numbers from 0 to {input.shape[along]}, "
                                   f"got {lengths.tolist()}")
    shape = [1] * input.ndim
    shape[along] = input.shape[along]
    places = np.arange(input.shape[along]).reshape(shape)
    shape[along], shape[batch] = 1, input.shape[batch]
    ends = lengths.astype(np.int64).reshape(shape)
    turned = np.where(places < ends, ends - 1 - places, places)
    return take_along(input, np.ascontiguousarray(np.broadcast_to(turned, tuple(input.shape))), along)


# ---- histograms ------------------------------------------------------------------------------------------------------


def histogram_fixed_width_bins(values, value_range, nbins=100, dtype="int32", name=None):
    """For each value the number of its bin, of `nbins` equal ones over value_range; those outside go to the end bins.

    Example:
        >>> tf.histogram_fixed_width_bins([-1.0, 0.0, 1.5, 9.0], [0.0, 5.0], nbins=5)
    """
    values = operand(values)
    low, high = np.asarray(operand(value_range, values.dtype)).tolist()
    if not low < high:
        raise InvalidArgumentError(f"value_range must be (smaller, larger), got {(low, high)}")
    bins = floor(divide(subtract(values, low), high - low) * float(nbins))
    return cast(clip_by_value(bins, 0, int(nbins) - 1), dtype)


def histogram_fixed_width(values, value_range, nbins=100, dtype="int32", name=None):
    """How many values each of `nbins` equal bins over value_range has; those outside count in the end bins.

    Example:
        >>> tf.histogram_fixed_width([-1.0, 0.0, 1.5, 9.0], [0.0, 5.0], nbins=5)
    """
    bins = histogram_fixed_width_bins(values, value_range, nbins)
    flat = _reshape(bins, (bins.shape.num_elements(),))
    return cast(gather_grad(everywhere(1, tuple(flat.shape), flat), flat, 0, (int(nbins),)), dtype)


# ---- the same memory -------------------------------------------------------------------------------------------------


@primitive("y = the bits of x, as another type", example=lambda rand: ((np.array([1, -2]),), {
    "dtype": as_dtype("float64")}))
def _bitcast(xp, input, *, dtype):
    """The same memory read as another type: a wider one takes the last axis together, a smaller one adds an axis."""
    old, new = input.dtype.itemsize, dtype.size
    if "O" in (input.dtype.kind, dtype.dtype.kind):
        raise ValueError("text has no bits that could be read as numbers")
    if old == new:
        return xp.ascontiguousarray(input).view(dtype.dtype).reshape(input.shape)
    if old > new:
        return xp.ascontiguousarray(input).reshape(*input.shape, 1).view(dtype.dtype)
    if not input.ndim or input.shape[-1] * old != new:
        raise ValueError(f"{new // old} elements along the last axis make one of {dtype.name}, got shape {input.shape}")
    return xp.ascontiguousarray(input).view(dtype.dtype).reshape(input.shape[:-1])


def bitcast(input, type, name=None):
    """The same memory read as another type, as in `tf.bitcast(1.0, tf.int32)`. It has no gradient."""
    return _bitcast(operand(input), as_dtype(type))


def broadcast_dynamic_shape(shape_x, shape_y):
    """The shape that two shapes broadcast to, as a tensor of whole numbers.

    Example:
        >>> tf.broadcast_dynamic_shape([1, 3], [2, 1])
    """
    return convert(np.asarray(broadcast_static_shape(ints_of(shape_x), ints_of(shape_y)), np.int32))
