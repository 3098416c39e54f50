"""Floor 7: layers that prepare data."""

import itertools
import math

import numpy as np

from tinynn import ops
from tinynn.keras import config
from tinynn.keras.layers.checks import axes_within
from tinynn.keras.layers.layer import Layer
from tinynn.keras.saving import serialize_keras_object
from tinynn.keras.utils.py_dataset import PyDataset


def batches_of(data, steps=None):
    """What `adapt` of a layer goes through: the inputs of every batch of a dataset or of an iterable of arrays; an
    array, a tensor or a list of numbers or strings is one batch.

    Args:
        data: see above; of batches that are tuples the first part counts.
        steps: how many batches at most.
    """
    if isinstance(data, PyDataset):
        data = map(data.__getitem__, itertools.count() if data.num_batches is None else range(data.num_batches))
    nested = isinstance(data, (list, tuple)) and not all(hasattr(x[0] if isinstance(x, tuple) and x else x, "shape")
                                                         for x in data[:1])
    if hasattr(data, "shape") or nested or not hasattr(data, "__iter__"):
        data = [np.asarray(data) if nested else data]
    for batch in itertools.islice(data, steps):
        inputs = _inputs(batch)
        if not hasattr(inputs, "shape"):
            raise TypeError("adapt() expects batches that are arrays or tensors, with a `.shape`; got an element of "
                            f"type {type(inputs).__name__}")
        yield inputs


def _inputs(batch):
    """The inputs of a batch (inputs, targets); a list as an array."""
    batch = batch[0] if isinstance(batch, tuple) and batch else batch
    return np.asarray(batch) if isinstance(batch, list) else batch


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
        self._build_at_init()

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
        if np.shape(mean) != np.shape(variance) or len(np.shape(mean)) > len(self.axis or ()):
            raise ValueError(f"`mean` and `variance` must have the same shape, of at most one extent for each of axis="
                             f"{self.axis}; got shapes {np.shape(mean)} and {np.shape(variance)}")
        self.invert = invert
        self.input_mean, self.input_variance = mean, variance
        self.supports_masking = True

    def build(self, input_shape):
        """Makes the statistics, unless they were given: mean, variance, and the count that Keras's files have."""
        kept, rank = self.axis or (), len(input_shape)
        if any(not -rank <= axis < rank for axis in kept):
            raise ValueError(f"All `axis` values must be in the range [-{rank}, {rank}) for inputs of shape "
                             f"{tuple(input_shape)}, got axis={self.axis}")
        kept = self._kept = axes_within(kept, input_shape)
        if any(input_shape[axis] is None for axis in kept):
            raise ValueError("All `axis` values to be kept must have a known shape. Got inputs of shape "
                             f"{tuple(input_shape)} for axis={self.axis}")
        self._shape = tuple(input_shape)
        self._others = [i for i in range(rank) if i not in kept]
        self._broadcast = tuple(n if i in kept else 1 for i, n in enumerate(input_shape))
        if self.input_mean is None:
            shape = tuple(input_shape[i] for i in kept)
            self.adapt_mean = self.add_weight(name="mean", shape=shape, initializer="zeros", trainable=False)
            self.adapt_variance = self.add_weight(name="variance", shape=shape, initializer="ones", trainable=False)
            self.count = self.add_weight(name="count", shape=(), initializer="zeros", dtype="int32", trainable=False)

    def adapt(self, data):
        """Finds mean and variance of data.

        Args:
            data: an array, a tensor, or batches: a Dataset, a PyDataset, a list or a generator of arrays. Of tuples
                the first part counts.
        """
        if self.input_mean is not None:
            raise ValueError("Cannot `adapt` a Normalization layer that was given `mean` and `variance`")
        seen, mean, variance = 0, 0.0, 0.0
        for batch in batches_of(data):
            x = ops.cast(ops.convert_to_tensor(batch), "float32")
            self._fit_shape(tuple(x.shape))
            new = math.prod(x.shape[i] for i in self._others)
            m, v = ops.moments(x, self._others)
            total = seen + new
            difference, share = m - mean, new / total
            variance = variance * (1 - share) + v * share + ops.square(difference) * (share * (1 - share))
            mean, seen = mean + difference * share, total
        if not seen:
            raise ValueError(f"adapt() received an empty iterable: {data!r} gave no batch")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    def _fit_shape(self, shape):
        """Builds for data of a shape; raises ValueError where the layer was built for another."""
        if not self.built:
            self.build((shape[0] if 0 in axes_within(self.axis or (), shape) else None, *shape[1:]))
        if len(shape) != len(self._shape) or any(shape[i] != self._shape[i] for i in self._kept):
            raise ValueError(f"the layer was built with input shape {self._shape}, but adapt() got data with an "
                             f"incompatible shape: {shape}")

    mean = property(lambda self: self._statistic("mean"))
    variance = property(lambda self: self._statistic("variance"))

    def _statistic(self, name):
        given = getattr(self, f"input_{name}")
        if given is None:
            return ops.reshape(ops.cast(getattr(self, f"adapt_{name}"), self.compute_dtype), self._broadcast)
        given = ops.cast(ops.convert_to_tensor(given), self.compute_dtype)
        if given.shape:     # its axes are the last of the kept ones
            places = dict(zip(self._kept[::-1], tuple(given.shape)[::-1], strict=False))
            given = ops.reshape(given, [places.get(i, 1) for i in range(len(self._broadcast))])
        return ops.broadcast_to(given, self._broadcast)

    def call(self, inputs):
        """The inputs with mean 0 and variance 1, if they are distributed as the data were."""
        deviation = ops.maximum(ops.sqrt(self.variance), 1e-7)
        return inputs * deviation + self.mean if self.invert else (inputs - self.mean) / deviation

    def get_config(self):
        """The arguments of the constructor."""
        config = {"axis": self.axis, "invert": self.invert, "mean": self.input_mean, "variance": self.input_variance}
        return {"name": self.name, "trainable": self.trainable, "dtype": serialize_keras_object(self.dtype_policy),
                **serialize_keras_object(config)}
