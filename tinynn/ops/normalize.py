"""Floor 4: bias, moments, normalization, dropout and other parts of networks."""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import axes_of, floats, on_extents, shape_of
from tinynn.ops.broadcast import _broadcast_to, _reshape, reduce_sum
from tinynn.ops.elementary import exp, log, rsqrt, square
from tinynn.ops.gather import gather
from tinynn.ops.layout import _transpose, cast, squeeze
from tinynn.ops.linalg import matmul
from tinynn.ops.logic import _where, equal, greater_equal
from tinynn.ops.math import pow, squared_difference
from tinynn.ops.norms import clip_by_norm
from tinynn.ops.placement import at
from tinynn.ops.random import uniform
from tinynn.ops.reduce import reduce_mean

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
    axes = list(axes_of(axes, x.ndim))
    return (mean if keepdims or not axes else squeeze(mean, axes)), variance


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


def compute_average_loss(per_example_loss, sample_weight=None, global_batch_size=None):
    """The sum of losses, times their weights, divided by how many examples the batch has on all machines together.

    Args:
        per_example_loss: a loss per example; where it has more axes, the first counts the examples.
        sample_weight: a weight per example.
        global_batch_size: how many examples; by default those that are here.

    Example:
        >>> tf.nn.compute_average_loss([1.0, 2.0, 6.0])
    """
    losses = operand(per_example_loss)
    size = losses.shape[0] if global_batch_size is None else global_batch_size
    if sample_weight is not None:
        weights = cast(operand(sample_weight, like=losses), losses.dtype)
        losses = losses * _reshape(weights, tuple(weights.shape) + (1,) * (losses.ndim - weights.ndim))
    return reduce_sum(losses) / cast(operand(size, like=losses), losses.dtype)


def weighted_moments(x, axes, frequency_weights, keepdims=False, name=None):
    """(mean, variance) along axes, where the elements count as often as their weights, which broadcast, say.

    Example:
        >>> tf.nn.weighted_moments([1.0, 4.0], axes=[0], frequency_weights=[2.0, 1.0])
    """
    x = operand(x)
    weights = _broadcast_to(cast(operand(frequency_weights, like=x), x.dtype), tuple(x.shape))
    total = reduce_sum(weights, axes, True)
    mean = reduce_sum(weights * x, axes, True) / total
    variance = reduce_sum(weights * squared_difference(x, mean), axes, True) / total
    axes = list(axes_of(axes, x.ndim))
    return (mean, variance) if keepdims or not axes else (squeeze(mean, axes), squeeze(variance, axes))


def sufficient_statistics(x, axes, shift=None, keepdims=False, name=None):
    """(how many, the sum, the sum of squares, shift) of x - shift along axes: what `normalize_moments` takes.

    Example:
        >>> tf.nn.sufficient_statistics([1.0, 2.0], axes=[0])
    """
    x = operand(x)
    count = 1
    for a in axes_of(axes, x.ndim):
        count *= x.shape[a]
    moved = x if shift is None else x - shift
    return (operand(float(count), x.dtype, like=x), reduce_sum(moved, axes, keepdims),
            reduce_sum(square(moved), axes, keepdims), shift)


def normalize_moments(counts, mean_ss, variance_ss, shift, name=None):
    """(mean, variance) of what `sufficient_statistics` gives."""
    mean = mean_ss / counts
    return (mean if shift is None else mean + shift), variance_ss / counts - square(mean)


@on_extents
def local_response_normalization(input, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None):
    """x / (bias + alpha Σ x²)^beta, the sum over the channels (along the last axis) that are at most so far away.

    Example:
        >>> tf.nn.local_response_normalization([[[[1.0, 2.0, 3.0]]]], depth_radius=1)
    """
    x = operand(input)
    places = np.arange(x.shape[-1])
    near = (np.abs(places[:, None] - places) <= int(depth_radius)).astype(x.dtype.dtype)
    rows = _reshape(square(x), (x.shape[:-1].num_elements(), x.shape[-1]))
    return x / pow(_reshape(matmul(rows, near), tuple(x.shape)) * float(alpha) + float(bias), float(beta))


@on_extents
def depth_to_space(input, block_size, data_format="NHWC", name=None):
    """Blocks of channels as blocks of pixels: (b, h, w, n² c) becomes (b, n h, n w, c).

    Example:
        >>> tf.nn.depth_to_space([[[[1.0, 2.0, 3.0, 4.0]]]], block_size=2)
    """
    x, n = operand(input), _block(block_size, data_format)
    batch, height, width, depth = x.shape
    if depth % (n * n):
        raise InvalidArgumentError(f"{depth} channels cannot be cut into blocks of {n} x {n}")
    apart = _transpose(_reshape(x, (batch, height, width, n, n, depth // (n * n))), (0, 1, 3, 2, 4, 5))
    return _reshape(apart, (batch, height * n, width * n, depth // (n * n)))


@on_extents
def space_to_depth(input, block_size, data_format="NHWC", name=None):
    """Blocks of pixels as blocks of channels: (b, n h, n w, c) becomes (b, h, w, n² c)."""
    x, n = operand(input), _block(block_size, data_format)
    batch, height, width, depth = x.shape
    if height % n or width % n:
        raise InvalidArgumentError(f"an image of {height} x {width} cannot be cut into blocks of {n} x {n}")
    apart = _transpose(_reshape(x, (batch, height // n, n, width // n, n, depth)), (0, 1, 3, 2, 4, 5))
    return _reshape(apart, (batch, height // n, width // n, depth * n * n))


def _block(size, data_format):
    if data_format != "NHWC":
        raise ValueError(f"images have the shape (batch, height, width, channels), 'NHWC'; got {data_format!r}")
    return int(size)
