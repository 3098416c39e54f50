"""Training on a GPU: tinynn's `fit` beside JAX and PyTorch, what of the card's own peaks that is, and where it goes.

    python benchmarks/gpu.py --python jax=PATH --python torch=PATH
    python benchmarks/gpu.py --only W5 --engines tinynn --device GPU:1

Peaks, through CuPy in the same run: a float32 product of large matrices (cuBLAS, no TF32), a copy from the card to the
card (read and written bytes), the launch of an empty kernel, and CUDA graphs of 1, 10 and 20 of them.

Training is that of `tinynn bench --device GPU:0` (docs/benchmarks.md has the rules). Then tinynn's step alone: a CUDA
graph of some steps, without what `fit` does around them, and each kernel by itself, launched and waited for. What a
step must do is the multiply-adds of its products, and the bytes of its batch and of the optimizer's update; weights
and activations that products read are not counted, and no cache is assumed.

The last lines are the bars, reached or not. The exit code is 0, 1 where an engine failed or a bar was not reached, and
3 where there is no GPU.
"""

import dataclasses
import math
import sys
import textwrap
import time
import warnings

import harness
import numpy as np

import tinynn as tf
from tinynn.backends import gpu
from tinynn.cli.bench.chart import short
from tinynn.cli.bench.harness import RIVALS, TRAINING
from tinynn.cli.bench.measuring import QUICK_ON_GPU, Result, training
from tinynn.cli.bench.report import Table, as_text
from tinynn.cli.bench.rivals import jobs
from tinynn.cli.bench.rivals.engines import ENGINES, GPU_PACKAGES, package
from tinynn.explain.text import fold, table

NO_GPU = 3
MATRIX, COPIED = 8192, 1 << 28      # rows and columns; bytes
GRAPHS = (1, 10, 20)
STEPS = 20              # of a network in one graph
AIM, ROUNDS = 0.05, 5   # seconds of a measurement; the least of so many
FEW = 400               # steps of the shorter `fit` in which allocations are counted
W1_BAR = 15e-6          # seconds per step
RARE = 0.5              # allocations per step; below, they are not a step's: fit keeps its variables, in case of NaN
EMPTY = 'extern "C" __global__ void nothing() {}\n'


@dataclasses.dataclass
class Peaks:
    """What the card can do: operations and bytes per second, and seconds of a launch.

    Attributes:
        launch: of an empty kernel after many others; `trip` also waits for it.
        graphs: {empty kernels in a CUDA graph: seconds of its launch, after many others}.
    """

    flops: float
    bytes: float
    launch: float
    trip: float
    graphs: dict

    def lines(self):
        """As text."""
        rows = [["float32 product", f"{self.flops / 1e12:.2f} TFLOP/s"], ["copy", f"{self.bytes / 1e9:.0f} GB/s"],
                ["launch of an empty kernel", f"{short(self.launch * 1e6)} us"],
                ["  and waiting for it", f"{short(self.trip * 1e6)} us"]]
        rows += [[f"CUDA graph of {n} of them", f"{short(s * 1e6)} us"] for n, s in self.graphs.items()]
        return table(rows, right=[1])


def seconds(platform, run, aim=AIM):
    """Of one run, when many are given to the GPU; the least of ROUNDS."""
    def taken(count):
        platform.wait()
        begin = time.perf_counter()
        for _ in range(count):
            run()
        platform.wait()
        return time.perf_counter() - begin

    count = 1
    taken(count)        # compiles
    while (passed := taken(count)) < aim / 4:
        count *= 4
    count = max(1, math.ceil(count * aim / passed))
    return min(taken(count) for _ in range(ROUNDS)) / count


def peaks(platform, matrix=MATRIX, copied=COPIED, aim=AIM):
    """The Peaks of the present GPU."""
    xp, rng = platform.xp, np.random.default_rng(0)     # a card takes less power, and is faster, for equal numbers
    a, b = (platform.put(rng.standard_normal((matrix, matrix), "float32"), platform.present()) for _ in range(2))
    out = xp.empty((matrix, matrix), "float32")
    flops = 2 * matrix ** 3 / seconds(platform, lambda: xp.matmul(a, b, out=out), aim)
    source, target = (xp.zeros(copied, "uint8") for _ in range(2))
    rate = 2 * copied / seconds(platform, lambda: platform.copy(target, source), aim)
    kernel = xp.RawModule(code=EMPTY).get_function("nothing")

    def launch():
        kernel((1,), (1,), ())

    def trip():
        launch()
        platform.wait()

    one, waited = (seconds(platform, run, aim) for run in (launch, trip))
    return Peaks(flops, rate, one, waited, {n: seconds(platform, repeated(platform, launch, n), aim) for n in GRAPHS})


