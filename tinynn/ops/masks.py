"""Floor 4: masks, slices by arguments, and other ways to pick and combine that are made of the ops before."""

import numpy as np

from tinynn.autodiff.tensor import convert, operand
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import axis_of, ints_of, on_extents
from tinynn.ops.index import getitem, masked
from tinynn.ops.layout import cast, expand_dims, identity
from tinynn.ops.logic import less
from tinynn.ops.math import add, clip_by_value, multiply


@on_extents
def boolean_mask(tensor, mask, axis=None, name=None):
    """The elements (or slices) where the mask is True; also `tensor[mask]`.

    Args:
        tensor: what to pick from.
        mask: truth values, of the shape of the tensor's axes from `axis` on (one or more of them).
        axis: where the mask begins; 0 by default.

    Returns:
        A tensor in which one axis, with what was picked, stands for those of the mask.

    Raises:
        InvalidArgumentError: the mask does not fit.

    Example:
        >>> tf.boolean_mask([1.0, 2.0, 3.0], [True, False, True])
    """
    tensor = operand(tensor)
    return masked(tensor, mask, 0 if axis is None else axis_of(axis, tensor.ndim))


def sequence_mask(lengths, maxlen=None, dtype="bool", name=None):
    """Rows of True up to each length, then False: of shape lengths.shape + (maxlen,).

    Example:
        >>> tf.sequence_mask([1, 3], maxlen=4)
    """
    lengths = operand(lengths)
    if maxlen is None:
        maxlen = int(np.asarray(lengths).max(initial=0))
    places = convert(np.arange(int(maxlen)).astype(lengths.dtype.dtype), like=lengths)
    return cast(less(places, expand_dims(lengths, -1)), dtype)


@on_extents
def slice_(input_, begin, size, name=None):
    """The part of a tensor that begins at `begin` and has the shape `size` (-1: up to the end), axis by axis.

    Raises:
        InvalidArgumentError: it does not lie inside the tensor.

    Example:
        >>> tf.slice([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], begin=[0, 1], size=[2, 2])
    """
    x = operand(input_)
    begin, size, shape = ints_of(begin), ints_of(size), tuple(x.shape)
    if not len(begin) == len(size) == len(shape):
        raise InvalidArgumentError(f"slice needs a begin and a size for each axis of shape {shape}")
    size = [n - b if s == -1 else s for b, s, n in zip(begin, size, shape, strict=True)]
    if any(not 0 <= b <= b + s <= n for b, s, n in zip(begin, size, shape, strict=True)):
        raise InvalidArgumentError(f"the part from {begin} of shape {tuple(size)} does not lie inside shape {shape}")
    return getitem(x, tuple([slice(b, b + s) for b, s in zip(begin, size, strict=True)]))


@on_extents
def strided_slice(input_, begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0,
                  shrink_axis_mask=0, var=None, name=None):
    """x[begin[0]:end[0]:strides[0], ...]. Bit i of a mask says of entry i: no begin; no end; it is `...`; it is a new
    axis; it is the single index begin[i].

    Example:
        >>> tf.strided_slice([1.0, 2.0, 3.0, 4.0], begin=[0], end=[4], strides=[2])
    """
    begin, end = ints_of(begin), ints_of(end)
    strides = (1,) * len(begin) if strides is None else ints_of(strides)
    key = []
    for i, (first, last, step) in enumerate(zip(begin, end, strides, strict=True)):
        bit = 1 << i
        key.append(... if ellipsis_mask & bit else None if new_axis_mask & bit else first if shrink_axis_mask & bit else
                   slice(None if begin_mask & bit else first, None if end_mask & bit else last, step))
    return getitem(operand(input_), tuple(key))


# ---- combining -------------------------------------------------------------------------------------------------------


def add_n(inputs, name=None):
    """The sum of a list of tensors of one shape and type.

    Raises:
        ValueError: no tensors, or different shapes.

    Example:
        >>> tf.add_n([tf.constant([1.0, 2.0]), tf.constant([10.0, 20.0])])
    """
    inputs = [operand(x) for x in (inputs if isinstance(inputs, (list, tuple)) else [inputs])]
    if not inputs:
        raise ValueError("add_n needs at least one tensor")
    total = identity(inputs[0]) if len(inputs) == 1 else inputs[0]
    for x in inputs[1:]:
        if tuple(x.shape) != tuple(total.shape):
            raise ValueError(f"add_n adds tensors of one shape, got {tuple(total.shape)} and {tuple(x.shape)}")
        total = add(total, x)
    return total


def accumulate_n(inputs, shape=None, tensor_dtype=None, name=None):
    """The sum of a list of tensors of one shape and type."""
    return add_n(inputs)


def scalar_mul(scalar, x, name=None):
    """A scalar times a tensor."""
    return multiply(x, scalar)


def polyval(coeffs, x, name=None):
    """A polynomial at x, by Horner's rule; the coefficient of the highest power stands first.

    Example:
        >>> tf.math.polyval([2.0, 0.0, 1.0], 3.0)
    """
    x = operand(x)
    total = x * 0
    for c in coeffs:
        total = total * x + c
    return total


def identity_n(input, name=None):
    """A list of the tensors of a list, as other tensors."""
    return [identity(x) for x in input]


def saturate_cast(value, dtype, name=None):
    """The values as another type, those outside its range at its limits."""
    value, dtype = operand(value), as_dtype(dtype)
    if dtype.is_integer:
        info = np.iinfo(value.dtype.dtype) if value.dtype.is_integer else np.finfo(value.dtype.dtype)
        low, high = max(dtype.min, info.min), min(dtype.max, info.max)
        if value.dtype.is_floating and float(value.dtype.dtype.type(high)) > dtype.max:
            high = float(np.nextafter(value.dtype.dtype.type(high), 0))
        value = clip_by_value(value, convert(low, value.dtype), convert(high, value.dtype))
    elif dtype.is_floating and value.dtype.is_floating and dtype.size < value.dtype.size:
        value = clip_by_value(value, convert(float(dtype.min), value.dtype), convert(float(dtype.max), value.dtype))
    return cast(value, dtype)


@primitive("z = x / y, cut off", example=lambda rand: ((np.array([7, -7, 5]), np.array([2, 2, -3])), {}))
def truncatediv(xp, x, y):
    """x / y, rounded towards 0, of the type of x and y. It has no gradient."""
    return xp.trunc(xp.true_divide(x, y)).astype(x.dtype) if x.dtype.kind == "f" else (
        xp.floor_divide(xp.absolute(x), xp.absolute(y)) * (xp.sign(x) * xp.sign(y))).astype(x.dtype)


@primitive("z = x - y truncatediv(x, y)", example=lambda rand: ((np.array([7, -7, 5]), np.array([2, 2, -3])), {}))
def truncatemod(xp, x, y):
    """The remainder of a division that rounds towards 0, with the sign of x. It has no gradient."""
    return xp.fmod(x, y)


def unravel_index(indices, dims, name=None):
    """The index tuples, along the first axis, of places in a flat tensor of shape `dims`."""
    indices = operand(indices)
    found = np.unravel_index(np.asarray(indices), ints_of(dims))
    return convert(np.stack(found).astype(indices.dtype.dtype), like=indices)


def invert_permutation(x, name=None):
    """The order that undoes an order of 0 .. n - 1."""
    x = operand(x)
    order = np.asarray(x)
    if sorted(order.tolist()) != list(range(len(order))):
        raise InvalidArgumentError(f"expected each number from 0 to {len(order) - 1} once, got {order.tolist()}")
    return convert(np.argsort(order).astype(order.dtype), like=x)
