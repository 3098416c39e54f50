"""Floor 7: counts of true and false positives and negatives, at one or many thresholds."""

import numpy as np

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.keras.config import epsilon
from tinynn.keras.losses.shapes import as_float, check_same_shape, same_rank
from tinynn.keras.metrics.base import Metric

NEG_INF = -1e10  # below every prediction
COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


def thresholds_of(thresholds, default=0.5):
    """The thresholds as a list.

    Raises:
        ValueError: for one outside [0, 1].
    """
    if thresholds is None:
        return [default]
    values = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    wrong = [t for t in values if t is None or not 0 <= t <= 1]
    if wrong:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {wrong}")
    return values


def evenly_spread(thresholds):
    """Whether thresholds go from 0 to 1 in equal steps, up to epsilon."""
    n = len(thresholds)
    return n >= 3 and np.allclose(thresholds, np.arange(n) / (n - 1), atol=epsilon())


def count(y_true, y_pred, thresholds, *, sample_weight=None, top_k=None, class_id=None, multi_label=False,
          label_weights=None, dtype="float32"):
    """How many positives and negatives are found and missed at each threshold.

    Args:
        y_true: targets; everything but 0 is a positive.
        y_pred: predictions in [0, 1]; above a threshold they say positive.
        thresholds: a list of T numbers.
        sample_weight: one weight per sample, or per prediction.
        top_k: only the k largest predictions of a row can say positive.
        class_id: only this column counts.
        multi_label: whether columns are counted apart.
        label_weights: one weight per column.
        dtype: of the counts.

    Returns:
        A dictionary from the names in `COUNTS` to tensors of shape (T,), with multi_label (T, columns).
    """
    y_pred = ops.cast(as_float(y_pred), dtype)
    y_pred, y_true = same_rank(y_pred, ops.cast(operand(y_true), dtype))
    check_same_shape(y_true, y_pred, "a metric of positives and negatives")
    weight = _weights(sample_weight, label_weights, y_true, dtype)
    if top_k is not None:
        y_pred = _only_top(y_pred, top_k)
    if class_id is not None:
        if len(y_pred.shape) == 1:
            raise ValueError("When class_id is provided, y_pred must be a 2D array with shape (num_samples, "
                             f"num_classes), found shape: {tuple(y_pred.shape)}")
        y_true, y_pred = y_true[..., class_id:class_id + 1], y_pred[..., class_id:class_id + 1]
    if weight is not None:
        weight = ops.broadcast_to(weight, y_pred.shape)
    shape = (-1, y_pred.shape[-1] if multi_label else 1)
    truth = ops.reshape(ops.cast(ops.not_equal(y_true, 0.0), dtype), shape)
    above = _above(ops.reshape(y_pred, shape), thresholds, dtype)
    positive, negative = truth, 1.0 - truth
    if weight is not None:
        weight = ops.reshape(weight, shape)
        positive, negative = positive * weight, negative * weight
    found, false = (_total(above * ops.expand_dims(which, 1), multi_label) for which in (positive, negative))
    positives, negatives = (ops.reduce_sum(which, axis=0 if multi_label else None) for which in (positive, negative))
    return {"true_positives": found, "false_positives": false, "true_negatives": negatives - false,
            "false_negatives": positives - found}


def _weights(sample_weight, label_weights, y_true, dtype):
    weight = None
    if sample_weight is not None:
        weight = ops.expand_dims(ops.cast(operand(sample_weight), dtype), -1)
        weight = same_rank(y_true, weight, expand_rank_1=False)[1]
    if label_weights is not None:
        labels = ops.expand_dims(ops.cast(operand(label_weights), dtype), 0)
        weight = labels if weight is None else weight * labels
    return weight


def _only_top(y_pred, k):
    _, index = ops.top_k(y_pred, k)
    chosen = ops.reduce_sum(ops.one_hot(index, y_pred.shape[-1], dtype=y_pred.dtype), axis=-2)
    return y_pred * chosen + NEG_INF * (1.0 - chosen)


def _above(y_pred, thresholds, dtype):
    """1 where a prediction (N, L) is above a threshold, as (N, T, L).

    Evenly spread thresholds are compared by number, as in Keras: the prediction falls into one of T buckets.
    """
    n = len(thresholds)
    if not evenly_spread(thresholds):
        at = ops.constant(np.reshape(thresholds, (1, n, 1)), dtype)
        return ops.cast(ops.expand_dims(y_pred, 1) > at, dtype)
    bucket = ops.ceil(ops.clip_by_value(y_pred, 0.0, 1.0) * float(n - 1)) - 1.0
    if thresholds[0] < 0.0 or thresholds[-1] > 1.0:
        bucket = ops.relu(bucket)
    return ops.cast(ops.expand_dims(bucket, 1) >= ops.constant(np.arange(n).reshape(1, n, 1), dtype), dtype)


def _total(x, multi_label):
    return ops.reduce_sum(x, axis=0 if multi_label else (0, 2))


class Counting(Metric):
    """A metric whose state is some of the four counts at each threshold."""

    counts = COUNTS

    def _make_counts(self, shape):
        for name in self.counts:
            setattr(self, name, self.add_variable(shape, name=name))

    def _add(self, found):
        for name in self.counts:
            getattr(self, name).assign_add(found[name])


def share(part, rest):
    """part / (part + rest), 0 where both are 0."""
    return ops.divide_no_nan(part, part + rest)
