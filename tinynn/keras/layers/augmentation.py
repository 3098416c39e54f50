"""Floor 7: layers that change images at random in training, so that more is learned from as many of them."""

import math

from tinynn import ops
from tinynn.keras import random
from tinynn.keras.layers.checks import data_format as standard_format
from tinynn.keras.layers.checks import one_of
from tinynn.keras.layers.layer import Layer

_FILLS = ("reflect", "wrap", "constant", "nearest")


def between(factor, name, lowest=-math.inf, mirrored=True):
    """(lower, upper) of a factor: of a number f it is (-|f|, |f|), or with mirrored=False (f, f).

    Raises:
        ValueError: it is something else, or below `lowest`.
    """
    pair = factor
    if isinstance(factor, (int, float)):
        pair = (-abs(factor), abs(factor)) if mirrored else (factor, factor)
    fits = isinstance(pair, (tuple, list)) and len(pair) == 2 and all(isinstance(n, (int, float)) for n in pair)
    if not fits or min(pair) < lowest:
        raise ValueError(f"The `{name}` argument should be a number or a pair of numbers, lower and upper, at least "
                         f"{lowest}. Received: {name}={factor!r}")
    return float(pair[0]), float(pair[1])


class Augmentation(Layer):
    """Base: images of shape (batch, height, width, channels), or one without the batch, as floats; unchanged in
    inference. (A call outside of a model is training.)"""

    leaf = True
    floats = True

    def __init__(self, seed=None, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.seed, self.generator = seed, random.SeedGenerator(seed)
        self.data_format = standard_format(data_format)
        self._build_at_init()

    def call(self, inputs, training=True):
        """The images, in training changed."""
        images = ops.cast(inputs, self.compute_dtype)
        if not training:
            return images
        one = len(images.shape) == 3
        images = ops.expand_dims(images, 0) if one else images
        changed = ops.channels_back(self.changed(ops.channels_last(images, self.data_format)), self.data_format)
        return changed[0] if one else changed

    def changed(self, images):
        """The images, channels last, as training sees them."""
        raise NotImplementedError

    def _draw(self, images, lower, upper, rank=1):
        """A number for each image, of a shape with `rank` axes."""
        return random.uniform((images.shape[0], *(1,) * (rank - 1)), lower, upper, seed=self.generator)

    def compute_output_shape(self, input_shape):
        """The shape of the images."""
        return tuple(input_shape)


class RandomFlip(Augmentation):
    """Flips half of the images.

    Args:
        mode: "horizontal" for left and right, "vertical" for up and down, or "horizontal_and_vertical" for both.
        seed: an int for a sequence that repeats.
        data_format: "channels_last" or "channels_first".
    """

    def __init__(self, mode="horizontal_and_vertical", seed=None, data_format=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.mode = one_of(mode, ("horizontal", "vertical", "horizontal_and_vertical"), "mode")

    def changed(self, images):
        """Half of the images flipped."""
        flips = self._draw(images, 0.0, 1.0, 4) <= 0.5
        for name, axis in (("horizontal", 2), ("vertical", 1)):
            if name in self.mode:
                images = ops.where(flips, ops.reverse(images, [axis]), images)
        return images


class RandomContrast(Augmentation):
    """Moves every number away from the mean of its channel, or towards it, by a random factor.

    Args:
        factor: f for factors from 1 - f to 1 + f, or (lower, upper) for 1 - lower to 1 + upper.
        value_range: the results are cut to it.
        seed: an int for a sequence that repeats.
    """

    def __init__(self, factor, value_range=(0, 255), seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.factor, self.value_range = between(factor, "factor", 0.0, mirrored=False), value_range

    def changed(self, images):
        """The images with another contrast."""
        factor = self._draw(images, 1.0 - self.factor[0], 1.0 + self.factor[1], 4)
        mean = ops.reduce_mean(images, [1, 2], keepdims=True)
        return ops.clip_by_value((images - mean) * ops.cast(factor, images.dtype) + mean, *map(float, self.value_range))


class RandomBrightness(Augmentation):
    """Adds a random number to every image.

    Args:
        factor: f for a share from -f to f of the value range, or a pair (lower, upper) in [-1, 1].
        value_range: that of the images, (0, 255) by default; the results are cut to it.
        seed: an int for a sequence that repeats.
    """

    def __init__(self, factor, value_range=(0, 255), seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.factor, self.value_range = between(factor, "factor", -1.0), value_range

    def changed(self, images):
        """The images, brighter or darker."""
        low, high = map(float, self.value_range)
        delta = self._draw(images, *self.factor, 4) * (high - low)
        return ops.clip_by_value(images + ops.cast(delta, images.dtype), low, high)


class Moving(Augmentation):
    """Base of the layers that move, turn or stretch images: every pixel of the result is read where it comes from.

    What lies outside the image: with fill_mode "reflect" (d c b a | a b c d | d c b a), "wrap" (a b c d | a b c d | a b
    c d), "nearest" (a a a a | a b c d | d d d d), "constant" (fill_value).
    """

    def __init__(self, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0, data_format=None,
                 **kwargs):
        super().__init__(seed, data_format, **kwargs)
        for value, options, name in ((fill_mode, _FILLS, "fill_mode"),
                                     (interpolation, ("bilinear", "nearest"), "interpolation")):
            if value not in options:
                raise NotImplementedError(f"Unknown `{name}` {value}. Expected of one {options}.")
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value

    def changed(self, images):
        """The images, read at other places."""
        rows = ops.reshape(ops.cast(ops.range(images.shape[1]), "float32"), (1, -1, 1))
        columns = ops.reshape(ops.cast(ops.range(images.shape[2]), "float32"), (1, 1, -1))
        rows, columns = self.sources(images, rows, columns)
        return self._read(images, rows + 0.0 * columns, columns + 0.0 * rows)

    def sources(self, images, rows, columns):
        """For every pixel of the results the place in the image that it comes from, (batch, height, width) each."""
        raise NotImplementedError

    def _read(self, images, rows, columns):
        if self.fill_mode == "wrap":
            rows, columns = _wrapped(rows, images.shape[1]), _wrapped(columns, images.shape[2])
        if self.interpolation == "nearest":
            return self._pixels(images, ops.floor(rows + 0.5), ops.floor(columns + 0.5))
        top, left = ops.floor(rows), ops.floor(columns)
        down, right = (ops.cast(ops.expand_dims(part, -1), images.dtype) for part in (rows - top, columns - left))
        upper = self._pixels(images, top, left) * (1.0 - right) + self._pixels(images, top, left + 1.0) * right
        lower = (self._pixels(images, top + 1.0, left) * (1.0 - right)
                 + self._pixels(images, top + 1.0, left + 1.0) * right)
        return upper * (1.0 - down) + lower * down

    def _pixels(self, images, rows, columns):
        """The pixels at whole numbers, with what lies outside."""
        batch, height, width, channels = tuple(images.shape)
        row, column = self._inside(rows, height), self._inside(columns, width)
        first = ops.reshape(ops.range(batch) * (height * width), (-1, 1, 1))
        places = first + ops.cast(row, "int32") * width + ops.cast(column, "int32")
        found = ops.gather(ops.reshape(images, (-1, channels)), places)
        if self.fill_mode != "constant":
            return found
        inside = ops.logical_and(ops.equal(row, rows), ops.equal(column, columns))
        return ops.where(ops.expand_dims(inside, -1), found, ops.zeros_like(found) + self.fill_value)

    def _inside(self, places, count):
        if self.fill_mode == "reflect":
            places = places - 2.0 * count * ops.floor(places / (2.0 * count))
            places = ops.minimum(places, 2.0 * count - 1.0 - places)
        return ops.clip_by_value(places, 0.0, count - 1.0)


def _wrapped(places, count):
    """Places on an axis of `count` pixels that begins again where it ends; between its last and its first pixel is
    nothing, as TensorFlow has it."""
    turns = ops.floor(ops.abs(places) / max(count - 1.0, 1.0))
    moved = ops.where(places < 0.0, places + count * (turns + 1.0), places - count * turns)
    return ops.clip_by_value(ops.where(ops.logical_and(places >= 0.0, places <= count - 1.0), places, moved), 0.0,
                             count - 1.0)


class RandomTranslation(Moving):
    """Moves images.

    Args:
        height_factor: f for a move from -f to f of the height, downwards, or a pair (lower, upper).
        width_factor: the same to the right.
        fill_mode, fill_value: what stands where nothing was moved to: "reflect", "wrap", "nearest" or "constant".
        interpolation: "bilinear" or "nearest".
        seed: an int for a sequence that repeats.
        data_format: "channels_last" or "channels_first".
    """

    def __init__(self, height_factor, width_factor, fill_mode="reflect", interpolation="bilinear", seed=None,
                 fill_value=0.0, data_format=None, **kwargs):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = between(height_factor, "height_factor", -1.0)
        self.width_factor = between(width_factor, "width_factor", -1.0)

    def sources(self, images, rows, columns):
        """The places, moved back."""
        return (rows - self._draw(images, *self.height_factor, 3) * images.shape[1],
                columns - self._draw(images, *self.width_factor, 3) * images.shape[2])


class RandomZoom(Moving):
    """Makes what is on images smaller or larger.

    Args:
        height_factor: f for a zoom from -f to f, or a pair (lower, upper); 0.2 makes all smaller by 20 %, -0.2 larger.
        width_factor: the same for the width; by default that of the height, which keeps the proportions.
        fill_mode, interpolation, seed, fill_value, data_format: as RandomTranslation's.
    """

    def __init__(self, height_factor, width_factor=None, fill_mode="reflect", interpolation="bilinear", seed=None,
                 fill_value=0.0, data_format=None, **kwargs):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = between(height_factor, "height_factor", -1.0)
        self.width_factor = None if width_factor is None else between(width_factor, "width_factor", -1.0)

    def sources(self, images, rows, columns):
        """The places, further from the middle or nearer to it."""
        tall = 1.0 + self._draw(images, *self.height_factor, 3)
        wide = tall if self.width_factor is None else 1.0 + self._draw(images, *self.width_factor, 3)
        middle, centre = (images.shape[1] - 1) / 2.0, (images.shape[2] - 1) / 2.0
        return (rows - middle) * tall + middle, (columns - centre) * wide + centre


class RandomRotation(Moving):
    """Turns images around their middle.

    Args:
        factor: f for an angle from -f to f of a full turn, counter-clockwise, or a pair (lower, upper).
        fill_mode, interpolation, seed, fill_value, data_format: as RandomTranslation's.
    """

    def __init__(self, factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0,
                 data_format=None, **kwargs):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = between(factor, "factor")

    def sources(self, images, rows, columns):
        """The places, turned back."""
        angle = self._draw(images, *self.factor, 3) * (2.0 * math.pi)
        sine, cosine = ops.sin(angle), ops.cos(angle)
        middle, centre = (images.shape[1] - 1) / 2.0, (images.shape[2] - 1) / 2.0
        down, right = rows - middle, columns - centre
        return down * cosine + right * sine + middle, right * cosine - down * sine + centre
