"""Floor 4: images, of shape (height, width, channels) or (batch, height, width, channels): cut, turned, resized."""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.errors import InvalidArgumentError
from tinynn.ops.arguments import ints_of, on_extents
from tinynn.ops.array import pad, reverse
from tinynn.ops.broadcast import _reshape
from tinynn.ops.gather import gather
from tinynn.ops.layout import _transpose, cast, concat
from tinynn.ops.linalg import matmul


def image(x):
    """An operand of three or four axes.

    Raises:
        ValueError: it has other ones.
    """
    x = operand(x)
    if x.ndim not in (3, 4):
        raise ValueError(f"an image has the shape (height, width, channels), several (batch, height, width, channels); "
                         f"got {tuple(x.shape)}")
    return x


# ---- turning ---------------------------------------------------------------------------------------------------------


def flip_left_right(image_, name=None):
    """The mirror image.

    Example:
        >>> tf.image.flip_left_right([[[1.0], [2.0]]])
    """
    return reverse(image(image_), [-2])


def flip_up_down(image_, name=None):
    """The image upside down."""
    return reverse(image(image_), [-3])


def transpose(image_, name=None):
    """The image with height and width exchanged."""
    x = image(image_)
    return _transpose(x, (*range(x.ndim - 3), x.ndim - 2, x.ndim - 3, x.ndim - 1))


def rot90(image_, k=1, name=None):
    """The image turned by k right angles, counter-clockwise."""
    turns = int(k) % 4
    if turns == 1:
        return flip_up_down(transpose(image_))
    if turns == 3:
        return transpose(flip_up_down(image_))
    return reverse(image(image_), [-3, -2]) if turns else image(image_)


# ---- cutting and padding ---------------------------------------------------------------------------------------------


@on_extents
def crop_to_bounding_box(image_, offset_height, offset_width, target_height, target_width):
    """The part of that height and width which begins at the offsets.

    Raises:
        ValueError: it does not lie inside the image.
    """
    x = image(image_)
    top, left, height, width = map(int, (offset_height, offset_width, target_height, target_width))
    if min(top, left) < 0 or min(height, width) < 1 or top + height > x.shape[-3] or left + width > x.shape[-2]:
        raise ValueError(f"the part {height} x {width} at {(top, left)} does not lie inside an image of shape "
                         f"{tuple(x.shape)}")
    return x[..., top:top + height, left:left + width, :]


@on_extents
def pad_to_bounding_box(image_, offset_height, offset_width, target_height, target_width):
    """The image at the offsets in a larger one of that height and width, which is 0 elsewhere.

    Raises:
        ValueError: it does not fit.
    """
    x = image(image_)
    top, left = int(offset_height), int(offset_width)
    bottom, right = int(target_height) - top - x.shape[-3], int(target_width) - left - x.shape[-2]
    if min(top, left, bottom, right) < 0:
        raise ValueError(f"an image of shape {tuple(x.shape)} at {(top, left)} does not fit into "
                         f"{(int(target_height), int(target_width))}")
    return pad(x, [[0, 0]] * (x.ndim - 3) + [[top, bottom], [left, right], [0, 0]])


@on_extents
def central_crop(image_, central_fraction):
    """The middle of the image: that fraction of its height and width.

    Raises:
        ValueError: the fraction is not above 0 and at most 1.
    """
    x, fraction = image(image_), float(central_fraction)
    if not 0 < fraction <= 1:
        raise ValueError(f"central_fraction must be above 0 and at most 1, got {fraction}")
    top, left = [int((n - n * fraction) / 2) for n in x.shape[-3:-1]]
    return x[..., top:x.shape[-3] - top, left:x.shape[-2] - left, :]


