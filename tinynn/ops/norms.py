"""Floor 4: norms of vectors and matrices, and clipping by norm."""

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.tensor import operand
from tinynn.core import nest
from tinynn.ops.arguments import axis_of
from tinynn.ops.broadcast import reduce_sum
from tinynn.ops.decompose import svd
from tinynn.ops.elementary import abs, rsqrt, sqrt, square
from tinynn.ops.layout import _transpose, cast, expand_dims, squeeze
from tinynn.ops.logic import _where, not_equal
from tinynn.ops.math import maximum, pow
from tinynn.ops.reduce import reduce_max


def norm(tensor, ord="euclidean", axis=None, keepdims=None, name=None):
    """The norm of vectors or matrices.

    Args:
        tensor: floating-point numbers.
        ord: "euclidean" (the root of the sum of squares; of matrices "fro" is the same), 1, np.inf, or another
            positive number.
        axis: the axis of the vectors, or the two axes of the matrices; None takes all elements as one vector.
        keepdims: whether reduced axes stay, with length 1.

    Raises:
        ValueError: an unknown `ord`.

    Example:
        >>> tf.norm([[3.0, 4.0], [6.0, 8.0]], axis=1)
    """
    x, keepdims = operand(tensor), bool(keepdims)
    pair = isinstance(axis, (list, tuple)) and len(axis) == 2
    if ord in ("euclidean", "fro") or (ord == 2 and not pair):
        return sqrt(reduce_sum(square(x), axis, keepdims))
    if isinstance(ord, str) or ord <= 0 or (pair and ord not in (1, 2, np.inf)):
        raise ValueError(f"norm knows the ord 'euclidean', 1, 2, inf and other positive numbers of vectors, and "
                         f"'euclidean', 1, 2 and inf of matrices; got {ord!r}")
    if pair and ord == 2:       # the largest singular value
        places = [axis_of(a, x.ndim) for a in axis]
        others = [i for i in range(x.ndim) if i not in places]
        result = reduce_max(svd(_transpose(x, (*others, *places)), compute_uv=False), -1)
        return expand_dims(expand_dims(result, min(places)), max(places)) if keepdims else result
    if pair:        # the largest column sum or row sum
        rows, columns = [axis_of(a, x.ndim) for a in axis]
        over, along = (rows, columns) if ord == 1 else (columns, rows)
        result = reduce_max(reduce_sum(abs(x), over, True), along, True)
        return result if keepdims else squeeze(result, (rows, columns))
    if ord == np.inf:
        return reduce_max(abs(x), axis, keepdims)
    if ord == 1:
        return reduce_sum(abs(x), axis, keepdims)
    return pow(reduce_sum(pow(abs(x), float(ord)), axis, keepdims), 1.0 / ord)


def l2_normalize(x, axis=None, epsilon=1e-12, name=None, dim=None):
    """x / sqrt(max(sum(x²), epsilon)), the sum along the axes: vectors of length 1.

    Example:
        >>> tf.nn.l2_normalize([3.0, 4.0])
    """
    x = operand(x)
    return x * rsqrt(maximum(reduce_sum(square(x), axis if dim is None else dim, True), epsilon))


def normalize(tensor, ord="euclidean", axis=None, name=None):
    """(tensor / norm, norm), the norm with reduced axes of length 1; see `norm` for the arguments.

    Example:
        >>> tf.linalg.normalize([3.0, 4.0])
    """
    tensor = operand(tensor)
    size = norm(tensor, ord, axis, True)
    return tensor / size, size


def l2_loss(t, name=None):
    """sum(t²) / 2.

    Example:
        >>> tf.nn.l2_loss([3.0, 4.0])
    """
    return reduce_sum(square(operand(t))) * 0.5


def global_norm(t_list, name=None):
    """The root of the sum of squares of all elements of a list of tensors; None in it is skipped.

    Example:
        >>> tf.linalg.global_norm([tf.constant([3.0]), tf.constant([4.0])])
    """
    halves = [l2_loss(t) for t in nest.flatten(t_list) if t is not None]
    if not halves:
        return operand(0.0)
    total = halves[0]
    for half in halves[1:]:
        total = total + half
    return sqrt(total * 2.0)


# ---- clipping --------------------------------------------------------------------------------------------------------


def clip_by_norm(t, clip_norm, axes=None, name=None):
    """Scales a tensor so that its norm (along axes) is at most clip_norm.

    Example:
        >>> tf.clip_by_norm([3.0, 4.0], 1.0)
    """
    t = operand(t)
    squares = reduce_sum(square(t), axes, True)
    positive = not_equal(squares, 0.0)
    size = _where(positive, sqrt(_where(positive, squares, 1.0)), squares)
    return t * clip_norm / maximum(size, clip_norm)


def clip_by_average_norm(t, clip_norm, name=None):
    """Scales a tensor so that its norm, divided by its number of elements, is at most clip_norm."""
    t = operand(t)
    average = sqrt(reduce_sum(square(t))) / float(t.shape.num_elements())
    return t * clip_norm / maximum(average, clip_norm)


def clip_by_global_norm(t_list, clip_norm, use_norm=None, name=None):
    """Scales a list of tensors so that their common norm is at most clip_norm.

    Returns:
        (the list, the norm before). None in the list stays None. A norm that is not finite gives NaN everywhere.

    Raises:
        TypeError: t_list is no list.

    Example:
        >>> tf.clip_by_global_norm([tf.constant([3.0]), tf.constant([4.0])], 1.0)
    """
    if isinstance(t_list, Array) or not isinstance(t_list, (list, tuple)):
        raise TypeError("clip_by_global_norm takes a list of tensors, as tape.gradient gives it")
    size = global_norm(t_list) if use_norm is None else operand(use_norm)
    clip = operand(clip_norm, size.dtype)
    finite = size - size        # 0, or NaN where the norm is not finite
    scale = clip * (1.0 / maximum(size, clip)) + finite
    return [None if t is None else operand(t) * cast(scale, operand(t).dtype) for t in t_list], size
