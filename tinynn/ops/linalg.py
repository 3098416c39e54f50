"""Floor 4: products of matrices."""

import operator

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import axis_of, ints_of, numbers, on_extents
from tinynn.ops.broadcast import _reshape, unbroadcast
from tinynn.ops.layout import _transpose, cast, expand_dims, squeeze


def _example(rand):
    return [((rand(4, 3), rand(3, 5)), {"transpose_a": False, "transpose_b": False}),
            ((rand(3, 4), rand(5, 3)), {"transpose_a": True, "transpose_b": True}),
            ((rand(2, 4, 3), rand(3, 5)), {"transpose_a": False, "transpose_b": False}),
            ((rand(2, 3), rand(3, 2)), {"transpose_a": False, "transpose_b": False})]


@numbers
@primitive("c = a b", example=_example)
def _matmul(xp, a, b, *, transpose_a, transpose_b):
    """The products of the matrices in the last two axes; the axes before them broadcast."""
    if a.ndim < 2 or b.ndim < 2:
        raise ValueError("it multiplies matrices; for vectors use tf.tensordot(a, b, 1) or tf.linalg.matvec(a, b)")
    a = xp.swapaxes(a, -1, -2) if transpose_a else a
    b = xp.swapaxes(b, -1, -2) if transpose_b else b
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(f"the rows of a have length {a.shape[-1]}, the columns of b have length {b.shape[-2]}")
    return xp.matmul(a, b)


@_matmul.vjp("g bᵀ", wrt="a")
def _grad_a(g, b, transpose_a, transpose_b, a_shape):
    da = _matmul(b, g, transpose_b, True) if transpose_a else _matmul(g, b, False, not transpose_b)
    return unbroadcast(da, a_shape)


@_matmul.vjp("aᵀ g", wrt="b")
def _grad_b(g, a, transpose_a, transpose_b, b_shape):
    db = _matmul(g, a, True, transpose_a) if transpose_b else _matmul(a, g, not transpose_a, False)
    return unbroadcast(db, b_shape)


def matmul(a, b, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, a_is_sparse=False,
           b_is_sparse=False, output_type=None, name=None):
    """The matrix product; also `a @ b`.

    Args:
        a: matrices of shape (..., m, k), or (..., k, m) with `transpose_a`.
        b: matrices of shape (..., k, n), or (..., n, k) with `transpose_b`.
        transpose_a, transpose_b, adjoint_a, adjoint_b: turn the matrices of a or b.
        output_type: the type to cast the product to.

    Returns:
        A tensor of shape (..., m, n); the axes before the last two broadcast.

    Raises:
        InvalidArgumentError: the inner extents differ, or a or b has less than two axes.
    """
    product = _matmul(a, b, transpose_a or adjoint_a, transpose_b or adjoint_b)
    return product if output_type is None else cast(product, output_type)


def matvec(a, b, transpose_a=False, adjoint_a=False, a_is_sparse=False, b_is_sparse=False, name=None):
    """Matrices of shape (..., m, n) times vectors of shape (..., n): vectors of shape (..., m).

    Example:
        >>> tf.linalg.matvec([[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0])
    """
    return squeeze(matmul(a, expand_dims(b, -1), transpose_a or adjoint_a), -1)


def matrix_transpose(a, conjugate=False, name="matrix_transpose"):
    """Exchanges the last two axes.

    Example:
        >>> tf.linalg.matrix_transpose([[1.0, 2.0], [3.0, 4.0]])
    """
    a = operand(a)
    if a.ndim < 2:
        raise ValueError(f"matrix_transpose needs at least two axes, got shape {tuple(a.shape)}")
    return _transpose(a, (*range(a.ndim - 2), a.ndim - 1, a.ndim - 2))


@on_extents
def tensordot(a, b, axes, name=None):
    """Sums the products of a and b over pairs of axes.

    Args:
        a, b: tensors of one type.
        axes: how many (the last of a with the first of b), or a pair of axes or of lists of axes, of a and of b.

    Returns:
        A tensor with the other axes of a, then the other axes of b.

    Raises:
        InvalidArgumentError: the extents of a pair of axes differ.

    Example:
        >>> tf.tensordot([[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0], 1)
    """
    a, b = operand(a), operand(b)
    if isinstance(axes, (int, np.integer)) or not np.ndim(axes):
        count = operator.index(axes)
        over_a, over_b = tuple(range(a.ndim - count, a.ndim)), tuple(range(count))
    else:
        over_a, over_b = [(x,) if np.ndim(x) == 0 else ints_of(x) for x in axes]
        over_a = tuple([axis_of(x, a.ndim) for x in over_a])
        over_b = tuple([axis_of(x, b.ndim) for x in over_b])
    if tuple([a.shape[i] for i in over_a]) != tuple([b.shape[i] for i in over_b]):
        raise InvalidArgumentError(f"tensordot pairs axes {over_a} of shape {tuple(a.shape)} with axes {over_b} of "
                                   f"shape {tuple(b.shape)}, whose extents differ")
    free_a = tuple([i for i in range(a.ndim) if i not in over_a])
    free_b = tuple([i for i in range(b.ndim) if i not in over_b])
    shape_a, shape_b = tuple([a.shape[i] for i in free_a]), tuple([b.shape[i] for i in free_b])
    inner = int(np.prod([a.shape[i] for i in over_a], dtype=np.int64))
    rows = _reshape(_transpose(a, free_a + over_a), (int(np.prod(shape_a, dtype=np.int64)), inner))
    columns = _reshape(_transpose(b, over_b + free_b), (inner, int(np.prod(shape_b, dtype=np.int64))))
    return _reshape(_matmul(rows, columns, False, False), shape_a + shape_b)
