"""Floor 5: ways to make one value of many, in C: what is kept meanwhile, and how two of such states become one."""

import numpy as np

from tinynn.graph.cuda.literals import C_TYPES, literal

LAST = "2147483647"


class Reduction:
    """Sum, product, maximum, minimum, any or all: one number is kept.

    Args:
        name: NumPy's.
        merge: C for what two numbers {0} and {1} become.
        of_none: function(dtype) -> the result for no element; None where there is none.
    """

    def __init__(self, name, merge, of_none, start=None):
        self.name, self.template, self.of_none, self.start = name, merge, of_none, start or of_none

    def kind_of(self, node):
        """The dtype that elements are cast to."""
        return node.dtype

    def types(self, node):
        """The C types of what is kept."""
        name = C_TYPES[self.kind_of(node).name]
        return ["int" if name in ("bool", "signed char", "unsigned char", "short", "unsigned short") else name]

    def begin(self, writer, node):
        """Declares what is kept, for no element yet; returns the variables."""
        first = literal(self.kind_of(node).type(self.start(self.kind_of(node))))
        return [writer.variable(kind, value) for kind, value in zip(self.types(node), [first, LAST], strict=False)]

    def fold(self, writer, state, value, number):
        """Takes an element into account, whose number along the axes is `number`."""
        self.merge(writer, state, [value, number])

    def merge(self, writer, state, other):
        """Takes another state into account."""
        writer.line(f"{state[0]} = {self.template.format(state[0], other[0])};")

    def result(self, state):
        """The value in the end."""
        return state[0]


class Place(Reduction):
    """Where the greatest (or the smallest) is: it is kept, and its number; of equals the first, and NaN beats all."""

    def kind_of(self, node):
        return node.inputs[0].dtype

    def types(self, node):
        return [*super().types(node), "int"]

    def merge(self, writer, state, other):
        (best, at), (value, number) = state, other
        better = f"{value} {self.template} {best} || ({value} != {value} && {best} == {best})"
        same = f"({value} == {best} || ({value} != {value} && {best} != {best})) && {number} < {at}"
        taken = writer.name("bool", f"{better} || ({same})")
        writer.line(f"{at} = {taken} ? {number} : {at}; {best} = {taken} ? {value} : {best};")

    def result(self, state):
        return state[1]


def _lowest(dtype):
    return -np.inf if dtype.kind == "f" else False if dtype.kind == "b" else np.iinfo(dtype).min


def _highest(dtype):
    return np.inf if dtype.kind == "f" else True if dtype.kind == "b" else np.iinfo(dtype).max


REDUCTIONS = {how.name: how for how in (
    Reduction("sum", "{0} + {1}", lambda dtype: 0),
    Reduction("prod", "{0} * {1}", lambda dtype: 1),
    Reduction("max", "({0} != {0} || {0} >= {1} ? {0} : {1})", None, _lowest),
    Reduction("min", "({0} != {0} || {0} <= {1} ? {0} : {1})", None, _highest),
    Reduction("any", "({0} || {1})", lambda dtype: False),
    Reduction("all", "({0} && {1})", lambda dtype: True),
    Place("argmax", ">", None, _lowest),
    Place("argmin", "<", None, _highest),
)}
