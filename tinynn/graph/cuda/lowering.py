"""Floor 5: from the lines of a program to what a GPU is asked to do: kernels, products of cuBLAS, and calls of CuPy.

A line whose body can be traced becomes part of a kernel; what it makes for one other kernel alone needs no memory. In
the program that results, a cell is memory: of a variable, or of a value.
"""

import math
from dataclasses import dataclass

import numpy as np

from tinynn.backends.gpu import CPU
from tinynn.graph.cuda.nodes import Applied, Checked, Constant, Counting, Load, Moved, NotTraceable, Product, Reduced
from tinynn.graph.cuda.traced import Traced
from tinynn.graph.cuda.tracing import trace
from tinynn.graph.cuda.works import ReadsElsewhere, Work
from tinynn.graph.cuda.writer import nodes_below
from tinynn.graph.passes.rewriting import users
from tinynn.ops.fused import matmul_update

MOST_NODES = 60     # below which what one kernel makes for another is computed inside the other, perhaps many times


@dataclass(eq=False)
class Call:
    """A line that CuPy computes, from its body.

    Attributes:
        line: the Line.
        reads, writes: sets of cells and of views.
    """

    line: object
    reads: set
    writes: set


@dataclass(eq=False)
class Multiply:
    """A product of matrices by cuBLAS.

    Attributes:
        a, b: (cell, the shape that its elements have here, whether the last two axes then change places).
        out: the Load of the result.
        factor: the cell of a number; the product times it is added to `out`. Without one, the product replaces it.
    """

    a: tuple
    b: tuple
    out: Load
    factor: object = None

    @property
    def reads(self):
        """The cells of the factors, and of what is added to."""
        return {self.a[0], self.b[0], *(() if self.factor is None else (self.factor, self.out.cell))}

    @property
    def writes(self):
        """The cell of the product."""
        return {self.out.cell}


@dataclass
class Feed:
    """Inputs that kernels fetch by themselves.

    Attributes:
        inputs: a node per input of the program.
        counts: [(cell, node)] of what changes after a run, for the next one to fetch others.
        memory: {cell: array} of what those read.
    """

    inputs: list
    counts: list
    memory: dict


