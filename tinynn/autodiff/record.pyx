"""Floor 3: one op on a tape: what it keeps, and the step back over it.

A record keeps what the gradient rules of its op ask for and nothing else. Records do not point at each other, and
tensors do not point at tapes: memory is given back when the last name goes, at any depth of the computation.
"""
from libc.stdlib cimport free, malloc
from tinynn._bridge cimport TN_FLOAT16, TN_OPAQUE, Array, shape_of, tn_array
from tinynn.autodiff.operand cimport operators
from tinynn.autodiff.tensor cimport Tensor, dtype_of, extents, filled
from tinynn.core.primitive cimport (FROM_ATTRIBUTE, FROM_DTYPE, FROM_GRADIENT, FROM_INPUT, FROM_OUTPUT, FROM_SHAPE,
                                    Rule)

from tinynn.core import dtypes


cdef class Record:
    def __dealloc__(self):
        free(self.descriptions)

    cdef int keep(self, tuple inputs, unsigned int needed) except -1:
        cdef Py_ssize_t i, n = len(inputs)
        self.values = [None] * n
        for i in range(n):
            if i >= 32 or needed >> i & 1:
                self.values[i] = inputs[i]
        return 0

    cdef int describe(self, tuple inputs) except -1:
        cdef Py_ssize_t i, n = len(inputs)
        for i in range(n):
            if (<Tensor>inputs[i]).view.dtype == TN_OPAQUE:
                self.shapes = [(extents(<Tensor>x), dtype_of(<Tensor>x)) for x in inputs]
                return 0
        self.descriptions = <tn_array *>malloc(n * sizeof(tn_array))
        if self.descriptions == NULL:
            raise MemoryError()
        for i in range(n):
            self.descriptions[i] = (<Tensor>inputs[i]).view
        return 0

    cdef object shape(self, Py_ssize_t i):
        return shape_of(&self.descriptions[i]) if self.shapes is None else self.shapes[i][0]

    cdef object dtype(self, Py_ssize_t i):
        return dtypes.BY_CODE[self.descriptions[i].dtype] if self.shapes is None else self.shapes[i][1]

    cdef list serials(self):
        """The serials of the outputs."""
        return [self.output] if self.outputs is None else self.outputs


cdef bint differentiable(Array x):
    """Whether the type has gradients: floating point, or complex."""
    return TN_FLOAT16 <= x.view.dtype < TN_OPAQUE or (
        x.view.dtype == TN_OPAQUE and dtype_of(x).dtype.kind in "fc")


cdef int step_back(Record record, dict gradients, set wanted, set reached) except -1:
    """Carries the gradients of a record's outputs to its inputs."""
    cdef list arriving = []
    cdef Py_ssize_t i
    cdef bint any_gradient = False
    for serial in record.serials():
        g = gradients.get(serial) if serial in wanted else gradients.pop(serial, None)
        any_gradient |= g is not None
        arriving.append(g)
    if not any_gradient:
        return 0
    if record.out_shapes is None:
        g = arriving[0]
    else:
        g = tuple([filled(shape, code, 0.0) if x is None else x
                   for x, (shape, code) in zip(arriving, record.out_shapes)])
    if record.op.variadic:
        for serial, gradient in zip(record.inputs, apply(record.op.rules[0], record, g)):
            if serial is not None and gradient is not None:
                accumulate(gradients, serial, gradient)
        return 0
    for i in range(len(record.inputs)):
        serial = record.inputs[i]
        if serial is not None and serial in reached:
            gradient = apply(record.op.rules[i], record, g)
            if gradient is not None:
                accumulate(gradients, serial, gradient)
    return 0


cdef object apply(Rule rule, Record record, object g):
    """Calls a gradient rule with what its parameters name."""
    cdef list arguments = []
    cdef int source, index
    cdef Py_ssize_t i, n = len(record.inputs)
    for source, index in rule.plan:
        if source == FROM_GRADIENT:
            arguments.append(g)
        elif source == FROM_INPUT:
            arguments.append(record.values if index < 0 else record.values[index])
        elif source == FROM_OUTPUT:
            arguments.append(record.out)
        elif source == FROM_ATTRIBUTE:
            arguments.append(record.attributes[index])
        elif source == FROM_SHAPE:
            arguments.append(record.shape(index) if index >= 0 else [record.shape(i) for i in range(n)])
        else:
            arguments.append(record.dtype(index) if index >= 0 else [record.dtype(i) for i in range(n)])
    return rule.function(*arguments)


cdef int accumulate(dict gradients, object serial, object gradient) except -1:
    before = gradients.get(serial)
    gradients[serial] = gradient if before is None else operators.add(before, gradient)
    return 0
