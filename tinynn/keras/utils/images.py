"""Floor 7: images in files and arrays, by Pillow."""

import io
import os
import warnings

import numpy as np

from tinynn.keras.config import floatx, image_data_format
from tinynn.ops.codecs import pillow

_MODES = {"grayscale": ("L", "I;16", "I"), "rgb": ("RGB",), "rgba": ("RGBA",)}
_RESAMPLING = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def load_img(path, color_mode="rgb", target_size=None, interpolation="nearest", keep_aspect_ratio=False):
    """An image from a file.

    Args:
        path: the file's path, or an io.BytesIO.
        color_mode: "rgb", "rgba" or "grayscale".
        target_size: (height, width) to bring it to; None for its own.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: whether to cut off what does not fit the new shape, around the centre.

    Returns:
        A PIL.Image; `img_to_array` gives its numbers.
    """
    if color_mode not in _MODES:
        raise ValueError(f'color_mode must be "grayscale", "rgb", or "rgba", got {color_mode!r}')
    if not isinstance(path, (str, bytes, os.PathLike, io.BytesIO)):
        raise TypeError(f"path should be path-like or io.BytesIO, not {type(path)}")
    image = pillow().open(path)
    image.load()
    modes = _MODES[color_mode]
    image = image if image.mode in modes else image.convert(modes[0])
    return image if target_size is None else _resized(image, target_size, interpolation, keep_aspect_ratio)


def _resized(image, size, interpolation, keep):
    if interpolation not in _RESAMPLING:
        raise ValueError(f"Invalid interpolation method {interpolation!r} specified. Supported methods are "
                         f"{', '.join(_RESAMPLING)}")
    (width, height), (rows, columns) = image.size, size
    if (width, height) == (columns, rows):
        return image
    resampling = pillow().Resampling[interpolation.upper()]
    return image.resize((columns, rows), resampling, box=_middle(width, height, rows, columns) if keep else None)


def _middle(width, height, rows, columns):
    """The largest part of the shape (rows, columns) around the centre: (left, upper, right, lower)."""
    part_width, part_height = min(width, height * columns // rows), min(height, width * rows // columns)
    left, upper = (width - part_width) // 2, (height - part_height) // 2
    return left, upper, left + part_width, upper + part_height


def img_to_array(img, data_format=None, dtype=None):
    """The numbers of a PIL.Image, 0 to 255: an array (height, width, channels), channels first where asked for."""
    x = np.asarray(img, dtype or floatx())
    if x.ndim not in (2, 3):
        raise ValueError(f"Unsupported image shape: {x.shape}")
    x = x[:, :, None] if x.ndim == 2 else x
    return x.transpose(2, 0, 1) if channels_first(data_format) else x


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """A PIL.Image of an array (height, width, channels) with 1, 3 or 4 channels.

    Args:
        x: the array.
        data_format: "channels_last", or "channels_first".
        scale: whether the smallest number becomes 0 and the largest 255; otherwise the numbers are 0 to 255.
        dtype: in which it is computed.
    """
    x = np.asarray(x, dtype or floatx())
    if x.ndim != 3:
        raise ValueError(f"Expected image array to have rank 3 (single image). Got array with shape: {x.shape}")
    x = x.transpose(1, 2, 0) if channels_first(data_format) else x
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(f"Unsupported channel number: {x.shape[2]}")
    if scale:
        x = x - x.min()
        x = x * (255 / x.max()) if x.max() else x
    if x.shape[2] > 1:
        return pillow().fromarray(x.astype("uint8"))
    return pillow().fromarray(x[:, :, 0].astype("int32" if x.max() > 255 else "uint8"))


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Writes an array as an image; see `array_to_img`.

    Args:
        path: a path or a file; the ending of a path says the format.
        x, data_format, scale: as for `array_to_img`.
        file_format: in the place of the ending, as "png".
        **kwargs: for Pillow.
    """
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = os.path.splitext(os.fspath(path))[1][1:]
    file_format = {"jpg": "jpeg"}.get((file_format or "").lower(), file_format) or None
    image = array_to_img(x, data_format, scale)
    if image.mode == "RGBA" and file_format == "jpeg":
        warnings.warn("The JPEG format does not support RGBA images, converting to RGB.", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=file_format, **kwargs)


def channels_first(data_format=None):
    """Whether the channels of an image stand in front; by default as `keras.config.image_data_format()` says."""
    data_format = data_format or image_data_format()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(f"`data_format` is 'channels_last' or 'channels_first', got {data_format!r}")
    return data_format == "channels_first"
