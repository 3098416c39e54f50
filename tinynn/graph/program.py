"""Floor 5: the program: what a recorder wrote down, as a list of lines over values.

The order of the lines is their meaning. Every value is made once, by one line or from outside; a variable has one value
per state that it was in, all in the same memory. A recording becomes a program in building.py; a pass is a function
from program to program (passes/).
"""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

from tinynn.graph.listing import listing


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
    def size(self):
        """How many elements the first of what it makes or changes has."""
        return math.prod((self.outputs or self.written)[0].shape)

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

    @property
    def bases(self):
        """{view: the value in whose memory it lies}."""
        found = {}
        for line in self.lines:
            if line.is_view:
                found[line.outputs[0]] = found.get(line.inputs[0], line.inputs[0])
        return found

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
