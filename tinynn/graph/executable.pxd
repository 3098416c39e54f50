"""A program made ready for C; see executable.pyx."""
from libc.stdint cimport int64_t, uintptr_t
from tinynn._bridge cimport tn_array, tn_args, tn_attr, tn_call
from tinynn.autodiff.tensor cimport Tensor
from tinynn.core.primitive cimport Primitive


cdef struct Moved:
    tn_array *array
    int64_t offset


cdef class Executable:
    cdef readonly object program
    cdef readonly size_t arena_bytes
    cdef readonly list in_python
    cdef tn_array *arrays           # per value
    cdef tn_call *calls
    cdef int64_t n_calls
    cdef tn_attr *attributes
    cdef tn_array **operands
    cdef char *memory
    cdef size_t memory_bytes
    cdef list values
    cdef dict number                # value -> its index in arrays
    cdef dict base, offset          # of a view: the value in whose memory it lies, and how far in
    cdef list variables             # Variables
    cdef char *writes               # per variable, whether it is written
    cdef Py_ssize_t n_inputs, n_variables
    cdef Moved *moved               # the arrays that lie in the memory of each input, then of each variable
    cdef Py_ssize_t *begins         # where in `moved` those of an input or a variable begin
    cdef list given, made           # per result: the number of an input, a constant or None; and its index in arrays
    cdef set views                  # the lines that run nothing
    cdef list held_values           # of the variables, while the program runs
    cdef readonly bint busy         # it belongs to a run, or to Epochs: its memory is in use
    cdef list lasting               # objects that C points at
    cdef uintptr_t *seen            # per input and per variable, where its memory was at the last call

    cdef void *cleared(self, size_t count, size_t size) except NULL
    cdef int describe_sources(self) except -1
    cdef size_t describe_lines(self) except? 0
    cdef bint native(self, Primitive op, tuple attributes, tn_attr *slots, tn_args *args) except -1
    cdef bint copied(self, line, tn_call *call) except -1
    cdef int reset(self, value) except -1
    cdef int note_view(self, view, source) except -1
    cdef int place(self, size_t scratch) except -1
    cdef int spoil(self) except -1
    cdef int group(self) except -1
    cdef int point(self, Py_ssize_t which, void *memory) except -1
    cdef int prepare_variables(self) except -1
    cdef int hold_variables(self) except -1
    cdef int let_go(self) except -1
    cdef int blame(self, int64_t at) except -1
    cdef object result(self, Py_ssize_t which, tuple inputs)
