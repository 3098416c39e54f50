"""Floor 3: what a tape is made of. It sees the ops that pass the door, writes down those that touch what it watches,
and walks them backwards.
"""
from tinynn._bridge cimport Array
from tinynn.autodiff.bind cimport Observer, push, remove
from tinynn.autodiff.operand cimport operators
from tinynn.autodiff.places cimport Site, place, site
from tinynn.autodiff.record cimport Record, accumulate, differentiable, plus, step_back
from tinynn.autodiff.tensor cimport Tensor, dtype_of, extents, like, moved, next_serial, of_type, place_of
from tinynn.autodiff.variable cimport Variable
from tinynn.core.primitive cimport Primitive, Rule

from tinynn.core import nest
from tinynn.core.errors import hint

CROSSED = frozenset({"subtract", "squared_difference", "multiply"})     # what losses are made of


cdef class Recording(Observer):
    """What `GradientTape` does in C: it writes ops down, and walks them backwards."""
    cdef readonly bint persistent
    cdef readonly bint watch_accessed_variables
    cdef bint recording
    cdef list records               # None: used up
    cdef set known                  # serials of what is watched and of what follows from it
    cdef object __weakref__
    cdef dict variables             # id -> (variable, serials of the values it had when it was read)
    cdef Site site                  # the `with` that it was begun by; None where that is tinynn's own
    cdef list noted                 # per record (op, (file, line)), where this tape notes them
    cdef readonly list ends         # then also where gradients end, and what follows: (op, place, serials in, out, type)
    cdef set beyond                 # serials of what follows from these

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self.persistent = persistent
        self.watch_accessed_variables = watch_accessed_variables
        self.clear()

    cdef int clear(self) except -1:
        self.records, self.known, self.variables = [], set(), {}
        self.ends, self.beyond = [], set()
        if self.noted is not None:
            self.noted = []
        return 0

    # ---- recording ---------------------------------------------------------------------------------------------------

    def __enter__(self):
        if self.recording:
            raise ValueError("this tape is already recording; make a new tf.GradientTape() for the inner `with`")
        if self.records is None:
            self.clear()
        self.site = site()
        if self.site is not None and self.site.notes() and self.noted is None:
            self.noted = [(record.op, None) for record in self.records]     # of a `with` before this one
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
        cdef unsigned int needed = 0, watched = 0
        cdef bint found = False, output = False, described = False
        cdef Record record
        cdef Tensor tensor
        cdef Rule rule
        if not op.differentiable or outputs is None or (type(outputs) is Tensor and not differentiable(outputs)):
            if self.noted is not None:
                self.note_end(op, inputs, outputs, True)
            return 0
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
                if i < 32:
                    watched |= <unsigned int>1 << i
        if not found:
            if self.ends:
                self.note_end(op, inputs, outputs, True)
            return 0
        if n == 2 and (<Tensor>inputs[0]).view.ndim != (<Tensor>inputs[1]).view.ndim:
            hint_at_crossing(op, inputs[0], inputs[1], watched)
        record = Record.__new__(Record)
        record.op, record.attributes, record.watched = op, attributes, watched
        if type(outputs) is Tensor:
            self.mark(<Tensor>outputs)
            record.output = (<Tensor>outputs).serial
        else:
            record.outputs = []
            record.out_shapes = []
            for tensor in <tuple>outputs:
                self.mark(tensor)
                record.outputs.append(tensor.serial)
                record.out_shapes.append((extents(tensor), dtype_of(tensor), place_of(tensor)))
        record.keep(inputs, needed, op.variadic and needed)
        if output:
            record.out = outputs
        if described:
            record.describe(inputs)
        self.records.append(record)
        if self.ends:
            self.note_end(op, inputs, outputs, False)
        if self.noted is not None:
            self.noted.append((op, place()))
            self.site.noted = self.noted
        return 0

    cdef int note_end(self, Primitive op, tuple inputs, object outputs, bint ends) except -1:
        """Notes an op that what the tape follows `ends` in, or that reads what lies beyond such an end."""
        cdef Tensor tensor
        cdef list serials = [tensor.serial for tensor in inputs]
        if outputs is None or not any([s in self.beyond or (ends and s in self.known) for s in serials]):
            return 0
        made = list(outputs) if type(outputs) is tuple else [outputs]
        for tensor in made:
            if tensor.serial is None:
                tensor.serial = next_serial()
            self.beyond.add(tensor.serial)
        self.ends.append((op, place(), serials, [(<Tensor>tensor).serial for tensor in made], dtype_of(made[0]).name))
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

    def recorded(self):
        """What the tape holds: [(record, (file, line) or None)], oldest first.

        Raises:
            RuntimeError: it has been walked and holds nothing any more.
        """
        if self.records is None:
            raise RuntimeError("this tape gave its gradient and has let go of what it recorded. Ask it before "
                               "tape.gradient(...), or make it with tf.GradientTape(persistent=True)")
        noted = self.noted if self.noted is not None or self.site is None else self.site.noted
        fits = noted is not None and len(noted) >= len(self.records) and all(
            [(<Record>record).op is op for record, (op, _) in zip(self.records, noted)])
        return [(record, noted[i][1] if fits else None) for i, record in enumerate(self.records)]

    # ---- walking back ------------------------------------------------------------------------------------------------

    def begin_walk(self):
        """Ends the recording of a tape that is not persistent, which can be walked once.

        Raises:
            RuntimeError: it has been walked.
        """
        if self.records is None:
            raise RuntimeError("a tape that is not persistent gives gradients once; "
                               "for more use tf.GradientTape(persistent=True)")
        if not self.persistent:
            self.stop()

    def end_walk(self):
        """Forgets the records of a tape that is not persistent."""
        if not self.persistent:
            self.records = None

    def walk(self, list targets, list weights, list sources, bint last=False):
        """Per source the gradient of the targets' weighted sum, or None.

        Args:
            targets, sources: tensors and variables.
            weights: per target a tensor of its shape, or None for ones.
            last: whether records may be freed as the walk passes them.
        """
        cdef dict gradients = {}
        cdef set wanted = set(), reached
        cdef list live = [], records = self.records
        cdef Record record
        cdef Py_ssize_t i
        for target in targets:
            if isinstance(target, Variable) and differentiable(current(target)):
                self.watch_variable(target)     # as a target it is read now
        for source in sources:
            wanted.update(self.serials(source))
        for target, weight in zip(targets, weights):
            for serial in self.serials(target)[-1:]:
                accumulate(gradients, serial, seed(current(target), weight))
        reached = set(wanted)
        for record in records:
            for i in range(record.count):
                serial = record.serial(i)
                if serial is not None and serial in reached:
                    if record.outputs is None:
                        reached.add(record.output)
                    else:
                        reached.update(record.outputs)
                    live.append(record)
                    break
        if last and not self.persistent:
            records.clear()
        while live:
            record = live.pop()
            step_back(record, gradients, wanted, reached)
        return [self.total(gradients, source) for source in sources]

    def follows(self, Array x):
        """Whether gradients can reach a tensor or variable on this tape."""
        return bool(self.serials(x))

    def number(self, Tensor tensor):
        """The serial of a tensor that this or another tape knows, or that lies beyond an end; None of others."""
        return tensor.serial

    def unchanged(self, Variable variable):
        """Whether a variable still has the value that the tape read."""
        return variable.current.serial is not None and variable.current.serial in self.serials(variable)

    cpdef list serials(self, Array x):
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
                result = gradients[serial] if result is None else plus(result, gradients[serial])
        return result


