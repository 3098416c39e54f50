from libc.stdint cimport int64_t
from tinynn.autodiff.operand cimport Operand
from tinynn.autodiff.tensor cimport Tensor


cdef class Variable(Operand):
    """A value that changes; see variable.pyx.  (The Array part stays empty: the memory is the value's.)"""
    cdef Tensor current
    cdef public bint trainable
    cdef public str name
    cdef public object constraint
    cdef dict __dict__

    cdef int prepare_write(self) except -1


cdef int64_t count_made() noexcept
