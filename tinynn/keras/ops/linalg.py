"""Floor 7: linear algebra under Keras's names."""

import numpy as np

from tinynn import ops
from tinynn.autodiff.tape import GradientTape
from tinynn.core import nest
from tinynn.keras.context import context
from tinynn.keras.ops.dispatch import common, floating, op, tensor
from tinynn.ops.arguments import axis_of


def _square(x, name):
    x = floating(x)
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"{name} takes square matrices, got shape {tuple(x.shape)}")
    if context.placeholder:     # zeros, which have no inverse
        return ops.broadcast_to(ops.eye(x.shape[-1], dtype=x.dtype), tuple(x.shape))
    return x


def _transposed(x):
    return ops.matrix_transpose(x)


@op
def cholesky(x, upper=False):
    """The triangular L with L Lᵀ = x; with `upper`, Lᵀ."""
    factor = ops.cholesky(_square(x, "cholesky"))
    return _transposed(factor) if upper else factor


@op
def cholesky_inverse(x, upper=False):
    """The inverse of the matrix whose Cholesky factor is x."""
    x = _square(x, "cholesky_inverse")
    inverse = ops.inv(_transposed(x) if upper else x)
    return ops.matmul(_transposed(inverse), inverse)


@op
def det(x):
    """The determinant."""
    return ops.det(_square(x, "det"))


@op
def inv(x):
    """The inverse."""
    return ops.inv(_square(x, "inv"))


@op
def slogdet(x):
    """(the sign of the determinant, the logarithm of its magnitude)."""
    determinant = ops.det(_square(x, "slogdet"))
    return ops.sign(determinant), ops.log(ops.abs(determinant))


@op
def logdet(x):
    """The logarithm of the determinant of a positive definite matrix."""
    return ops.logdet(_square(x, "logdet"))


@op
def eigh(x):
    """(eigenvalues, eigenvectors as columns) of a symmetric matrix."""
    return tuple(ops.eigh(_square(x, "eigh")))


@op
def eig(x):
    """(eigenvalues, eigenvectors as columns) of a matrix where they are real; by NumPy's."""
    x = _square(x, "eig")
    values, vectors = np.linalg.eig(np.asarray(x))
    return ops.convert_to_tensor(values), ops.convert_to_tensor(vectors)


@op
def qr(x, mode="reduced"):
    """(q, r) with x = q r, q orthogonal and r upper triangular."""
    if mode not in ("reduced", "complete"):
        raise ValueError("`mode` argument value not supported. "
                         f"Expected one of {{'reduced', 'complete'}}. Received: mode={mode}")
    return tuple(ops.qr(floating(x), mode == "complete"))


@op
def svd(x, full_matrices=True, compute_uv=True):
    """(u, s, vᵀ) with x = u s vᵀ; without `compute_uv`, s alone."""
    if not compute_uv:
        return ops.svd(floating(x), full_matrices, False)
    s, u, v = ops.svd(floating(x), full_matrices, True)
    return u, s, _transposed(v)


@op
def solve(a, b):
    """The x with a x = b; b may be a vector."""
    a, b = (floating(x) for x in common(a, b))
    vector = len(b.shape) == len(a.shape) - 1
    x = ops.solve(_square(a, "solve"), ops.expand_dims(b, -1) if vector else b)
    return ops.squeeze(x, -1) if vector else x


@op
def solve_triangular(a, b, lower=False):
    """The x with a x = b for a triangular a, whose other half is not read."""
    a = _square(a, "solve_triangular")
    return solve(ops.band_part(a, -1, 0) if lower else ops.band_part(a, 0, -1), b)


@op
def lstsq(a, b, rcond=None):
    """The x for which |a x - b| is smallest."""
    a, b = (floating(x) for x in common(a, b))
    vector = len(b.shape) == 1
    x = ops.matmul(pinv(a, rcond), ops.expand_dims(b, -1) if vector else b)
    return ops.squeeze(x, -1) if vector else x


@op
def pinv(x, rcond=None):
    """The pseudo-inverse, by the singular values above rcond times the largest."""
    x = floating(x)
    s, u, v = ops.svd(x, False, True)
    if rcond is None:
        rcond = max(tuple(x.shape)[-2:]) * float(np.finfo(x.dtype.name).eps)
    large = s > rcond * ops.reduce_max(s, -1, True)
    inverse = ops.where(large, 1.0 / ops.where(large, s, ops.ones_like(s)), ops.zeros_like(s))
    return ops.matmul(v * ops.expand_dims(inverse, -2), _transposed(u))


