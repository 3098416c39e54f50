"""Floor 7: which op was the first to make a NaN, or an infinity, out of finite numbers."""

import os
import sys

import numpy as np

from tinynn.explain.words import Words
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

say = Words({
    _DOMAIN["log"]: "0의 로그입니다: tf.math.log(x + 1e-7)로 쓰거나, from_logits=True인 손실에 로짓을 주세요",
    _DOMAIN["log1p"]: "0의 로그입니다: x를 -1보다 크게 유지하세요",
    _DOMAIN["divide"]: "0으로 나눈 것입니다: x / (y + 1e-7) 또는 tf.math.divide_no_nan을 쓰세요",
    _DOMAIN["reciprocal"]: "0으로 나눈 것입니다: 1e-7을 더하세요",
    _DOMAIN["sqrt"]: "음수의 제곱근이거나 0에서의 제곱근의 기울기입니다: tf.sqrt(x + 1e-7)로 쓰세요",
    _DOMAIN["rsqrt"]: "0의 제곱근의 역수입니다: 1e-7을 더하세요",
    _DOMAIN["pow"]: "음수 또는 0의 거듭제곱입니다",
    _GROWTH: "수가 float32의 범위를 넘어 커졌습니다: "
             "학습률을 낮추거나, 데이터의 크기를 맞추거나, 옵티마이저에 clipnorm=1.0을 주세요",
    "the first NaN comes from {source}": "첫 NaN은 {source}에서 생겼습니다",
    "the first infinity from {source}": "첫 무한대는 {source}에서 생겼습니다",
    "{op!r}{backward}{where}": "{where}{backward}{op!r}",
    " of the gradient": "기울기의 ",
    " at line {line} of {file}": "{file} {line}행의 ",
    " in the update by {name}": "{name}의 갱신에 있는 ",
    " in the loss {name!r}": "손실 {name!r}에 있는 ",
    " in {kind} {name!r}": "{kind} {name!r}에 있는 ",
})


class Origin:
    """Listens to the ops of one step, and keeps the first that made NaN and the first that made infinity.

    Where an op was called is looked for up to the function that made the Origin.
    """

    def __init__(self):
        self.nan = self.infinity = None     # (op, whether in the backward pass, where)
        self.top = sys._getframe(1).f_code

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
                self.nan = name, *self._place()
        elif self.infinity is None and all(np.isfinite(array).all() for array in inputs):
            self.infinity = name, *self._place()

    def _place(self):
        """(whether in the backward pass, the template and the values of where it was called)."""
        frame, owner, line, backward = sys._getframe(2), None, None, False
        while frame is not None and frame.f_code is not self.top:
            module = frame.f_globals.get("__name__", "")
            owner = owner or _owner(frame.f_locals.get("self"), frame.f_code.co_name)
            if module.startswith("tinynn.ops") and frame.f_code.co_name == "_":
                backward = True
            if not line and module.split(".")[0] != "tinynn":
                file = os.path.basename(frame.f_code.co_filename)
                line = " at line {line} of {file}", {"line": frame.f_lineno, "file": file}
            frame = frame.f_back
        return backward, line or owner

    def places(self, before=None, lang="en"):
        """Where the first of both came from, in words; "" where neither was heard.

        Args:
            before: the Origin of the step before, whose update may have brought the infinity.
            lang: the language.
        """
        found = [("the first NaN comes from {source}", self.nan),
                 ("the first infinity from {source}", self._infinity(before))]
        return ", ".join(say(lang, text, source=_source(lang, *heard)) for text, heard in found if heard is not None)

    def cause(self, before=None, lang="en"):
        """What that is, and what to write."""
        first = self._infinity(before) or self.nan
        return say(lang, _GROWTH if first is None else _DOMAIN.get(first[0], _GROWTH))

    def _infinity(self, before):
        return self.infinity or (before.infinity if before is not None else None)


def _source(lang, op, backward, where):
    return say(lang, "{op!r}{backward}{where}", op=op, backward=say(lang, " of the gradient") if backward else "",
               where="" if where is None else say(lang, where[0], **where[1]))


def has_nan(values):
    """Whether an array or tensor has a NaN in it."""
    return any(bool(np.isnan(array).any()) for array in _floats([values]))


def _floats(tensors):
    arrays = [np.asarray(t) for t in tensors]
    return [a for a in arrays if a.dtype.kind in "fc"]


def _owner(thing, method):
    """Whose method it is: a template and its values, or None."""
    if isinstance(thing, Optimizer):
        return " in the update by {name}", {"name": type(thing).__name__}
    if isinstance(thing, Loss):
        return " in the loss {name!r}", {"name": thing.name}
    if isinstance(thing, Layer) and method == "call":
        return " in {kind} {name!r}", {"kind": type(thing).__name__, "name": thing.name}
    return None
