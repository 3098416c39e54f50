"""Floor 4: softmax and its logarithm."""

from tinynn.autodiff.tensor import operand
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import axis_of, floats
from tinynn.ops.broadcast import _reduce_sum
from tinynn.ops.elementary import exp, negative


def _distribution(xp, x, axis):
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True)) if x.shape[axis] else x.copy()
    return e / xp.sum(e, axis=axis, keepdims=True)


def _log_distribution(xp, x, axis):
    x = x - xp.max(x, axis=axis, keepdims=True) if x.shape[axis] else x
    return x - xp.log(xp.sum(xp.exp(x), axis=axis, keepdims=True))


def _last_axis(rand):
    return (rand(4, 3),), {"axis": 1}


def _last_axis_grad(rand):
    return (rand(4, 3), rand(4, 3)), {"axis": 1}


@floats
@primitive("y = eˣ / Σ eˣ", example=_last_axis)
def _softmax(xp, logits, *, axis):
    """exp(x), divided by its sum along an axis, without overflow."""
    return _distribution(xp, logits, axis)


@_softmax.vjp("y (g - Σ g y)")
def _(g, out, axis):
    return softmax_grad(g, out, axis)


@primitive("dx = y (dy - Σ dy y)", example=_last_axis_grad)
def softmax_grad(xp, dy, y, *, axis):
    """The backward pass of y = softmax(x)."""
    return y * (dy - xp.sum(dy * y, axis=axis, keepdims=True))


@softmax_grad.vjp("y (g - Σ g y)", wrt="dy")
def _(g, y, axis):
    return softmax_grad(g, y, axis)


@softmax_grad.vjp("g (dy - Σ dy y) - dy Σ g y", wrt="y")
def _(g, dy, y, axis):
    return g * (dy - _reduce_sum(dy * y, (axis,), True)) - dy * _reduce_sum(g * y, (axis,), True)


def softmax(logits, axis=-1, name=None):
    """exp(x) / sum(exp(x)) along an axis: positive numbers that add up to 1, without overflow."""
    logits = operand(logits)
    return _softmax(logits, axis_of(-1 if axis is None else axis, logits.ndim))


@floats
@primitive("y = x - ln Σ eˣ", example=_last_axis)
def _log_softmax(xp, logits, *, axis):
    """The logarithm of softmax along an axis, exact also for small probabilities."""
    return _log_distribution(xp, logits, axis)


@_log_softmax.vjp("g - eʸ Σ g")
def _(g, out, axis):
    return log_softmax_grad(g, out, axis)


@primitive("dx = dy - eʸ Σ dy", example=_last_axis_grad)
def log_softmax_grad(xp, dy, y, *, axis):
    """The backward pass of y = log_softmax(x)."""
    return dy - xp.exp(y) * xp.sum(dy, axis=axis, keepdims=True)


@log_softmax_grad.vjp("g - Σ g eʸ", wrt="dy")
def _(g, y, axis):
    return g - _reduce_sum(g * exp(y), (axis,), True)


@log_softmax_grad.vjp("-g eʸ Σ dy", wrt="y")
def _(g, dy, y, axis):
    return negative(g * exp(y) * _reduce_sum(dy, (axis,), True))


def log_softmax(logits, axis=-1, name=None):
    """log(softmax(x)) along an axis, exact also for small probabilities."""
    logits = operand(logits)
    return _log_softmax(logits, axis_of(-1 if axis is None else axis, logits.ndim))
