"""Floor 7: functions that put the elements of tensors into other shapes and orders."""

import builtins
import itertools
import math

from tinynn import ops
from tinynn.keras.ops.dispatch import common, op, tensor
from tinynn.ops.arguments import axes_of, axis_of


@op
def reshape(x, newshape):
    """x in another shape; one extent may be -1."""
    x = tensor(x)
    size = math.prod(x.shape)
    shape = list((newshape,) if isinstance(newshape, int) else newshape)
    if -1 in shape and size:
        shape[shape.index(-1)] = size // builtins.max(math.prod(n for n in shape if n != -1), 1)
    return ops.reshape(x, shape)


@op
def ravel(x):
    """All elements along one axis."""
    return ops.reshape(tensor(x), (-1,))


@op
def transpose(x, axes=None):
    """x with its axes in another order, by default the reverse."""
    return ops.transpose(tensor(x), axes)


@op
def swapaxes(x, axis1, axis2):
    """x with two axes exchanged."""
    x = tensor(x)
    order = list(range(len(x.shape)))
    axis1, axis2 = axis_of(axis1, len(order)), axis_of(axis2, len(order))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return ops.transpose(x, order)


@op
def moveaxis(x, source, destination):
    """x with some axes at other places."""
    x = tensor(x)
    rank = len(x.shape)
    source, destination = ([n % rank for n in ([a] if isinstance(a, int) else a)] for a in (source, destination))
    order = [i for i in range(rank) if i not in source]
    for target, origin in sorted(zip(destination, source, strict=True)):
        order.insert(target, origin)
    return ops.transpose(x, order)


@op
def expand_dims(x, axis):
    """x with a new axis of length 1, or several."""
    x = tensor(x)
    if isinstance(axis, int):
        return ops.expand_dims(x, axis)
    rank = len(x.shape) + len(axis)
    new = {a % rank for a in axis}
    extents = iter(tuple(x.shape))
    return ops.reshape(x, tuple(1 if i in new else next(extents) for i in range(rank)))


@op
def squeeze(x, axis=None):
    """x without axes of length 1."""
    return ops.squeeze(tensor(x), axis)


@op
def broadcast_to(x, shape):
    """x, repeated along axes of length 1 up to a shape."""
    return ops.broadcast_to(tensor(x), shape)


@op
def concatenate(xs, axis=0):
    """Tensors behind one another along an axis."""
    xs = list(common(*xs))
    return ops.concat([ops.reshape(x, (-1,)) for x in xs], 0) if axis is None else ops.concat(xs, axis)


@op
def stack(x, axis=0):
    """Tensors along a new axis."""
    return ops.stack(list(common(*x)), axis)


@op
def append(x1, x2, axis=None):
    """x2 behind x1 along an axis, or both counted through."""
    return concatenate([x1, x2], axis)


def _at_least(x, rank):
    """x with axes in front (in NumPy's order) up to one, two or three."""
    x = tensor(x)
    while len(x.shape) < rank:
        x = ops.expand_dims(x, -1 if len(x.shape) == 2 else 0)
    return x


@op
def hstack(xs):
    """Tensors beside one another: along the second axis, or the only one."""
    xs = [_at_least(x, 1) for x in xs]
    return concatenate(xs, 0 if len(xs[0].shape) == 1 else 1)


@op
def vstack(xs):
    """Tensors below one another: along the first of at least two axes."""
    return concatenate([_at_least(x, 2) for x in xs], 0)


@op
def dstack(xs):
    """Tensors behind one another: along the third axis."""
    return concatenate([_at_least(x, 3) for x in xs], 2)


@op
def split(x, indices_or_sections, axis=0):
    """A list of parts along an axis: so many of one length, or cut at the given places."""
    x = tensor(x)
    n = x.shape[axis]
    if isinstance(indices_or_sections, int):
        if n % indices_or_sections:
            raise ValueError(f"split needs parts of one length: axis {axis} of shape {tuple(x.shape)} does not divide "
                             f"into {indices_or_sections}; array_split cuts it unevenly")
        return list(ops.split(x, indices_or_sections, axis=axis))
    places = [0, *(p + n if p < 0 else p for p in map(int, indices_or_sections)), n]
    return list(ops.split(x, [b - a for a, b in itertools.pairwise(places)], axis=axis))


