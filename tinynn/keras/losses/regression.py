"""Floor 7: losses of numbers. Each function gives one value per sample: the mean over the last axis."""

from tinynn import ops
from tinynn.keras.config import epsilon
from tinynn.keras.losses.shapes import aligned, normalize

_LOG_2 = 0.6931471805599453


def _mean(values):
    return ops.reduce_mean(values, axis=-1) if len(values.shape) else values


def mean_squared_error(y_true, y_pred):
    """mean (y_true - y_pred)^2.

    Args:
        y_true: targets of shape (batch, ..., d).
        y_pred: predictions of the same shape.

    Returns:
        Values of shape (batch, ...).

    Raises:
        ValueError: where the shapes differ.
    """
    return _mean(ops.squared_difference(*aligned(y_true, y_pred, "mean_squared_error")))


def mean_absolute_error(y_true, y_pred):
    """mean |y_true - y_pred|; arguments and result as for `mean_squared_error`."""
    y_true, y_pred = aligned(y_true, y_pred, "mean_absolute_error")
    return _mean(ops.abs(y_true - y_pred))


def mean_absolute_percentage_error(y_true, y_pred):
    """100 mean |(y_true - y_pred) / y_true|; a target counts as at least epsilon."""
    y_true, y_pred = aligned(y_true, y_pred, "mean_absolute_percentage_error")
    return 100.0 * _mean(ops.abs((y_true - y_pred) / ops.maximum(ops.abs(y_true), epsilon())))


def mean_squared_logarithmic_error(y_true, y_pred):
    """mean (log(1 + y_true) - log(1 + y_pred))^2; values below epsilon count as epsilon."""
    y_true, y_pred = aligned(y_true, y_pred, "mean_squared_logarithmic_error")
    first, second = (ops.log(ops.maximum(y, epsilon()) + 1.0) for y in (y_pred, y_true))
    return _mean(ops.squared_difference(first, second))


def huber(y_true, y_pred, delta=1.0):
    """e^2 / 2 for an error |e| up to delta, delta |e| - delta^2 / 2 beyond: a parabola with straight arms.

    Source: Huber: Robust estimation of a location parameter (1964).
    """
    y_true, y_pred = aligned(y_true, y_pred, "huber")
    error = ops.abs(y_pred - y_true)
    bent = ops.minimum(error, float(delta))
    return _mean(bent * (error - 0.5 * bent))


def log_cosh(y_true, y_pred):
    """mean log(cosh(y_pred - y_true)): like e^2 / 2 near 0, like |e| - log 2 far away."""
    y_true, y_pred = aligned(y_true, y_pred, "log_cosh")
    error = y_pred - y_true
    return _mean(error + ops.softplus(error * -2.0) - _LOG_2)


def cosine_similarity(y_true, y_pred, axis=-1):
    """Minus the cosine of the angle between targets and predictions: -1 where they point the same way."""
    y_true, y_pred = aligned(y_true, y_pred, "cosine_similarity")
    return -ops.reduce_sum(normalize(y_true, axis) * normalize(y_pred, axis), axis=axis)


def poisson(y_true, y_pred):
    """mean (y_pred - y_true log(y_pred)): the Poisson likelihood of counts."""
    y_true, y_pred = aligned(y_true, y_pred, "poisson")
    return _mean(y_pred - y_true * ops.log(y_pred + epsilon()))
