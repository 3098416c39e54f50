"""Floor 7: layers that change the shape."""

import math

from tinynn import ops
from tinynn.keras.context import context
from tinynn.keras.layers.checks import data_format as standard_format
from tinynn.keras.layers.checks import positive
from tinynn.keras.layers.core import as_shape
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer


class Flatten(Layer):
    """All axes but the first as one: (batch, a, b) becomes (batch, a b).

    Args:
        data_format: "channels_last" or "channels_first"; the latter moves the channels to the end first.
    """

    leaf = True

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = standard_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)
        self._build_at_init()

    def call(self, inputs):
        """The inputs with shape (batch, features)."""
        shape = inputs.shape
        rank = len(shape)
        if self.data_format == "channels_first" and rank > 1:
            inputs = ops.transpose(inputs, (0, *range(2, rank), 1))
        return ops.reshape(inputs, (shape[0], math.prod(shape[1:])))


class Reshape(Layer):
    """The entries of every example in another shape.

    Args:
        target_shape: the shape without the batch axis; one extent may be -1.
    """

    leaf = True

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        self.target_shape = as_shape(target_shape)
        if any(n < -1 for n in self.target_shape):
            raise ValueError("every extent of a target shape is a non-negative integer, or -1 once; got "
                             f"target_shape={self.target_shape}")
        if self.target_shape.count(-1) > 1:
            raise ValueError("there can be at most one unknown dimension (-1) in a target shape; got "
                             f"target_shape={self.target_shape}")
        self._build_at_init()

    def accepts(self, shape):
        """Raises ValueError where the numbers of an example do not fill the target shape."""
        if None not in shape[1:]:
            self._target(shape)

    def call(self, inputs):
        """The inputs with shape (batch, *target_shape)."""
        if context.placeholder and -1 not in self.target_shape:     # an unknown extent has any size
            return ops.zeros((inputs.shape[0], *self.target_shape), inputs.dtype)
        return ops.reshape(inputs, (inputs.shape[0], *self._target(tuple(inputs.shape))))

    def _target(self, shape):
        size, known = math.prod(shape[1:]), math.prod(n for n in self.target_shape if n != -1)
        fits = size == known if -1 not in self.target_shape else known and size % known == 0
        if not fits:
            raise ValueError(f"Reshape {self.name!r} got input of shape {tuple(shape)}: {size} numbers per "
                             f"example do not fill target_shape {self.target_shape}")
        return tuple(size // known if n == -1 else n for n in self.target_shape)


class Permute(Layer):
    """The axes of every example in another order.

    Args:
        dims: the order, counted from 1; (2, 1) swaps the first two axes after the batch.
    """

    leaf = True

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError("Invalid permutation argument `dims` for Permute: it takes each of 1 to "
                             f"{len(self.dims)} once, got dims={self.dims}")
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)
        self._build_at_init()

    def call(self, inputs):
        """The inputs with their axes in the order (0, *dims)."""
        return ops.transpose(inputs, (0, *self.dims))


class RepeatVector(Layer):
    """Every example n times: (batch, features) becomes (batch, n, features).

    Args:
        n: how many times.
    """

    leaf = True

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        self.n = positive(n, "`n`")
        self.input_spec = InputSpec(ndim=2)
        self._build_at_init()

    def call(self, inputs):
        """The inputs with shape (batch, n, features)."""
        return ops.tile(ops.expand_dims(inputs, 1), (1, self.n, 1))
