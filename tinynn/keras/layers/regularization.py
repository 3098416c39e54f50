"""Floor 7: layers that make training harder, so that what is learned holds."""

from tinynn.keras import random, regularizers
from tinynn.keras.layers.layer import Layer


class Dropout(Layer):
    """In training, sets a share of the inputs to 0 and divides the others by 1 - rate; afterwards, does nothing.

    Args:
        rate: the share, at least 0 and at most 1.
        noise_shape: the shape of the draw, which is broadcast to the inputs; None in it takes the inputs' extent.
        seed: an int for a sequence that repeats.

    Source: Srivastava et al.: Dropout: a simple way to prevent neural networks from overfitting (2014).
    """

    leaf = True

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(rate, (int, float)) or not 0 <= rate <= 1:
            raise ValueError(f"Dropout takes a rate between 0 and 1, got {rate!r}")
        self.rate, self.seed = rate, seed
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        if rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True
        self.built = True

    def call(self, inputs, training=False):
        """The inputs, thinned out in training."""
        if not training or self.rate == 0:
            return inputs
        return random.dropout(inputs, self.rate, noise_shape=self.noise_shape, seed=self.seed_generator)


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
        self.built = True

    def call(self, inputs):
        """The inputs."""
        return inputs