def repeated(platform, run, count):
    """A function that launches a CUDA graph of so many runs."""
    def runs():
        for _ in range(count):
            run()
        return []

    run()       # what is compiled and loaded now, is not while it is recorded
    return platform.recorded(runs)[0]


# ---- tinynn alone ----------------------------------------------------------------------------------------------------


class Alone:
    """A job that tinynn trains in this process, in whole batches only.

    Args:
        job: of jobs.py, with random data.
        device: its name.
    """

    def __init__(self, job, device):
        sys.path.append(str(RIVALS))
        import by_keras

        job = dataclasses.replace(job, samples=job.samples // job.batch * job.batch)
        self.job, self.platform = job, gpu.platform()
        self.data = job.data()
        with tf.device(device):
            self.fit = by_keras.Fit(tf, job, *self.data)
        self.fit.run(2, shuffle=True)
        self.executable = self.fit.model.train_program.executable

    def step(self, aim=AIM):
        """Seconds of a step inside a CUDA graph of STEPS, on the first batch; the variables are copies."""
        step, platform = self.executable, self.platform
        with platform.at(step.place):
            inputs = [platform.put(array[:self.job.batch], step.place) for array in self.data]
            variables = [array.copy() for array in step.held_variables()]
            graph = repeated(platform, lambda: step.compute(inputs, variables), STEPS)
            return seconds(platform, graph, aim) / STEPS

    def allocations(self, counting):
        """(allocations that a longer `fit` makes more than a shorter one, steps that it does more).

        Args:
            counting: a context that gives a function: how many allocations there were.
        """
        found, few = [], max(4, FEW // self.job.steps)
        for count in (few, 3 * few):
            with counting() as made:
                self.fit.run(count, shuffle=True)
                found.append(made())
        return found[1] - found[0], 2 * few * self.job.steps

    def room(self, rounds=5, epochs=4):
        """Bytes that the card still has for arrays, after each of some `fit`s."""
        left = []
        for _ in range(rounds):
            self.fit.run(epochs, shuffle=True)
            with self.platform.at(self.executable.place):
                left.append(self.platform.free_memory())
        return left


class Counting:
    """A context that counts what CuPy's pools are asked for."""

    def __init__(self):
        cuda, self.count = gpu.platform().xp.cuda, 0

        class Hook(cuda.MemoryHook):
            name = "tinynn"

            def malloc_preprocess(hook, **kwargs):
                self.count += 1

        self.hook = Hook()

    def __enter__(self):
        self.hook.__enter__()
        return lambda: self.count

    def __exit__(self, *error):
        self.hook.__exit__(*error)


# ---- what it says ----------------------------------------------------------------------------------------------------


def shares(job, taken, limits):
    """A line: what a step must do, and which share of the card's peaks that is in the time that it takes."""
    flops, moved = job.flops(), job.bytes(0)
    return (f"{job.name}: {flops / 1e6:,.1f} MFLOP and {moved / 1e6:,.2f} MB a step, at the peaks "
            f"{short(flops / limits.flops * 1e6)} us and {short(moved / limits.bytes * 1e6)} us; "
            f"tinynn takes {short(taken * 1e6)} us: {flops / taken / limits.flops:.1%} of the float32 peak, "
            f"{moved / taken / limits.bytes:.1%} of the bandwidth")


def kernels(executable):
    """Rows [time, ops] of what a step launches; ops that share a kernel stand with the last of them."""
    ops = []
    for line, taken in zip(executable.program.lines, executable.profile(), strict=True):
        ops.append(line.op.name)
        if taken:
            yield [f"{short(taken * 1e6)} us", textwrap.shorten(", ".join(ops), 80, placeholder=" ...")]
            ops = []


def bars(results):
    """(what, whether it is reached, or None where that cannot be said) of the Results of jobs."""
    for result in results:
        name, own = result.workload.name, result.own
        rivals = [row for row in result.rows if row.seconds and (
            package(row.engine) == "jax" or row.engine == "torch-compile")]
        if own and name == "W1":
            yield f"W1: {short(own.median * 1e6)} us a step, at most {W1_BAR * 1e6:.0f}", own.median <= W1_BAR
        elif own and {package(row.engine) for row in rivals} == {"jax", "torch"}:
            best = min(rivals, key=lambda row: row.median)
            yield (f"{name}: {short(own.median * 1e6)} us a step, at most {short(best.median * 1e6)} "
                   f"({best.engine})", own.median <= best.median)
        else:
            yield f"{name}: tinynn's fit" + " beside JAX and PyTorch compiled" * (name != "W1"), None


def memory_bars(name, allocations, steps, left):
    """The same of memory: the first `fit` may take what later ones keep."""
    yield (f"{name}: {allocations} allocations in {steps:,} further steps, below {RARE:g} a step (fit keeps its "
           "variables now and then)", allocations < RARE * steps)
    lost = left[1] - left[-1]
    yield (f"{name}: after {len(left)} calls of fit {lost / 1e6:.1f} MB less is free on the card than after 2, "
           "at most 0", lost <= 0)


def verdicts(found):
    """The bars as lines."""
    return [f"  {word}: {what}" for what, reached in found
            for word in [{True: "reached", False: "NOT REACHED", None: "not measured"}[reached]]]


def main():
    """Measures and prints; see above."""
    engines = [name for name in ENGINES if package(name) in GPU_PACKAGES]
    parser = harness.parser(__doc__, engines)
    parser.set_defaults(rounds=7, seconds=1.0)
    parser.add_argument("--device", default="GPU:0", metavar="NAME")
    parser.add_argument("--only", nargs="+", default=QUICK_ON_GPU, choices=QUICK_ON_GPU)
    options = harness.arguments(parser)
    try:
        place = gpu.available(gpu.place_named(options.device))
        if place == gpu.CPU:
            raise gpu.NoGPU(f"{options.device} is no GPU")
        options.device = gpu.name_of(place)
    except (gpu.NoGPU, ValueError) as error:
        print(f"benchmarks/gpu.py measures nothing: {error}")
        sys.exit(NO_GPU)
    platform = gpu.platform()
    print(f"{options.device}: {platform.described(place)}")
    with platform.at(place):
        limits = peaks(platform)
        platform.release()      # for the other processes
    print("\n".join(limits.lines()))
    found = measured(options)
    warnings.simplefilter("ignore", tf.TinynnHint)      # W1's rate falls fast, and hints say so
    bars_found = list(bars(found))
    for result in found:
        bars_found += alone(result, options.device, limits)
    print("\nThe bars", *verdicts(bars_found), sep="\n")
    failed = any(row.failed for result in found for row in result.rows) or not all(result.own for result in found)
    if failed or any(ok is False for _, ok in bars_found):
        sys.exit(1)


def measured(options):
    """The Results of the jobs, printed as they come."""
    results = []
    with harness.running(TRAINING, options) as peers:
        for name in options.only:
            results.append(Result(training(name), options.threads, options.device))
            results[-1].measure(peers, options.rounds)
            if results[-1].ranked:
                print("", *as_text(Table(results[-1:]), "en"), sep="\n", flush=True)
    return results


def alone(result, device, limits):
    """Prints what tinynn's steps are made of, and how long each part takes; returns the bars of memory."""
    one = Alone(jobs.job(result.workload.name), device)
    print()
    if result.own:
        print(*fold(shares(one.job, result.own.median, limits)), sep="\n")
    if one.executable.why_no_graph:
        print(f"no CUDA graph: {one.executable.why_no_graph}")
    else:
        print(f"{one.job.name}: a step in a CUDA graph of {STEPS} takes {short(one.step() * 1e6)} us")
    print(f"{one.job.name}: kernels and products, each launched and waited for")
    print(*table(kernels(one.executable), right=[0]), sep="\n", flush=True)
    return list(memory_bars(one.job.name, *one.allocations(Counting), one.room()))


if __name__ == "__main__":
    main()
