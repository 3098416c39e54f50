"""Floor 4: what slides over the axes between batch and channels: windows, and the largest number in each."""

import itertools

import numpy as np

from tinynn.core.primitive import primitive


def counts(extents, size, stride, dilation):
    """How many windows fit along every axis."""
    return tuple((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(extents, size, stride, dilation, strict=True))


def _places(x, size, stride, dilation, number):
    """For every place in a window: its number along every axis, and the key of x at that place of all windows."""
    for place in itertools.product(*map(range, size)):
        starts = [i * d for i, d in zip(place, dilation, strict=True)]
        keys = [slice(b, b + s * (n - 1) + 1, s) for b, s, n in zip(starts, stride, number, strict=True)]
        yield place, (slice(None), *keys)


def _slide(rand):
    """An example of each: overlapping windows of one axis, windows with gaps of two, some entries in no window."""
    return [((rand(2, 5, 1),), {"size": (3,), "stride": (1,), "dilation": (1,)}),
            ((rand(1, 5, 4, 2),), {"size": (2, 2), "stride": (2, 1), "dilation": (2, 1)})]


def _slide_back(rand):
    return [((rand(2, 3, 3, 1),), {"extents": (5,), "stride": (1,), "dilation": (1,)}),
            ((rand(1, 2, 3, 2, 2, 2),), {"extents": (5, 4), "stride": (2, 1), "dilation": (2, 1)})]


@primitive("y = the windows of x, side by side", example=_slide)
def im2col(xp, x, *, size, stride, dilation):
    """All windows of x side by side: (batch, axes, channels) becomes (batch, windows, places in one, channels)."""
    number = counts(x.shape[1:-1], size, stride, dilation)
    y = xp.empty((x.shape[0], *number, *size, x.shape[-1]), x.dtype)
    inner = (slice(None),) * (1 + len(size))
    for place, key in _places(x, size, stride, dilation, number):
        y[(*inner, *place)] = x[key]
    return y


@im2col.vjp("g, added up where the windows overlap")
def _(g, x_shape, stride, dilation):
    return col2im(g, tuple(x_shape[1:-1]), stride, dilation)


@primitive("dx = the windows dy, added up where they overlap", example=_slide_back)
def col2im(xp, dy, *, extents, stride, dilation):
    """The backward pass of im2col: puts all windows back to where they were, adding where they overlap."""
    axes = len(extents)
    number, size = dy.shape[1:axes + 1], dy.shape[axes + 1:-1]
    dx = xp.zeros((dy.shape[0], *extents, dy.shape[-1]), dy.dtype)
    inner = (slice(None),) * (1 + axes)
    for place, key in _places(dx, size, stride, dilation, number):
        dx[key] += dy[(*inner, *place)]
    return dx


@col2im.vjp("the windows of g")
def _(g, dy_shape, extents, stride, dilation):
    axes = len(extents)
    return im2col(g, tuple(dy_shape[axes + 1:-1]), stride, dilation)


def _pick(rand):
    return [((rand(2, 5, 1), np.arange(10.0).reshape(2, 5, 1) % 4), {"size": (2,), "stride": (2,)}),
            ((rand(1, 4, 4, 2), rand(1, 4, 4, 2)), {"size": (2, 3), "stride": (1, 1)})]


def _pick_back(rand):
    return [((rand(2, 2, 1), np.arange(10.0).reshape(2, 5, 1) % 4), {"size": (2,), "stride": (2,)}),
            ((rand(1, 3, 2, 2), rand(1, 4, 4, 2)), {"size": (2, 3), "stride": (1, 1)})]


def _first_largest(xp, x, size, stride):
    """For every place in a window: the key of x there, and of which windows the largest number (the first of equal
    ones) is there."""
    largest, ones = window_max.body(xp, x, size=size, stride=stride), (1,) * len(size)
    left = xp.ones(largest.shape, bool)
    for _, key in _places(x, size, stride, ones, largest.shape[1:-1]):
        here = left & ((x[key] == largest) | (x[key] != x[key]))
        left &= ~here
        yield key, here


def _largest(rand):
    return [(x[1:], attributes) for x, attributes in _pick(rand)]


@primitive("y = max of every window of x", example=_largest)
def window_max(xp, x, *, size, stride):
    """The largest number of every window; NaN where there is one."""
    y = None
    for _, key in _places(x, size, stride, (1,) * len(size), counts(x.shape[1:-1], size, stride, (1,) * len(size))):
        y = xp.array(x[key]) if y is None else xp.maximum(y, x[key])
    return y


@window_max.vjp("g where x is the first maximum of a window, else 0")
def _(g, x, size, stride):
    return window_max_grad(g, x, size, stride)


@primitive("y = the value where x is the first maximum of a window", mixed="x", example=_pick)
def pick_largest(xp, values, x, *, size, stride):
    """Of every window the value at the place where x is largest; of equal ones the first counts."""
    y = None
    for key, here in _first_largest(xp, x, size, stride):
        y = xp.where(here, values[key], values.dtype.type(0) if y is None else y)
    return y


@pick_largest.vjp("g where x is the first maximum of a window, else 0", wrt="values")
def _(g, x, size, stride):
    return window_max_grad(g, x, size, stride)


@primitive("dx = dy where x is the first maximum of a window, else 0", mixed="x",
           example=_pick_back)
def window_max_grad(xp, dy, x, *, size, stride):
    """The backward pass of window_max: puts every number where its window's largest x is."""
    values = xp.zeros(x.shape, dy.dtype)
    for key, here in _first_largest(xp, x, size, stride):
        values[key] += xp.where(here, dy, dy.dtype.type(0))
    return values


@window_max_grad.vjp("g at the first maximum of every window of x", wrt="dy")
def _(g, x, size, stride):
    return pick_largest(g, x, size, stride)
