"""Floor 5: one function of a CUDA kernel: the loop over what it computes, shared among threads in one of four ways.

    points      an element each
    rows        a warp per row: sums and the like along the last axes, and what follows from them
    blocks      the same with a block per row, for few long rows
    columns     a warp's lanes side by side, its block's warps one below another: sums over the first axes

Every function takes the number of its block and of all blocks, so that it can be a kernel's part: beside others, or
after others in a kernel that is one block.
"""

import math

from tinynn.graph.cuda.index import Index
from tinynn.graph.cuda.nodes import NOTES, Applied, Checked, Load, Moved, NotTraceable, Reduced
from tinynn.graph.cuda.writer import Writer, nodes_below, numbers_below

WARP = 32
FEW = 4             # elements that a thread may add up by itself in any work
SHORT = 64          # and where nothing else is to be done, and other threads have nothing to do
LONG_ROW = 1024     # from here on a block takes a row, where there are few
MANY = 64           # rows, or tiles of columns, that keep a GPU busy
MOST_IN_ROW, MOST_IN_COLUMN = 2**17, 2**15      # elements that one block adds up, where there are few
THREADS, MOST_THREADS, MOST_BLOCKS = 256, 1024, 4096


class ReadsElsewhere(NotTraceable):
    """What is written is also read, at other places: both at once would be a race."""


