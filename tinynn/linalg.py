"""`tf.linalg`: matrices."""

from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.create import eye
from tinynn.ops.decompose import (
    band_part,
    cholesky,
    cross,
    det,
    diag,
    diag_part,
    eigh,
    inv,
    logdet,
    qr,
    set_diag,
    solve,
    svd,
    trace,
)
from tinynn.ops.einsum import einsum
from tinynn.ops.linalg import matmul, matrix_transpose, matvec, tensordot
from tinynn.ops.normalize import global_norm, l2_normalize, norm, normalize

transpose = matrix_transpose
__getattr__, __dir__ = _namespace(__name__)
