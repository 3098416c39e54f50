"""Floor 7: the mean of precision and recall."""

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.keras.config import epsilon
from tinynn.keras.losses.shapes import check_same_shape
from tinynn.keras.metrics.base import Metric

AVERAGES = (None, "micro", "macro", "weighted")


class FBetaScore(Metric):
    """(1 + beta^2) precision recall / (beta^2 precision + recall), for each class.

    Args:
        average: how the scores of classes become one: None (they do not), "micro" (all counted together), "macro"
            (their mean), "weighted" (weighted by how often a class occurs).
        beta: how many times recall counts as much as precision.
        threshold: above it a prediction says yes; None for the largest of each row.
        name, dtype: as for `Metric`.

    Targets and predictions have shape (batch, classes).
    """

    arguments = ("average", "beta", "threshold")

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        super().__init__(dtype, name)
        if average not in AVERAGES:
            known = ", ".join(map(repr, AVERAGES))
            raise ValueError(f"Invalid `average` argument value. Expected one of: {{{known}}}. Received: "
                             f"average={average}")
        _check_float("beta", beta)
        if beta <= 0.0:
            raise ValueError(f"Invalid `beta` argument value. It should be > 0. Received: beta={beta}")
        if threshold is not None:
            _check_float("threshold", threshold)
            if not 0.0 < threshold <= 1.0:
                raise ValueError("Invalid `threshold` argument value. It should verify 0 < threshold <= 1. Received: "
                                 f"threshold={threshold}")
        self.average, self.beta, self.threshold = average, beta, threshold
        self._axis = None if average == "micro" else 0
        self._built = False

    def _build(self, y_true_shape, y_pred_shape):
        if len(y_pred_shape) != 2 or y_pred_shape[-1] is None:
            known = ", with output_dim fully defined (not None)" if len(y_pred_shape) == 2 else ""
            raise ValueError(f"{type(self).__name__} expects 2D inputs with shape (batch_size, output_dim){known}. "
                             f"Received input shapes: y_pred.shape={tuple(y_pred_shape)} and "
                             f"y_true.shape={tuple(y_true_shape)}.")
        shape = () if self.average == "micro" else (y_pred_shape[-1],)
        self.true_positives, self.false_positives, self.false_negatives, self.intermediate_weights = (
            self.add_variable(shape, name=name)
            for name in ("true_positives", "false_positives", "false_negatives", "intermediate_weights"))
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch of targets (0 or 1) and predictions."""
        y_true, y_pred = (ops.cast(operand(y), self.dtype) for y in (y_true, y_pred))
        check_same_shape(y_true, y_pred, self.name)
        if not self._built:
            self._build(y_true.shape, y_pred.shape)
        if self.threshold is None:
            largest = ops.reduce_max(y_pred, axis=-1, keepdims=True)
            says = ops.logical_and(y_pred >= largest, ops.abs(y_pred) > 1e-9)
        else:
            says = y_pred > self.threshold
        says = ops.cast(says, self.dtype)
        weight = None if sample_weight is None else ops.cast(operand(sample_weight), self.dtype)
        if weight is not None and len(weight.shape) == 1:
            weight = ops.expand_dims(weight, 1)
        for variable, found in ((self.true_positives, says * y_true), (self.false_positives, says * (1.0 - y_true)),
                                (self.false_negatives, (1.0 - says) * y_true), (self.intermediate_weights, y_true)):
            variable.assign_add(ops.reduce_sum(found if weight is None else found * weight, axis=self._axis))

    def result(self):
        """The score, or one per class."""
        precision = self.true_positives / (self.true_positives + self.false_positives + epsilon())
        recall = self.true_positives / (self.true_positives + self.false_negatives + epsilon())
        square = self.beta**2
        score = (1.0 + square) * (precision * recall / (square * precision + recall + epsilon()))
        if self.average == "weighted":
            return ops.reduce_sum(score * self.intermediate_weights
                                  / (ops.reduce_sum(self.intermediate_weights) + epsilon()))
        return score if self.average is None else ops.reduce_mean(score)


def _check_float(name, value):
    if not isinstance(value, float):
        raise ValueError(f"Invalid `{name}` argument value. It should be a Python float. Received: {name}={value} of "
                         f"type '{type(value)}'")


class F1Score(FBetaScore):
    """2 precision recall / (precision + recall); arguments as for `FBetaScore`."""

    arguments = ("average", "threshold")

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average, 1.0, threshold, name, dtype)
