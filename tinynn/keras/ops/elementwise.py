"""Floor 7: functions of one tensor, element by element."""

import math

import numpy as np

from tinynn import ops
from tinynn.keras.config import floatx
from tinynn.keras.ops.dispatch import common, floating, op, tensor


def _of(name, function, arrange):
    """`function` of what `arrange` makes of the argument, under Keras's name."""
    def public(x):
        return function(arrange(x))

    public.__name__ = public.__qualname__ = name
    public.__doc__ = function.__doc__ or f"{name} of every element."
    return op(public)


def _of_floats(name, function):
    """`function` under Keras's name; whole numbers become floats."""
    return _of(name, function, floating)


def _of_numbers(name, function):
    """`function` under Keras's name; whole numbers stay whole numbers, truth values become them."""
    return _of(name, function, _number)


def _number(x):
    x = tensor(x)
    return ops.cast(x, "int32") if x.dtype == "bool" else x


def _of_truths_too(name, function):
    """`function` under Keras's name; truth values stay what they are."""
    def public(x):
        x = tensor(x)
        return ops.identity(x) if x.dtype == "bool" else function(x)

    public.__name__ = public.__qualname__ = name
    public.__doc__ = function.__doc__
    return op(public)


abs = _of_truths_too("abs", ops.abs)
absolute = _of_truths_too("absolute", ops.abs)
negative = _of_numbers("negative", ops.negative)
sign = _of_numbers("sign", ops.sign)
square = _of_numbers("square", ops.square)
real = _of_numbers("real", ops.real)
conj = _of_numbers("conj", ops.conj)
conjugate = _of_numbers("conjugate", ops.conj)
imag = _of_numbers("imag", ops.imag)
fabs = _of_floats("fabs", ops.abs)
sqrt = _of_floats("sqrt", ops.sqrt)
rsqrt = _of_floats("rsqrt", ops.rsqrt)
reciprocal = _of_floats("reciprocal", ops.reciprocal)
exp = _of_floats("exp", ops.exp)
expm1 = _of_floats("expm1", ops.expm1)
log = _of_floats("log", ops.log)
log1p = _of_floats("log1p", ops.log1p)
sin = _of_floats("sin", ops.sin)
cos = _of_floats("cos", ops.cos)
tan = _of_floats("tan", ops.tan)
arcsin = _of_floats("arcsin", ops.asin)
arccos = _of_floats("arccos", ops.acos)
arctan = _of_floats("arctan", ops.atan)
sinh = _of_floats("sinh", ops.sinh)
cosh = _of_floats("cosh", ops.cosh)
tanh = _of_floats("tanh", ops.tanh)
arcsinh = _of_floats("arcsinh", ops.asinh)
arccosh = _of_floats("arccosh", ops.acosh)
arctanh = _of_floats("arctanh", ops.atanh)
ceil = _of_floats("ceil", ops.ceil)
floor = _of_floats("floor", ops.floor)
erf = _of_floats("erf", ops.erf)
erfc = _of_floats("erfc", ops.erfc)
isfinite = _of_floats("isfinite", ops.is_finite)
isinf = _of_floats("isinf", ops.is_inf)
isnan = _of_floats("isnan", ops.is_nan)


@op
def round(x, decimals=0):
    """The nearest whole number, or multiple of 10^-decimals; a half goes to the even neighbour."""
    x = tensor(x)
    if not x.dtype.is_floating:
        if decimals >= 0:
            return ops.identity(x)
        return ops.cast(ops.rint(ops.cast(x, "float64") * 10.0 ** decimals) * 10.0 ** -decimals, x.dtype)
    return ops.rint(x) if not decimals else ops.rint(x * 10.0 ** decimals) / 10.0 ** decimals


@op
def trunc(x):
    """The whole part."""
    x = tensor(x)
    return ops.sign(x) * ops.floor(ops.abs(x)) if x.dtype.is_floating else ops.identity(x)


@op
def exp2(x):
    """2^x."""
    return ops.exp(floating(x) * math.log(2))


@op
def log2(x):
    """The logarithm to base 2."""
    return ops.log(floating(x)) / math.log(2)


@op
def log10(x):
    """The logarithm to base 10."""
    return ops.log(floating(x)) / math.log(10)


@op
def cbrt(x):
    """The cube root."""
    x = floating(x)
    return ops.sign(x) * ops.pow(ops.abs(x), 1.0 / 3.0)


@op
def sinc(x):
    """sin(pi x) / (pi x), and 1 at 0."""
    x = floating(x) * math.pi
    zero = ops.equal(x, 0.0)
    safe = ops.where(zero, ops.ones_like(x), x)
    return ops.where(zero, ops.ones_like(x), ops.sin(safe) / safe)


