"""Floor 5: a program made ready for C: every call described, with memory and scratch, so that nothing is left to ask.

An op without a kernel for its arguments stays in the program: its call comes back to Python and runs the NumPy body.
"""
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.ref cimport PyObject
from libc.math cimport NAN
from libc.stdint cimport int64_t, uintptr_t
from libc.string cimport memset
from tinynn._bridge cimport (TN_MAX_ATTRS, TN_MAX_DIMS, TN_OK, TN_OPAQUE, allocate, bytes_of, chain_runner,
                             copy_elements, describe, find_kernel, has_no_gaps, release, run_calls, run_of, scratch_of,
                             set_strides, time_calls, tn_args, tn_array, tn_attr, tn_call, tn_kernel, tn_status)
from tinynn.autodiff.tensor cimport Tensor, contiguous_copy
from tinynn.autodiff.variable cimport Variable
from tinynn.backends.native cimport encode
from tinynn.core.primitive cimport Primitive
from tinynn.graph.bodies cimport raised, run_body
from tinynn.graph.links cimport Links, link_up

import numpy as np

from tinynn.core.errors import InvalidArgumentError
from tinynn.graph import plan
from tinynn.graph.program import Chain

cdef uintptr_t SOMEWHERE = 1 << 40      # values stand so far apart before there is memory, so that none overlap
poison = {"on": False}          # the debug switch: arenas begin filled with NaN


class Unsupported(Exception):
    """The program cannot run in C."""


cdef class Copy:
    """Describes the output of a reshape in the shape of its input."""
    cdef tn_array whole
    cdef const tn_array *inputs[1]
    cdef tn_array *outputs[1]
    cdef object value


