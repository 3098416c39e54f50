"""Floor 7: how often predictions are right. Each function gives 0 or 1 per sample."""

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.keras.config import floatx
from tinynn.keras.losses.shapes import aligned, as_float, check_same_shape
from tinynn.keras.metrics.reduction import MeanOf


def accuracy(y_true, y_pred):
    """Whether y_true equals y_pred."""
    return ops.cast(ops.equal(*aligned(y_true, y_pred, "accuracy")), floatx())


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """Whether y_true is 1 where y_pred is above the threshold, and 0 elsewhere."""
    y_true, y_pred = aligned(y_true, y_pred, "binary_accuracy")
    return ops.cast(ops.equal(y_true, ops.cast(y_pred > float(threshold), y_true.dtype)), floatx())


def categorical_accuracy(y_true, y_pred):
    """Whether the largest prediction stands where the one of a one-hot target stands."""
    y_pred = as_float(y_pred)
    y_true = operand(y_true, like=y_pred)
    check_same_shape(y_true, y_pred, "categorical_accuracy")
    return ops.cast(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)), floatx())


def sparse_categorical_accuracy(y_true, y_pred):
    """Whether the largest prediction stands at the class number y_true."""
    y_pred = as_float(y_pred)
    labels = _labels(y_true, y_pred, "sparse_categorical_accuracy")
    return ops.cast(ops.equal(labels, ops.argmax(y_pred, axis=-1)), floatx())


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """Whether the class of a one-hot target is among the k largest predictions."""
    return sparse_top_k_categorical_accuracy(ops.argmax(operand(y_true, like=y_pred), axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """Whether the class number y_true is among the k largest predictions; ties count as among them.

    Args:
        y_true: class numbers of shape (batch, ...).
        y_pred: one prediction per class, of shape (batch, ..., classes).
        k: see above.
        from_sorted_ids: whether y_pred holds class numbers, the best first.
    """
    if from_sorted_ids:
        y_pred = operand(y_pred)
        labels = ops.expand_dims(ops.cast(operand(y_true, like=y_pred), y_pred.dtype), -1)
        return ops.cast(ops.reduce_any(ops.equal(labels, y_pred[..., :k]), axis=-1), floatx())
    y_pred = as_float(y_pred)
    labels = _labels(y_true, y_pred, "sparse_top_k_categorical_accuracy")
    own = ops.reduce_sum(y_pred * ops.one_hot(labels, y_pred.shape[-1], dtype=y_pred.dtype), axis=-1, keepdims=True)
    better = ops.reduce_sum(ops.cast(y_pred > own, "int32"), axis=-1)
    return ops.cast(better < int(k), floatx())


def _labels(y_true, y_pred, what):
    labels = ops.cast(operand(y_true, like=y_pred), "int64")
    if len(labels.shape) == len(y_pred.shape) and labels.shape[-1] == 1:
        labels = ops.squeeze(labels, -1)
    check_same_shape(labels, y_pred[..., 0], what)
    return labels


class Accuracy(MeanOf):
    """How often y_true equals y_pred; for class numbers, not for probabilities."""

    of = accuracy


class BinaryAccuracy(MeanOf):
    """How often y_pred lies on the right side of `threshold` for targets of 0 and 1."""

    of = binary_accuracy

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanOf):
    """How often the largest prediction is that of the class, for one-hot targets."""

    of = categorical_accuracy


class SparseCategoricalAccuracy(MeanOf):
    """How often the largest prediction is that of the class, for targets that are class numbers."""

    of = sparse_categorical_accuracy


class TopKCategoricalAccuracy(MeanOf):
    """How often the class is among the `k` largest predictions, for one-hot targets."""

    of = top_k_categorical_accuracy

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanOf):
    """How often the class is among the `k` largest predictions, for targets that are class numbers."""

    of = sparse_top_k_categorical_accuracy

    def __init__(self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None, from_sorted_ids=False):
        super().__init__(name, dtype, k=k, from_sorted_ids=from_sorted_ids)
