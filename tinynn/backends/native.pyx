"""Floor 2: runs an op on its C kernel, or says that there is none for these arguments."""
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t
from tinynn._bridge cimport (TN_MAX_ATTRS, TN_MAX_DIMS, TN_NONE, TN_NUMBER, TN_OK, TN_OPAQUE, TN_UNSUPPORTED, Array,
                             call_kernel, tn_args, tn_array, tn_attr, tn_status)
from tinynn.core.primitive cimport Primitive

from tinynn.core.dtypes import DType

cdef object DECLINED = object()
cdef enum:
    MOST_INPUTS = 64
cdef bint enabled = True


def enable(bint on):
    """Turns the C kernels on or off (the tests compare both); returns what it was."""
    global enabled
    before, enabled = enabled, on
    return before


cdef object run(Primitive op, tuple inputs, tuple attributes, type array_type):
    """The output (a tuple of several, None for an op that only writes), or DECLINED.

    `array_type` is the subclass of Array that the outputs become.
    """
    cdef const tn_array *views[MOST_INPUTS]
    cdef tn_array *out_views[1]
    cdef PyObject *outs[1]
    cdef tn_attr attrs[TN_MAX_ATTRS]
    cdef tn_args args
    cdef tn_status status
    cdef Py_ssize_t i, n = len(inputs)
    cdef Array out = None
    if op.kernel == NULL or n > MOST_INPUTS or n == 0 or not enabled or op.kernel.n_out > 1:
        return DECLINED
    for i in range(n):
        views[i] = &(<Array>inputs[i]).view
    if op.mixed:        # otherwise all have one dtype, and a kernel says itself that it does not take an opaque one
        for i in range(n):
            if views[i].dtype == TN_OPAQUE:
                return DECLINED
    if attributes and not encode(attributes, attrs):
        return DECLINED
    if op.kernel.n_out:
        out = array_type.__new__(array_type)
        out_views[0] = &out.view
        outs[0] = <PyObject *>out
    args.input = views
    args.out = out_views
    args.attr = attrs
    args.n_in = n
    args.n_out = op.kernel.n_out
    status = call_kernel(op.kernel, &args, outs)
    if status == TN_OK:
        if op.kernel.view:
            out.borrow(<Array>inputs[0])
        return out
    return DECLINED     # also for TN_BAD_INDEX: the reference says which index it is


def takes(Primitive op, tuple tensors, tuple attributes):
    """Whether the op's kernel computes these arguments (it does so, to answer); otherwise the reference does."""
    return run(op, tensors, attributes, type(tensors[0])) is not DECLINED


cdef bint encode(tuple attributes, tn_attr *slots) except -1:
    """Attributes for C; False where one cannot be written as numbers."""
    cdef Py_ssize_t i, k
    cdef object value
    if len(attributes) > TN_MAX_ATTRS:
        return False
    for i in range(len(attributes)):
        value = attributes[i]
        if value is False or value is True:
            slots[i].count = TN_NUMBER
            slots[i].number = 1.0 if value is True else 0.0
        elif value is None:
            slots[i].count = TN_NONE
        elif isinstance(value, int) or isinstance(value, float):
            slots[i].count = TN_NUMBER
            slots[i].number = value
        elif isinstance(value, tuple):
            if len(<tuple>value) > TN_MAX_DIMS:
                return False
            slots[i].count = len(<tuple>value)
            for k in range(len(<tuple>value)):
                item = (<tuple>value)[k]
                if not isinstance(item, int):
                    return False
                slots[i].items[k] = <int64_t>item
        elif isinstance(value, DType):
            slots[i].count = TN_NUMBER
            slots[i].number = value.code
        else:
            return False
    return True
