"""Floor 7: whether a training run solved its task, and how sure a share of such runs is."""

import math
from numbers import Real

import numpy as np

from tinynn.explain.words import Words

BATCH = 1024    # samples per batch of predictions
Z = 1.959963984540054   # a normal number lies within +-Z with a probability of 95 %

say = Words({
    "every training sample is classified right": "모든 훈련 샘플을 옳게 분류함",
    "the last loss is below {limit:g}": "마지막 손실이 {limit:g}보다 작음",
    "the function `solved` says so": "함수 `solved`의 판정",
})


def judge_of(solved, training):
    """How runs are judged: a function of (model, history) that gives a bool, or None where nothing can be said.

    Args:
        solved: a number, which the last loss must be below; a function of the predictions for x that gives a bool; or
            None: classification is solved where every training sample is right.
        training: the Training.

    Raises:
        TypeError: another kind of `solved`.
    """
    x, y, _ = training.source.structure
    predictions = lambda model: model.predict(x, batch_size=BATCH, verbose=0)
    if _is_limit(solved):
        return lambda model, history: bool(history["loss"] and history["loss"][-1] < solved)
    if callable(solved):
        return lambda model, history: bool(solved(predictions(model)))
    if solved is not None:
        raise TypeError("solved is None, a number that the last loss must be below, or a function of the predictions "
                        f"for x, got {solved!r}")
    if not isinstance(y, np.ndarray) or not np.all(y == np.round(y)):      # several outputs, or no classes
        return lambda model, history: None
    return lambda model, history: all_right(y, predictions(model), _gives_logits(model.loss))


def criterion_of(solved, lang):
    """What `solved` means, as a sentence."""
    if _is_limit(solved):
        return say(lang, "the last loss is below {limit:g}", limit=float(solved))
    return say(lang, "the function `solved` says so" if solved else "every training sample is classified right")


def _is_limit(solved):
    return isinstance(solved, Real) and not isinstance(solved, bool)


def _gives_logits(loss):
    return bool(getattr(loss, "_fn_kwargs", {}).get("from_logits"))


def all_right(y, predicted, logits=False):
    """Whether each sample is classified right; None where the targets are not classes.

    Args:
        y: whole numbers: classes (n,) or (n, 1), or as many as predicted: only 0 and 1, or only -1 and 1.
        predicted: (n, k).
        logits: whether 0, and not 1/2, lies between the classes 0 and 1.
    """
    if not isinstance(predicted, np.ndarray):       # several outputs
        return None
    n, rows = len(y), predicted.reshape(len(predicted), -1)
    if y.size == predicted.size:
        y = y.reshape(n, -1)
        values = set(np.unique(y).tolist())
        if not (values <= {0, 1} or values == {-1, 1}):
            return None
        one_hot = y.shape[1] > 1 and y.min() == 0 and np.all(y.sum(1) == 1)
        middle = 0.5 if y.min() >= 0 and not logits else 0.0
        right = rows.argmax(1) == y.argmax(1) if one_hot else (rows > middle) == (y > 0)
    elif y.size == n and predicted.ndim == 2 and y.min() >= 0 and y.max() < rows.shape[1]:
        right = rows.argmax(1) == y.reshape(-1)
    else:
        return None
    return bool(np.all(right) and np.isfinite(rows).all())


def wilson(count, total):
    """The 95 % confidence interval (low, high) of a share, from how many of how many.

    Source: Wilson: Probable inference, the law of succession, and statistical inference (1927).
    """
    if not total:
        return 0.0, 1.0
    share, square = count / total, Z * Z / total
    middle = share + square / 2
    spread = Z * math.sqrt(share * (1 - share) / total + square / (4 * total))
    low, high = (middle - spread) / (1 + square), (middle + spread) / (1 + square)
    return low if count else 0.0, high if count < total else 1.0     # exactly
