"""Floor 6: what a tape recorded, and the walk back over it, with every number: what all explanations of a tape read.

A `Trace` holds nodes (tensors), steps (ops, in the order they ran) and pulls (applications of a gradient rule, in the
order in which the walk back made them). Its numbers are those of the run: the tape's own values, and gradients by the
ops' own rules. Only what the tape let go of, a large array that no rule needs, is computed again from its inputs.
"""

from dataclasses import dataclass, field

import numpy as np

from tinynn.autodiff.bind import silence
from tinynn.autodiff.tensor import Tensor, full
from tinynn.autodiff.variable import Variable
from tinynn.core.dtypes import DType, float64
from tinynn.explain.names import Names, statement


@dataclass(eq=False)
class Node:
    """One tensor of a computation.

    Attributes:
        name: what the program calls it, or x1, t1, ... where it has no name there.
        kind: "variable", "input" (watched), "constant" (no gradient can reach it) or "result".
        tensor: its value; None where the tape let go of it.
        gradient: the gradient of the target by it, a tensor; None where none arrived.
        maker, users: the Step that made it, and those that read it.
        source: whether the explanation is about it.
        variable: the Variable whose value it is.
        serial: the tape's number for a result.
    """

    kind: str
    name: str = ""
    tensor: Tensor | None = None
    gradient: Tensor | None = None
    maker: "Step | None" = None
    users: list = field(default_factory=list)
    source: bool = False
    variable: Variable | None = None
    serial: int | None = None

    @property
    def shape(self):
        """The extents; None where the value is not known."""
        return None if self.tensor is None else self.tensor.extents

    @property
    def value(self):
        """The value as a NumPy array, or None."""
        return None if self.tensor is None else np.asarray(self.tensor)

    @property
    def slope(self):
        """The gradient as a NumPy array, or None."""
        return None if self.gradient is None else np.asarray(self.gradient)

    def __repr__(self):
        return f"<{self.kind} {self.name} {self.shape}>"


@dataclass(eq=False)
class Step:
    """One op that ran: `outputs = op(*inputs, **attributes)`, at `place` = (file, line) of the user's program or None.

    `live` says whether a gradient flows back through it to a source.
    """

    number: int
    record: object
    inputs: list
    outputs: list
    place: tuple | None
    live: bool = False

    @property
    def op(self):
        """The Primitive."""
        return self.record.op

    @property
    def attributes(self):
        """The constants of the call, by name."""
        return dict(zip(self.op.attributes, self.record.attributes, strict=True))

    def run(self, inputs, exact=False):
        """The outputs for other inputs, a list of tensors; with `exact`, types that the call asks for are float64."""
        attributes = self.attributes
        if exact:
            attributes = {name: float64 if isinstance(value, DType) and value.is_floating else value
                          for name, value in attributes.items()}
        with silence():
            made = self.op(*inputs, **attributes)
        return list(made) if isinstance(made, tuple) else [made]


@dataclass(eq=False)
class Pull:
    """One application of a gradient rule: the gradient `arriving` at a step's output goes on to its input `index`.

    Attributes:
        step: the Step.
        index: which input.
        arriving: the gradient at the output, a tensor; a tuple of them where the op has several outputs.
        given: what the rule made of it for this input, a tensor; the input's gradient is the sum of what it is given.
    """

    step: Step
    index: int
    arriving: object
    given: Tensor

    @property
    def node(self):
        """The input."""
        return self.step.inputs[self.index]

    @property
    def arrivals(self):
        """What arrives, a tuple with a gradient per output."""
        return self.arriving if isinstance(self.arriving, tuple) else (self.arriving,)

    @property
    def rule(self):
        """The rule, with its `formula` and the names of its `arguments`."""
        return self.step.op.rules[0 if self.step.op.variadic else self.index]

    def of(self, arriving):
        """What the rule makes of another arriving gradient; a tape sees its ops."""
        return _back(self.step, self.index, arriving)


