"""Floor 5: a program, ready for a GPU: a list of steps, each of which is a launch, a product or a call of CuPy."""

import time

from tinynn.backends import reference
from tinynn.graph.cuda.block import Block, one_block
from tinynn.graph.cuda.launches import Launch, launches, source
from tinynn.graph.cuda.lowering import Call, Lowering, Multiply
from tinynn.graph.cuda.nodes import NOTES


def items_of(program, keep, feed=None):
    """(a Block, or None where the program is too large for one; the Lowering; the Launches, Multiplys and Calls)."""
    block = one_block(program, keep, feed)
    lowering = block.lowering if block else Lowering(program, keep, feed=feed)
    if block:
        return block, lowering, [block]
    roots = {lowering.cells[view]: lowering.cells[base] for view, base in program.bases.items()
             if lowering.cells[view] not in lowering.made}
    return None, lowering, launches(lowering.items, lambda cell: roots.get(cell, cell))


def text_of(block, items):
    """The CUDA C of the kernels among some items, which get their names."""
    return block.text("k0") if block else source([item for item in items if isinstance(item, Launch)])


def cuda_source(program):
    """The CUDA C that a program would be on a GPU; none is needed to write it."""
    block, _, items = items_of(program, lambda error: 0)
    return text_of(block, items)


class Plan:
    """The steps of a program.

    Args:
        program: the Program.
        platform: the array package of the GPU.
        notes: what the checks of indices find, a backends.checks.Notes.
        feed: a Feed of the inputs, or None.

    Attributes:
        cells: {value: the cell that holds it}.
        steps: what runs, in order.
        source: the CUDA C of the kernels.
        fresh: the cells that the program makes itself.
    """

    def __init__(self, program, platform, notes, feed=None):
        self.program, self.platform, self.notes = program, platform, notes
        block, lowering, items = items_of(program, notes.keep, feed)
        self.source = text_of(block, items)
        kernels = [item for item in items if isinstance(item, (Block, Launch))]
        module = platform.xp.RawModule(code=self.source) if kernels else None
        self.cells, self.fresh = lowering.cells, set(lowering.made)
        self.fresh |= {cell for item in items if isinstance(item, Call) and not item.line.is_view
                       for cell in item.writes}
        self.results = [lowering.cells[v] for v in program.results]
        made, self.steps = {c: v for c, v in lowering.made.items() if not block or c not in block.shared}, []
        for item in items:
            makes = {cell: made.pop(cell) for cell in list(made) if cell in item.writes}
            self.steps.append(
                CallStep(item, lowering.cells, platform) if isinstance(item, Call) else
                MultiplyStep(item, makes, platform) if isinstance(item, Multiply) else
                LaunchStep(item, makes, module.get_function(item.name), platform))
        self.dead = self._last_uses(items)

    def _last_uses(self, items):
        """Per step the cells that nothing after it uses."""
        needed, dead = {*self.results, NOTES}, []
        for item in reversed(items):
            dead.append([cell for cell in item.reads | item.writes if cell not in needed])
            needed |= item.reads | item.writes
        return dead[::-1]

    def run(self, memory):
        """Computes {cell: array} from what a program starts from, and gives the results."""
        memory[NOTES] = self.notes.array
        for step, dead in zip(self.steps, self.dead, strict=True):
            step.run(memory)
            for cell in dead:
                memory.pop(cell, None)
        return [memory[cell] for cell in self.results]

    def times(self, memory, repetitions):
        """(number of the program's line, least seconds) per step."""
        line_of = {}
        for number, line in enumerate(self.program.lines):
            line_of.update({self.cells[v]: number for v in (*line.outputs, *line.written)})
        memory[NOTES], last = self.notes.array, 0
        for step in self.steps:
            least = float("inf")
            for _ in range(repetitions):
                self.platform.wait()
                start = time.perf_counter()
                step.run(memory)
                self.platform.wait()
                least = min(least, time.perf_counter() - start)
            last = max([line_of[cell] for cell in step.item.writes if cell in line_of], default=last)
            yield last, least


class Step:
    """Base of what a plan's own items do.

    Args:
        makes: {cell: (shape, dtype)} of what is in no memory before.
    """

    def __init__(self, item, makes, platform):
        self.item, self.makes, self.platform, self.xp = item, makes, platform, platform.xp

    def make_room(self, memory):
        """Arrays for what the step makes."""
        for cell, (shape, dtype) in self.makes.items():
            memory[cell] = self.xp.empty(shape, dtype)


class LaunchStep(Step):
    """A kernel."""

    def __init__(self, item, makes, function, platform):
        super().__init__(item, makes, platform)
        self.function = function
        self.grid, self.block, self.cells = (item.blocks,), (item.threads,), item.cells

    def run(self, memory):
        """Launches the kernel."""
        self.make_room(memory)
        if self.grid[0]:
            self.function(self.grid, self.block, tuple([
                self.xp.ascontiguousarray(memory[cell]) for cell in self.cells]))


class MultiplyStep(Step):
    """A product by cuBLAS."""

    def run(self, memory):
        """Multiplies."""
        factors = []
        for cell, shape, turned in (self.item.a, self.item.b):
            factor = self.xp.reshape(memory[cell], shape)
            factors.append(self.xp.swapaxes(factor, -1, -2) if turned else factor)
        self.make_room(memory)
        out = memory[self.item.out.cell]
        if self.item.factor is None:
            self.xp.matmul(*factors, out=out)
        else:
            self.platform.add_product(out, *factors, memory[self.item.factor])


class CallStep:
    """The body of an op, with CuPy."""

    def __init__(self, item, cells, platform):
        self.item, self.xp, line = item, platform.xp, item.line
        self.op, self.attributes = line.op, line.attributes
        self.given, self.made = ([cells[v] for v in values] for values in (line.inputs, line.outputs))

    def run(self, memory):
        """Runs the body."""
        result = reference.run(self.op, self.xp, [memory[cell] for cell in self.given], self.attributes)
        for cell, array in zip(self.made, result if isinstance(result, (tuple, list)) else (result,), strict=False):
            memory[cell] = array
