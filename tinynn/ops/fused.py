"""Floor 4: products with what follows them in one kernel, and gradients that use what the forward pass computed. The
graph's passes put them in place of the separate ops; eager code has no use for them. The products have the values of
the separate ops, bit for bit.

`activation` is one of the numbers below: the functions that a kernel can apply to a finished product, whose slopes it
can write in terms of their results.
"""

import numpy as np

from tinynn.core.primitive import primitive
from tinynn.ops.activation import relu, relu_grad, sigmoid, sigmoid_grad
from tinynn.ops.broadcast import everywhere
from tinynn.ops.convolution import _convolve, convolve_kernel_grad, input_grad
from tinynn.ops.layout import expand_dims
from tinynn.ops.linalg import _grad_a, _grad_b, _matmul
from tinynn.ops.normalize import bias_add_grad
from tinynn.ops.reduce import _reduce_sum
from tinynn.ops.trig import tanh, tanh_grad

LINEAR, RELU, SIGMOID, TANH = range(4)      # csrc/kernels/matmul_epilogue.h has the same numbers
ACTIVATIONS = {RELU: relu, SIGMOID: sigmoid, TANH: tanh}
SLOPES = {RELU: relu_grad, SIGMOID: sigmoid_grad, TANH: tanh_grad}


def _checked(activation, table, *others):
    if activation not in table and activation not in others:
        raise ValueError(f"activation is one of the numbers {(*others, *table)} of tinynn.ops.fused, got {activation}")


