"""Floor 4: activation functions that are x times a gate: silu, gelu, mish."""

from tinynn.autodiff.tensor import operand
from tinynn.core.primitive import primitive
from tinynn.ops.activation import _sigmoid, sigmoid, softplus
from tinynn.ops.arguments import floats
from tinynn.ops.elementary import exp, square
from tinynn.ops.special import erfc_array
from tinynn.ops.trig import tanh

ROOT_2_OVER_PI = 0.79788456080286535588
CUBIC = 0.044715
ROOT_HALF = 0.70710678118654752440
DENSITY_AT_0 = 0.39894228040143267794     # 1 / √(2π)


@floats
@primitive("y = x sigmoid(x)")
def _silu(xp, features):
    """x sigmoid(x)."""
    return features * _sigmoid(xp, features)


@_silu.vjp("g s (1 + x (1 - s)), s = sigmoid(x)")
def _(g, features):
    return silu_grad(g, features)


@primitive("dx = dy s (1 + x (1 - s)), s = sigmoid(x)")
def silu_grad(xp, dy, x):
    """The backward pass of silu(x)."""
    s = _sigmoid(xp, x)
    return dy * (s * (1 + x * (1 - s)))


@silu_grad.vjp("g s (1 + x (1 - s))", wrt="dy")
def _(g, x):
    return silu_grad(g, x)


@silu_grad.vjp("g dy s (1 - s) (2 + x (1 - 2s))", wrt="x")
def _(g, dy, x):
    s = sigmoid(x)
    return g * dy * (s * (1.0 - s) * (x * (1.0 - s * 2.0) + 2.0))


def silu(features, beta=1.0):
    """x sigmoid(beta x), also called swish.

    Args:
        features: floating-point numbers of any shape.
        beta: how steep the gate is.
    """
    if type(beta) in (int, float) and beta == 1:
        return _silu(features)
    features = operand(features)
    return features * sigmoid(features * beta)


@floats
@primitive("y = x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2")
def gelu_tanh(xp, features):
    """x times the normal distribution function, approximated with tanh."""
    inner = ROOT_2_OVER_PI * (features + CUBIC * features * features * features)
    return 0.5 * features * (1 + xp.tanh(inner))


@gelu_tanh.vjp("g times the slope")
def _(g, features):
    return gelu_tanh_grad(g, features)


@primitive("dx = dy ((1 + t) + x (1 - t²) u') / 2, t = tanh u, u = √(2/π) (x + 0.044715 x³)")
def gelu_tanh_grad(xp, dy, x):
    """The backward pass of gelu_tanh(x)."""
    t = xp.tanh(ROOT_2_OVER_PI * (x + CUBIC * x * x * x))
    slope = ROOT_2_OVER_PI * (1 + 3 * CUBIC * x * x)
    return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope)


@gelu_tanh_grad.vjp("g times the slope", wrt="dy")
def _(g, x):
    return gelu_tanh_grad(g, x)


@gelu_tanh_grad.vjp("g dy (1 - t²) (u' + x (u'' / 2 - t u'²))", wrt="x")
def _(g, dy, x):
    t = tanh((x + x * square(x) * CUBIC) * ROOT_2_OVER_PI)
    slope = (square(x) * (3 * CUBIC) + 1.0) * ROOT_2_OVER_PI
    bend = x * (6 * CUBIC * ROOT_2_OVER_PI)
    return g * dy * ((1.0 - square(t)) * (slope + x * (bend * 0.5 - t * square(slope))))


@floats
@primitive("y = x Φ(x)")
def gelu_erf(xp, features):
    """x times the normal distribution function."""
    return 0.5 * features * erfc_array(xp, features * -ROOT_HALF)


@gelu_erf.vjp("g (Φ(x) + x φ(x))")
def _(g, features):
    return gelu_erf_grad(g, features)


@primitive("dx = dy (Φ(x) + x φ(x))")
def gelu_erf_grad(xp, dy, x):
    """The backward pass of gelu_erf(x); Φ is the normal distribution function, φ its density."""
    return dy * (0.5 * erfc_array(xp, x * -ROOT_HALF) + x * (DENSITY_AT_0 * xp.exp(-0.5 * x * x)))


@gelu_erf_grad.vjp("g (Φ(x) + x φ(x))", wrt="dy")
def _(g, x):
    return gelu_erf_grad(g, x)


@gelu_erf_grad.vjp("g dy φ(x) (2 - x²)", wrt="x")
def _(g, dy, x):
    return g * dy * (exp(square(x) * -0.5) * (2.0 - square(x)) * DENSITY_AT_0)


def gelu(features, approximate=False, name=None):
    """x times the normal distribution function at x.

    Args:
        features: floating-point numbers of any shape.
        approximate: whether to use a formula with tanh instead.

    Example:
        >>> tf.nn.gelu([-1.0, 0.5, 2.0])
    """
    return gelu_tanh(features) if approximate else gelu_erf(features)


@floats
@primitive("y = x tanh(ln(1 + eˣ))")
def mish(xp, features):
    """x tanh(softplus(x))."""
    return features * xp.tanh(xp.maximum(features, 0) + xp.log1p(xp.exp(-xp.abs(features))))


@mish.vjp("g (t + x s (1 - t²)), t = tanh(softplus(x)), s = sigmoid(x)")
def _(g, features):
    return mish_grad(g, features)


@primitive("dx = dy (t + x s (1 - t²)), t = tanh(softplus(x)), s = sigmoid(x)")
def mish_grad(xp, dy, x):
    """The backward pass of mish(x)."""
    t = xp.tanh(xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x))))
    return dy * (t + x * _sigmoid(xp, x) * (1 - t * t))


@mish_grad.vjp("g (t + x s (1 - t²))", wrt="dy")
def _(g, x):
    return mish_grad(g, x)


@mish_grad.vjp("g dy (1 - t²) s (2 + x (1 - s - 2 t s))", wrt="x")
def _(g, dy, x):
    t, s = tanh(softplus(x)), sigmoid(x)
    return g * dy * ((1.0 - square(t)) * s * (x * (1.0 - s - t * s * 2.0) + 2.0))