cdef class Pause:
    """`with tape.stop_recording():`"""
    cdef Recording tape
    cdef bint was_recording

    def __init__(self, Recording tape):
        self.tape = tape

    def __enter__(self):
        self.was_recording = self.tape.recording
        self.tape.stop()

    def __exit__(self, *exception):
        if self.was_recording and self.tape.records is not None:     # None: a gradient used it up meanwhile
            self.tape.start()


cdef int hint_at_crossing(Primitive op, Tensor x, Tensor y, unsigned int watched) except -1:
    """A hint where predictions of shape (n, 1) meet targets of shape (n,), so that each meets all others."""
    cdef Tensor row, column
    row, column = (x, y) if x.view.ndim < y.view.ndim else (y, x)
    if row.view.ndim != 1 or column.view.ndim != 2 or column.view.shape[1] != 1 or (
            row.view.shape[0] != column.view.shape[0] or row.view.shape[0] < 2):
        return 0
    if watched in (1, 2) and op.name in CROSSED:
        hint("crossed-shapes", f"{op.name} of shapes {extents(x)} and {extents(y)} gives {(row.size, row.size)}: every "
             f"prediction meets every target. Give both one shape: tf.reshape(y, (-1, 1)), or tf.squeeze(y_pred, -1)")
    return 0


cdef Tensor current(Array x):
    return (<Variable>x).current if isinstance(x, Variable) else <Tensor>x


cdef Tensor seed(Tensor target, weight):
    """The gradient that the walk starts with; `weight` None stands for ones."""
    if weight is None:
        return like(target, 1.0)
    cdef Tensor tensor = of_type(weight, dtype_of(target))
    if not isinstance(weight, Array):
        tensor = moved(tensor, place_of(target))
    if extents(tensor) != extents(target):
        raise ValueError(f"output_gradients has shape {tensor.shape} for a target of shape {target.shape}")
    return tensor
