"""Floor 4: the layout of tensors: casts, transposes, axes, joining and cutting."""

import operator

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.tensor import convert, operand
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import axes_of, axis_of, ints_of, on_extents, symbolic
from tinynn.ops.broadcast import _reshape
from tinynn.ops.view import narrow

# ---- the same elements, differently ----------------------------------------------------------------------------------


@primitive("y = x", example=lambda rand: ((rand(4, 3),), {}))
def identity(xp, input):
    """The same values as another tensor, which shares their memory; gradients pass."""
    return input.view()


@identity.vjp("g")
def _(g):
    return g


@primitive("y = x, copied")
def copy(xp, input):
    """The same values in memory of their own; gradients pass."""
    return input.copy()


@copy.vjp("g")
def _(g):
    return g


@primitive("y = x")
def stop_gradient(xp, input):
    """The same values, through which no gradient passes."""
    return input.view()


@primitive("y = x, as another type", example=lambda rand: ((rand(4, 3),), {"dtype": as_dtype("float64")}))
def _cast(xp, x, *, dtype):
    """The values as another type; to an integer the fraction is cut off."""
    return x.astype(dtype.dtype)


@_cast.vjp("g, as the type of x")
def _(g, x_dtype):
    return cast(g, x_dtype)


def cast(x, dtype, name=None):
    """The values as another type, as in `tf.cast(x, tf.float32)`.

    To an integer type the fraction is cut off (1.9 gives 1, -1.9 gives -1); to bool, all but 0 is True. Gradients
    pass between floating-point types.
    """
    dtype = as_dtype(dtype)
    if not isinstance(x, Array) and not symbolic(x):
        return _cast(convert(np.asarray(x)) if not isinstance(x, (int, float, str)) else convert(x), dtype)
    return _cast(x, dtype) if x.dtype is not dtype else x if not hasattr(x, "assign_add") else identity(x)


@primitive("y = x, its axes in another order", example=lambda rand: ((rand(2, 4, 3),), {"perm": (2, 0, 1)}))
def _transpose(xp, a, *, perm):
    """Axis i of the result is axis perm[i] of a; a view."""
    return xp.transpose(a, perm)


@_transpose.vjp("g, its axes put back")
def _(g, perm):
    return _transpose(g, tuple([perm.index(i) for i in range(len(perm))]))


def transpose(a, perm=None, conjugate=False, name=None):
    """Orders the axes anew: axis i of the result is axis perm[i] of a.

    Args:
        a: a tensor of any type.
        perm: the order; None turns it round, so that a matrix is transposed.

    Raises:
        InvalidArgumentError: perm is not an order of all axes.
    """
    a = operand(a)
    ndim = a.ndim
    order = tuple(range(ndim))[::-1] if perm is None else tuple([axis_of(p, ndim, "perm") for p in ints_of(perm)])
    if sorted(order) != list(range(ndim)):
        raise InvalidArgumentError(f"perm {perm} does not name each of the {ndim} axes once")
    return _transpose(a, order)


@on_extents
def expand_dims(input, axis, name=None):
    """Puts an axis of length 1 in; `axis` says where it stands in the result (-1: last).

    Example:
        >>> tf.expand_dims([1.0, 2.0], axis=1)
    """
    input = operand(input)
    shape = list(input.shape)
    shape.insert(axis_of(*ints_of(axis), len(shape) + 1), 1)
    return _reshape(input, tuple(shape))


@on_extents
def squeeze(input, axis=None, name=None):
    """Leaves out axes of length 1: the given ones, or all.

    Raises:
        InvalidArgumentError: a given axis is longer than 1.

    Example:
        >>> tf.squeeze([[[1.0], [2.0]]])
    """
    input = operand(input)
    shape = tuple(input.shape)
    if axis is None or (isinstance(axis, (list, tuple)) and not axis):
        return _reshape(input, tuple([n for n in shape if n != 1]))
    axes = axes_of(axis, len(shape))
    for a in axes:
        if shape[a] != 1:
            raise InvalidArgumentError(f"squeeze leaves out axes of length 1, axis {a} of shape {shape} has {shape[a]}")
    return _reshape(input, tuple([n for i, n in enumerate(shape) if i not in axes]))


# ---- joining and cutting ---------------------------------------------------------------------------------------------


@primitive("y = x₁, x₂, ... one after the other",
           example=lambda rand: ((rand(4, 3), rand(4, 1), rand(4, 2)), {"axis": 1}))
