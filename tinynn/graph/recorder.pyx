"""Floor 5: the recorder: an observer that writes down every call that passes the door, and notices what it cannot see.

What depends on the inputs or on variables moves: it differs from call to call. What does not is a constant of the
program. A value that moves and is read by Python (`.numpy()`, `float()`, `if`, print) breaks the recording, since
nobody knows what becomes of it.
"""
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t
from tinynn._bridge cimport TN_OPAQUE, pause_reads, set_read_hook, size_of
from tinynn.autodiff.bind cimport Observer, push, remove
from tinynn.autodiff.places cimport place
from tinynn.autodiff.tensor cimport Tensor
from tinynn.autodiff.variable cimport Variable, count_made
from tinynn.core.primitive cimport Primitive

import numpy as np

SHAPED_BY_VALUES = frozenset(("nonzero", "unique"))    # ops whose results have as many elements as the values say

cdef extern from *:
    """static _Thread_local PyObject *tn_recorder = NULL;  /* the innermost one of this thread, or NULL */"""
    PyObject *tn_recorder


cdef class Recorder(Observer):
    """A context that records the ops of this thread.

    Args:
        inputs: the tensors that will be others at the next call.

    Attributes:
        calls: per call (op, inputs, attributes, outputs, where): tensors, and (file, line) of the user's code.
        versions: (tensor, variable) for each value that a variable was met with, in order.
        broken: None, or (reason, where).
        expected: whether tinynn itself knew that, so that no hint is due.
    """
    cdef readonly list calls
    cdef readonly list versions
    cdef readonly object broken
    cdef readonly bint expected
    cdef list kept              # so that no id is given twice
    cdef set moving             # ids of tensors
    cdef int64_t variables
    cdef object outer

    def __init__(self, inputs):
        self.calls, self.versions, self.kept = [], [], list(inputs)
        self.moving = {id(tensor) for tensor in self.kept}

    def __enter__(self):
        global tn_recorder
        self.outer = None if tn_recorder == NULL else <object>tn_recorder
        tn_recorder = <PyObject *>self
        self.variables = count_made()
        push(self)
        return self

    def __exit__(self, *exception):
        global tn_recorder
        remove(self)
        self.variables = count_made() - self.variables
        tn_recorder = NULL if self.outer is None else <PyObject *>self.outer

    @property
    def made_variables(self):
        """Whether variables were made meanwhile, which happens only at a first call."""
        return self.variables > 0

    cdef int accessed(self, Variable variable) except -1:
        cdef Tensor tensor = variable.current
        if id(tensor) not in self.moving:
            self.moving.add(id(tensor))
            self.versions.append((tensor, variable))
        return 0

    cdef int record(self, Primitive op, tuple inputs, tuple attributes, object outputs) except -1:
        cdef bint moves = outputs is None
        for tensor in inputs:
            moves = moves or id(tensor) in self.moving
        self.kept.append(outputs)
        if moves:
            if op.name in SHAPED_BY_VALUES:
                self.stop(f"the shape of what {op.name} gives depends on values")
            self.calls.append((op, inputs, attributes, outputs, place()))
            for tensor in outputs if type(outputs) is tuple else (outputs,):
                self.moving.add(id(tensor))
        return 0

    def fingerprint(self, inputs, results):
        """What the recording did, as a tuple: two that are equal are recordings of the same program.

        Unequal ones may be so too: large constants count as the tensors they are. `program.same` looks closer.

        Args:
            inputs, results: the tensors that were given and that came out.
        """
        cdef dict number = {}
        cdef list marks = [], row
        for tensor in inputs:
            number[id(tensor)] = len(number)
        for tensor, variable in self.versions:
            number[id(tensor)] = len(number)
            marks.append(id(variable))
        for op, given, attributes, made, _ in self.calls:
            row = [op, attributes]
            for tensor in given:
                row.append(number[id(tensor)] if id(tensor) in number else constant_mark(tensor))
            for tensor in () if made is None else made if type(made) is tuple else (made,):
                number[id(tensor)] = len(number)
            marks.append(tuple(row))
        for tensor in results:
            marks.append(number[id(tensor)] if id(tensor) in number else constant_mark(tensor))
        return tuple(marks)

    def stop(self, reason, expected=False):
        """The recording cannot be used, for this reason."""
        if self.broken is None:
            self.broken, self.expected = (reason, place()), expected


cdef object constant_mark(Tensor tensor):
    """A small constant by its type, shape and bytes; a large one by what it is."""
    if tensor.view.dtype == TN_OPAQUE or size_of(&tensor.view) > 1024:
        return "constant", id(tensor)
    array = peek(tensor)
    return array.dtype.char, array.shape, array.tobytes()


cdef int heard(object array) except -1:
    """A value leaves for Python."""
    cdef Recorder recorder
    if tn_recorder == NULL:
        return 0
    recorder = <Recorder>tn_recorder
    if isinstance(array, Variable):
        recorder.stop(f"the variable {array.name!r} was read")
    elif id(array) in recorder.moving:
        recorder.stop(f"the value of a tensor of shape {tuple(array.shape)} was read")
    return 0


def recording():
    """Whether a recorder is at work on this thread."""
    return tn_recorder != NULL


def kind_of(tuple tensors):
    """What tells calls apart: the dtypes and shapes of tensors, as bytes; None where C cannot describe one of them."""
    cdef int64_t described[256]
    cdef Py_ssize_t n = 0
    cdef int k
    cdef Tensor tensor
    for item in tensors:
        if type(item) is not Tensor or (<Tensor>item).view.dtype == TN_OPAQUE or n > 240:
            return None
        tensor = item
        described[n] = tensor.view.dtype * 16 + tensor.view.ndim
        n += 1
        for k in range(tensor.view.ndim):
            described[n] = tensor.view.shape[k]
            n += 1
    return PyBytes_FromStringAndSize(<char *>described, n * sizeof(int64_t))


def unrecordable(reason):
    """What goes on now cannot be recorded: a recorder at work on this thread gives up, for this reason."""
    if tn_recorder != NULL:
        (<Recorder>tn_recorder).stop(reason, expected=True)


def peek(tensor):
    """The values as a NumPy array, for advice only: a recorder is not told, so nothing computed may depend on them."""
    pause_reads(1)
    try:
        return np.asarray(tensor)
    finally:
        pause_reads(-1)


set_read_hook(heard)
