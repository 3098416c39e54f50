"""Floor 4: tensors from numbers: constants, ranges, patterns. They are made outside the tape."""

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.tensor import convert, full, made_here, operand
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.shapes import TensorShape
from tinynn.ops.arguments import axis_of, on_extents, shape_of, symbolic
from tinynn.ops.broadcast import _broadcast_to, _reshape, reshape
from tinynn.ops.layout import cast, copy, expand_dims
from tinynn.ops.logic import _where, equal
from tinynn.ops.placement import at


def constant(value, dtype=None, shape=None, name="Const"):
    """A tensor of a number, an array or nested lists.

    Args:
        value: a Python int gives int32, a float float32; an array keeps its type.
        dtype: the type to have instead.
        shape: the shape to have; one single value is repeated to fill it.

    Raises:
        TypeError: a value cannot be of that type, as 0.5 of an integer type.
        ValueError: rows of different lengths, or values that do not fill the shape.

    Example:
        >>> tf.constant([[1.0, 2.0], [3.0, 4.0]]).shape
        TensorShape([2, 2])
    """
    if dtype is not None and not isinstance(value, (int, float)):
        value = np.asarray(value) if isinstance(value, Array) else value
    tensor = convert(value, dtype)
    if shape is None:
        return tensor
    shape = shape_of(shape)
    if tensor.size == TensorShape(shape).num_elements():
        return _reshape(tensor, shape)
    if tensor.size != 1:
        raise TypeError(f"{tensor.size} values do not fill the shape {shape}")
    return copy(_broadcast_to(_reshape(tensor, ()), shape))


def convert_to_tensor(value, dtype=None, dtype_hint=None, name=None):
    """A tensor of `value`; a tensor comes back as it is, a variable as its present value.

    Args:
        value: a number, an array, nested lists (of tensors too), a tensor or a variable.
        dtype: the type that it must have.
        dtype_hint: the type to prefer where the value can be converted to it.

    Raises:
        TypeError, ValueError: it cannot be converted.
    """
    if symbolic(value):
        return value
    if dtype is None and dtype_hint is not None and not isinstance(value, Array):
        try:
            return convert(value, dtype_hint)
        except (TypeError, ValueError):
            pass
    return convert(value, dtype)


def zeros(shape, dtype="float32", name=None, layout=None):
    """A tensor of `shape` full of 0 (False, empty text)."""
    return full(shape_of(shape), 0, as_dtype(dtype))


def ones(shape, dtype="float32", name=None, layout=None):
    """A tensor of `shape` full of 1 (True)."""
    return full(shape_of(shape), 1, as_dtype(dtype))


def fill(dims, value, name=None, layout=None):
    """A tensor of shape `dims` with the scalar `value` everywhere; gradients flow to the value.

    Example:
        >>> tf.fill((2, 2), 7.0)
    """
    return copy(_broadcast_to(operand(value), shape_of(dims)))


@on_extents
def zeros_like(input, dtype=None, name=None, layout=None):
    """A tensor of zeros of the shape and type of another (or of `dtype`)."""
    input = operand(input)
    with at(input.place):
        return zeros(input.shape, input.dtype if dtype is None else dtype)


@on_extents
def ones_like(input, dtype=None, name=None, layout=None):
    """A tensor of ones of the shape and type of another (or of `dtype`).

    Example:
        >>> tf.ones_like([[1.0, 2.0], [3.0, 4.0]])
    """
    input = operand(input)
    with at(input.place):
        return ones(input.shape, input.dtype if dtype is None else dtype)


def eye(num_rows, num_columns=None, batch_shape=None, dtype="float32", name=None):
    """The identity matrix, of shape batch_shape + (num_rows, num_columns).

    Example:
        >>> tf.eye(2)
    """
    matrix = np.eye(int(num_rows), None if num_columns is None else int(num_columns), dtype=as_dtype(dtype).dtype)
    if batch_shape is not None:
        matrix = np.tile(matrix, (*shape_of(batch_shape), 1, 1))
    return made_here(matrix)


def range(start, limit=None, delta=1, dtype=None, name="range"):
    """The numbers start, start + delta, ... before limit; `range(n)` counts from 0 to n - 1.

    Whole numbers give int32, others float32.

    Raises:
        InvalidArgumentError: delta is 0.

    Example:
        >>> tf.range(0, 10, 3)
    """
    if limit is None:
        start, limit = 0, start
    parts = [np.asarray(convert(part)) for part in (start, limit, delta)]
    if dtype is None:
        dtype = np.result_type(*parts) if any(p.dtype.kind != "i" for p in parts) else max(p.dtype for p in parts)
        if dtype.kind == "f" and not any(p.dtype == np.float64 for p in parts):
            dtype = np.float32
    dtype = as_dtype(dtype).dtype
    first, stop, step = [p.astype(dtype) for p in parts]
    if step == 0:
        raise InvalidArgumentError("range needs a delta other than 0")
    return made_here(np.arange(first, stop, step, dtype))


