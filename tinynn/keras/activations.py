"""Floor 7: activations under Keras's names."""

import inspect

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.core.errors import hint
from tinynn.keras import notes
from tinynn.keras.config import floatx
from tinynn.keras.saving import Catalogue


def _tensor(x):
    """`x` as something ops take; integers become floats."""
    x = operand(x)
    return x if x.dtype.is_floating else ops.cast(x, floatx())


def linear(x):
    """x itself."""
    return x


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """max(x, 0); with its options, a slope below the threshold and a ceiling.

    Args:
        x: a tensor of any shape.
        negative_slope: what (x - threshold) is multiplied by where x is below the threshold.
        max_value: the largest output; None for no limit.
        threshold: where the output begins to be x; below it, it is 0 or the slope's line.

    Returns:
        A tensor of the shape of x.
    """
    x = _tensor(x)
    if max_value is None and not threshold:
        return ops.leaky_relu(x, negative_slope) if negative_slope else ops.relu(x)
    below = negative_slope * ops.relu(threshold - x) if negative_slope else None
    if threshold:
        y = ops.where(x > threshold, x, ops.zeros_like(x))
    else:
        y = ops.relu(x)
    if max_value is not None:
        y = ops.minimum(y, max_value)
    return y if below is None else y - below


def leaky_relu(x, negative_slope=0.2):
    """x where it is positive, negative_slope x elsewhere."""
    return ops.leaky_relu(_tensor(x), negative_slope)


def relu6(x):
    """min(max(x, 0), 6)."""
    return ops.relu6(_tensor(x))


def elu(x, alpha=1.0):
    """x where it is positive, alpha (e^x - 1) elsewhere.

    Source: Clevert, Unterthiner, Hochreiter: Fast and accurate deep network learning by ELUs (2016).
    """
    return ops.elu(_tensor(x), alpha)


def selu(x):
    """scale x where it is positive, scale alpha (e^x - 1) elsewhere; scale = 1.0507, alpha = 1.6733.

    With LecunNormal weights it carries mean 0 and variance 1 from layer to layer.

    Source: Klambauer, Unterthiner, Mayr, Hochreiter: Self-normalizing neural networks (2017).
    """
    return ops.selu(_tensor(x))


def celu(x, alpha=1.0):
    """max(x, 0) + alpha (e^(min(x, 0) / alpha) - 1).

    Source: Barron: Continuously differentiable exponential linear units (2017).
    """
    x = _tensor(x)
    return ops.maximum(x, 0.0) + alpha * ops.expm1(ops.minimum(x, 0.0) / alpha)


def softmax(x, axis=-1):
    """e^x / sum e^x along an axis: positive numbers that add up to 1.

    Args:
        x: a tensor.
        axis: the axis, or several, along which the outputs add up to 1; None for all.
    """
    x = _tensor(x)
    if axis is None or isinstance(axis, (list, tuple)):
        y = ops.exp(x - ops.reduce_logsumexp(x, axis=axis, keepdims=True))
    else:
        y = ops.softmax(x, axis=axis)
    if notes.logits.get(x) is not None:
        hint("softmax-twice", "softmax of what comes out of a softmax or sigmoid already: take one of the two away",
             first="softmax or sigmoid", second="softmax")
    notes.logits.set(y, x)
    return y


def log_softmax(x, axis=-1):
    """log(softmax(x)) along an axis, or several, computed without overflow."""
    x = _tensor(x)
    if axis is None or isinstance(axis, (list, tuple)):
        return x - ops.reduce_logsumexp(x, axis=axis, keepdims=True)
    return ops.log_softmax(x, axis=axis)


def sparsemax(x, axis=-1):
    """max(x - tau, 0) with the tau that makes the sum along the axis 1: a softmax with zeros.

    Source: Martins, Astudillo: From softmax to sparsemax (2016).
    """
    x = _tensor(x)
    z = ops.sort(x, axis=axis, direction="DESCENDING")
    total = ops.cumsum(z, axis=axis)
    shape = [1] * len(x.shape)
    shape[axis] = -1
    count = ops.reshape(ops.cast(ops.range(1, x.shape[axis] + 1), x.dtype), shape)
    support = ops.cast(z - (total - 1.0) / count > 0.0, x.dtype)
    size = ops.reduce_sum(support, axis=axis, keepdims=True)
    tau = (ops.reduce_sum(support * z, axis=axis, keepdims=True) - 1.0) / size
    return ops.maximum(x - tau, 0.0)


def sigmoid(x):
    """1 / (1 + e^-x), between 0 and 1."""
    x = _tensor(x)
    y = ops.sigmoid(x)
    notes.logits.set(y, x)
    return y


def log_sigmoid(x):
    """log(sigmoid(x)) = -log(1 + e^-x)."""
    return -ops.softplus(-_tensor(x))


def hard_sigmoid(x):
    """0 below -3, 1 above 3, x / 6 + 1/2 between."""
    return ops.hard_sigmoid(_tensor(x))


