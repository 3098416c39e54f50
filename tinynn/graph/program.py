"""Floor 5: the program: what a recorder wrote down, as a list of lines over values.

The order of the lines is their meaning. Every value is made once, by one line or from outside; a variable has one value
per state that it was in, all in the same memory. A pass is a function from program to program (passes.py).
"""

import os
from dataclasses import dataclass, field, replace
from functools import cached_property

from tinynn.core import dtypes
from tinynn.ops.layout import copy

KINDS = ("input", "constant", "variable", "result")


@dataclass(eq=False)
class Value:
    """An array of a program.

    Attributes:
        kind: where it comes from: an "input", a "constant", a "variable", or the "result" of a line.
        shape, dtype: a tuple and a DType.
        source: the tensor of a constant, or the Variable.
    """

    kind: str
    shape: tuple
    dtype: object
    source: object = None

    @property
    def described(self):
        """As in `float32 (10, 40)`."""
        return f"{self.dtype.name} {self.shape}"


@dataclass(eq=False)
class Line:
    """One call of a program.

    Attributes:
        op: the Primitive.
        inputs, outputs: tuples of Values.
        attributes: the call's constants.
        where: (file, line) of the user's code.
    """

    op: object
    inputs: tuple
    attributes: tuple
    outputs: tuple
    where: tuple = ("", 0)

    @cached_property
    def written(self):
        """The variables' values that the line writes in place."""
        names = self.op.mutates
        if not names:
            return ()
        return tuple(v for name, v in zip(self.op.inputs, self.inputs, strict=False) if name in names)

    @property
    def steps(self):
        """The lines that it stands for: itself."""
        return (self,)

    @property
    def changes(self):
        """Whether it writes a variable."""
        return bool(self.written)

    @cached_property
    def is_view(self):
        """Whether the output shares the memory of the first input."""
        return self.op.is_view and not self.op.mutates


class Together:
    """The op of a chain, as far as a line is asked for it."""

    name, inputs, attributes, mutates, is_view = "chain", (), (), (), False

    @staticmethod
    def is_elementwise(dtype):
        """A chain is no link of another."""
        return False


@dataclass(eq=False)
class Chain(Line):
    """A line that stands for several elementwise ones, over the same number of elements.

    Attributes:
        links: the lines, in order. What only they use is nobody's output.
    """

    links: tuple = ()

    @classmethod
    def of(cls, links, inputs, outputs):
        """A chain of lines, at the place of the last."""
        return cls(Together, inputs, (), outputs, links[-1].where, links)

    @cached_property
    def written(self):
        """The variables' values that a link writes in place."""
        return tuple(dict.fromkeys(v for link in self.links for v in link.written))

    @property
    def steps(self):
        """The lines that it stands for."""
        return self.links


@dataclass
class Program:
    """Lines, what they start from and what they give.

    Attributes:
        inputs: the Values that each call brings anew.
        lines: the calls in order.
        results: the Values that a call gives back.
    """

    inputs: list
    lines: list
    results: list = field(default_factory=list)

    @property
    def variables(self):
        """The Variables it reads or writes, each once."""
        found = {id(v.source): v.source for v in self.values if v.kind == "variable"}
        return list(found.values())

    @property
    def written(self):
        """The Variables it writes, each once."""
        return list({id(v.source): v.source for line in self.lines for v in line.written}.values())

    @property
    def values(self):
        """All values, each once: inputs first, then as they occur."""
        found = dict.fromkeys(self.inputs)
        for line in self.lines:
            found.update(dict.fromkeys((*line.inputs, *line.outputs)))
        found.update(dict.fromkeys(self.results))
        return list(found)

    def using(self, lines):
        """The same program with other lines."""
        return replace(self, lines=lines)

    def check(self):
        """Raises AssertionError where a value is used before it is made, or made twice."""
        known = {v for v in self.values if v.kind != "result"}
        for number, line in enumerate(self.lines):
            for value in line.inputs:
                assert value in known, f"line {number} ({line.op.name}) uses a value that no line before it makes"
            for value in line.outputs:
                assert value.kind == "result" and value not in known, f"line {number} makes a value twice"
                known.add(value)
        assert known.issuperset(self.results), "a result is made by no line"
        return self

    def show(self):
        """The program as text: inputs, constants and variables by name, then the numbered lines."""
        return "\n".join(listing(self))