@op
def matrix_rank(x, tol=None):
    """How many singular values are above a limit: int32."""
    x = floating(x)
    s = ops.svd(x, False, False)
    if tol is None:
        tol = ops.reduce_max(s, -1, True) * (max(tuple(x.shape)[-2:]) * float(np.finfo(x.dtype.name).eps))
    return ops.reduce_sum(ops.cast(s > tol, "int32"), -1)


@op
def norm(x, ord=None, axis=None, keepdims=False):
    """The norm along an axis (of vectors) or two (of matrices).

    Args:
        x: a tensor.
        ord: None or 2 for Euclid's, a number p, inf, -inf, and for matrices "fro" and "nuc".
        axis: one axis, a pair, or None for all.
        keepdims: whether the axes stay, with length 1.
    """
    x = floating(x)
    rank = len(x.shape)
    axes = list(range(rank)) if axis is None else [axis] if isinstance(axis, int) else list(axis)
    axes = [axis_of(a, rank) for a in axes]
    if ord is None or (len(axes) == 1 and ord == 2) or (len(axes) == 2 and ord == "fro"):
        return ops.sqrt(ops.reduce_sum(ops.square(x), axes, keepdims))
    if isinstance(ord, str) and (ord not in ("fro", "nuc") or len(axes) != 2):
        raise ValueError(f"Invalid `ord` argument for {'matrix' if len(axes) == 2 else 'vector'} norm: ord={ord!r}")
    return _vector_norm(x, ord, axes, keepdims) if len(axes) == 1 else _matrix_norm(x, ord, axes, keepdims)


def _vector_norm(x, ord, axes, keepdims):
    size = ops.abs(x)
    if ord in (np.inf, -np.inf):
        return (ops.reduce_max if ord > 0 else ops.reduce_min)(size, axes, keepdims)
    if ord == 0:
        return ops.reduce_sum(ops.cast(ops.not_equal(x, 0.0), x.dtype), axes, keepdims)
    return ops.pow(ops.reduce_sum(ops.pow(size, float(ord)), axes, keepdims), 1.0 / ord)


def _matrix_norm(x, ord, axes, keepdims):
    rows, columns = axes
    if ord in (1, -1, np.inf, -np.inf):
        first, second = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = ops.reduce_sum(ops.abs(x), first, True)
        y = (ops.reduce_max if ord > 0 else ops.reduce_min)(sums, second, True)
    else:
        rest = [i for i in range(len(x.shape)) if i not in axes]
        s = ops.svd(ops.transpose(x, (*rest, rows, columns)), False, False)
        reduce = {2: ops.reduce_max, -2: ops.reduce_min, "nuc": ops.reduce_sum}.get(ord)
        if reduce is None:
            raise ValueError(f"Invalid `ord` argument for matrix norm: ord={ord!r}")
        y = ops.reshape(reduce(s, -1), [1 if i in axes else n for i, n in enumerate(x.shape)])
    return y if keepdims else ops.squeeze(y, axes)


@op
def jvp(fun, primals, tangents, has_aux=False):
    """What a function gives, and how it changes along tangents: its Jacobian times a vector.

    Args:
        fun: a function of tensors; with `has_aux` it gives a pair, whose second part is not derived.
        primals: its arguments, a tuple or list.
        tangents: how the arguments change, in the shapes of `primals`.
        has_aux: see `fun`.

    Returns:
        (outputs, their changes), and with `has_aux` the second part as well.

    Source: Townsend: A new trick for calculating Jacobian vector products (2017): v -> vᵀJ is linear in v, so its own
    gradient gives J u.
    """
    primals = [tensor(x) for x in primals]
    with GradientTape() as outer:
        with GradientTape() as inner:
            inner.watch(primals)
            result = fun(*primals)
        out, aux = result if has_aux else (result, None)
        seeds = nest.map_structure(ops.zeros_like, out)
        outer.watch(seeds)
        pulled = inner.gradient(out, primals, output_gradients=seeds, unconnected_gradients="zero")
    tangents = [tensor(t, x.dtype) for t, x in zip(tangents, primals, strict=True)]
    changes = outer.gradient(pulled, seeds, output_gradients=tangents, unconnected_gradients="zero")
    return (out, changes, aux) if has_aux else (out, changes)


@op
def cdist(x, y):
    """The distances of all rows of x to all rows of y."""
    x, y = (floating(a) for a in common(x, y))
    return ops.sqrt(ops.reduce_sum(ops.square(ops.expand_dims(x, -2) - ops.expand_dims(tensor(y), -3)), -1))
