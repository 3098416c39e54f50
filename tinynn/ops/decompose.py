"""Floor 4: matrices: diagonals, bands, and what solves or splits them. Matrices stand in the last two axes."""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.backends.gpu import linalg_errors
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import floats, on_extents
from tinynn.ops.broadcast import _reshape, reduce_sum, unbroadcast
from tinynn.ops.elementary import log, negative
from tinynn.ops.layout import cast, expand_dims
from tinynn.ops.linalg import matmul, matrix_transpose
from tinynn.ops.logic import _where


def _regular(rand, *shape):
    """Matrices that have an inverse."""
    n = shape[-1]
    return 0.2 * rand(*shape) + 2 * np.eye(n)


def _square(xp, a):
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError(f"expected square matrices, got shape {a.shape}")
    return a


def _solvable(xp, function):
    """What a function of NumPy gives; the error of TensorFlow where a matrix has no inverse."""
    try:
        with linalg_errors(xp):
            return function()
    except np.linalg.LinAlgError as error:
        raise InvalidArgumentError(f"the matrix cannot be used here: {error}") from None


# ---- diagonals and bands ---------------------------------------------------------------------------------------------


@on_extents
def diag(diagonal, name=None, **options):
    """Square matrices with the vectors along the last axis on their diagonals, and 0 elsewhere.

    Example:
        >>> tf.linalg.diag([1.0, 2.0])
    """
    diagonal = operand(diagonal)
    return expand_dims(diagonal, -1) * np.eye(diagonal.shape[-1], dtype=as_dtype(diagonal.dtype).dtype)


@on_extents
def diag_part(input, name="diag_part", k=0, **options):
    """The diagonals of matrices, as vectors; `k` counts diagonals above (or, negative, below) the main one.

    Example:
        >>> tf.linalg.diag_part([[1.0, 2.0], [3.0, 4.0]])
    """
    input = operand(input)
    rows, columns = input.shape[-2:]
    i = np.arange(max(0, min(rows, columns - k) if k >= 0 else min(rows + k, columns)))
    places = (i + max(0, -k)) * columns + i + max(0, k)
    return _reshape(input, (*input.shape[:-2], rows * columns))[..., places.astype(np.int64)]


@on_extents
def set_diag(input, diagonal, name="set_diag", k=0, align="RIGHT_LEFT"):
    """The matrices with other diagonals.

    Example:
        >>> tf.linalg.set_diag([[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0])
    """
    if k != 0:
        raise ValueError("set_diag sets the main diagonal, k=0")
    input = operand(input)
    rows, columns = input.shape[-2:]
    vectors = operand(diagonal, input.dtype, like=input)
    shape = (*input.shape[:-2], min(rows, columns))
    if tuple(vectors.shape) != shape:
        raise InvalidArgumentError(f"matrices of shape {tuple(input.shape)} have diagonals of shape {shape}, got "
                                   f"{tuple(vectors.shape)}")
    vectors = expand_dims(vectors, -1 if rows <= columns else -2)
    return _where(np.eye(rows, columns, dtype=bool), vectors, input)


@on_extents
def trace(x, name=None):
    """The sum of the diagonal of each matrix.

    Example:
        >>> tf.linalg.trace([[1.0, 2.0], [3.0, 4.0]])
    """
    return reduce_sum(diag_part(x), -1)


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


# ---- inverses and factors --------------------------------------------------------------------------------------------


@floats
@primitive("y = A⁻¹", example=lambda rand: ((_regular(rand, 2, 3, 3),), {}))
def _inv(xp, input):
    """The inverse of each matrix."""
    return _solvable(xp, lambda: xp.linalg.inv(_square(xp, input)))


@_inv.vjp("-yᵀ g yᵀ")
def _(g, out):
    return negative(matmul(out, matmul(g, out, transpose_b=True), transpose_a=True))


def inv(input, adjoint=False, name=None):
    """The inverse of each matrix, of shape (..., n, n).

    Raises:
        InvalidArgumentError: a matrix is not square, or has no inverse.
    """
    inverse = _inv(input)
    return matrix_transpose(inverse) if adjoint else inverse


@floats
@primitive("y = det A", example=lambda rand: ((_regular(rand, 2, 3, 3),), {}))
def det(xp, input):
    """The determinant of each matrix, of shape (..., n, n); its gradient needs the inverse."""
    return xp.asarray(xp.linalg.det(_square(xp, input)), dtype=input.dtype)


@det.vjp("g y A⁻ᵀ")
def _(g, input, out):
    return expand_dims(expand_dims(g * out, -1), -1) * matrix_transpose(_inv(input))


