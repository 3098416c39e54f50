"""Floor 7: which op was the first to make a NaN, or an infinity, out of finite numbers."""

import os
import sys

import numpy as np

from tinynn.keras.layers.layer import Layer
from tinynn.keras.losses import Loss
from tinynn.keras.optimizers import Optimizer

# what of: the ops that are not defined everywhere, and what to write
_DOMAIN = {
    "log": "a logarithm of 0: write tf.math.log(x + 1e-7), or give the loss logits with from_logits=True",
    "log1p": "a logarithm of 0: keep x above -1",
    "divide": "a division by 0: write x / (y + 1e-7), or tf.math.divide_no_nan",
    "reciprocal": "a division by 0: add 1e-7",
    "sqrt": "a root of a negative number, or the gradient of a root at 0: write tf.sqrt(x + 1e-7)",
    "rsqrt": "a root of 0: add 1e-7",
    "pow": "a power of a negative number, or of 0",
}
_GROWTH = ("the numbers grew beyond what float32 holds: lower the learning rate, scale the data, or pass clipnorm=1.0 "
           "to the optimizer")


class Origin:
    """Listens to the ops of one step, and keeps the first that made NaN and the first that made infinity."""

    def __init__(self):
        self.nan = self.infinity = None     # (op, place)

    def hear(self, name, read, made):
        """Takes in an op."""
        if self.nan is not None:
            return
        results = _floats(made)
        if all(np.isfinite(array).all() for array in results):
            return
        inputs = _floats(read)
        if any(np.isnan(array).any() for array in results):
            if not any(np.isnan(array).any() for array in inputs):
                self.nan = name, _place()
        elif self.infinity is None and all(np.isfinite(array).all() for array in inputs):
            self.infinity = name, _place()

    def told(self, before=None):
        """What was found, in words.

        Args:
            before: the Origin of the step before, whose update may have brought the infinity.
        """
        infinity = self.infinity or (before.infinity if before is not None else None)
        if self.nan is None and infinity is None:
            return _GROWTH
        text = [f"the first NaN comes from {self.nan[0]!r}{self.nan[1]}"] if self.nan is not None else []
        if infinity is not None:
            text.append(f"the first infinity from {infinity[0]!r}{infinity[1]}")
        cause = (infinity or self.nan)[0]
        return f"{', '.join(text)}. That is {_DOMAIN.get(cause, _GROWTH)}"


def _floats(tensors):
    arrays = [np.asarray(t) for t in tensors]
    return [a for a in arrays if a.dtype.kind in "fc"]


def _place():
    """Where an op was called: the innermost layer, the optimizer, the user's line."""
    frame, owner, line, backward = sys._getframe(2), "", "", ""
    while frame is not None and frame.f_globals.get("__name__") != "tinynn.keras.training.advice":
        module = frame.f_globals.get("__name__", "")
        owner = owner or _owner(frame.f_locals.get("self"), frame.f_code.co_name)
        if module.startswith("tinynn.ops") and frame.f_code.co_name == "_":
            backward = " of the gradient"
        if not line and module.split(".")[0] != "tinynn":
            line = f" at line {frame.f_lineno} of {os.path.basename(frame.f_code.co_filename)}"
        frame = frame.f_back
    return f"{backward}{line or owner}"


def _owner(thing, method):
    """Whose method it is, in words, or ""."""
    if isinstance(thing, Optimizer):
        return f" in the update by {type(thing).__name__}"
    if isinstance(thing, Loss):
        return f" in the loss {thing.name!r}"
    return f" in {type(thing).__name__} {thing.name!r}" if isinstance(thing, Layer) and method == "call" else ""
