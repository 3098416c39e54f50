"""Floor 7: sums and means over batches, and metrics made of a function."""

from types import NoneType

from tinynn import ops
from tinynn.autodiff.tensor import Tensor, operand
from tinynn.keras import notes
from tinynn.keras.losses.base import weight_with_mask
from tinynn.keras.losses.shapes import same_rank
from tinynn.keras.metrics.base import Metric
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object


def per_sample(values, sample_weight, reduce, dtype):
    """The values of a batch, one per sample, times their weights; and the weights.

    Args:
        values: a number, or a tensor whose first axis is the batch.
        sample_weight: None, one weight per sample, or weights for more axes.
        reduce: `reduce_sum` or `reduce_mean`, for the axes after the first.
        dtype: of the result.
    """
    values = operand(values)
    mask = notes.masks.get(values)
    values = ops.cast(values, dtype)
    if sample_weight is not None:
        weight, _ = ops.cast(operand(sample_weight), dtype), None
        if mask is not None:
            weight = weight_with_mask(weight, mask, dtype, "sum")
        values, weight = same_rank(values, weight)
        rank, weight_rank = len(values.shape), len(weight.shape)
        if rank > weight_rank:
            values = reduce(values, axis=tuple(range(weight_rank, rank)))
        weight = ops.broadcast_to(weight, values.shape)
        values = values * weight
        if weight_rank > 1:
            weight = reduce(weight, axis=tuple(range(1, weight_rank)))
        sample_weight = weight
    if len(values.shape) > 1:
        values = reduce(values, axis=tuple(range(1, len(values.shape))))
    return values, sample_weight


class Sum(Metric):
    """The weighted sum of the values.

    Args:
        name, dtype: as for `Metric`.
    """

    def __init__(self, name="sum", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total")

    def update_state(self, values, sample_weight=None):
        """Adds values, of any shape, each times its weight."""
        values, _ = per_sample(values, sample_weight, ops.reduce_sum, self.dtype)
        self.total.assign_add(ops.reduce_sum(values))

    def result(self):
        """The sum."""
        return self.total.read_value()


class Mean(Metric):
    """The weighted mean of the values.

    Args:
        name, dtype: as for `Metric`.

    Example:
        >>> m = keras.metrics.Mean()
        >>> m.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
        >>> float(m.result())
        2.0
    """

    def __init__(self, name="mean", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total")
        self.count = self.add_variable(name="count")

    def update_state(self, values, sample_weight=None):
        """Takes values, of any shape, each with its weight, into the mean."""
        if type(values) is Tensor and not values.extents and type(sample_weight) in (int, NoneType) \
                and values.dtype == self.total.dtype:  # the loss of a batch
            self.total.assign_add(values if sample_weight is None else values * float(sample_weight))
            self.count.assign_add(1.0 if sample_weight is None else float(sample_weight))
            return
        values, weight = per_sample(values, sample_weight, ops.reduce_mean, self.dtype)
        if not len(values.shape):
            self.total.assign_add(values)
            self.count.assign_add(1.0 if weight is None else weight)
            return
        self.total.assign_add(ops.reduce_sum(values))
        self.count.assign_add(float(values.shape[0]) if weight is None else ops.reduce_sum(weight))

    def result(self):
        """The mean; 0 before any value."""
        return ops.divide_no_nan(self.total, self.count)


class MeanMetricWrapper(Mean):
    """The mean over all samples of a function f(y_true, y_pred, **arguments) that gives one value per sample.

    Args:
        fn: the function.
        name, dtype: as for `Metric`.
        **kwargs: further arguments of the function.
    """

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name, dtype)
        self._fn, self._fn_kwargs = fn, kwargs

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes a batch of targets and predictions into the mean."""
        mask = notes.masks.get(y_pred)
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        super().update_state(values, weight_with_mask(sample_weight, mask, self.dtype, "sum"))

    def get_config(self):
        return {**super().get_config(), "fn": serialize_keras_object(self._fn),
                **serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config):
        return cls(**(deserialize_keras_object(config) if "fn" in config else config))


class MeanOf(MeanMetricWrapper):
    """The mean of the function `of`; its arguments are attributes, and stand in the configuration."""

    of = None

    def __init__(self, name=None, dtype=None, **arguments):
        function = type(self).of
        super().__init__(function, function.__name__ if name is None else name, dtype, **arguments)
        vars(self).update(arguments)

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype, **{name: getattr(self, name) for name in self._fn_kwargs}}
