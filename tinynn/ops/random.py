"""Floor 4: random numbers. A draw is a pure function of a seed (two int64); the state that gives seeds is a variable.

So a training step that draws can be recorded: it reads its state, and moves it on, as it does with any variable.
"""

import os

import numpy as np

from tinynn.autodiff.tensor import convert, current, operand
from tinynn.autodiff.variable import Variable
from tinynn.backends import gpu
from tinynn.core import seeds
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops import philox
from tinynn.ops.arguments import axis_of, on_extents, shape_of
from tinynn.ops.elementary import log, negative
from tinynn.ops.gather import gather
from tinynn.ops.layout import cast, expand_dims, stack
from tinynn.ops.placement import at
from tinynn.ops.reduce import argmax
from tinynn.ops.sort import argsort

# ---- pure draws ------------------------------------------------------------------------------------------------------


def _example(rand):
    return (np.array([3, 5]),), {"shape": (4, 3), "dtype": as_dtype("float32")}


def _seed(seed):
    if seed.shape not in ((2,), (3,)):
        raise ValueError(f"a seed has two whole numbers, as in seed=[1, 2]; got shape {seed.shape}")
    return seed


@primitive("y ~ uniform on [0, 1)", example=_example)
def random_uniform(xp, seed, *, shape, dtype):
    """Numbers from 0 (included) to 1 (excluded)."""
    return philox.uniform(xp, _seed(seed), shape, dtype.dtype)


@primitive("y ~ normal, mean 0, deviation 1", example=_example)
def random_normal(xp, seed, *, shape, dtype):
    """Normally distributed numbers."""
    return philox.normal(xp, _seed(seed), shape, dtype.dtype)


@primitive("y ~ normal between -2 and 2", example=_example)
def random_truncated_normal(xp, seed, *, shape, dtype):
    """Normally distributed numbers; those further than 2 from 0 are drawn again."""
    return philox.truncated_normal(xp, _seed(seed), shape, dtype.dtype)


@primitive("y = random bits",
           example=lambda rand: ((np.array([3, 5]),), {"shape": (4, 3), "dtype": as_dtype("uint32")}))
def random_bits(xp, seed, *, shape, dtype):
    """Random bits, 32 or 64 to an item."""
    return philox.bits(xp, _seed(seed), shape, dtype.dtype)


@primitive("y ~ uniform on {a, ..., b - 1}",
           example=lambda rand: ((np.array([3, 5]),), {"shape": (4, 3), "dtype": as_dtype("int32"), "a": -2, "b": 7}))
def random_integers(xp, seed, *, shape, dtype, a, b):
    """Whole numbers from a to b - 1."""
    if dtype.size < 8:
        drawn = philox.bits(xp, _seed(seed), shape).astype("uint64")
    else:
        drawn = philox.bits(xp, _seed(seed), shape, "uint64")
    return ((drawn % xp.uint64(b - a)).astype("int64") + a).astype(dtype.dtype)


# ---- the state -------------------------------------------------------------------------------------------------------

_ONE_DRAW = convert([0, 1], "int64")
_states = {}        # (None or an op's own seed, place) -> Variable [seed, number of draws]


def _mixed(seed, own):
    """The first number of a state: of the global seed and an op's own."""
    if seed is None and own is None:
        return int.from_bytes(os.urandom(8), "little") >> 1
    if own is None:
        return int(seed)
    return ((87654321 if seed is None else int(seed)) * 6364136223846793005 + int(own)) % 2**63


def _state(own=None):
    place = max(current(), gpu.CPU)
    states, key = _states if place == gpu.CPU else gpu.states(), (own, place)
    if key not in states:
        with at(place):
            states[key] = Variable(np.array([_mixed(seeds.global_seed(), own), 0]), trainable=False,
                                   name="random_state")
    return states[key]


def _all_states():
    return {**_states, **gpu.states()}


def set_seed(seed):
    """Restarts all random numbers from a seed (a whole number), so that a program draws the same at each run."""
    seeds.set_global(seed)
    for (own, _), state in _all_states().items():
        state.assign([_mixed(seeds.global_seed(), own), 0])


