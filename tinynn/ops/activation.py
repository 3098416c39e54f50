"""Floor 4: activation functions, each with its fused backward pass, which is an op with rules of its own.

Where it says `features`, any shape of floating-point numbers is meant; the result has the same shape and type.
"""

from tinynn.autodiff.tensor import operand
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import floats, numbers
from tinynn.ops.broadcast import everywhere
from tinynn.ops.elementary import abs, negative, sign
from tinynn.ops.layout import concat
from tinynn.ops.logic import _where, less

SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717

# ---- rectifiers ------------------------------------------------------------------------------------------------------


@numbers
@primitive("y = max(0, x)")
def relu(xp, features):
    """max(x, 0); NaN stays NaN. Its derivative at 0 is 0."""
    return xp.where(features <= 0, xp.zeros_like(features), features)


@relu.vjp("g where y > 0")
def _(g, out):
    return relu_grad(g, out)


@primitive("dx = dy where y > 0, else 0")
def relu_grad(xp, dy, y):
    """The backward pass of y = relu(x)."""
    return xp.where(y > 0, dy, xp.zeros_like(dy))


@relu_grad.vjp("g where y > 0", wrt="dy")
def _(g, y):
    return relu_grad(g, y)


@relu_grad.vjp("0", wrt="y")
def _(g, y_shape):
    return everywhere(0.0, y_shape, g)


@numbers
@primitive("y = min(max(0, x), 6)")
def relu6(xp, features):
    """max(x, 0), at most 6. Its derivative at 0 and at 6 is 0."""
    return xp.minimum(xp.where(features <= 0, xp.zeros_like(features), features), features.dtype.type(6))


@relu6.vjp("g where 0 < y < 6")
def _(g, out):
    return relu6_grad(g, out)


@primitive("dx = dy where 0 < y < 6, else 0")
def relu6_grad(xp, dy, y):
    """The backward pass of y = relu6(x)."""
    return xp.where((y > 0) & (y < 6), dy, xp.zeros_like(dy))


@relu6_grad.vjp("g where 0 < y < 6", wrt="dy")
def _(g, y):
    return relu6_grad(g, y)


@relu6_grad.vjp("0", wrt="y")
def _(g, y_shape):
    return everywhere(0.0, y_shape, g)


@floats
@primitive("y = x where x > 0, else α x")
def leaky_relu(xp, features, *, alpha=0.2):
    """x where it is positive, alpha x elsewhere. Its derivative at 0 is alpha."""
    return xp.where(features > 0, features, features * alpha)


@leaky_relu.vjp("g where x > 0, else α g")
def _(g, features, alpha):
    return leaky_relu_grad(g, features, alpha)


@primitive("dx = dy where x > 0, else α dy")
def leaky_relu_grad(xp, dy, x, *, alpha=0.2):
    """The backward pass of leaky_relu(x)."""
    return xp.where(x > 0, dy, dy * alpha)


@leaky_relu_grad.vjp("g where x > 0, else α g", wrt="dy")
def _(g, x, alpha):
    return leaky_relu_grad(g, x, alpha)


@leaky_relu_grad.vjp("0", wrt="x")
def _(g, x_shape):
    return everywhere(0.0, x_shape, g)


@floats
@primitive("y = x where x > 0, else α (eˣ - 1)")
def elu(xp, features, *, alpha=1.0):
    """x where it is positive, alpha (exp(x) - 1) elsewhere."""
    return xp.where(features > 0, features, xp.expm1(xp.minimum(features, 0)) * alpha)


@elu.vjp("g where y ≥ 0, else g (y + α)")
def _(g, out, alpha):
    return elu_grad(g, out, alpha)


@primitive("dx = dy where y ≥ 0, else dy (y + α)")
def elu_grad(xp, dy, y, *, alpha=1.0):
    """The backward pass of y = elu(x)."""
    return xp.where(y < 0, dy * (y + alpha), dy)


@elu_grad.vjp("g where y ≥ 0, else g (y + α)", wrt="dy")
def _(g, y, alpha):
    return elu_grad(g, y, alpha)


@elu_grad.vjp("g dy where y < 0", wrt="y")
def _(g, dy, y):
    return _where(less(y, 0.0), g * dy, 0.0)


@floats
@primitive("y = 1.0507 (x where x > 0, else 1.6733 (eˣ - 1))")
def selu(xp, features):
    """The self-normalizing elu, with the constants of Klambauer et al., 2017."""
    return xp.where(features > 0, features, xp.expm1(xp.minimum(features, 0)) * SELU_ALPHA) * SELU_SCALE


