"""Floor 7: `keras.ops.image`: images, one (height, width, channels) or a batch of them."""

import numpy as np

from tinynn import ops
from tinynn.keras.config import image_data_format
from tinynn.keras.ops.dispatch import floating, op, tensor
from tinynn.ops import colours
from tinynn.ops import images as tf_images

__all__ = ["crop_images", "extract_patches", "hsv_to_rgb", "pad_images", "resize", "rgb_to_grayscale", "rgb_to_hsv",
           "sobel_edges"]

INTERPOLATIONS = ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic")


def _axes(images, data_format):
    """The axes of height, width and channels.

    Raises:
        ValueError: what is given is no image and no batch of them.
    """
    data_format = data_format or image_data_format()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(f"`data_format` is 'channels_last' or 'channels_first', got {data_format!r}")
    if len(images.shape) not in (3, 4):
        raise ValueError("Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). Received "
                         f"input with shape: {tuple(images.shape)}")
    batch = len(images.shape) - 3
    return (batch + 1, batch + 2, batch) if data_format == "channels_first" else (batch, batch + 1, batch + 2)


# ---- extents ---------------------------------------------------------------------------------------------------------


@op
def resize(images, size, interpolation="bilinear", antialias=False, crop_to_aspect_ratio=False,
           pad_to_aspect_ratio=False, fill_mode="constant", fill_value=0.0, data_format=None):
    """Images brought to another height and width.

    The result has the type of the images; whole numbers are rounded.

    Args:
        images: images.
        size: (height, width).
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether a smaller image is made of all the pixels of the larger one.
        crop_to_aspect_ratio: whether what does not fit the new shape is cut off, around the centre.
        pad_to_aspect_ratio: whether it is filled up instead.
        fill_mode, fill_value: "constant", and what it is filled with.
        data_format: "channels_last", or "channels_first".
    """
    images = tensor(images)
    axes = _axes(images, data_format)
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"Invalid value for argument `interpolation`. Expected of one {INTERPOLATIONS}. Received: "
                         f"interpolation={interpolation}")
    if len(size) != 2:
        raise ValueError(f"Argument `size` must be a tuple of two elements (height, width). Received: size={size}")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`.")
    if fill_mode != "constant":
        raise ValueError(f"`fill_mode` is 'constant', got {fill_mode!r}")
    if crop_to_aspect_ratio or pad_to_aspect_ratio:
        images = _to_ratio(images, axes, size, crop_to_aspect_ratio, fill_value)
    x = _channels_last(images, axes, lambda x: tf_images.resize(x, size, interpolation, antialias=antialias))
    return ops.saturate_cast(ops.rint(x) if images.dtype.is_integer and x.dtype.is_floating else x, images.dtype)


def _channels_last(images, axes, function):
    """A function of images with their channels at the end."""
    last = len(images.shape) - 1
    if axes[2] == last:
        return function(images)
    rest = range(last - 2)
    return ops.transpose(function(ops.transpose(images, (*rest, *axes))), (*rest, last, last - 2, last - 1))


def _to_ratio(images, axes, size, crop, fill_value):
    """The middle of the images that has the ratio of `size`; or all of it, with something around it."""
    rows, columns = (images.shape[axis] for axis in axes[:2])
    fits = int(columns * size[0] / size[1]), int(rows * size[1] / size[0])
    if crop:
        for axis, old, new in zip(axes, (rows, columns), fits, strict=False):
            new = max(min(old, new), 1)
            images = ops.gather(images, (old - new) // 2 + np.arange(new), axis=axis)
        return images
    pairs = [(0, 0)] * len(images.shape)
    for axis, old, new in zip(axes, (rows, columns), fits, strict=False):
        pairs[axis] = (max(new - old, 0) // 2,) * 2
    return ops.pad(images, pairs, constant_values=fill_value)


@op
def pad_images(images, top_padding=None, left_padding=None, bottom_padding=None, right_padding=None,
               target_height=None, target_width=None, data_format=None):
    """Images with zeros around them; of each direction two of the three numbers.

    Args:
        images: images.
        top_padding, bottom_padding, target_height: how many rows above and below, and how many there are then.
        left_padding, right_padding, target_width: the same of columns.
        data_format: "channels_last", or "channels_first".
    """
    images = tensor(images)
    height, width, _ = _axes(images, data_format)
    pairs = [(0, 0)] * len(images.shape)
    pairs[height] = _ends(images.shape[height], top_padding, bottom_padding, target_height, 1, "height")
    pairs[width] = _ends(images.shape[width], left_padding, right_padding, target_width, 1, "width")
    return ops.pad(images, pairs)


@op
def crop_images(images, top_cropping=None, left_cropping=None, bottom_cropping=None, right_cropping=None,
                target_height=None, target_width=None, data_format=None):
    """Images without some rows and columns; of each direction two of the three numbers.

    Args:
        images: images.
        top_cropping, bottom_cropping, target_height: how many rows go above and below, and how many are left.
        left_cropping, right_cropping, target_width: the same of columns.
        data_format: "channels_last", or "channels_first".
    """
    images = tensor(images)
    height, width, _ = _axes(images, data_format)
    key = [slice(None)] * len(images.shape)
    for axis, first, last, target, name in ((height, top_cropping, bottom_cropping, target_height, "height"),
                                            (width, left_cropping, right_cropping, target_width, "width")):
        n = images.shape[axis]
        first, last = _ends(n, first, last, target, -1, name)
        key[axis] = slice(first, n - last)
    return ops.getitem(images, tuple(key))


def _ends(n, first, last, target, sign, name):
    """How much is added (sign 1) or taken away (-1) before and after n, of two of the three numbers."""
    if [first, last, target].count(None) != 1:
        raise ValueError(f"of the two ends and `target_{name}`, give exactly two; got {first}, {last} and {target}")
    change = None if target is None else sign * (target - n)
    first = change - last if first is None else first
    last = change - first if last is None else last
    if first < 0 or last < 0 or (sign < 0 and first + last >= n):
        raise ValueError(f"a {name} of {n} cannot become {n + sign * (first + last)}: the ends are {first} and {last}")
    return first, last


@op
def extract_patches(images, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """The patches of images, each as one row of numbers.

    Args:
        images: images.
        size: of a patch, one number or (height, width).
        strides: the steps from a patch to the next; by default they stand side by side.
        dilation_rate: the steps between the pixels of a patch.
        padding: "valid", or "same" for zeros around the images.
        data_format: "channels_last", or "channels_first".

    Returns:
        A tensor of shape (batch, patches down, patches across, height * width * channels) of the patches, or with these
        numbers in front with "channels_first".
    """
    images = tensor(images)
    axes = _axes(images, data_format)
    size, dilation_rate = ((n, n) if isinstance(n, int) else tuple(n) for n in (size, dilation_rate))
    strides = size if strides is None else (strides, strides) if isinstance(strides, int) else tuple(strides)
    if len(size) != 2:
        raise ValueError(f"Invalid `size` argument. Expected an int or a tuple of length 2. Received: size={size}")
    settings = [(1, *pair, 1) for pair in (size, strides, dilation_rate)]

    def patches(x):
        batch = x if len(x.shape) == 4 else ops.expand_dims(x, 0)
        found = tf_images.extract_patches(batch, *settings, padding.upper())
        return found if len(x.shape) == 4 else ops.squeeze(found, 0)

    return _channels_last(images, axes, patches)


# ---- colours ---------------------------------------------------------------------------------------------------------


def _colours(function, images, data_format):
    """A function of floating-point images of three colours."""
    images = tensor(images)
    axes = _axes(images, data_format)
    if not images.dtype.is_floating:
        raise ValueError(f"Invalid images dtype: expected float dtype. Received: {images.dtype.name}")
    if images.shape[axes[2]] != 3:
        raise ValueError(f"the images must have 3 channels, got shape {tuple(images.shape)}")
    return _channels_last(images, axes, function)


@op
def rgb_to_grayscale(images, data_format=None):
    """Red, green and blue as one channel: 0.2989 r + 0.587 g + 0.114 b, in the images' type."""
    images = tensor(images)
    axis = _axes(images, data_format)[2]
    if images.shape[axis] not in (1, 3):
        raise ValueError("Invalid channel size: expected 3 (RGB) or 1 (Grayscale). Received input with shape: "
                         f"{tuple(images.shape)}")
    if images.shape[axis] == 1:
        return ops.identity(images)
    weights = np.float32([0.2989, 0.5870, 0.1140]).reshape([-1 if i == axis else 1 for i in range(len(images.shape))])
    gray = ops.reduce_sum(floating(images) * weights.astype(floating(images).dtype.name), axis, True)
    return ops.cast(gray, images.dtype)


@op
def rgb_to_hsv(images, data_format=None):
    """Red, green and blue, 0 to 1, as hue, saturation and value, 0 to 1."""
    return _colours(colours.rgb_to_hsv, images, data_format)


@op
def hsv_to_rgb(images, data_format=None):
    """Hue, saturation and value, 0 to 1, as red, green and blue, 0 to 1."""
    return _colours(colours.hsv_to_rgb, images, data_format)


@op
def sobel_edges(images, data_format=None):
    """The edges by Sobel's filters: along a new last axis the slopes downwards and to the right."""
    images = floating(images)
    axes = _axes(images, data_format)
    if axes[2] == len(images.shape) - 1:
        return colours.sobel_edges(images)
    return ops.stack([_channels_last(images, axes, lambda x, i=i: colours.sobel_edges(x)[..., i]) for i in (0, 1)], -1)
