"""Floor 5: what a traced body computes, as a graph of nodes: what one element of each is, in terms of others'.

A node is an array that nobody has computed yet. `text(writer, index)` writes C that computes one element of it and
returns the expression for it; `index` says which element. So a kernel holds in registers what NumPy's body makes whole
arrays of.
"""

import functools
import math

import numpy as np

from tinynn.graph.cuda.index import Index
from tinynn.graph.cuda.literals import C_TYPES, literal

MOST_ELEMENTS = 2**31 - 2**20       # indices are ints, which count past the end by as much as a launch has threads


class NotTraceable(Exception):
    """A body that cannot become a kernel: it reads values, or uses something that has no text here."""


class Node:
    """One array.

    Attributes:
        shape, dtype: NumPy's.
        inputs: the nodes that it is made of.
        op: the name of the op whose result it is; None within a body.
    """

    op = None

    def __init__(self, shape, dtype, inputs=()):
        self.shape, self.dtype, self.inputs = tuple([int(n) for n in shape]), np.dtype(dtype), tuple(inputs)
        if self.dtype.name not in C_TYPES:
            raise NotTraceable(f"{self.dtype} has no type in these kernels")
        if self.size > MOST_ELEMENTS:
            raise NotTraceable(f"{self.size} elements are too many for ints")

    @functools.cached_property
    def size(self):
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def c_type(self):
        """The C type of an element."""
        return C_TYPES[self.dtype.name]

    def text(self, writer, index):
        """Writes what computes the element at an index, and returns its expression."""
        raise NotImplementedError


class Load(Node):
    """An array in memory: that of a cell, whose elements lie in C order without gaps.

    Args:
        cell: says which memory, as a value that can be compared.
    """

    def __init__(self, shape, dtype, cell):
        super().__init__(shape, dtype)
        self.cell = cell

    def text(self, writer, index):
        return f"{writer.pointer(self)}[{index.flat(writer)}]"


class Constant(Node):
    """The same number everywhere."""

    def __init__(self, shape, dtype, value):
        super().__init__(shape, dtype)
        self.value = self.dtype.type(value)

    def text(self, writer, index):
        return literal(self.value)


class Counting(Node):
    """0, 1, 2, ... along its one axis, as start + step i."""

    def __init__(self, n, dtype, start=0, step=1):
        super().__init__((n,), dtype)
        self.start, self.step = start, step

    def text(self, writer, index):
        kind = self.c_type
        return f"({literal(self.dtype.type(self.start))} + {literal(self.dtype.type(self.step))} * " \
               f"({kind}){index.along(writer, 0)})"


class Applied(Node):
    """A function of the elements of arrays, which broadcast.

    Args:
        template: C with {0}, {1}, ... for the operands.
        kinds: the dtypes that the operands are cast to.
    """

    def __init__(self, template, inputs, kinds, dtype):
        super().__init__(np.broadcast_shapes(*[x.shape for x in inputs]), dtype, inputs)
        self.template, self.kinds = template, kinds

    def text(self, writer, index):
        return self.template.format(*[writer.cast(x, kind, index.of(writer, x.shape))
                                      for x, kind in zip(self.inputs, self.kinds, strict=True)])


class Moved(Node):
    """Elements of one array in other places.

    Args:
        places: function(writer, index) -> the Index of the same element in the input.
        keeps_order: whether the elements are the input's, in the same order.
        turns: whether the last two axes changed places, and nothing else.
    """

    def __init__(self, x, shape, places, keeps_order=False, turns=False):
        super().__init__(shape, x.dtype, (x,))
        self.places, self.keeps_order, self.turns = places, keeps_order, turns

    def text(self, writer, index):
        return writer.value(self.inputs[0], self.places(writer, index))


