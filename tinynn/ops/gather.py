"""Floor 4: picking elements by index, and adding or writing them back."""

import numpy as np

from tinynn.autodiff.notes import slices
from tinynn.autodiff.tensor import operand
from tinynn.backends.checks import inside
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import axis_of, on_extents, shape_of
from tinynn.ops.broadcast import _reshape, everywhere
from tinynn.ops.layout import _cast, _concat, _transpose
from tinynn.ops.math import add, subtract


def _checked(xp, indices, n):
    """The indices; IndexError where one lies outside 0 .. n - 1."""
    return inside(xp, indices, n, lambda i: IndexError(f"index {i} lies outside an axis of length {n}"))


# GPUs add few types atomically; in these, the bits of the sums are the same.
_ADDED_AS = {"int64": "uint64", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}


def _add_at(xp, total, places, parts):
    """total[places] += parts, also where a place stands more than once."""
    kind = _ADDED_AS.get(total.dtype.name) if xp is not np else None
    if kind is None:
        xp.add.at(total, places, parts)
    else:
        sums = total.astype(kind)
        xp.add.at(sums, places, parts.astype(kind))
        total[...] = sums.astype(total.dtype)


def _rows(rand):
    return np.abs(rand(3, 2) * 10).astype("int64") % 4


@primitive("y = x[indices] along an axis", mixed="indices",
           example=lambda rand: [((rand(4, 3), _rows(rand)), {"axis": 0}), ((rand(2, 4), _rows(rand)), {"axis": 1}),
                                 ((rand(3, 2), np.array([2, 0, 2])), {"axis": 0})])
def _gather(xp, params, indices, *, axis):
    """The slices of params that the indices name along an axis, which gives way to the axes of the indices."""
    return xp.take(params, _checked(xp, indices, params.shape[axis]), axis=axis)


@_gather.vjp("g, added up at the indices", wrt="params")
def _(g, indices, axis, params_shape):
    gradient = gather_grad(g, indices, axis, tuple(params_shape))
    if axis == 0:
        slices.set(gradient, [(g, indices)])
    return gradient


@primitive("dx = 0, dx[indices] += dy along an axis", mixed="indices",
           example=lambda rand: ((rand(3, 2, 3), _rows(rand)), {"axis": 0, "shape": (4, 3)}))
def gather_grad(xp, dy, indices, *, axis, shape):
    """The backward pass of gather: adds the slices of dy up at the indices, in a tensor of `shape`."""
    indices = _checked(xp, indices, shape[axis])
    rows = xp.zeros((shape[axis], *shape[:axis], *shape[axis + 1:]), dy.dtype)
    parts = xp.moveaxis(dy, tuple(range(axis, axis + indices.ndim)), tuple(range(indices.ndim)))
    _add_at(xp, rows, indices, parts)
    return xp.moveaxis(rows, 0, axis)


@gather_grad.vjp("g[indices] along the axis", wrt="dy")
def _(g, indices, axis):
    return _gather(g, indices, axis)


def gather(params, indices, validate_indices=None, axis=None, batch_dims=0, name=None):
    """Picks slices of a tensor by index along an axis.

    Args:
        params: the tensor to pick from.
        indices: whole numbers from 0 on, of any shape.
        axis: along which axis of params; by default the first after the batch axes.
        batch_dims: how many leading axes params and indices share; row b of indices picks from row b of params.

    Returns:
        A tensor of shape params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis + 1:].

    Raises:
        InvalidArgumentError: an index is out of range.
    """
    params = operand(params)
    if batch_dims < 0:
        indices = operand(indices, like=params)
        batch_dims = axis_of(batch_dims, indices.ndim, "batch_dims")
    axis = axis_of(batch_dims if axis is None else axis, params.ndim)
    return _gather(params, indices, axis) if not batch_dims else _gather_batches(params, indices, axis, batch_dims)


