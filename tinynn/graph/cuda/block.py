"""Floor 5: a small program as one kernel of one block: its works one after the other, what they hand on in shared
memory. A launch costs more than the arithmetic of such a program, and so does each of a graph's kernels."""

import math

from tinynn.graph.cuda.launches import MOST_SHARED, function_text, functions_of, whole_text
from tinynn.graph.cuda.lowering import Lowering
from tinynn.graph.cuda.nodes import NOTES, NotTraceable, Product, Reduced
from tinynn.graph.cuda.works import MOST_THREADS, WARP, Work
from tinynn.graph.cuda.writer import nodes_below
from tinynn.graph.plan import arena

MOST_INLINE = 40        # works that become one function; of more, CUDA's compiler would take long
MOST_COST = 2**20       # additions and the like of a whole program


def one_block(program, keep, feed=None):
    """The program as a Block, or None where it is too large for one, or CuPy is needed."""
    if sum(line.size for line in program.lines) > MOST_COST:
        return None
    try:
        lowering = Lowering(program, keep, True, feed)
    except NotTraceable:
        return None
    works = lowering.items
    if not works or not all(isinstance(work, Work) for work in works) or sum(map(cost, works)) > MOST_COST:
        return None
    if sum(work.shared_bytes for work in works) > MOST_SHARED:
        return None
    return Block(lowering)


def cost(work):
    """About how many additions a work is."""
    total = 0
    for node in nodes_below([node for _, node in work.stores]):
        total += node.size * node.length if isinstance(node, (Reduced, Product)) else 0
    return total + sum(node.size for _, node in work.stores)


class Block:
    """The works of a program in one block.

    Attributes:
        name: of the kernel.
        cells: the cells of its arguments, in order.
        shared: {cell: where it lies in shared memory}.
    """

    blocks = 1

    def __init__(self, lowering):
        self.lowering, self.works, self.name = lowering, lowering.items, None
        self.reads = set().union(*(work.reads for work in self.works))
        self.writes = set().union(*(work.writes for work in self.works))
        self.shared, self.shared_bytes = self._shared()
        self.pointers = list(dict.fromkeys(
            pointer for work in self.works for pointer in work.pointers if pointer[0] not in self.shared))
        self.cells = [cell for cell, _ in self.pointers]
        widest = max(work.count * (WARP if work.kind != "points" else 1) for work in self.works)
        self.threads = min(max(2 ** math.ceil(math.log2(max(widest, 1))), 128), MOST_THREADS)

    def _shared(self):
        """({cell: offset}, bytes) of what nobody needs after the kernel, as far as there is room."""
        results = {self.lowering.cells[v] for v in self.lowering.program.results}
        spans = {}
        for number, work in enumerate(self.works):
            for cell in (work.reads | work.writes) & set(self.lowering.made) - results - {NOTES}:
                spans[cell] = spans.get(cell, (number,))[0], number
        made = self.lowering.made
        room = MOST_SHARED - sum(work.shared_bytes for work in self.works)
        size_of = lambda cell: math.prod(made[cell][0]) * made[cell][1].itemsize
        while True:
            offsets, total = arena(spans, size_of)
            if total <= room:
                return offsets, total
            del spans[max(spans, key=size_of)]

    def text(self, name):
        """The kernel in C. Threads wait for each other where a work needs what another made."""
        self.name = name
        many = len(self.works) > MOST_INLINE
        functions, text = functions_of(self.works, f"static __device__ {'__noinline__ ' if many else ''}void")
        given = {pointer: f"w{i}" for i, pointer in enumerate(self.pointers)}
        lines = [f"    __shared__ double arena[{max(self.shared_bytes // 8, 1)}];"]
        reads, writes = set(), set()
        for work in self.works:
            if work.reads & writes or work.writes & (reads | writes):
                lines.append("    __syncthreads();")
                reads, writes = set(), set()
            # the arena's memory is used again: there, an earlier reader counts as one of what is written now
            reads |= {*work.reads, *self._overlapping(work.reads)}
            writes |= {*work.writes, *self._overlapping(work.writes)}
            arguments = [given.get(pointer) or f"({pointer[1]} *)((char *)arena + {self.shared[pointer[0]]})"
                         for pointer in work.pointers]
            call = f"    {functions[work]}({', '.join([*arguments, str(work.count), '0', '1'])});"
            lines.append(f"{call}  // {work.ops}" if work.ops else call)
        parameters = [f"{'' if cell in self.writes else 'const '}{kind} *{given[cell, kind]}"
                      for cell, kind in self.pointers]
        return whole_text([text, function_text(
            f'extern "C" __global__ void __launch_bounds__({self.threads})', name, parameters, lines)])

    def _overlapping(self, cells):
        """The cells whose shared memory overlaps with that of some."""
        found = set()
        for cell in cells & set(self.shared):
            start = self.shared[cell]
            stop = start + self._bytes(cell)
            found |= {other for other, at in self.shared.items() if at < stop and start < at + self._bytes(other)}
        return found

    def _bytes(self, cell):
        shape, dtype = self.lowering.made[cell]
        return math.prod(shape) * dtype.itemsize
