"""Floor 7: what a model is worth that gives the same answer to everything: the yardstick of a loss."""

import numpy as np

from tinynn.keras.losses import classification, regression

_MEAN = (regression.mean_squared_error, classification.binary_crossentropy, classification.categorical_crossentropy)
_MEDIAN = (regression.mean_absolute_error,)
_SPARSE = (classification.sparse_categorical_crossentropy,)
_BINARY = (classification.binary_crossentropy,)
_EPSILON = 1e-7


def loss_of_constant(loss, y, weight, shape):
    """The loss of the best constant answer: the mean of the targets, their median, or the shares of the classes.

    Args:
        loss: a Loss.
        y, weight: targets and sample weights (or None), arrays.
        shape: that of the predictions for a batch.

    Returns:
        A number; None for losses whose best constant is not known here.
    """
    fn, arguments = getattr(loss, "fn", None), getattr(loss, "_fn_kwargs", {})
    changed = [name for name, value in arguments.items() if name != "from_logits" and value not in (None, 0.0, -1)]
    if changed or loss.reduction in ("sum", "none", None) or len(shape) != 2:
        return None     # labels that are smoothed or left out; sums, which grow with the batch
    if weight is not None:
        weight = weight.reshape(-1)
        if len(weight) != len(y):
            return None
    if fn in _SPARSE:
        answer = _shares(y.reshape(-1), weight, shape[-1])
    elif fn in _MEAN:
        answer = np.average(y.reshape(len(y), -1).astype("float64"), 0, weight)
    elif fn in _MEDIAN and weight is None:
        answer = np.median(y.reshape(len(y), -1), axis=0)
    else:
        return None
    if answer.shape != shape[1:]:
        return None
    if arguments.get("from_logits"):
        answer = np.clip(answer, _EPSILON, 1 - _EPSILON)
        answer = np.log(answer / (1 - answer)) if fn in _BINARY else np.log(answer)
    predictions = np.broadcast_to(answer.astype("float32"), (len(y), shape[-1]))
    return float(loss(y, np.ascontiguousarray(predictions), weight))


def _shares(classes, weight, count):
    """The share of each class among class numbers."""
    found = np.bincount(classes.astype("int64"), weight, count)
    return found / found.sum()


def wrong_answers(loss, y, predictions):
    """(share of wrong answers, share of a constant answer), where targets are classes; else None.

    Args:
        loss: a Loss.
        y, predictions: arrays of a batch.
    """
    if predictions.ndim != 2:
        return None
    classes = predictions.shape[-1]
    if classes == 1 and y.size == len(predictions) and np.isin(y, (0, 1)).all():
        middle = 0.0 if getattr(loss, "_fn_kwargs", {}).get("from_logits") else 0.5
        given, wanted = (predictions > middle).reshape(-1), y.reshape(-1) > 0.5
    elif getattr(loss, "fn", None) in _SPARSE or (
            y.shape == predictions.shape and classes > 1 and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()):
        given = predictions.argmax(axis=1)
        wanted = y.argmax(axis=1) if y.shape == predictions.shape else y.reshape(-1)
    else:
        return None
    most = np.unique(wanted, return_counts=True)[1].max()
    return float((given != wanted).mean()), 1 - most / len(wanted)