class Work:
    """What a list of stores computes, as a function of CUDA C.

    Args:
        stores: [(cell, node)]: what is written where, element by element.
        alone: whether its block is alone on the GPU. Then a thread reduces more by itself, where that is all it does.

    Attributes:
        kind: "points", "rows", "blocks" or "columns".
        count: how many elements, rows or tiles of columns there are.
        threads: how many threads per block it wants.
        pointers: [(cell, C type)], the arguments.
        reads, writes: sets of cells.
        ops: the names of the ops that it computes, for people.
        body: the lines of the function; two works of equal bodies are one function.

    Raises:
        ReadsElsewhere: it would read what it writes.
        NotTraceable: none of the ways fits.
    """

    def __init__(self, stores, alone=False):
        self.stores = stores
        below = nodes_below([node for _, node in stores])
        reduces = [node for node in below if isinstance(node, Reduced)]
        most = SHORT if alone and all(r.size == n.size for r in reduces for _, n in stores) else FEW
        self.reduces = [node for node in reduces if node.length > most]
        self.writes = {cell for cell, _ in stores}
        self.reads = {node.cell for node in below if isinstance(node, Load)}
        self.writes |= {NOTES for node in below if isinstance(node, Checked)}
        self.kind, self.count, self.threads = self._kind()
        writer = Writer()
        if self.writes & self.reads and (self.kind != "points" or any(self._reads_elsewhere(n) for _, n in stores)):
            raise ReadsElsewhere("an array is written while it is read at other places")
        for node in numbers_below([node for _, node in stores]):
            if not set(self.reduces) & set(nodes_below([node])):
                writer.value(node, Index(node.shape))
        getattr(self, f"_write_{self.kind}")(writer)
        if writer.longest > most:
            raise NotTraceable(f"a thread would reduce {writer.longest} elements by itself")
        self.ops = ", ".join(dict.fromkeys(node.op for node in below if node.op))
        self.pointers, self.body = list(writer.pointers), writer.lines
        self.parameters = [f"{'' if cell in self.writes else 'const '}{kind} *{self._restrict(cell)}{name}"
                           for (cell, kind), name in writer.pointers.items()]

    def _restrict(self, cell):
        return "" if cell in self.writes and cell in self.reads else "__restrict__ "

    @property
    def blocks(self):
        """How many blocks of its threads the count fills."""
        per_block = {"points": self.threads, "rows": self.threads // WARP}.get(self.kind, 1)
        return min(-(-self.count // per_block), MOST_BLOCKS)

    @property
    def shared_bytes(self):
        """At most how much shared memory its function has."""
        kinds = {"columns": 32 * 33, "blocks": 32}.get(self.kind, 0)
        return kinds * sum(8 * len(node.how.types(node)) for node in self.reduces)

    def _kind(self):
        """The way, how many parts there are, and the threads of a block."""
        size = max(node.size for _, node in self.stores)
        if not self.reduces:
            if any(node.size != size for _, node in self.stores):
                raise NotTraceable("results of several sizes")
            return "points", size, THREADS
        first = self.reduces[0]
        inner, axes = first.inputs[0].shape, first.axes
        if any(node.inputs[0].shape != inner or node.axes != axes for node in self.reduces):
            raise NotTraceable("reductions over several axes")
        self.many, self.few = first.length, first.size
        if self.few > 1 and first.is_over_the_first and len(self.reduces) == 1 and (
                all(node.size == self.few for _, node in self.stores)):
            tiles = -(-self.few // WARP)
            if tiles < MANY and self.many > MOST_IN_COLUMN:
                raise NotTraceable("a long sum, which CuPy spreads over the GPU")
            return "columns", tiles, THREADS if self.many < 512 else MOST_THREADS
        if any(node.size not in (self.few, math.prod(inner)) for _, node in self.stores):
            raise NotTraceable("results of several sizes")
        if self.many > MOST_IN_ROW and self.few < MANY:
            raise NotTraceable("a long sum, which CuPy spreads over the GPU")
        if self.many >= LONG_ROW and self.few < MANY:
            return "blocks", self.few, MOST_THREADS
        return "rows", self.few, THREADS

    def _reads_elsewhere(self, node):
        """Whether a node reads what is written here at another place than its own, where other threads write."""
        for x in node.inputs:
            if any(isinstance(n, Load) and n.cell in self.writes for n in nodes_below([x])):
                same = x.size == node.size and (isinstance(node, (Applied, Checked)) or
                                                (isinstance(node, Moved) and node.keeps_order))
                if not same or self._reads_elsewhere(x):
                    return True
        return False

    # ---- the four ways -----------------------------------------------------------------------------------------------

    def _write_points(self, writer):
        step = "blocks * (int)blockDim.x"
        with writer.block(f"for (int i = block * (int)blockDim.x + (int)threadIdx.x; i < count; i += {step})"):
            self._store(writer, self.stores, lambda node: Index(node.shape, flat="i"))

    def _write_rows(self, writer):
        start, step = "(block * (int)blockDim.x + (int)threadIdx.x) / 32", "blocks * ((int)blockDim.x / 32)"
        with writer.block(f"for (int r = {start}; r < count; r += {step})"):
            self._write_row(writer, "threadIdx.x % 32", "32", self._merge_in_warp)

    def _write_blocks(self, writer):
        with writer.block("for (int r = block; r < count; r += blocks)"):
            self._write_row(writer, "threadIdx.x", "blockDim.x", self._merge_in_block)

    def _write_row(self, writer, first, step, merge):
        """All reductions of row r, one after the other, then what follows from them."""
        over = f"for (int c = (int)({first}); c < {self.many}; c += (int){step})"
        for node in self.reduces:
            kept = self._kept(writer, node)
            state = writer.begin(node, kept)
            with writer.block(over):
                node.fold(writer, state, self._element(writer, kept), "c")
            merge(writer, node, state)
            self._known(writer, node, kept, node.how.result(state))
        whole = self._kept(writer, self.reduces[0])
        long = [(cell, node) for cell, node in self.stores if node.size != self.few]
        if long:
            with writer.block(over):
                self._store(writer, long, lambda node: self._element(writer, whole, node.shape))
        short = [(cell, node) for cell, node in self.stores if node.size == self.few]
        if short:
            with writer.block(f"if ({first} == 0)"):
                self._store(writer, short, lambda node: Index(node.shape, flat="r"))

    def _write_columns(self, writer):
        node, = self.reduces
        shape = node.inputs[0].shape
        writer.line("const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;")
        with writer.block("for (int tile = block; tile < count; tile += blocks)"):
            column = writer.name("int", "tile * 32 + lane")
            state = node.how.begin(writer, node)
            with writer.block(f"for (int n = {column} < {self.few} ? warp : {self.many}; n < {self.many}; n += warps)"):
                above = Index([shape[a] for a in node.axes], flat="n").along(writer)
                beside = Index(shape[len(node.axes):], flat=column).along(writer)
                node.fold(writer, state, Index(shape, [*above, *beside]), "n")
            for part, kind, name in self._parts(node, state):
                writer.line(f"__shared__ {kind} {part}[32][33];")
                writer.line(f"{part}[warp][lane] = {name};")
            writer.line("__syncthreads();")
            with writer.block(f"if (warp == 0 && {column} < {self.few})"):
                with writer.block("for (int w = 1; w < warps; ++w)"):
                    node.how.merge(writer, state, [f"{part}[w][lane]" for part, _, _ in self._parts(node, state)])
                for along in (None, [*["0"] * len(node.axes), *Index(node.shape[len(node.axes):],
                                                                     flat=column).along(writer)]):
                    writer.know(node, Index(node.shape, along, column), node.how.result(state))
                self._store(writer, self.stores, lambda node: Index(node.shape, flat=column))
            writer.line("__syncthreads();")

    # ---- parts -------------------------------------------------------------------------------------------------------

    def _store(self, writer, stores, place):
        """Computes everything before anything is written."""
        made = []
        for cell, node in stores:
            index = place(node)
            made.append((writer.pointer(Load(node.shape, node.dtype, cell)), index.flat(writer),
                         writer.value(node, index)))
        for pointer, at, value in made:
            writer.line(f"{pointer}[{at}] = {value};")

    def _kept(self, writer, node):
        """The index of row r in a Reduced, of whose reduced axes one element is left."""
        along = Index(node.shape, flat="r").along(writer)
        writer.alias("r", Index(node.shape, along).flat)
        return Index(node.shape, along, "r")

    def _element(self, writer, kept, shape=None):
        """The index of element c of a row."""
        node = self.reduces[0]
        inner = node.inputs[0].shape
        found = writer.inside(node, kept, "c")
        if node.is_over_the_last:
            found = Index(inner, found.along(writer), writer.name("int", f"r * {self.many} + c"))
        return found if shape in (None, inner) else Index(shape, flat=found.flat(writer))

    def _known(self, writer, node, kept, name):
        """What is found of a row is known, however its index is written."""
        writer.know(node, kept, name)
        writer.know(node, Index(node.shape, flat="r"), name)

    def _parts(self, node, state):
        return [(f"part_{name}", kind, name) for kind, name in zip(node.how.types(node), state, strict=True)]

    def _merge_in_warp(self, writer, node, state):
        for offset in (16, 8, 4, 2, 1):
            other = [writer.variable(kind, f"__shfl_xor_sync(0xffffffffu, {name}, {offset})")
                     for kind, name in zip(node.how.types(node), state, strict=True)]
            node.how.merge(writer, state, other)

    def _merge_in_block(self, writer, node, state):
        self._merge_in_warp(writer, node, state)
        parts = self._parts(node, state)
        for part, kind, _ in parts:
            writer.line(f"__shared__ {kind} {part}[32];")
        writer.line("if (threadIdx.x % 32 == 0) {")
        for part, _, name in parts:
            writer.line(f"    {part}[threadIdx.x / 32] = {name};")
        writer.line("}")
        writer.line("__syncthreads();")
        for part, _, name in parts:
            writer.line(f"{name} = {part}[0];")
        with writer.block("for (int w = 1; w < (int)blockDim.x / 32; ++w)"):
            node.how.merge(writer, state, [f"{part}[w]" for part, _, _ in parts])
        writer.line("__syncthreads();")
