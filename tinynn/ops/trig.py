"""Floor 4: trigonometric and hyperbolic functions and their inverses, element by element; angles in radians."""

from tinynn.core.primitive import primitive
from tinynn.ops.arguments import floats
from tinynn.ops.broadcast import unbroadcast
from tinynn.ops.elementary import _positive, negative, rsqrt, square


def _inside(rand):
    x = rand(4, 3)
    return (0.9 * x / (1 + x * x),), {}      # between -0.45 and 0.45


@floats
@primitive("y = sin x")
def sin(xp, x):
    """The sine."""
    return xp.sin(x)


@sin.vjp("g cos x")
def _(g, x):
    return g * cos(x)


@floats
@primitive("y = cos x")
def cos(xp, x):
    """The cosine."""
    return xp.cos(x)


@cos.vjp("-g sin x")
def _(g, x):
    return negative(g * sin(x))


@floats
@primitive("y = tan x", example=_inside)
def tan(xp, x):
    """The tangent."""
    return xp.tan(x)


@tan.vjp("g (1 + y²)")
def _(g, out):
    return g * (square(out) + 1.0)


@floats
@primitive("y = arcsin x", example=_inside)
def asin(xp, x):
    """The angle from -π/2 to π/2 whose sine is x; NaN outside [-1, 1]."""
    return xp.arcsin(x)


@asin.vjp("g / √(1 - x²)")
def _(g, x):
    return g * rsqrt(1.0 - square(x))


@floats
@primitive("y = arccos x", example=_inside)
def acos(xp, x):
    """The angle from 0 to π whose cosine is x; NaN outside [-1, 1]."""
    return xp.arccos(x)


@acos.vjp("-g / √(1 - x²)")
def _(g, x):
    return negative(g * rsqrt(1.0 - square(x)))


@floats
@primitive("y = arctan x")
def atan(xp, x):
    """The angle from -π/2 to π/2 whose tangent is x."""
    return xp.arctan(x)


@atan.vjp("g / (1 + x²)")
def _(g, x):
    return g / (square(x) + 1.0)


@floats
@primitive("z = the angle of (x, y)", example=lambda rand: ((_positive(rand), _positive(rand, 3)), {}))
def atan2(xp, y, x):
    """The angle from -π to π of the point (x, y), in the quadrant where it lies."""
    return xp.arctan2(y, x)


@atan2.vjp("g x / (x² + y²)", wrt="y")
def _(g, y, x, y_shape):
    return unbroadcast(g * (x / (square(x) + square(y))), y_shape)


@atan2.vjp("-g y / (x² + y²)", wrt="x")
def _(g, y, x, x_shape):
    return unbroadcast(negative(g * (y / (square(x) + square(y)))), x_shape)


@floats
@primitive("y = sinh x")
def sinh(xp, x):
    """The hyperbolic sine, (exp(x) - exp(-x)) / 2."""
    return xp.sinh(x)


@sinh.vjp("g cosh x")
def _(g, x):
    return g * cosh(x)


@floats
@primitive("y = cosh x")
def cosh(xp, x):
    """The hyperbolic cosine, (exp(x) + exp(-x)) / 2."""
    return xp.cosh(x)


@cosh.vjp("g sinh x")
def _(g, x):
    return g * sinh(x)


@floats
@primitive("y = tanh x")
def tanh(xp, x):
    """The hyperbolic tangent, between -1 and 1."""
    return xp.tanh(x)


@tanh.vjp("g (1 - y²)")
def _(g, out):
    return tanh_grad(g, out)


@primitive("dx = dy (1 - y²)")
def tanh_grad(xp, dy, y):
    """The backward pass of y = tanh(x)."""
    return dy * (1 - y * y)


@tanh_grad.vjp("g (1 - y²)", wrt="dy")
def _(g, y):
    return tanh_grad(g, y)


@tanh_grad.vjp("-2 g dy y", wrt="y")
def _(g, dy, y):
    return g * dy * y * -2.0


@floats
@primitive("y = arsinh x")
def asinh(xp, x):
    """The inverse of sinh."""
    return xp.arcsinh(x)


@asinh.vjp("g / √(x² + 1)")
def _(g, x):
    return g * rsqrt(square(x) + 1.0)


@floats
@primitive("y = arcosh x", example=lambda rand: ((_positive(rand) + 1,), {}))
def acosh(xp, x):
    """The inverse of cosh, not negative; NaN below 1."""
    return xp.arccosh(x)


@acosh.vjp("g / √(x² - 1)")
def _(g, x):
    return g * rsqrt(square(x) - 1.0)


@floats
@primitive("y = artanh x", example=_inside)
def atanh(xp, x):
    """The inverse of tanh; infinite at -1 and 1, NaN outside."""
    return xp.arctanh(x)


@atanh.vjp("g / (1 - x²)")
def _(g, x):
    return g / (1.0 - square(x))
