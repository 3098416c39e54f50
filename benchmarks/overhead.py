"""What one eager op and one small training step cost, beside NumPy, PyTorch and TensorFlow.

    python benchmarks/overhead.py
    python benchmarks/overhead.py --python torch=PATH/TO/PYTHON --python tensorflow=PATH/TO/PYTHON

Each engine runs in a process of its own, in the interpreter named for it (by default this one). The engines take
turns, round by round, so that a slow moment of the machine hits them all. A figure is the median over the rounds, with
the smallest in brackets; the ratio is to tinynn's median. docs/benchmarks.md says how to set up the peers.
"""

import pathlib
import statistics

import harness

PEERS = pathlib.Path(__file__).parent / "overhead_peers.py"
WORKLOADS = ["relu", "a + b", "relu, recorded", "a + b, recorded", "step", "step, compiled"]
TITLES = {"step": "step 10-40-40-5", "step, compiled": "step, compiled"}


def main():
    """Prints the table."""
    options = harness.arguments(harness.parser(__doc__, ["tinynn", "numpy", "torch", "tensorflow"]))
    table(*harness.measure(PEERS, WORKLOADS, options))


def table(figures, names):
    """Prints microseconds, median (smallest), and the ratio to tinynn."""
    print(f"\n{'microseconds':18}" + "".join(f"{name:>30}" for name in names))
    for workload in WORKLOADS:
        cells = []
        for name in names:
            times = [t * 1e6 for t in figures[workload, name]]
            own = [t * 1e6 for t in figures.get((workload, "tinynn"), [])]
            if not times:
                cells.append("-")
                continue
            median = statistics.median(times)
            ratio = f"{median / statistics.median(own):6.1f}x" if own and name != "tinynn" else " " * 7
            cells.append(f"{median:9.2f} ({min(times):8.2f}) {ratio}")
        print(f"{TITLES.get(workload, workload):18}" + "".join(f"{cell:>30}" for cell in cells))


if __name__ == "__main__":
    main()
