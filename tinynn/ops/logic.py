"""Floor 4: comparisons, truth values, and the choice between two tensors."""

from tinynn.core.primitive import primitive
from tinynn.ops.broadcast import unbroadcast


def _truths(rand):
    return (rand(4, 3) > 0, rand(4, 3) > 0), {}


# ---- comparisons: bool tensors, without gradients --------------------------------------------------------------------


@primitive("z = (x = y)")
def equal(xp, x, y):
    """Whether elements are equal, as a bool tensor; NaN equals nothing."""
    return xp.equal(x, y)


@primitive("z = (x ≠ y)")
def not_equal(xp, x, y):
    """Whether elements differ, as a bool tensor; NaN differs from everything."""
    return xp.not_equal(x, y)


@primitive("z = (x < y)")
def less(xp, x, y):
    """Whether x < y, element by element; False for NaN."""
    return xp.less(x, y)


@primitive("z = (x ≤ y)")
def less_equal(xp, x, y):
    """Whether x <= y, element by element; False for NaN."""
    return xp.less_equal(x, y)


@primitive("z = (x > y)")
def greater(xp, x, y):
    """Whether x > y, element by element; False for NaN."""
    return xp.greater(x, y)


@primitive("z = (x ≥ y)")
def greater_equal(xp, x, y):
    """Whether x >= y, element by element; False for NaN."""
    return xp.greater_equal(x, y)


@primitive("y = (|x| < ∞)")
def is_finite(xp, x):
    """Whether an element is neither infinite nor NaN."""
    return xp.isfinite(x)


@primitive("y = (|x| = ∞)")
def is_inf(xp, x):
    """Whether an element is an infinity of either sign."""
    return xp.isinf(x)


@primitive("y = (x ≠ x)")
def is_nan(xp, x):
    """Whether an element is NaN."""
    return xp.isnan(x)


@primitive("z = the number after x on the way to y")
def nextafter(xp, x1, x2):
    """The next floating-point number after x1 in the direction of x2. It has no gradient."""
    return xp.nextafter(x1, x2)


# ---- truth values ----------------------------------------------------------------------------------------------------


def _bools(*arrays):
    for array in arrays:
        if array.dtype != bool:
            raise ValueError(f"expected truth values, got {array.dtype}; compare first, as in x > 0")


@primitive("z = x ∧ y", example=_truths)
def logical_and(xp, x, y):
    """Whether both are True; also `x & y`. For bool tensors."""
    _bools(x, y)
    return xp.logical_and(x, y)


@primitive("z = x ∨ y", example=_truths)
def logical_or(xp, x, y):
    """Whether at least one is True; also `x | y`. For bool tensors."""
    _bools(x, y)
    return xp.logical_or(x, y)


@primitive("z = x ⊕ y", example=_truths)
def logical_xor(xp, x, y):
    """Whether exactly one is True; also `x ^ y`. For bool tensors."""
    _bools(x, y)
    return xp.logical_xor(x, y)


@primitive("y = ¬x", example=lambda rand: ((rand(4, 3) > 0,), {}))
def logical_not(xp, x):
    """True for False, and the other way; also `~x`. For bool tensors."""
    _bools(x)
    return xp.logical_not(x)


# ---- a choice --------------------------------------------------------------------------------------------------------


@primitive("z = x where the condition holds, else y", mixed="condition",
           example=lambda rand: ((rand(4, 3) > 0, rand(4, 3), rand(3)), {}))
def _where(xp, condition, x, y):
    """Takes from x where the condition is True, from y elsewhere; the three broadcast."""
    _bools(condition)
    return xp.where(condition, x, y)


@_where.vjp("g where the condition holds, else 0", wrt="x")
def _(g, condition, x_shape):
    return unbroadcast(_where(condition, g, 0.0), x_shape)


@_where.vjp("0 where the condition holds, else g", wrt="y")
def _(g, condition, y_shape):
    return unbroadcast(_where(condition, 0.0, g), y_shape)


@primitive("y = the indices where x holds", example=lambda rand: ((rand(4, 3) > 0,), {}))
def nonzero(xp, condition):
    """The indices of the elements that are True (or not 0), an int64 tensor of shape (how many, number of axes)."""
    return xp.argwhere(condition)


def where(condition, x=None, y=None, name=None):
    """Chooses element by element between x and y; without them, says where the condition holds.

    Args:
        condition: truth values.
        x, y: tensors of one type; the three shapes broadcast. Give both or none.

    Returns:
        With x and y: x where the condition is True, y elsewhere. No gradient passes to the one that is not taken, so
        a NaN there does no harm. Without: the indices of the True elements, int64, of shape (how many, axes).
    """
    if (x is None) != (y is None):
        raise ValueError("where takes both x and y, or neither")
    return nonzero(condition) if x is None else _where(condition, x, y)
