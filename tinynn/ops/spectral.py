"""Floor 4: functions of matrices that are made of their factors, and complex eigenvalues."""

from collections import namedtuple

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import floats, on_extents
from tinynn.ops.broadcast import _broadcast_to, reduce_sum
from tinynn.ops.complex import conj
from tinynn.ops.create import eye
from tinynn.ops.decompose import _regular, _solvable, _solve, _square, det, eigh, svd
from tinynn.ops.diagonal import band_part
from tinynn.ops.elementary import abs, log, sign
from tinynn.ops.layout import cast, expand_dims
from tinynn.ops.linalg import matmul, matrix_transpose
from tinynn.ops.logic import _where, greater
from tinynn.ops.reduce import reduce_max


def adjoint(matrix, name=None):
    """The conjugate transpose; of real numbers the transpose.

    Example:
        >>> tf.linalg.adjoint([[1.0, 2.0], [3.0, 4.0]])
    """
    matrix = operand(matrix)
    return conj(matrix_transpose(matrix)) if matrix.dtype.is_complex else matrix_transpose(matrix)


def eigvalsh(tensor, name=None):
    """The eigenvalues of symmetric matrices, ascending.

    Example:
        >>> tf.linalg.eigvalsh([[2.0, 1.0], [1.0, 2.0]])
    """
    return eigh(tensor)[0]


@floats
@primitive("values, vectors: A v = λ v, complex", example=lambda rand: ((_regular(rand, 2, 3, 3),), {}))
def eig(xp, tensor):
    """The eigenvalues and the eigenvectors (columns) of square matrices, complex; without a gradient."""
    values, vectors = _solvable(xp, lambda: xp.linalg.eig(_square(xp, tensor)))
    kind = "complex64" if tensor.dtype in ("float32", "complex64") else "complex128"
    return values.astype(kind), vectors.astype(kind)


def eigvals(tensor, name=None):
    """The eigenvalues of square matrices, complex; in no order and without a gradient."""
    return eig(tensor)[0]


SignLogDet = namedtuple("LogMatrixDeterminant", ["sign", "log_abs_determinant"])


def slogdet(input, name=None):
    """(sign, logarithm of the absolute value) of the determinants, also by the names sign and log_abs_determinant.

    Example:
        >>> tf.linalg.slogdet([[2.0, 0.0], [0.0, -3.0]])
    """
    determinant = det(input)
    return SignLogDet(sign(determinant), log(abs(determinant)))


def matrix_rank(a, tol=None, validate_args=False, name=None):
    """How many singular values of each matrix are larger than `tol`, int32.

    Args:
        a: matrices of shape (..., m, n).
        tol: by default the largest singular value times max(m, n) times epsilon.

    Example:
        >>> tf.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]])
    """
    a = operand(a)
    s = svd(a, compute_uv=False)
    if tol is None:
        tol = reduce_max(s, -1, True) * (max(a.shape[-2:]) * float(np.finfo(a.dtype.dtype).eps))
    return reduce_sum(cast(greater(s, tol), "int32"), -1)


def pinv(a, rcond=None, validate_args=False, name=None):
    """The Moore-Penrose inverse of matrices; singular values at most `rcond` times the largest count as 0.

    Args:
        a: matrices of shape (..., m, n).
        rcond: by default 10 max(m, n) epsilon.

    Example:
        >>> tf.linalg.pinv([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    """
    a = operand(a)
    if rcond is None:
        rcond = 10.0 * max(a.shape[-2:]) * float(np.finfo(a.dtype.dtype).eps)
    s, u, v = svd(a)
    large = greater(s, reduce_max(s, -1, True) * rcond)
    inverse = _where(large, 1.0 / _where(large, s, 1.0), 0.0)
    return matmul(v * expand_dims(inverse, -2), u, transpose_b=True)


def lstsq(matrix, rhs, l2_regularizer=0.0, fast=True, name=None):
    """The X that makes |A X - B|² + l2_regularizer |X|² smallest.

    Args:
        matrix: A, of shape (..., m, n).
        rhs: B, of shape (..., m, k).
        l2_regularizer: not negative.
        fast: through the normal equations; otherwise through singular values, also where A has not full rank.

    Example:
        >>> tf.linalg.lstsq([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [[1.0], [3.0], [5.0]])
    """
    matrix, rhs = operand(matrix), operand(rhs, like=matrix)
    if not fast and l2_regularizer == 0:
        return matmul(pinv(matrix), rhs)
    rows, columns = matrix.shape[-2:]
    weight = eye(min(rows, columns), dtype=matrix.dtype) * float(l2_regularizer)
    if rows >= columns:
        return _solve(matmul(matrix, matrix, transpose_a=True) + weight, matmul(matrix, rhs, transpose_a=True))
    return matmul(matrix, _solve(matmul(matrix, matrix, transpose_b=True) + weight, rhs), transpose_a=True)


def triangular_solve(matrix, rhs, lower=True, adjoint=False, name=None):
    """The X with A X = B, where the half of A that `lower` names counts and the other is taken as 0.

    Raises:
        InvalidArgumentError: a matrix has no inverse.

    Example:
        >>> tf.linalg.triangular_solve([[2.0, 0.0], [1.0, 1.0]], [[2.0], [3.0]])
    """
    half = band_part(matrix, -1, 0) if lower else band_part(matrix, 0, -1)
    return _solve(matrix_transpose(half) if adjoint else half, rhs)


def cholesky_solve(chol, rhs, name=None):
    """The X with A X = B, given the lower triangular L with L Lᵀ = A.

    Example:
        >>> tf.linalg.cholesky_solve(tf.linalg.cholesky([[4.0, 2.0], [2.0, 3.0]]), [[2.0], [1.0]])
    """
    return triangular_solve(chol, triangular_solve(chol, rhs), adjoint=True)


@on_extents
def expm(input, name=None):
    """The exponentials of square matrices, I + A + A²/2 + ..., by scaling, a series and squaring.

    Raises:
        InvalidArgumentError: the matrices are not square.

    Example:
        >>> tf.linalg.expm([[0.0, 1.0], [-1.0, 0.0]])
    """
    a = operand(input)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise InvalidArgumentError(f"expm takes square matrices, got shape {tuple(a.shape)}")
    size = float(np.asarray(reduce_max(reduce_sum(abs(a), -2)))) if a.shape.num_elements() else 0.0
    halvings = max(0, int(np.ceil(np.log2(size))) + 1) if 0 < size < np.inf else 0
    scaled = a * 0.5**halvings          # the largest column sum is now below 1/2: 18 terms are exact to float64
    one = _broadcast_to(eye(a.shape[-1], dtype=a.dtype), tuple(a.shape))
    total = one
    for n in range(18, 0, -1):
        total = one + matmul(scaled, total) * (1.0 / n)
    for _ in range(halvings):
        total = matmul(total, total)
    return total


@floats
@primitive("Y: Y Y = A", example=lambda rand: ((_regular(rand, 2, 3, 3),), {}))
def sqrtm(xp, input):
    """The square roots of matrices whose eigenvalues are not negative real numbers, by their eigenvectors; without a
    gradient.
    """
    values, vectors = _solvable(xp, lambda: xp.linalg.eig(_square(xp, input)))
    roots = xp.sqrt(values.astype("complex128"))
    root = xp.matmul(vectors * roots[..., None, :], _solvable(xp, lambda: xp.linalg.inv(vectors)))
    return (root if input.dtype.kind == "c" else root.real).astype(input.dtype)