@on_extents
def resize_with_crop_or_pad(image_, target_height, target_width):
    """The middle of the image, or the image in the middle of zeros, of that height and width.

    Example:
        >>> tf.image.resize_with_crop_or_pad([[[1.0], [2.0], [3.0]]], 1, 1)
    """
    x = image(image_)
    height, width = int(target_height), int(target_width)
    up, left = [max(0, (n - wanted) // 2) for n, wanted in zip(x.shape[-3:-1], (height, width), strict=True)]
    x = crop_to_bounding_box(x, up, left, min(height, x.shape[-3]), min(width, x.shape[-2]))
    return pad_to_bounding_box(x, (height - x.shape[-3]) // 2, (width - x.shape[-2]) // 2, height, width)


@on_extents
def extract_patches(images, sizes, strides, rates, padding, name=None):
    """The patches of images, each as one row of numbers.

    Args:
        images: of shape (batch, height, width, channels).
        sizes, strides, rates: (1, rows, columns, 1): the patch, the steps between patches, and between its pixels.
        padding: "VALID", or "SAME" with zeros around the images.

    Returns:
        A tensor of shape (batch, patches down, patches across, rows * columns * channels).
    """
    x = image(images)
    size, stride, rate = [ints_of(v)[1:3] for v in (sizes, strides, rates)]
    reach = [(n - 1) * r + 1 for n, r in zip(size, rate, strict=True)]
    if padding.upper() == "SAME":
        missing = [max(0, (-(-n // s) - 1) * s + r - n) for n, s, r in zip(x.shape[1:3], stride, reach, strict=True)]
        x = pad(x, [[0, 0], *[[m // 2, m - m // 2] for m in missing], [0, 0]])
    rows, columns = [(n - r) // s + 1 for n, s, r in zip(x.shape[1:3], stride, reach, strict=True)]
    parts = [x[:, i * rate[0]:i * rate[0] + (rows - 1) * stride[0] + 1:stride[0],
               j * rate[1]:j * rate[1] + (columns - 1) * stride[1] + 1:stride[1]]
             for i in range(size[0]) for j in range(size[1])]
    return concat(parts, -1)


# ---- resizing --------------------------------------------------------------------------------------------------------


class ResizeMethod:
    """The names of the ways of `resize`."""

    AREA, BICUBIC, BILINEAR, GAUSSIAN = "area", "bicubic", "bilinear", "gaussian"
    LANCZOS3, LANCZOS5, MITCHELLCUBIC, NEAREST_NEIGHBOR = "lanczos3", "lanczos5", "mitchellcubic", "nearest"


def _cubic(x, b, c):
    """The family of cubic kernels of Mitchell and Netravali, 1988."""
    near = ((12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + 6 - 2 * b) / 6
    far = ((-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + 8 * b + 24 * c) / 6
    return np.where(x < 1, near, np.where(x < 2, far, 0))


# The weight of a pixel at a distance, in pixels.
KERNELS = {
    "bilinear": lambda x: np.maximum(0, 1 - x), "bicubic": lambda x: _cubic(x, 0, 0.5),
    "mitchellcubic": lambda x: _cubic(x, 1 / 3, 1 / 3), "gaussian": lambda x: np.where(x < 1.5, np.exp(-2 * x * x), 0),
    "lanczos3": lambda x: np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0),
    "lanczos5": lambda x: np.where(x < 5, np.sinc(x) * np.sinc(x / 5), 0)}


def _weights(n, wanted, method, antialias):
    """What each of `n` pixels contributes to each of `wanted`, as a matrix."""
    scale = n / wanted
    if method == "area":
        ends = np.arange(wanted + 1) * scale
        low, high = ends[:-1, None], ends[1:, None]
        weights = np.clip(np.minimum(high, np.arange(n) + 1) - np.maximum(low, np.arange(n)), 0, None)
    else:
        wide = max(1.0, scale) if antialias else 1.0
        middles = (np.arange(wanted)[:, None] + 0.5) * scale
        if method == "bilinear" and not antialias:
            middles = np.clip(middles, 0.5, n - 0.5)
        weights = KERNELS[method](np.abs(np.arange(n) + 0.5 - middles) / wide)
    return (weights / weights.sum(1, keepdims=True)).astype("float32")


@on_extents
def resize(images, size, method="bilinear", preserve_aspect_ratio=False, antialias=False, name=None):
    """Images of another height and width.

    Args:
        images: numbers of any type.
        size: (height, width).
        method: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian" or
            "mitchellcubic".
        preserve_aspect_ratio: whether the result is the largest of the same proportions that fits into the size.
        antialias: whether a smaller image is made of all the pixels of the larger one.

    Returns:
        float32; of the type of the images for "nearest".

    Example:
        >>> tf.image.resize([[[1.0], [3.0]]], (1, 4))
    """
    x, method = image(images), str(method).lower()
    if method not in (*KERNELS, "area", "nearest"):
        raise ValueError(f"method must be one of area, nearest, {', '.join(KERNELS)}; got {method!r}")
    height, width = ints_of(size)
    if min(height, width) < 1:
        raise InvalidArgumentError(f"size must be two numbers above 0, got {(height, width)}")
    rows, columns = x.shape[-3:-1]
    if preserve_aspect_ratio:
        scale = min(height / rows, width / columns)
        height, width = [max(1, round(scale * n)) for n in (rows, columns)]
    if method == "nearest":
        half = np.float32(0.5)      # in float32, as TensorFlow rounds
        down, across = [np.minimum(((np.arange(m, dtype="float32") + half) * np.float32(n / m)).astype(np.int64), n - 1)
                        for n, m in ((rows, height), (columns, width))]
        return gather(gather(x, down, axis=x.ndim - 3), across, axis=x.ndim - 2)
    x = cast(x, "float32")
    if (height, width) == (rows, columns):
        return x
    lead, channels = tuple(x.shape[:-3]), x.shape[-1]
    x = matmul(_weights(rows, height, method, antialias), _reshape(x, (*lead, rows, columns * channels)))
    return matmul(_weights(columns, width, method, antialias), _reshape(x, (*lead, height, columns, channels)))


@on_extents
def resize_with_pad(image_, target_height, target_width, method="bilinear", antialias=False):
    """The image, resized in its proportions until it fits, in the middle of zeros of that height and width."""
    x = image(image_)
    height, width = int(target_height), int(target_width)
    ratio = max(x.shape[-3] / height, x.shape[-2] / width)
    new_height, new_width = [max(1, int(n / ratio)) for n in x.shape[-3:-1]]
    top, left = [max(0, int((wanted - n / ratio) / 2))
                 for wanted, n in ((height, x.shape[-3]), (width, x.shape[-2]))]
    return pad_to_bounding_box(resize(x, (new_height, new_width), method, antialias=antialias), top, left, height,
                               width)
