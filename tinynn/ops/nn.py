"""Floor 4: convolutions and pooling under the names and with the arguments of tf.nn."""

from tinynn.autodiff.tensor import operand
from tinynn.ops.conv import (
    channels_back,
    channels_last,
    convolve,
    convolve_transposed,
    depthwise_convolve,
    max_pooled,
    mean_pooled,
)


def _steps(value, count, data_format, name):
    """Per axis between batch and channels a number: of one number, of one per axis, or of one per axis of the
    tensor."""
    values = [1] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
    first = data_format is not None and data_format.startswith("NC")
    if len(values) == count + 2:
        outer, values = (values[:2], values[2:]) if first else ((values[0], values[-1]), values[1:-1])
        if any(n != 1 for n in outer):
            raise ValueError(f"{name} is 1 for batch and channels, got {value}")
    values = values * count if len(values) == 1 else values
    if len(values) != count:
        raise ValueError(f"{name} is one number or {count}, got {value}")
    return tuple(values)


def _run(function, x, count, data_format, padding):
    """`function(x, padding)` with the channels last."""
    form = "channels_first" if data_format is not None and data_format.startswith("NC") else "channels_last"
    if not isinstance(padding, str):
        padding = tuple(map(tuple, padding))[2:] if form == "channels_first" else tuple(map(tuple, padding))[1:-1]
    return channels_back(function(channels_last(operand(x), form), padding), form)


def convolution(input, filters, strides=None, padding="VALID", data_format=None, dilations=None, name=None):
    """A convolution: the product of filters with every window.

    Args:
        input: of shape (batch, *extents, channels), or with the channels second where data_format begins with "NC".
        filters: of shape (*size, channels, filters).
        strides, dilations: a number, or one per axis.
        padding: "VALID", "SAME", or pairs (before, behind) for every axis of the input.
        data_format: "NWC", "NHWC", "NDHWC", or "NCW", "NCHW", "NCDHW".
    """
    filters = operand(filters)
    count = len(filters.shape) - 2
    strides, dilations = (_steps(v, count, data_format, what) for v, what in ((strides, "strides"),
                                                                              (dilations, "dilations")))
    return _run(lambda x, p: convolve(x, filters, strides, p, dilations), input, count, data_format, padding)


def conv1d(input, filters, stride, padding, data_format="NWC", dilations=None, name=None):
    """A convolution over sequences; see `convolution`."""
    return convolution(input, filters, stride, padding, data_format, dilations)


def conv2d(input, filters, strides, padding, data_format="NHWC", dilations=None, name=None):
    """A convolution over images; see `convolution`.

    Example:
        >>> tf.nn.conv2d(tf.ones((1, 3, 3, 1)), tf.ones((2, 2, 1, 1)), strides=1, padding="VALID")
    """
    return convolution(input, filters, strides, padding, data_format, dilations)


def conv3d(input, filters, strides, padding, data_format="NDHWC", dilations=None, name=None):
    """A convolution over volumes; see `convolution`."""
    return convolution(input, filters, strides, padding, data_format, dilations)


def depthwise_conv2d(input, filter, strides, padding, data_format=None, dilations=None, name=None):
    """A convolution of every channel for itself, with filters of shape (height, width, channels, multiplier)."""
    strides, dilations = (_steps(v, 2, data_format, what) for v, what in ((strides, "strides"),
                                                                          (dilations, "dilations")))
    return _run(lambda x, p: depthwise_convolve(x, filter, strides, p, dilations), input, 2, data_format, padding)


def conv2d_transpose(input, filters, output_shape, strides, padding="SAME", data_format="NHWC", dilations=None,
                     name=None):
    """The gradient of conv2d with respect to its input, as a function of what conv2d gives.

    Args:
        input: of shape (batch, height, width, channels).
        filters: of shape (height, width, filters, channels).
        output_shape: that of the result, which several shapes fit.
        strides, padding, data_format, dilations: as of conv2d.
    """
    strides, dilations = (_steps(v, 2, data_format, what) for v, what in ((strides, "strides"),
                                                                          (dilations, "dilations")))
    shape = [int(n) for n in output_shape]
    extents = shape[2:] if data_format.startswith("NC") else shape[1:-1]
    return _run(lambda x, p: convolve_transposed(x, filters, strides, p, None, dilations, extents), input, 2,
                data_format, padding)


def _pooled(pool, input, ksize, strides, padding, data_format):
    count = len(operand(input).shape) - 2
    size, strides = (_steps(v, count, data_format, what) for v, what in ((ksize, "ksize"), (strides, "strides")))
    return _run(lambda x, p: pool(x, size, strides, p), input, count, data_format, padding)


def max_pool(input, ksize, strides, padding, data_format=None, name=None):
    """The largest number of every window of size `ksize`; see `convolution` for the arguments.

    Example:
        >>> tf.nn.max_pool([[[1.0], [3.0], [2.0], [0.0]]], ksize=2, strides=2, padding="VALID")
    """
    return _pooled(max_pooled, input, ksize, strides, padding, data_format)


def avg_pool(input, ksize, strides, padding, data_format=None, name=None):
    """The mean of every window of size `ksize`, of what lies inside the input; see `max_pool`."""
    return _pooled(mean_pooled, input, ksize, strides, padding, data_format)


max_pool1d = max_pool2d = max_pool3d = max_pool
avg_pool1d = avg_pool2d = avg_pool3d = avg_pool
