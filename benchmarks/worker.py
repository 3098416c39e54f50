"""The engine's side of a benchmark: reads names of workloads from stdin, answers each with seconds per call."""

import gc
import sys
import time

SECONDS = 0.02          # that one measurement aims to take


def per_call(function):
    """Seconds per call of `function`, over as many calls as take SECONDS."""
    count = 1
    while True:
        begin = time.perf_counter()
        for _ in range(count):
            function()
        taken = time.perf_counter() - begin
        if taken >= SECONDS:
            return taken / count
        count = max(2 * count, int(count * SECONDS / max(taken, 1e-9)))


def main(engines, warm=True):
    """Answers one line for each line read.

    Args:
        engines: a function by each engine's name; it gives (a line about the engine, {name: function to time},
            {name: function that times itself}), and raises ImportError where the engine is not installed.
        warm: calls everything once before it is counted.
    """
    try:
        about, work, timed = engines[sys.argv[1]]()
    except ImportError:
        return
    print(about, flush=True)
    called = set()
    for line in sys.stdin:
        name = line.strip()
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
        answer = by_itself() if by_itself else per_call(function)
        gc.enable()
        print(answer, flush=True)
