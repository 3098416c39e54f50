"""Floor 5: calls of a program that come back to Python: ops without a kernel for their arguments run their NumPy body."""
from cpython.ref cimport PyObject
from tinynn._bridge cimport TN_OK, TN_UNSUPPORTED, Array, tn_args, tn_array, tn_status
from tinynn.core.primitive cimport Primitive

import numpy as np

from tinynn.backends import reference

cdef object failure = None      # what a body raised inside a program


cdef object raised():
    """What a body raised since the last question, or None."""
    global failure
    error, failure = failure, None
    return error


cdef tn_status run_body(const tn_args *args) noexcept nogil:
    """Runs the op's NumPy body: args.scratch is (op, attributes)."""
    with gil:
        return run_in_python(args)


cdef tn_status run_in_python(const tn_args *args) noexcept:
    global failure
    cdef Primitive op
    cdef Py_ssize_t i
    try:
        op, attributes = <object><PyObject *>args.scratch
        given = [shown(args.input[i], op.writes >> i & 1 and not op.variadic) for i in range(args.n_in)]
        made = reference.run(op, np, given, attributes)
        made = () if made is None else made if isinstance(made, (tuple, list)) else (made,)
        for i in range(args.n_out):
            np.copyto(shown(args.out[i], True), made[i], casting="no")
        return TN_OK
    except BaseException as error:
        failure = error
        return TN_UNSUPPORTED


cdef object shown(const tn_array *array, bint writable):
    """The array as NumPy sees it, without a copy."""
    cdef Array view = Array.__new__(Array)
    view.view = array[0]
    view.unlocked = writable
    return np.asarray(memoryview(view))
