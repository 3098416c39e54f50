"""What one eager op and one small training step cost, beside NumPy, PyTorch and TensorFlow.

    python benchmarks/overhead.py
    python benchmarks/overhead.py --python torch=PATH/TO/PYTHON --python tensorflow=PATH/TO/PYTHON

Each engine runs in a process of its own, in the interpreter named for it (by default this one). The engines take
turns, round by round, so that a slow moment of the machine hits them all. A figure is the median over the rounds, with
the smallest in brackets; the ratio is to tinynn's median. benchmarks/README.md says how to set up the peers.
"""

import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import sys

import peers

WORKLOADS = ["relu", "a + b", "relu, recorded", "a + b, recorded", "step", "step, compiled"]
TITLES = {"step": "step 10-40-40-5", "step, compiled": "step, compiled"}
ENGINES = ["tinynn", "numpy", "torch", "tensorflow"]
THREAD_SETTINGS = ["TINYNN_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                   "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]


class Peer:
    """An engine in a process of its own, which runs a workload each time it is told to."""

    def __init__(self, name, python, threads):
        env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
        env.update(dict.fromkeys(THREAD_SETTINGS, str(threads)) if threads else {})
        if python != sys.executable:
            env.pop("PYTHONPATH", None)
        self.name = name
        self.process = subprocess.Popen([python, peers.__file__, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=env)
        self.about = self.process.stdout.readline().strip()

    def seconds(self, workload):
        """Seconds per call, or None where this engine has no such workload."""
        print(workload, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"{self.name} ended while it ran {workload!r}")
        return None if answer == "none" else float(answer)

    def close(self):
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait()


def main():
    """Prints the table."""
    options = arguments()
    started = [Peer(name, options.python.get(name, sys.executable), options.threads) for name in options.engines]
    running = [peer for peer in started if peer.about]
    print(f"{cpu()}, {len(os.sched_getaffinity(0))} cores; Python {platform.python_version()}; "
          f"{options.rounds} interleaved rounds")
    for peer in started:
        print(f"  {peer.about or peer.name + ': not installed here; see benchmarks/README.md'}")
    figures = {(w, peer.name): [] for w in WORKLOADS for peer in running}
    for _ in range(options.rounds):
        for workload in WORKLOADS:
            for peer in running:
                figures[workload, peer.name].append(peer.seconds(workload))
    for peer in started:
        peer.close()
    table(figures, [peer.name for peer in running])


def arguments():
    """The command line; `python` as a dict from engine to interpreter, which TINYNN_BENCH_<ENGINE> also sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", default=[], metavar="ENGINE=PATH",
                        help="the interpreter that has this engine (torch, tensorflow, numpy)")
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--threads", type=int, help="for all engines; by default each uses what it uses by default")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    named = {e: os.environ[f"TINYNN_BENCH_{e.upper()}"] for e in ENGINES if f"TINYNN_BENCH_{e.upper()}" in os.environ}
    options.python = {**named, **dict(pair.split("=", 1) for pair in options.python)}
    return options


def table(figures, names):
    """Prints microseconds, median (smallest), and the ratio to tinynn."""
    print(f"\n{'microseconds':18}" + "".join(f"{name:>30}" for name in names))
    for workload in WORKLOADS:
        cells = []
        for name in names:
            times = [t * 1e6 for t in figures[workload, name] if t is not None]
            own = [t * 1e6 for t in figures.get((workload, "tinynn"), []) if t is not None]
            if not times:
                cells.append("-")
                continue
            median = statistics.median(times)
            ratio = f"{median / statistics.median(own):6.1f}x" if own and name != "tinynn" else " " * 7
            cells.append(f"{median:9.2f} ({min(times):8.2f}) {ratio}")
        print(f"{TITLES.get(workload, workload):18}" + "".join(f"{cell:>30}" for cell in cells))


def cpu():
    """The processor's name."""
    info = pathlib.Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
                platform.processor() or platform.machine())


if __name__ == "__main__":
    sys.exit(main())
