"""Floor 5: a chain of elementwise calls, described to C."""
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from tinynn._bridge cimport row_of, tn_array, tn_link, tn_operand
from tinynn.core.primitive cimport Primitive

import math


cdef class Links:
    def __dealloc__(self):
        PyMem_Free(self.links)


cdef Links link_up(line, dict number, tn_array *arrays):
    """The links of a Chain.

    Args:
        number: {value: its index in arrays}; a value that is not there, or of one link only, lives in a buffer.
        arrays: the program's.
    """
    cdef Links made = Links.__new__(Links)
    cdef tn_link *link
    cdef Primitive op
    made.links = <tn_link *>PyMem_Calloc(len(line.links), sizeof(tn_link))
    if made.links == NULL:
        raise MemoryError()
    made.chain.links, made.chain.n_links = made.links, len(line.links)
    made.chain.n = line.links[0].size
    places = {}         # value -> the number of its buffer
    for i, step in enumerate(line.links):
        link, op = &made.links[i], step.op
        link.row, link.n_in = row_of(op.kernel, step.inputs[0].dtype.code), len(step.inputs)
        link.number = step.attributes[0] if step.attributes else 0.0
        for k, value in enumerate(step.inputs):
            link.input[k] = place(made, value, places, number, arrays)
        if step.outputs and step.outputs[0] not in line.outputs:
            places[step.outputs[0]] = len(places)
        link.out = place(made, (step.outputs or step.written)[0], places, number, arrays)
    return made


cdef tn_operand place(Links made, value, dict places, dict number, tn_array *arrays):
    """Where a link finds a value; a single number gets a buffer that it fills."""
    cdef tn_operand operand
    operand.array = &arrays[<Py_ssize_t>number[value]] if value in number else NULL
    operand.itemsize = value.dtype.size
    operand.buffer = -1
    if value not in places and made.chain.n != 1 and math.prod(value.shape) == 1:
        places[value] = operand.buffer = len(places)
        made.chain.numbers[made.chain.n_numbers] = operand
        made.chain.n_numbers += 1
    elif value in places:
        operand.buffer = places[value]
    return operand
