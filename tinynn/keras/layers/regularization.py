"""Floor 7: layers that make training harder, so that what is learned holds."""

import math

from tinynn import ops
from tinynn.keras import random, regularizers
from tinynn.keras.layers.checks import data_format as standard_format
from tinynn.keras.layers.checks import share
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer

# alpha and scale of selu, times -1 each other: what AlphaDropout puts in the place of what it drops.
_ALPHA = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946


class Noise(Layer):
    """Base of the layers that change their inputs at random in training, and do nothing afterwards."""

    leaf = True

    def __init__(self, seed=None, noise_shape=None, active=True, **kwargs):
        super().__init__(**kwargs)
        self.seed, self.noise_shape = seed, _checked_shape(noise_shape)
        if active:
            self.seed_generator = random.SeedGenerator(seed)
        self.active = active
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs, training=False):
        """The inputs, in training with noise."""
        return self.noisy(inputs) if training and self.active else inputs

    def noisy(self, inputs):
        """The inputs as training sees them."""
        raise NotImplementedError

    def _normal(self, inputs, mean, stddev):
        return random.normal(tuple(inputs.shape), mean, stddev, dtype=self.compute_dtype, seed=self.seed_generator)


class Dropout(Noise):
    """In training, sets a share of the inputs to 0 and divides the others by 1 - rate; afterwards, does nothing.

    Args:
        rate: the share, at least 0 and at most 1.
        noise_shape: the shape of the draw, which is broadcast to the inputs; None in it takes the inputs' extent.
        seed: an int for a sequence that repeats.

    Source: Srivastava et al.: Dropout: a simple way to prevent neural networks from overfitting (2014).
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        self.rate = share(rate)
        super().__init__(seed, noise_shape, rate > 0, **kwargs)

    def noisy(self, inputs):
        """The inputs, thinned out."""
        return random.dropout(inputs, self.rate, noise_shape=self.noise_shape, seed=self.seed_generator)


class SpatialDropout(Dropout):
    """Base of the dropouts that drop whole channels."""

    def __init__(self, rate, seed=None, name=None, dtype=None):
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=self.axes + 2)
        self.data_format = "channels_last"

    def noisy(self, inputs):
        """The inputs without some of their channels."""
        batch, *_, channels = inputs.shape
        shape = (batch, *(1,) * self.axes, channels)
        if self.data_format == "channels_first":
            shape = (batch, inputs.shape[1], *(1,) * self.axes)
        return random.dropout(inputs, self.rate, noise_shape=shape, seed=self.seed_generator)

    def get_config(self):
        """The arguments of the constructor."""
        config = super().get_config()
        config.pop("trainable")
        return config


class SpatialDropout1D(SpatialDropout):
    """Dropout of whole features of a sequence, the same at every step.

    Args:
        rate: the share of features that is dropped.
        seed: an int for a sequence that repeats.

    Input and output: shape (batch, steps, features).

    Source: Tompson et al.: Efficient object localization using convolutional networks (2014).
    """

    axes = 1


class SpatialDropout2D(SpatialDropout):
    """Dropout of whole channels of images; see SpatialDropout1D.

    Args:
        rate: the share of channels that is dropped.
        data_format: "channels_last" or "channels_first".
        seed: an int for a sequence that repeats.
    """

    axes = 2

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None):
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.data_format = standard_format(data_format)


class SpatialDropout3D(SpatialDropout2D):
    """Dropout of whole channels of volumes; see SpatialDropout2D."""

    axes = 3


class GaussianDropout(Noise):
    """In training, multiplies by normal numbers of mean 1 and deviation sqrt(rate / (1 - rate)).

    Args:
        rate: a share, as Dropout's.
        seed: an int for a sequence that repeats.

    Source: Srivastava et al.: Dropout: a simple way to prevent neural networks from overfitting (2014), section 10.
    """

    def __init__(self, rate, seed=None, **kwargs):
        self.rate = share(rate)
        super().__init__(seed, active=rate > 0, **kwargs)

    def noisy(self, inputs):
        """The inputs times noise."""
        return inputs * self._normal(inputs, 1.0, math.sqrt(self.rate / (1.0 - self.rate)))


class GaussianNoise(Noise):
    """In training, adds normal numbers of mean 0.

    Args:
        stddev: their standard deviation, from 0 to 1.
        seed: an int for a sequence that repeats.
    """

    def __init__(self, stddev, seed=None, **kwargs):
        self.stddev = share(stddev, "stddev")
        super().__init__(seed, active=stddev > 0, **kwargs)

    def noisy(self, inputs):
        """The inputs plus noise."""
        return inputs + self._normal(inputs, 0.0, self.stddev)


class AlphaDropout(Noise):
    """Dropout for networks of selu: in training, sets a share of the inputs to selu's lowest value, and scales and
    shifts all so that mean and variance stay.

    Args:
        rate: the share.
        noise_shape: as Dropout's.
        seed: an int for a sequence that repeats.

    Source: Klambauer, Unterthiner, Mayr, Hochreiter: Self-normalizing neural networks (2017).
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        self.rate = share(rate)
        super().__init__(seed, noise_shape, rate > 0, **kwargs)

    def noisy(self, inputs):
        """The inputs, thinned out."""
        rate = self.rate
        drawn = random.uniform(random._noise_shape(inputs, self.noise_shape), seed=self.seed_generator)
        keep = ops.cast(drawn >= rate, inputs.dtype)
        scale = ((1 - rate) * (1 + rate * _ALPHA ** 2)) ** -0.5
        return scale * (inputs * keep + _ALPHA * (1.0 - keep)) - scale * _ALPHA * rate


class ActivityRegularization(Layer):
    """Gives back its input and adds l1 sum |x| + l2 sum x² to the loss.

    Args:
        l1, l2: the two factors.
    """

    leaf = True

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1, self.l2 = l1, l2
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        """The inputs."""
        return inputs


def _checked_shape(shape):
    problem = None
    if shape is None:
        return None
    if not isinstance(shape, (tuple, list)):
        problem = "Expected a tuple or list of integers."
    elif any(n is not None and not hasattr(n, "__index__") for n in shape):
        problem = "Expected all elements to be integers or None."
    elif any(n is not None and n <= 0 for n in shape):
        problem = "Expected all dimensions to be positive integers or None."
    if problem:
        raise ValueError(f"Invalid value received for argument `noise_shape`. {problem} Received: {shape!r}")
    return tuple(shape)
