"""Floor 7: layers that make one tensor of several."""

import functools

from tinynn import ops
from tinynn.keras.layers.layer import Layer


class Merge(Layer):
    """Base of the layers that combine tensors element by element, broadcasting their shapes."""

    leaf = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        """Checks that there are at least two inputs."""
        if not input_shape or not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(f"{type(self).__name__} {self.name!r} is called on a list of tensors, as in "
                             f"{type(self).__name__}()([a, b]); got input of shape {input_shape}")

    def call(self, inputs):
        """The combination of all inputs."""
        rank = max(len(x.shape) for x in inputs)
        return self.merge([_expanded(x, rank) for x in inputs])

    def compute_mask(self, inputs, mask=None):
        """What counts in every input."""
        given = [m for m in mask or [] if m is not None]
        return functools.reduce(ops.logical_and, given) if given else None


def _expanded(x, rank):
    """`x` with axes of length 1 after the batch axis, up to `rank` axes."""
    while len(x.shape) < rank:
        x = ops.expand_dims(x, 1)
    return x


class Add(Merge):
    """a + b + ..."""

    def merge(self, inputs):
        """The sum."""
        return functools.reduce(ops.add, inputs)


class Subtract(Merge):
    """a - b, of exactly two inputs."""

    def merge(self, inputs):
        """The difference."""
        if len(inputs) != 2:
            raise ValueError(f"Subtract {self.name!r} takes exactly 2 inputs, got {len(inputs)}")
        return ops.subtract(*inputs)


class Multiply(Merge):
    """a b ..."""

    def merge(self, inputs):
        """The product."""
        return functools.reduce(ops.multiply, inputs)


class Average(Merge):
    """The mean of all inputs."""

    def merge(self, inputs):
        """The mean."""
        return functools.reduce(ops.add, inputs) / float(len(inputs))


class Maximum(Merge):
    """The largest of all inputs."""

    def merge(self, inputs):
        """The maximum."""
        return functools.reduce(ops.maximum, inputs)


class Minimum(Merge):
    """The smallest of all inputs."""

    def merge(self, inputs):
        """The minimum."""
        return functools.reduce(ops.minimum, inputs)


class Concatenate(Merge):
    """All inputs behind one another along an axis.

    Args:
        axis: which axis; the others must agree.
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def merge(self, inputs):
        """The inputs behind one another."""
        return ops.concat(list(inputs), axis=self.axis)

    def call(self, inputs):
        """The inputs behind one another."""
        return self.merge(inputs)

    def compute_mask(self, inputs, mask=None):
        """The masks behind one another; all ones for an input without."""
        if mask is None or all(m is None for m in mask):
            return None
        masks = [ops.ones(tuple(x.shape[:2]), "bool") if m is None else m for x, m in zip(inputs, mask, strict=True)]
        return ops.concat(masks, axis=1) if self.axis in (1, -len(inputs[0].shape) + 1) else \
            functools.reduce(ops.logical_and, masks)


def _function(layer):
    def merge(inputs, **kwargs):
        return layer(**kwargs)(inputs)

    merge.__name__ = layer.__name__.lower()
    merge.__doc__ = f"`keras.layers.{layer.__name__}` of a list of tensors."
    return merge


add, subtract, multiply, average, maximum, minimum, concatenate = map(
    _function, (Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate))
