"""Floor 4: arithmetic of two inputs, element by element; their types agree and their shapes broadcast."""

from tinynn.autodiff.tensor import operand
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import numbers
from tinynn.ops.broadcast import unbroadcast
from tinynn.ops.elementary import _positive, log, negative, square
from tinynn.ops.logic import _where, equal, greater, greater_equal, less_equal


@primitive("z = x + y", example=lambda rand: [((rand(4, 3), rand(3)), {}), ((rand(4, 1), rand(2, 1, 3)), {})])
def add(xp, x, y):
    """x + y of two tensors of one type, whose shapes broadcast; of text one after the other."""
    if x.dtype == bool:
        raise ValueError("truth values are not added; write tf.cast(x, tf.int32), or x | y")
    return xp.add(x, y)


@add.vjp("g", wrt="x")
def _(g, x_shape):
    return unbroadcast(g, x_shape)


@add.vjp("g", wrt="y")
def _(g, y_shape):
    return unbroadcast(g, y_shape)


@numbers
@primitive("z = x - y", example=lambda rand: [((rand(4, 3), rand(3)), {}), ((rand(4, 1), rand(2, 1, 3)), {})])
def subtract(xp, x, y):
    """x - y of two tensors of one type, whose shapes broadcast."""
    return xp.subtract(x, y)


@subtract.vjp("g", wrt="x")
def _(g, x_shape):
    return unbroadcast(g, x_shape)


@subtract.vjp("-g", wrt="y")
def _(g, y_shape):
    return unbroadcast(negative(g), y_shape)


@primitive("z = x y", example=lambda rand: [((rand(4, 3), rand(3)), {}), ((rand(4, 1), rand(2, 1, 3)), {})])
def multiply(xp, x, y):
    """x y, element by element, of two tensors of one type, whose shapes broadcast."""
    return xp.multiply(x, y)


@multiply.vjp("g y", wrt="x")
def _(g, y, x_shape):
    return unbroadcast(g * y, x_shape)


@multiply.vjp("g x", wrt="y")
def _(g, x, y_shape):
    return unbroadcast(g * x, y_shape)


@numbers
@primitive("z = x / y", example=lambda rand: ((rand(4, 3), _positive(rand, 3)), {}))
def divide(xp, x, y):
    """x / y. x / 0 is an infinity with the sign of x, 0 / 0 is NaN. Integers are divided as floats: float32 of 8 or 16
    bits, else float64."""
    if x.dtype.kind in "iu":
        return xp.true_divide(x, y, dtype="float32" if x.dtype.itemsize < 4 else "float64")
    return xp.true_divide(x, y)


@divide.vjp("g / y", wrt="x")
def _(g, y, x_shape):
    return unbroadcast(g / y, x_shape)


@divide.vjp("-g x / y²", wrt="y")
def _(g, y, out, y_shape):
    return unbroadcast(negative(g * out / y), y_shape)


@numbers
@primitive("z = xʸ", example=lambda rand: ((_positive(rand), rand(3)), {}))
def _pow(xp, x, y):
    """x to the power y; NaN where x < 0 and y is not whole."""
    return xp.power(x, y)


@_pow.vjp("g y xʸ⁻¹; 0 where y = 0", wrt="x")
def _(g, x, y, x_shape):
    return unbroadcast(g * _where(equal(y, 0.0), 0.0, y * _pow(x, y - 1.0)), x_shape)


@_pow.vjp("g xʸ log x; 0 where x ≤ 0", wrt="y")
def _(g, x, out, y_shape):
    usable = greater(x, 0.0)
    return unbroadcast(g * out * _where(usable, log(_where(usable, x, 1.0)), 0.0), y_shape)


def pow(x, y, name=None):
    """x to the power y, element by element; also `x ** y`. One type; shapes broadcast.

    NaN where x < 0 and y is not whole. The derivative of x**0 is 0, also at 0.

    Raises:
        InvalidArgumentError: a negative power of integers.
    """
    if (type(y) is int or type(y) is float) and y == 2:
        return square(operand(x))
    return _pow(x, y)


