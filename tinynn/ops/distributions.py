"""Floor 4: random numbers of other distributions: gamma, Poisson. All proposals are drawn at once, without a loop."""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops import philox
from tinynn.ops.arguments import on_extents, shape_of
from tinynn.ops.broadcast import _broadcast_to, broadcast_static_shape
from tinynn.ops.layout import cast
from tinynn.ops.random import _Op, _seed, _Stateless
from tinynn.ops.special import _log_gamma

TRIES = 24      # how many proposals there are for a number; that all are rejected has a chance below 1e-15


def _streams(xp, seed, count):
    """Seeds of streams of their own."""
    last = [0] * (seed.shape[0] - 1)
    steps = np.array([[*last, k * 0x1E3779B97F4A7C15 % 2**62] for k in range(count)])
    return [_seed(seed) + xp.asarray(step) for step in steps]


def _first(xp, accepted, values):
    """Of the values along the first axis the first that is accepted."""
    return xp.take_along_axis(values, xp.argmax(accepted, axis=0)[None], 0)[0]


@primitive("y ~ Γ(α)", mixed="seed",
           example=lambda rand: ((np.array([3, 5]), np.abs(rand(4, 3)) + 0.5), {}))
def random_gamma(xp, seed, alpha):
    """Gamma distributed numbers of shape alpha and scale 1 (Marsaglia and Tsang, 2000). They have no gradient."""
    normals, uniforms, powers = _streams(xp, seed, 3)
    a = alpha.astype("float64")
    d = xp.where(a < 1, a + 1, a) - 1 / 3
    x = philox.normal(xp, normals, (TRIES, *a.shape), "float64")
    u = philox.uniform(xp, uniforms, (TRIES, *a.shape), "float64")
    v = (1 + x / xp.sqrt(9 * d)) ** 3
    accepted = (v > 0) & (xp.log(1 - u) < 0.5 * x * x + d - d * v + d * xp.log(xp.where(v > 0, v, 1)))
    y = d * _first(xp, accepted, v)
    small = xp.log(1 - philox.uniform(xp, powers, a.shape, "float64"))
    return xp.where(a < 1, y * xp.exp(small / a), y).astype(alpha.dtype)


@primitive("y ~ Poisson(λ)", mixed="seed",
           example=lambda rand: ((np.array([3, 5]), np.abs(rand(4, 3)) * 20 + 0.5), {}))
def random_poisson(xp, seed, lam):
    """Poisson distributed whole numbers of mean lam, of its type: below 10 by inversion, above by transformed rejection
    (Hörmann, 1993). They have no gradient.
    """
    first, second = _streams(xp, seed, 2)
    lam64 = lam.astype("float64")
    low, high = xp.minimum(lam64, 10.0), xp.maximum(lam64, 10.0)
    chance = philox.uniform(xp, first, lam.shape, "float64")
    term = xp.exp(-low)
    total, few = term, xp.zeros(lam.shape)
    for k in range(1, 61):
        few = few + (chance >= total)
        term = term * low / k
        total = total + term
    u = philox.uniform(xp, first, (TRIES, *lam.shape), "float64") - 0.5
    v = 1 - philox.uniform(xp, second, (TRIES, *lam.shape), "float64")
    b = 0.931 + 2.53 * xp.sqrt(high)
    a = -0.059 + 0.02483 * b
    near = 0.5 - xp.abs(u)
    k = xp.floor((2 * a / near + b) * u + high + 0.43)
    limit = k * xp.log(high) - high - _log_gamma(xp, xp.maximum(k, 0) + 1)
    exact = xp.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (near * near) + b)) <= limit
    quick = (near >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2))
    many = _first(xp, (k >= 0) & (quick | (((near >= 0.013) | (v <= near)) & exact)), k)
    return xp.where(lam64 < 10, few, many).astype(lam.dtype)


# ---- the public functions --------------------------------------------------------------------------------------------


def _positive(x, dtype, name):
    x = cast(operand(x), dtype)
    if np.any(np.asarray(x) <= 0):
        raise InvalidArgumentError(f"{name} must be above 0")
    return x


def _gammas(draws, shape, alpha, beta, dtype):
    dtype = as_dtype(dtype)
    exact = dtype if dtype.size >= 4 else as_dtype("float32")
    alpha = _broadcast_to(_positive(alpha, exact, "alpha"), shape)
    drawn = draws._draw(random_gamma, alpha)
    return cast(drawn if beta is None else drawn / _positive(beta, exact, "beta"), dtype)


@on_extents
def gamma(shape, alpha, beta=None, dtype="float32", seed=None, name=None):
    """Gamma distributed numbers.

    Args:
        shape: how many for each pair of alpha and beta.
        alpha: the shape parameter, above 0.
        beta: the rate, 1 over the scale; 1 by default.

    Returns:
        A tensor of shape `shape` + that of alpha and beta, which broadcast.

    Example:
        >>> tf.random.gamma((2,), alpha=[0.5, 3.0], seed=1)
    """
    one = () if beta is None else tuple(operand(beta).shape)
    return _gammas(_Op(seed), shape_of(shape) + tuple(broadcast_static_shape(operand(alpha).shape, one)), alpha, beta,
                   dtype)


@on_extents
def stateless_gamma(shape, seed, alpha, beta=None, dtype="float32", name=None):
    """Gamma distributed numbers of that shape, as a pure function of the seed, two whole numbers."""
    return _gammas(_Stateless(seed), shape_of(shape), alpha, beta, dtype)


def _poissons(draws, shape, lam, dtype):
    lam = cast(operand(lam), "float64")
    if np.any(np.asarray(lam) < 0):
        raise InvalidArgumentError("lam must not be negative")
    return cast(draws._draw(random_poisson, _broadcast_to(lam, shape)), dtype)


@on_extents
def poisson(shape, lam, dtype="float32", seed=None, name=None):
    """Poisson distributed whole numbers.

    Args:
        shape: how many for each number of lam.
        lam: the mean.
        dtype: of the result; floating-point numbers are whole, too.

    Returns:
        A tensor of shape `shape` + that of lam.

    Example:
        >>> tf.random.poisson((2,), lam=[0.5, 30.0], seed=1)
    """
    return _poissons(_Op(seed), shape_of(shape) + tuple(operand(lam).shape), lam, dtype)


@on_extents
def stateless_poisson(shape, seed, lam, dtype="int32", name=None):
    """Poisson distributed whole numbers of that shape, as a pure function of the seed, two whole numbers."""
    return _poissons(_Stateless(seed), shape_of(shape), lam, dtype)
