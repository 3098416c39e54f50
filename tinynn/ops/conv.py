"""Floor 4: convolutions and pooling over the axes between batch and channels, channels last."""

import math

import numpy as np

from tinynn.autodiff.tensor import convert, operand
from tinynn.ops.array import pad
from tinynn.ops.broadcast import reshape
from tinynn.ops.convolution import _convolve
from tinynn.ops.layout import transpose
from tinynn.ops.linalg import matmul
from tinynn.ops.reduce import reduce_sum
from tinynn.ops.windows import col2im, counts, im2col, window_max


def same_padding(extents, size, stride, dilation):
    """How much is put before and behind every axis so that ceil(extent / stride) windows fit, as TensorFlow has it."""
    needed = (max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
              for n, k, s, d in zip(extents, size, stride, dilation, strict=True))
    return tuple((total // 2, total - total // 2) for total in needed)


def padding_of(padding, extents, size, stride, dilation):
    """(before, behind) for every axis, of "valid", "same", "causal", or of such pairs."""
    if not isinstance(padding, str):
        return tuple(tuple(pair) for pair in padding)
    kind = padding.lower()
    if kind == "valid":
        return ((0, 0),) * len(size)
    if kind == "same":
        return same_padding(extents, size, stride, dilation)
    if kind == "causal":
        return tuple((d * (k - 1), 0) for k, d in zip(size, dilation, strict=True))
    raise ValueError(f"padding is 'valid' or 'same', got {padding!r}")


def slid(extents, size, stride, dilation, pairs):
    """How many windows fit along every axis of inputs with so much around them."""
    padded = [n + before + behind for n, (before, behind) in zip(extents, pairs, strict=True)]
    return counts(padded, size, stride, dilation)


def _padded(x, padding, size, stride, dilation, value=0):
    pairs = padding_of(padding, tuple(x.shape)[1:-1], size, stride, dilation)
    if any(map(any, pairs)):
        x = pad(x, ((0, 0), *pairs, (0, 0)), constant_values=value)
    for n, k, d in zip(tuple(x.shape)[1:-1], size, dilation, strict=True):
        if n < d * (k - 1) + 1:
            raise ValueError(f"a window of size {size} and dilation {dilation} does not fit into an input of shape "
                             f"{tuple(x.shape)}: take a smaller one, fewer layers that shrink, or padding='same'")
    return x


def convolve(x, kernel, stride, padding="valid", dilation=None):
    """The convolution (as the field calls it; it does not flip the kernel): a product with every window.

    Args:
        x: of shape (batch, *extents, channels).
        kernel: of shape (*size, channels / groups, filters), of which each group of channels has its own.
        stride: the step of the windows, per axis.
        padding: "valid", "same", "causal", or pairs (before, behind).
        dilation: the step between the places in a window, per axis.

    Returns:
        A tensor of shape (batch, *windows, filters).
    """
    x, kernel = operand(x), operand(kernel)
    *size, depth, filters = tuple(kernel.shape)
    size, dilation = tuple(size), dilation or (1,) * len(size)
    groups = tuple(x.shape)[-1] // depth
    if depth * groups != tuple(x.shape)[-1] or filters % groups:
        raise ValueError(f"a kernel of shape {tuple(kernel.shape)} takes inputs of a multiple of {depth} channels and "
                         f"divides its filters among them, got inputs of shape {tuple(x.shape)}")
    x = _padded(x, padding, size, stride, dilation)
    if math.prod(size) == 1 and max(stride) == 1 and groups == 1:
        number = math.prod(tuple(x.shape)[:-1])
        flat = matmul(reshape(x, (number, depth)), reshape(kernel, (depth, filters)))
        return reshape(flat, (*tuple(x.shape)[:-1], filters))
    return _convolve(x, kernel, tuple(stride), tuple(dilation))


def transposed_extents(extents, size, stride, padding, output_padding, dilation):
    """Those of the result of `convolve_transposed`; None where they are unknown."""
    found = []
    for i, (n, k, s, d) in enumerate(zip(extents, size, stride, dilation, strict=True)):
        span, more = d * (k - 1) + 1, None if output_padding is None else output_padding[i]
        if n is None:
            found.append(None)
        elif padding.lower() == "valid":
            found.append((n - 1) * s + (max(span, s) if more is None else span + more))
        else:
            found.append(n * s if more is None else (n - 1) * s + span % 2 + more)
    return tuple(found)


def convolve_transposed(x, kernel, stride, padding="valid", output_padding=None, dilation=None, extents=None):
    """The gradient of `convolve` with respect to its input: every entry of x puts a copy of the kernel down.

    Args:
        x: of shape (batch, *windows, channels).
        kernel: of shape (*size, filters, channels).
        stride, padding, dilation: as of the convolution.
        output_padding: per axis, how much longer the result is; None for Keras's choice.
        extents: those of the result, in the place of `output_padding`.

    Returns:
        A tensor of shape (batch, *extents, filters).
    """
    x, kernel = operand(x), operand(kernel)
    *size, filters, channels = tuple(kernel.shape)
    batch, *number, given = tuple(x.shape)
    if given != channels:
        raise ValueError(f"a transposed kernel of shape {tuple(kernel.shape)} takes inputs of {channels} channels, got "
                         f"inputs of shape {tuple(x.shape)}")
    dilation = tuple(dilation or (1,) * len(size))
    extents = tuple(extents or transposed_extents(number, size, stride, padding, output_padding, dilation))
    pairs = padding_of(padding, extents, size, stride, dilation)
    flat = matmul(reshape(x, (-1, channels)), reshape(kernel, (-1, channels)), transpose_b=True)
    if slid(extents, size, stride, dilation, pairs) != tuple(number):
        raise ValueError(f"a convolution of an image of extents {extents} with a kernel of shape {tuple(kernel.shape)} "
                         f"does not give inputs of shape {tuple(x.shape)}: the output has other extents")
    whole = tuple(n + before + behind for n, (before, behind) in zip(extents, pairs, strict=True))
    y = col2im(reshape(flat, (batch, *number, *size, filters)), whole, tuple(stride), dilation)
    return y[(slice(None), *(slice(before, before + n) for n, (before, _) in zip(extents, pairs, strict=True)))]


def depthwise_convolve(x, kernel, stride, padding="valid", dilation=None):
    """A convolution of every channel for itself.

    Args:
        x: of shape (batch, *extents, channels).
        kernel: of shape (*size, channels, multiplier).
        stride, padding, dilation: as of `convolve`.

    Returns:
        A tensor of shape (batch, *windows, channels multiplier).
    """
    x, kernel = operand(x), operand(kernel)
    *size, channels, multiplier = tuple(kernel.shape)
    size, dilation = tuple(size), dilation or (1,) * len(size)
    if channels != tuple(x.shape)[-1]:
        raise ValueError(f"a depthwise kernel of shape {tuple(kernel.shape)} takes inputs of {channels} channels, got "
                         f"inputs of shape {tuple(x.shape)}")
    rows = im2col(_padded(x, padding, size, stride, dilation), size, tuple(stride), tuple(dilation))
    shape, places = tuple(rows.shape)[:len(size) + 1], math.prod(size)
    rows, kernel = reshape(rows, (-1, places, channels, 1)), reshape(kernel, (1, places, channels, multiplier))
    return reshape(reduce_sum(rows * kernel, axis=1), (*shape, channels * multiplier))


def max_pooled(x, size, stride, padding="valid"):
    """The largest number of every window; its gradient goes to the first of equal ones.

    Args:
        x: of shape (batch, *extents, channels).
        size, stride: of the windows, per axis.
        padding: "valid" or "same"; what is put around plays no part.
    """
    x = operand(x)
    lowest = -np.inf if x.dtype.is_floating else x.dtype.min
    return window_max(_padded(x, padding, size, stride, (1,) * len(size), lowest), tuple(size), tuple(stride))


def mean_pooled(x, size, stride, padding="valid"):
    """The mean of every window, of what lies inside x; see `max_pooled`."""
    x, ones = operand(x), (1,) * len(size)
    extents = tuple(x.shape)[1:-1]

    def sums(x):
        rows = im2col(_padded(x, padding, size, stride, ones), tuple(size), tuple(stride), ones)
        return reduce_sum(rows, axis=list(range(len(size) + 1, 2 * len(size) + 1)))

    if isinstance(padding, str) and padding.lower() == "valid":
        return sums(x) / float(math.prod(size))
    return sums(x) / sums(convert(np.ones((1, *extents, 1), x.dtype.dtype), like=x))


def channels_last(x, data_format):
    """x with its channels at the end; `channels_back` undoes that."""
    return transpose(x, (0, *range(2, len(x.shape)), 1)) if data_format == "channels_first" else x


def channels_back(x, data_format):
    """A result with its channels where `data_format` has them."""
    rank = len(x.shape)
    return transpose(x, (0, rank - 1, *range(1, rank - 1))) if data_format == "channels_first" else x