def random_state():
    """Where the random numbers are; `set_random_state` goes back there."""
    return {key: state.numpy() for key, state in _all_states().items()}


def set_random_state(states):
    """Goes back to where `random_state` was."""
    for key, state in _all_states().items():
        state.assign(states.get(key, [state.numpy()[0], 0]))


class Stream:
    """Draws one after the other from a state, a variable of two int64: a seed, and how many draws there were."""

    def __init__(self, state):
        self.state = state

    def __call__(self, op, *attributes):
        drawn = op(self.state, *attributes)
        self.state.assign_add(_ONE_DRAW if self.state.place == gpu.CPU else [0, 1])
        return drawn


# ---- distributions, from a function draw(op, *attributes) ------------------------------------------------------------


def _floats(draw, op, shape, dtype, scale, offset):
    dtype = as_dtype(dtype)
    if not dtype.is_floating:
        raise InvalidArgumentError(f"these numbers are floating-point, got dtype {dtype.name}")
    exact = dtype if dtype.size >= 4 else as_dtype("float32")
    drawn = draw(op, shape_of(shape), exact)
    if not (isinstance(scale, (int, float)) and scale == 1):
        drawn = drawn * operand(scale, exact, like=drawn)
    if not (isinstance(offset, (int, float)) and offset == 0):
        drawn = drawn + operand(offset, exact, like=drawn)
    return cast(drawn, dtype)


def _uniform(draw, shape, minval, maxval, dtype):
    dtype = as_dtype(dtype)
    if dtype.is_integer:
        if minval is None and maxval is None:
            return _any_whole(draw, shape_of(shape), dtype)
        if maxval is None:
            raise ValueError("whole numbers need maxval, as in tf.random.uniform((3,), 0, 10, dtype=tf.int32)")
        low, high = int(minval), int(maxval)
        if low >= high:
            raise InvalidArgumentError(f"there is no whole number from minval={low} to below maxval={high}")
        return draw(random_integers, shape_of(shape), dtype, low, high)
    maxval = 1 if maxval is None else maxval
    return _floats(draw, random_uniform, shape, dtype, maxval - minval, minval)


def _any_whole(draw, shape, dtype):
    """Whole numbers from all of a type's range."""
    return cast(draw(random_bits, shape, as_dtype("uint32" if dtype.size < 8 else "uint64")), dtype)


class Draws:
    """The distributions, drawn with `draw(op, *attributes)`."""

    def _draw(self, op, *attributes):
        raise NotImplementedError

    def normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", name=None):
        """Normal numbers of the given mean and standard deviation."""
        return _floats(self._draw, random_normal, shape, dtype, stddev, mean)

    def truncated_normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", name=None):
        """Normal numbers; those further than two standard deviations from the mean are drawn again."""
        return _floats(self._draw, random_truncated_normal, shape, dtype, stddev, mean)

    def uniform(self, shape, minval=0, maxval=None, dtype="float32", name=None):
        """Numbers from minval (included) to maxval (excluded; 1 by default); whole ones for an integer type."""
        return _uniform(self._draw, shape, minval, maxval, dtype)

    def uniform_full_int(self, shape, dtype="uint64", name=None):
        """Whole numbers from all of the range of a type."""
        return _any_whole(self._draw, shape_of(shape), as_dtype(dtype))


class _Op(Draws):
    """The distributions of the functions that name no generator."""

    def __init__(self, seed):
        self._draw = Stream(_state(None if seed is None else int(seed)))


class _Stateless(Draws):
    """The distributions as pure functions of a seed."""

    def __init__(self, seed):
        self.seed = cast(operand(seed), "int64")

    def _draw(self, op, *attributes):
        return op(self.seed, *attributes)


# ---- the public functions --------------------------------------------------------------------------------------------