def _product(xp, a, b, transpose_a, transpose_b):
    return _matmul.body(xp, a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def _backwards(g, y, activation):
    """g times the slope of the activation whose result is y."""
    return g if activation == LINEAR else SLOPES[activation](g, y)


# ---- a layer, forwards -----------------------------------------------------------------------------------------------


@primitive("c = φ(a b + bias)", example=lambda rand: [
    ((rand(4, 3), rand(3, 5), rand(5)), {}),
    *[((rand(3, 4), rand(5, 3), rand(5)), {"transpose_a": True, "transpose_b": True, "activation": i})
      for i in (LINEAR, RELU, SIGMOID, TANH)],
    ((rand(2, 4, 3), rand(3, 5), rand(5)), {"activation": TANH})])
def matmul_bias(xp, a, b, bias, *, transpose_a=False, transpose_b=False, activation=LINEAR):
    """The activation of a product plus a bias along its last axis, as matmul, bias_add and the activation compute it.

    Args:
        a, b: matrices as for `matmul`; the axes before the last two broadcast.
        bias: a vector as long as the rows of the product.
        activation: LINEAR, RELU, SIGMOID or TANH; NaN stays NaN in each.
    """
    _checked(activation, ACTIVATIONS, LINEAR)
    c = _product(xp, a, b, transpose_a, transpose_b)
    if bias.ndim != 1 or bias.shape[0] != c.shape[-1]:
        raise ValueError(f"a bias of shape {bias.shape} does not fit the last axis of a product of shape {c.shape}")
    return c + bias if activation == LINEAR else ACTIVATIONS[activation].body(xp, c + bias)


@matmul_bias.vjp("(g φ'(c)) bᵀ", wrt="a")
def _(g, out, b, transpose_a, transpose_b, activation, a_shape):
    return _grad_a(_backwards(g, out, activation), b, transpose_a, transpose_b, a_shape)


@matmul_bias.vjp("aᵀ (g φ'(c))", wrt="b")
def _(g, out, a, transpose_a, transpose_b, activation, b_shape):
    return _grad_b(_backwards(g, out, activation), a, transpose_a, transpose_b, b_shape)


@matmul_bias.vjp("g φ'(c), summed over all axes but the last", wrt="bias")
def _(g, out, activation):
    return bias_add_grad(_backwards(g, out, activation))


@primitive("y = φ(every window of x times the kernel + bias)", example=lambda rand: [
    *[((rand(1, 3, 4, 2), rand(2, 2, 2, 3), rand(3)),
       {"stride": (1, 2), "dilation": (1, 1), "activation": i}) for i in (LINEAR, RELU, TANH)],
    ((rand(2, 5, 4), rand(2, 2, 2), rand(2)), {"stride": (1,), "dilation": (2,), "activation": SIGMOID})])
def convolve_bias(xp, x, kernel, bias, *, stride, dilation, activation=LINEAR):
    """The activation of a convolution plus a bias for each filter, as convolution, bias_add and the activation do it.

    Args:
        x, kernel, stride, dilation: as for `convolve`.
        bias: of shape (filters,).
        activation: LINEAR, RELU, SIGMOID or TANH.
    """
    _checked(activation, ACTIVATIONS, LINEAR)
    y = _convolve.body(xp, x, kernel, stride=stride, dilation=dilation)
    if bias.ndim != 1 or bias.shape[0] != y.shape[-1]:
        raise ValueError(f"a bias of shape {bias.shape} does not fit a convolution of {y.shape[-1]} filters")
    return y + bias if activation == LINEAR else ACTIVATIONS[activation].body(xp, y + bias)


@convolve_bias.vjp("every g φ'(y) puts a copy of the kernel down", wrt="x")
def _(g, out, kernel, x_shape, stride, dilation, activation):
    return input_grad(_backwards(g, out, activation), kernel, x_shape, stride, dilation)


@convolve_bias.vjp("Σ (a window of x) g φ'(y)", wrt="kernel")
def _(g, out, x, kernel_shape, stride, dilation, activation):
    return convolve_kernel_grad(x, _backwards(g, out, activation), tuple(kernel_shape[:-2]), stride, dilation,
                                   x.shape[-1] // kernel_shape[-2])


@convolve_bias.vjp("g φ'(y), summed over all axes but the last", wrt="bias")
def _(g, out, activation):
    return bias_add_grad(_backwards(g, out, activation))


# ---- and backwards ---------------------------------------------------------------------------------------------------


@primitive("c = (a b) φ'(y)", example=lambda rand: [
    ((rand(4, 3), rand(3, 5), rand(4, 5)), {}),
    *[((rand(3, 4), rand(5, 3), rand(4, 5)), {"transpose_a": True, "transpose_b": True, "activation": i})
      for i in (RELU, SIGMOID, TANH)],
    ((rand(2, 4, 3), rand(3, 5), rand(2, 4, 5)), {"activation": SIGMOID})])
def matmul_slope(xp, a, b, y, *, transpose_a=False, transpose_b=False, activation=RELU):
    """A product times the slope of the activation whose result is y, as matmul and the activation's _grad compute it.

    Args:
        a, b: matrices as for `matmul`; the axes before the last two broadcast.
        y: the result of the activation; of the product's shape.
        activation: RELU (whose slope is 1 where y > 0, else 0), SIGMOID (y (1 - y)) or TANH (1 - y²).
    """
    _checked(activation, SLOPES)
    c = _product(xp, a, b, transpose_a, transpose_b)
    if y.shape != c.shape:
        raise ValueError(f"y has shape {y.shape}, the product has shape {c.shape}")
    return SLOPES[activation].body(xp, c, y)


@matmul_slope.vjp("(g φ'(y)) bᵀ", wrt="a")
def _(g, b, y, transpose_a, transpose_b, activation, a_shape):
    return _grad_a(_backwards(g, y, activation), b, transpose_a, transpose_b, a_shape)


@matmul_slope.vjp("aᵀ (g φ'(y))", wrt="b")
def _(g, a, y, transpose_a, transpose_b, activation, b_shape):
    return _grad_b(_backwards(g, y, activation), a, transpose_a, transpose_b, b_shape)


@matmul_slope.vjp("g (a b) dφ'(y)/dy: 0, 1 - 2y or -2y", wrt="y")
def _(g, a, b, y, transpose_a, transpose_b, activation, y_shape):
    if activation == RELU:
        return everywhere(0.0, y_shape, g)
    change = y * -2.0 if activation == TANH else 1.0 - y * 2.0
    return g * _matmul(a, b, transpose_a, transpose_b) * change


# ---- a step of gradient descent --------------------------------------------------------------------------------------


@primitive("w <- w - rate a b", writes="w", example=lambda rand: [
    ((rand(4, 5), rand(4, 3), rand(3, 5), 0.1), {}),
    ((rand(4, 5), rand(3, 4), rand(5, 3), 0.1), {"transpose_a": True, "transpose_b": True})])
def matmul_update(xp, w, a, b, rate, *, transpose_a=False, transpose_b=False):
    """Takes a product times the rate off a variable, as matmul and sgd_update compute it."""
    c = _product(xp, a, b, transpose_a, transpose_b)
    if w.shape != c.shape:
        raise ValueError(f"a variable of shape {w.shape} takes a product of that shape, got {c.shape}")
    w -= c * rate


# ---- cross-entropies whose softmax is known --------------------------------------------------------------------------


@primitive("dx = dy (p Σ labels - labels), p = softmax(logits)",
           example=lambda rand: ((rand(4), rand(4, 3), rand(4, 3)), {}))
def cross_entropy_slope(xp, dy, labels, probabilities):
    """The backward pass of softmax_cross_entropy to the logits, from their softmax."""
    return dy[..., None] * (probabilities * labels.sum(-1, keepdims=True) - labels)


@cross_entropy_slope.vjp("Σ g (p Σ labels - labels)", wrt="dy")
def _(g, labels, probabilities):
    return _reduce_sum(g * (probabilities * _reduce_sum(labels, (labels.ndim - 1,), True) - labels),
                       (labels.ndim - 1,), False)


@cross_entropy_slope.vjp("dy (Σ g p - g)", wrt="labels")
def _(g, dy, probabilities):
    return expand_dims(dy, -1) * (_reduce_sum(g * probabilities, (probabilities.ndim - 1,), True) - g)


@cross_entropy_slope.vjp("g dy Σ labels", wrt="probabilities")
def _(g, dy, labels):
    return g * expand_dims(dy, -1) * _reduce_sum(labels, (labels.ndim - 1,), True)


@primitive("dx = dy (p - one_hot(label)), p = softmax(logits)", mixed="labels",
           example=lambda rand: ((rand(4), np.array([0, 2, 1, 2]), rand(4, 3)), {}))
def sparse_cross_entropy_slope(xp, dy, labels, probabilities):
    """The backward pass of sparse_softmax_cross_entropy to the logits, from their softmax."""
    hit = labels[..., None] == xp.arange(probabilities.shape[-1])
    return dy[..., None] * (probabilities - hit.astype(probabilities.dtype))


@sparse_cross_entropy_slope.vjp("Σ g (p - one_hot(label))", wrt="dy")
def _(g, labels, probabilities, dy_shape):
    rows = sparse_cross_entropy_slope(everywhere(1.0, dy_shape, g), labels, probabilities)
    return _reduce_sum(g * rows, (probabilities.ndim - 1,), False)


@sparse_cross_entropy_slope.vjp("g dy", wrt="probabilities")
def _(g, dy):
    return g * expand_dims(dy, -1)
