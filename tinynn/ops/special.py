"""Floor 4: the error function, the gamma function and its derivatives, and products that are 0 where a factor is."""

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.tensor import operand
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import floats
from tinynn.ops.broadcast import reduce_sum
from tinynn.ops.elementary import _positive, exp, log, log1p, negative, square
from tinynn.ops.layout import cast
from tinynn.ops.logic import _where, equal
from tinynn.ops.math import divide, multiply

TWO_OVER_ROOT_PI = 1.1283791670955125739

# Rational approximations of erf on [0, 0.46875], and of erfc beyond, below and above 4: W. J. Cody, 1969.
ERF_SMALL = ((1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
              3.20937758913846947e3),
             (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3))
ERFC_MIDDLE = ((2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
                2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
                1.23033935479799725e3),
               (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
                3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3))
ERFC_LARGE = ((1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
               1.60837851487422766e-2, 6.58749161529837803e-4),
              (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
               2.33520497626869185e-3))
# Lanczos' approximation of the gamma function, g = 7: P. Godfrey, 2001.
LANCZOS = (0.99999999999980993227684700473478, 676.520368121885098567009190444019, -1259.13921672240287047156078755283,
           771.3234287776530788486528258894, -176.61502916214059906584551354, 12.507343278686904814458936853,
           -0.13857109526572011689554707, 9.984369578019570859563e-6, 1.50563273514931155834e-7)
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)      # B2, B4, ...


def _ratio(coefficients, x):
    top, bottom = 0.0, 0.0
    for a, b in zip(*[(0.0,) * (9 - len(c)) + c for c in coefficients], strict=True):
        top, bottom = top * x + a, bottom * x + b
    return top / bottom


def _erf_both(xp, x):
    """(erf, erfc) in float64."""
    x = x.astype("float64")
    size = xp.abs(x)
    small = x * _ratio(ERF_SMALL, xp.minimum(size, 0.5) ** 2)
    inverse = 1 / xp.maximum(size, 1.0) ** 2
    large = (1 / np.sqrt(np.pi) - inverse * _ratio(ERFC_LARGE, inverse)) / xp.maximum(size, 1.0)
    tail = xp.exp(-size * size) * xp.where(size > 4, large, _ratio(ERFC_MIDDLE, xp.minimum(size, 5.0)))
    inner = size <= 0.46875
    return (xp.where(inner, small, xp.sign(x) * (1 - tail)),
            xp.where(inner, 1 - small, xp.where(x < 0, 2 - tail, tail)))


def erfc_array(xp, x):
    """erfc of an array, computed in float64."""
    return _erf_both(xp, x)[1].astype(x.dtype)


@floats
@primitive("y = 2/√π ∫₀ˣ exp(-t²) dt")
def erf(xp, x):
    """The error function, between -1 and 1."""
    return _erf_both(xp, x)[0].astype(x.dtype)


@erf.vjp("2/√π g exp(-x²)")
def _(g, x):
    return g * (exp(negative(square(x))) * TWO_OVER_ROOT_PI)


@floats
@primitive("y = 1 - erf(x)")
def erfc(xp, x):
    """1 - erf(x), exact also for large x."""
    return erfc_array(xp, x)


@erfc.vjp("-2/√π g exp(-x²)")
def _(g, x):
    return g * (exp(negative(square(x))) * -TWO_OVER_ROOT_PI)


def _erfcinv_array(xp, z):
    """The x with erfc(x) = z, in float64: a start and Halley's iteration (Press et al., Numerical Recipes, 6.2.2)."""
    z = z.astype("float64")
    upper = z < 1
    inner = xp.where(upper, z, 2 - z)
    t = xp.sqrt(-2 * xp.log(inner / 2))
    x = -0.70711 * ((2.30753 + t * 0.27061) / (1 + t * (0.99229 + t * 0.04481)) - t)
    for _ in range(2):
        error = _erf_both(xp, x)[1] - inner
        x = x + error / (TWO_OVER_ROOT_PI * xp.exp(-x * x) - x * error)
    x = xp.where(inner == 0, np.inf, xp.where(inner < 0, np.nan, x))
    return xp.where(upper, x, -x)


@floats
@primitive("y: erf(y) = x", example=lambda rand: ((np.tanh(rand(4, 3)),), {}))
def erfinv(xp, x):
    """The inverse of the error function: infinite at -1 and 1, NaN beyond."""
    z = x.astype("float64")
    small = xp.abs(z) < 1e-3        # where 1 - x loses digits
    series = z * (1 + z * z * (np.pi / 12 + z * z * (7 * np.pi**2 / 480))) / TWO_OVER_ROOT_PI
    return xp.where(small, series, _erfcinv_array(xp, 1 - z)).astype(x.dtype)


@erfinv.vjp("√π/2 g exp(y²)")
def _(g, out):
    return g * exp(square(out)) * (1 / TWO_OVER_ROOT_PI)


@floats
@primitive("y: erfc(y) = x", example=lambda rand: ((1 + np.tanh(rand(4, 3)),), {}))
def erfcinv(xp, x):
    """The inverse of erfc: infinite at 0, -infinite at 2, NaN beyond."""
    return _erfcinv_array(xp, x).astype(x.dtype)


@erfcinv.vjp("-√π/2 g exp(y²)")
def _(g, out):
    return g * exp(square(out)) * (-1 / TWO_OVER_ROOT_PI)


def ndtri(x, name=None):
    """The x-quantile of the standard normal distribution.

    Example:
        >>> tf.math.ndtri([0.025, 0.5, 0.975])
    """
    return erfcinv(operand(x) * 2.0) * -(2**0.5)