def normal(shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None):
    """Normal numbers of the given mean and standard deviation.

    Args:
        shape: the shape of the result.
        mean, stddev: numbers, or tensors that broadcast to the shape.
        dtype: a floating-point type.
        seed: a whole number gives this call a sequence of its own, which `set_seed` restarts too.

    Example:
        >>> tf.random.normal((2, 3), seed=1)
    """
    return _Op(seed).normal(shape, mean, stddev, dtype)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None):
    """Normal numbers; those further than two standard deviations from the mean are drawn again. See `normal`."""
    return _Op(seed).truncated_normal(shape, mean, stddev, dtype)


def uniform(shape, minval=0, maxval=None, dtype="float32", seed=None, name=None):
    """Numbers from minval (included) to maxval (excluded; 1 by default).

    Args:
        shape: the shape of the result.
        minval, maxval: numbers; an integer type needs maxval.
        dtype: a floating-point or an integer type.
        seed: a whole number gives this call a sequence of its own, which `set_seed` restarts too.

    Raises:
        ValueError: an integer type without maxval.
    """
    return _Op(seed).uniform(shape, minval, maxval, dtype)


def stateless_normal(shape, seed, mean=0.0, stddev=1.0, dtype="float32", name=None, alg="auto_select"):
    """Normal numbers as a pure function of the seed, two whole numbers: the same at every call."""
    return _Stateless(seed).normal(shape, mean, stddev, dtype)


def stateless_truncated_normal(shape, seed, mean=0.0, stddev=1.0, dtype="float32", name=None, alg="auto_select"):
    """`truncated_normal` as a pure function of the seed, two whole numbers: the same at every call."""
    return _Stateless(seed).truncated_normal(shape, mean, stddev, dtype)


def stateless_uniform(shape, seed, minval=0, maxval=None, dtype="float32", name=None, alg="auto_select"):
    """`uniform` as a pure function of the seed, two whole numbers: the same at every call."""
    return _Stateless(seed).uniform(shape, minval, maxval, dtype)


def split_(seed, num=2, alg="auto_select"):
    """`num` seeds that follow from one, two whole numbers, of shape (num, 2); TensorFlow's numbers.

    Example:
        >>> tf.random.split([1, 2], 2)
    """
    seed = operand(seed)
    return stateless_uniform((int(num), 2), seed, None, None, seed.dtype)


def fold_in(seed, data, alg="auto_select"):
    """The seed that follows from one, two whole numbers, and a whole number, as that of a step; TensorFlow's numbers.

    Example:
        >>> tf.random.fold_in([1, 2], 5)
    """
    data = operand(data)
    return stack([stateless_uniform((), seed, None, None, data.dtype), data])


@on_extents
def shuffle(value, seed=None, name=None):
    """The slices along the first axis in a random order."""
    value = operand(value)
    with at(value.place):
        return gather(value, argsort(uniform((value.shape[0],), dtype="float64", seed=seed)), axis=0)


@on_extents
def categorical(logits, num_samples, dtype=None, seed=None, name=None):
    """Class numbers drawn with the probabilities softmax(logits).

    Args:
        logits: of shape (batch, classes).
        num_samples: how many for each row.

    Returns:
        Whole numbers (int64 unless `dtype` says otherwise) of shape (batch, num_samples).

    Example:
        >>> tf.random.categorical([[0.0, 1.0, 5.0]], 4, seed=1)
    """
    logits = operand(logits)
    with at(logits.place):
        return _classes(_Op(seed), logits, num_samples, dtype)


@on_extents
def stateless_categorical(logits, num_samples, seed, dtype="int64", name=None):
    """`categorical` as a pure function of the seed, two whole numbers: the same at every call."""
    logits = operand(logits)
    return _classes(_Stateless(operand(seed, like=logits)), logits, num_samples, dtype)


def _classes(draws, logits, num_samples, dtype):
    axis_of(1, logits.ndim)
    shape = (logits.shape[0], int(num_samples), logits.shape[1])
    noise = negative(log(negative(log(draws.uniform(shape, dtype=logits.dtype)))))      # Gumbel's distribution
    return argmax(expand_dims(logits, 1) + noise, 2, "int64" if dtype is None else dtype)
