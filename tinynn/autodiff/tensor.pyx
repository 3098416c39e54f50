"""Floor 3: the tensor: an immutable array that tapes can follow, with TensorFlow's operators, print and repr."""
from cpython.object cimport PyObject
from libc.stdint cimport int32_t, int64_t
from tinynn.autodiff.operand cimport Operand, operators
from tinynn._bridge cimport (TN_FLOAT32, TN_FLOAT64, TN_INT32, TN_INT64, TN_MAX_DIMS, TN_OPAQUE, Array, adopt, pause_reads,
                             shape_of, size_of, tell_read)

import numpy as np

from tinynn.backends import gpu
from tinynn.core import conversion, dtypes
from tinynn.core.shapes import TensorShape

cdef list DTYPES = dtypes.BY_CODE
cdef object _shape_new = tuple.__new__
cdef object NDARRAY = np.ndarray
cdef int64_t last_serial = 0


cdef object next_serial():
    global last_serial
    last_serial += 1
    return last_serial


cdef class Tensor(Operand):
    """An immutable array of numbers (or truth values, or strings).

    It is made by `tf.constant`, `tf.convert_to_tensor` and every op. `np.asarray(t)` shows its values without a copy
    (read-only), `t.numpy()` gives a copy of one's own. A value that shall change is a `tf.Variable`.
    """

    def __init__(self, *args, **kwargs):
        raise TypeError("make a tensor with tf.constant(value) or tf.convert_to_tensor(value)")

    @property
    def shape(self):
        """The extents, as a TensorShape."""
        return _shape_new(TensorShape, extents(self))

    @property
    def extents(self):
        """The shape as a plain tuple."""
        return extents(self)

    @property
    def dtype(self):
        """The element type, as a tf.DType."""
        return dtype_of(self)

    def numpy(self):
        """The values as a NumPy array of one's own; a scalar as a NumPy scalar."""
        array = to_numpy(self)
        return np.array(array) if array.ndim else array[()]

    def __array__(self, dtype=None, copy=None):
        array = to_numpy(self)
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"a view of {array.dtype} values as {np.dtype(dtype)} needs a copy")
            return array.astype(dtype)
        return np.array(array) if copy else array

    def __getitem__(self, key):
        return operators.getitem(self, key)

    def __setitem__(self, key, value):
        raise TypeError("a Tensor cannot be changed. Keep values that change in a variable: "
                        "v = tf.Variable(x), then v[i, j].assign(value)")

    @property
    def assign(self):
        """Of `v[key]`, where v is a variable: writes a value there, as in `v[0, 1].assign(3.0)`; returns v."""
        variable, key = origin_of(self, "assign")
        return lambda value, *_, **__: operators.scatter(variable, key, value)

    @property
    def assign_add(self):
        """Of `v[key]`, where v is a variable: adds a value there; returns v."""
        variable, key = origin_of(self, "assign_add")
        return lambda value, *_, **__: operators.scatter(variable, key, operators.add(self, value))

    @property
    def assign_sub(self):
        """Of `v[key]`, where v is a variable: subtracts a value there; returns v."""
        variable, key = origin_of(self, "assign_sub")
        return lambda value, *_, **__: operators.scatter(variable, key, operators.subtract(self, value))

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return restore, (to_numpy(self),)

    @property
    def place(self):
        """Where the values live: -1 for the CPU, or a GPU's number; `device` gives TensorFlow's name."""
        return place_of(self)

    def set_shape(self, shape):
        """Checks that `shape` (None for any extent) fits; a tensor's own shape is always known."""
        self.shape.assert_is_compatible_with(shape)

    def __format__(self, spec):
        return Operand.__format__(self, spec) if spec else str(to_numpy(self)[()])

    def __str__(self):
        return f"tf.Tensor({shown(str(to_numpy(self)))}, shape={self.shape}, dtype={self.dtype.name})"

    def __repr__(self):
        return f"<tf.Tensor: shape={self.shape}, dtype={self.dtype.name}, numpy={shown(value_repr(self))}>"


