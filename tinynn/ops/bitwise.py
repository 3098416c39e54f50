"""Floor 4: the bits of whole numbers, element by element; none has a gradient."""

import numpy as np

from tinynn.core.primitive import primitive
from tinynn.ops.logic import logical_and, logical_not, logical_or, logical_xor


def _whole(rand):
    return (np.array([5, 12, -3]), np.array([3, 10, 2])), {}


def _integers(x):
    if x.dtype.kind not in "iu":
        raise ValueError(f"bits are those of whole numbers, not of {x.dtype.name}")


@primitive("z = x & y", example=_whole)
def bitwise_and(xp, x, y):
    """The bits that are set in x and in y; also `x & y`."""
    _integers(x)
    return xp.bitwise_and(x, y)


@primitive("z = x | y", example=_whole)
def bitwise_or(xp, x, y):
    """The bits that are set in x, in y, or in both; also `x | y`."""
    _integers(x)
    return xp.bitwise_or(x, y)


@primitive("z = x ^ y", example=_whole)
def bitwise_xor(xp, x, y):
    """The bits that are set in exactly one of x and y; also `x ^ y`."""
    _integers(x)
    return xp.bitwise_xor(x, y)


@primitive("y = ~x", example=lambda rand: ((np.array([5, 12, -3]),), {}))
def invert(xp, x):
    """Every bit changed; also `~x`."""
    _integers(x)
    return xp.invert(x)


@primitive("z = x 2ʸ", example=lambda rand: ((np.array([5, 12, -3]), np.array([3, 0, 2])), {}))
def left_shift(xp, x, y):
    """The bits of x moved up by y places; those that fall out are lost."""
    _integers(x)
    return xp.left_shift(x, y)


@primitive("z = ⌊x / 2ʸ⌋", example=lambda rand: ((np.array([5, 12, -3]), np.array([3, 0, 2])), {}))
def right_shift(xp, x, y):
    """The bits of x moved down by y places; the sign stays."""
    _integers(x)
    return xp.right_shift(x, y)


# ---- what stands behind the operators & | ^ ~ ------------------------------------------------------------------------


def _of_integers(x):
    dtype = getattr(x, "dtype", None)
    return dtype is not None and np.dtype(getattr(dtype, "dtype", dtype)).kind in "iu"


def and_(x, y):
    """x & y: of whole numbers bit by bit, else of truth values."""
    return (bitwise_and if _of_integers(x) or _of_integers(y) else logical_and)(x, y)


def or_(x, y):
    """x | y: of whole numbers bit by bit, else of truth values."""
    return (bitwise_or if _of_integers(x) or _of_integers(y) else logical_or)(x, y)


def xor(x, y):
    """x ^ y: of whole numbers bit by bit, else of truth values."""
    return (bitwise_xor if _of_integers(x) or _of_integers(y) else logical_xor)(x, y)


def not_(x):
    """~x: of whole numbers bit by bit, else of truth values."""
    return (invert if _of_integers(x) else logical_not)(x)
