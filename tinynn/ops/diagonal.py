"""Floor 4: diagonals and bands of matrices, which stand in the last two axes, and cross products."""

import numpy as np

from tinynn.autodiff.tensor import convert, operand
from tinynn.core.errors import InvalidArgumentError
from tinynn.ops.arguments import ints_of, on_extents
from tinynn.ops.broadcast import _reshape, reduce_sum
from tinynn.ops.gather import gather
from tinynn.ops.layout import cast
from tinynn.ops.logic import _where


def _one(k, name):
    """The number of a diagonal: of an int, or of a pair of the same."""
    numbers = set(ints_of(k))
    if len(numbers) != 1:
        raise ValueError(f"{name} takes one diagonal, k={k} names several")
    return numbers.pop()


def _place(rows, columns, k):
    """(the rows, the columns) that diagonal k of a matrix passes."""
    length = min(rows - max(0, -k), columns - max(0, k))
    if length < 0 or (length == 0 and k != 0):
        raise InvalidArgumentError(f"matrices of shape {(rows, columns)} have no diagonal k={k}")
    return np.arange(length) + max(0, -k), np.arange(length) + max(0, k)


def _inserted(base, diagonal, k):
    """`base` (a tensor or a number) with the vectors `diagonal` on diagonal k of matrices (rows, columns)."""
    rows, columns = base.shape[-2:]
    i, j = _place(rows, columns, k)
    places = np.zeros((rows, columns), np.int64)
    places[i, j] = np.arange(len(i))
    inside = np.zeros((rows, columns), bool)
    inside[i, j] = True
    return _where(inside, gather(diagonal, places, axis=-1), base) if len(i) else base


@on_extents
def diag(diagonal, name="diag", k=0, num_rows=-1, num_cols=-1, padding_value=0, align="RIGHT_LEFT"):
    """Matrices with the vectors along the last axis on a diagonal, and `padding_value` elsewhere.

    Args:
        diagonal: the vectors.
        k: which diagonal: 0 the main one, 1 the one above it, -1 the one below it.
        num_rows, num_cols: the shape of a matrix; by default the smallest square that has room.

    Example:
        >>> tf.linalg.diag([1.0, 2.0])
    """
    diagonal, k = operand(diagonal), _one(k, "diag")
    length = diagonal.shape[-1]
    rows, columns = int(num_rows), int(num_cols)
    if rows < 0 and columns < 0:
        rows = columns = length + abs(k)
    rows = length + max(0, -k) if rows < 0 else rows
    columns = length + max(0, k) if columns < 0 else columns
    if len(_place(rows, columns, k)[0]) != length:
        raise InvalidArgumentError(f"matrices of shape {(rows, columns)} have no diagonal k={k} of length {length}")
    base = convert(np.full((*diagonal.shape[:-1], rows, columns), padding_value, diagonal.dtype.dtype), like=diagonal)
    return _inserted(base, diagonal, k)


@on_extents
def diag_part(input, name="diag_part", k=0, padding_value=0, align="RIGHT_LEFT"):
    """The diagonals of matrices, as vectors; `k` counts diagonals above (or, negative, below) the main one.

    Example:
        >>> tf.linalg.diag_part([[1.0, 2.0], [3.0, 4.0]])
    """
    input = operand(input)
    rows, columns = input.shape[-2:]
    i, j = _place(rows, columns, _one(k, "diag_part"))
    return _reshape(input, (*input.shape[:-2], rows * columns))[..., i * columns + j]


@on_extents
def set_diag(input, diagonal, name="set_diag", k=0, align="RIGHT_LEFT"):
    """The matrices with another diagonal; `k` counts diagonals above (or, negative, below) the main one.

    Example:
        >>> tf.linalg.set_diag([[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0])
    """
    input, k = operand(input), _one(k, "set_diag")
    vectors = operand(diagonal, input.dtype, like=input)
    shape = (*input.shape[:-2], len(_place(*input.shape[-2:], k)[0]))
    if tuple(vectors.shape) != shape:
        raise InvalidArgumentError(f"matrices of shape {tuple(input.shape)} have diagonals k={k} of shape {shape}, got "
                                   f"{tuple(vectors.shape)}")
    return _inserted(input, vectors, k)


@on_extents
def trace(x, name=None):
    """The sum of the diagonal of each matrix.

    Example:
        >>> tf.linalg.trace([[1.0, 2.0], [3.0, 4.0]])
    """
    return reduce_sum(diag_part(x), -1)


@on_extents
def tensor_diag(diagonal, name=None):
    """A tensor of twice the axes, with the elements of another where both halves of the index agree, and 0 elsewhere.

    Example:
        >>> tf.linalg.tensor_diag([1.0, 2.0])
    """
    diagonal = operand(diagonal)
    shape = tuple(diagonal.shape)
    return _reshape(diag(_reshape(diagonal, (diagonal.shape.num_elements(),))), shape + shape)


@on_extents
def tensor_diag_part(input, name=None):
    """The elements where both halves of the index agree: what `tensor_diag` makes a tensor of.

    Example:
        >>> tf.linalg.tensor_diag_part([[1.0, 2.0], [3.0, 4.0]])
    """
    input = operand(input)
    half = tuple(input.shape[:input.ndim // 2])
    if input.ndim % 2 or not half or half + half != tuple(input.shape):
        raise InvalidArgumentError(f"tensor_diag_part needs both halves of a shape to agree, got {tuple(input.shape)}")
    size = int(np.prod(half, dtype=np.int64))
    return _reshape(diag_part(_reshape(input, (size, size))), half)


@on_extents
def band_part(input, num_lower, num_upper, name=None):
    """The matrices with 0 outside a band: so many diagonals below and above the main one; -1 for all.

    Example:
        >>> tf.linalg.band_part([[1.0, 2.0], [3.0, 4.0]], -1, 0)
    """
    input = operand(input)
    rows, columns = np.ogrid[:input.shape[-2], :input.shape[-1]]
    low, high = int(num_lower), int(num_upper)
    inside = ((low < 0) | (rows - columns <= low)) & ((high < 0) | (columns - rows <= high))
    return _where(inside, input, cast(0, input.dtype))


@on_extents
def cross(a, b, name=None):
    """The cross products of the vectors of length 3 along the last axis.

    Example:
        >>> tf.linalg.cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    """
    a, b = operand(a), operand(b)
    if a.shape != b.shape or a.ndim < 1 or a.shape[-1] != 3:
        raise InvalidArgumentError(f"cross takes vectors of length 3, got shapes {tuple(a.shape)} and {tuple(b.shape)}")
    i, j = np.array([1, 2, 0]), np.array([2, 0, 1])
    return a[..., i] * b[..., j] - a[..., j] * b[..., i]