def _concat(xp, *values, axis):
    """Joins tensors along an axis; the other axes agree."""
    while xp is not np and len(values) > 8:     # CuPy sends the addresses of more to a GPU; a CUDA graph cannot do that
        values = [xp.concatenate(values[i:i + 8], axis=axis) for i in range(0, len(values), 8)]
    return xp.concatenate(values, axis=axis)


@_concat.vjp("the parts of g")
def _(g, values_shape, axis):
    pieces, start = [], 0
    for shape in values_shape:
        pieces.append(narrow(g, axis, start, shape[axis]))
        start += shape[axis]
    return pieces


def concat(values, axis, name=None):
    """Joins tensors along an axis.

    Args:
        values: a list of tensors of one type, with the same shape but for `axis`.
        axis: along which axis.

    Raises:
        InvalidArgumentError: the types, or the other axes, differ.
    """
    values = _tensors(values, "concat")
    axis = axis_of(axis, values[0].ndim)
    return _concat(*values, axis=axis)


def stack(values, axis=0, name=None):
    """Joins tensors of one shape and type along a new axis, whose place in the result is `axis`.

    Example:
        >>> tf.stack([tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])], axis=1)
    """
    values = _tensors(values, "stack")
    shape = values[0].shape
    for value in values[1:]:
        if value.shape != shape:
            raise InvalidArgumentError(f"stack joins tensors of one shape, got {tuple(shape)} and {tuple(value.shape)}")
    axis = axis_of(axis, len(shape) + 1)
    return _concat(*[expand_dims(value, axis) for value in values], axis=axis)


def _tensors(values, name):
    """A list of operands of one type; numbers and lists take the type of the tensors among them."""
    if isinstance(values, Array) or symbolic(values):
        if not values.ndim:
            raise TypeError(f"{name} takes a list of tensors, got one scalar")
        values = unstack(values) if name == "stack" else [values]
    values = list(values)
    if not values:
        raise InvalidArgumentError(f"{name} needs at least one tensor")
    first = next((v for v in values if isinstance(v, Array) or symbolic(v)), None)
    first = operand(values[0]) if first is None else first
    return [operand(v, first.dtype, like=first) for v in values]


def unstack(value, num=None, axis=0, name=None):
    """The list of the tensors along an axis, which they do not have any more.

    Raises:
        ValueError: the length of the axis is not known, or is not `num`.

    Example:
        >>> tf.unstack([[1.0, 2.0], [3.0, 4.0]])
    """
    value = operand(value)
    axis = axis_of(axis, value.ndim)
    length = value.shape[axis] if value.shape[axis] is not None else num
    if length is None or num not in (None, length):
        raise ValueError(f"unstack got num={num} for axis {axis} of shape {tuple(value.shape)}")
    return [value[(slice(None),) * axis + (i,)] for i in range(length)]


def split(value, num_or_size_splits, axis=0, num=None, name=None):
    """Cuts a tensor along an axis.

    Args:
        value: the tensor.
        num_or_size_splits: into how many equal parts, or a list of the parts' lengths (one may be -1: the rest).
        axis: along which axis.

    Returns:
        A list of tensors, which are views.

    Raises:
        InvalidArgumentError: the axis cannot be cut so.

    Example:
        >>> tf.split([1.0, 2.0, 3.0, 4.0], 2)
    """
    value = operand(value)
    axis = axis_of(axis, value.ndim)
    length = value.shape[axis]
    if isinstance(num_or_size_splits, (int, np.integer)) or not np.ndim(num_or_size_splits):
        parts = operator.index(num_or_size_splits)
        if length is None or parts < 1 or length % parts:
            raise InvalidArgumentError(f"axis {axis} of shape {tuple(value.shape)} cannot be cut into {parts} equal "
                                       f"parts; give their lengths, as in tf.split(x, [2, 1])")
        sizes = (length // parts,) * parts
    else:
        sizes = ints_of(num_or_size_splits)
        if -1 in sizes and length is not None:
            sizes = tuple([length - sum(sizes) - 1 if n == -1 else n for n in sizes])
        if length is not None and (sum(sizes) != length or min(sizes, default=0) < 0):
            raise InvalidArgumentError(f"the lengths {list(sizes)} do not add up to axis {axis} of shape "
                                       f"{tuple(value.shape)}")
    starts = np.cumsum((0, *sizes)).tolist()
    return [narrow(value, axis, start, size) for start, size in zip(starts, sizes, strict=False)]
