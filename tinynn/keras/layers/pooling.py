"""Floor 7: one number for every window, or for all of a channel."""

from tinynn import ops
from tinynn.keras.layers.checks import data_format as standard_format
from tinynn.keras.layers.checks import one_of, several
from tinynn.keras.layers.convolution import Sliding, slid
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer


class Pooling(Sliding):
    """Base of the layers that give one number for every window."""

    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.pool_size = several(pool_size, self.count, "pool_size", least=1)
        self.strides = self.pool_size if strides is None else several(strides, self.count, "strides", least=1)
        self.padding = one_of(padding, ("valid", "same"), "padding")
        self.data_format = standard_format(data_format)
        self.input_spec = InputSpec(ndim=self.count + 2)
        self._build_at_init()

    def call(self, inputs):
        """A number for every window."""
        x = ops.channels_last(inputs, self.data_format)
        return ops.channels_back(self.pool(x, self.pool_size, self.strides, self.padding), self.data_format)

    def _extents(self, extents):
        return slid(extents, self.pool_size, self.strides, (1,) * self.count, self.padding)


class LargestPooling(Pooling):
    """Base: the largest number."""

    pool = staticmethod(ops.max_pooled)


class MaxPooling1D(LargestPooling):
    """The largest number of every window of sequences; see MaxPooling2D."""

    count = 1


class MaxPooling2D(LargestPooling):
    """The largest number of every window of images.

    Args:
        pool_size: height and width of a window, or one number for both.
        strides: the steps from a window to the next; by default the windows stand side by side.
        padding: "valid", or "same" for ceil(extent / stride) windows.
        data_format: "channels_last", (batch, height, width, channels), or "channels_first".

    Example:
        >>> keras.layers.MaxPooling2D()(tf.ones((2, 28, 28, 8))).shape
        TensorShape([2, 14, 14, 8])
    """


class MaxPooling3D(LargestPooling):
    """The largest number of every window of volumes; see MaxPooling2D."""

    count = 3


class AveragePooling(Pooling):
    """Base: the mean."""

    pool = staticmethod(ops.mean_pooled)

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)


class AveragePooling1D(AveragePooling):
    """The mean of every window of sequences; see MaxPooling2D."""

    count = 1


class AveragePooling2D(AveragePooling):
    """The mean of every window of images; see MaxPooling2D. What "same" puts around the image does not count."""


class AveragePooling3D(AveragePooling):
    """The mean of every window of volumes; see MaxPooling2D."""

    count = 3


class GlobalPooling(Layer):
    """Base of the layers that give one number for all of a channel."""

    leaf = True
    count = 2

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.data_format, self.keepdims = standard_format(data_format), keepdims
        self.input_spec = InputSpec(ndim=self.count + 2)
        self._build_at_init()

    @property
    def _axes(self):
        first = 1 if self.data_format == "channels_last" else 2
        return list(range(first, first + self.count))


class GlobalMax(GlobalPooling):
    """Base: the largest number."""

    def call(self, inputs):
        """The largest number of every channel."""
        return ops.reduce_max(inputs, self._axes, keepdims=self.keepdims)


class GlobalAverage(GlobalPooling):
    """Base: the mean."""

    def call(self, inputs):
        """The mean of every channel."""
        return ops.reduce_mean(inputs, self._axes, keepdims=self.keepdims)


class GlobalMaxPooling1D(GlobalMax):
    """The largest number over all steps of a sequence; see GlobalAveragePooling2D."""

    count = 1


class GlobalMaxPooling2D(GlobalMax):
    """The largest number over all pixels of an image; see GlobalAveragePooling2D."""


class GlobalMaxPooling3D(GlobalMax):
    """The largest number over a volume; see GlobalAveragePooling2D."""

    count = 3


class GlobalAveragePooling1D(GlobalAverage):
    """The mean over all steps of a sequence, or over those that a mask lets count; see GlobalAveragePooling2D."""

    count = 1

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        """The mean of every feature."""
        if mask is None:
            return super().call(inputs)
        axis, = self._axes
        counts = ops.expand_dims(ops.cast(mask, inputs.dtype), 3 - axis)
        return (ops.reduce_sum(inputs * counts, axis, keepdims=self.keepdims)
                / ops.reduce_sum(counts, axis, keepdims=self.keepdims))

    def compute_mask(self, inputs, mask=None):
        """None: there are no steps any more."""


class GlobalAveragePooling2D(GlobalAverage):
    """The mean over all pixels of an image: (batch, height, width, channels) becomes (batch, channels).

    Args:
        data_format: "channels_last" or "channels_first".
        keepdims: whether the axes stay, with an extent of 1.

    Source: Lin et al.: Network in network (2013).
    """


class GlobalAveragePooling3D(GlobalAverage):
    """The mean over a volume; see GlobalAveragePooling2D."""

    count = 3