def listing(program, notes=None):
    """The lines of `Program.show`, each with its note behind it."""
    names = _names(program)
    for value in program.inputs:
        yield f"      {names[value]} = input {value.described}"
    steps = [[_described(step, names) for step in line.steps] for line in program.lines]
    width = min(max((len(call) for line in steps for call, _ in line), default=0), 100)
    notes = iter(notes or [""] * len(steps))
    for number, line in enumerate(steps):
        note = next(notes)
        for mark, (call, rest) in zip([f"{number:4}", *["   |"] * (len(line) - 1)], line, strict=True):
            yield f"{mark}  {call:{width}}  {rest}{note}"
            note = ""
    yield "      -> " + (", ".join(names[v] for v in program.results) or "nothing")


def _described(line, names):
    """(a call as text, the shape of what it makes and the place in the user's code)."""
    arguments = [names[v] for v in line.inputs]
    arguments += [f"{n}={_plain(a)}" for n, a in zip(line.op.attributes, line.attributes, strict=True)
                  if a is not False]
    first = line.outputs or line.written[:1]
    made, shape = ", ".join(names[v] for v in first), ", ".join(v.described for v in first)
    call = f"{made} {'=' if line.outputs else '<-'} {line.op.name}({', '.join(arguments)})"
    return call, f"{shape:18} {os.path.basename(line.where[0])}:{line.where[1]}"


def _names(program):
    """{value: its name in a listing}."""
    inner = [v for line in program.lines for step in line.steps for v in (*step.inputs, *step.outputs)]
    values = dict.fromkeys((*program.inputs, *inner, *program.values))
    variables = _variable_names([v.source for v in values if v.kind == "variable"])
    names, taken = {}, {}
    for value in values:
        if value.kind == "variable":
            names[value] = variables[id(value.source)]
        elif value.kind == "constant" and not value.shape:
            names[value] = f"{value.source.numpy():.6g}" if value.dtype.is_floating else str(value.source.numpy())
        else:
            stem = {"input": "x", "constant": "c"}.get(value.kind, "t")
            taken[stem] = taken.get(stem, -1) + 1
            names[value] = f"{stem}{taken[stem]}"
    return names


def _variable_names(variables):
    """{id: a name} of variables: the last two parts of its path where they tell it from the others; each another."""
    paths = {id(v): getattr(v, "path", None) or v.name.split(":")[0] for v in variables}
    short = {key: "/".join(path.split("/")[-2:]) for key, path in paths.items()}
    chosen = {key: name if list(short.values()).count(name) == 1 else paths[key] for key, name in short.items()}
    names, taken = {}, {}
    for key, name in chosen.items():
        taken[name] = taken.get(name, -1) + 1
        names[key] = f"{name}_{taken[name]}" if taken[name] else name
    return names


def _plain(attribute):
    return attribute.name if isinstance(attribute, dtypes.DType) else repr(attribute)


# ---- from a recording ------------------------------------------------------------------------------------------------


def build(recorder, inputs, results):
    """The program of a recording.

    Args:
        recorder: a Recorder, after its `with` block.
        inputs, results: the tensors that were given and that came out.
    """
    values = {id(t): Value("input", t.extents, t.dtype) for t in inputs}
    for tensor, variable in recorder.versions:
        values[id(tensor)] = Value("variable", tensor.extents, tensor.dtype, variable)

    def value_of(tensor):
        if id(tensor) not in values:
            values[id(tensor)] = Value("constant", tensor.extents, tensor.dtype, tensor)
        return values[id(tensor)]

    lines = []
    for op, given, attributes, made, where in recorder.calls:
        outputs = () if made is None else made if isinstance(made, tuple) else (made,)
        for tensor in outputs:
            values[id(tensor)] = Value("result", tensor.extents, tensor.dtype)
        lines.append(Line(op, tuple(map(value_of, given)), attributes, tuple(values[id(t)] for t in outputs), where))
    program = Program([values[id(t)] for t in inputs], lines, [value_of(t) for t in results])
    return keep_old_values(program).check()