@op
def array_split(x, indices_or_sections, axis=0):
    """`split` in which the first parts may be longer by one."""
    x = tensor(x)
    if not isinstance(indices_or_sections, int):
        return split(x, indices_or_sections, axis)
    short, more = divmod(x.shape[axis], indices_or_sections)
    return list(ops.split(x, [short + 1] * more + [short] * (indices_or_sections - more), axis=axis))


@op
def hsplit(x, indices_or_sections):
    """`split` along the second axis, or the only one."""
    x = tensor(x)
    return split(x, indices_or_sections, 0 if len(x.shape) == 1 else 1)


@op
def vsplit(x, indices_or_sections):
    """`split` along the first axis."""
    return split(x, indices_or_sections, 0)


@op
def dsplit(x, indices_or_sections):
    """`split` along the third axis."""
    return split(x, indices_or_sections, 2)


@op
def unstack(x, num=None, axis=0):
    """A list of the slices along an axis."""
    return list(ops.unstack(tensor(x), num, axis))


@op
def repeat(x, repeats, axis=None):
    """Every element, or slice along an axis, several times."""
    return ops.repeat(tensor(x), repeats, axis)


@op
def tile(x, repeats):
    """x several times along its axes."""
    x = tensor(x)
    repeats = [repeats] if isinstance(repeats, int) else list(repeats)
    repeats = [1] * (len(x.shape) - len(repeats)) + repeats
    while len(x.shape) < len(repeats):
        x = ops.expand_dims(x, 0)
    return ops.tile(x, repeats)


@op
def pad(x, pad_width, mode="constant", constant_values=None):
    """x with something around it.

    Args:
        x: a tensor.
        pad_width: how many before and after, along every axis: a number, a pair, or a pair per axis.
        mode: "constant", "reflect" or "symmetric".
        constant_values: what "constant" puts there, 0 by default.
    """
    x = tensor(x)
    if isinstance(pad_width, int):
        pad_width = ((pad_width, pad_width),)
    elif isinstance(pad_width[0], int):
        pad_width = ((pad_width[0], pad_width[-1]),)
    pairs = [tuple(pair) for pair in pad_width]
    if len(pairs) == 1:
        pairs *= len(x.shape)
    if constant_values is not None and mode != "constant":
        raise ValueError("Argument `constant_values` can only be provided when `mode == 'constant'`, got "
                         f"mode={mode!r}")
    return ops.pad(x, pairs, mode.upper(), constant_values=0 if constant_values is None else constant_values)


@op
def flip(x, axis=None):
    """x in the reverse order along axes, all by default."""
    x = tensor(x)
    return ops.reverse(x, axes_of(axis, len(x.shape)))


@op
def fliplr(x):
    """x in the reverse order along its second axis."""
    return flip(x, 1)


@op
def flipud(x):
    """x in the reverse order along its first axis."""
    return flip(x, 0)


@op
def rot90(array, k=1, axes=(0, 1)):
    """The plane of two axes turned k times by a quarter."""
    array = tensor(array)
    first, second = (axis_of(axis, len(array.shape)) for axis in axes)
    if first == second:
        raise ValueError(f"rot90 turns the plane of two different axes, got axes={axes}")
    for _ in range(k % 4):
        array = swapaxes(flip(array, second), first, second)
    return array


@op
def roll(x, shift, axis=None):
    """x moved along axes; what leaves at one end comes in at the other."""
    x = tensor(x)
    if axis is None:
        return ops.reshape(ops.roll(ops.reshape(x, (-1,)), shift, 0), tuple(x.shape))
    return ops.roll(x, shift, axis)


@op
def get_item(x, key):
    """x[key]."""
    return ops.getitem(tensor(x), key)


@op
def copy(x):
    """The same values in a tensor of their own."""
    return ops.identity(tensor(x))
