"""Floor 3: an observer that tells a Python function what passes the door."""
from tinynn.autodiff.bind cimport Observer, push, remove
from tinynn.core.primitive cimport Primitive


cdef class Listener(Observer):
    """A context in which a function hears of every op of this thread, after it has run.

    Args:
        heard: called as heard(name of the op, [tensors it read], [tensors it made or changed]). It must not call ops.

    Example:
        >>> with Listener(lambda name, read, made: print(name, made[0].shape)):
        ...     y = tf.ones((2, 3)) * 2.0
        multiply (2, 3)
    """
    cdef object heard

    def __init__(self, heard):
        self.heard = heard

    def __enter__(self):
        push(self)
        return self

    def __exit__(self, *exception):
        remove(self)

    cdef int record(self, Primitive op, tuple inputs, tuple attributes, object outputs) except -1:
        cdef Py_ssize_t i
        cdef list read = [], made = []
        for i in range(len(inputs)):
            (made if op.writes >> i & 1 and not op.variadic else read).append(inputs[i])
        if outputs is not None:
            made.extend(outputs if type(outputs) is tuple else (outputs,))
        self.heard(op.name, read, made)
        return 0
