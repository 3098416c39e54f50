"""Floor 5: a program for people: its lines as they were recorded, and as they run, with what each one costs."""

import math

from tinynn.graph.cuda.plan import cuda_source
from tinynn.graph.listing import listing

PRODUCTS = {"matmul": 0, "matmul_bias": 0, "matmul_slope": 0, "matmul_update": 1}   # where the first factor stands
CONVOLUTIONS = {    # the values of a line that stand for the kernel and for what it makes of the windows
    "convolve": (lambda line: line.inputs[1], lambda line: line.outputs[0]),
    "convolve_bias": (lambda line: line.inputs[1], lambda line: line.outputs[0]),
    "convolve_input_grad": (lambda line: line.inputs[1], lambda line: line.inputs[0]),
    "convolve_kernel_grad": (lambda line: line.outputs[0], lambda line: line.inputs[1])}


class Report:
    """A recorded program.

    Attributes:
        name: what was recorded.
        recorded: the Program as the recorder wrote it down.
        program: the same after all passes, as it runs.
    """

    def __init__(self, name, recorded, executable):
        self.name, self.recorded, self.executable = name, recorded, executable
        self.program = executable.program

    def show(self, profile=False):
        """Both programs as numbered lines, and the memory of their results.

        Args:
            profile: adds, to the one that runs: the time of each line (the least of some runs, with the data of the
                last one; variables keep their values), its arithmetic and memory traffic per second, and the share of
                the fastest line that this is. `benchmarks/peak.py` measures what the machine can do at most.
        """
        notes = profiled(self.executable) if profile else None
        memory = f"{self.executable.arena_bytes:,} bytes for their results"
        time = f", {sum(self.executable.profile()) * 1e6:.2f} us" if profile else ""
        return "\n".join([
            f"{self.name}, as recorded: {len(self.recorded.lines)} lines", *listing(self.recorded), "",
            f"as it runs: {len(self.program.lines)} lines, {memory}{time}", *listing(self.program, notes)])

    @property
    def cuda(self):
        """The kernels, in CUDA C, that the program is on a GPU. They can be read without one."""
        return cuda_source(self.program)

    def __str__(self):
        return self.show()

    def __repr__(self):
        return f"<Report of {self.name}: {len(self.recorded.lines)} lines, {len(self.program.lines)} as it runs>"


def profiled(executable):
    """A note per line: time, GFLOP/s, GB/s, and which share of the best line's rate that is."""
    seconds = executable.profile()
    costs = [(flops(line), traffic(line)) for line in executable.program.lines]
    rates = [(f / s / 1e9, b / s / 1e9) if s else (0.0, 0.0) for (f, b), s in zip(costs, seconds, strict=True)]
    best = max((rate[0] for rate in rates), default=0), max((rate[1] for rate in rates), default=0)
    for line, s, (compute, memory) in zip(executable.program.lines, seconds, rates, strict=True):
        if not s:
            yield "   a view" if line.is_view else "   in another line's kernel"
            continue
        share = max(compute / best[0] if best[0] else 0, memory / best[1] if best[1] else 0)
        yield f"  {s * 1e6:9.2f} us {compute:7.1f} GFLOP/s {memory:7.1f} GB/s {share:5.0%}"


def flops(line):
    """Additions and multiplications of a line: 2 m n k of a product, also of a kernel's with every window; one per
    element of anything else."""
    if line.op.name in PRODUCTS:
        a = line.inputs[PRODUCTS[line.op.name]].shape
        k = a[-2] if line.attributes[0] else a[-1]
        return 2 * k * line.size
    if line.op.name in CONVOLUTIONS:
        kernel, y = (value(line).shape for value in CONVOLUTIONS[line.op.name])
        return 2 * math.prod(kernel[:-1]) * math.prod(y)
    return sum(math.prod(v.shape) for step in line.steps for v in (step.outputs or step.written))


def traffic(line):
    """Bytes that a line reads and writes."""
    read = sum(math.prod(v.shape) * v.dtype.size for v in line.inputs)
    return read + sum(math.prod(v.shape) * v.dtype.size for v in (*line.outputs, *line.written))
