"""Floor 5: a program whose values live on a GPU, ready to run: as one CUDA graph, or call by call."""

from tinynn.autodiff.tensor import array_of, convert, on_gpu
from tinynn.backends import checks, gpu
from tinynn.graph.cuda.plan import Plan


class OnGPU:
    """The calls of a program on one GPU.

    The first run goes call by call. Then the calls are recorded as one CUDA graph, where CuPy can do that: a launch
    computes them all in the memory that they had when they were recorded, and allocates nothing. Checks of indices
    leave a note there, at which the host looks before it reads. A call that reads values cannot be recorded; such a
    program goes on call by call.

    Args:
        program: the Program.
        place: the number of the GPU.
        feed: a Feed, which says where on the GPU the inputs come from; None where each run brings them.
        shown: the OnGPU that tells people about this one.

    Attributes:
        arena_bytes: the memory of all results together.
        why_no_graph: why there is no CUDA graph, or None.
        recorded: whether there is one, here or in EpochsOnGPU.
        notes: what its checks of indices find in a CUDA graph.
    """

    in_python = ()
    busy = False

    def __init__(self, program, place, feed=None, shown=None):
        self.program, self.place, self.platform, self.shown = program, place, gpu.platform(), shown
        self.notes = checks.Notes(self.platform, place)
        with self.platform.at(place):
            self.plan = Plan(program, self.platform, self.notes, feed)
        cells = self.plan.cells
        self.arena_bytes = sum(_bytes(v) for v in program.values if v.kind == "result")
        self.constants = {cells[v]: self.platform.xp.ascontiguousarray(array_of(convert(v.source).gpu(place)))
                          for v in program.values if v.kind == "constant"}
        self.constants.update(feed.memory if feed else {})
        self.variables = program.variables
        written = {id(v) for v in program.written}
        self.writes = [id(v) in written for v in self.variables]
        cell_of = {id(v.source): cells[v] for v in program.values if v.kind == "variable"}
        self.held = [cell_of[id(v)] for v in self.variables]
        self.inputs = [] if feed else [cells[v] for v in program.inputs]
        self.results = [cells[v] in self.plan.fresh for v in program.results]
        self.runs, self.launch, self.recorded = 0, None, False
        self.why_no_graph = None if self.platform.graphs else "the platform has none"

    # ---- running -----------------------------------------------------------------------------------------------------

    def run(self, inputs):
        """The results for these inputs, tensors of the recorded shapes and types; not while it is `busy`."""
        self.busy = True
        try:
            with self.platform.at(self.place):
                arrays = [array_of(tensor) for tensor in inputs]
                self.prepare_variables()
                self.runs += 1
                if self.why_no_graph is None and self.runs > 1 and self._recorded(arrays):
                    for kept, array in zip(self.arrays, arrays, strict=True):
                        if array.flags.c_contiguous:
                            self.platform.copy(kept, array)
                        else:
                            kept[...] = array
                    self.notes.launched()
                    self.launch()
                    made = [array.copy() for array in self.made]    # who holds them may hold them long
                elif self.why_no_graph is None:
                    made = self.compute(arrays)         # as in the graph, whose kernels are compiled here
                    self.notes.launched()               # which checks there are is known only now
                else:
                    made = self.compute_now(arrays)
                return [on_gpu(array) for array in made]
        finally:
            self.busy = False

    def prepare_variables(self):
        """Makes the memory of the variables that are written their own."""
        for variable, writes in zip(self.variables, self.writes, strict=True):
            if writes:
                variable.own_array()

    def held_variables(self):
        """The arrays of the variables. Who keeps one makes the next write go elsewhere."""
        return [variable.array() for variable in self.variables]

    def where_variables_lie(self):
        """The addresses of the variables, which a CUDA graph knows."""
        return [self.platform.address(variable.array()) for variable in self.variables]

    def compute(self, arrays, variables=None):
        """The results for arrays, as a CUDA graph computes them: checks of indices leave a note.

        Args:
            variables: arrays in the place of those of the variables.
        """
        with self.notes:
            return self._compute(arrays, self.held_variables() if variables is None else variables)

    def compute_now(self, arrays):
        """The same call by call: a check of indices raises."""
        try:
            return self._compute(arrays, self.held_variables())
        finally:
            if self.notes.kept:     # those in kernels
                self.notes.look()

    def forget(self):
        """Gives up the CUDA graph, and its memory; the next run records another."""
        self.launch = self.arrays = self.made = None

    def _compute(self, arrays, variables):
        """The results, step by step."""
        memory = dict(self.constants)
        memory.update(zip(self.inputs, map(self.platform.xp.ascontiguousarray, arrays), strict=True))
        memory.update(zip(self.held, variables, strict=True))
        made = self.plan.run(memory)
        return [array if fresh else array.copy() for array, fresh in zip(made, self.results, strict=True)]

    def _recorded(self, arrays):
        """Whether there is a CUDA graph for variables that lie where they lie now."""
        where = self.where_variables_lie()
        if self.launch is None or where != self.where:
            self.forget()
            self.where, self.arrays = where, [self.platform.xp.empty(array.shape, array.dtype) for array in arrays]
            for kept, array in zip(self.arrays, arrays, strict=True):
                kept[...] = array
            try:
                self.launch, self.made = self.platform.recorded(lambda: self.compute(self.arrays))
                self.is_recorded()
            except Exception as error:      # whatever CUDA says: its errors are CuPy's own classes
                self.say_why_no_graph(error)
        return self.launch is not None

    def is_recorded(self):
        """Notes that there is a CUDA graph."""
        self.recorded = True
        if self.shown:
            self.shown.is_recorded()

    def say_why_no_graph(self, error):
        """Notes what spoke against a CUDA graph; no other is tried."""
        self.why_no_graph = " ".join(str(error).split())[:120]
        if self.shown:
            self.shown.say_why_no_graph(error)

    # ---- for people --------------------------------------------------------------------------------------------------

    def state(self):
        """How it runs, in a few words."""
        if self.recorded:
            return f"runs on {gpu.name_of(self.place)} as one CUDA graph"
        why = f" (no CUDA graph: {self.why_no_graph})" if self.why_no_graph else ""
        return f"runs on {gpu.name_of(self.place)}, call by call{why}"

    def takes(self, shape_of):
        """Whether every result is made by the program, and shape_of(result's shape) is true of it."""
        return all(v.kind == "result" and self.program.bases.get(v, v).kind == "result" and shape_of(v.shape)
                   for v in self.program.results)

    def profile(self, repetitions=20):
        """Seconds per line, the least of some runs; variables keep their values, inputs are zeros.

        What several lines became one kernel for is the last one's time; the others have 0.
        """
        xp, seconds = self.platform.xp, [0.0] * len(self.program.lines)
        with self.platform.at(self.place):
            memory = dict(self.constants)
            inputs = [xp.zeros(v.shape, v.dtype.dtype) for v in self.program.inputs]
            memory.update(zip(self.inputs, inputs, strict=True))
            memory.update(zip(self.held, [array.copy() for array in self.held_variables()], strict=True))
            for number, least in self.plan.times(memory, repetitions):
                seconds[number] += least
        return seconds


def _bytes(value):
    size = value.dtype.size
    for n in value.shape:
        size *= n
    return size
