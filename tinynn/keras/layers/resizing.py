"""Floor 7: layers that cut off, pad or repeat along the axes between batch and channels."""

import numpy as np

from tinynn import ops
from tinynn.keras.context import context
from tinynn.keras.layers.checks import data_format as standard_format
from tinynn.keras.layers.checks import pairs, positive, several
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer


class Spatial(Layer):
    """Base of layers for `count` axes between batch and channels."""

    leaf = True
    count = 1

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = standard_format(data_format)
        self.input_spec = InputSpec(ndim=self.count + 2)
        self._build_at_init()

    @property
    def spatial(self):
        """The axes between batch and channels."""
        first = 2 if self.data_format == "channels_first" else 1
        return range(first, first + self.count)


class Cropping(Spatial):
    """Base of the layers that cut off both ends of every axis."""

    def _pairs(self):
        return self.cropping

    def call(self, inputs):
        """The inner part of the inputs."""
        key = [slice(None)] * len(inputs.shape)
        for axis, (before, after) in zip(self.spatial, self._pairs(), strict=True):
            extent = inputs.shape[axis]
            if before + after < extent:
                key[axis] = slice(before, extent - after)
            elif context.placeholder:   # its unknown extents are small; what is left must differ from run to run
                key[axis] = slice(0, extent - (before + after == extent))
            else:
                raise ValueError(self._too_much(tuple(inputs.shape)))
        return inputs[tuple(key)]

    def accepts(self, shape):
        """Raises ValueError where nothing would be left."""
        self.compute_output_shape(shape)

    def _too_much(self, shape):
        return (f"Values in `cropping` argument should be smaller than the corresponding spatial dimension of the "
                f"input. Received: input shape {shape}, cropping={self.cropping}")

    def compute_output_shape(self, input_shape):
        """The shape without what is cut off."""
        shape = list(input_shape)
        for axis, (before, after) in zip(self.spatial, self._pairs(), strict=True):
            if shape[axis] is not None:
                shape[axis] -= before + after
                if shape[axis] <= 0:
                    raise ValueError(self._too_much(tuple(input_shape)))
        return tuple(shape)


class Cropping1D(Cropping):
    """Cuts off the ends of sequences.

    Args:
        cropping: how many steps at the start and at the end: a pair, or one number for both.

    Input: shape (batch, steps, features).
    """

    unlisted = ("data_format",)

    def __init__(self, cropping=(1, 1), **kwargs):
        super().__init__("channels_last", **kwargs)
        self.cropping = several(cropping, 2, "cropping")

    def _pairs(self):
        return (self.cropping,)

    def _too_much(self, shape):
        return (f"`cropping` parameter of `Cropping1D` layer must be smaller than the input length. Received: input "
                f"shape {shape}, cropping={self.cropping}")


class Cropping2D(Cropping):
    """Cuts off the borders of images.

    Args:
        cropping: ((top, bottom), (left, right)), or a number for each axis, or one for all.
        data_format: "channels_last" or "channels_first".
    """

    count = 2

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.cropping = pairs(cropping, self.count, "cropping")


class Cropping3D(Cropping):
    """Cuts off the borders of volumes; see Cropping2D."""

    count = 3

    def __init__(self, cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.cropping = pairs(cropping, self.count, "cropping")


class ZeroPadding(Spatial):
    """Base of the layers that put zeros at both ends of every axis."""

    def _pairs(self):
        return self.padding

    def call(self, inputs):
        """The inputs with zeros around them."""
        paddings = [(0, 0)] * len(inputs.shape)
        for axis, pair in zip(self.spatial, self._pairs(), strict=True):
            paddings[axis] = pair
        return ops.pad(inputs, paddings)

    def compute_output_shape(self, input_shape):
        """The shape with the zeros."""
        shape = list(input_shape)
        for axis, pair in zip(self.spatial, self._pairs(), strict=True):
            shape[axis] = None if shape[axis] is None else shape[axis] + sum(pair)
        return tuple(shape)


class ZeroPadding1D(ZeroPadding):
    """Puts zeros at the ends of sequences.

    Args:
        padding: how many at the start and at the end: a pair, or one number for both.
        data_format: "channels_last" or "channels_first".
    """

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.padding = several(padding, 2, "padding")

    def _pairs(self):
        return (self.padding,)


class ZeroPadding2D(ZeroPadding):
    """Puts zeros around images.

    Args:
        padding: ((top, bottom), (left, right)), or a number for each axis, or one for all.
        data_format: "channels_last" or "channels_first".
    """

    count = 2

    def __init__(self, padding=(1, 1), data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.padding = pairs(padding, self.count, "padding")


class ZeroPadding3D(ZeroPadding):
    """Puts zeros around volumes; see ZeroPadding2D."""

    count = 3

    def __init__(self, padding=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.padding = pairs(padding, self.count, "padding")


class UpSampling(Spatial):
    """Base of the layers that repeat every entry along every axis."""

    def _factors(self):
        return self.size

    def call(self, inputs):
        """The inputs, every entry several times."""
        for axis, factor in zip(self.spatial, self._factors(), strict=True):
            inputs = ops.repeat(inputs, factor, axis=axis)
        return inputs

    def compute_output_shape(self, input_shape):
        """The shape with every entry several times."""
        shape = list(input_shape)
        for axis, factor in zip(self.spatial, self._factors(), strict=True):
            shape[axis] = None if shape[axis] is None else shape[axis] * factor
        return tuple(shape)


class UpSampling1D(UpSampling):
    """Repeats every step of sequences.

    Args:
        size: how often.
    """

    unlisted = ("data_format",)

    def __init__(self, size=2, **kwargs):
        super().__init__("channels_last", **kwargs)
        self.size = positive(size, "`size`")

    def _factors(self):
        return (self.size,)


class UpSampling2D(UpSampling):
    """Makes images larger.

    Args:
        size: the factors of height and width, or one for both.
        data_format: "channels_last" or "channels_first".
        interpolation: "nearest" repeats every pixel, "bilinear" blends neighbours.
    """

    count = 2

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs):
        super().__init__(data_format, **kwargs)
        self.size = several(size, self.count, "size", least=1)
        self.interpolation = interpolation.lower()
        if self.interpolation not in ("nearest", "bilinear"):
            raise ValueError(f"UpSampling2D interpolates 'nearest' or 'bilinear', got {interpolation!r}")

    def call(self, inputs):
        """The larger images."""
        if self.interpolation == "nearest":
            return super().call(inputs)
        rows, columns = self.spatial
        inputs = _blended(inputs, rows, self.size[0])
        return _blended(inputs, columns, self.size[1])


def _blended(x, axis, factor):
    """x, `factor` times as long along an axis, every new entry a mean of its two neighbours."""
    length = x.shape[axis]
    place = np.clip((np.arange(length * factor) + 0.5) / factor - 0.5, 0, length - 1)
    low = np.floor(place).astype("int64")
    high = np.minimum(low + 1, length - 1)
    share = ops.reshape(ops.cast(ops.convert_to_tensor(place - low), x.dtype),
                        (-1, *(1,) * (len(x.shape) - axis - 1)))
    below, above = ops.gather(x, low, axis=axis), ops.gather(x, high, axis=axis)
    return below + (above - below) * share


class UpSampling3D(UpSampling):
    """Repeats every entry of volumes.

    Args:
        size: the factors of the three axes, or one for all.
        data_format: "channels_last" or "channels_first".
    """

    count = 3

    def __init__(self, size=(2, 2, 2), data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.size = several(size, self.count, "size", least=1)
