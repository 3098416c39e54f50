"""Floor 4: Python in the midst of ops. A recording cannot hold it, so where it stands, steps run op by op."""

import functools
import time

import numpy as np

from tinynn.autodiff.tensor import convert, operand
from tinynn.autodiff.variable import Variable

_WORLD = Variable(0, trainable=False, name="python_in_between")     # stands for all that such a call may depend on


def unrecorded():
    """Ends a recording of the ops around this call, as any reading of a value that may change does."""
    np.asarray(_WORLD)


def timestamp(name=None):
    """The seconds since 1970, as a float64 tensor."""
    unrecorded()
    return convert(time.time(), "float64")


def numpy_function(func=None, inp=None, Tout=None, stateful=True, name=None):
    """Calls a function of NumPy arrays; no gradient passes. Without `inp` it is a decorator.

    Args:
        func: the function.
        inp: its arguments, a list of tensors.
        Tout: the type, or types, of what it gives; None for any.
        stateful: whether it may give something else when it is called again; otherwise what it made of constants may
            be kept.
    """
    if inp is None:
        return _decorator(numpy_function, func, Tout)
    if stateful:
        unrecorded()
    inp = [operand(x) for x in inp]
    like = inp[0] if inp else None
    return _typed(func(*[np.asarray(x) for x in inp]), Tout, like)


def py_function(func=None, inp=None, Tout=None, name=None):
    """Calls a function of tensors. Without `inp` it is a decorator: `@tf.py_function(Tout=tf.float32)`."""
    if inp is None:
        return _decorator(py_function, func, Tout)
    unrecorded()
    return _typed(func(*[operand(x) for x in inp]), Tout)


def _decorator(call, func, Tout):
    if func is None:
        return lambda f: _decorator(call, f, Tout)
    return functools.wraps(func)(lambda *inp: call(func, inp, Tout))


def _typed(result, Tout, like=None):
    """What a Python function gave, as tensors of the types that were said."""
    if result is None:
        return None
    if isinstance(result, (list, tuple)):
        kinds = Tout if isinstance(Tout, (list, tuple)) else [Tout] * len(result)
        return [_typed(r, kind, like) for r, kind in zip(result, kinds, strict=True)]
    kind = Tout[0] if isinstance(Tout, (list, tuple)) and len(Tout) == 1 else Tout
    return convert(result, None if isinstance(kind, (list, tuple)) else getattr(kind, "dtype", kind), like=like)
