"""Floor 7: what all losses share: casting, weights, masks, the reduction to one number."""

from tinynn import ops
from tinynn.autodiff.tensor import Tensor, operand
from tinynn.core import nest
from tinynn.keras import notes
from tinynn.keras.config import floatx
from tinynn.keras.losses import probabilities
from tinynn.keras.losses.shapes import as_like, same_rank
from tinynn.keras.naming import SetByInit, auto_name
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Loss:
    """Base of all losses: override `call(y_true, y_pred)`, which gives one value per sample.

    Args:
        name: shown in logs.
        reduction: how the values become one number: "sum_over_batch_size" or "mean" (their mean), "sum",
            "mean_with_sample_weight" (the weighted sum divided by the sum of the weights), or None or "none".
        dtype: the float type to compute in; None for `keras.config.floatx()`.

    Example:
        >>> class MeanCube(keras.losses.Loss):
        ...     def call(self, y_true, y_pred):
        ...         return tf.reduce_mean((y_true - y_pred) ** 3, axis=-1)
    """

    _dtype = name = reduction = SetByInit("name=name")
    keeps_labels = False  # whether y_true stays as it is, as class numbers must

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        if reduction not in REDUCTIONS:
            raise ValueError(f"Invalid value for argument `reduction`: {reduction!r}; it is one of {REDUCTIONS}")
        self.name = auto_name(type(self).__name__) if name is None else name
        self.reduction = reduction
        self._dtype = None if dtype is None else getattr(dtype, "compute_dtype", dtype)
        probabilities.look_again()

    @property
    def dtype(self):
        """The float type to compute in."""
        return floatx() if self._dtype is None else self._dtype

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The loss of a batch.

        Args:
            y_true: targets.
            y_pred: predictions.
            sample_weight: one number per sample, or per value of the loss; None for 1.

        Returns:
            A scalar, or with reduction None one value per sample.
        """
        mask = notes.masks.get(y_pred)
        y_pred = self._cast(y_pred)
        if type(y_pred) is Tensor and type(y_true) is Tensor:
            y_true = y_true if self.keeps_labels else as_like(y_true, y_pred)
        elif not self.keeps_labels:
            y_true = _each(lambda y: as_like(y, nest.flatten(y_pred)[0]), y_true)
        values = self.call(y_true, y_pred)
        if values is None:
            raise ValueError(f"the loss {self.name!r} gave None; its function lacks a `return`")
        inner = notes.masks.get(values)
        if inner is not None:
            mask = inner if mask is None else ops.logical_and(mask, inner)
        return reduce_weighted(values, sample_weight, mask, self.reduction)

    def _cast(self, y_pred):
        kind = self.dtype
        if type(y_pred) is Tensor and y_pred.dtype.name == kind:
            return y_pred
        return _each(lambda y: ops.cast(operand(y), kind), y_pred)

    def call(self, y_true, y_pred):
        """One value per sample."""
        raise NotImplementedError(f"{type(self).__name__} must define call(self, y_true, y_pred)")

    def get_config(self):
        """The arguments of __init__."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config):
        """A loss of a configuration."""
        return cls(**config)


class LossFunctionWrapper(Loss):
    """A loss of a function f(y_true, y_pred, **arguments) that gives one value per sample.

    Args:
        fn: the function.
        reduction, name, dtype: as for every loss.
        **kwargs: further arguments of the function.
    """

    def __init__(self, fn, reduction="sum_over_batch_size", name=None, dtype=None, **kwargs):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn, self._fn_kwargs = fn, kwargs

    def call(self, y_true, y_pred):
        if type(y_pred) is not Tensor and nest.is_nested(y_pred):
            return self.fn(y_true, y_pred, **self._fn_kwargs)
        if type(y_true) is Tensor or not nest.is_nested(y_true):
            y_true, y_pred = same_rank(operand(y_true, like=y_pred), y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self):
        return {**super().get_config(), "fn": serialize_keras_object(self.fn),
                **serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config):
        return cls(**(deserialize_keras_object(config) if "fn" in config else config))

    def __repr__(self):
        return f"<LossFunctionWrapper({self.fn}, kwargs={self._fn_kwargs})>"


def _each(function, y):
    if type(y) is Tensor:
        return function(y)
    return nest.map_structure(function, y) if isinstance(y, dict) or _is_list_of_tensors(y) else function(y)


def _is_list_of_tensors(y):
    return isinstance(y, (list, tuple)) and len(y) > 0 and all(len(getattr(item, "shape", ())) > 0 for item in y)


def reduce_weighted(values, sample_weight=None, mask=None, reduction="sum_over_batch_size"):
    """The values of a loss, times weights, in one number.

    Args:
        values: a tensor, usually one value per sample.
        sample_weight: a tensor of its shape, or one that broadcasts; None for 1.
        mask: a tensor of truth values: which entries count.
        reduction: one of `REDUCTIONS`.
    """
    weight = None
    if sample_weight is not None or mask is not None:
        values, weight = same_rank(values, weight_with_mask(sample_weight, mask, values.dtype, reduction))
        values = values * weight
    if reduction is None or reduction == "none" or tuple(values.shape) in ((), (0,)):
        return values
    if reduction == "sum":
        return ops.reduce_sum(values)
    if reduction == "mean_with_sample_weight" and weight is not None:
        return ops.divide_no_nan(ops.reduce_sum(values), ops.reduce_sum(weight))
    return ops.reduce_mean(values)


def weight_with_mask(sample_weight, mask, dtype, reduction):
    """Weights in which masked entries weigh nothing; for a mean, the others weigh that much more."""
    if sample_weight is not None:
        sample_weight = ops.cast(operand(sample_weight), dtype)
    if mask is None:
        return sample_weight
    mask = ops.cast(mask, dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        mask = mask * ops.divide_no_nan(ops.reduce_sum(ops.ones_like(mask)), ops.reduce_sum(mask))
    if sample_weight is None:
        return mask
    mask, sample_weight = same_rank(mask, sample_weight)
    return sample_weight * mask
