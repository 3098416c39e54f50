"""Floor 7: metrics of positives and negatives at given thresholds: counts, precision, recall."""

from tinynn import ops
from tinynn.keras.metrics.confusion import NEG_INF, Counting, count, share, thresholds_of


class _AtThresholds(Counting):
    """Counts at thresholds that the user gives; one threshold gives a scalar.

    Args:
        thresholds: a number in [0, 1], or several; None for 0.5.
        name, dtype: as for `Metric`.
    """

    arguments = ("thresholds",)
    top_k = class_id = None

    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__(dtype, name)
        self.init_thresholds = thresholds
        self.thresholds = thresholds_of(thresholds, 0.5 if self.top_k is None else NEG_INF)
        self._make_counts((len(self.thresholds),))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch of targets (0 or 1) and predictions (in [0, 1])."""
        self._add(count(y_true, y_pred, self.thresholds, sample_weight=sample_weight, top_k=self.top_k,
                        class_id=self.class_id, dtype=self.dtype))

    def result(self):
        """The value at each threshold; a scalar for one threshold."""
        value = self._value()
        return value[0] if len(self.thresholds) == 1 else value

    def _value(self):
        return getattr(self, self.counts[0]).read_value()

    def get_config(self):
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_AtThresholds):
    """How many positives were predicted as such."""

    counts = ("true_positives",)


class TrueNegatives(_AtThresholds):
    """How many negatives were predicted as such."""

    counts = ("true_negatives",)


class FalsePositives(_AtThresholds):
    """How many negatives were predicted as positives."""

    counts = ("false_positives",)


class FalseNegatives(_AtThresholds):
    """How many positives were predicted as negatives."""

    counts = ("false_negatives",)


class _PositiveShare(_AtThresholds):
    """A share of true positives, for one class or the k largest predictions on request.

    Args:
        thresholds: a number in [0, 1], or several; None for 0.5.
        top_k: only the k largest predictions of a row count as positive.
        class_id: only this class counts.
        name, dtype: as for `Metric`.
    """

    arguments = ("thresholds", "top_k", "class_id")

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        vars(self).update(top_k=top_k, class_id=class_id)
        super().__init__(thresholds, name, dtype)

    def _value(self):
        return share(*(getattr(self, name) for name in self.counts))


class Precision(_PositiveShare):
    """TP / (TP + FP): which share of the predicted positives is right. Arguments as for `Recall`."""

    counts = ("true_positives", "false_positives")


class Recall(_PositiveShare):
    """TP / (TP + FN): which share of the positives is found.

    Args:
        thresholds: a number in [0, 1], or several; None for 0.5.
        top_k: only the k largest predictions of a row count as positive.
        class_id: only this class counts.
        name, dtype: as for `Metric`.
    """

    counts = ("true_positives", "false_negatives")


# ---- one share, where another one is reached -------------------------------------------------------------------------


class _BestUnder(Counting):
    """The best of one share over the thresholds at which another one reaches a value.

    Args:
        value: what the other share must reach; subclasses name it `limit`.
        num_thresholds: how many thresholds, from 0 to 1 in equal steps.
        class_id: only this class counts.
        name, dtype: as for `Metric`.
    """

    limit = None

    def __init__(self, value, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(dtype, name)
        if not 0 <= value <= 1:
            raise ValueError(f"Argument `{self.limit}` must be in the range [0, 1], got {value}")
        if num_thresholds <= 0:
            raise ValueError(f"Argument `num_thresholds` must be an integer > 0, got {num_thresholds}")
        self.value, self.num_thresholds, self.class_id = value, num_thresholds, class_id
        setattr(self, self.limit, value)
        steps = num_thresholds - 1
        self.thresholds = [i / steps for i in range(num_thresholds)] if steps else [0.5]
        self._make_counts((num_thresholds,))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch of targets (0 or 1) and predictions (in [0, 1])."""
        self._add(count(y_true, y_pred, self.thresholds, sample_weight=sample_weight, class_id=self.class_id,
                        dtype=self.dtype))

    def _shares(self):
        """(what must reach the value, what is wanted), at each threshold."""
        raise NotImplementedError

    def result(self):
        """The best share; 0 where the other one never reaches the value."""
        reached, wanted = self._shares()
        return ops.reduce_max(ops.where(reached >= float(self.value), wanted, ops.zeros_like(wanted)))

    def _recall(self):
        return share(self.true_positives, self.false_negatives)

    def _precision(self):
        return share(self.true_positives, self.false_positives)

    def _specificity(self):
        return share(self.true_negatives, self.false_positives)

    def get_config(self):
        return {**super().get_config(), "num_thresholds": self.num_thresholds, "class_id": self.class_id,
                self.limit: self.value}


class SensitivityAtSpecificity(_BestUnder):
    """The best recall TP / (TP + FN) at a `specificity` TN / (TN + FP) of at least the given one."""

    limit = "specificity"

    def __init__(self, specificity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def _shares(self):
        return self._specificity(), self._recall()


class SpecificityAtSensitivity(_BestUnder):
    """The best specificity TN / (TN + FP) at a `sensitivity` TP / (TP + FN) of at least the given one."""

    limit = "sensitivity"

    def __init__(self, sensitivity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def _shares(self):
        return self._recall(), self._specificity()


class PrecisionAtRecall(_BestUnder):
    """The best precision TP / (TP + FP) at a `recall` TP / (TP + FN) of at least the given one."""

    limit = "recall"

    def __init__(self, recall, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def _shares(self):
        return self._recall(), self._precision()


class RecallAtPrecision(_BestUnder):
    """The best recall TP / (TP + FN) at a `precision` TP / (TP + FP) of at least the given one."""

    limit = "precision"

    def __init__(self, precision, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def _shares(self):
        return self._precision(), self._recall()
