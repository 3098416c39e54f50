from tinynn.autodiff.tensor cimport Tensor
from tinynn.autodiff.variable cimport Variable
from tinynn.core.primitive cimport Primitive


cdef class Observer:
    """Sees every call that passes the door while it is on the stack: a tape, a recorder."""
    cdef int accessed(self, Variable variable) except -1
    cdef int record(self, Primitive op, tuple inputs, tuple attributes, object outputs) except -1

cdef int push(Observer observer) except -1
cdef int remove(Observer observer) except -1
cdef object bind(Primitive op, tuple inputs, tuple attributes)
