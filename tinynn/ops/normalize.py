"""Floor 4: norms, clipping by norm, moments, normalization, dropout and other parts of networks."""

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.tensor import operand
from tinynn.core import nest
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import axes_of, axis_of, floats, on_extents, shape_of
from tinynn.ops.broadcast import _broadcast_to, reduce_sum
from tinynn.ops.elementary import abs, exp, log, rsqrt, sqrt, square
from tinynn.ops.gather import gather
from tinynn.ops.layout import cast, squeeze
from tinynn.ops.linalg import matmul
from tinynn.ops.logic import _where, equal, greater_equal, not_equal
from tinynn.ops.math import maximum, pow, squared_difference
from tinynn.ops.placement import at
from tinynn.ops.random import uniform
from tinynn.ops.reduce import reduce_max, reduce_mean

# ---- bias ------------------------------------------------------------------------------------------------------------


@floats
@primitive("y = x + b, along the last axis", example=lambda rand: ((rand(2, 4, 3), rand(3)), {}))
def _bias_add(xp, value, bias):
    """Adds a vector to every row along the last axis."""
    if bias.ndim != 1 or value.ndim < 1 or bias.shape[0] != value.shape[-1]:
        raise ValueError(f"a bias of shape {bias.shape} does not fit the last axis of a value of shape {value.shape}")
    return value + bias


@_bias_add.vjp("g", wrt="value")
def _(g):
    return g


@_bias_add.vjp("g, summed over all axes but the last", wrt="bias")
def _(g):
    return bias_add_grad(g)


@primitive("db = Σ dy over all axes but the last", example=lambda rand: ((rand(2, 4, 3),), {}))
def bias_add_grad(xp, dy):
    """The backward pass of bias_add to the bias."""
    return xp.sum(dy, axis=tuple(range(dy.ndim - 1)), dtype=dy.dtype)


@bias_add_grad.vjp("g, repeated")
def _(g, dy_shape):
    return _broadcast_to(g, tuple(dy_shape))


def bias_add(value, bias, data_format=None, name=None):
    """Adds a vector along the last axis, or along axis 1 where `data_format` starts with "NC".

    Raises:
        InvalidArgumentError: the bias is no vector of that axis' length.
    """
    if data_format is None or not data_format.startswith("NC"):
        return _bias_add(value, bias)
    value, bias = operand(value), operand(bias)
    return value + bias[(slice(None),) + (None,) * (value.ndim - 2)]


# ---- norms -----------------------------------------------------------------------------------------------------------


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
    if isinstance(ord, str) or ord <= 0 or (pair and ord not in (1, np.inf)):
        raise ValueError(f"norm knows the ord 'euclidean', 1, 2, inf and other positive numbers of vectors, and "
                         f"'euclidean', 1 and inf of matrices; got {ord!r}")
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


# ---- parts of networks -----------------------------------------------------------------------------------------------


def moments(x, axes, shift=None, keepdims=False, name=None):
    """The mean and the variance along axes.

    Returns:
        (mean, variance), of the shape of x without the axes, or with length 1 there (`keepdims`).

    Example:
        >>> tf.nn.moments([[1.0, 2.0], [3.0, 6.0]], axes=[0])
    """
    x = operand(x)
    mean = reduce_mean(x, axes, True)
    variance = reduce_mean(squared_difference(x, mean), axes, keepdims)
    return (mean if keepdims else squeeze(mean, list(axes_of(axes, x.ndim)))), variance


def batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None):
    """scale (x - mean) / sqrt(variance + variance_epsilon) + offset; offset and scale may be None.

    Example:
        >>> tf.nn.batch_normalization([[1.0], [3.0]], mean=[2.0], variance=[1.0], offset=[0.5], scale=[2.0],
        ...                           variance_epsilon=1e-3)
    """
    inverse = rsqrt(operand(variance) + variance_epsilon)
    inverse = inverse if scale is None else inverse * scale
    shift = -mean * inverse if offset is None else offset - mean * inverse
    return x * inverse + shift


@on_extents
def dropout(x, rate, noise_shape=None, seed=None, name=None):
    """Sets elements to 0 at random, and scales the others by 1 / (1 - rate), so that the mean stays.

    Args:
        x: floating-point numbers.
        rate: the share that is dropped, from 0 to below 1.
        noise_shape: the shape of the decisions, which broadcasts to that of x; elements that share one drop together.
        seed: a whole number gives this call a sequence of its own.

    Raises:
        ValueError: rate is not in [0, 1).

    Example:
        >>> tf.nn.dropout([1.0, 2.0, 3.0, 4.0], rate=0.5, seed=1)
    """
    if isinstance(rate, (int, float)) and not 0 <= rate < 1:
        raise ValueError(f"the rate of dropout is at least 0 and below 1, got {rate}")
    x = operand(x)
    if isinstance(rate, (int, float)) and rate == 0:
        return x
    if not x.dtype.is_floating:
        raise ValueError(f"dropout scales what it keeps, so x must be floating-point, got {x.dtype.name}")
    shape = tuple(x.shape)
    if noise_shape is not None:
        shape = shape_of([n if m is None else m for m, n in zip(noise_shape, shape, strict=True)])
    with at(x.place):
        keep = greater_equal(uniform(shape, dtype=x.dtype, seed=seed), rate)
    return _where(keep, x * (1.0 / (1.0 - rate)), 0.0)


def embedding_lookup(params, ids, max_norm=None, name=None):
    """Rows of a table: the vectors of `params` (rows, width) whose numbers stand in `ids`.

    Args:
        params: the table, a tensor or a variable.
        ids: whole numbers of any shape.
        max_norm: the norm to which a longer vector is scaled down.

    Raises:
        InvalidArgumentError: a number is not that of a row.

    Example:
        >>> tf.nn.embedding_lookup([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0])
    """
    found = gather(params[0] if isinstance(params, (list, tuple)) and len(params) == 1 else params, ids)
    return found if max_norm is None else clip_by_norm(found, max_norm, axes=list(range(operand(ids).ndim, found.ndim)))


def zero_fraction(value, name=None):
    """The share of the elements that are 0.

    Example:
        >>> tf.nn.zero_fraction([0.0, 1.0, 0.0, 2.0])
    """
    return reduce_mean(cast(equal(value, 0), "float32"))


def log_poisson_loss(targets, log_input, compute_full_loss=False, name=None):
    """exp(log_input) - targets log_input: Poisson's loss of a logarithm, without log(targets!) unless asked for.

    Example:
        >>> tf.nn.log_poisson_loss([1.0, 2.0], [0.5, 0.5])
    """
    log_input = operand(log_input)
    targets = operand(targets, log_input.dtype, like=log_input)
    loss = exp(log_input) - log_input * targets
    if compute_full_loss:       # Stirling's approximation
        large = greater_equal(targets, 2.0)
        safe = _where(large, targets, 2.0)
        stirling = safe * log(safe) - safe + log(safe * (2.0 * np.pi)) * 0.5
        loss = loss + _where(large, stirling, 0.0)
    return loss


def scale_regularization_loss(regularization_loss):
    """The sum of regularization losses; with several devices it would be divided by their number."""
    return reduce_sum(operand(regularization_loss))


def xw_plus_b(x, weights, biases, name=None):
    """x @ weights + biases."""
    return matmul(x, weights) + biases
