from tinynn._bridge cimport Array
from tinynn.autodiff.operand cimport Operand


cdef class Tensor(Operand):
    """An immutable array; see tensor.pyx."""
    cdef object serial      # None until a tape watches it; then an int that no other tensor has
    cdef object origin      # (variable, key) of a tensor that is variable[key], else None


cdef object next_serial()
cdef Tensor from_numpy(object array)
cdef Tensor scalar(object value, int code)
cdef Tensor as_tensor(object value, int code)
cdef Tensor of_type(object value, object dtype)
cdef object to_numpy(Array self)
cdef object dtype_of(Array self)
cdef tuple extents(Array self)
cdef Tensor contiguous_copy(Array self)
cdef Tensor filled(tuple shape, int code, double value)
cdef object writable_numpy(Array self)
cdef int place_of(Array self) except -2
cdef int current_place() noexcept
cdef Tensor from_gpu(object array)
cdef Tensor moved(Tensor tensor, int place)
cdef Tensor like(Tensor tensor, double value)
