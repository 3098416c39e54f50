"""Floor 3: the tape. It writes down the ops that touch what it watches, and walks them backwards.

A record keeps what the gradient rules of its op ask for and nothing else. Records do not point at each other, and
tensors do not point at tapes: memory is given back when the last name goes, at any depth of the computation.
"""
from libc.stdlib cimport free, malloc
from tinynn._bridge cimport TN_FLOAT16, TN_OPAQUE, Array, shape_of, tn_array
from tinynn.autodiff.bind cimport Observer, push, remove
from tinynn.autodiff.operand cimport operators
from tinynn.autodiff.tensor cimport Tensor, as_tensor, dtype_of, extents, filled, next_serial
from tinynn.autodiff.variable cimport Variable
from tinynn.core.primitive cimport (FROM_ATTRIBUTE, FROM_DTYPE, FROM_GRADIENT, FROM_INPUT, FROM_OUTPUT, FROM_SHAPE,
                                    Primitive, Rule)

import enum

import numpy as np

from tinynn.core import dtypes, nest
from tinynn.core.errors import hint


class UnconnectedGradients(enum.Enum):
    """What `gradient` gives for a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"


cdef class Record:
    """One op on the tape."""
    cdef readonly Primitive op
    cdef readonly tuple attributes
    cdef readonly list inputs           # per input its serial, or None where the tape does not watch it
    cdef readonly object output         # the serial of the output, or
    cdef readonly list outputs          # of every output of an op that has several,
    cdef readonly list out_shapes       # and their (shape, dtype code)
    cdef readonly list values           # per input its tensor, or None where no rule asks for it
    cdef readonly object out            # the output, where a rule asks for it
    cdef tn_array *descriptions         # per input its shape and dtype, where a rule asks for one
    cdef list shapes                    # the same where an input is opaque: (shape, dtype)

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


cdef inline bint differentiable(Array x):
    """Whether the type has gradients: floating point, or complex."""
    return TN_FLOAT16 <= x.view.dtype < TN_OPAQUE or (
        x.view.dtype == TN_OPAQUE and dtype_of(x).dtype.kind in "fc")


cdef int hint_at_crossing(Primitive op, Tensor x, Tensor y, list serials) except -1:
    """A hint where predictions of shape (n, 1) meet targets of shape (n,), so that each meets all others."""
    cdef Tensor row, column
    row, column = (x, y) if x.view.ndim < y.view.ndim else (y, x)
    if row.view.ndim != 1 or column.view.ndim != 2 or column.view.shape[1] != 1 or (
            row.view.shape[0] != column.view.shape[0] or row.view.shape[0] < 2):
        return 0
    if (serials[0] is None) != (serials[1] is None) and op.name in CROSSED:
        hint("crossed-shapes", f"{op.name} of shapes {extents(x)} and {extents(y)} gives {(row.size, row.size)}: every "
             f"prediction meets every target. Give both one shape: tf.reshape(y, (-1, 1)), or tf.squeeze(y_pred, -1)")
    return 0


CROSSED = frozenset({"subtract", "squared_difference", "multiply"})     # what losses are made of


cdef class Tape(Observer):
    """What `GradientTape` does."""
    cdef readonly bint persistent
    cdef readonly bint watch_accessed_variables
    cdef bint recording
    cdef list records               # None: used up
    cdef set known                  # serials of what is watched and of what follows from it
    cdef object __weakref__
    cdef dict variables             # id -> (variable, serials of the values it had when it was read)

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self.persistent = persistent
        self.watch_accessed_variables = watch_accessed_variables
        self.clear()

    cdef int clear(self) except -1:
        self.records, self.known, self.variables = [], set(), {}
        return 0

    # ---- recording ---------------------------------------------------------------------------------------------------

    def __enter__(self):
        if self.recording:
            raise ValueError("this tape is already recording; make a new tf.GradientTape() for the inner `with`")
        if self.records is None:
            self.clear()
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    cdef int start(self) except -1:
        push(self)
        self.recording = True
        return 0

    cdef int stop(self) except -1:
        if self.recording:
            remove(self)
            self.recording = False
        return 0

    def watch(self, tensor):
        """Follows a tensor, or a structure of tensors, from now on.

        Raises:
            ValueError: for something that is not a tensor or a variable.
        """
        for item in nest.flatten(tensor):
            if not isinstance(item, Array):
                raise ValueError(f"a tape watches tensors and variables, got {type(item).__name__}: {item!r}; "
                                 "make it a tensor first, as in x = tf.constant(3.0)")
            if not differentiable(item if type(item) is Tensor else (<Variable>item).current):
                hint("integer-watch", f"the tape cannot follow a tensor of {item.dtype.name}: only floating-point "
                     f"values have gradients. Write tf.constant(3.0), or tf.cast(x, tf.float32)")
            elif isinstance(item, Variable):
                self.watch_variable(item)
            else:
                self.mark(item)

    cdef int mark(self, Tensor tensor) except -1:
        if tensor.serial is None:
            tensor.serial = next_serial()
        self.known.add(tensor.serial)
        return 0

    cdef int watch_variable(self, Variable variable) except -1:
        self.mark(variable.current)
        entry = self.variables.get(id(variable))
        if entry is None:
            self.variables[id(variable)] = (variable, [variable.current.serial])
        elif entry[1][-1] != variable.current.serial:
            entry[1].append(variable.current.serial)
        return 0

    cdef int accessed(self, Variable variable) except -1:
        if (variable.trainable and self.watch_accessed_variables) or id(variable) in self.variables:
            if differentiable(variable.current):
                self.watch_variable(variable)
        return 0

    cdef int record(self, Primitive op, tuple inputs, tuple attributes, object outputs) except -1:
        cdef Py_ssize_t i, n = len(inputs)
        cdef unsigned int needed = 0
        cdef bint found = False, output = False, described = False
        cdef Record record
        cdef Tensor tensor
        cdef Rule rule
        cdef list serials
        if not op.differentiable or outputs is None or (type(outputs) is Tensor and not differentiable(outputs)):
            return 0
        serials = [None] * n
        for i in range(n):
            tensor = <Tensor>inputs[i]
            if tensor.serial is None or tensor.serial not in self.known:
                continue
            rule = op.rules[0 if op.variadic else i]
            if rule is not None:
                found = True
                needed |= rule.inputs
                output |= rule.output
                described |= rule.described
                serials[i] = tensor.serial
        if not found:
            return 0
        if n == 2 and (<Tensor>inputs[0]).view.ndim != (<Tensor>inputs[1]).view.ndim:
            hint_at_crossing(op, inputs[0], inputs[1], serials)
        record = Record.__new__(Record)
        record.op, record.attributes, record.inputs = op, attributes, serials
        if type(outputs) is Tensor:
            self.mark(<Tensor>outputs)
            record.output = (<Tensor>outputs).serial
        else:
            record.outputs = []
            record.out_shapes = []
            for tensor in <tuple>outputs:
                self.mark(tensor)
                record.outputs.append(tensor.serial)
                record.out_shapes.append((extents(tensor), tensor.view.dtype))
        if needed:
            record.keep(inputs, 0xffffffff if op.variadic else needed)
        if output:
            record.out = outputs
        if described:
            record.describe(inputs)
        self.records.append(record)
        return 0

    def stop_recording(self):
        """A context in which the tape does not record."""
        return Pause(self)

    def reset(self):
        """Forgets everything recorded and watched so far."""
        self.clear()

    def watched_variables(self):
        """The variables that the tape watches, in the order in which they were first read."""
        return tuple(entry[0] for entry in self.variables.values())

    # ---- gradients ---------------------------------------------------------------------------------------------------

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients=UnconnectedGradients.NONE):
        """The derivative of the sum of `target` with respect to every source.

        Args:
            target: a tensor, or a structure of tensors whose gradients are added up.
            sources: a tensor or variable, or a structure of them.
            output_gradients: per target a tensor of its shape that weighs its elements; ones by default.
            unconnected_gradients: "none" or "zero", for sources that the target does not depend on.

        Returns:
            A structure like `sources`: tensors of the sources' shapes, or None.

        Raises:
            RuntimeError: a second call on a tape that is not persistent.
            TypeError: a target or source that is not a tensor.
        """
        zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        targets = [target_tensor(t) for t in flatten(target)]
        flat = [source_tensor(s) for s in flatten(sources)]
        weights = [None] * len(targets) if output_gradients is None else nest.flatten(output_gradients)
        if len(weights) != len(targets):
            raise ValueError(f"output_gradients has {len(weights)} tensors for {len(targets)} targets")
        records = self.take()
        gradients = self.backward(records, targets, weights, flat, not self.persistent)
        for i, (gradient, source) in enumerate(zip(gradients, flat)):
            if gradient is None and zero:
                gradients[i] = zeros_like(source)
            elif gradient is None:
                self.explain_none(targets, source)
        if not self.persistent:
            self.records = None
        return gradients if same_outline(sources, flat) else nest.pack_sequence_as(sources, gradients)

    def jacobian(self, target, sources, unconnected_gradients=UnconnectedGradients.NONE, parallel_iterations=None,
                 experimental_use_pfor=True):
        """Every element of `target` differentiated with respect to every element of the sources.

        Returns:
            A structure like `sources`: tensors of shape target.shape + source.shape, or None.
        """
        zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        goal = target_tensor(target)
        flat = [source_tensor(s) for s in nest.flatten(sources)]
        records = self.take()
        rows = []
        for i in range(goal.size):
            rows.append(self.backward(records, [goal], [one_hot(goal, i)], flat, False))
        result = []
        for k, source in enumerate(flat):
            column = [row[k] for row in rows]
            shape = goal.shape + source.shape
            if any(c is not None for c in column):
                stacked = operators.stack([zeros_like(source) if c is None else c for c in column])
                result.append(operators.reshape(stacked, shape))
            else:
                result.append(filled(tuple(shape), (<Array>current(source)).view.dtype, 0.0) if zero else None)
        if not self.persistent:
            self.records = None
        return nest.pack_sequence_as(sources, result)

    def batch_jacobian(self, target, source, unconnected_gradients=UnconnectedGradients.NONE,
                       parallel_iterations=None, experimental_use_pfor=True):
        """The jacobian of every example apart: row b of `target` with respect to row b of `source`.

        Returns:
            A tensor of shape (batch,) + target.shape[1:] + source.shape[1:], or None.

        Raises:
            ValueError: where the first axes differ.
        """
        zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        goal, origin = target_tensor(target), source_tensor(source)
        if not goal.shape or not origin.shape or goal.shape[0] != origin.shape[0]:
            raise ValueError(f"batch_jacobian needs the same first axis, got target {goal.shape} and source "
                             f"{origin.shape}")
        records = self.take()
        batch = goal.shape[0]
        inner = goal.shape[1:]
        shape = (batch,) + tuple(inner) + tuple(origin.shape[1:])
        rows = []
        for i in range(inner.num_elements()):
            rows.append(self.backward(records, [goal], [one_hot_rows(goal, i)], [origin], False)[0])
        if not self.persistent:
            self.records = None
        if all(r is None for r in rows):
            return filled(shape, (<Array>current(origin)).view.dtype, 0.0) if zero else None
        stacked = operators.stack([zeros_like(origin) if r is None else r for r in rows], axis=1)
        return operators.reshape(stacked, shape)

    cdef list take(self):
        """The records, and no more recording for a tape that is not persistent."""
        if self.records is None:
            raise RuntimeError("a tape that is not persistent gives gradients once; "
                               "for more use tf.GradientTape(persistent=True)")
        if not self.persistent:
            self.stop()
        return self.records

    cdef list backward(self, list records, list targets, list weights, list sources, bint consume):
        """Per source its gradient or None. With `consume`, records are freed as the walk passes them."""
        cdef dict gradients = {}
        cdef set wanted = set(), reached
        cdef list live = []
        cdef Record record
        for target in targets:
            if isinstance(target, Variable) and differentiable(current(target)):
                self.watch_variable(target)     # as a target it is read now
        for source in sources:
            wanted.update(self.serials(source))
        for target, weight in zip(targets, weights):
            for serial in self.serials(target)[-1:]:
                if weight is None:
                    weight = filled(tuple(target.shape), (<Array>current(target)).view.dtype, 1.0)
                accumulate(gradients, serial, seed(target, weight))
        reached = set(wanted)
        for record in records:
            for serial in record.inputs:
                if serial is not None and serial in reached:
                    reached.update(record.serials())
                    live.append(record)
                    break
        if consume:
            records.clear()
        while live:
            record = live.pop()
            step_back(record, gradients, wanted, reached)
        return [self.total(gradients, source) for source in sources]

    cdef list serials(self, Array x):
        """The serials that stand for a tensor or variable on this tape, oldest first."""
        if isinstance(x, Variable):
            entry = self.variables.get(id(x))
            return [] if entry is None else entry[1]
        serial = (<Tensor>x).serial
        return [serial] if serial is not None and serial in self.known else []

    cdef object total(self, dict gradients, Array source):
        """The gradient of a source: for a variable, of all the values that were read of it."""
        result = None
        for serial in self.serials(source):
            if serial in gradients:
                result = gradients[serial] if result is None else operators.add(result, gradients[serial])
        return result

    def explain_none(self, targets, source):
        """Hints at why a gradient is None."""
        name = f"variable {source.name!r}" if isinstance(source, Variable) else f"tensor of shape {source.shape}"
        if not differentiable(current(source)):
            why = f"it is {source.dtype.name}, and only floating-point values have gradients; write 3.0 for 3"
        elif isinstance(source, Variable) and not source.trainable and not self.serials(source):
            why = "it is not trainable; make it with trainable=True, or call tape.watch(v) inside the `with`"
        elif not self.serials(source) and isinstance(source, Variable):
            why = "it was not read inside the `with` block; compute the target there"
        elif not self.serials(source):
            why = "the tape does not watch it; call tape.watch(x) inside the `with`, before it is used"
        elif not any(self.serials(t) for t in targets):
            why = "the target was computed outside the `with` block, through NumPy, or by ops without a gradient"
        else:
            why = "the target does not depend on it, or only through ops without a gradient"
        hint("no-gradient", f"the gradient with respect to the {name} is None: {why}")


cdef class Pause:
    """`with tape.stop_recording():`"""
    cdef Tape tape
    cdef bint was_recording

    def __init__(self, Tape tape):
        self.tape = tape

    def __enter__(self):
        self.was_recording = self.tape.recording
        self.tape.stop()

    def __exit__(self, *exception):
        if self.was_recording:
            self.tape.start()


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


cdef Tensor current(Array x):
    return (<Variable>x).current if isinstance(x, Variable) else <Tensor>x


cdef list flatten(structure):
    """nest.flatten, at once for a tensor or a plain list of tensors."""
    if isinstance(structure, Array):
        return [structure]
    if type(structure) is list:
        for item in <list>structure:
            if not isinstance(item, Array):
                return nest.flatten(structure)
        return list(structure)
    return nest.flatten(structure)


cdef bint same_outline(structure, list flat):
    """Whether a structure is just the list of its leaves."""
    return type(structure) is list and len(<list>structure) == len(flat) and all(
        [a is b for a, b in zip(<list>structure, flat)])


cdef object target_tensor(target):
    if not isinstance(target, Array):
        raise TypeError(f"the target of a gradient must be a tensor, got {type(target).__name__}"
                        + ("; does the function that makes it lack a `return`?" if target is None else ""))
    return target


cdef object source_tensor(source):
    if not isinstance(source, Array):
        raise TypeError(f"a gradient is taken with respect to tensors and variables, got {type(source).__name__}: "
                        f"{source!r}")
    return source


cdef object seed(target, weight):
    """The gradient that the walk starts with."""
    tensor = as_tensor(weight, (<Array>current(target)).view.dtype)
    if tensor.shape != target.shape:
        raise ValueError(f"output_gradients has shape {tensor.shape} for a target of shape {target.shape}")
    return tensor


cdef Tensor zeros_like(Array x):
    return filled(tuple(x.shape), current(x).view.dtype, 0.0)


cdef object one_hot(Array x, Py_ssize_t index):
    """Zeros of the shape of x with a one at a flat index."""
    values = np.zeros(tuple(x.shape), x.dtype.dtype)
    values.reshape(-1)[index] = 1
    return values


cdef object one_hot_rows(Array x, Py_ssize_t index):
    """Zeros of the shape of x with a one at a flat index of every row."""
    values = np.zeros(tuple(x.shape), x.dtype.dtype)
    values.reshape(len(values), -1)[:, index] = 1
    return values


class Parentheses(type):
    """The type of `GradientTape`: it knows what `with tf.GradientTape as tape` forgets."""

    def __enter__(cls):
        raise TypeError(f"tf.{cls.__name__} is a class, and `with` needs a tape. Write the parentheses that make one: "
                        f"`with tf.{cls.__name__}() as tape:`")

    def __exit__(cls, *exception):
        """Never reached: there is no entering."""


class GradientTape(Tape, metaclass=Parentheses):
    """Records operations for automatic differentiation.

    Trainable variables are watched by themselves, tensors after `watch`. Tapes nest: the gradient of an inner tape is
    made of ops, which an outer tape records.

    Args:
        persistent: whether `gradient` may be called more than once. A persistent tape keeps the tensors that it needs
            until the name `tape` goes.
        watch_accessed_variables: whether trainable variables are watched by themselves.

    Example:
        >>> x = tf.Variable(3.0)
        >>> with tf.GradientTape() as tape:
        ...     y = x * x
        >>> float(tape.gradient(y, x))
        6.0
    """

    __slots__ = ()
