"""Floor 7: products of matrices and vectors, and diagonals."""

import builtins

import numpy as np

from tinynn import ops
from tinynn.keras.ops.dispatch import common, counted, floating, kind_of, op, tensor


def _wide(*xs):
    """What `common` gives; of nothing but int8, int32, since sums of products of int8 rarely fit into one."""
    whole = all(kind_of(x) == "int8" for x in xs)
    return [tensor(x, "int32") for x in xs] if whole else common(*xs)


@op
def matmul(x1, x2):
    """The product of matrices; vectors count as a row or a column."""
    x1, x2 = _wide(x1, x2)
    one, two = len(x1.shape) == 1, len(x2.shape) == 1
    x1 = ops.expand_dims(x1, 0) if one else x1
    x2 = ops.expand_dims(x2, -1) if two else x2
    y = ops.matmul(x1, x2)
    axes = [axis for axis, gone in ((-2, one), (-1, two)) if gone]
    return ops.squeeze(y, axes) if axes else y


@op
def dot(x1, x2):
    """The sums of products over the last axis of x1 and the last but one of x2 (or its only one)."""
    x1, x2 = common(x1, x2)
    if not x1.shape or not x2.shape:
        return x1 * x2
    return ops.tensordot(x1, x2, [[len(x1.shape) - 1], [builtins.max(len(x2.shape) - 2, 0)]])


@op
def inner(x1, x2):
    """The sums of products over the last axes."""
    x1, x2 = common(x1, x2)
    if not x1.shape or not x2.shape:
        return x1 * x2
    return ops.tensordot(x1, x2, [[len(x1.shape) - 1], [len(x2.shape) - 1]])


@op
def outer(x1, x2):
    """All products of an element of x1 with one of x2, as a matrix."""
    x1, x2 = common(x1, x2)
    return ops.reshape(x1, (-1, 1)) * ops.reshape(x2, (1, -1))


@op
def vdot(x1, x2):
    """The sum of the products of all elements."""
    x1, x2 = common(x1, x2)
    return ops.reduce_sum(ops.reshape(x1, (-1,)) * ops.reshape(x2, (-1,)))


@op
def tensordot(x1, x2, axes=2):
    """The sums of products over several axes of both."""
    return ops.tensordot(*common(x1, x2), axes)


@op
def einsum(subscripts, *operands, **kwargs):
    """Products summed over the letters that the result lacks, as in "ij,jk->ik"."""
    return ops.einsum(subscripts, *_wide(*operands))


@op
def kron(x1, x2):
    """The Kronecker product: every element of x1 times all of x2."""
    x1, x2 = common(x1, x2)
    rank = builtins.max(len(x1.shape), len(x2.shape))
    a, b = ((1,) * (rank - len(x.shape)) + tuple(x.shape) for x in (x1, x2))
    first = ops.reshape(x1, [n for extent in a for n in (extent, 1)])
    second = ops.reshape(x2, [n for extent in b for n in (1, extent)])
    return ops.reshape(first * second, [n * m for n, m in zip(a, b, strict=True)])


@op
def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The vector product of vectors with three (or two) entries along an axis."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x1, x2 = common(x1, x2)
    a, b = _parts(x1, axisa), _parts(x2, axisb)
    if len(a) == len(b) == 2:
        return a[0] * b[1] - a[1] * b[0]
    a, b = (v if len(v) == 3 else [*v, ops.zeros_like(v[0])] for v in (a, b))
    return ops.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]], axisc)


def _parts(x, axis):
    return list(ops.unstack(x, axis=axis))


@op
def diagonal(x, offset=0, axis1=0, axis2=1):
    """The elements at [..., i, i + offset], along a new last axis."""
    x = tensor(x)
    rank = len(x.shape)
    axis1, axis2 = axis1 % rank, axis2 % rank
    rest = [i for i in range(rank) if i not in (axis1, axis2)]
    rows, columns = x.shape[axis1], x.shape[axis2]
    flat = ops.reshape(ops.transpose(x, (*rest, axis1, axis2)), (*(x.shape[i] for i in rest), rows * columns))
    count = builtins.max(builtins.min(rows, columns - offset) if offset >= 0 else builtins.min(rows + offset, columns),
                         0)
    start = offset if offset >= 0 else -offset * columns
    return ops.gather(flat, start + np.arange(count) * (columns + 1), axis=-1)


@op
def trace(x, offset=0, axis1=0, axis2=1):
    """The sum of a diagonal."""
    return ops.reduce_sum(counted(diagonal(x, offset, axis1, axis2)), -1)


@op
def diag(x, k=0):
    """The matrix with a vector on its diagonal k; of a matrix, that diagonal."""
    x = tensor(x)
    if len(x.shape) == 2:
        return diagonal(x, k)
    if len(x.shape) != 1:
        raise ValueError(f"diag takes a vector or a matrix, got shape {tuple(x.shape)}")
    n = x.shape[0] + builtins.abs(k)
    places = np.eye(n, n, k).astype(bool)
    spread = np.clip(np.arange(n) + builtins.min(k, 0), 0, builtins.max(x.shape[0] - 1, 0))
    rows = ops.expand_dims(ops.gather(x, spread), 1)
    return ops.where(places, ops.broadcast_to(rows, (n, n)), ops.zeros((n, n), x.dtype))


@op
def diagflat(x, k=0):
    """The matrix with all elements of x on its diagonal k."""
    return diag(ops.reshape(tensor(x), (-1,)), k)


@op
def correlate(x1, x2, mode="valid"):
    """The sums of products of x1 with x2 moved along it."""
    x1, x2 = (floating(x) for x in common(x1, x2))
    n, m = x1.shape[0], x2.shape[0]
    if m > n:
        return ops.reverse(correlate(x2, x1, mode), [0])
    padded = ops.pad(x1, [(m - 1, m - 1)])
    windows = ops.gather(padded, np.arange(n + m - 1)[:, None] + np.arange(m))
    y = ops.reduce_sum(windows * x2, 1)
    start, length = {"full": (0, n + m - 1), "same": ((m - 1) // 2, n), "valid": (m - 1, n - m + 1)}[mode]
    return y[start:start + length]


@op
def corrcoef(x):
    """The correlations of the rows of a matrix."""
    x = floating(x)
    x = ops.reshape(x, (1, -1)) if len(x.shape) == 1 else x
    centered = x - ops.reduce_mean(x, 1, True)
    unit = centered / ops.sqrt(ops.reduce_sum(ops.square(centered), 1, True))
    y = ops.matmul(unit, unit, transpose_b=True)
    return ops.squeeze(y) if y.shape[0] == 1 else y