cdef tuple origin_of(Tensor self, str method):
    """(variable, key) of a tensor that is variable[key]."""
    if self.origin is None:
        raise AttributeError(f"a Tensor cannot be changed and has no {method!r}; keep values that change in a "
                             f"variable: v = tf.Variable(x), then v.{method}(value) or v[i, j].{method}(value)")
    return self.origin


def shown(text):
    """A value's text, on a line of its own where it has several."""
    return "\n" + text if "\n" in text else text


def value_repr(x):
    """repr of the values, a scalar as a plain number."""
    array = np.asarray(x)
    return repr(array) if array.ndim else repr(array.item()) if array.dtype == object else str(array)


def restore(array):
    """Unpickles a tensor."""
    return from_numpy(np.array(array))


# ---- between Python, NumPy and tensors -------------------------------------------------------------------------------

cdef tuple extents(Array self):
    if self.view.dtype == TN_OPAQUE:
        return self.owner.shape
    return shape_of(&self.view)


cdef object dtype_of(Array self):
    if self.view.dtype == TN_OPAQUE:
        return dtypes.from_numpy(self.owner.dtype)
    return <object>DTYPES[self.view.dtype]


cdef object to_numpy(Array self):
    """The values without a copy, read-only; those of a GPU as a copy."""
    if self.view.dtype == TN_OPAQUE:
        tell_read(self)
        return self.owner if type(self.owner) is NDARRAY else gpu.moved(self.owner, HERE)
    return np.asarray(memoryview(self))


# ---- places: -1 is the CPU, 0, 1, ... are the GPUs -------------------------------------------------------------------

cdef extern from *:
    """static _Thread_local int tn_place = -2;      /* where this thread makes tensors; -2: nobody said so */"""
    int tn_place

cdef int HERE = -1


cdef int place_of(Array self) except -2:
    """Where the values live. A GPU's array is opaque to C: its owner is the array of the package for GPUs."""
    if self.view.dtype != TN_OPAQUE or type(self.owner) is NDARRAY:
        return HERE
    return gpu.place_of(self.owner)


cdef int current_place() noexcept:
    """Where tensors are made at present on this thread: a GPU's number, -1, or -2 where nobody said so."""
    return tn_place


def current():
    """Where this thread makes tensors: a GPU's number, -1 for the CPU, or -2 where nobody said so."""
    return tn_place


def set_place(int place):
    """Says where this thread makes tensors from now on; returns what was said before."""
    global tn_place
    before, tn_place = tn_place, place
    return before


def array_of(Tensor tensor):
    """The array itself of a tensor on a GPU; NumPy's of one on the CPU."""
    return tensor.owner if place_of(tensor) >= 0 else to_numpy(tensor)


def on_gpu(array):
    """A tensor over the memory of a GPU's array, which nobody else will write to any more."""
    return from_gpu(array)


cdef Tensor from_gpu(object array):
    cdef Tensor tensor = Tensor.__new__(Tensor)
    tensor.view.dtype = TN_OPAQUE
    tensor.owner = array
    return tensor


cdef Tensor moved(Tensor tensor, int place):
    """The same values at a place, as a tensor that no tape follows; itself where it lives there. Text stays here."""
    cdef int now = place_of(tensor)
    if now == place or (now == HERE and dtype_of(tensor).dtype.kind == "O"):
        return tensor
    array = gpu.moved(tensor.owner if now >= 0 else to_numpy(tensor), place)
    return from_gpu(array) if place >= 0 else from_numpy(array)


cdef Tensor like(Tensor tensor, double value):
    """A tensor of the shape, type and place of another, with one number everywhere."""
    if tensor.view.dtype != TN_OPAQUE:
        return filled(shape_of(&tensor.view), tensor.view.dtype, value)
    if type(tensor.owner) is NDARRAY:
        return from_numpy(np.full(tensor.owner.shape, value, tensor.owner.dtype))
    return from_gpu(gpu.full(tensor.owner.shape, value, tensor.owner.dtype, place_of(tensor)))


cdef Tensor from_numpy(object array):
    """A tensor over the memory of `array`, which nobody else may write to any more."""
    cdef Tensor tensor = Tensor.__new__(Tensor)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    array.flags.writeable = False
    adopt(tensor, array, False)
    return tensor


