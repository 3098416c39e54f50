"""Floor 4: cross-entropies, which say how surprising the labels are, computed from logits."""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.backends.checks import inside
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.activation import sigmoid, sigmoid_grad, softplus
from tinynn.ops.arguments import axis_of, floats
from tinynn.ops.broadcast import _reduce_sum, everywhere
from tinynn.ops.elementary import negative
from tinynn.ops.layout import _transpose, cast, expand_dims
from tinynn.ops.softmax import _distribution, _log_distribution, _log_softmax, _softmax, softmax_grad


def _labels(rand):
    e = np.exp(rand(4, 3))
    return e / e.sum(1, keepdims=True)


def _classes(rand):
    return np.abs(rand(4) * 10).astype("int64") % 3


@floats
@primitive("y = -Σ labels · log_softmax(logits)", example=lambda rand: ((_labels(rand), rand(4, 3)), {}))
def softmax_cross_entropy(xp, labels, logits):
    """Per row (along the last axis) the cross-entropy of probabilities and logits; a label of 0 adds nothing."""
    if labels.shape != logits.shape:
        raise ValueError(f"labels of shape {labels.shape} need logits of the same shape, got {logits.shape}")
    terms = labels * _log_distribution(xp, logits, logits.ndim - 1)
    return -xp.sum(xp.where(labels == 0, xp.zeros_like(terms), terms), axis=-1)


@softmax_cross_entropy.vjp("-g log_softmax(logits)", wrt="labels")
def _(g, logits):
    return negative(expand_dims(g, -1) * _log_softmax(logits, logits.ndim - 1))


@softmax_cross_entropy.vjp("g (softmax(logits) Σ labels - labels)", wrt="logits")
def _(g, labels, logits):
    return softmax_cross_entropy_grad(g, labels, logits)


@primitive("dx = dy (softmax(logits) Σ labels - labels)",
           example=lambda rand: ((rand(4), _labels(rand), rand(4, 3)), {}))
def softmax_cross_entropy_grad(xp, dy, labels, logits):
    """The backward pass to the logits. The labels of a row normally add up to 1."""
    total = xp.sum(labels, axis=-1, keepdims=True)
    return dy[..., None] * (_distribution(xp, logits, logits.ndim - 1) * total - labels)


@softmax_cross_entropy_grad.vjp("Σ g (softmax(logits) Σ labels - labels)", wrt="dy")
def _(g, labels, logits, dy_shape):
    rows = softmax_cross_entropy_grad(everywhere(1.0, dy_shape, g), labels, logits)
    return _reduce_sum(g * rows, (logits.ndim - 1,), False)


@softmax_cross_entropy_grad.vjp("dy (Σ g softmax(logits) - g)", wrt="labels")
def _(g, dy, logits):
    axis = logits.ndim - 1
    return expand_dims(dy, -1) * (_reduce_sum(g * _softmax(logits, axis), (axis,), True) - g)


@softmax_cross_entropy_grad.vjp("the backward pass of softmax of g dy Σ labels", wrt="logits")
def _(g, dy, labels, logits):
    axis = logits.ndim - 1
    weight = expand_dims(dy, -1) * _reduce_sum(labels, (axis,), True)
    return softmax_grad(g * weight, _softmax(logits, axis), axis)


def softmax_cross_entropy_with_logits(labels, logits, axis=-1, name=None):
    """The cross-entropy between probabilities and the softmax of logits, without overflow.

    Args:
        labels: probabilities that add up to 1 along `axis`, of the shape and type of the logits.
        logits: what softmax would turn into probabilities; do not apply softmax first.
        axis: the axis of the classes.

    Returns:
        A tensor without that axis, one number for each example.

    Raises:
        InvalidArgumentError: the shapes differ.

    Example:
        >>> tf.nn.softmax_cross_entropy_with_logits(labels=[[1.0, 0.0, 0.0]], logits=[[2.0, 1.0, 0.0]])
    """
    logits = operand(logits)
    labels = cast(labels, logits.dtype)
    axis = axis_of(axis, logits.ndim)
    if axis != logits.ndim - 1:
        order = (*[i for i in range(logits.ndim) if i != axis], axis)
        labels, logits = _transpose(labels, order), _transpose(logits, order)
    return softmax_cross_entropy(labels, logits)


def _classes_of(xp, labels, logits):
    """The labels, checked to be classes of the logits."""
    if labels.shape != logits.shape[:-1]:
        raise ValueError(f"labels of shape {labels.shape} need logits of shape {(*labels.shape, 'classes')}, got "
                         f"{logits.shape}")
    n = logits.shape[-1]
    return inside(xp, labels, n, lambda label: IndexError(f"the label {label} is not one of the {n} classes, which are "
                                                          "numbered from 0"))


@primitive("y = -log_softmax(logits)[label]", mixed="labels", example=lambda rand: ((_classes(rand), rand(4, 3)), {}))
def sparse_softmax_cross_entropy(xp, labels, logits):
    """Per row (along the last axis) the cross-entropy of a class number and logits."""
    labels = _classes_of(xp, labels, logits)
    logs = _log_distribution(xp, logits, logits.ndim - 1)
    return -xp.take_along_axis(logs, labels[..., None], -1)[..., 0]


@sparse_softmax_cross_entropy.vjp("g (softmax(logits) - one_hot(label))", wrt="logits")
def _(g, labels, logits):
    return sparse_softmax_cross_entropy_grad(g, labels, logits)


