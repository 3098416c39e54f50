"""Floor 4: reshape, repeat and sum. Each is a part of another's gradient, and of every gradient that was broadcast."""

import math

from tinynn.autodiff.tensor import convert, operand
from tinynn.core.primitive import primitive
from tinynn.core.shapes import TensorShape
from tinynn.ops.arguments import Composite, axes_of, ints_of, shape_of, symbolic


@primitive("y = x, in another shape", example=lambda rand: ((rand(4, 3),), {"shape": (2, 6)}))
def _reshape(xp, tensor, *, shape):
    """The same elements in the same order under another shape; a view where the memory allows."""
    if tensor.size != math.prod(shape):
        raise ValueError(f"{tensor.size} elements do not fill that shape")
    return xp.reshape(tensor, shape)


@_reshape.vjp("g, in the shape of x")
def _(g, tensor_shape):
    return _reshape(g, tensor_shape)


def reshape(tensor, shape, name=None):
    """The same elements, in the same order, under another shape.

    Args:
        tensor: any shape and type.
        shape: the new extents; one of them may be -1, which is then found from the number of elements.

    Raises:
        InvalidArgumentError: the number of elements differs.
    """
    if symbolic(tensor):
        return _reshape_later.defer((tensor, shape), {})
    tensor = operand(tensor)
    shape = ints_of(shape)
    if -1 in shape:
        known, size = 1, tensor.shape.num_elements()
        for n in shape:
            known *= 1 if n == -1 else n
        if shape.count(-1) == 1 and known and size % known == 0:
            shape = tuple([size // known if n == -1 else n for n in shape])
    return _reshape(tensor, shape)


_reshape_later = Composite(reshape)


@primitive("y = x, repeated", example=lambda rand: ((rand(4, 1),), {"shape": (2, 4, 3)}))
def _broadcast_to(xp, input, *, shape):
    """Repeats the input along new axes and axes of length 1, until it has `shape`; a view."""
    return xp.broadcast_to(input, shape)


@_broadcast_to.vjp("g, summed along the repeated axes")
def _(g, input_shape):
    return unbroadcast(g, input_shape)


def broadcast_to(input, shape, name=None):
    """Repeats a tensor along new leading axes and axes of length 1, until it has `shape`.

    Raises:
        InvalidArgumentError: the tensor does not fit, as (2,) into (4, 3).
    """
    return _broadcast_to(input, shape_of(shape))


@primitive("y = Σ x", example=lambda rand: [((rand(2, 4, 3),), {"axis": (0, 2), "keepdims": False}),
                                             ((rand(4, 3),), {"axis": (1,), "keepdims": True})])
def _reduce_sum(xp, input_tensor, *, axis, keepdims):
    """The sum over the listed axes, of the input's type; 0 over no element."""
    if input_tensor.dtype == bool:
        raise ValueError("truth values are not added; write tf.cast(x, tf.int32), or tf.math.count_nonzero(x)")
    return xp.sum(input_tensor, axis=axis, keepdims=keepdims, dtype=input_tensor.dtype)


@_reduce_sum.vjp("g, repeated")
def _(g, input_tensor_shape, axis, keepdims):
    return spread(g, input_tensor_shape, axis)


def reduce_sum(input_tensor, axis=None, keepdims=False, name=None):
    """The sum of the elements along axes.

    Args:
        input_tensor: a tensor of numbers.
        axis: an int or several; None for all.
        keepdims: whether a summed axis stays, with length 1.

    Returns:
        A tensor of the same type; 0 where there is nothing to sum.
    """
    input_tensor = operand(input_tensor)
    return _reduce_sum(input_tensor, axes_of(axis, input_tensor.ndim), bool(keepdims))


def unbroadcast(g, shape):
    """The gradient of an input of `shape`, given the gradient of what it was broadcast to."""
    if g.extents == shape:
        return g
    lead = g.ndim - len(shape)
    axes = (*range(lead), *[lead + i for i, n in enumerate(shape) if n == 1 and g.extents[lead + i] != 1])
    total = _reduce_sum(g, axes, True)
    return _reshape(total, tuple(shape)) if lead else total


def keep_axes(x, shape, axis):
    """A reduction of a tensor of `shape` over `axis`, with the reduced axes as length 1."""
    return _reshape(x, tuple([1 if i in axis else n for i, n in enumerate(shape)]))


def spread(g, shape, axis):
    """The gradient of a sum over `axis`: repeated to the `shape` of what was summed."""
    if g.extents:   # one number fits every shape as it is
        g = keep_axes(g, shape, axis)
    return _broadcast_to(g, tuple(shape))


def everywhere(value, shape, g):
    """A number in every place of `shape`, of the type of g; a view of one element."""
    return _broadcast_to(convert(value, g.dtype, like=g), tuple(shape))


def broadcast_static_shape(shape_x, shape_y):
    """The shape that two shapes broadcast to, as a TensorShape; an unknown extent (None) stays unknown.

    Raises:
        ValueError: they do not fit.
    """
    x, y = tuple(shape_x), tuple(shape_y)
    ndim = max(len(x), len(y))
    shape = []
    for m, n in zip((1,) * (ndim - len(x)) + x, (1,) * (ndim - len(y)) + y, strict=True):
        if m != n and 1 not in (m, n) and None not in (m, n):
            raise ValueError(f"the shapes {x} and {y} do not broadcast: {m} against {n}")
        shape.append(n if m == 1 else m if n in (1, None) or m is not None else n)
    return TensorShape(shape)
