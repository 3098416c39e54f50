"""Floor 4: the colours and the quality of images.

Whole numbers from 0 to the largest of their type stand for 0 to 1: such images are computed as float32 from 0 to 1, and
cut off at both ends.
"""

import math

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.dtypes import as_dtype
from tinynn.ops.arguments import on_extents
from tinynn.ops.array import pad, repeat
from tinynn.ops.broadcast import reduce_sum
from tinynn.ops.elementary import abs, log, square
from tinynn.ops.images import image
from tinynn.ops.layout import _transpose, cast, concat, stack
from tinynn.ops.linalg import matmul, tensordot
from tinynn.ops.logic import _where, equal, greater, less
from tinynn.ops.masks import saturate_cast
from tinynn.ops.math import clip_by_value, floormod, maximum, pow
from tinynn.ops.reduce import reduce_max, reduce_mean, reduce_min, reduce_std

GREY = (0.2989, 0.5870, 0.1140)
YUV = ((0.299, -0.14714119, 0.61497538), (0.587, -0.28886916, -0.51496512), (0.114, 0.43601035, -0.10001026))


def convert_image_dtype(image, dtype, saturate=False, name=None):
    """An image as another type: 0 to 1 of floating-point numbers are 0 to the largest of a whole type.

    Args:
        saturate: whether what lies outside is cut off; otherwise it wraps round.

    Example:
        >>> tf.image.convert_image_dtype([[[0.0, 0.5, 1.0]]], tf.uint8)
    """
    x, dtype = operand(image), as_dtype(dtype)
    if x.dtype == dtype:
        return x
    into = saturate_cast if saturate else cast
    if x.dtype.is_integer and dtype.is_integer:
        ratio = (x.dtype.max + 1) // (dtype.max + 1)
        return into(x // ratio, dtype) if ratio else into(x, dtype) * ((dtype.max + 1) // (x.dtype.max + 1))
    if x.dtype.is_floating and dtype.is_floating:
        return cast(x, dtype)
    if x.dtype.is_integer:
        return cast(x, dtype) * (1.0 / x.dtype.max)
    return into(x * (dtype.max + 0.5), dtype)


def _adjusted(function, x):
    """function(image as floating-point numbers), of the type of the image."""
    x = image(x)
    floats = x if x.dtype.is_floating else convert_image_dtype(x, "float32")
    return convert_image_dtype(function(floats), x.dtype, saturate=True)


def _like(value, x):
    """A number, or a tensor as the type of the image."""
    return cast(value, x.dtype) if hasattr(value, "dtype") else value


# ---- light -----------------------------------------------------------------------------------------------------------


def adjust_brightness(image, delta):
    """The image with `delta`, of 0 to 1, added to every number."""
    return _adjusted(lambda x: x + _like(delta, x), image)


def adjust_contrast(images, contrast_factor):
    """The image with every channel's distance from its mean, over height and width, times a factor.

    Example:
        >>> tf.image.adjust_contrast([[[1.0], [3.0]]], 2.0)
    """
    def stretched(x):
        mean = reduce_mean(x, (-3, -2), True)
        return (x - mean) * _like(contrast_factor, x) + mean

    return _adjusted(stretched, images)


def adjust_gamma(image, gamma=1, gain=1):
    """gain x^gamma."""
    return _adjusted(lambda x: pow(x, float(gamma)) * float(gain), image)


def per_image_standardization(image_):
    """Each image with mean 0 and standard deviation 1; the deviation counts as 1 / sqrt(how many numbers) at least."""
    x = image(image_)
    x = x if x.dtype.is_floating else cast(x, "float32")
    least = 1 / math.sqrt(x.shape[-3:].num_elements())
    axes = (-3, -2, -1)
    return (x - reduce_mean(x, axes, True)) / maximum(reduce_std(x, axes, True), least)


# ---- colour ----------------------------------------------------------------------------------------------------------


def rgb_to_grayscale(images, name=None):
    """The brightness of red, green and blue: 0.2989 r + 0.587 g + 0.114 b, in one channel."""
    return _adjusted(lambda x: reduce_sum(x * np.array(GREY, x.dtype.dtype), -1, True), images)


def grayscale_to_rgb(images, name=None):
    """Three channels that equal the one."""
    return repeat(image(images), 3, axis=-1)


def rgb_to_hsv(images, name=None):
    """Hue, saturation and value, each from 0 to 1, of red, green and blue from 0 to 1.

    Example:
        >>> tf.image.rgb_to_hsv([[[0.2, 0.4, 0.8]]])
    """
    x = operand(images)
    r, g, b = x[..., 0], x[..., 1], x[..., 2]
    value, low = reduce_max(x, -1), reduce_min(x, -1)
    span = value - low
    lit, coloured = greater(value, 0.0), greater(span, 0.0)
    saturation = _where(lit, span / _where(lit, value, 1.0), 0.0)
    sixth = 1.0 / (_where(coloured, span, 1.0) * 6.0)
    hue = _where(equal(r, value), (g - b) * sixth, _where(equal(g, value), (b - r) * sixth + 2 / 6,
                                                          (r - g) * sixth + 4 / 6))
    hue = _where(coloured, hue, 0.0)
    return stack([_where(less(hue, 0.0), hue + 1.0, hue), saturation, value], -1)


def hsv_to_rgb(images, name=None):
    """Red, green and blue of hue, saturation and value, all from 0 to 1."""
    x = operand(images)
    h, s, v = x[..., 0] * 6.0, x[..., 1], x[..., 2]
    unit = lambda y: clip_by_value(y, 0.0, 1.0)
    pure = (unit(abs(h - 3.0) - 1.0), unit(2.0 - abs(h - 2.0)), unit(2.0 - abs(h - 4.0)))
    return stack([((1.0 - s) + s * p) * v for p in pure], -1)


def adjust_hue(image, delta, name=None):
    """The image with its hue turned by `delta`, from -1 to 1."""
    def turned(x):
        hsv = rgb_to_hsv(x)
        return hsv_to_rgb(concat([floormod(hsv[..., :1] + _like(delta, x), 1.0), hsv[..., 1:]], -1))

    return _adjusted(turned, image)


def adjust_saturation(image, saturation_factor, name=None):
    """The image with its saturation times a factor."""
    def deepened(x):
        hsv = rgb_to_hsv(x)
        return hsv_to_rgb(concat([hsv[..., :1], clip_by_value(hsv[..., 1:2] * _like(saturation_factor, x), 0.0, 1.0),
                                  hsv[..., 2:]], -1))

    return _adjusted(deepened, image)


def rgb_to_yuv(images):
    """Brightness and two differences of colour, of red, green and blue."""
    x = operand(images)
    return tensordot(x, np.array(YUV, x.dtype.dtype), [[x.ndim - 1], [0]])


def yuv_to_rgb(images):
    """Red, green and blue of what `rgb_to_yuv` gives."""
    x = operand(images)
    return tensordot(x, np.linalg.inv(YUV).astype(x.dtype.dtype), [[x.ndim - 1], [0]])


# ---- differences -----------------------------------------------------------------------------------------------------


def image_gradients(image_):
    """(the differences of neighbours downwards, and to the right), 0 in the last row, and column."""
    x = image(image_)
    rest = [[0, 0]] * (x.ndim - 3)
    return (pad(x[..., 1:, :, :] - x[..., :-1, :, :], [*rest, [0, 1], [0, 0], [0, 0]]),
            pad(x[..., 1:, :] - x[..., :-1, :], [*rest, [0, 0], [0, 1], [0, 0]]))


def total_variation(images, name=None):
    """Per image the sum of the absolute differences of neighbours."""
    x = image(images)
    down, right = x[..., 1:, :, :] - x[..., :-1, :, :], x[..., 1:, :] - x[..., :-1, :]
    return reduce_sum(abs(down), (-3, -2, -1)) + reduce_sum(abs(right), (-3, -2, -1))


def sobel_edges(image_):
    """The edges by Sobel's filters: along a new last axis the slopes downwards and to the right."""
    x = image(image_)
    around = pad(x, [[0, 0]] * (x.ndim - 3) + [[1, 1], [1, 1], [0, 0]], "REFLECT")
    rows, columns = x.shape[-3:-1]
    part = lambda i, j: around[..., i:i + rows, j:j + columns, :]
    down = part(2, 0) - part(0, 0) + (part(2, 1) - part(0, 1)) * 2 + part(2, 2) - part(0, 2)
    right = part(0, 2) - part(0, 0) + (part(1, 2) - part(1, 0)) * 2 + part(2, 2) - part(2, 0)
    return stack([down, right], -1)


def psnr(a, b, max_val, name=None):
    """The peak signal-to-noise ratio of two images, in decibels."""
    a, b = convert_image_dtype(a, "float32"), convert_image_dtype(b, "float32")
    top = float(np.asarray(convert_image_dtype(operand(max_val, None if hasattr(max_val, "dtype") else "float32"),
                                               "float32")))
    error = reduce_mean(square(a - b), (-3, -2, -1))
    return 20 * math.log10(top) - log(error) * (10 / math.log(10))


@on_extents
def ssim(img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, return_index_map=False):
    """The structural similarity of two images, 1 for equal ones (Wang et al., 2004).

    Args:
        max_val: the difference between the largest and the smallest value that is possible.
        filter_size, filter_sigma: of the Gaussian window that local means are taken with.
        return_index_map: whether the result is a value per place, averaged over the channels.

    Raises:
        ValueError: an image is smaller than the window.
    """
    x, y = convert_image_dtype(image(img1), "float32"), convert_image_dtype(image(img2), "float32")
    if min(x.shape[-3:-1]) < filter_size:
        raise ValueError(f"images of shape {tuple(x.shape)} are smaller than the window, {filter_size}")
    offsets = np.arange(filter_size) - (filter_size - 1) / 2
    window = np.exp(-offsets**2 / (2 * filter_sigma**2))
    window = (window / window.sum()).astype("float32")
    bands = []
    for n in x.shape[-3:-1]:
        band = np.zeros((n - filter_size + 1, n), "float32")
        for i in range(len(band)):
            band[i, i:i + filter_size] = window
        bands.append(band)
    last = (*range(x.ndim - 3), x.ndim - 1, x.ndim - 3, x.ndim - 2)
    local = lambda z: matmul(matmul(bands[0], _transpose(z, last)), bands[1].T)      # channels before rows and columns
    mean_x, mean_y = local(x), local(y)
    c1, c2 = (k1 * float(max_val))**2, (k2 * float(max_val))**2
    both, squares = mean_x * mean_y * 2.0, square(mean_x) + square(mean_y)
    light = (both + c1) / (squares + c1)
    structure = (local(x * y) * 2.0 - both + c2) / (local(square(x) + square(y)) - squares + c2)
    return reduce_mean(light * structure, -3 if return_index_map else (-3, -2, -1))