class Trace:
    """How a target followed from sources, and how its gradient flows back to them.

    Args:
        tape: a GradientTape that still holds its records.
        target: a tensor; where it is no scalar, the sum of its elements is meant, as in `tape.gradient`.
        sources: tensors and variables.
        frame: the caller's frame, where the names of things are looked up; None for none.

    Attributes:
        target, sources: their nodes; a source that the tape does not know has no users.
        nodes, steps, pulls: see above.

    Raises:
        RuntimeError: the tape has been used up.
    """

    def __init__(self, tape, target, sources, frame=None):
        self.tape, self.steps, self.pulls = tape, [], []
        self._known, self._constants = {}, {}
        records = _leading_to(tape.recorded(), tape.serials(target)[-1:])
        self.sources = [self._source(source) for source in sources]
        variables = {serial: v for v in tape.watched_variables() for serial in tape.serials(v)}
        for number, (record, place) in enumerate(records, 1):
            self._add(Step(number, record, [], [], place), variables)
        self.target = self._node_of(target)
        with silence():
            self._fill(target)
            self._walk()
        self.nodes = self._in_order()
        Names(tape, frame).give(self)

    # ---- forward -----------------------------------------------------------------------------------------------------

    def _source(self, source):
        serials = self.tape.serials(source)
        if isinstance(source, Variable):
            known = self.tape.unchanged(source) or not serials
            node = Node("variable", source=True, variable=source, tensor=source.read_value() if known else None)
        else:
            node = self._constants[id(source)] = Node("input", source=True, tensor=source)
        for serial in serials:
            self._known[serial] = node
        return node

    def _node_of(self, target):
        serials = self.tape.serials(target)
        return self._known.get(serials[-1]) if serials and serials[-1] in self._known else Node("constant")

    def _add(self, step, variables):
        record = step.record
        values = record.values or [None] * len(record.inputs)
        for serial, value in zip(record.inputs, values, strict=True):
            node = self._input(serial, value, variables)
            if node.tensor is None or node.variable is not None:    # of a variable the value that was read
                node.tensor = node.tensor if value is None else value
            node.users.append(step)
            step.inputs.append(node)
        for serial in record.serials():
            node = self._known[serial] = self._known.get(serial) or Node("result", serial=serial)
            node.maker = step
            step.outputs.append(node)
        if record.out is not None:
            for node, tensor in zip(step.outputs, record.out if record.outputs else [record.out], strict=True):
                node.tensor = tensor
        self.steps.append(step)

    def _input(self, serial, value, variables):
        if serial is not None:
            if serial not in self._known:
                variable = variables.get(serial)
                self._known[serial] = Node("input" if variable is None else "variable", variable=variable)
            return self._known[serial]
        if value is None:
            return Node("constant")
        if id(value) not in self._constants:
            self._constants[id(value)] = Node("constant", tensor=value)
        return self._constants[id(value)]

    def _fill(self, target):
        """Computes what the tape let go of."""
        self.target.tensor = target.read_value() if isinstance(target, Variable) else target
        for step in self.steps:
            lacking = any(node.tensor is None for node in step.outputs)
            if lacking and all(node.tensor is not None for node in step.inputs):
                for node, tensor in zip(step.outputs, step.run([n.tensor for n in step.inputs]), strict=True):
                    node.tensor = tensor if node.tensor is None else node.tensor

    # ---- backward ----------------------------------------------------------------------------------------------------

    def _walk(self):
        reached = {id(node) for node in self.sources if node.users}
        for step in self.steps:
            step.live = any(id(node) in reached for node in step.inputs)
            if step.live:
                reached.update(id(node) for node in step.outputs)
        if not reached and self.target not in self.sources:
            return
        self.target.gradient = _all(1, self.target)
        for step in reversed(self.steps):
            arriving = [node.gradient for node in step.outputs]
            if not step.live or all(g is None for g in arriving):
                continue
            if step.record.outputs is None:
                arriving = arriving[0]
            else:
                arriving = tuple([_all(0, node) if node.gradient is None else node.gradient for node in step.outputs])
            for index, node in enumerate(step.inputs):
                if step.record.inputs[index] is not None and id(node) in reached:
                    self._pull(Pull(step, index, arriving, _back(step, index, arriving)))

    def _pull(self, pull):
        if pull.given is None:
            return
        self.pulls.append(pull)
        node = pull.node
        node.gradient = pull.given if node.gradient is None else node.gradient + pull.given

    # ---- all of it ---------------------------------------------------------------------------------------------------

    def _in_order(self):
        """Every node once: sources, then as the steps met them."""
        found = {id(node): node for node in self.sources}
        for step in self.steps:
            found.update((id(node), node) for node in (*step.inputs, *step.outputs))
        found[id(self.target)] = self.target
        return list(found.values())

    def code(self, step):
        """The line of the user's program that called the op, or None."""
        return statement(step.place).text if step.place else None


def _leading_to(recorded, serials):
    """The records that a tensor follows from, oldest first."""
    needed, kept = set(serials), []
    for record, place in reversed(recorded):
        if not needed.isdisjoint(record.serials()):
            needed.update(s for s in record.inputs if s is not None)
            kept.append((record, place))
    return kept[::-1]


def _all(number, node):
    return full(tuple(node.shape), number, node.tensor.dtype)


def _back(step, index, arriving):
    if step.op.variadic:
        return list(step.record.back(0, arriving))[index]
    return step.record.back(index, arriving)
