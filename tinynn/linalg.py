"""`tf.linalg`: matrices."""

from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.create import eye
from tinynn.ops.decompose import cholesky, det, eigh, inv, logdet, qr, solve, svd
from tinynn.ops.diagonal import (
    band_part,
    cross,
    diag,
    diag_part,
    set_diag,
    tensor_diag,
    tensor_diag_part,
    trace,
)
from tinynn.ops.einsum import einsum
from tinynn.ops.linalg import matmul, matrix_transpose, matvec, tensordot
from tinynn.ops.norms import global_norm, l2_normalize, norm, normalize
from tinynn.ops.spectral import (
    adjoint,
    cholesky_solve,
    eig,
    eigvals,
    eigvalsh,
    expm,
    lstsq,
    matrix_rank,
    pinv,
    slogdet,
    sqrtm,
    triangular_solve,
)

transpose = matrix_transpose
__getattr__, __dir__ = _namespace(__name__)
