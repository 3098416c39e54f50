"""Floor 3: one op on a tape: what it keeps, and the step back over it.

A record keeps what the gradient rules of its op ask for. It also keeps the other inputs where they are small: that costs
nothing, and lets `tape.explain` show and check every number. Records do not point at each other, and tensors do not
point at tapes: memory is given back when the last name goes, at any depth of the computation.
"""
cimport cython
from cpython.ref cimport PyObject
from libc.stdlib cimport free, malloc
from tinynn._bridge cimport TN_FLOAT16, TN_OPAQUE, Array, bytes_of, shape_of, tn_array
from tinynn.autodiff.operand cimport operators
from tinynn.autodiff.tensor cimport Tensor, dtype_of, extents, filled, from_gpu, from_numpy, place_of
from tinynn.core.primitive cimport (FROM_ATTRIBUTE, FROM_DTYPE, FROM_GRADIENT, FROM_INPUT, FROM_OUTPUT, FROM_SHAPE,
                                    MOST_ARGUMENTS, Rule)

import numpy as np

from tinynn.autodiff.notes import slices
from tinynn.backends import gpu
from tinynn.core import dtypes

cdef extern from "Python.h":
    object PyObject_Vectorcall(object callable, PyObject **arguments, size_t count, PyObject *names)

cdef enum:
    SMALL = 1 << 16     # bytes of inputs that a record keeps though no rule needs them


@cython.no_gc           # what a record holds does not lead back to it
@cython.freelist(64)
cdef class Record:
    def __dealloc__(self):
        free(self.descriptions)

    cdef int keep(self, tuple inputs, unsigned int needed, bint all_needed) except -1:
        """Keeps inputs: all that are needed, and the others where all together are small."""
        cdef Py_ssize_t i
        cdef size_t size = 0
        self.count = len(inputs)
        for i in range(self.count):
            size += bytes_of(&(<Tensor>inputs[i]).view)
            if (<Tensor>inputs[i]).view.dtype == TN_OPAQUE and place_of(<Tensor>inputs[i]) >= 0:
                size += (<Tensor>inputs[i]).owner.nbytes
        if all_needed or size <= SMALL:
            self.values = inputs
            if self.count <= 32:
                return 0
        elif needed:
            self.values = [inputs[i] if i >= 32 or needed >> i & 1 else None for i in range(self.count)]
        return self.note(inputs)

    cdef int note(self, tuple inputs) except -1:
        """Notes the serials of watched inputs, which may be forgotten or too many for bits."""
        self.known = [(<Tensor>inputs[i]).serial if i >= 32 or self.watched >> i & 1 else None
                      for i in range(self.count)]
        return 0

    cdef object serial(self, Py_ssize_t i):
        """The serial of an input; None where the tape does not watch it."""
        if self.known is not None:
            return self.known[i]
        return (<Tensor>(<tuple>self.values)[i]).serial if self.watched >> i & 1 else None

    @property
    def inputs(self):
        """Per input its serial, or None where the tape does not watch it."""
        return [self.serial(i) for i in range(self.count)]

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

    def serials(self):
        """The serials of the outputs."""
        return [self.output] if self.outputs is None else self.outputs

    def back(self, int i, g):
        """The gradient of input i that follows from the output's, g; of a variadic op a list, for all inputs."""
        return apply(self.op.rules[i], self, g)


cdef bint differentiable(Array x):
    """Whether the type has gradients: floating point, or complex."""
    return TN_FLOAT16 <= x.view.dtype < TN_OPAQUE or (
        x.view.dtype == TN_OPAQUE and dtype_of(x).dtype.kind in "fc")


cdef int step_back(Record record, dict gradients, set wanted, set reached) except -1:
    """Carries the gradients of a record's outputs to its inputs."""
    cdef Py_ssize_t i
    g = arriving(record, gradients, wanted)
    if g is None:
        return 0
    if record.op.variadic:
        for serial, gradient in zip(record.inputs, apply(record.op.rules[0], record, g)):
            if serial is not None and gradient is not None:
                accumulate(gradients, serial, gradient)
        return 0
    for i in range(record.count):
        serial = record.serial(i)
        if serial is not None and serial in reached:
            gradient = apply(record.op.rules[i], record, g)
            if gradient is not None:
                accumulate(gradients, serial, gradient)
    return 0


cdef object arriving(Record record, dict gradients, set wanted):
    """The gradient of a record's output, or of its outputs; None where nothing arrives. It is used up, or wanted."""
    cdef list several
    if record.outputs is None:
        return gradients.get(record.output) if record.output in wanted else gradients.pop(record.output, None)
    several = [gradients.get(serial) if serial in wanted else gradients.pop(serial, None) for serial in record.outputs]
    if several.count(None) == len(several):
        return None
    return tuple([blank(d[0], d[1], d[2]) if x is None else x for x, d in zip(several, record.out_shapes)])


cdef Tensor blank(tuple shape, object dtype, int place):
    """Zeros for an output that no gradient reaches."""
    if place >= 0:
        return from_gpu(gpu.full(shape, 0, dtype.dtype, place))
    if dtype.code == TN_OPAQUE:
        return from_numpy(np.zeros(shape, dtype.dtype))
    return filled(shape, dtype.code, 0.0)


cdef object apply(Rule rule, Record record, object g):
    """What a gradient rule makes of g. Of complex numbers a rule gives g f'(x), and TensorFlow's gradient, the direction
    of steepest ascent, is g conj(f'(x)): the conjugate of what the rule makes of the conjugate of g."""
    if type(g) is not Tensor or (<Tensor>g).view.dtype != TN_OPAQUE or not dtype_of(<Tensor>g).is_complex:
        return called(rule, record, g)
    result = called(rule, record, operators.conj(g))
    return [conjugate(x) for x in result] if isinstance(result, (list, tuple)) else conjugate(result)


cdef object conjugate(object x):
    return operators.conj(x) if x is not None and x.dtype.is_complex else x


cdef object called(Rule rule, Record record, object g):
    """Calls a gradient rule with what its parameters name."""
    cdef PyObject *arguments[MOST_ARGUMENTS]
    cdef int source, index, k
    cdef Py_ssize_t i, n = record.count
    cdef list alive = []        # what is made here, until the call is over
    for k in range(rule.count):
        source, index = rule.sources[k], rule.indices[k]
        if source == FROM_GRADIENT:
            arguments[k] = <PyObject *>g
            continue
        elif source == FROM_INPUT and index >= 0:
            argument = record.values[index]
        elif source == FROM_INPUT:
            argument = list(record.values)
        elif source == FROM_OUTPUT:
            argument = record.out
        elif source == FROM_ATTRIBUTE:
            argument = record.attributes[index]
        elif source == FROM_SHAPE:
            argument = record.shape(index) if index >= 0 else [record.shape(i) for i in range(n)]
        else:
            argument = record.dtype(index) if index >= 0 else [record.dtype(i) for i in range(n)]
        alive.append(argument)
        arguments[k] = <PyObject *>argument
    return PyObject_Vectorcall(rule.function, arguments, rule.count, NULL)


cdef int accumulate(dict gradients, object serial, object gradient) except -1:
    before = gradients.get(serial)
    gradients[serial] = gradient if before is None else plus(before, gradient)
    return 0


cdef object plus(object first, object second):
    """The sum of two gradients; one of sums of slices is noted as such."""
    total = operators.add(first, second)
    slices.join(total, first, second)
    return total