@primitive("dx = dy (softmax(logits) - one_hot(label))", mixed="labels",
           example=lambda rand: ((rand(4), _classes(rand), rand(4, 3)), {}))
def sparse_softmax_cross_entropy_grad(xp, dy, labels, logits):
    """The backward pass to the logits."""
    hit = labels[..., None] == xp.arange(logits.shape[-1])
    return dy[..., None] * (_distribution(xp, logits, logits.ndim - 1) - hit.astype(logits.dtype))


@sparse_softmax_cross_entropy_grad.vjp("Σ g (softmax(logits) - one_hot(label))", wrt="dy")
def _(g, labels, logits, dy_shape):
    rows = sparse_softmax_cross_entropy_grad(everywhere(1.0, dy_shape, g), labels, logits)
    return _reduce_sum(g * rows, (logits.ndim - 1,), False)


@sparse_softmax_cross_entropy_grad.vjp("the backward pass of softmax of g dy", wrt="logits")
def _(g, dy, logits):
    axis = logits.ndim - 1
    return softmax_grad(g * expand_dims(dy, -1), _softmax(logits, axis), axis)


def sparse_softmax_cross_entropy_with_logits(labels, logits, name=None):
    """The cross-entropy between class numbers and the softmax of logits, without overflow.

    Args:
        labels: class numbers from 0 on, of shape (...).
        logits: what softmax would turn into probabilities, of shape (..., classes).

    Returns:
        A tensor of shape (...), one number for each example.

    Raises:
        InvalidArgumentError: a label is no class, or the shapes do not fit.

    Example:
        >>> tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0], logits=[[2.0, 1.0, 0.0]])
    """
    labels, logits = operand(labels), operand(logits)
    if not str(getattr(labels.dtype, "name", labels.dtype)).startswith(("int", "uint")):
        raise InvalidArgumentError(f"labels are whole numbers, got {labels.dtype}; cast them, as in "
                                   "tf.cast(labels, tf.int64), or use softmax_cross_entropy_with_logits")
    return sparse_softmax_cross_entropy(labels, logits)


@floats
@primitive("y = max(z, 0) - z t + ln(1 + e⁻|ᶻ|)", example=lambda rand: ((_labels(rand), rand(4, 3)), {}))
def sigmoid_cross_entropy(xp, labels, logits):
    """The cross-entropy of probabilities t and the sigmoid of logits z, element by element."""
    if labels.shape != logits.shape:
        raise ValueError(f"labels of shape {labels.shape} need logits of the same shape, got {logits.shape}")
    return xp.maximum(logits, 0) - logits * labels + xp.log1p(xp.exp(-xp.abs(logits)))


@sigmoid_cross_entropy.vjp("-g z", wrt="labels")
def _(g, logits):
    return negative(g * logits)


@sigmoid_cross_entropy.vjp("g (sigmoid(z) - t)", wrt="logits")
def _(g, labels, logits):
    return sigmoid_cross_entropy_grad(g, labels, logits)


@primitive("dz = dy (sigmoid(z) - t)", example=lambda rand: ((rand(4, 3), _labels(rand), rand(4, 3)), {}))
def sigmoid_cross_entropy_grad(xp, dy, labels, logits):
    """The backward pass to the logits."""
    e = xp.exp(-xp.abs(logits))
    return dy * (xp.where(logits >= 0, 1 / (1 + e), e / (1 + e)) - labels)


@sigmoid_cross_entropy_grad.vjp("g (sigmoid(z) - t)", wrt="dy")
def _(g, labels, logits):
    return sigmoid_cross_entropy_grad(g, labels, logits)


@sigmoid_cross_entropy_grad.vjp("-g dy", wrt="labels")
def _(g, dy):
    return negative(g * dy)


@sigmoid_cross_entropy_grad.vjp("g dy sigmoid'(z)", wrt="logits")
def _(g, dy, logits):
    return sigmoid_grad(g * dy, sigmoid(logits))


def sigmoid_cross_entropy_with_logits(labels=None, logits=None, name=None):
    """The cross-entropy between probabilities and the sigmoid of logits, element by element, without overflow.

    Args:
        labels: probabilities, of the shape and type of the logits.
        logits: what sigmoid would turn into probabilities; do not apply sigmoid first.

    Raises:
        InvalidArgumentError: the shapes differ.

    Example:
        >>> tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0, 0.0], logits=[2.0, -1.0])
    """
    logits = operand(logits)
    labels = operand(labels, logits.dtype, like=logits)
    if tuple(labels.shape) != tuple(logits.shape):
        raise InvalidArgumentError(f"labels of shape {tuple(labels.shape)} need logits of the same shape, got "
                                   f"{tuple(logits.shape)}")
    return sigmoid_cross_entropy(labels, logits)


def weighted_cross_entropy_with_logits(labels, logits, pos_weight, name=None):
    """sigmoid_cross_entropy_with_logits in which a positive label counts `pos_weight` times.

    Example:
        >>> tf.nn.weighted_cross_entropy_with_logits(labels=[1.0, 0.0], logits=[2.0, -1.0], pos_weight=3.0)
    """
    logits = operand(logits)
    labels = operand(labels, logits.dtype, like=logits)
    weight = (operand(pos_weight, logits.dtype, like=logits) - 1.0) * labels + 1.0
    return (1.0 - labels) * logits + weight * softplus(negative(logits))
