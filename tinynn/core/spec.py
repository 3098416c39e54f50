"""Floor 1: the description of a tensor that is not there yet: its shape, with None where unknown, and its type."""

from tinynn.core import dtypes
from tinynn.core.shapes import TensorShape


class TensorSpec:
    """The shape and dtype that a tensor will have, as `tf.TensorSpec`.

    Args:
        shape: the extents, None where one is not known; None for a shape of which nothing is known.
        dtype: the element type.
        name: a label.
    """

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, shape, dtype=dtypes.float32, name=None):
        self.shape = None if shape is None or TensorShape(shape).rank is None else TensorShape(shape)
        self.dtype = dtypes.as_dtype(dtype)
        self.name = name

    @classmethod
    def from_tensor(cls, tensor, name=None):
        """The description of a tensor."""
        return cls(tensor.shape, tensor.dtype, name)

    @classmethod
    def from_spec(cls, spec, name=None):
        """A copy with another name."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    def is_compatible_with(self, other):
        """Whether a tensor, or what another spec describes, fits this spec."""
        if other.dtype != self.dtype:
            return False
        return self.shape is None or other.shape is None or self.shape.is_compatible_with(other.shape)

    def __eq__(self, other):
        return isinstance(other, TensorSpec) and (self.shape, self.dtype, self.name) == (
            other.shape, other.dtype, other.name)

    def __hash__(self):
        return hash((self.shape, self.dtype, self.name))

    def __repr__(self):
        shape = "<unknown>" if self.shape is None else self.shape
        return f"TensorSpec(shape={shape}, dtype={self.dtype!r}, name={self.name!r})"
