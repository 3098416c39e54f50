"""The kernels beside NumPy, PyTorch and JAX, and as shares of what the machine can do.

    python benchmarks/kernels.py --threads 1 --python torch=PATH --python jax=PATH
    python benchmarks/kernels.py --only matmul --dtype float64

Each line names a workload, the time of every engine (median of interleaved rounds, in microseconds), how many times
faster tinynn is than the fastest other, and the share that tinynn reaches of the bound that peak.py measures in the
same run: multiply-adds for matmul, memory for the rest.
"""

import math

import harness
import peak

import tinynn
from tinynn.cli.bench.harness import KERNELS

SQUARES = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
RECTANGLES = [(10, 10, 40), (10, 40, 40), (32, 64, 128), (128, 784, 512), (784, 128, 512), (128, 512, 784),
              (256, 1024, 4096), (1, 784, 512), (1000, 10, 10)]      # (M, K, N)
VECTORS = {"sum": 1, "relu": 2, "sigmoid": 2, "tanh": 2, "exp": 2, "softmax": 2}   # arrays that pass through memory
SIZES = [1000, 100_000, 10_000_000]
ADAM_ARRAYS = 7     # reads w, m, v and g, writes w, m and v


def workloads(options):
    """The names of the workloads that were asked for."""
    names = []
    if options.only in (None, "matmul"):
        shapes = [(n, n, n) for n in SQUARES if n <= options.largest] + RECTANGLES
        names += [f"matmul {form} {options.dtype} {m} {k} {n}" for form in ("nn", "tn", "nt") for m, k, n in shapes]
    if options.only in (None, "vectors"):
        names += [f"{op} {options.dtype} {size}" for op in VECTORS for size in SIZES]
        names += [f"adam {options.dtype} 10000000"]
    return names


def share(name, seconds, limits, threads):
    """The part of the machine's peak that a workload reaches in this time."""
    op, *rest = name.split()
    if op == "matmul":
        m, k, n = map(int, rest[2:])
        return 2 * m * k * n / seconds / 1e9 / limits["fma", rest[1], tinynn._bridge.isa(), threads]
    arrays = ADAM_ARRAYS if op == "adam" else VECTORS[op]
    kind = "read" if op == "sum" else "copy"
    size = int(rest[1]) * (4 if rest[0] == "float32" else 8)
    return arrays * size / seconds / 1e9 / limits["memory", kind, "-", threads]


def main():
    """Prints the table."""
    parser = harness.parser(__doc__, ["tinynn", "numpy", "torch", "jax"])
    parser.add_argument("--only", choices=["matmul", "vectors"])
    parser.add_argument("--dtype", default="float32", choices=["float32", "float64"])
    parser.add_argument("--largest", type=int, default=4096, help="the largest square matrix")
    options = harness.arguments(parser)
    threads = options.threads or tinynn.num_threads()
    limits = peak.measure(threads)
    names = workloads(options)
    figures, engines = harness.measure(KERNELS, names, options)
    medians = harness.medians(figures)
    others = [e for e in engines if e != "tinynn"]
    print(f"\n{'microseconds':36}" + "".join(f"{e:>12}" for e in engines) + f"{'ratio':>8}{'of peak':>9}")
    ratios = []
    for name in names:
        own = medians[name, "tinynn"]
        rivals = [medians[name, e] for e in others if medians[name, e] is not None]
        ratio = min(rivals) / own if rivals else None
        ratios += [(name, ratio)] if ratio else []
        times = [medians[name, engine] for engine in engines]
        cells = "".join(f"{'-' if t is None else format(t * 1e6, '.2f'):>12}" for t in times)
        print(f"{name:36}{cells}{'-' if ratio is None else format(ratio, '.2f'):>8}"
              f"{share(name, own, limits, threads):9.0%}")
    for kind in ("matmul nn", "matmul tn", "matmul nt"):
        group = [r for n, r in ratios if n.startswith(kind)]
        if group:
            mean = math.exp(sum(map(math.log, group)) / len(group))
            print(f"{kind}: {mean:.2f} times the fastest peer in the geometric mean, {min(group):.2f} at least")


if __name__ == "__main__":
    main()
