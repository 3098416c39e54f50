"""Floor 3: Python's operators, conversions and protocols, once for tensors and variables."""
from tinynn._bridge cimport Array

from numbers import Number

import numpy as np

from tinynn.backends import gpu

cdef Operators operators = Operators()


cdef class Operators:
    """The ops behind the operators. Floor 3 cannot import them: tinynn.ops attaches them."""


def attached():
    """The ops behind the operators, for what stands on this floor in Python."""
    return operators


def attach(**ops):
    """Gives tensors and variables the ops behind their operators."""
    for name, op in ops.items():
        setattr(operators, name, op)


cdef class Operand(Array):
    """What behaves as a number or an array of numbers in an expression."""

    __array_priority__ = 100

    def __add__(self, other):
        return binary(operators.add, self, other)

    def __radd__(self, other):
        return binary(operators.add, other, self)

    def __sub__(self, other):
        return binary(operators.subtract, self, other)

    def __rsub__(self, other):
        return binary(operators.subtract, other, self)

    def __mul__(self, other):
        return binary(operators.multiply, self, other)

    def __rmul__(self, other):
        return binary(operators.multiply, other, self)

    def __truediv__(self, other):
        return binary(operators.divide, self, other)

    def __rtruediv__(self, other):
        return binary(operators.divide, other, self)

    def __floordiv__(self, other):
        return binary(operators.floordiv, self, other)

    def __rfloordiv__(self, other):
        return binary(operators.floordiv, other, self)

    def __mod__(self, other):
        return binary(operators.floormod, self, other)

    def __rmod__(self, other):
        return binary(operators.floormod, other, self)

    def __pow__(self, other, modulus):
        return binary(operators.pow, self, other)

    def __rpow__(self, other, modulus):
        return binary(operators.pow, other, self)

    def __matmul__(self, other):
        return binary(operators.matmul, self, other)

    def __rmatmul__(self, other):
        return binary(operators.matmul, other, self)

    def __and__(self, other):
        return binary(operators.logical_and, self, other)

    def __rand__(self, other):
        return binary(operators.logical_and, other, self)

    def __or__(self, other):
        return binary(operators.logical_or, self, other)

    def __ror__(self, other):
        return binary(operators.logical_or, other, self)

    def __xor__(self, other):
        return binary(operators.logical_xor, self, other)

    def __rxor__(self, other):
        return binary(operators.logical_xor, other, self)

    def __neg__(self):
        return operators.negative(self)

    def __pos__(self):
        return self

    def __abs__(self):
        return operators.abs(self)

    def __invert__(self):
        return operators.logical_not(self)

    def __lt__(self, other):
        return binary(operators.less, self, other)

    def __le__(self, other):
        return binary(operators.less_equal, self, other)

    def __gt__(self, other):
        return binary(operators.greater, self, other)

    def __ge__(self, other):
        return binary(operators.greater_equal, self, other)

    def __eq__(self, other):
        return compare_equal(operators.equal, self, other, False)

    def __ne__(self, other):
        return compare_equal(operators.not_equal, self, other, True)

    def __hash__(self):
        raise TypeError(f"a {type(self).__name__} is unhashable, because == compares elements; "
                        f"use {type(self).__name__.lower()}.ref() as the key")

    def ref(self):
        """A hashable reference, equal to another one where both stand for the same object."""
        return Reference(self)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return operators.ufunc(ufunc, method, inputs, kwargs)

    def __len__(self):
        shape = self.shape
        if not shape:
            raise TypeError(f"a scalar {type(self).__name__} has no length")
        return shape[0]

    def __iter__(self):
        if not self.shape:
            raise TypeError(f"a scalar {type(self).__name__} cannot be iterated over")
        return iter([operators.getitem(self, i) for i in range(self.shape[0])])

    def __contains__(self, item):
        return bool(np.asarray(item) in np.asarray(self))

    def __bool__(self):
        return bool(self.item_for("bool()"))

    def __int__(self):
        return int(self.item_for("int()"))

    def __float__(self):
        return float(self.item_for("float()"))

    def __complex__(self):
        return complex(self.item_for("complex()"))

    def __index__(self):
        value = self.item_for("an index")
        if not isinstance(value, (int, np.integer)):
            raise TypeError(f"only an integer tensor can be an index, this one is {self.dtype.name}")
        return int(value)

    def __round__(self, digits=None):
        return round(self.item_for("round()").item(), digits)

    def __format__(self, spec):
        if not spec:
            return str(self)
        return format(self.item_for(f"the format {spec!r}").item(), spec)

    def item_for(self, what):
        """The single element, as a NumPy scalar; TypeError or ValueError where there are more."""
        array = np.asarray(self)
        if array.size != 1:
            raise ValueError(f"{what} needs a tensor of one element, this one has shape {tuple(self.shape)}; "
                             f"reduce it first, as in tf.reduce_mean(x), or index it")
        return array.reshape(())[()]

    def item(self, *index):
        """The element as a Python number: `x.item()` of a tensor with one element, or `x.item(i, j)`."""
        return np.asarray(self).item(*index)

    def tolist(self):
        """The values as nested Python lists."""
        return np.asarray(self).tolist()

    @property
    def extents(self):
        """The shape as a plain tuple."""
        return tuple(self.shape)

    @property
    def ndim(self):
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self):
        """The number of elements."""
        return self.shape.num_elements()

    @property
    def device(self):
        """Where the values live, by TensorFlow's name."""
        return gpu.long_name_of(self.place)

    def gpu(self, number=0):
        """The values on a GPU, through which gradients flow; the tensor itself where it lives there.

        Raises:
            RuntimeError: there is no such GPU; the message says why.
        """
        return operators.move(self, gpu.available(number))

    def cpu(self):
        """The values in the CPU's memory, through which gradients flow; the tensor itself where it lives there."""
        return operators.move(self, gpu.CPU)

    def get_shape(self):
        """The shape, as a TensorShape."""
        return self.shape

    def __dlpack__(self, **kwargs):
        return np.asarray(self).__dlpack__(**kwargs) if kwargs else np.array(np.asarray(self)).__dlpack__()

    def __dlpack_device__(self):
        return (1, 0)


class Reference:
    """A hashable stand-in for a tensor or a variable, by identity."""

    __slots__ = ("_object",)

    def __init__(self, target):
        self._object = target

    def deref(self):
        """The tensor or variable."""
        return self._object

    def __eq__(self, other):
        return isinstance(other, Reference) and self._object is other._object

    def __hash__(self):
        return id(self._object)


cdef object binary(object op, object x, object y):
    if isinstance(y, str) or type(x) is float or type(x) is int or type(y) is float or type(y) is int or (
            isinstance(x, Array) and isinstance(y, Array)):
        return op(x, y)
    other = y if isinstance(x, Array) else x
    if isinstance(other, (Number, np.ndarray, list, tuple)) or hasattr(other, "__array__") \
            or hasattr(other, "__tensor__"):
        return op(x, y)
    return NotImplemented


cdef object compare_equal(object op, object x, object y, bint unequal):
    if y is None or isinstance(y, type) or (isinstance(y, str) and x.dtype != "string"):
        return unequal
    try:
        return binary(op, x, y)
    except ValueError:      # shapes that do not broadcast
        return unequal