cdef class Executable:
    """The calls of a program, their arrays and their memory.

    Attributes:
        program: the Program.
        arena_bytes: the memory of all results together.
        in_python: names of the ops that run as their NumPy body.
    """
    def __cinit__(self, program):
        self.program = program
        self.values = program.values
        self.number = {v: i for i, v in enumerate(self.values)}
        self.base, self.offset, self.lasting, self.in_python = {}, {}, [], []
        self.variables, self.views, self.held_values = program.variables, set(), []
        written = {id(v) for v in program.written}
        self.n_inputs, self.n_variables = len(program.inputs), len(self.variables)
        self.writes = <char *>self.cleared(self.n_variables, sizeof(char))
        for i in range(self.n_variables):
            self.writes[i] = id(self.variables[i]) in written
        operands = sum(len(line.inputs) + len(line.outputs) for line in program.lines)
        self.arrays = <tn_array *>self.cleared(len(self.values), sizeof(tn_array))
        self.calls = <tn_call *>self.cleared(len(program.lines), sizeof(tn_call))
        self.attributes = <tn_attr *>self.cleared(len(program.lines) * TN_MAX_ATTRS, sizeof(tn_attr))
        self.operands = <tn_array **>self.cleared(operands, sizeof(tn_array *))
        self.seen = <uintptr_t *>self.cleared(self.n_inputs + self.n_variables, sizeof(uintptr_t))
        self.describe_sources()
        self.place(self.describe_lines())
        self.group()

    cdef void *cleared(self, size_t count, size_t size) except NULL:
        cdef void *block = PyMem_Calloc(count if count else 1, size)
        if block == NULL:
            raise MemoryError()
        return block

    def __dealloc__(self):
        PyMem_Free(self.arrays)
        PyMem_Free(self.calls)
        PyMem_Free(self.attributes)
        PyMem_Free(self.operands)
        PyMem_Free(self.seen)
        PyMem_Free(self.writes)
        PyMem_Free(self.moved)
        PyMem_Free(self.begins)
        if self.memory != NULL:
            release(self.memory, self.memory_bytes)

    # ---- making ready ------------------------------------------------------------------------------------------------

    cdef int describe_sources(self) except -1:
        """Inputs and variables as arrays without gaps; constants as they lie."""
        cdef tn_array *array
        for i, value in enumerate(self.values):
            array = &self.arrays[i]
            if value.dtype.code == TN_OPAQUE or len(value.shape) > TN_MAX_DIMS:
                raise Unsupported(f"{value.described} cannot be described to C")
            if value.kind == "constant":
                array[0] = (<Tensor>value.source).view
                self.lasting.append(value.source)
                continue
            self.reset(value)
            array.data = <void *>(SOMEWHERE * <uintptr_t>(i + 1))
        return 0

    cdef size_t describe_lines(self) except? 0:
        """Fills in the calls, but for the memory; returns the scratch that the largest needs."""
        cdef tn_array **operand = self.operands
        cdef tn_attr *attribute = self.attributes
        cdef tn_call *call = self.calls
        cdef tn_args args
        cdef size_t scratch = 0
        cdef Primitive op
        cdef Py_ssize_t i
        cdef Links chain
        for line in self.program.lines:
            if isinstance(line, Chain):
                chain = link_up(line, self.number, self.arrays)
                self.lasting.append(chain)
                for value in line.outputs:
                    self.reset(value)
                memset(call, 0, sizeof(tn_call))
                call.run, call.args.scratch = chain_runner(), &chain.chain
                call += 1
                continue
            op = line.op
            memset(&args, 0, sizeof(args))
            args.n_in, args.n_out = len(line.inputs), len(line.outputs)
            args.input, args.out, args.attr = <const tn_array **>operand, operand + args.n_in, attribute
            for value in (*line.inputs, *line.outputs):
                operand[0] = &self.arrays[self.number[value]]
                operand += 1
            if self.native(op, line.attributes, attribute, &args):
                attribute += TN_MAX_ATTRS
                if op.kernel.view:
                    self.note_view(line.outputs[0], line.inputs[0])
                    self.views.add(line)
                    continue
                for value in line.outputs:
                    i = self.number[value]
                    self.arrays[i].data = <void *>(SOMEWHERE * <uintptr_t>(i + 1))
                call.run, call.args = run_of(op.kernel, &args), args
                scratch = max(scratch, scratch_of(op.kernel, &args))
            elif op.name == "reshape" and self.copied(line, call):
                scratch = max(scratch, scratch_of(find_kernel("copy"), &call.args))
            else:
                for value in line.outputs:
                    self.reset(value)
                call.run, call.args = run_body, args
                body = (op, line.attributes)
                self.lasting.append(body)
                self.in_python.append(op.name)
                call.args.scratch = <void *><PyObject *>body
            call += 1
        self.n_calls = call - self.calls
        return scratch

    cdef bint native(self, Primitive op, tuple attributes, tn_attr *slots, tn_args *args) except -1:
        """Whether a kernel takes the call; its outputs are described then."""
        if op.kernel == NULL or op.kernel.n_out != args.n_out or args.n_in == 0:
            return False
        if not encode(attributes, slots):
            return False
        return describe(op.kernel, args) == TN_OK

    cdef bint copied(self, line, tn_call *call) except -1:
        """A reshape of what has gaps as a copy of its elements, in order; False where no kernel copies the type."""
        cdef const tn_kernel *copy = find_kernel("copy")
        cdef Copy made = Copy.__new__(Copy)
        cdef tn_array *source = &self.arrays[<Py_ssize_t>self.number[line.inputs[0]]]
        made.inputs[0], made.outputs[0] = source, &made.whole
        memset(&call.args, 0, sizeof(tn_args))
        call.args.n_in = call.args.n_out = 1
        call.args.input, call.args.out = made.inputs, made.outputs
        if describe(copy, &call.args) != TN_OK:
            return False
        self.reset(line.outputs[0])
        made.value = line.outputs[0]
        self.lasting.append(made)
        call.run = run_of(copy, &call.args)
        return True

    cdef int reset(self, value) except -1:
        """Describes a value as an array without gaps, whatever a kernel that declined has made of it."""
        cdef tn_array *array = &self.arrays[self.number[value]]
        array.dtype, array.ndim = value.dtype.code, len(value.shape)
        for k in range(array.ndim):
            array.shape[k] = value.shape[k]
        set_strides(array)
        return 0

    cdef int note_view(self, view, source) except -1:
        cdef tn_array *whole = &self.arrays[self.number[source]]
        cdef tn_array *part = &self.arrays[self.number[view]]
        self.base[view] = self.base.get(source, source)
        self.offset[view] = self.offset.get(source, 0) + <int64_t>(<char *>part.data - <char *>whole.data)
        return 0

    cdef int place(self, size_t scratch) except -1:
        """Gives results their places in the arena, behind which the scratch lies."""
        spans = plan.lifetimes(self.program, self.base)
        offsets, size = plan.arena(spans, self.bytes_of_value)
        self.arena_bytes = size
        self.memory_bytes = size + scratch
        self.memory = <char *>allocate(self.memory_bytes)
        for value in self.values:
            base = self.base.get(value, value)
            if base.kind == "result":
                self.arrays[self.number[value]].data = self.memory + <size_t>(offsets[base] + self.offset.get(value, 0))
        for i in range(self.n_calls):
            if self.calls[i].run != run_body and self.calls[i].run != chain_runner():
                self.calls[i].args.scratch = self.memory + self.arena_bytes
        for copy in self.lasting:
            if isinstance(copy, Copy):
                (<Copy>copy).whole.data = self.arrays[<Py_ssize_t>self.number[(<Copy>copy).value]].data
        if poison["on"]:
            self.spoil()
        return 0

    def takes(self, shape_of):
        """Whether every result is made by the program, without gaps, and shape_of(result's shape) is true of it."""
        for value in self.program.results:
            if value.kind != "result" or not has_no_gaps(&self.arrays[<Py_ssize_t>self.number[value]]):
                return False
            if self.base.get(value, value).kind != "result" or not shape_of(value.shape):
                return False
        return True

    def bytes_of_value(self, value):
        """The bytes of a value's memory."""
        return bytes_of(&self.arrays[self.number[value]])

    cdef int spoil(self) except -1:
        """Fills the arena with NaN: a value that is read before it is written shows."""
        cdef double *at = <double *>self.memory
        for i in range(self.arena_bytes // 8):
            at[i] = NAN
        return 0

    cdef int group(self) except -1:
        """Notes which arrays move with each input and each variable, and where each result comes from."""
        cdef Py_ssize_t at = 0
        place = {v: i for i, v in enumerate(self.program.inputs)}
        where = {id(v): len(place) + i for i, v in enumerate(self.variables)}
        inside = [[] for _ in range(len(place) + len(where))]
        for i, value in enumerate(self.values):
            base = self.base.get(value, value)
            if base.kind == "input":
                inside[place[base]].append((i, self.offset.get(value, 0)))
            elif base.kind == "variable":
                inside[where[id(base.source)]].append((i, self.offset.get(value, 0)))
        self.moved = <Moved *>self.cleared(sum(map(len, inside)), sizeof(Moved))
        self.begins = <Py_ssize_t *>self.cleared(len(inside) + 1, sizeof(Py_ssize_t))
        for which, members in enumerate(inside):
            for i, offset in members:
                self.moved[at].array, self.moved[at].offset = &self.arrays[<Py_ssize_t>i], offset
                at += 1
            self.begins[which + 1] = at
        self.given = [place[v] if v.kind == "input" else v.source if v.kind == "constant" else None
                      for v in self.program.results]
        self.made = [self.number[v] for v in self.program.results]
        return 0

    # ---- running -----------------------------------------------------------------------------------------------------

    cdef int point(self, Py_ssize_t which, void *memory) except -1:
        """Input `which`, or a variable numbered behind the inputs, lies at this address."""
        cdef Py_ssize_t i
        if self.seen[which] != <uintptr_t>memory:
            self.seen[which] = <uintptr_t>memory
            for i in range(self.begins[which], self.begins[which + 1]):
                self.moved[i].array.data = <char *>memory + self.moved[i].offset
        return 0

    cdef int prepare_variables(self) except -1:
        """Variables that will be written get memory of their own. Copies let other threads run."""
        cdef Variable variable
        cdef Py_ssize_t i
        for i in range(self.n_variables):
            variable = <Variable>self.variables[i]
            if self.writes[i]:
                variable.prepare_write()
            elif not has_no_gaps(&variable.current.view):
                variable.current = contiguous_copy(variable.current)
        return 0

    cdef int hold_variables(self) except -1:
        """Finds the variables where they are now, and holds their values until `let_go`: whatever other threads do to
        a variable meanwhile, C keeps its memory."""
        cdef Variable variable
        cdef Py_ssize_t i
        for i in range(self.n_variables):
            variable = <Variable>self.variables[i]
            self.held_values.append(variable.current)
            self.point(self.n_inputs + i, variable.current.view.data)
        return 0

    cdef int let_go(self) except -1:
        self.held_values.clear()
        return 0

    def run(self, tuple inputs):
        """The results for these inputs, tensors of the recorded shapes and types; not while it is `busy`."""
        cdef Tensor tensor
        cdef Py_ssize_t i
        cdef int64_t at = 0
        cdef tn_status status
        cdef list kept = []
        self.busy = True
        try:
            for i in range(len(inputs)):
                tensor = <Tensor>inputs[i]
                if not has_no_gaps(&tensor.view):
                    tensor = contiguous_copy(tensor)
                    kept.append(tensor)
                self.point(i, tensor.view.data)
            self.prepare_variables()
            self.hold_variables()
            with nogil:
                status = run_calls(self.calls, self.n_calls, &at)
            if status != TN_OK:
                self.blame(at)
                raise InvalidArgumentError("a call of the program refused its data")
            return [self.result(i, inputs) for i in range(len(self.given))]
        finally:
            self.let_go()
            self.busy = False

    def profile(self, int repetitions=20):
        """Seconds per line of the program, the least of some runs; on what the inputs held at the last run.

        Variables have their old values afterwards.
        """
        cdef double[::1] one
        cdef tn_status status = TN_OK
        before = [(variable, variable.numpy()) for variable in self.variables]
        least = np.full(self.n_calls, np.inf)
        for _ in range(repetitions):
            taken = np.zeros(max(self.n_calls, 1))
            one = taken
            self.prepare_variables()
            self.hold_variables()
            with nogil:
                status = time_calls(self.calls, self.n_calls, &one[0])
            self.let_go()
            if status != TN_OK:
                raise InvalidArgumentError("a call of the program refuses its data; run it again, which says more")
            least = np.minimum(least, taken[:self.n_calls])
        for variable, value in before:
            variable.assign(value)
        seconds = iter(least.tolist())
        return [0.0 if line in self.views else next(seconds) for line in self.program.lines]

    cdef int blame(self, int64_t at) except -1:
        """Raises what is wrong with the data of a call: what its NumPy body raised, or what the op itself says."""
        error = raised()
        if error is not None:
            raise error
        if at < self.n_calls:
            line = [line for line in self.program.lines if line not in self.views][at]
            given = list(map(self.held, line.inputs))
            for i, name in enumerate(line.op.inputs):
                if name in line.op.mutates:
                    given[i] = Variable(given[i])
            line.op(*given, **dict(zip(line.op.attributes, line.attributes)))
        return 0

    cdef object result(self, Py_ssize_t which, tuple inputs):
        given = self.given[which]
        if given is not None:       # the number of an input, or a constant
            return inputs[given] if type(given) is int else given
        return copy_of(&self.arrays[<Py_ssize_t>self.made[which]])

    def held(self, value):
        """A copy of what a value holds now."""
        return copy_of(&self.arrays[<Py_ssize_t>self.number[value]])


cdef Tensor copy_of(tn_array *array):
    cdef Tensor tensor = Tensor.__new__(Tensor)
    tensor.view = array[0]
    set_strides(&tensor.view)
    tensor.allocate()
    copy_elements(&tensor.view, array)
    return tensor