def linspace(start, stop, num, name=None, axis=0):
    """`num` evenly spaced numbers from start to stop, both included, along a new axis.

    Args:
        start, stop: numbers or tensors of one shape and type; whole numbers give float64.
        num: how many.

    Raises:
        InvalidArgumentError: num is negative.

    Example:
        >>> tf.linspace(0.0, 1.0, 5)
    """
    num = int(num)
    if num < 0:
        raise InvalidArgumentError(f"linspace cannot give num={num} numbers")
    start = operand(start)
    start = start if start.dtype.is_floating else cast(start, "float64")
    stop = operand(stop, None if isinstance(stop, Array) else start.dtype, like=start)
    axis = axis_of(axis, start.ndim + 1)
    weights = np.arange(num, dtype=np.float64) / max(1, num - 1)
    weights = convert(weights, start.dtype, like=start)
    weights = reshape(weights, (1,) * axis + (num,) + (1,) * (start.ndim - axis))
    first, last = expand_dims(start, axis), expand_dims(cast(stop, start.dtype), axis)
    return _where(equal(weights, 1.0), last, first + (last - first) * weights) if num != 1 else first


def one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None):
    """Rows with `on_value` at the index and `off_value` elsewhere; an index out of range gives `off_value` only.

    Args:
        indices: whole numbers.
        depth: the length of a row.
        on_value, off_value: 1 and 0 by default.
        axis: where the new axis stands; last by default.
        dtype: the type; by default that of the values, or float32.

    Example:
        >>> tf.one_hot([0, 2], 3)
    """
    indices = operand(indices)
    if not indices.dtype.is_integer:
        raise InvalidArgumentError(f"one_hot takes whole numbers, not {as_dtype(indices.dtype).name}; cast them, as in "
                                   "tf.cast(x, tf.int32)")
    axis = axis_of(-1 if axis is None else axis, indices.ndim + 1)
    if dtype is None:
        given = on_value if on_value is not None else off_value
        dtype = "float32" if given is None else convert(given).dtype
    classes = np.arange(int(depth)).astype(as_dtype(indices.dtype).dtype)
    hit = equal(expand_dims(indices, axis), classes.reshape((-1,) + (1,) * (indices.ndim - axis)))
    if on_value is None and off_value is None:
        return cast(hit, dtype)
    on, off = [convert(d if v is None else v, dtype) for v, d in ((on_value, 1), (off_value, 0))]
    return _where(hit, on, off)


def meshgrid(*args, indexing="xy", name=None):
    """Coordinate tensors of a grid, one for each of the one-dimensional arguments.

    Args:
        args: coordinates along each axis.
        indexing: "xy": the first argument runs along the second axis; "ij": along the first.

    Example:
        >>> tf.meshgrid([1.0, 2.0], [3.0, 4.0, 5.0])
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing must be 'xy' or 'ij', got {indexing!r}")
    args = [reshape(operand(arg), (-1,)) for arg in args]
    order = list(np.arange(len(args)))
    if indexing == "xy" and len(args) > 1:
        order[0], order[1] = order[1], order[0]
    shape = [0] * len(args)
    for arg, place in zip(args, order, strict=True):
        shape[place] = arg.shape[0]
    apart = [_reshape(arg, tuple([n if i == place else 1 for i, n in enumerate(shape)]))
             for arg, place in zip(args, order, strict=True)]
    return [copy(_broadcast_to(arg, tuple(shape))) for arg in apart]


# ---- about tensors ---------------------------------------------------------------------------------------------------


def is_tensor(x):
    """Whether x is a tensor or a variable (or stands for a tensor to come)."""
    return isinstance(x, Array) or symbolic(x)


@on_extents
def shape(input, out_type="int32", name=None):
    """The shape as a one-dimensional tensor of whole numbers; `x.shape` gives it as a tuple."""
    return convert(np.asarray(tuple(operand(input).shape), as_dtype(out_type).dtype))


@on_extents
def shape_n(input, out_type="int32", name=None):
    """The shapes of a list of tensors."""
    return [shape(x, out_type) for x in input]


@on_extents
def size(input, out_type="int32", name=None):
    """The number of elements, as a scalar tensor."""
    return convert(operand(input).shape.num_elements(), out_type)


def rank(input, name=None):
    """The number of axes, as a scalar tensor of int32."""
    return convert(operand(input).ndim)


def get_static_value(tensor, partial=False):
    """The values as a NumPy array; None where they are not known yet."""
    return None if symbolic(tensor) else operand(tensor).numpy()


def ensure_shape(x, shape, name=None):
    """The tensor itself.

    Raises:
        InvalidArgumentError: its shape does not fit `shape`, in which None stands for any extent.
    """
    x = operand(x)
    if not TensorShape(x.shape).is_compatible_with(shape):
        raise InvalidArgumentError(f"expected a tensor of shape {tuple(shape)}, got {tuple(x.shape)}")
    return x
