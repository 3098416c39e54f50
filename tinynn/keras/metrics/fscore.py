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
            raise ValueError(f"Invalid `average` argument value {average!r}. Expected one of: {AVERAGES}")
        if not isinstance(beta, float) or beta <= 0.0:
            raise ValueError(f"Invalid `beta` argument value {beta!r}. It should be a Python float > 0.")
        if threshold is not None and (not isinstance(threshold, float) or not 0.0 < threshold <= 1.0):
            raise ValueError(f"Invalid `threshold` argument value {threshold!r}. It should be a Python float with "
                             "0 < threshold <= 1.")
        self.average, self.beta, self.threshold = average, beta, threshold
        self._axis = None if average == "micro" else 0
        self._built = False

    def _build(self, shape):
        if len(shape) != 2:
            raise ValueError(f"{type(self).__name__} expects 2D inputs with shape (batch_size, output_dim), got "
                             f"{tuple(shape)}")
        shape = () if self.average == "micro" else (shape[-1],)
        self.true_positives, self.false_positives, self.false_negatives, self.intermediate_weights = (
            self.add_variable(shape, name=name)
            for name in ("true_positives", "false_positives", "false_negatives", "intermediate_weights"))
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch of targets (0 or 1) and predictions."""
        y_true, y_pred = (ops.cast(operand(y), self.dtype) for y in (y_true, y_pred))
        check_same_shape(y_true, y_pred, self.name)
        if not self._built:
            self._build(y_pred.shape)
        if self.threshold is None:
            largest = ops.reduce_max(y_pred, axis=-1, keepdims=True)
            says = ops.logical_and(y_pred >= largest, ops.abs(y_pred) > 1e-9)
        else:
            says = y_pred > self.threshold
        says = ops.cast(says, self.dtype)
        weight = None if sample_weight is None else ops.expand_dims(ops.cast(operand(sample_weight), self.dtype), 1)
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


class F1Score(FBetaScore):
    """2 precision recall / (precision + recall); arguments as for `FBetaScore`."""

    arguments = ("average", "threshold")

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average, 1.0, threshold, name, dtype)
