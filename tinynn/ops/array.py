"""Floor 4: repeating, turning and padding tensors."""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.errors import InvalidArgumentError
from tinynn.ops.arguments import axes_of, axis_of, ints_of, on_extents
from tinynn.ops.broadcast import _broadcast_to, _reshape
from tinynn.ops.gather import gather
from tinynn.ops.layout import _concat
from tinynn.ops.logic import _where
from tinynn.ops.view import getitem_grad, narrow


@on_extents
def tile(input, multiples, name=None):
    """Repeats the whole tensor multiples[i] times along axis i.

    Example:
        >>> tf.tile([[1.0, 2.0]], [2, 2])
    """
    input = operand(input)
    multiples, shape = ints_of(multiples), tuple(input.shape)
    if len(multiples) != len(shape):
        raise InvalidArgumentError(f"tile got {len(multiples)} multiples for a tensor of shape {shape}")
    apart = _reshape(input, tuple([n for extent in shape for n in (1, extent)]))
    repeated = _broadcast_to(apart, tuple([n for pair in zip(multiples, shape, strict=True) for n in pair]))
    return _reshape(repeated, tuple([m * n for m, n in zip(multiples, shape, strict=True)]))


@on_extents
def repeat(input, repeats, axis=None, name=None):
    """Repeats every element along an axis, `repeats` times or as often as a list says; None flattens first.

    Example:
        >>> tf.repeat([1.0, 2.0], 2)
    """
    input = operand(input)
    if axis is None:
        input, axis = _reshape(input, (input.shape.num_elements(),)), 0
    axis = axis_of(axis, input.ndim)
    places = np.repeat(np.arange(input.shape[axis], dtype=np.int64), np.asarray(repeats))
    return gather(input, places, axis=axis)


def reverse(tensor, axis, name=None):
    """The elements along the axes in `axis` in opposite order.

    Example:
        >>> tf.reverse([[1.0, 2.0], [3.0, 4.0]], axis=[1])
    """
    tensor = operand(tensor)
    key = [slice(None)] * tensor.ndim
    for a in axes_of(axis, tensor.ndim):
        key[a] = slice(None, None, -1)
    return tensor[tuple(key)]


@on_extents
def roll(input, shift, axis, name=None):
    """Shifts the elements along axes; what falls out at the end comes in at the front.

    Example:
        >>> tf.roll([1.0, 2.0, 3.0], shift=1, axis=0)
    """
    input = operand(input)
    shifts, axes = np.broadcast_arrays(np.asarray(shift), np.asarray(axis))
    for places, a in zip(shifts.reshape(-1).tolist(), axes.reshape(-1).tolist(), strict=True):
        a = axis_of(a, input.ndim)
        length = input.shape[a]
        if length and places % length:
            cut = length - places % length
            input = _concat(narrow(input, a, cut, length - cut), narrow(input, a, 0, cut), axis=a)
    return input


@on_extents
def pad(tensor, paddings, mode="CONSTANT", constant_values=0, name=None):
    """Puts elements around a tensor.

    Args:
        tensor: the tensor.
        paddings: per axis how many before and how many after, of shape (axes, 2).
        mode: "CONSTANT"; "REFLECT", which mirrors at the edge element; "SYMMETRIC", which repeats it as well.
        constant_values: the value of the new elements in mode "CONSTANT".

    Raises:
        InvalidArgumentError: paddings of another shape, or a mirror image longer than the axis.

    Example:
        >>> tf.pad([[1.0, 2.0]], [[1, 0], [0, 1]])
    """
    tensor = operand(tensor)
    shape = tuple(tensor.shape)
    around = np.asarray(paddings)
    if around.shape != (len(shape), 2) or (around.size and around.min() < 0):
        raise InvalidArgumentError(f"paddings must be pairs of numbers that are not negative, one for each axis of "
                                   f"shape {shape}, got {around.tolist()}")
    around = [tuple(pair) for pair in around.tolist()]
    mode = mode.upper()
    if mode in ("REFLECT", "SYMMETRIC"):
        for axis, (before, after) in enumerate(around):
            if max(before, after) > shape[axis] - (mode == "REFLECT"):
                raise InvalidArgumentError(f"padding {(before, after)} in mode {mode} is too long for axis {axis} of "
                                           f"shape {shape}")
            if before or after:
                tensor = gather(tensor, np.pad(np.arange(shape[axis]), (before, after), mode.lower()), axis=axis)
        return tensor
    if mode != "CONSTANT":
        raise ValueError(f"mode must be 'CONSTANT', 'REFLECT' or 'SYMMETRIC', got {mode!r}")
    if tensor.dtype == "string":
        constant_values = constant_values or b""
    larger = tuple([before + n + after for n, (before, after) in zip(shape, around, strict=True)])
    padded = getitem_grad(tensor, larger, tuple([before for before, _ in around]), (1,) * len(shape), shape,
                          tuple(range(len(shape))))
    if type(constant_values) in (int, float) and constant_values == 0:
        return padded
    return _where(np.pad(np.ones(shape, bool), around), padded, constant_values)