cdef Tensor scalar(object value, int code):
    """A 0-d tensor of a Python number of a type that needs no check."""
    cdef Tensor tensor = Tensor.__new__(Tensor)
    tensor.view.dtype = code
    tensor.view.ndim = 0
    tensor.allocate()
    if code == TN_FLOAT32:
        (<float *>tensor.view.data)[0] = value
    elif code == TN_FLOAT64:
        (<double *>tensor.view.data)[0] = value
    elif code == TN_INT64:
        (<int64_t *>tensor.view.data)[0] = value
    else:
        (<int32_t *>tensor.view.data)[0] = value
    return tensor


cdef Tensor as_tensor(object value, int code):
    """A tensor of any value; `code` is the dtype it must have, or -1."""
    if type(value) is float and (code == TN_FLOAT32 or code == TN_FLOAT64 or code == -1):
        return scalar(value, TN_FLOAT32 if code == -1 else code)
    if type(value) is int and (code == TN_FLOAT32 or code == TN_FLOAT64 or (
            (code == TN_INT32 or code == TN_INT64 or code == -1) and -0x80000000 <= value <= 0x7fffffff)):
        return scalar(value, TN_INT32 if code == -1 else code)
    if isinstance(value, Array):
        if type(value) is not Tensor:
            value = value.read_value()
        if code >= 0 and (<Tensor>value).view.dtype != code and dtype_of(value).code != code:
            raise ValueError(f"Tensor conversion requested dtype {(<object>DTYPES[code]).name} for a tensor with "
                             f"dtype {dtype_of(value).name}; write tf.cast(x, tf.{(<object>DTYPES[code]).name})")
        return value
    if hasattr(value, "__tensor__"):
        return as_tensor(value.__tensor__(), code)
    if isinstance(value, (list, tuple)) and holds_tensor(value):
        return packed(value, code)
    array = conversion.to_numpy(value, None if code < 0 else DTYPES[code])
    return from_numpy(np.array(array))


cdef Tensor of_type(object value, object dtype):
    """A tensor of any value, of a type; also of one that C does not know: text, or complex numbers."""
    if dtype.code != TN_OPAQUE:
        return as_tensor(value, dtype.code)
    if not isinstance(value, Array) and not hasattr(value, "__tensor__") and not holds_tensor(value):
        return from_numpy(np.array(conversion.to_numpy(value, dtype)))
    cdef Tensor tensor = as_tensor(value, -1)
    if dtype_of(tensor) is not dtype:
        raise ValueError(f"Tensor conversion requested dtype {dtype.name} for a tensor with dtype "
                         f"{dtype_of(tensor).name}; write tf.cast(x, tf.{dtype.name})")
    return tensor


def holds_tensor(value):
    """Whether a tensor or variable stands somewhere in nested lists."""
    if isinstance(value, (list, tuple)):
        for item in value:
            if holds_tensor(item):
                return True
        return False
    return isinstance(value, Array)


def packed(value, code):
    """Stacks nested lists with tensors inside; gradients flow to the tensors."""
    if not isinstance(value, (list, tuple)):
        return as_tensor(value, code)
    if code < 0:
        for item in value:
            if isinstance(item, Array):
                code = (<Array>(item if type(item) is Tensor else item.read_value())).view.dtype
    return operators.stack([packed(item, code) for item in value])


def convert(value, dtype=None, like=None):
    """A tensor of `value` (a number, an array, nested lists, a tensor, a variable), by TensorFlow's rules.

    Args:
        value: what to convert; a tensor of the right type comes back as it is, wherever it lives.
        dtype: the type it must have (a DType or its name); None for the one that the value's own type asks for.
        like: a tensor or variable: the new tensor lives where that does, instead of where `tf.device` says.

    Raises:
        TypeError, ValueError: where it cannot be converted without losing something.
    """
    cdef Tensor tensor = as_tensor(value, -1) if dtype is None else of_type(value, dtypes.as_dtype(dtype))
    if isinstance(value, Array):
        return tensor
    if isinstance(like, Array):
        return moved(tensor, like.place)
    return tensor if tn_place < 0 else moved(tensor, tn_place)