def keep_old_values(program):
    """Copies the value of a variable that is used after the variable has changed, before it changes.

    A replay writes variables in place; op by op, an old value that somebody holds keeps its memory.
    """
    root, last_use = {}, {}
    for number, line in enumerate(program.lines):
        for value in line.inputs:
            last_use[value] = number
        if line.is_view:
            root[line.outputs[0]] = root.get(line.inputs[0], line.inputs[0])
    last_use.update(dict.fromkeys(program.results, len(program.lines)))
    aliases = {}        # id of a variable -> the values seen so far that lie in its memory
    later = {value for line in program.lines for value in line.written}
    for value in last_use:
        if value.kind == "variable" and value not in later:     # what a variable holds at the start
            aliases.setdefault(id(value.source), {})[value] = None
    lines, stands_for = [], {}
    for number, line in enumerate(program.lines):
        for written in line.written:
            for value in list(aliases.get(id(written.source), ())):
                if value is not written and root.get(value, value) is not written and last_use.get(value, -1) > number:
                    kept = Value("result", value.shape, value.dtype)
                    lines.append(Line(copy, (value,), (), (kept,), line.where))
                    stands_for[value] = kept
                aliases[id(written.source)].pop(value)
        inputs = line.inputs
        if stands_for:
            inputs = tuple(stands_for.get(v, v) for v in inputs)
            line = replace(line, inputs=inputs)
        lines.append(line)
        for value in (*inputs, *(line.outputs if line.is_view else ())):
            base = root.get(value, value)
            if base.kind == "variable":
                aliases.setdefault(id(base.source), {})[value] = None
    return replace(program, lines=lines, results=[stands_for.get(v, v) for v in program.results])


def same(a, b):
    """Whether two programs do the same: None, or a sentence about the first difference."""
    if len(a.lines) != len(b.lines):
        return f"one call ran {len(a.lines)} ops, the next {len(b.lines)}"
    pairs = dict(zip(a.inputs, b.inputs, strict=True))
    for x, y in zip(a.lines, b.lines, strict=True):
        if x.op is not y.op or x.attributes != y.attributes or len(x.inputs) != len(y.inputs):
            return f"{_at(x)}: one call ran {x.op.name}{x.attributes}, the next {y.op.name}{y.attributes}"
        for v, w in zip(x.inputs, y.inputs, strict=True):
            if pairs.setdefault(v, w) is not w or not _alike(v, w):
                return f"{_at(x)}: an argument of {x.op.name} is another one at each call{_change(v, w)}"
        pairs.update(zip(x.outputs, y.outputs, strict=True))
    if any(pairs.setdefault(v, w) is not w or not _alike(v, w) for v, w in zip(a.results, b.results, strict=True)):
        return "a result is another one at each call"
    return None


def _at(line):
    return f"{os.path.basename(line.where[0])}:{line.where[1]}"


def _alike(v, w):
    if v.kind != w.kind or v.shape != w.shape or v.dtype != w.dtype:
        return False
    if v.kind == "constant":
        return v.source is w.source or _bytes(v.source) == _bytes(w.source)
    return v.source is w.source


def _bytes(tensor):
    array = tensor.numpy()
    return array.tolist() if array.dtype == object else array.tobytes()


def _change(v, w):
    if v.kind == w.kind == "constant" and not v.shape and not w.shape:
        return f" ({v.source.numpy()}, then {w.source.numpy()}); keep what changes in a tf.Variable"
    return ""
