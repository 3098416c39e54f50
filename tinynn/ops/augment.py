"""Floor 4: random changes of images: each with the common random numbers, and as a pure function of a seed."""

from tinynn.autodiff.tensor import operand
from tinynn.ops.colours import adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation
from tinynn.ops.images import flip_left_right, flip_up_down, image
from tinynn.ops.logic import _where, less
from tinynn.ops.masks import slice_
from tinynn.ops.random import _Op, _Stateless


def _flipped(draws, function, x):
    """Each image as it is, or flipped, by chance."""
    x = image(x)
    heads = less(draws.uniform(tuple(x.shape[:-3]) + (1, 1, 1)), 0.5)
    return _where(heads, function(x), x)


def _moved(draws, adjust, x, max_delta):
    if max_delta < 0:
        raise ValueError(f"max_delta must not be negative, got {max_delta}")
    return adjust(x, draws.uniform((), -float(max_delta), float(max_delta)))


def _scaled(draws, adjust, x, lower, upper):
    if not 0 <= lower <= upper:
        raise ValueError(f"lower and upper must be two numbers from 0 on, the larger one last; got {lower} and {upper}")
    return adjust(x, draws.uniform((), float(lower), float(upper)))


def _cropped(draws, value, size):
    value = operand(value)
    size = [n if m == -1 else int(m) for m, n in zip(size, value.shape, strict=True)]
    if any(m > n for m, n in zip(size, value.shape, strict=True)):
        raise ValueError(f"a part of shape {tuple(size)} does not lie inside shape {tuple(value.shape)}")
    begin = draws.uniform((len(size),), 0, 2**31 - 1, "int32").numpy()
    return slice_(value, [int(b) % (n - m + 1) for b, m, n in zip(begin, size, value.shape, strict=True)], size)


def random_flip_left_right(image, seed=None):
    """Each image as it is, or mirrored, by chance."""
    return _flipped(_Op(seed), flip_left_right, image)


def stateless_random_flip_left_right(image, seed):
    """`random_flip_left_right` as a pure function of the seed, two whole numbers."""
    return _flipped(_Stateless(seed), flip_left_right, image)


def random_flip_up_down(image, seed=None):
    """Each image as it is, or upside down, by chance."""
    return _flipped(_Op(seed), flip_up_down, image)


def stateless_random_flip_up_down(image, seed):
    """`random_flip_up_down` as a pure function of the seed, two whole numbers."""
    return _flipped(_Stateless(seed), flip_up_down, image)


def random_brightness(image, max_delta, seed=None):
    """`adjust_brightness` by a random number from -max_delta to max_delta."""
    return _moved(_Op(seed), adjust_brightness, image, max_delta)


def stateless_random_brightness(image, max_delta, seed):
    """`random_brightness` as a pure function of the seed, two whole numbers."""
    return _moved(_Stateless(seed), adjust_brightness, image, max_delta)


def random_hue(image, max_delta, seed=None):
    """`adjust_hue` by a random number from -max_delta to max_delta."""
    return _moved(_Op(seed), adjust_hue, image, max_delta)


def stateless_random_hue(image, max_delta, seed):
    """`random_hue` as a pure function of the seed, two whole numbers."""
    return _moved(_Stateless(seed), adjust_hue, image, max_delta)


def random_contrast(image, lower, upper, seed=None):
    """`adjust_contrast` by a random factor from lower to upper."""
    return _scaled(_Op(seed), adjust_contrast, image, lower, upper)


def stateless_random_contrast(image, lower, upper, seed):
    """`random_contrast` as a pure function of the seed, two whole numbers."""
    return _scaled(_Stateless(seed), adjust_contrast, image, lower, upper)


def random_saturation(image, lower, upper, seed=None):
    """`adjust_saturation` by a random factor from lower to upper."""
    return _scaled(_Op(seed), adjust_saturation, image, lower, upper)


def stateless_random_saturation(image, lower, upper, seed):
    """`random_saturation` as a pure function of the seed, two whole numbers."""
    return _scaled(_Stateless(seed), adjust_saturation, image, lower, upper)


def random_crop(value, size, seed=None, name=None):
    """A part of that shape from a random place of a tensor; -1 stands for all of an axis."""
    return _cropped(_Op(seed), value, size)


def stateless_random_crop(value, size, seed, name=None):
    """`random_crop` as a pure function of the seed, two whole numbers."""
    return _cropped(_Stateless(seed), value, size)
