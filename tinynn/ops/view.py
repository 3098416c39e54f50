"""Floor 4: a view of some elements, with the numbers of a slice spelled out; index.py makes them of x[key]."""

from tinynn.core.primitive import primitive
from tinynn.ops.arguments import symbolic


def _key(start, step, count):
    ends = [b + s * n for b, s, n in zip(start, step, count, strict=True)]
    return tuple([slice(b, None if e < 0 else e, s) for b, e, s in zip(start, ends, step, strict=True)])


def _view(x, start, step, count, axes):
    key = _key(start, step, count)
    kept = tuple([i for i in range(x.ndim) if i not in axes])
    x = x[key].squeeze(kept) if kept else x[key]
    return x[tuple([None if a < 0 else slice(None) for a in axes])] if -1 in axes else x


def _example(rand):
    rows = {"start": (1, 2), "step": (1, -2), "count": (3, 2), "axes": (0, -1, 1)}
    return [((rand(4, 3),), rows), ((rand(4, 3),), {"start": (2, 0), "step": (1, 1), "count": (1, 3), "axes": (1,)})]


def _example_grad(rand):
    rows = {"shape": (4, 3), "start": (1, 2), "step": (1, -2), "count": (3, 2), "axes": (0, -1, 1)}
    return (rand(3, 1, 2),), rows


def _example_assign(rand):
    (inputs, rows), (_, column) = _example(rand)
    return [((*inputs, rand(3, 1, 2)), rows), ((*inputs, rand(1)), column)]


@primitive("y = x[start : start + count step : step]", example=_example)
def _getitem(xp, x, *, start, step, count, axes):
    """A view of some of the elements.

    Per axis of x: the first index, the step, and how many. `axes` names per axis of the result the axis of x that it
    shows, or -1 for a new one; an axis of x that is not named has a count of 1 and is left out.
    """
    return _view(x, start, step, count, axes)


@_getitem.vjp("zeros of the shape of x, g at the elements")
def _(g, x_shape, start, step, count, axes):
    return getitem_grad(g, tuple(x_shape), start, step, count, axes)


@primitive("dx = 0, dx[start : start + count step : step] = dy", example=_example_grad)
def getitem_grad(xp, dy, *, shape, start, step, count, axes):
    """The backward pass of getitem, and how zeros are put around a tensor."""
    dx = xp.zeros(shape, dy.dtype)
    dx[_key(start, step, count)] = xp.reshape(dy, count)
    return dx


@getitem_grad.vjp("g[start : start + count step : step]")
def _(g, start, step, count, axes):
    return _getitem(g, start, step, count, axes)


@primitive("v[start : start + count step : step] <- value", writes="variable", example=_example_assign)
def slice_assign(xp, variable, value, *, start, step, count, axes):
    """Writes a value, which may broadcast, into some of the elements of a variable."""
    shown = tuple([1 if a < 0 else count[a] for a in axes])
    variable[_key(start, step, count)] = xp.reshape(xp.broadcast_to(value, shown), count)


def narrow(x, axis, start, count, step=1):
    """`count` elements along one axis."""
    shape = x.shape
    if symbolic(x):
        stop = start + count * step
        return x[(slice(None),) * axis + (slice(start, None if stop < 0 else stop, step),)]
    ndim = len(shape)
    return _getitem(x, (0,) * axis + (start,) + (0,) * (ndim - axis - 1),
                    (1,) * axis + (step,) + (1,) * (ndim - axis - 1),
                    (*shape[:axis], count, *shape[axis + 1:]), tuple(range(ndim)))
