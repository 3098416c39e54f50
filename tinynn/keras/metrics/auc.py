"""Floor 7: the area under a curve of two shares, over all thresholds."""

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.keras.config import epsilon
from tinynn.keras.metrics.confusion import Counting, count, share

CURVES = ("ROC", "PR", "PRGAIN")
METHODS = ("interpolation", "majoring", "minoring")


class AUC(Counting):
    """The area under a curve.

    ROC: recall over the share of false alarms; 1/2 for guessing, 1 for a perfect order. PR: precision over recall.

    Args:
        num_thresholds: how many points of the curve are computed.
        curve: "ROC", "PR" or "PRGAIN".
        summation_method: "interpolation" (between points), "minoring" (below) or "majoring" (above).
        name, dtype: as for `Metric`.
        thresholds: points in (0, 1) in the place of evenly spread ones.
        multi_label: whether columns of predictions are computed apart and averaged.
        num_labels: the number of columns, where it is known before the first batch.
        label_weights: the weights of columns in that average.
        from_logits: whether predictions are the input of a sigmoid.

    Source: Davis, Goadrich: The relationship between precision-recall and ROC curves (2006); Flach, Kull:
    Precision-recall-gain curves (2015).
    """

    arguments = ("num_thresholds", "curve", "summation_method", "multi_label", "num_labels", "label_weights",
                 "from_logits")

    def __init__(self, num_thresholds=200, curve="ROC", summation_method="interpolation", name=None, dtype=None,
                 thresholds=None, multi_label=False, num_labels=None, label_weights=None, from_logits=False):
        super().__init__(dtype, name)
        self.curve = _one_of("curve", curve, CURVES)
        self.summation_method = _one_of("summation method", summation_method, METHODS)
        if thresholds is None and num_thresholds <= 1:
            raise ValueError(f"Argument `num_thresholds` must be an integer > 1, got {num_thresholds}")
        if num_labels and not multi_label:
            raise ValueError("`num_labels` is needed only when `multi_label` is True.")
        self._given = thresholds
        inner = sorted(thresholds) if thresholds is not None else [
            i / (num_thresholds - 1) for i in range(1, num_thresholds - 1)]
        self.thresholds = [-epsilon(), *inner, 1.0 + epsilon()]
        self.num_thresholds = len(self.thresholds)
        self.multi_label, self.num_labels, self.label_weights = multi_label, num_labels, label_weights
        self.from_logits, self._built = from_logits, False
        if not multi_label or num_labels:
            self._build((None, num_labels))

    def _build(self, shape):
        if self.multi_label and len(shape) != 2:
            raise ValueError(f"with multi_label=True predictions have shape (batch, labels), got {tuple(shape)}")
        self._make_counts((self.num_thresholds, shape[1]) if self.multi_label else (self.num_thresholds,))
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch of targets (0 or 1) and predictions (in [0, 1])."""
        y_pred = operand(y_pred)
        if not self._built:
            self._build(y_pred.shape)
        if self.from_logits:
            y_pred = ops.sigmoid(y_pred)
        self._add(count(y_true, y_pred, self.thresholds, sample_weight=sample_weight, multi_label=self.multi_label,
                        label_weights=None if self.multi_label else self.label_weights, dtype=self.dtype))

    def result(self):
        """The area."""
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._over_labels(self._interpolated_pr())
        x, y = getattr(self, f"_{self.curve.lower()}")()
        left, right = y[:-1], y[1:]
        if self.summation_method == "interpolation":
            height = (left + right) / 2.0
        else:
            height = (ops.minimum if self.summation_method == "minoring" else ops.maximum)(left, right)
        return self._over_labels((x[:-1] - x[1:]) * height)

    def _roc(self):
        return share(self.false_positives, self.true_negatives), share(self.true_positives, self.false_negatives)

    def _pr(self):
        return share(self.true_positives, self.false_negatives), share(self.true_positives, self.false_positives)

    def _prgain(self):
        tp, fp, fn = self.true_positives, self.false_positives, self.false_negatives
        scale = ops.divide_no_nan(tp + fn, self.true_negatives + fp)
        none = ops.equal(tp, 0.0)
        recall = 1.0 - scale * ops.divide_no_nan(fn, tp)
        precision = 1.0 - scale * ops.divide_no_nan(fp, tp)
        zeros = ops.zeros_like(recall)
        return ops.relu(ops.where(none, zeros, recall)), ops.where(none, zeros + 1.0, precision)

    def _interpolated_pr(self):
        """Steps of the PR curve, with true positives, not precision, taken as straight between two points."""
        tp, positive = self.true_positives, self.true_positives + self.false_positives
        step, wide, narrow = tp[:-1] - tp[1:], positive[:-1], positive[1:]
        slope = ops.divide_no_nan(step, ops.relu(wide - narrow))
        intercept = tp[1:] - slope * narrow
        both = ops.logical_and(wide > 0.0, narrow > 0.0)
        ratio = ops.where(both, ops.divide_no_nan(wide, narrow), ops.ones_like(narrow))
        area = slope * (step + intercept * ops.log(ratio))
        return ops.divide_no_nan(area, tp[1:] + self.false_negatives[1:])

    def _over_labels(self, steps):
        if not self.multi_label:
            return ops.reduce_sum(steps)
        areas = ops.reduce_sum(steps, axis=0)
        if self.label_weights is None:
            return ops.reduce_mean(areas)
        weights = ops.cast(operand(self.label_weights), areas.dtype)
        return ops.divide_no_nan(ops.reduce_sum(areas * weights), ops.reduce_sum(weights))

    def get_config(self):
        config = super().get_config()
        return config if self._given is None else {**config, "thresholds": self.thresholds[1:-1]}


def _one_of(name, value, allowed):
    """The item of `allowed` that a string means; upper and lower case do not matter."""
    for one in allowed:
        if str(value).lower() == one.lower():
            return one
    raise ValueError(f'Invalid AUC {name} value: "{value}". Expected one of: {allowed}')
