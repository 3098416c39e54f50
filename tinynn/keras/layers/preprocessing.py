"""Floor 7: layers that prepare data."""

import math

from tinynn import ops
from tinynn.keras import config
from tinynn.keras.layers.checks import axes_within
from tinynn.keras.layers.layer import Layer
from tinynn.keras.saving import serialize_keras_object


class Rescaling(Layer):
    """inputs scale + offset, as 1 / 255 for the bytes of an image.

    Args:
        scale: a number, or one per channel.
        offset: a number, or one per channel.
    """

    leaf = True
    floats = True

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset
        self.supports_masking = True
        self.built = True

    def call(self, inputs):
        """The inputs in the new scale."""
        scale, offset = (ops.cast(ops.convert_to_tensor(part), self.compute_dtype)
                         for part in (self.scale, self.offset))
        if scale.shape and config.image_data_format() == "channels_first":
            scale = ops.reshape(scale, (*scale.shape, *(1,) * (3 - len(scale.shape))))
        return inputs * scale + offset


class Normalization(Layer):
    """(x - mean) / sqrt(variance), with the statistics of data seen before: `adapt` finds them.

    Args:
        axis: the axis, or axes, that keep statistics of their own; None for one mean and one variance of everything.
        mean, variance: the statistics, where they are known.
        invert: compute x sqrt(variance) + mean instead.

    Example:
        >>> layer = keras.layers.Normalization()
        >>> layer.adapt(np.array([[1.0], [3.0]]))
        >>> layer(np.array([[5.0]])).numpy()
        array([[3.]], dtype=float32)
    """

    floats = True

    def __init__(self, axis=-1, mean=None, variance=None, invert=False, **kwargs):
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise ValueError("When setting values directly, both `mean` and `variance` must be set; got "
                             f"mean={mean!r}, variance={variance!r}")
        self.axis = None if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.invert = invert
        self.input_mean, self.input_variance = mean, variance
        self.supports_masking = True

    def build(self, input_shape):
        """Makes the statistics, unless they were given: mean, variance, and the count that Keras's files have."""
        kept = [] if self.axis is None else axes_within(self.axis, input_shape)
        self._others = [i for i in range(len(input_shape)) if i not in kept]
        self._broadcast = tuple(n if i in kept else 1 for i, n in enumerate(input_shape))
        if self.input_mean is None:
            shape = tuple(input_shape[i] for i in kept)
            self.adapt_mean = self.add_weight(name="mean", shape=shape, initializer="zeros", trainable=False)
            self.adapt_variance = self.add_weight(name="variance", shape=shape, initializer="ones", trainable=False)
            self.count = self.add_weight(name="count", shape=(), initializer="zeros", dtype="int32", trainable=False)

    def adapt(self, data):
        """Finds mean and variance of data.

        Args:
            data: an array, a tensor, or a Dataset of batches.
        """
        if self.input_mean is not None:
            raise ValueError("Cannot `adapt` a Normalization layer that was given `mean` and `variance`")
        batches = data if not hasattr(data, "shape") and hasattr(data, "__iter__") and not isinstance(
            data, (list, tuple)) else [data]
        seen, mean, variance = 0, 0.0, 0.0
        for batch in batches:
            x = ops.cast(ops.convert_to_tensor(batch), "float32")
            if not self.built:
                self.build((None, *x.shape[1:]))
            new = math.prod(x.shape[i] for i in self._others)
            m, v = ops.moments(x, self._others)
            total = seen + new
            difference, share = m - mean, new / total
            variance = variance * (1 - share) + v * share + ops.square(difference) * (share * (1 - share))
            mean, seen = mean + difference * share, total
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    mean = property(lambda self: ops.reshape(self._statistic("mean"), self._broadcast))
    variance = property(lambda self: ops.reshape(self._statistic("variance"), self._broadcast))

    def _statistic(self, name):
        given = getattr(self, f"input_{name}")
        if given is None:
            return getattr(self, f"adapt_{name}")
        return ops.broadcast_to(ops.cast(ops.convert_to_tensor(given), self.compute_dtype), self._broadcast)

    def call(self, inputs):
        """The inputs with mean 0 and variance 1, if they are distributed as the data were."""
        deviation = ops.maximum(ops.sqrt(self.variance), 1e-7)
        return inputs * deviation + self.mean if self.invert else (inputs - self.mean) / deviation

    def get_config(self):
        """The arguments of the constructor."""
        config = {"axis": self.axis, "invert": self.invert, "mean": self.input_mean, "variance": self.input_variance}
        return {"name": self.name, "trainable": self.trainable, "dtype": serialize_keras_object(self.dtype_policy),
                **serialize_keras_object(config)}
