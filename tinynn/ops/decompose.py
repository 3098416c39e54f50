"""Floor 4: what solves and splits matrices, which stand in the last two axes."""

import numpy as np

from tinynn.backends.gpu import linalg_errors
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import floats
from tinynn.ops.broadcast import reduce_sum, unbroadcast
from tinynn.ops.diagonal import band_part, diag, diag_part, set_diag
from tinynn.ops.elementary import log, negative
from tinynn.ops.layout import expand_dims
from tinynn.ops.linalg import matmul, matrix_transpose
from tinynn.ops.logic import _where, equal


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
    """The eigenvalues, ascending, and the eigenvectors (columns) of symmetric matrices; it reads their lower half."""
    return tuple(_solvable(xp, lambda: xp.linalg.eigh(_square(xp, tensor))))


@eigh.vjp("V (diag(gλ) + Vᵀ gV / (λⱼ - λᵢ)) Vᵀ, its lower half (Giles, 2008)")
def _(g, out):
    values, vectors = out
    inner = set_diag(_reciprocals(values) * matmul(vectors, g[1], transpose_a=True), g[0])
    full = matmul(vectors, matmul(inner, vectors, transpose_b=True))
    lower = band_part(full + matrix_transpose(full), -1, 0)
    return set_diag(lower, diag_part(lower) * 0.5)


def _reciprocals(values):
    """1 / (vⱼ - vᵢ) for each pair, and 0 where both are equal."""
    gaps = expand_dims(values, -2) - expand_dims(values, -1)
    same = equal(gaps, 0.0)
    return _where(same, 0.0, 1.0 / _where(same, 1.0, gaps))


@floats
@primitive("s, U, V: A = U s Vᵀ", example=lambda rand: ((rand(2, 4, 3),), {"full_matrices": False}))
def _svd(xp, tensor, *, full_matrices):
    """The singular values, descending, and the singular vectors (columns) of matrices."""
    u, s, v = _solvable(xp, lambda: xp.linalg.svd(tensor, full_matrices=full_matrices))
    return s, u, xp.swapaxes(v, -1, -2)


@_svd.vjp("U (diag(gs) + (F (Uᵀ gU - gUᵀ U)) s + s (F (Vᵀ gV - gVᵀ V))) Vᵀ + what leaves U and V (Townsend, 2016)")
def _(g, out, full_matrices):
    (s, u, v), (gs, gu, gv) = out, g
    if full_matrices and u.shape[-1] != v.shape[-1]:
        raise ValueError("svd has a gradient with full_matrices=False")
    row, weights = expand_dims(s, -2), _reciprocals(s * s)
    left, right = [matmul(x, gx, transpose_a=True) for x, gx in ((u, gu), (v, gv))]
    left, right = [weights * (x - matrix_transpose(x)) for x in (left, right)]
    inner = diag(gs) + left * row + expand_dims(s, -1) * right
    zero = equal(row, 0.0)
    inverse = _where(zero, 0.0, 1.0 / _where(zero, 1.0, row))
    beyond_u = gu * inverse - matmul(u, matmul(u, gu * inverse, transpose_a=True))
    beyond_v = gv * inverse - matmul(v, matmul(v, gv * inverse, transpose_a=True))
    return (matmul(matmul(u, inner) + beyond_u, v, transpose_b=True) + matmul(u, beyond_v, transpose_b=True))


def svd(tensor, full_matrices=False, compute_uv=True, name=None):
    """The singular values of matrices, descending; with `compute_uv` (s, u, v), where A = u diag(s) vᵀ."""
    parts = _svd(tensor, bool(full_matrices))
    return parts if compute_uv else parts[0]


@floats
@primitive("Q, R: A = Q R", example=lambda rand: ((rand(2, 4, 3),), {"full_matrices": False}))
def _qr(xp, input, *, full_matrices):
    """An orthogonal and an upper triangular factor."""
    return tuple(_solvable(xp, lambda: xp.linalg.qr(input, mode="complete" if full_matrices else "reduced")))


@_qr.vjp("(gQ + Q M) R⁻ᵀ, M the lower half of R gRᵀ - gQᵀ Q, mirrored (Walter, 2010)")
def _(g, out):
    (q, r), (gq, gr) = out, g
    if r.shape[-2] != r.shape[-1]:
        raise ValueError("qr has a gradient where the matrix has at least as many rows as columns, and "
                         "full_matrices=False")
    product = matmul(r, gr, transpose_b=True) - matmul(gq, q, transpose_a=True)
    lower = band_part(product, -1, 0)
    mirrored = lower + matrix_transpose(set_diag(lower, diag_part(lower) * 0.0))
    return matrix_transpose(_solve(r, matrix_transpose(gq + matmul(q, mirrored))))


def qr(input, full_matrices=False, name=None):
    """(Q, R) with A = Q R: Q has orthonormal columns, R is upper triangular."""
    return _qr(input, bool(full_matrices))