class Picked(Node):
    """Elements of an array at indices along an axis that another array gives (take_along_axis)."""

    def __init__(self, x, indices, axis):
        shape = list(np.broadcast_shapes(x.shape[:axis] + (1,) + x.shape[axis + 1:],
                                         indices.shape[:axis] + (1,) + indices.shape[axis + 1:]))
        shape[axis] = indices.shape[axis]
        super().__init__(shape, x.dtype, (x, indices))
        self.axis = axis

    def text(self, writer, index):
        x, indices = self.inputs
        n, along = x.shape[self.axis], list(index.along(writer))
        along[self.axis] = _within(writer, indices, index.of(writer, indices.shape), n)
        whole = Index((*self.shape[:self.axis], n, *self.shape[self.axis + 1:]), along)
        return writer.value(x, whole.of(writer, x.shape))


class Taken(Node):
    """Slices of an array along an axis, at indices that another array gives (take).

    Args:
        inside: whether it is known that each index is one of 0 .. n - 1.
    """

    def __init__(self, x, indices, axis, inside=False):
        super().__init__((*x.shape[:axis], *indices.shape, *x.shape[axis + 1:]), x.dtype, (x, indices))
        self.axis, self.inside = axis, inside or isinstance(indices, Checked)

    def text(self, writer, index):
        x, indices = self.inputs
        along, stop = index.along(writer), self.axis + len(indices.shape)
        place = Index(indices.shape, along[self.axis:stop])
        at = (writer.name("int", writer.cast(indices, np.dtype("int32"), place)) if self.inside else
              _within(writer, indices, place, x.shape[self.axis]))
        return writer.value(x, Index(x.shape, [*along[:self.axis], at, *along[stop:]]))


def _within(writer, indices, index, n):
    """An index that an array gives, counted from the end where it is negative, and never out of bounds."""
    at = writer.cast(indices, np.dtype("int32"), index)
    at = writer.name("int", f"({at} < 0 ? {at} + {n} : {at})")
    return writer.name("int", f"({at} < 0 ? 0 : {at} >= {n} ? {n - 1} : {at})")


class Checked(Node):
    """Indices, with 0 in the place of those that are not 0 .. n - 1: of which one is noted, as backends.checks says.

    Args:
        x: the indices.
        n: how many there may be.
        number: that of the check.
    """

    def __init__(self, x, n, number):
        self.notes = Load((4,), np.int64, NOTES)
        super().__init__(x.shape, x.dtype, (x,))
        self.n, self.number = n, number

    def text(self, writer, index):
        at = writer.value(self.inputs[0], index)
        wide = writer.name("long long", f"(long long){at}")
        notes = f"((unsigned long long *){writer.pointer(self.notes)})"
        with writer.block(f"if (({wide} < 0 || {wide} >= {self.n}) && !atomicCAS({notes}, 0ULL, 1ULL))"):
            writer.line(f"{notes}[2] = {self.number};")
            writer.line(f"{notes}[3] = {wide};")
        return f"({wide} < 0 || {wide} >= {self.n} ? 0 : {at})"


NOTES = "notes"     # the cell of what checks find


class Stacked(Node):
    """Arrays of one shape beside each other, along a new axis."""

    def __init__(self, inputs, axis):
        shape = list(inputs[0].shape)
        shape.insert(axis, len(inputs))
        super().__init__(shape, inputs[0].dtype, inputs)
        self.axis = axis

    def text(self, writer, index):
        along = list(index.along(writer))
        which = along.pop(self.axis)
        inner = Index(self.inputs[0].shape, along)
        *first, last = [writer.value(x, inner) for x in self.inputs]
        return "(" + "".join([f"{which} == {i} ? {x} : " for i, x in enumerate(first)]) + f"{last})"


