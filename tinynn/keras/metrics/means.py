"""Floor 7: means of loss functions and their like over all samples; see `keras.losses` for the formulas."""

from tinynn import ops
from tinynn.keras.config import epsilon
from tinynn.keras.losses import classification, regression, similarity
from tinynn.keras.losses.shapes import aligned
from tinynn.keras.metrics.reduction import MeanOf


def cosine_similarity(y_true, y_pred, axis=-1):
    """The cosine of the angle between targets and predictions: 1 where they point the same way."""
    return -regression.cosine_similarity(y_true, y_pred, axis)


def pearson_correlation(y_true, y_pred, axis=-1):
    """Pearson's correlation along an axis, between -1 and 1."""
    y_true, y_pred = (y - ops.reduce_mean(y, axis=axis, keepdims=True)
                      for y in aligned(y_true, y_pred, "pearson_correlation"))
    spread = _std(y_true, axis) * _std(y_pred, axis)
    return ops.reduce_mean(y_true * y_pred, axis=axis) / spread


def concordance_correlation(y_true, y_pred, axis=-1):
    """Lin's concordance along an axis: the correlation, less where scale or mean differ.

    Source: Lin: A concordance correlation coefficient to evaluate reproducibility (1989).
    """
    y_true, y_pred = aligned(y_true, y_pred, "concordance_correlation")
    a, b = (ops.reduce_mean(y, axis=axis, keepdims=True) for y in (y_true, y_pred))
    variance = ops.square(_std(y_true - a, axis)) + ops.square(_std(y_pred - b, axis))
    shift = ops.squeeze(ops.square(a - b), axis)
    covariance = ops.reduce_mean((y_true - b) * (y_pred - b), axis=axis)
    return 2.0 * covariance / (variance + shift + epsilon())


def _std(centred, axis):
    return ops.sqrt(ops.reduce_mean(ops.square(centred), axis=axis))


class MeanSquaredError(MeanOf):
    """mean (y_true - y_pred)^2."""

    of = regression.mean_squared_error


class MeanAbsoluteError(MeanOf):
    """mean |y_true - y_pred|."""

    of = regression.mean_absolute_error


class MeanAbsolutePercentageError(MeanOf):
    """100 mean |(y_true - y_pred) / y_true|."""

    of = regression.mean_absolute_percentage_error


class MeanSquaredLogarithmicError(MeanOf):
    """mean (log(1 + y_true) - log(1 + y_pred))^2."""

    of = regression.mean_squared_logarithmic_error


class LogCoshError(MeanOf):
    """mean log(cosh(y_pred - y_true))."""

    of = regression.log_cosh

    def __init__(self, name="logcosh", dtype=None):
        super().__init__(name, dtype)


class Poisson(MeanOf):
    """mean (y_pred - y_true log(y_pred))."""

    of = regression.poisson


class CosineSimilarity(MeanOf):
    """The cosine of the angle between targets and predictions."""

    of = cosine_similarity

    def __init__(self, name="cosine_similarity", dtype=None, axis=-1):
        super().__init__(name, dtype, axis=axis)


class PearsonCorrelation(MeanOf):
    """Pearson's correlation of the targets and predictions of each sample."""

    of = pearson_correlation

    def __init__(self, name="pearson_correlation", dtype=None, axis=-1):
        super().__init__(name, dtype, axis=axis)


class ConcordanceCorrelation(MeanOf):
    """Lin's concordance of the targets and predictions of each sample."""

    of = concordance_correlation

    def __init__(self, name="concordance_correlation", dtype=None, axis=-1):
        super().__init__(name, dtype, axis=axis)


class KLDivergence(MeanOf):
    """sum y_true log(y_true / y_pred)."""

    of = similarity.kl_divergence


class Hinge(MeanOf):
    """mean max(1 - y_true y_pred, 0)."""

    of = classification.hinge


class SquaredHinge(MeanOf):
    """mean max(1 - y_true y_pred, 0)^2."""

    of = classification.squared_hinge


class CategoricalHinge(MeanOf):
    """max(neg - pos + 1, 0)."""

    of = classification.categorical_hinge


class BinaryCrossentropy(MeanOf):
    """mean -(y log(p) + (1 - y) log(1 - p))."""

    of = classification.binary_crossentropy

    def __init__(self, name="binary_crossentropy", dtype=None, from_logits=False, label_smoothing=0):
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class CategoricalCrossentropy(MeanOf):
    """-sum y log(p) for one-hot targets."""

    of = classification.categorical_crossentropy

    def __init__(self, name="categorical_crossentropy", dtype=None, from_logits=False, label_smoothing=0, axis=-1):
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


class SparseCategoricalCrossentropy(MeanOf):
    """-log(p) of the true class, for targets that are class numbers."""

    of = classification.sparse_categorical_crossentropy

    def __init__(self, name="sparse_categorical_crossentropy", dtype=None, from_logits=False, ignore_class=None,
                 axis=-1):
        super().__init__(name, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis)