@selu.vjp("1.0507 g where y ≥ 0, else g (y + 1.7581)")
def _(g, out):
    return selu_grad(g, out)


@primitive("dx = 1.0507 dy where y ≥ 0, else dy (y + 1.7581)")
def selu_grad(xp, dy, y):
    """The backward pass of y = selu(x)."""
    return xp.where(y < 0, dy * (y + SELU_SCALE * SELU_ALPHA), dy * SELU_SCALE)


@selu_grad.vjp("1.0507 g where y ≥ 0, else g (y + 1.7581)", wrt="dy")
def _(g, y):
    return selu_grad(g, y)


@selu_grad.vjp("g dy where y < 0", wrt="y")
def _(g, dy, y):
    return _where(less(y, 0.0), g * dy, 0.0)


# ---- sigmoids --------------------------------------------------------------------------------------------------------


def _sigmoid(xp, x):
    e = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, 1 / (1 + e), e / (1 + e))


@floats
@primitive("y = 1 / (1 + e⁻ˣ)")
def sigmoid(xp, x):
    """The logistic function, between 0 and 1, without overflow."""
    return _sigmoid(xp, x)


@sigmoid.vjp("g y (1 - y)")
def _(g, out):
    return sigmoid_grad(g, out)


@primitive("dx = dy y (1 - y)")
def sigmoid_grad(xp, dy, y):
    """The backward pass of y = sigmoid(x)."""
    return dy * y * (1 - y)


@sigmoid_grad.vjp("g y (1 - y)", wrt="dy")
def _(g, y):
    return sigmoid_grad(g, y)


@sigmoid_grad.vjp("g dy (1 - 2y)", wrt="y")
def _(g, dy, y):
    return g * dy * (1.0 - y * 2.0)


@floats
@primitive("y = 0 below -3, 1 above 3, (x + 3) / 6 between")
def hard_sigmoid(xp, x):
    """A sigmoid of three straight lines. Its derivative at -3 and 3 is 0."""
    return xp.clip((x + 3) / 6, 0, 1)


@hard_sigmoid.vjp("g / 6 where -3 < x < 3")
def _(g, x):
    return _where(less(abs(x), 3.0), g / 6.0, 0.0)


@floats
@primitive("y = ln(1 + eˣ)")
def softplus(xp, features):
    """A smooth relu, log(1 + exp(x)), without overflow."""
    return xp.maximum(features, 0) + xp.log1p(xp.exp(-xp.abs(features)))


@softplus.vjp("g sigmoid(x)")
def _(g, features):
    return softplus_grad(g, features)


@primitive("dx = dy sigmoid(x)")
def softplus_grad(xp, dy, x):
    """The backward pass of softplus(x)."""
    return dy * _sigmoid(xp, x)


@softplus_grad.vjp("g sigmoid(x)", wrt="dy")
def _(g, x):
    return softplus_grad(g, x)


@softplus_grad.vjp("g dy sigmoid'(x)", wrt="x")
def _(g, dy, x):
    return sigmoid_grad(g * dy, sigmoid(x))


@floats
@primitive("y = x / (1 + |x|)")
def softsign(xp, features):
    """x / (1 + |x|), between -1 and 1."""
    return features / (1 + xp.abs(features))


@softsign.vjp("g / (1 + |x|)²")
def _(g, features):
    return softsign_grad(g, features)


@primitive("dx = dy / (1 + |x|)²")
def softsign_grad(xp, dy, x):
    """The backward pass of softsign(x)."""
    return dy / xp.square(1 + xp.abs(x))


@softsign_grad.vjp("g / (1 + |x|)²", wrt="dy")
def _(g, x):
    return softsign_grad(g, x)


@softsign_grad.vjp("-2 g dy sign(x) / (1 + |x|)³", wrt="x")
def _(g, dy, x):
    return softsign_grad(g * dy, x) * sign(x) / (abs(x) + 1.0) * -2.0


def log_sigmoid(x, name=None):
    """log(sigmoid(x)), without overflow.

    Example:
        >>> tf.math.log_sigmoid([-2.0, 0.0, 2.0])
    """
    return negative(softplus(negative(x)))


def crelu(features, axis=-1, name=None):
    """relu(x) and relu(-x) side by side: twice as long along `axis`.

    Example:
        >>> tf.nn.crelu([-2.0, 3.0])
    """
    features = operand(features)
    return concat([relu(features), relu(negative(features))], axis)


def relu_layer(x, weights, biases, name=None):
    """relu(x @ weights + biases)."""
    return relu(operand(x) @ weights + biases)