def _log_gamma(xp, x):
    shifted = x - 1
    total = LANCZOS[0] + sum(c / (shifted + i) for i, c in enumerate(LANCZOS[1:], 1))
    t = shifted + 7.5
    return 0.5 * np.log(2 * np.pi) + (shifted + 0.5) * xp.log(t) - t + xp.log(total)


@floats
@primitive("y = ln |Γ(x)|", example=lambda rand: ((_positive(rand),), {}))
def lgamma(xp, x):
    """The logarithm of the absolute value of the gamma function; infinite at 0, -1, -2, ..."""
    z = x.astype("float64")
    right = _log_gamma(xp, xp.where(z < 0.5, 1 - z, z))
    left = xp.log(np.pi / xp.abs(xp.sin(np.pi * (z - xp.rint(z))))) - right     # the reflection formula
    return xp.where(xp.isinf(z), np.inf, xp.where(z < 0.5, left, right)).astype(x.dtype)


@lgamma.vjp("g ψ(x)")
def _(g, x):
    return g * digamma(x)


def _digamma(xp, x):
    x = xp.where((x <= 0) & (x == xp.floor(x)), np.nan, x)      # the poles
    z = xp.where(x < 0.5, 1 - x, x)
    start = sum(1 / (z + k) for k in range(8))
    z = z + 8
    series = sum(b / (2 * j * z ** (2 * j)) for j, b in enumerate(BERNOULLI, 1))
    right = xp.log(z) - 0.5 / z - series - start
    return xp.where(x < 0.5, right - np.pi / xp.tan(np.pi * x), right)


def _zeta(xp, s, x):
    """Hurwitz's zeta function, by Euler and Maclaurin; for x > 0."""
    x = xp.where(x > 0, x, np.nan)
    start = sum((x + k) ** -s for k in range(10))
    z = x + 10
    total = start + z ** (1 - s) / (s - 1) + 0.5 * z**-s
    term = s * z ** (-s - 1) / 2
    for j, b in enumerate(BERNOULLI, 1):
        total = total + b * term
        term = term * (s + 2 * j - 1) * (s + 2 * j) / (z * z * (2 * j + 1) * (2 * j + 2))
    return total


@floats
@primitive("y = the derivative of that order of ψ(x) = d/dx ln Γ(x)",
           example=lambda rand: ((_positive(rand),), {"order": 0}))
def _polygamma(xp, x, *, order):
    """The derivative of lgamma, differentiated `order` times more; from order 1 on for x > 0, NaN elsewhere."""
    z = x.astype("float64")
    if order == 0:
        return _digamma(xp, z).astype(x.dtype)
    factorial = np.prod(np.arange(1.0, order + 1))
    return ((-1) ** (order + 1) * factorial * _zeta(xp, order + 1, z)).astype(x.dtype)


@_polygamma.vjp("g times the next order")
def _(g, x, order):
    return g * _polygamma(x, order + 1)


def digamma(x, name=None):
    """The derivative of lgamma(x).

    Example:
        >>> tf.math.digamma([1.0, 2.0])
    """
    return _polygamma(x, 0)


def polygamma(a, x, name=None):
    """The a-th derivative of digamma(x), for x > 0; `a` is a whole number."""
    return _polygamma(x, int(a))


def lbeta(x, name=None):
    """The logarithm of the absolute value of the beta function, along the last axis.

    Example:
        >>> tf.math.lbeta([1.0, 2.0, 3.0])
    """
    x = operand(x)
    return reduce_sum(lgamma(x), -1) - lgamma(reduce_sum(x, -1))


# ---- products that are 0 where a factor is ---------------------------------------------------------------------------


def _two(x, y):
    """x and y as operands of one type: that of the tensor among them, or that of x."""
    if isinstance(y, Array) and not isinstance(x, Array):
        return operand(x, y.dtype, like=y), y
    x, kind = operand(x), None if isinstance(x, Array) else operand(y).dtype
    if kind is not None and kind.is_floating and x.dtype.is_integer:
        x = cast(x, kind)
    return x, operand(y, x.dtype, like=x)


def _guarded(product, x, y, safe):
    """product(x, y) where x is not 0, and 0 elsewhere, whatever y is there; also in the gradients."""
    x, y = _two(x, y)
    zero = equal(x, 0.0)
    return _where(zero, 0.0, product(x, _where(zero, safe, y)))


def multiply_no_nan(x, y, name=None):
    """x y, but 0 where y is 0, even if x is infinite or NaN there.

    Example:
        >>> tf.math.multiply_no_nan([2.0, 3.0], [0.0, 4.0])
    """
    x, y = _two(x, y)
    return _guarded(lambda y, x: multiply(x, y), y, x, 1.0)


def divide_no_nan(x, y, name=None):
    """x / y, but 0 where y is 0.

    Example:
        >>> tf.math.divide_no_nan([1.0, 2.0], [0.0, 4.0])
    """
    x, y = _two(x, y)
    zero = equal(y, 0)
    return _where(zero, 0, divide(x, _where(zero, 1, y)))


def reciprocal_no_nan(x, name=None):
    """1 / x, but 0 where x is 0.

    Example:
        >>> tf.math.reciprocal_no_nan([0.0, 4.0])
    """
    return divide_no_nan(1.0, operand(x))


def xlogy(x, y, name=None):
    """x log(y), but 0 where x is 0.

    Example:
        >>> tf.math.xlogy([0.0, 2.0], [0.0, 3.0])
    """
    return _guarded(lambda x, y: x * log(y), x, y, 1.0)


def xlog1py(x, y, name=None):
    """x log(1 + y), but 0 where x is 0."""
    return _guarded(lambda x, y: x * log1p(y), x, y, 1.0)


def xdivy(x, y, name=None):
    """x / y, but 0 where x is 0."""
    return _guarded(divide, x, y, 1.0)