@on_extents
def _gather_batches(params, indices, axis, batch_dims):
    indices = operand(indices, like=params)
    batch_dims = axis_of(batch_dims, indices.ndim + 1)
    if axis < batch_dims:
        raise InvalidArgumentError(f"axis {axis} must not be one of the {batch_dims} batch axes")
    batch, n = tuple(params.shape[:batch_dims]), params.shape[axis]
    between = tuple(range(batch_dims, axis))
    rest = tuple(range(axis + 1, params.ndim))
    rows = _transpose(params, (*range(batch_dims), axis, *between, *rest))
    size = int(np.prod(batch, dtype=np.int64))
    offsets = (np.arange(size, dtype=np.int64) * n).reshape(batch + (1,) * (indices.ndim - batch_dims))
    places = add(_cast(check_range(indices, n), as_dtype("int64")), offsets)
    picked = _gather(_reshape(rows, (size * n, *rows.shape[batch_dims + 1:])), places, 0)
    inner = tuple(range(batch_dims, indices.ndim))
    shift = len(inner) + batch_dims
    return _transpose(picked, (*range(batch_dims), *range(shift, shift + len(between)), *inner,
                               *range(shift + len(between), picked.ndim)))


@primitive("y = i, checked to be 0 ≤ i < n", example=lambda rand: ((_rows(rand),), {"n": 4}))
def check_range(xp, indices, *, n):
    """The indices themselves; an error where one lies outside 0 .. n - 1."""
    return _checked(xp, indices, n).view()


@primitive("y = the place of x[i, j, ...] when x is flat", example=lambda rand: ((_rows(rand),), {"shape": (4, 4)}))
def flat_index(xp, indices, *, shape):
    """For index tuples along the last axis, the places in a flat tensor of `shape`; int64."""
    places = xp.zeros(indices.shape[:-1], "int64")
    for k, n in enumerate(shape):
        places = places * n + _checked(xp, indices[..., k], n)
    return places


@on_extents
def gather_nd(params, indices, batch_dims=0, name=None):
    """Picks elements or slices by index tuples.

    Args:
        params: the tensor to pick from.
        indices: whole numbers of shape (..., k): its last axis holds indices into the first k axes of params.
        batch_dims: how many leading axes both share.

    Returns:
        A tensor of shape indices.shape[:-1] + params.shape[k:].

    Raises:
        InvalidArgumentError: an index is out of range.

    Example:
        >>> tf.gather_nd([[1.0, 2.0], [3.0, 4.0]], [[1, 0], [0, 1]])
    """
    params = operand(params)
    indices = operand(indices, like=params)
    if batch_dims:
        batch = tuple(indices.shape[:batch_dims])
        grid = np.stack(np.meshgrid(*[np.arange(n) for n in batch], indexing="ij"), -1).reshape(
            batch + (1,) * (indices.ndim - 1 - batch_dims) + (batch_dims,))
        grid = np.broadcast_to(grid, (*indices.shape[:-1], batch_dims)).astype(indices.dtype.dtype)
        indices = _concat(grid, indices, axis=indices.ndim - 1)
    depth, shape = indices.shape[-1], tuple(params.shape)
    if depth > len(shape):
        raise InvalidArgumentError(f"index tuples of length {depth} are too long for a tensor of shape {shape}")
    size = int(np.prod(shape[:depth], dtype=np.int64))
    return _gather(_reshape(params, (size, *shape[depth:])), flat_index(indices, shape[:depth]), 0)


@on_extents
def scatter_nd(indices, updates, shape, name=None):
    """Zeros of `shape`, to which the updates are added at the index tuples along the last axis of `indices`.

    Example:
        >>> tf.scatter_nd([[2], [0], [2]], [1.0, 10.0, 100.0], shape=[4])
    """
    places, updates, shape, size, depth = _scattered(indices, updates, shape_of(shape))
    return _reshape(gather_grad(updates, places, 0, (size, *shape[depth:])), shape)


