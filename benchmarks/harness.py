"""What the scripts of this folder share: their command lines, and figures of engines that take turns.

The engines run in processes of their own (tinynn/cli/bench/harness.py) and take turns round by round, so that a slow
moment of the machine hits them all; a figure is the median over the rounds. docs/benchmarks.md says how to set up
peers.
"""

import argparse
import contextlib
import platform
import statistics

from tinynn.cli.bench.harness import interpreters, started
from tinynn.cli.bench.rivals.engines import PACKAGES, package
from tinynn.cli.bench.rivals.worker import cores
from tinynn.cli.machine import processor as cpu


@contextlib.contextmanager
def running(script, options, quiet=False):
    """The engines that are installed, started; unless `quiet`, says which, and which are not."""
    with started(script, options.engines, options) as peers:
        if not quiet:
            print(f"{cpu()}, {cores()} cores; Python {platform.python_version()}; "
                  f"{options.rounds} interleaved rounds")
            for peer in peers:
                absent = peer.absent or "not installed here; see docs/benchmarks.md"
                print(f"  {peer.name}: {peer.about or absent}", flush=True)
        yield [peer for peer in peers if peer.about]


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
                    seconds = peer.answer(workload)
                    if seconds is not None:
                        figures[workload, peer.name].append(seconds)
        return figures, [peer.name for peer in peers]


def medians(figures):
    """The median of each figure; None where an engine has no such workload."""
    return {key: statistics.median(times) if times else None for key, times in figures.items()}


def parser(description, engines):
    """A command line with the options that every benchmark has."""
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("--python", action="append", default=[], metavar="ENGINE=PATH",
                        help="the interpreter that has this engine")
    result.add_argument("--engines", nargs="+", default=engines, metavar="ENGINE", choices=[*PACKAGES, *engines],
                        help=f"of {' '.join(engines)}; `jax` stands for every `jax-...`")
    result.add_argument("--threads", type=int, help="for all engines; by default each uses what it uses by default")
    result.add_argument("--rounds", type=int, default=15)
    result.add_argument("--errors", action="store_true", help="show what the engines write to their error output")
    result.set_defaults(seconds=None, device=None)
    return result


def arguments(parser):
    """The command line; `python` as a dict from package to interpreter, which TINYNN_BENCH_<ENGINE> also sets."""
    options = parser.parse_args()
    options.engines = [e for e in parser.get_default("engines") if {e, package(e)} & set(options.engines)]
    try:
        options.python = interpreters(options.python)
    except ValueError as error:
        parser.error(str(error))
    return options
