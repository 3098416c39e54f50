"""Floor 4: a list of tensors that a loop writes one after the other, as `tf.TensorArray`."""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.shapes import TensorShape
from tinynn.ops.arguments import ints_of
from tinynn.ops.create import zeros
from tinynn.ops.layout import concat, split, stack, unstack


class TensorArray:
    """Places for tensors of one type. A write gives the array, as TensorFlow's graphs want: `array = array.write(...)`.

    A Python list does the same: `tf.stack(list)`.

    Args:
        dtype: the type of the tensors.
        size: how many places there are.
        dynamic_size: whether writing beyond the end makes it longer.
        clear_after_read: whether a place can be read once only; True unless it is False.
        element_shape: the shape that each tensor must have.

    Example:
        >>> array = tf.TensorArray(tf.float32, size=2)
        >>> array = array.write(0, 1.0).write(1, 2.0)
        >>> array.stack().numpy().tolist()
        [1.0, 2.0]
    """

    def __init__(self, dtype, size=0, dynamic_size=False, clear_after_read=None, tensor_array_name=None, handle=None,
                 flow=None, infer_shape=True, element_shape=None, colocate_with_first_write_call=True, name=None):
        self.dtype, self.dynamic_size = as_dtype(dtype), bool(dynamic_size)
        self.element_shape = TensorShape(element_shape)
        self._infer, self._clear = infer_shape, clear_after_read is not False
        self._items, self._read = [None] * int(size), set()

    def write(self, index, value, name=None):
        """Puts a tensor at a place; returns the array.

        Raises:
            InvalidArgumentError: another type or shape, or there is no such place.
        """
        index, tensor = int(index), operand(value, None if hasattr(value, "dtype") else self.dtype)
        if tensor.dtype != self.dtype:
            raise InvalidArgumentError(f"a TensorArray of {self.dtype.name} got a tensor of {tensor.dtype.name}")
        if not 0 <= index < len(self._items) and not (self.dynamic_size and index >= 0):
            raise InvalidArgumentError(f"a TensorArray of size {len(self._items)} has no place {index}; make it with "
                                       "dynamic_size=True if it shall grow")
        self.element_shape.assert_is_compatible_with(tensor.shape)
        if self._infer:
            self.element_shape = self.element_shape.merge_with(tensor.shape)
        self._items.extend([None] * (index + 1 - len(self._items)))
        self._items[index] = tensor
        self._read.discard(index)
        return self

    def read(self, index, name=None):
        """The tensor at a place; zeros where nothing was written, if the shape is known.

        Raises:
            InvalidArgumentError: there is no such place, or it was read before.
        """
        index = int(index)
        if not 0 <= index < len(self._items):
            raise InvalidArgumentError(f"a TensorArray of size {len(self._items)} has no place {index}")
        if index in self._read:
            raise InvalidArgumentError(f"place {index} was read before; make the TensorArray with "
                                       "clear_after_read=False to read it several times")
        value = self._at(index)
        if self._clear:
            self._read.add(index)
            self._items[index] = None
        return value

    def _at(self, index):
        if self._items[index] is None and self.element_shape.rank is not None and (
                self.element_shape.is_fully_defined()):
            return zeros(self.element_shape, self.dtype)
        if self._items[index] is None:
            raise InvalidArgumentError(f"nothing was written to place {index} of the TensorArray")
        return self._items[index]

    def stack(self, name=None):
        """All tensors, joined along a new first axis."""
        if not self._items:
            shape = () if self.element_shape.rank is None else self.element_shape
            return zeros((0, *shape), self.dtype)
        return stack([self._at(i) for i in range(len(self._items))])

    def gather(self, indices, name=None):
        """The tensors at some places, joined along a new first axis."""
        return stack([self._at(i) for i in ints_of(indices)])

    def concat(self, name=None):
        """All tensors, one after the other along their first axis."""
        return concat([self._at(i) for i in range(len(self._items))], 0)

    def unstack(self, value, name=None):
        """Writes the slices along the first axis of a tensor to the places; returns the array."""
        value = operand(value, None if hasattr(value, "dtype") else self.dtype)
        return self.scatter(np.arange(value.shape[0]), value)

    def scatter(self, indices, value, name=None):
        """Writes the slices along the first axis of a tensor to some places; returns the array."""
        value = operand(value, None if hasattr(value, "dtype") else self.dtype)
        for index, row in zip(ints_of(indices), unstack(value), strict=True):
            self.write(index, row)
        return self

    def split(self, value, lengths, name=None):
        """Cuts a tensor along its first axis into parts of these lengths, and writes them; returns the array."""
        self._infer = False
        for index, part in enumerate(split(operand(value), ints_of(lengths))):
            self.write(index, part)
        return self

    def size(self, name=None):
        """How many places there are, as a scalar tensor."""
        return operand(len(self._items))

    def identity(self):
        """The array itself."""
        return self

    def close(self, name=None):
        """Nothing is left to do."""

    def grad(self, source, flow=None, name=None):
        """The array itself: a tape follows the tensors in it."""
        return self