@op
def deg2rad(x):
    """Degrees as radians."""
    return floating(x) * (math.pi / 180.0)


@op
def rad2deg(x):
    """Radians as degrees."""
    return floating(x) * (180.0 / math.pi)


@op
def isposinf(x):
    """Whether it is plus infinity."""
    x = floating(x)
    return ops.logical_and(ops.is_inf(x), x > 0.0)


@op
def isneginf(x):
    """Whether it is minus infinity."""
    x = floating(x)
    return ops.logical_and(ops.is_inf(x), x < 0.0)


@op
def isreal(x):
    """Whether it is a real number: the imaginary part is 0."""
    x = tensor(x)
    return ops.equal(ops.imag(x), 0.0) if x.dtype.is_complex else ops.ones_like(x, dtype="bool")


@op
def signbit(x):
    """Whether the sign is minus, -0.0 included."""
    return ops.numpy_function(np.signbit, [tensor(x)], "bool", stateful=False)


@op
def logical_not(x):
    """Whether it does not hold."""
    x = tensor(x)
    return ops.logical_not(x if x.dtype == "bool" else ops.not_equal(x, 0))


@op
def bitwise_not(x):
    """All bits the other way."""
    x = tensor(x)
    if x.dtype == "bool":
        return ops.logical_not(x)
    x = ops.cast(x, "int32") if x.dtype.is_floating else x
    return ops.numpy_function(np.invert, [x], x.dtype, stateful=False)


bitwise_invert = bitwise_not


@op
def clip(x, x_min, x_max):
    """x, but no less than x_min and no more than x_max."""
    x, low, high = common(x, x_min, x_max)
    return ops.clip_by_value(x, low, high)


@op
def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """x with numbers for NaN and the infinities: by default 0 and the largest and smallest numbers."""
    x = tensor(x)
    if not x.dtype.is_floating:
        return ops.identity(x)
    limits = np.finfo(x.dtype.name)
    for at, value in ((ops.is_nan(x), nan), (isposinf(x), float(limits.max) if posinf is None else posinf),
                      (isneginf(x), float(limits.min) if neginf is None else neginf)):
        x = ops.where(at, ops.zeros_like(x) + value, x)
    return x


@op
def erfinv(x):
    """The number whose erf is x: a close formula, improved by two of Newton's steps.

    Source: Giles: Approximating the erfinv function (2010); Winitzki's start.
    """
    x = floating(x)
    tail = ops.log1p(-ops.square(x))
    half = 2.0 / (math.pi * 0.147) + 0.5 * tail
    y = ops.sign(x) * ops.sqrt(ops.sqrt(ops.square(half) - tail / 0.147) - half)
    finite = ops.less(ops.abs(x), 1.0)
    y = ops.where(finite, y, ops.zeros_like(y))
    for _ in range(3):
        y = y - (ops.erf(y) - x) * (math.sqrt(math.pi) / 2) * ops.exp(ops.square(y))
    return ops.where(finite, y, ops.log(1.0 - ops.abs(x)) * -ops.sign(x))


@op
def i0(x):
    """The modified Bessel function of order 0, by NumPy's."""
    x = floating(x)
    return ops.numpy_function(lambda a: np.i0(a).astype(a.dtype), [x], x.dtype, stateful=False)


@op
def angle(x):
    """The angle of complex numbers in radians, from -pi to pi; of real numbers 0, or pi where they are negative."""
    return ops.angle(floating(x))


@op
def view_as_complex(x):
    """Complex numbers of their real and imaginary parts, which stand beside one another along the last axis."""
    x = floating(x)
    if not x.shape or x.shape[-1] != 2:
        raise ValueError("Last dimension of input must be size 2 (real and imaginary). Received shape: "
                         f"{tuple(x.shape)}")
    return ops.complex(x[..., 0], x[..., 1])


@op
def view_as_real(x):
    """The real and imaginary parts of complex numbers, beside one another along a new last axis."""
    x = tensor(x)
    return ops.stack([ops.real(x), ops.imag(x)], -1)


@op
def polar(abs_, angle):
    """The complex numbers of these magnitudes and angles: abs_ (cos angle + i sin angle)."""
    size, turn = (floating(x) for x in common(abs_, angle))
    return ops.complex(size * ops.cos(turn), size * ops.sin(turn))


@op
def view(x, dtype=None):
    """The same bytes, read as another dtype."""
    x = tensor(x)
    return x if dtype is None else ops.convert_to_tensor(x.numpy().view(floatx() if dtype is None else dtype))
