"""Floor 4: elementary functions of one input: sign, powers, exponentials and rounding, element by element."""

import numpy as np

from tinynn.core.primitive import primitive
from tinynn.ops.arguments import floats, numbers
from tinynn.ops.broadcast import everywhere
from tinynn.ops.layout import cast
from tinynn.ops.logic import _where, equal


def _positive(rand, *shape):
    """A random array that stays away from 0, for examples."""
    return np.abs(rand(*(shape or (4, 3)))) + 0.5


@numbers
@primitive("y = -x")
def negative(xp, x):
    """Changes the sign."""
    return xp.negative(x)


@negative.vjp("-g")
def _(g):
    return negative(g)


@numbers
@primitive("y = |x|")
def abs(xp, x):
    """The absolute value; of complex numbers the length, a real number. Its derivative at 0 is 0."""
    return xp.absolute(x)


@abs.vjp("g sign(x)")
def _(g, x):
    if not x.dtype.is_complex:
        return g * sign(x)
    length = abs(x)
    zero = equal(length, 0.0)
    return cast(_where(zero, 0.0, g / _where(zero, 1.0, length)), x.dtype) * x


@numbers
@primitive("y = sign(x)")
def sign(xp, x):
    """-1, 0 or 1; NaN for NaN. Its derivative is 0."""
    return xp.sign(x)


@sign.vjp("0")
def _(g, x_shape):
    return everywhere(0.0, x_shape, g)


@numbers
@primitive("y = x²")
def square(xp, x):
    """The square of every element."""
    return xp.square(x)


@square.vjp("2 g x")
def _(g, x):
    return g * (x * 2.0)


@floats
@primitive("y = √x", example=lambda rand: ((_positive(rand),), {}))
def sqrt(xp, x):
    """The square root; NaN below 0. Its derivative at 0 is infinite."""
    return xp.sqrt(x)


@sqrt.vjp("g / 2y")
def _(g, out):
    return sqrt_grad(g, out)


@primitive("dx = dy / 2y", example=lambda rand: ((rand(4, 3), _positive(rand)), {}))
def sqrt_grad(xp, dy, y):
    """The backward pass of y = sqrt(x); 0 where dy is 0, even at x = 0 or where y is NaN."""
    return xp.where(dy == 0, xp.zeros_like(dy), dy * 0.5 / y)


@sqrt_grad.vjp("g / 2y", wrt="dy")
def _(g, y):
    return sqrt_grad(g, y)


@sqrt_grad.vjp("-g dy / 2y²", wrt="y")
def _(g, y, out):
    return negative(sqrt_grad(g * out * 2.0, y))


@floats
@primitive("y = 1 / √x", example=lambda rand: ((_positive(rand),), {}))
def rsqrt(xp, x):
    """1 / sqrt(x); infinite at 0, NaN below."""
    return xp.reciprocal(xp.sqrt(x))


@rsqrt.vjp("-g y³ / 2")
def _(g, out):
    return rsqrt_grad(g, out)


@primitive("dx = -dy y³ / 2", example=lambda rand: ((rand(4, 3), _positive(rand)), {}))
def rsqrt_grad(xp, dy, y):
    """The backward pass of y = rsqrt(x); 0 where dy is 0, even at x = 0 or where y is NaN."""
    return xp.where(dy == 0, xp.zeros_like(dy), dy * -0.5 * (y * y * y))


@rsqrt_grad.vjp("-g y³ / 2", wrt="dy")
def _(g, y):
    return rsqrt_grad(g, y)


@rsqrt_grad.vjp("-3 g dy y² / 2", wrt="y")
def _(g, dy, y):
    return g * dy * square(y) * -1.5


@floats
@primitive("y = 1 / x", example=lambda rand: ((_positive(rand),), {}))
def reciprocal(xp, x):
    """1 / x; infinite at 0."""
    return xp.reciprocal(x)


@reciprocal.vjp("-g y²")
def _(g, out):
    return negative(g * square(out))


@floats
@primitive("y = eˣ")
def exp(xp, x):
    """e to the power x."""
    return xp.exp(x)


@exp.vjp("g y")
def _(g, out):
    return g * out


@floats
@primitive("y = eˣ - 1")
def expm1(xp, x):
    """exp(x) - 1, exact also for small x."""
    return xp.expm1(x)


@expm1.vjp("g eˣ")
def _(g, x):
    return g * exp(x)


@floats
@primitive("y = ln x", example=lambda rand: ((_positive(rand),), {}))
def log(xp, x):
    """The natural logarithm; -inf at 0, NaN below."""
    return xp.log(x)


@log.vjp("g / x")
def _(g, x):
    return g / x


@floats
@primitive("y = ln(1 + x)", example=lambda rand: ((_positive(rand),), {}))
def log1p(xp, x):
    """log(1 + x), exact also for small x; -inf at -1, NaN below."""
    return xp.log1p(x)


@log1p.vjp("g / (1 + x)")
def _(g, x):
    return g / (x + 1.0)


# ---- rounding: no gradient -------------------------------------------------------------------------------------------


@primitive("y = ⌊x⌋")
def floor(xp, x):
    """The largest whole number that is not above x. It has no gradient."""
    return xp.floor(x) if x.dtype.kind == "f" else x.copy()


@primitive("y = ⌈x⌉")
def ceil(xp, x):
    """The smallest whole number that is not below x. It has no gradient."""
    return xp.ceil(x) if x.dtype.kind == "f" else x.copy()


@primitive("y = x, rounded")
def rint(xp, x):
    """The nearest whole number, a half to the even one (2.5 to 2). It has no gradient."""
    return xp.rint(x) if x.dtype.kind == "f" else x.copy()
