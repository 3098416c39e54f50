"""Floor 7: functions of two tensors, element by element, which broadcast and whose dtypes may differ."""


import math

import numpy as np

from tinynn import ops
from tinynn.keras.ops.dispatch import common, floating, op, tensor


def _of_two(name, function, wider=None):
    """`function` under Keras's name, on what its two arguments have in common."""
    def public(x1, x2):
        x1, x2 = common(x1, x2)
        if wider is not None:
            x1, x2 = wider(x1), wider(x2)
        return function(x1, x2)

    public.__name__ = public.__qualname__ = name
    public.__doc__ = function.__doc__ or f"{name} of x1 and x2."
    return op(public)


def _truth(x):
    return x if x.dtype == "bool" else ops.not_equal(x, 0)


def _numbers(x):
    return ops.cast(x, "int32") if x.dtype == "bool" else x


def _plus(x1, x2):
    """x1 + x2; of truth values, whether either holds."""
    return ops.logical_or(x1, x2) if x1.dtype == "bool" else ops.add(x1, x2)


def _times(x1, x2):
    """x1 x2; of truth values, whether both hold."""
    return ops.logical_and(x1, x2) if x1.dtype == "bool" else ops.multiply(x1, x2)


def _extreme(function, of_truths):
    def extreme(x1, x2):
        return of_truths(x1, x2) if x1.dtype == "bool" else function(x1, x2)
    extreme.__doc__ = function.__doc__
    return extreme


add = _of_two("add", _plus)
subtract = _of_two("subtract", ops.subtract, _numbers)
multiply = _of_two("multiply", _times)
divide = _of_two("divide", ops.divide, floating)
true_divide = _of_two("true_divide", ops.divide, floating)
divide_no_nan = _of_two("divide_no_nan", ops.divide_no_nan, floating)
floor_divide = _of_two("floor_divide", ops.floordiv, _numbers)
mod = _of_two("mod", ops.floormod, _numbers)
power = _of_two("power", ops.pow, _numbers)
maximum = _of_two("maximum", _extreme(ops.maximum, ops.logical_or))
minimum = _of_two("minimum", _extreme(ops.minimum, ops.logical_and))
arctan2 = _of_two("arctan2", ops.atan2, floating)
equal = _of_two("equal", ops.equal)
not_equal = _of_two("not_equal", ops.not_equal)
less = _of_two("less", ops.less, _numbers)
less_equal = _of_two("less_equal", ops.less_equal, _numbers)
greater = _of_two("greater", ops.greater, _numbers)
greater_equal = _of_two("greater_equal", ops.greater_equal, _numbers)
logical_and = _of_two("logical_and", ops.logical_and, _truth)
logical_or = _of_two("logical_or", ops.logical_or, _truth)
logical_xor = _of_two("logical_xor", ops.logical_xor, _truth)


@op
def fmod(x1, x2):
    """The rest of x1 / x2, with the sign of x1."""
    x1, x2 = (_numbers(x) for x in common(x1, x2))
    rest = ops.floormod(ops.abs(x1), ops.abs(x2))
    return ops.where(ops.less(x1, ops.zeros_like(x1)), -rest, rest)


@op
def fmax(x1, x2):
    """The larger of x1 and x2; where one is NaN, the other."""
    x1, x2 = (_numbers(x) for x in common(x1, x2))
    return ops.where(ops.is_nan(x1), x2, ops.where(ops.is_nan(x2), x1, ops.maximum(x1, x2)))


@op
def fmin(x1, x2):
    """The smaller of x1 and x2; where one is NaN, the other."""
    x1, x2 = (_numbers(x) for x in common(x1, x2))
    return ops.where(ops.is_nan(x1), x2, ops.where(ops.is_nan(x2), x1, ops.minimum(x1, x2)))


@op
def hypot(x1, x2):
    """sqrt(x1² + x2²)."""
    x1, x2 = (ops.abs(floating(x)) for x in common(x1, x2))
    large, small = ops.maximum(x1, x2), ops.minimum(x1, x2)
    safe = ops.where(ops.logical_or(ops.equal(large, 0.0), ops.is_inf(large)), ops.ones_like(large), large)
    length = large * ops.sqrt(1.0 + ops.square(small / safe))
    return ops.where(ops.is_inf(large), large, length)


@op
def logaddexp(x1, x2):
    """log(e^x1 + e^x2), without overflow."""
    x1, x2 = (floating(x) for x in common(x1, x2))
    return ops.maximum(x1, x2) + ops.softplus(-ops.abs(x1 - x2))


@op
def logaddexp2(x1, x2):
    """log2(2^x1 + 2^x2), without overflow."""
    x1, x2 = (floating(x) for x in common(x1, x2))
    return ops.maximum(x1, x2) + ops.softplus(-ops.abs(x1 - x2) * math.log(2)) / math.log(2)


@op
def heaviside(x1, x2):
    """0 where x1 is negative, 1 where it is positive, x2 where it is 0."""
    x1, x2 = (floating(x) for x in common(x1, x2))
    step = ops.cast(x1 > 0.0, x1.dtype)
    return ops.where(ops.equal(x1, 0.0), x2 + ops.zeros_like(x1), step + ops.zeros_like(x2))


@op
def ldexp(x1, x2):
    """x1 2^x2, for whole numbers x2."""
    x1 = floating(x1)
    return x1 * ops.pow(tensor(2.0, x1.dtype), tensor(x2, x1.dtype))


@op
def nextafter(x1, x2):
    """The floating-point number next to x1 on the way to x2."""
    x1, x2 = (floating(x) for x in common(x1, x2))
    return ops.numpy_function(np.nextafter, [x1, x2], x1.dtype, stateful=False)


@op
def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether |x1 - x2| <= atol + rtol |x2|, element by element."""
    x1, x2 = (floating(x) for x in common(x1, x2))
    close = ops.less_equal(ops.abs(x1 - x2), atol + rtol * ops.abs(x2))
    close = ops.logical_or(ops.logical_and(close, ops.is_finite(x1 - x2)), ops.equal(x1, x2))
    return ops.logical_or(close, ops.logical_and(ops.is_nan(x1), ops.is_nan(x2))) if equal_nan else close


@op
def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether all elements are close; see `isclose`."""
    return ops.reduce_all(isclose(x1, x2, rtol, atol, equal_nan))


def _bits(name, function):
    """A function of whole numbers, by NumPy's."""
    def public(x, y):
        x, y = (ops.cast(v, "int32") if v.dtype.is_floating else v for v in common(x, y))
        return ops.numpy_function(function, [x, y], x.dtype, stateful=False)

    public.__name__ = public.__qualname__ = name
    public.__doc__ = f"NumPy's {function.__name__} of whole numbers."
    return op(public)


bitwise_and = _bits("bitwise_and", np.bitwise_and)
bitwise_or = _bits("bitwise_or", np.bitwise_or)
bitwise_xor = _bits("bitwise_xor", np.bitwise_xor)
bitwise_left_shift = left_shift = _bits("bitwise_left_shift", np.left_shift)
bitwise_right_shift = right_shift = _bits("bitwise_right_shift", np.right_shift)
gcd = _bits("gcd", np.gcd)
lcm = _bits("lcm", np.lcm)