@floats
@primitive("X: A X = B", example=lambda rand: ((_regular(rand, 2, 3, 3), rand(2, 3, 4)), {}))
def _solve(xp, matrix, rhs):
    """The solution X of A X = B, for each A of shape (..., n, n) and B of shape (..., n, k)."""
    _square(xp, matrix)
    if rhs.ndim < 2 or rhs.shape[-2] != matrix.shape[-1]:
        raise ValueError(f"matrices of shape {matrix.shape} need right-hand sides of shape (..., {matrix.shape[-1]}, "
                         "k)")
    batch = np.broadcast_shapes(matrix.shape[:-2], rhs.shape[:-2])
    matrix, rhs = (xp.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (matrix, rhs))
    return _solvable(xp, lambda: xp.linalg.solve(matrix, rhs))


@_solve.vjp("-A⁻ᵀ g Xᵀ", wrt="matrix")
def _(g, matrix, out, matrix_shape):
    return unbroadcast(negative(matmul(_solve(matrix_transpose(matrix), g), out, transpose_b=True)), matrix_shape)


@_solve.vjp("A⁻ᵀ g", wrt="rhs")
def _(g, matrix, rhs_shape):
    return unbroadcast(_solve(matrix_transpose(matrix), g), rhs_shape)


def solve(matrix, rhs, adjoint=False, name=None):
    """The solution X of A X = B.

    Args:
        matrix: A, of shape (..., n, n).
        rhs: B, of shape (..., n, k).
        adjoint: whether A is turned first.

    Raises:
        InvalidArgumentError: a matrix is not square, or has no inverse.
    """
    return _solve(matrix_transpose(matrix) if adjoint else matrix, rhs)


@floats
@primitive("L: L Lᵀ = A, L lower triangular",
           example=lambda rand: ((_regular(rand, 2, 3, 3) * 3,), {}))
def cholesky(xp, input):
    """The lower triangular L with L Lᵀ = A, of symmetric positive definite matrices (A + Aᵀ) / 2.

    Raises:
        InvalidArgumentError: a matrix is not positive definite.
    """
    symmetric = (_square(xp, input) + xp.swapaxes(input, -1, -2)) * input.dtype.type(0.5)
    return _solvable(xp, lambda: xp.linalg.cholesky(symmetric))


@cholesky.vjp("L⁻ᵀ Φ(Lᵀ g) L⁻¹, its symmetric part (Murray, 2016)")
def _(g, out):
    n = out.shape[-1]
    half = matmul(out, g, transpose_a=True) * (np.tril(np.ones((n, n))) - 0.5 * np.eye(n))
    turned = matrix_transpose(out)
    inner = matrix_transpose(_solve(turned, matrix_transpose(_solve(turned, half))))
    return (inner + matrix_transpose(inner)) * 0.5


def logdet(matrix, name=None):
    """The logarithm of the determinant of symmetric positive definite matrices.

    Example:
        >>> tf.linalg.logdet([[2.0, 1.0], [1.0, 2.0]])
    """
    return reduce_sum(log(diag_part(cholesky(matrix))), -1) * 2.0


@floats
@primitive("values, vectors: A v = λ v", example=lambda rand: ((_regular(rand, 2, 3, 3),), {}))
def eigh(xp, tensor):
    """The eigenvalues, ascending, and the eigenvectors (columns) of symmetric matrices; without a gradient."""
    return tuple(_solvable(xp, lambda: xp.linalg.eigh(_square(xp, tensor))))


@floats
@primitive("s, U, V: A = U s Vᵀ", example=lambda rand: ((rand(2, 4, 3),), {"full_matrices": False}))
def _svd(xp, tensor, *, full_matrices):
    """The singular values, descending, and the singular vectors (columns) of matrices; without a gradient."""
    u, s, v = _solvable(xp, lambda: xp.linalg.svd(tensor, full_matrices=full_matrices))
    return s, u, xp.swapaxes(v, -1, -2)


def svd(tensor, full_matrices=False, compute_uv=True, name=None):
    """The singular values of matrices, descending; with `compute_uv` (s, u, v), where A = u diag(s) vᵀ."""
    parts = _svd(tensor, bool(full_matrices))
    return parts if compute_uv else parts[0]


@floats
@primitive("Q, R: A = Q R", example=lambda rand: ((rand(2, 4, 3),), {"full_matrices": False}))
def _qr(xp, input, *, full_matrices):
    """An orthogonal and an upper triangular factor; without a gradient."""
    return tuple(_solvable(xp, lambda: xp.linalg.qr(input, mode="complete" if full_matrices else "reduced")))


def qr(input, full_matrices=False, name=None):
    """(Q, R) with A = Q R: Q has orthonormal columns, R is upper triangular."""
    return _qr(input, bool(full_matrices))
