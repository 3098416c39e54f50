"""Floor 7: pooling to a given number of windows, which are as large as that takes."""

from tinynn import ops
from tinynn.keras.layers.checks import data_format as standard_format
from tinynn.keras.layers.checks import several
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer


class AdaptivePooling(Layer):
    """Base: along every axis, window i of m goes from floor(i n / m) to ceil((i + 1) n / m)."""

    leaf = True
    count = 2
    _stated_by = "compute_output_shape"

    def __init__(self, output_size, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.output_size = several(output_size, self.count, "output_size", least=1)
        self.data_format = standard_format(data_format)
        self.input_spec = InputSpec(ndim=self.count + 2)
        self._build_at_init()

    def call(self, inputs):
        """A number for every window."""
        first = 1 if self.data_format == "channels_last" else 2
        for axis, wanted in enumerate(self.output_size, first):
            n, before = inputs.shape[axis], (slice(None),) * axis
            parts = [self.reduce(inputs[(*before, slice(i * n // wanted, -(-(i + 1) * n // wanted)))], axis)
                     for i in range(wanted)]
            inputs = ops.stack(parts, axis=axis)
        return inputs

    def compute_output_shape(self, input_shape):
        """The shape of the output."""
        if self.data_format == "channels_last":
            return (input_shape[0], *self.output_size, input_shape[-1])
        return (*input_shape[:2], *self.output_size)


class AdaptiveAverage(AdaptivePooling):
    """Base: the mean."""

    reduce = staticmethod(ops.reduce_mean)


class AdaptiveMax(AdaptivePooling):
    """Base: the largest number."""

    reduce = staticmethod(ops.reduce_max)


class AdaptiveAveragePooling1D(AdaptiveAverage):
    """The means of `output_size` windows of sequences; see AdaptiveAveragePooling2D."""

    count = 1


class AdaptiveAveragePooling2D(AdaptiveAverage):
    """The means of a given number of windows of images, whatever the extents of these.

    Args:
        output_size: how many windows there are, down and to the right, or one number for both.
        data_format: "channels_last" or "channels_first".

    Example:
        >>> keras.layers.AdaptiveAveragePooling2D(2)(tf.ones((1, 5, 7, 3))).shape
        TensorShape([1, 2, 2, 3])
    """


class AdaptiveAveragePooling3D(AdaptiveAverage):
    """The means of a given number of windows of volumes; see AdaptiveAveragePooling2D."""

    count = 3


class AdaptiveMaxPooling1D(AdaptiveMax):
    """The largest numbers of `output_size` windows of sequences; see AdaptiveAveragePooling2D."""

    count = 1


class AdaptiveMaxPooling2D(AdaptiveMax):
    """The largest numbers of a given number of windows of images; see AdaptiveAveragePooling2D."""


class AdaptiveMaxPooling3D(AdaptiveMax):
    """The largest numbers of a given number of windows of volumes; see AdaptiveAveragePooling2D."""

    count = 3
