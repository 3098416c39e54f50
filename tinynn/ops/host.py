"""Floor 4: Python in the midst of ops. A recording cannot hold it, so where it stands, steps run op by op."""

import numpy as np

from tinynn.autodiff.tensor import convert, operand
from tinynn.autodiff.variable import Variable

_WORLD = Variable(0, trainable=False, name="python_in_between")     # stands for all that such a call may depend on


def unrecorded():
    """Ends a recording of the ops around this call, as any reading of a value that may change does."""
    np.asarray(_WORLD)


def numpy_function(func=None, inp=None, Tout=None, stateful=True, name=None):
    """Calls a function of NumPy arrays; no gradient passes.

    Args:
        func: the function.
        inp: its arguments, a list of tensors.
        Tout: accepted.
        stateful: whether it may give something else when it is called again; otherwise what it made of constants may
            be kept.
    """
    if stateful:
        unrecorded()
    inp = [operand(x) for x in inp]
    like = inp[0] if inp else None
    result = func(*[np.asarray(x) for x in inp])
    if isinstance(result, (list, tuple)):
        return [convert(r, like=like) for r in result]
    return convert(result, like=like)


def py_function(func=None, inp=None, Tout=None, name=None):
    """Calls a function of tensors."""
    unrecorded()
    return func(*[operand(x) for x in inp])