@on_extents
def tensor_scatter_nd_add(tensor, indices, updates, name=None):
    """The tensor with the updates added at the index tuples along the last axis of `indices`.

    Example:
        >>> tf.tensor_scatter_nd_add([1.0, 1.0, 1.0], [[2], [0], [2]], [1.0, 10.0, 100.0])
    """
    tensor = operand(tensor)
    return add(tensor, scatter_nd(indices, operand(updates, tensor.dtype, like=tensor), tensor.shape))


@on_extents
def tensor_scatter_nd_sub(tensor, indices, updates, name=None):
    """The tensor with the updates subtracted at the index tuples along the last axis of `indices`.

    Example:
        >>> tf.tensor_scatter_nd_sub([1.0, 1.0, 1.0], [[2], [0], [2]], [1.0, 10.0, 100.0])
    """
    tensor = operand(tensor)
    return subtract(tensor, scatter_nd(indices, operand(updates, tensor.dtype, like=tensor), tensor.shape))


@on_extents
def tensor_scatter_nd_update(tensor, indices, updates, name=None):
    """The tensor with the updates in the places that the index tuples along the last axis of `indices` name.

    Example:
        >>> tf.tensor_scatter_nd_update([1.0, 1.0, 1.0], [[2], [0]], [10.0, 100.0])
    """
    tensor = operand(tensor)
    updates = operand(updates, tensor.dtype, like=tensor)
    places, updates, shape, size, depth = _scattered(indices, updates, tuple(tensor.shape))
    return _reshape(rows_update(_reshape(tensor, (size, *shape[depth:])), places, updates), shape)


def _scattered(indices, updates, shape):
    updates = operand(updates, like=indices)
    indices = operand(indices, like=updates)
    depth = indices.shape[-1]
    wanted = (*indices.shape[:-1], *shape[depth:])
    if depth > len(shape) or tuple(updates.shape) != wanted:
        raise InvalidArgumentError(f"indices of shape {tuple(indices.shape)} into shape {shape} need updates of shape "
                                   f"{wanted}, got {tuple(updates.shape)}")
    return flat_index(indices, shape[:depth]), updates, shape, int(np.prod(shape[:depth], dtype=np.int64)), depth


@primitive("y = x, y[places] = updates", mixed="places",
           example=lambda rand: ((rand(4, 3), np.array([2, 0]), rand(2, 3)), {}))
def rows_update(xp, tensor, places, updates):
    """The tensor with other rows at the places; of a place that stands twice, the last."""
    y = tensor.copy()
    y[places] = updates
    return y


@rows_update.vjp("g, 0 at the places", wrt="tensor")
def _(g, places, updates_shape):
    return rows_update(g, places, everywhere(0.0, updates_shape, g))


@rows_update.vjp("g[places]", wrt="updates")
def _(g, places):
    return _gather(g, places, 0)


@primitive("y = x[indices], row by row", mixed="indices",
           example=lambda rand: ((rand(4, 3), np.argsort(rand(4, 3))[:, :2]), {"axis": 1}))
def take_along(xp, x, indices, *, axis):
    """Per position the element of x that the index there names along an axis; the other axes agree."""
    return xp.take_along_axis(x, indices, axis)


@take_along.vjp("g, added up at the indices", wrt="x")
def _(g, indices, x_shape, axis):
    return take_along_grad(g, indices, axis, tuple(x_shape))


@primitive("dx = 0, dx[indices] += dy, row by row", mixed="indices",
           example=lambda rand: ((rand(4, 2), np.argsort(rand(4, 3))[:, :2]), {"axis": 1, "shape": (4, 3)}))
def take_along_grad(xp, dy, indices, *, axis, shape):
    """The backward pass of take_along."""
    dx = xp.zeros(shape, dy.dtype)
    grid = list(xp.ogrid[tuple(slice(n) for n in indices.shape)])
    grid[axis] = indices
    _add_at(xp, dx, tuple(grid), dy)
    return dx


@take_along_grad.vjp("g[indices], row by row", wrt="dy")
def _(g, indices, axis):
    return take_along(g, indices, axis)
