"""Floor 7: convolutions and pooling under the names and with the arguments of keras.ops."""

from tinynn import ops
from tinynn.keras import config
from tinynn.keras.ops.dispatch import common, floating, op, tensor


def _run(function, x, data_format, *numbers):
    """`function(x, ...)` with the channels last, and with each (value, name) as a tuple of a number per axis."""
    count, form = len(x.shape) - 2, data_format or config.image_data_format()
    found = [value if value is None else (value,) * count if isinstance(value, int) else tuple(value)
             for value, _ in numbers]
    for one, (value, name) in zip(found, numbers, strict=True):
        if one is not None and len(one) != count:
            raise ValueError(f"`{name}` is one number, or {count} for inputs of shape {tuple(x.shape)}; got {value}")
    return ops.channels_back(function(ops.channels_last(x, form), *found), form)


@op
def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """A convolution over one, two or three axes.

    Args:
        inputs: of shape (batch, *extents, channels), or with the channels second.
        kernel: of shape (*size, channels / groups, filters).
        strides, dilation_rate: a number, or one per axis.
        padding: "valid", "same", or for one axis "causal".
        data_format: "channels_last" or "channels_first".
    """
    inputs, kernel = common(inputs, kernel)
    return _run(lambda x, s, d: ops.convolve(x, kernel, s, padding, d), inputs, data_format, (strides, "strides"),
                (dilation_rate, "dilation_rate"))


@op
def conv_transpose(inputs, kernel, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1):
    """A transposed convolution, with a kernel of shape (*size, filters, channels); see `conv`."""
    inputs, kernel = common(inputs, kernel)
    return _run(lambda x, s, p, d: ops.convolve_transposed(x, kernel, s, padding, p, d), inputs, data_format,
                (strides, "strides"), (output_padding, "output_padding"), (dilation_rate, "dilation_rate"))


@op
def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """A convolution of every channel for itself, with a kernel of shape (*size, channels, multiplier); see `conv`."""
    inputs, kernel = common(inputs, kernel)
    return _run(lambda x, s, d: ops.depthwise_convolve(x, kernel, s, padding, d), inputs, data_format,
                (strides, "strides"), (dilation_rate, "dilation_rate"))


@op
def separable_conv(inputs, depthwise_kernel, pointwise_kernel, strides=1, padding="valid", data_format=None,
                   dilation_rate=1):
    """A convolution of every channel for itself, then one of windows of size 1 that mixes the channels."""
    return conv(depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate),
                pointwise_kernel, 1, "valid", data_format)


@op
def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The largest number of every window; by default the windows stand side by side."""
    return _run(lambda x, k, s: ops.max_pooled(x, k, s, padding), tensor(inputs), data_format,
                (pool_size, "pool_size"), (pool_size if strides is None else strides, "strides"))


@op
def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The mean of every window; by default the windows stand side by side."""
    return _run(lambda x, k, s: ops.mean_pooled(x, k, s, padding), floating(inputs), data_format,
                (pool_size, "pool_size"), (pool_size if strides is None else strides, "strides"))
