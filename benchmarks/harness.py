"""The other side of a benchmark: engines in processes of their own, which take turns.

Engines take turns round by round, so that a slow moment of the machine hits them all; a figure is the median over the
rounds. benchmarks/README.md says how to set up the peers.
"""

import argparse
import contextlib
import os
import pathlib
import platform
import statistics
import subprocess
import sys

ENGINES = ["tinynn", "numpy", "torch", "tensorflow", "jax", "sklearn"]
THREAD_SETTINGS = ["TINYNN_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                   "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]
JAX_FLAGS = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"    # JAX has no other switch


class Peer:
    """An engine in a process of its own, which runs a workload each time it is told to."""

    def __init__(self, name, script, options):
        python, threads = options.python.get(package(name), sys.executable), options.threads
        env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
        if threads == 1:
            env["XLA_FLAGS"] = JAX_FLAGS
        env.update(dict.fromkeys(THREAD_SETTINGS, str(threads)) if threads else {})
        if python != sys.executable:
            env.pop("PYTHONPATH", None)
        self.name = name
        self.process = subprocess.Popen([python, str(script), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=None if options.errors else subprocess.DEVNULL, text=True, env=env)
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


@contextlib.contextmanager
def running(script, options, quiet=False):
    """The engines that are installed, started; unless `quiet`, says which, and which are not."""
    started = [Peer(name, script, options) for name in options.engines]
    try:
        if not quiet:
            print(f"{cpu()}, {len(os.sched_getaffinity(0))} cores; Python {platform.python_version()}; "
                  f"{options.rounds} interleaved rounds")
            for peer in started:
                print(f"  {peer.name}: {peer.about or 'not installed here; see benchmarks/README.md'}", flush=True)
        yield [peer for peer in started if peer.about]
    finally:
        for peer in started:
            peer.close()


def measure(script, workloads, options):
    """Runs the workloads on every engine that is installed, and says which those are.

    Returns:
        {(workload, engine): seconds per call, one per round}, and the engines' names.
    """
    with running(script, options) as peers:
        figures = {(w, peer.name): [] for w in workloads for peer in peers}
        for _ in range(options.rounds):
            for workload in workloads:
                for peer in peers:
                    seconds = peer.seconds(workload)
                    if seconds is not None:
                        figures[workload, peer.name].append(seconds)
        return figures, [peer.name for peer in peers]


def package(engine):
    """What must be installed: `jax` for `jax-scan`."""
    return engine.split("-")[0]


def medians(figures):
    """The median of each figure; None where an engine has no such workload."""
    return {key: statistics.median(times) if times else None for key, times in figures.items()}


def parser(description, engines):
    """A command line with the options that every benchmark has."""
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("--python", action="append", default=[], metavar="ENGINE=PATH",
                        help="the interpreter that has this engine")
    result.add_argument("--engines", nargs="+", default=engines, metavar="ENGINE", choices=[*ENGINES, *engines],
                        help=f"of {' '.join(engines)}; `jax` stands for every `jax-...`")
    result.add_argument("--threads", type=int, help="for all engines; by default each uses what it uses by default")
    result.add_argument("--rounds", type=int, default=15)
    result.add_argument("--errors", action="store_true", help="show what the engines write to their error output")
    return result


def arguments(parser):
    """The command line; `python` as a dict from engine to interpreter, which TINYNN_BENCH_<ENGINE> also sets."""
    options = parser.parse_args()
    options.engines = [e for e in parser.get_default("engines") if {e, package(e)} & set(options.engines)]
    named = {e: os.environ[f"TINYNN_BENCH_{e.upper()}"] for e in ENGINES if f"TINYNN_BENCH_{e.upper()}" in os.environ}
    options.python = {**named, **dict(pair.split("=", 1) for pair in options.python)}
    return options


def cpu():
    """The processor's name."""
    info = pathlib.Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
                platform.processor() or platform.machine())
