"""Floor 8: one engine's process: reads questions from stdin, answers each with a number in a line.

Questions are names of workloads, whose answer is seconds per call, or what an engine's own table answers.
"""

import gc
import os
import sys
import time

SECONDS = 0.02          # that one measurement aims to take
MISSING = 3             # the exit code where the engine is not installed
DEVICE = os.environ.get("TINYNN_BENCH_DEVICE", "")      # where to train: GPU:0, CPU:0; "" is the processor as ever


def per_call(function):
    """(seconds, processor seconds) per call of `function`, over as many calls as take SECONDS."""
    count = 1
    while True:
        begin, processor = time.perf_counter(), time.process_time()
        for _ in range(count):
            function()
        taken, processor = time.perf_counter() - begin, time.process_time() - processor
        if taken >= SECONDS:
            return taken / count, processor / count
        count = max(2 * count, int(count * SECONDS / max(taken, 1e-9)))


def cores():
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def threads(count):
    """A number of threads in words; None is what an engine takes by itself."""
    return f"{count} thread{'' if int(count) == 1 else 's'}" if count else "as many threads as cores"


def blas_threads():
    """The threads of NumPy's and SciPy's OpenBLAS, in words."""
    return threads(os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS"))


def main(engines, warm=True):
    """Answers one line for each line read.

    Args:
        engines: a function by each engine's name; it gives (a line about the engine, {name: function to time},
            {name: function that times itself}), and raises ImportError where the engine is not installed.
        warm: calls everything once before it is counted.
    """
    try:
        about, work, timed = engines[sys.argv[1]]()
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(MISSING)
    print(about, flush=True)
    called, processor = set(), None
    for line in sys.stdin:
        name = line.strip()
        if name == "cpu":       # of the last measurement
            print(processor, flush=True)
            continue
        by_itself = timed.get(name)
        function = by_itself or work.get(name)
        if function is None:
            print("none", flush=True)
            continue
        if warm and name not in called:
            function()      # the first call is not counted
            called.add(name)
        gc.collect()
        gc.disable()        # as timeit does
        if by_itself:
            answer = by_itself()
        else:
            answer, processor = per_call(function)
        gc.enable()
        print("none" if answer is None else answer, flush=True)
