"""Floor 7: images in files, by Pillow, and as arrays."""

import importlib
import os

import numpy as np

from tinynn.keras.config import floatx, image_data_format

MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}     # Keras's names of what Pillow calls so
_RESIZINGS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def pillow():
    """The module PIL.Image.

    Raises:
        ImportError: Pillow is not installed.
    """
    try:
        return importlib.import_module("PIL.Image")
    except ImportError as error:
        raise ImportError('images need the package Pillow: pip install "tinynn-engine[image]"') from error


def load_img(path, color_mode="rgb", target_size=None, interpolation="nearest", keep_aspect_ratio=False):
    """An image of a file, as a PIL.Image.

    Args:
        path: its name, or an open binary file.
        color_mode: "grayscale", "rgb" or "rgba".
        target_size: (height, width) to which it is resized; by default it is not.
        interpolation: how: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: whether what is too much on two sides is cut off first.
    """
    if color_mode not in MODES:
        raise ValueError(f'color_mode must be "grayscale", "rgb", or "rgba", got {color_mode!r}')
    if interpolation not in _RESIZINGS:
        raise ValueError(f"interpolation must be one of {_RESIZINGS}, got {interpolation!r}")
    library = pillow()
    with library.open(os.fspath(path) if isinstance(path, (str, os.PathLike)) else path) as image:
        image = image.convert(MODES[color_mode])
    if target_size is None or image.size == (target_size[1], target_size[0]):
        return image
    box = centre(image.size[::-1], target_size) if keep_aspect_ratio else None
    box = box and (box[1], box[0], box[1] + box[3], box[0] + box[2])
    return image.resize((target_size[1], target_size[0]), getattr(library.Resampling, interpolation.upper()), box)


def img_to_array(img, data_format=None, dtype=None):
    """An image as an array of shape (height, width, channels).

    Args:
        img: a PIL.Image, or an array.
        data_format: "channels_first" for (channels, height, width).
        dtype: by default Keras's float type; the values stay between 0 and 255.
    """
    x = np.asarray(img, dtype or floatx())
    x = x[..., None] if x.ndim == 2 else x
    if x.ndim != 3:
        raise ValueError(f"an image has 2 or 3 axes, got an array of shape {x.shape}")
    return x.transpose(2, 0, 1) if (data_format or image_data_format()) == "channels_first" else x


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """An array of shape (height, width, channels) as a PIL.Image.

    Args:
        x: the array; 1, 3 or 4 channels.
        data_format: "channels_first" for (channels, height, width).
        scale: whether the values are spread over 0 to 255.
    """
    x = np.asarray(x, dtype or floatx())
    if x.ndim != 3:
        raise ValueError(f"array_to_img takes a single image of 3 axes, got an array of shape {x.shape}")
    x = x.transpose(1, 2, 0) if (data_format or image_data_format()) == "channels_first" else x
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(f"an image has 1, 3 or 4 channels, got {x.shape[2]}: shape {x.shape}")
    if scale:
        x = x - x.min()
        x = x * (255 / (x.max() or 1))
    return pillow().fromarray(x[..., 0].astype("uint8") if x.shape[2] == 1 else x.astype("uint8"))


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Writes an array as an image; the ending of the path, or `file_format`, says as which kind. See `array_to_img`."""
    image = array_to_img(x, data_format, scale)
    if image.mode == "RGBA" and (file_format or os.fspath(path).rpartition(".")[2]) in ("jpg", "jpeg"):
        image = image.convert("RGB")
    image.save(path, format="jpeg" if file_format == "jpg" else file_format, **kwargs)


def centre(size, wanted):
    """(top, left, height, width) of the largest box in the middle of an image that has the proportions of another."""
    height = min(size[0], int(size[1] * wanted[0] / wanted[1]))
    width = min(size[1], int(size[0] * wanted[1] / wanted[0]))
    return (size[0] - height) // 2, (size[1] - width) // 2, height, width


def resized(x, size, interpolation):
    """An image of shape (height, width, channels) in another size, float32, as `tf.image.resize` computes it.

    Args:
        x: the image.
        size: (height, width).
        interpolation: "bilinear" (between the four nearest pixels, also where it shrinks) or "nearest".
    """
    x = x.astype("float32")
    for axis, n in enumerate(size):
        at = (np.arange(n) + 0.5) * (x.shape[axis] / n)     # the middles of the new pixels
        if interpolation == "nearest":
            x = x.take(np.minimum(at.astype(int), x.shape[axis] - 1), axis)
            continue
        low = np.floor(at - 0.5)
        share = (at - 0.5 - low).astype("float32").reshape([-1] + [1] * (2 - axis))
        first, second = (x.take(np.clip(low.astype(int) + i, 0, x.shape[axis] - 1), axis) for i in (0, 1))
        x = first + (second - first) * share
    return x
