"""Floor 4: the product of a kernel with every window, and its two gradients: each is the gradient of the others.

x has the shape (batch, *extents, channels), a kernel (*size, channels / groups, filters), and y, what a kernel makes of
every window of x, (batch, *windows, filters). Each group of channels has its own share of the filters.
"""

import math

from tinynn.core.primitive import primitive
from tinynn.ops.broadcast import reshape
from tinynn.ops.layout import transpose
from tinynn.ops.linalg import matmul
from tinynn.ops.windows import col2im, im2col


def _by_group(xp, flat, groups):
    """(number, places, groups depth) as (groups, number, places depth)."""
    number, places, channels = flat.shape
    parts = flat.reshape(number, places, groups, channels // groups)
    return xp.moveaxis(parts, 2, 0).reshape(groups, number, places * (channels // groups))


def _kernel_by_group(xp, kernel, groups):
    """(*size, depth, filters) as (groups, places depth, filters / groups)."""
    return xp.moveaxis(kernel.reshape(-1, groups, kernel.shape[-1] // groups), 1, 0)


def _forwards(rand):
    """An example of each: one axis with gaps, two axes with a stride, groups."""
    return [((rand(2, 6, 2), rand(3, 2, 3)), {"stride": (1,), "dilation": (2,)}),
            ((rand(2, 5, 4, 2), rand(3, 2, 2, 3)), {"stride": (2, 1), "dilation": (1, 1)}),
            ((rand(1, 4, 4, 4), rand(2, 2, 2, 2)), {"stride": (1, 1), "dilation": (1, 1)})]


@primitive("y = every window of x times the kernel", example=_forwards)
def _convolve(xp, x, kernel, *, stride, dilation):
    """The product of a kernel with every window; the kernel is not flipped, and nothing is put around x.

    Args:
        x: of shape (batch, *extents, channels).
        kernel: of shape (*size, channels / groups, filters).
        stride, dilation: per axis, of the windows and of the places in one.
    """
    *size, depth, filters = kernel.shape
    groups = x.shape[-1] // depth
    rows = im2col.body(xp, x, size=tuple(size), stride=stride, dilation=dilation)
    flat = rows.reshape(-1, math.prod(size), x.shape[-1])
    y = xp.matmul(_by_group(xp, flat, groups), _kernel_by_group(xp, kernel, groups))
    return xp.moveaxis(y, 0, 1).reshape(*rows.shape[:len(size) + 1], filters)


@_convolve.vjp("every g puts a copy of the kernel down", wrt="x")
def _(g, kernel, x_shape, stride, dilation):
    return input_grad(g, kernel, x_shape, stride, dilation)


@_convolve.vjp("Σ (a window of x) g", wrt="kernel")
def _(g, x, kernel_shape, stride, dilation):
    *size, depth, _ = kernel_shape
    return convolve_kernel_grad(x, g, tuple(size), stride, dilation, x.shape[-1] // depth)


def input_grad(g, kernel, shape, stride, dilation):
    """The gradient of a convolution with respect to its input, of this shape."""
    *size, depth, filters = tuple(kernel.shape)
    groups = shape[-1] // depth
    if max(stride) == 1:
        return convolve_input_grad(g, kernel, dilation, groups)
    windows, places, wide = tuple(g.shape)[:-1], math.prod(size), filters // groups
    rows = transpose(reshape(g, (math.prod(windows), groups, wide)), (1, 0, 2))
    kernels = transpose(reshape(kernel, (places * depth, groups, wide)), (1, 0, 2))
    flat = reshape(matmul(rows, kernels, transpose_b=True), (groups, math.prod(windows), places, depth))
    flat = reshape(transpose(flat, (1, 2, 0, 3)), (*windows, *size, shape[-1]))
    return col2im(flat, tuple(shape[1:-1]), stride, dilation)


def _input_back(rand):
    return [((rand(2, 3, 2), rand(2, 1, 2)), {"dilation": (2,), "groups": 1}),
            ((rand(1, 3, 2, 4), rand(2, 3, 2, 4)), {"dilation": (1, 1), "groups": 2})]


@primitive("dx = every dy puts a copy of the kernel down", example=_input_back)
def convolve_input_grad(xp, dy, kernel, *, dilation, groups):
    """The backward pass of a convolution of stride 1 to its input.

    Args:
        dy: of shape (batch, *windows, filters).
        kernel: of shape (*size, channels / groups, filters).
    """
    *size, depth, filters = kernel.shape
    places, number = math.prod(size), dy.shape[1:-1]
    g = _by_group(xp, dy.reshape(-1, 1, filters), groups)
    flat = xp.matmul(g, xp.swapaxes(_kernel_by_group(xp, kernel, groups), 1, 2))
    rows = xp.moveaxis(flat.reshape(groups, -1, places, depth), 0, 2).reshape(*dy.shape[:-1], *size, groups * depth)
    extents = tuple(n + d * (k - 1) for n, k, d in zip(number, size, dilation, strict=True))
    return col2im.body(xp, rows, extents=extents, stride=(1,) * len(size), dilation=dilation)


@convolve_input_grad.vjp("every window of g times the kernel", wrt="dy")
def _(g, kernel, dilation):
    return _convolve(g, kernel, (1,) * len(dilation), dilation)


@convolve_input_grad.vjp("Σ (a window of g) dy", wrt="kernel")
def _(g, dy, kernel_shape, dilation, groups):
    return convolve_kernel_grad(g, dy, tuple(kernel_shape[:-2]), (1,) * len(dilation), dilation, groups)


def _kernel_back(rand):
    return [((rand(2, 6, 2), rand(2, 2, 3)), {"size": (3,), "stride": (1,), "dilation": (2,), "groups": 1}),
            ((rand(2, 5, 4, 2), rand(2, 2, 3, 4)),
             {"size": (2, 2), "stride": (2, 1), "dilation": (1, 1), "groups": 2})]


@primitive("dk = Σ (a window of x) dy", example=_kernel_back)
def convolve_kernel_grad(xp, x, dy, *, size, stride, dilation, groups):
    """The backward pass of a convolution to its kernel.

    Args:
        x: of shape (batch, *extents, channels).
        dy: of shape (batch, *windows, filters).
    """
    rows = im2col.body(xp, x, size=size, stride=stride, dilation=dilation)
    places, filters = math.prod(size), dy.shape[-1]
    windows = _by_group(xp, rows.reshape(-1, places, x.shape[-1]), groups)
    dk = xp.matmul(xp.swapaxes(windows, 1, 2), _by_group(xp, dy.reshape(-1, 1, filters), groups))
    return xp.moveaxis(dk, 0, 1).reshape(*size, x.shape[-1] // groups, filters)


@convolve_kernel_grad.vjp("every dy puts a copy of g down", wrt="x")
def _(g, dy, x_shape, stride, dilation):
    return input_grad(dy, g, x_shape, stride, dilation)


@convolve_kernel_grad.vjp("every window of x times g", wrt="dy")
def _(g, x, stride, dilation):
    return _convolve(x, g, stride, dilation)