@numbers
@primitive("z = max(x, y)")
def maximum(xp, x, y):
    """The larger of x and y, element by element; NaN where one is NaN. Of two equal ones x has the gradient."""
    return xp.maximum(x, y)


@maximum.vjp("g where x ≥ y", wrt="x")
def _(g, x, y, x_shape):
    return unbroadcast(_where(greater_equal(x, y), g, 0.0), x_shape)


@maximum.vjp("g where not x ≥ y", wrt="y")
def _(g, x, y, y_shape):
    return unbroadcast(_where(greater_equal(x, y), 0.0, g), y_shape)


@numbers
@primitive("z = min(x, y)")
def minimum(xp, x, y):
    """The smaller of x and y, element by element; NaN where one is NaN. Of two equal ones x has the gradient."""
    return xp.minimum(x, y)


@minimum.vjp("g where x ≤ y", wrt="x")
def _(g, x, y, x_shape):
    return unbroadcast(_where(less_equal(x, y), g, 0.0), x_shape)


@minimum.vjp("g where not x ≤ y", wrt="y")
def _(g, x, y, y_shape):
    return unbroadcast(_where(less_equal(x, y), 0.0, g), y_shape)


@numbers
@primitive("z = (x - y)²")
def squared_difference(xp, x, y):
    """The square of x - y, element by element."""
    return xp.square(xp.subtract(x, y))


@squared_difference.vjp("2 g (x - y)", wrt="x")
def _(g, x, y, x_shape):
    return unbroadcast(g * ((x - y) * 2.0), x_shape)


@squared_difference.vjp("-2 g (x - y)", wrt="y")
def _(g, x, y, y_shape):
    return unbroadcast(g * ((x - y) * -2.0), y_shape)


@numbers
@primitive("z = ⌊x / y⌋", example=lambda rand: ((rand(4, 3) * 9, _positive(rand)), {}))
def floordiv(xp, x, y):
    """x // y, rounded down, of the type of x and y; 0 for whole numbers divided by 0. It has no gradient."""
    return xp.floor_divide(x, y)


@numbers
@primitive("z = x - ⌊x / y⌋ y", example=lambda rand: ((rand(4, 3) * 9, _positive(rand)), {}))
def floormod(xp, x, y):
    """The remainder x % y, with the sign of y, of the type of x and y; 0 for whole numbers divided by 0."""
    return xp.mod(x, y)


@floormod.vjp("g", wrt="x")
def _(g, x_shape):
    return unbroadcast(g, x_shape)


@floormod.vjp("-g ⌊x / y⌋", wrt="y")
def _(g, x, y, y_shape):
    return unbroadcast(negative(g * floordiv(x, y)), y_shape)


@numbers
@primitive("y = min(max(x, a), b)",
           example=lambda rand: ((rand(4, 3), rand(3) * 0.1 - 0.5, rand(4, 1) * 0.1 + 0.5), {}))
def clip_by_value(xp, t, clip_value_min, clip_value_max):
    """Limits the elements of t to [clip_value_min, clip_value_max]; the three broadcast. The gradient at an edge is 1.
    """
    return xp.minimum(xp.maximum(t, clip_value_min), clip_value_max)


@clip_by_value.vjp("g where a ≤ x ≤ b", wrt="t")
def _(g, t, clip_value_min, clip_value_max, t_shape):
    inside = greater_equal(t, clip_value_min) & less_equal(t, clip_value_max)
    return unbroadcast(_where(inside, g, 0.0), t_shape)


@clip_by_value.vjp("g where x < a", wrt="clip_value_min")
def _(g, t, clip_value_min, clip_value_min_shape):
    return unbroadcast(_where(greater(clip_value_min, t), g, 0.0), clip_value_min_shape)


@clip_by_value.vjp("g where x > b", wrt="clip_value_max")
def _(g, t, clip_value_max, clip_value_max_shape):
    return unbroadcast(_where(greater(t, clip_value_max), g, 0.0), clip_value_max_shape)
