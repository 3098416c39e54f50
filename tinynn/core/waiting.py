"""Floor 1: how long the threads of OpenMP wait for each other before they leave the processor to somebody else."""

import contextlib
import os

TURNS = "10000"     # some 0.1 ms


@contextlib.contextmanager
def waits_briefly():
    """A context in which GCC's OpenMP, which is loaded with the C part, learns to wait for 10,000 turns of a loop.

    By itself it takes 300,000 turns, in which the thread that it waits for may be without a processor: on a machine
    where other programs run, small operations then take 5 to 20 times as long; where none do, nothing changes. What
    the environment says (OMP_WAIT_POLICY, GOMP_SPINCOUNT) counts; afterwards it is what it was, for other programs.
    """
    said = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & set(os.environ)
    if not said:
        os.environ["GOMP_SPINCOUNT"] = TURNS
    try:
        yield
    finally:
        if not said:
            os.environ.pop("GOMP_SPINCOUNT", None)