def operand(value, dtype=None, like=None):
    """`value` itself where an op can take it (a tensor, a variable, a symbolic tensor); otherwise `convert`ed."""
    if isinstance(value, Array) or hasattr(type(value), "__tinynn_bind__"):
        return value
    return convert(value, dtype, like)


def alias(Tensor tensor):
    """Another tensor over the same memory, which no tape follows."""
    cdef Tensor other = Tensor.__new__(Tensor)
    other.view = tensor.view
    other.owner = tensor.owner if tensor.view.dtype == TN_OPAQUE else tensor if tensor.owner is None else tensor.owner
    return other


def full(shape, value, dtype):
    """A tensor of `shape` (a tuple) with the number `value` everywhere; of text, 0 is the empty one.

    Raises:
        TypeError: text of another number.
    """
    dtype = dtypes.as_dtype(dtype)
    if dtype.dtype.kind == "O":
        if value:
            raise TypeError(f"the number {value} is no text; write tf.fill(shape, 'text')")
        return from_numpy(np.full(shape, b"", object))
    if tn_place >= 0:
        return from_gpu(gpu.full(shape, value, dtype.dtype, tn_place))
    if dtype.code == TN_OPAQUE or len(shape) > TN_MAX_DIMS:
        return from_numpy(np.full(shape, value, dtype.dtype))
    return filled(shape, dtype.code, value)


def full_like(x, value, shape=None, dtype=None):
    """A tensor of the shape, type and place of another (or of `shape`, `dtype`) with a number everywhere."""
    cdef int before = set_place(x.place)
    try:
        return full(tuple(x.shape) if shape is None else shape, value, x.dtype if dtype is None else dtype)
    finally:
        set_place(before)


def wrap(array):
    """A tensor over the memory of a NumPy array that nobody will write to any more; no copy."""
    return from_numpy(np.asarray(array))


def made_here(array):
    """A tensor over a NumPy array that nobody else will write to; on the GPU that `tf.device` names, a copy."""
    cdef Tensor tensor = from_numpy(array)
    return tensor if tn_place < 0 else moved(tensor, tn_place)


cdef Tensor contiguous_copy(Array self):
    """The same values in fresh memory of its own."""
    cdef Tensor copy = Tensor.__new__(Tensor)
    if self.view.dtype == TN_OPAQUE:
        if type(self.owner) is not NDARRAY:
            return from_gpu(gpu.copied(self.owner))
        adopt(copy, np.array(self.owner), False)
        return copy
    copy.view = self.view
    set_contiguous(copy)
    copy.allocate()
    pause_reads(1)
    writable_numpy(copy)[...] = to_numpy(self)
    pause_reads(-1)
    return copy


cdef Tensor filled(tuple shape, int code, double value):
    """A tensor with the same number everywhere."""
    cdef Tensor tensor = Tensor.__new__(Tensor)
    cdef int64_t i, n
    if code == TN_OPAQUE or len(shape) > TN_MAX_DIMS:
        raise ValueError(f"cannot fill a tensor of shape {shape} and dtype code {code}")
    tensor.view.dtype = code
    tensor.view.ndim = len(shape)
    for i in range(len(shape)):
        tensor.view.shape[i] = shape[i]
    set_contiguous(tensor)
    tensor.allocate()
    n = size_of(&tensor.view)
    if code == TN_FLOAT32:
        for i in range(n):
            (<float *>tensor.view.data)[i] = <float>value
    elif code == TN_FLOAT64:
        for i in range(n):
            (<double *>tensor.view.data)[i] = value
    else:
        writable_numpy(tensor).fill(value)
    return tensor


cdef int set_contiguous(Array self) except -1:
    cdef int64_t stride = 1
    cdef int i
    for i in range(self.view.ndim - 1, -1, -1):
        self.view.strides[i] = stride
        stride *= self.view.shape[i]
    return 0


cdef object writable_numpy(Array self):
    """The values as an array that writes through; only for memory that nobody else reads."""
    if self.view.dtype == TN_OPAQUE and type(self.owner) is not NDARRAY:
        return self.owner
    self.unlocked = True
    try:
        return np.asarray(memoryview(self))
    finally:
        self.unlocked = False