def sparse_sigmoid(x):
    """0 below -1, 1 above 1, (x + 1) / 2 between.

    Source: Blondel, Martins, Niculae: Learning classifiers with Fenchel-Young losses (2019).
    """
    x = _tensor(x)
    inside = ops.where(x >= 1.0, ops.ones_like(x), 0.5 * (x + 1.0))
    return ops.where(x <= -1.0, ops.zeros_like(x), inside)


def tanh(x):
    """The hyperbolic tangent, between -1 and 1."""
    return ops.tanh(_tensor(x))


def hard_tanh(x):
    """x between -1 and 1, and these limits outside."""
    return ops.clip_by_value(_tensor(x), -1.0, 1.0)


def tanh_shrink(x):
    """x - tanh(x)."""
    x = _tensor(x)
    return x - ops.tanh(x)


def hard_shrink(x, threshold=0.5):
    """x where |x| is above the threshold, 0 elsewhere."""
    x = _tensor(x)
    return ops.where(ops.abs(x) > threshold, x, ops.zeros_like(x))


def soft_shrink(x, threshold=0.5):
    """x moved towards 0 by the threshold, and 0 where it would cross."""
    x = _tensor(x)
    low = ops.where(x < -threshold, x + threshold, ops.zeros_like(x))
    return ops.where(x > threshold, x - threshold, low)


def threshold(x, threshold, default_value):
    """x where it is above the threshold, `default_value` elsewhere."""
    x = _tensor(x)
    return ops.where(x > threshold, x, ops.zeros_like(x) + default_value)


def softplus(x):
    """log(1 + e^x), a smooth relu."""
    return ops.softplus(_tensor(x))


def sparse_plus(x):
    """0 below -1, x above 1, (x + 1)^2 / 4 between."""
    x = _tensor(x)
    inside = ops.where(x < 1.0, 0.25 * ops.square(x + 1.0), x)
    return ops.where(x <= -1.0, ops.zeros_like(x), inside)


def squareplus(x, b=4):
    """(x + sqrt(x^2 + b)) / 2.

    Source: Barron: Squareplus, a softplus-like algebraic rectifier (2021).
    """
    x = _tensor(x)
    return (x + ops.sqrt(ops.square(x) + float(b))) / 2.0


def softsign(x):
    """x / (1 + |x|)."""
    return ops.softsign(_tensor(x))


def silu(x):
    """x sigmoid(x).

    Source: Ramachandran, Zoph, Le: Searching for activation functions (2017).
    """
    return ops.silu(_tensor(x))


def hard_silu(x):
    """0 below -3, x above 3, x (x + 3) / 6 between.

    Source: Howard et al.: Searching for MobileNetV3 (2019).
    """
    x = _tensor(x)
    return x * ops.hard_sigmoid(x)


def gelu(x, approximate=False):
    """x P(Z <= x) for a standard normal Z.

    Args:
        x: a tensor.
        approximate: whether P is computed through tanh instead of erf.

    Source: Hendrycks, Gimpel: Gaussian error linear units (2016).
    """
    return ops.gelu(_tensor(x), approximate)


def glu(x, axis=-1):
    """a sigmoid(b) for the two halves a and b of x along an axis.

    Raises:
        ValueError: where that axis has an odd length.

    Source: Dauphin, Fan, Auli, Grangier: Language modeling with gated convolutional networks (2017).
    """
    x = _tensor(x)
    if x.shape[axis] % 2:
        raise ValueError(f"glu splits axis {axis} in two halves, and it has {x.shape[axis]} entries in {x.shape}")
    a, b = ops.split(x, 2, axis=axis)
    return a * ops.sigmoid(b)


def mish(x):
    """x tanh(softplus(x)).

    Source: Misra: Mish, a self regularized non-monotonic activation function (2019).
    """
    return ops.mish(_tensor(x))


def exponential(x):
    """e^x."""
    return ops.exp(_tensor(x))


_catalogue = Catalogue(
    "activation function",
    "keras.activations",
    [f for name, f in list(globals().items())
     if inspect.isfunction(f) and f.__module__ == __name__ and not name.startswith("_")],
    {"swish": silu, "hard_swish": hard_silu},
)
swish, hard_swish = silu, hard_silu


def get(identifier):
    """The activation of a name, a configuration or a function; `linear` of None.

    Raises:
        ValueError: for a name that is not there, with the nearest one.
    """
    return linear if identifier is None else _catalogue.get(identifier)


def serialize(activation):
    """The name of an activation, or the configuration of an object or of a function of the user's."""
    config = _catalogue.serialize(activation)
    return config["config"] if _catalogue.exact.get(getattr(activation, "__name__", None)) is activation else config


def deserialize(config, custom_objects=None):
    """The activation that a name or a configuration describes."""
    return _catalogue.deserialize(config, custom_objects)
