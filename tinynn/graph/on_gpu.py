"""Floor 5: a program whose values live on a GPU, ready to run: as one CUDA graph, or call by call."""

import time

from tinynn.autodiff.tensor import array_of, convert, on_gpu
from tinynn.backends import gpu, reference


class OnGPU:
    """The calls of a program on one GPU.

    The first run goes call by call. Then the calls are recorded as one CUDA graph, where CuPy can do that: a launch
    computes them all in the memory that they had when they were recorded, and allocates nothing. A call that reads
    values (a check of indices) cannot be recorded; such a program goes on call by call.

    Args:
        program: the Program.
        place: the number of the GPU.

    Attributes:
        arena_bytes: the memory of all results together.
        why_no_graph: why there is no CUDA graph, or None.
    """

    in_python = ()
    busy = False

    def __init__(self, program, place):
        self.program, self.place, self.platform = program, place, gpu.platform()
        number = {value: i for i, value in enumerate(program.values)}
        self.arena_bytes = sum(_bytes(v) for v in number if v.kind == "result")
        self.constants = [array_of(convert(v.source).gpu(place)) if v.kind == "constant" else None for v in number]
        self.variables = program.variables
        written = {id(v) for v in program.written}
        self.writes = [id(v) in written for v in self.variables]
        of = {id(v): i for i, v in enumerate(self.variables)}
        self.held = [(i, of[id(v.source)]) for v, i in number.items() if v.kind == "variable"]
        self.inputs = [number[v] for v in program.inputs]
        self.results = [(number[v], program.bases.get(v, v).kind == "result") for v in program.results]
        self.calls = [(line.op, line.attributes, [number[v] for v in line.inputs], [number[v] for v in line.outputs])
                      for line in program.lines]
        self.dead = self._last_uses()
        self.runs, self.launch, self.why_no_graph = 0, None, None if self.platform.graphs else "the platform has none"

    def _last_uses(self):
        """Per call the numbers of the values that nothing after it uses."""
        needed, dead = {i for i, _ in self.results}, []
        for _, _, given, made in reversed(self.calls):
            dead.append([i for i in dict.fromkeys((*given, *made)) if i not in needed])
            needed.update(given)
        return dead[::-1]

    # ---- running -----------------------------------------------------------------------------------------------------

    def run(self, inputs):
        """The results for these inputs, tensors of the recorded shapes and types; not while it is `busy`."""
        self.busy = True
        try:
            with self.platform.at(self.place):
                arrays = [array_of(tensor) for tensor in inputs]
                variables = [v.own_array() if writes else v.array()
                             for v, writes in zip(self.variables, self.writes, strict=True)]
                self.runs += 1
                if self.why_no_graph is None and self.runs > 1 and self._recorded(arrays, variables):
                    for kept, array in zip(self.arrays, arrays, strict=True):
                        kept[...] = array
                    self.launch()
                    made = [array.copy() for array in self.made]
                else:
                    made = self._compute(arrays, variables)
                return [on_gpu(array) for array in made]
        finally:
            self.busy = False

    def _compute(self, arrays, variables):
        """The results, call by call."""
        memory = list(self.constants)
        for i, array in zip(self.inputs, arrays, strict=True):
            memory[i] = array
        for i, which in self.held:
            memory[i] = variables[which]
        for call, dead in zip(self.calls, self.dead, strict=True):
            self._call(call, memory)
            for i in dead:
                memory[i] = None
        return [memory[i] if fresh else memory[i].copy() for i, fresh in self.results]

    def _call(self, call, memory):
        op, attributes, given, made = call
        result = reference.run(op, self.platform.xp, [memory[i] for i in given], attributes,
                               self.platform.kernels.get(op.name))
        for i, array in zip(made, result if isinstance(result, (tuple, list)) else (result,), strict=False):
            memory[i] = array

    def _recorded(self, arrays, variables):
        """Whether there is a CUDA graph for variables that lie where they lie now."""
        where = [self.platform.address(array) for array in variables]
        if self.launch is None or where != self.where:
            self.launch, self.where, self.arrays = None, where, [gpu.copied(array) for array in arrays]
            try:
                self.launch, self.made = self.platform.recorded(lambda: self._compute(self.arrays, variables))
            except Exception as error:      # whatever CUDA says: its errors are CuPy's own classes
                self.why_no_graph = " ".join(str(error).split())[:120]
        return self.launch is not None

    # ---- for people --------------------------------------------------------------------------------------------------

    def state(self):
        """How it runs, in a few words."""
        if self.launch is not None:
            return f"runs on {gpu.name_of(self.place)} as one CUDA graph"
        why = f" (no CUDA graph: {self.why_no_graph})" if self.why_no_graph else ""
        return f"runs on {gpu.name_of(self.place)}, call by call{why}"

    def takes(self, shape_of):
        """No: its results do not lie in the CPU's memory."""
        return False

    def profile(self, repetitions=20):
        """Seconds per call, the least of some runs; variables keep their values, inputs are zeros."""
        xp, least = self.platform.xp, [float("inf")] * len(self.calls)
        with self.platform.at(self.place):
            for _ in range(repetitions):
                memory = list(self.constants)
                for i, value in zip(self.inputs, self.program.inputs, strict=True):
                    memory[i] = xp.zeros(value.shape, value.dtype.dtype)
                for i, which in self.held:
                    memory[i] = self.variables[which].array().copy()
                for k, call in enumerate(self.calls):
                    self.platform.wait()
                    start = time.perf_counter()
                    self._call(call, memory)
                    self.platform.wait()
                    least[k] = min(least[k], time.perf_counter() - start)
        return least


def _bytes(value):
    size = value.dtype.size
    for n in value.shape:
        size *= n
    return size