class Joined(Node):
    """Arrays one after the other along an axis."""

    def __init__(self, inputs, axis):
        shape = list(inputs[0].shape)
        shape[axis] = sum(x.shape[axis] for x in inputs)
        super().__init__(shape, inputs[0].dtype, inputs)
        self.axis = axis

    def text(self, writer, index):
        along = index.along(writer)
        at, start, found = along[self.axis], 0, []
        for x in self.inputs:
            n = x.shape[self.axis]
            here = writer.name("int", f"({at} < {start} ? 0 : {at} < {start + n} ? {at} - {start} : {n - 1})")
            value = writer.value(x, Index(x.shape, [here if a == self.axis else i for a, i in enumerate(along)]))
            start += n
            found.append((start, value))
        *first, (_, last) = found
        return "(" + "".join([f"{at} < {stop} ? {value} : " for stop, value in first]) + f"{last})"


class Pasted(Node):
    """An array of which a part, as of x[key] = value, is another's.

    Args:
        x, value: the array, and what is put there.
        plan: per axis of x the first index, the step, and the axis of the value, or None where it has none.
    """

    def __init__(self, x, value, plan):
        super().__init__(x.shape, x.dtype, (x, value))
        self.plan = plan

    def text(self, writer, index):
        x, value = self.inputs
        conditions, places = [], ["0"] * len(value.shape)
        for i, n, (first, step, axis) in zip(index.along(writer), x.shape, self.plan, strict=True):
            if axis is None:
                conditions.append(f"{i} == {first}")
            elif (first, step, value.shape[axis]) == (0, 1, n):
                places[axis] = i
            else:
                last = first + step * (value.shape[axis] - 1)
                conditions.append(f"{i} >= {min(first, last)} && {i} <= {max(first, last)}")
                conditions += [f"({i} - {min(first, last)}) % {abs(step)} == 0"] if abs(step) != 1 else []
                places[axis] = writer.name("int", f"({i} - {first}) / {step}" if step != 1 else f"{i} - {first}")
        result = writer.variable(self.c_type, "0")
        with writer.block(f"if ({' && '.join(conditions) or 'true'})"):
            writer.line(f"{result} = {writer.value(value, Index(value.shape, places))};")
        with writer.block("else"):
            writer.line(f"{result} = {writer.value(x, index)};")
        return result


class Reduced(Node):
    """One value of many along axes; each of them stays, with length 1.

    Args:
        how: a Reduction.
        axes: ascending numbers.
        dtype: that of the result, in which it is computed.
    """

    def __init__(self, how, x, axes, dtype):
        super().__init__([1 if a in axes else n for a, n in enumerate(x.shape)], dtype, (x,))
        self.how, self.axes = how, axes
        self.length = math.prod(x.shape[a] for a in axes)
        if not self.length and not how.of_none:
            raise NotTraceable("no element to choose from")

    @property
    def is_over_the_last(self):
        """Whether the axes are the last ones."""
        n = len(self.inputs[0].shape)
        return self.axes == tuple(range(n - len(self.axes), n))

    @property
    def is_over_the_first(self):
        """Whether the axes are the first ones."""
        return self.axes == tuple(range(len(self.axes)))

    def text(self, writer, index):
        return writer.reduced(self, index)

    def fold(self, writer, state, index, number):
        """Takes one more element into account: that at an index of the input, number so many along the axes."""
        self.how.fold(writer, state, writer.cast(self.inputs[0], self.how.kind_of(self), index), number)


class Product(Node):
    """A product of matrices; the axes before the last two broadcast. Each element is a sum along the inner axis."""

    def __init__(self, a, b):
        super().__init__((*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1]),
                         np.result_type(a.dtype, b.dtype), (a, b))
        self.length = a.shape[-1]

    def text(self, writer, index):
        a, b = self.inputs
        *before, row, column = index.along(writer)
        total = writer.variable(self.c_type, "0")
        with writer.loop(self.length) as k:
            left = Index((*self.shape[:-1], self.length), [*before, row, k]).of(writer, a.shape)
            right = Index((*self.shape[:-2], self.length, self.shape[-1]), [*before, k, column]).of(writer, b.shape)
            writer.line(f"{total} += {writer.cast(a, self.dtype, left)} * {writer.cast(b, self.dtype, right)};")
        return total