class Lowering:
    """The items that compute a program, in order.

    Args:
        program: the Program.
        keep: function(error) -> the number of a check of indices, where error(index) is the exception.
        alone: whether the program is to be one block; products are kernels then.
        feed: a Feed of the inputs, or None.

    Attributes:
        items: Work, Multiply and Call.
        cells: {value: its cell}; a view has one of its own, which is its base's memory.
        made: {cell: (shape, dtype)} of what kernels and products write for the first time.
    """

    def __init__(self, program, keep, alone=False, feed=None):
        self.program, self.keep, self.alone, self.items, self.made = program, keep, alone, [], {}
        self.feed = feed
        self.cells, of_variable = {}, {}
        inside = [v for line in program.lines for step in line.steps for v in step.outputs]
        for value in dict.fromkeys((*program.values, *inside)):
            key = ("variable", id(value.source)) if value.kind == "variable" else value
            self.cells[value] = of_variable.setdefault(key, len(of_variable))
        self.nodes, self.pending = {}, {}
        used = users(program)
        self.once = {v for v, lines in used.items() if len({id(line) for line in lines}) == 1 and None not in lines}
        for value, node in zip(program.inputs, feed.inputs, strict=True) if feed else ():
            self.nodes[value] = self.pending[value] = node
            self.load(value)
        for line in program.lines:
            self._line(line)
        for value in program.results:
            self.load(value)
        for count in feed.counts if feed else ():
            self._add(Work([count]))
        self.items = self._needed()

    # ---- lines -------------------------------------------------------------------------------------------------------

    def _line(self, line):
        if line.op is matmul_update and self._descends(line):
            return
        if self._traced(line.steps, line.outputs) or self._again(line):
            return
        if len(line.steps) == 1:
            self._call(line)
        for step in line.steps if len(line.steps) > 1 else ():
            self._line(step)

    def _descends(self, line):
        """Whether cuBLAS takes a product times the rate off a variable, which no other kernel then reads or writes."""
        weight, *factors, rate = line.inputs
        if self.alone or not all(v.shape and all(v.shape) for v in (weight, *factors)):
            return False
        cell, found = self.cells[weight], []
        self._settle(cell)
        for value, turned in zip(factors, line.attributes, strict=True):
            if value in self.pending and not self._factor(self.node(value)):
                self.load(value)
            cell_of, shape, moved = self._factor(self.node(value))
            found.append((cell_of, shape, moved != turned))
        less = Applied("(-{0})", [self.node(rate)], [weight.dtype.dtype], weight.dtype.dtype)
        factor = "factor", len(self.items)
        self.made[factor] = less.shape, less.dtype
        self._add(Work([(factor, less)]))
        self._add(Multiply(*found, Load(weight.shape, weight.dtype.dtype, cell), factor))
        return True

    def _again(self, line):
        """The same where all that the line needs is in memory."""
        waiting = [v for v in line.inputs if v in self.pending]
        for value in waiting:
            self.load(value)
        return waiting and self._traced(line.steps, line.outputs)

    def _traced(self, lines, outputs):
        """Whether lines, one or the links of a chain, become nodes, which are computed here or later."""
        for cell in {self.cells[v] for line in lines for v in line.written}:
            self._settle(cell)
        inside, written, count = {}, {}, len(self.items)
        try:
            for line in lines:
                given = [written.get(self.cells[v]) or inside.get(v) or self.node(v) for v in line.inputs]
                if len(lines) > 1:      # the links of a chain agree in their elements, not in their shapes
                    given = [_shaped(node, (line.outputs or line.written)[0].shape) for node in given]
                made, changed = trace(line.op, given, line.attributes, self.keep)
                for node in (*made, *changed.values()):
                    node.op = node.op or line.op.name
                inside.update(zip(line.outputs, map(self._computable, made), strict=True))
                written.update({self.cells[line.inputs[i]]: self._computable(n) for i, n in changed.items()})
            if written:
                self._write([*written.items(), *((self.cells[v], inside[v]) for v in outputs)])
        except NotTraceable:
            del self.items[count:]
            return False
        for value in outputs:
            self.nodes[value] = inside[value]
            if not written:
                self.pending[value] = inside[value]
            else:
                self._is_made(value)
        if not written and not all(self._may_wait(v) for v in outputs):
            return self._store(outputs)
        return True

    def _write(self, stores):
        """Computes what is written into variables; by way of other memory where the variables are read meanwhile."""
        try:
            self._add(Work(stores, self.alone))
        except ReadsElsewhere:
            aside = [(("aside", len(self.items), i), node) for i, (_, node) in enumerate(stores)]
            self._add(Work(aside, self.alone))
            self.made.update({cell: (node.shape, node.dtype) for cell, node in aside})
            self._add(Work([(cell, Load(node.shape, node.dtype, other))
                            for (cell, node), (other, _) in zip(stores, aside, strict=True)]))

    def _computable(self, node):
        """The node, its products replaced by the results of cuBLAS, where products are not kernels here."""
        if self.alone:
            return node
        for product in [n for n in nodes_below([node]) if isinstance(n, Product)]:
            factors = [self._factor(x) or self._aside(x) for x in product.inputs]
            out = Load(product.shape, product.dtype, ("product", len(self.items)))
            self.made[out.cell] = out.shape, out.dtype
            self._add(Multiply(*factors, out))
            node = replaced(node, product, out)
        return node

    def _factor(self, node):
        """(cell, shape, whether it is transposed) of a factor of a product, None where it is not in memory."""
        if node.dtype.kind != "f":
            raise NotTraceable("a product of numbers that cuBLAS does not multiply")
        turned = isinstance(node, Moved) and node.turns
        load = node = node.inputs[0] if turned else node
        while isinstance(load, Moved) and load.keeps_order:
            load = load.inputs[0]
        return (load.cell, node.shape, turned) if isinstance(load, Load) else None

    def _aside(self, node):
        """The same of a factor that is put into memory for this."""
        cell = "aside", len(self.items)
        self._add(Work([(cell, node)], self.alone))
        self.made[cell] = node.shape, node.dtype
        return self._factor(Load(node.shape, node.dtype, cell))

    def _may_wait(self, value):
        """Whether a value can be computed inside the kernel that uses it."""
        node = self.nodes[value]
        below = nodes_below([node])
        if all(isinstance(n, (Constant, Counting, Moved, Load)) for n in below):
            return True     # nothing is computed
        heavy = any((isinstance(n, (Reduced, Product)) and n.length > 1) or isinstance(n, Checked) for n in below)
        return value in self.once and len(below) <= MOST_NODES and not heavy

    def _call(self, line):
        """CuPy computes the line, from arrays in memory."""
        for value in line.inputs:
            self.load(value)
        written = {self.cells[v] for v in line.written}
        for cell in written:
            self._settle(cell)
        self._add(Call(line, {self.cells[v] for v in line.inputs}, written | {self.cells[v] for v in line.outputs}))

    # ---- values ------------------------------------------------------------------------------------------------------

    def node(self, value):
        """The node of a value, for a line that uses it."""
        known = self.nodes.get(value)
        if known is None and value.kind == "constant" and (number := _number(value)) is not None:
            known = self.nodes[value] = Constant(value.shape, value.dtype.dtype, number)
        if known is None:
            known = self.nodes[value] = Load(value.shape, value.dtype.dtype, self.cells[value])
        return known

    def load(self, value):
        """Sees to it that a value is in memory."""
        if value in self.pending and not self._store([value]):
            raise AssertionError(f"{value.described} was traced and cannot be computed")

    def _store(self, values):
        """Computes values that wait, if they can be computed; whether they are in memory then."""
        values = [v for v in values if v in self.pending]
        try:
            work = Work([(self.cells[v], self.pending[v]) for v in values], self.alone) if values else None
        except NotTraceable:
            if len(values) > 1:
                return min([self._store([v]) for v in values])     # all are tried
            for value in values:
                del self.pending[value], self.nodes[value]
            return False
        for value in values:
            del self.pending[value]
            self._is_made(value)
        if work is not None:
            self._add(work)
        return True

    def _is_made(self, value):
        """From here on a value is in memory."""
        node = self.nodes[value]
        self.made[self.cells[value]] = node.shape, node.dtype
        self.nodes[value] = Load(node.shape, node.dtype, self.cells[value])

    def _settle(self, cell):
        """Computes what waits and reads a cell that is about to be written."""
        self._store([v for v, node in self.pending.items()
                     if any(isinstance(n, Load) and n.cell == cell for n in nodes_below([node]))])

    def _add(self, item):
        self.items.append(item)

    def _needed(self):
        """The items without which a result or a variable would be missing."""
        kept, written_to = [], {self.cells[v] for v in self.program.values if v.kind == "variable"}
        written_to.update(cell for cell, _ in self.feed.counts) if self.feed else None
        needed = {self.cells[v] for v in self.program.results}
        for item in reversed(self.items):
            if item.writes & (needed | written_to) or (isinstance(item, Call) and not item.line.outputs):
                kept.append(item)
                needed |= item.reads
        return kept[::-1]


def _shaped(node, shape):
    """The node, as an array of this shape if it has as many elements."""
    return Traced(node).reshape(shape).node if node.size == math.prod(shape) else node


def _number(value):
    """The number that a constant has everywhere; None where it has several, or that would have to be found out."""
    if value.shape and value.source.place != CPU:
        return None
    array = np.asarray(value.source)
    return array.reshape(-1)[0] if array.size and array.dtype.kind in "fiub" and not any(array.strides) else None


def replaced(node, old, new):
    """The node with another in the place of one that it is made of."""
    if node is old:
        return new
    inputs = tuple([replaced(x, old, new) for x in node.inputs])
    if inputs == node.inputs:
        return node
    made = object.__new__(type(node))
    vars(made).update(vars(node), inputs=inputs)
    return made
