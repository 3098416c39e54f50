"""Floor 7: metrics of numbers that are no mean of one value per sample."""

import warnings

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.keras.losses.shapes import aligned
from tinynn.keras.metrics.base import Metric
from tinynn.keras.metrics.reduction import Mean


class RootMeanSquaredError(Mean):
    """sqrt(mean (y_true - y_pred)^2), the root taken over all samples together."""

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name, dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes a batch of targets and predictions into the mean."""
        super().update_state(ops.squared_difference(*aligned(y_true, y_pred, self.name)), sample_weight)

    def result(self):
        """The root of the mean."""
        return ops.sqrt(super().result())


class R2Score(Metric):
    """1 - sum (y_true - y_pred)^2 / sum (y_true - mean)^2, the share of the variance that is explained.

    Args:
        class_aggregation: how the scores of several outputs become one: "uniform_average",
            "variance_weighted_average", or None for all of them.
        num_regressors: p, the number of inputs, for the adjusted score 1 - (1 - score) (n - 1) / (n - p - 1); 0 for
            none. As in Keras n is the number of targets, all outputs counted.
        name, dtype: as for `Metric`.

    Targets and predictions have shape (batch, outputs).
    """

    arguments = ("class_aggregation", "num_regressors")
    _AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")

    def __init__(self, class_aggregation="uniform_average", num_regressors=0, name="r2_score", dtype=None):
        super().__init__(dtype, name)
        if class_aggregation not in self._AGGREGATIONS:
            raise ValueError(f"Invalid value for argument `class_aggregation`: {class_aggregation!r}; it is one of "
                             f"{self._AGGREGATIONS}")
        if num_regressors < 0:
            raise ValueError(f"Invalid value for argument `num_regressors`: {num_regressors}; it is 0 or more")
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable(name="num_samples", dtype="int32")
        self._built = False

    def _build(self, shape):
        if len(shape) != 2:
            raise ValueError(f"R2Score expects 2D inputs with shape (batch_size, output_dim), got {tuple(shape)}")
        self.squared_sum, self.sum, self.residual, self.count = (
            self.add_variable((shape[-1],), name=name) for name in ("squared_sum", "sum", "residual", "count"))
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes a batch of targets and predictions into the sums."""
        y_true, y_pred = (ops.cast(y, self.dtype) for y in aligned(y_true, y_pred, self.name))
        if not self._built:
            self._build(y_true.shape)
        weight = ops.cast(operand(1.0 if sample_weight is None else sample_weight), self.dtype)
        if len(weight.shape) == 1:
            weight = ops.expand_dims(weight, 1)
        weight = ops.broadcast_to(weight, y_true.shape)
        weighted = y_true * weight
        self.sum.assign_add(ops.reduce_sum(weighted, axis=0))
        self.squared_sum.assign_add(ops.reduce_sum(y_true * weighted, axis=0))
        self.residual.assign_add(ops.reduce_sum(ops.squared_difference(y_true, y_pred) * weight, axis=0))
        self.count.assign_add(ops.reduce_sum(weight, axis=0))
        self.num_samples.assign_add(y_true.size)

    def result(self):
        """The score."""
        total = self.squared_sum - ops.square(self.sum) / self.count
        scores = 1.0 - self.residual / total
        scores = ops.where(ops.is_inf(scores), ops.zeros_like(scores), scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.reduce_mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.reduce_sum(total * scores) / ops.reduce_sum(total)
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, score):
        n, p = int(self.num_samples), self.num_regressors
        if p >= n - 1:
            warnings.warn(f"the adjusted R2 score needs more than {p + 1} targets, got {n}: this is the score without "
                          "adjustment", stacklevel=3)
            return score
        return 1.0 - (1.0 - score) * ((n - 1.0) / (n - p - 1.0))
