"""Floor 3: the variable: a name for a value that changes.

The value is a tensor. An update writes into its memory only where nobody else holds that tensor or a view of it;
otherwise it writes into a copy. So whatever was read before an update (by a tape, by NumPy) keeps its old value.
"""
from cpython.object cimport PyObject
from libc.stdint cimport int64_t
from tinynn._bridge cimport Array, tell_read
from tinynn.autodiff.operand cimport Operand, operators
from tinynn.autodiff.tensor cimport (Tensor, as_tensor, contiguous_copy, current_place, dtype_of, moved, next_serial,
                                     of_type, place_of)

import numpy as np

from tinynn.autodiff.tensor import shown, value_repr
from tinynn.core import dtypes
from tinynn.core.config import VariableAggregation, VariableSynchronization

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject *)


cdef int64_t made = 0


cdef int64_t count_made() noexcept:
    """How many variables were made so far."""
    return made


cdef class Variable(Operand):
    """A tensor-like value that `assign` changes, and that a tape watches by itself.

    Args:
        initial_value: a number, an array, a tensor, or a function without arguments that gives one.
        trainable: whether a `GradientTape` watches it by itself.
        name: shown in print and in summaries.
        dtype: the element type; by default the value's own.
        constraint: a function from the new value to the value to keep, which optimizers call after an update.
        shape: a shape that the value must have; None for any extent.

    Raises:
        ValueError: no initial value, or one of another shape than `shape`.
    """

    def __init__(self, initial_value=None, trainable=True, validate_shape=True, caching_device=None, name=None,
                 variable_def=None, dtype=None, import_scope=None, constraint=None, synchronization=None,
                 aggregation=None, shape=None):
        if initial_value is None:
            raise ValueError("a Variable needs an initial value, as in tf.Variable(tf.zeros((3, 1)))")
        if callable(initial_value) and not isinstance(initial_value, Array):
            initial_value = initial_value()
        value = as_tensor(initial_value, -1) if dtype is None else of_type(initial_value, dtypes.as_dtype(dtype))
        if current_place() != -2:
            value = moved(value, current_place())
        global made
        made += 1
        self.current = contiguous_copy(value)
        self.trainable = True if trainable is None else trainable
        self.name = "Variable:0" if name is None else name if ":" in name else f"{name}:0"
        self.constraint = constraint
        if shape is not None:
            self.shape.assert_is_compatible_with(shape)

    cdef int prepare_write(self) except -1:
        """Makes the value's memory this variable's alone, and tells tapes that it is another value from now on."""
        if Py_REFCNT(<PyObject *>self.current) > 1 or (self.current.owner is not None and not owns_gpu(self.current)):
            self.current = contiguous_copy(self.current)
        self.current.serial = None
        return 0

    @property
    def place(self):
        """Where the values live: -1 for the CPU, or a GPU's number; `device` gives TensorFlow's name."""
        return place_of(self.current)

    def move_to(self, int place):
        """From now on the values live at that place: -1 for the CPU, or a GPU's number."""
        if place_of(self.current) != place:
            self.current = moved(self.current, place)

    def array(self):
        """The array itself of a variable on a GPU, to be read."""
        return self.current.owner

    def own_array(self):
        """The array itself of a variable on a GPU, to be written: nobody else holds it."""
        self.prepare_write()
        return self.current.owner

    @property
    def shape(self):
        """The extents, as a TensorShape."""
        return self.current.shape

    def set_shape(self, shape):
        """Checks that `shape` (None for any extent) fits; a variable's own shape is always known."""
        self.shape.assert_is_compatible_with(shape)

    @property
    def dtype(self):
        """The element type, as a tf.DType."""
        return dtype_of(self.current)

    def version(self):
        """A number for the present value: another one after any write, by an op or by a recorded program."""
        if self.current.serial is None:
            self.current.serial = next_serial()
        return self.current.serial

    def snapshot(self):
        """The present value as a tensor; who keeps it keeps it as it is, since the next write makes a copy then."""
        tell_read(self)
        return self.current

    def numpy(self):
        """The values as a NumPy array of one's own; a scalar as a NumPy scalar."""
        tell_read(self)
        return self.current.numpy()

    def __array__(self, dtype=None, copy=None):
        tell_read(self)
        return self.current.__array__(dtype, copy)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        raise BufferError("a variable changes; np.asarray(variable) shows its present values")

    def read_value(self):
        """The present value as a tensor; gradients flow through it to the variable."""
        return operators.identity(self)

    def value(self):
        """The present value as a tensor; gradients flow through it to the variable."""
        return operators.identity(self)

    def initialized_value(self):
        """The present value as a tensor."""
        return operators.identity(self)

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Replaces the values. `value` must have the variable's shape, and may live elsewhere; returns the variable.

        Raises:
            ValueError: another shape.
        """
        cdef int place = place_of(self.current)
        if isinstance(value, Array) and place != place_of(
                (<Variable>value).current if isinstance(value, Variable) else <Array>value):
            value = operators.move(value, place)
        operators.assign(self, value)
        return self

    def assign_add(self, delta, use_locking=False, name=None, read_value=True):
        """Adds `delta`, of the variable's shape, in place; returns the variable."""
        operators.assign_add(self, delta)
        return self

    def assign_sub(self, delta, use_locking=False, name=None, read_value=True):
        """Subtracts `delta`, of the variable's shape, in place; returns the variable."""
        operators.assign_sub(self, delta)
        return self

    def scatter_nd_update(self, indices, updates, name=None):
        """Writes `updates` at the index tuples along the last axis of `indices`; returns the variable."""
        return operators.update_at(self, "update", indices, updates)

    def scatter_nd_add(self, indices, updates, name=None):
        """Adds `updates` at the index tuples along the last axis of `indices`; returns the variable."""
        return operators.update_at(self, "add", indices, updates)

    def scatter_nd_sub(self, indices, updates, name=None):
        """Subtracts `updates` at the index tuples along the last axis of `indices`; returns the variable."""
        return operators.update_at(self, "sub", indices, updates)

    def scatter_update(self, sparse_delta, use_locking=False, name=None):
        """Writes the rows of a `tf.IndexedSlices` where its indices say; returns the variable."""
        return operators.update_at(self, "update", None, sparse_delta)

    def scatter_add(self, sparse_delta, use_locking=False, name=None):
        """Adds the rows of a `tf.IndexedSlices` where its indices say; returns the variable."""
        return operators.update_at(self, "add", None, sparse_delta)

    def scatter_sub(self, sparse_delta, use_locking=False, name=None):
        """Subtracts the rows of a `tf.IndexedSlices` where its indices say; returns the variable."""
        return operators.update_at(self, "sub", None, sparse_delta)

    def scatter_max(self, sparse_delta, use_locking=False, name=None):
        """Keeps the larger of what is there and the rows of a `tf.IndexedSlices`; returns the variable."""
        return operators.update_at(self, "max", None, sparse_delta)

    def scatter_min(self, sparse_delta, use_locking=False, name=None):
        """Keeps the smaller of what is there and the rows of a `tf.IndexedSlices`; returns the variable."""
        return operators.update_at(self, "min", None, sparse_delta)

    def gather_nd(self, indices, name=None):
        """The values at the index tuples along the last axis of `indices`."""
        return operators.gather_nd(self, indices)

    def sparse_read(self, indices, name=None):
        """The rows that the indices name."""
        return operators.gather_nd(self, np.expand_dims(indices, -1))

    synchronization, aggregation = VariableSynchronization.AUTO, VariableAggregation.NONE

    def is_initialized(self, name=None):
        """True: a variable has a value from its making on."""
        return True

    def __getitem__(self, key):
        cdef Tensor part = operators.getitem(self, key)
        part.origin = (self, key)       # so that v[key].assign(value) knows where to write
        return part

    def __setitem__(self, key, value):
        raise TypeError("a Variable is not changed by item assignment; write v[i, j].assign(value)")

    def __copy__(self):
        raise TypeError("copy a variable with tf.Variable(v)")

    def __deepcopy__(self, memo):
        global made
        made += 1
        copy = type(self).__new__(type(self))
        (<Variable>copy).current = contiguous_copy(self.current)
        (<Variable>copy).trainable, (<Variable>copy).name = self.trainable, self.name
        (<Variable>copy).constraint = self.constraint
        memo[id(self)] = copy
        return copy

    def __reduce__(self):
        tell_read(self)
        return type(self), (self.current, self.trainable, True, None, self.name)

    def __str__(self):
        return repr(self)

    def __repr__(self):
        tell_read(self)
        return (f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}, "
                f"numpy={shown(value_repr(self.current))}>")


cdef bint owns_gpu(Tensor tensor) except -1:
    """Whether a tensor is on a GPU, and nobody else holds its array or a view of it."""
    return place_of(tensor) >= 0 and Py_REFCNT(<PyObject *>tensor.owner) == 1
