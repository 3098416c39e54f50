from tinynn._bridge cimport Array, tn_array
from tinynn.core.primitive cimport Primitive


cdef class Record:
    """One op on the tape; see record.pyx."""
    cdef readonly Primitive op
    cdef readonly tuple attributes
    cdef unsigned int watched           # bit i: the tape watches input i, whose serial is
    cdef list known                     # here, or, where that is None, that of values[i]
    cdef Py_ssize_t count               # of inputs
    cdef readonly object output         # the serial of the output, or
    cdef readonly list outputs          # of every output of an op that has several,
    cdef readonly list out_shapes       # and their (shape, dtype, place)
    cdef readonly object values         # per input its tensor, or None where it is large and no rule asks for it
    cdef readonly object out            # the output, where a rule asks for it
    cdef tn_array *descriptions         # per input its shape and dtype, where a rule asks for one
    cdef list shapes                    # the same where an input is opaque: (shape, dtype)

    cdef int keep(self, tuple inputs, unsigned int needed, bint all_needed) except -1
    cdef int note(self, tuple inputs) except -1
    cdef object serial(self, Py_ssize_t i)
    cdef int describe(self, tuple inputs) except -1
    cdef object shape(self, Py_ssize_t i)
    cdef object dtype(self, Py_ssize_t i)

cdef bint differentiable(Array x)
cdef int accumulate(dict gradients, object serial, object gradient) except -1
cdef object plus(object first, object second)
cdef int step_back(Record record, dict gradients, set wanted, set reached) except -1
