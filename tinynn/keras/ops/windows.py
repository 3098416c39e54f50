"""Floor 7: so many windows as are asked for, and the windows of images as columns."""

from tinynn import ops
from tinynn.keras.config import image_data_format
from tinynn.keras.ops.dispatch import floating, op, tensor


def _several(value, count, name):
    """A number for each of the axes, of one for all or of one for each."""
    values = (value,) * count if isinstance(value, int) else tuple(value)
    if len(values) != count or any(n < 1 for n in values):
        raise ValueError(f"`{name}` is a positive number or {count} of them, got {value!r}")
    return values


def _adaptive(reduce, inputs, output_size, data_format):
    def pooled(x):
        for axis, wanted in enumerate(_several(output_size, len(x.shape) - 2, "output_size"), 1):
            n = x.shape[axis]
            key = [slice(None)] * len(x.shape)
            parts = []
            for i in range(wanted):
                key[axis] = slice(i * n // wanted, -(-(i + 1) * n // wanted))
                parts.append(reduce(ops.getitem(x, tuple(key)), axis))
            x = ops.stack(parts, axis)
        return x

    data_format = data_format or image_data_format()
    return ops.channels_back(pooled(ops.channels_last(inputs, data_format)), data_format)


@op
def adaptive_max_pool(inputs, output_size, data_format=None):
    """The largest number of windows of such sizes that there are `output_size` of them.

    Args:
        inputs: of shape (batch, *extents, channels), or with the channels second.
        output_size: how many windows, one number for all axes or one for each.
        data_format: "channels_last", or "channels_first".
    """
    return _adaptive(ops.reduce_max, tensor(inputs), output_size, data_format)


@op
def adaptive_average_pool(inputs, output_size, data_format=None):
    """The mean of windows of such sizes that there are `output_size` of them; see `adaptive_max_pool`."""
    return _adaptive(ops.reduce_mean, floating(inputs), output_size, data_format)


def _plane(kernel_size, dilation, padding, stride):
    """Four settings of windows over height and width, each as a pair."""
    margins = (padding, padding) if isinstance(padding, int) else tuple(padding)
    return (_several(kernel_size, 2, "kernel_size"), _several(dilation, 2, "dilation"),
            tuple((n, n) for n in margins), _several(stride, 2, "stride"))


@op
def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """Every window of images as a column.

    Args:
        x: images with channels first, (batch, channels, height, width).
        kernel_size: of the windows, one number or (height, width); as the other three.
        dilation: the steps between the places in a window.
        padding: how many zeros are put around the images.
        stride: the steps from a window to the next.

    Returns:
        A tensor of shape (batch, channels kernel height kernel width, windows).
    """
    x = tensor(x)
    if len(x.shape) != 4:
        raise ValueError(f"Input must be a 4D tensor. Received: input.shape={tuple(x.shape)}")
    size, dilation, margins, stride = _plane(kernel_size, dilation, padding, stride)
    x = ops.channels_last(ops.pad(x, ((0, 0), (0, 0), *margins)), "channels_first")
    rows = ops.im2col(x, size, stride, dilation)        # (batch, rows, columns, kernel height, kernel width, channels)
    return ops.reshape(ops.transpose(rows, (0, 5, 3, 4, 1, 2)),
                       (x.shape[0], x.shape[-1] * size[0] * size[1], rows.shape[1] * rows.shape[2]))


@op
def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """The images of which `unfold` makes such columns, with what overlaps added up.

    Args:
        x: of shape (batch, channels kernel height kernel width, windows).
        output_size: height and width of the images.
        kernel_size, dilation, padding, stride: as of `unfold`.

    Returns:
        A tensor of shape (batch, channels, height, width).
    """
    x = tensor(x)
    if len(x.shape) != 3:
        raise ValueError(f"Input must be a 3D tensor. Received: input.shape={tuple(x.shape)}")
    size, dilation, margins, stride = _plane(kernel_size, dilation, padding, stride)
    extents = [n + 2 * m for n, (m, _) in zip(_several(output_size, 2, "output_size"), margins, strict=True)]
    number = [(n - d * (k - 1) - 1) // s + 1 for n, k, d, s in zip(extents, size, dilation, stride, strict=True)]
    columns = ops.reshape(x, (x.shape[0], -1, *size, *number))
    whole = ops.col2im(ops.transpose(columns, (0, 4, 5, 2, 3, 1)), tuple(extents), stride, dilation)
    whole = ops.channels_back(whole, "channels_first")
    return whole[:, :, margins[0][0]:extents[0] - margins[0][0], margins[1][0]:extents[1] - margins[1][0]]
