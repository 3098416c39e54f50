"""Floor 1: the global seed, and the seeds that something without one of its own takes from it, one after the other."""

import random

_global = {"seed": None, "sequence": None}


def set_global(seed):
    """Sets the seed (None: none) and restarts the sequence."""
    _global["seed"] = None if seed is None else int(seed)
    _global["sequence"] = random.Random(seed)


def global_seed():
    """The seed that was set, or None."""
    return _global["seed"]


def next_seed():
    """The next seed of the sequence, as TensorFlow deals them to ops and datasets; None where no seed was set."""
    return None if _global["seed"] is None else _global["sequence"].randint(0, 2**31 - 1)


def position():
    """Where the sequence is; `return_to` goes back there."""
    return _global["seed"], _global["sequence"] and _global["sequence"].getstate()


def return_to(where):
    """Goes back to where `position` was."""
    _global["seed"], state = where
    if state is not None:
        _global["sequence"].setstate(state)
