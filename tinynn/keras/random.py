"""Floor 7: random numbers under Keras's names. A seed is an int, a SeedGenerator, or None for the global generator."""

import random as python_random

import numpy as np

from tinynn import ops
from tinynn.autodiff.tensor import current
from tinynn.autodiff.variable import Variable
from tinynn.backends.gpu import CPU
from tinynn.core.dtypes import as_dtype
from tinynn.keras import journal
from tinynn.keras.config import floatx
from tinynn.keras.naming import auto_name
from tinynn.keras.saving import Catalogue
from tinynn.ops import random as draws
from tinynn.ops.placement import at, move

_LARGEST = 2**31 - 2  # Keras on TensorFlow takes seeds modulo this number
_state = {"generator": None}
_STEP = ops.constant([0, 1], dtype="int64")


class SeedGenerator:
    """A source of seeds: each call of a random function takes the next one.

    An int as a seed gives the same numbers at each call; a generator gives other numbers at each call, and the same
    sequence again where it was made with the same seed.

    Args:
        seed: an int; None for one drawn from Python's `random`.
        name: the generator's name.

    Example:
        >>> generator = keras.random.SeedGenerator(42)
        >>> a, b = keras.random.normal((2,), seed=generator), keras.random.normal((2,), seed=generator)
    """

    def __init__(self, seed=None, name=None, **kwargs):
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments: {', '.join(kwargs)}; it takes seed and name")
        self.name = auto_name("SeedGenerator") if name is None else name
        self._initial_seed = seed
        if seed is not None and not isinstance(seed, int):
            raise ValueError(f"Argument `seed` must be an integer. Received: seed={seed!r}")
        self.small = seed is None or 0 <= seed < _LARGEST      # so that nothing of a state has to be reduced
        self.state = Variable(self._start(), trainable=False, dtype="int64")
        self.state.name = "seed_generator_state"
        journal.drawn(self)

    def _start(self):
        return [make_default_seed() if self._initial_seed is None else self._initial_seed, 0]

    def draw_seed(self):
        """Starts anew: from the seed that it was made with, or from another that is drawn."""
        self.state.assign(self._start())

    def next(self, ordered=True):
        """The next seed, a tensor of two int64; the state moves on."""
        seed = self.state.read_value()
        if ordered:
            self.state.assign_add(_STEP if self.state.place == CPU else [0, 1])
        else:
            self.state.assign((seed + 1) * 5387 % 933199)
        return seed

    def get_config(self):
        """The arguments of __init__."""
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config):
        """A generator of a configuration."""
        return cls(**config)


Catalogue("seed generator", "keras.random", [SeedGenerator], base=SeedGenerator)


def set_random_seed(seed):
    """Makes everything that follows repeat: Python's `random`, NumPy, tinynn's ops, and whatever Keras draws.

    Args:
        seed: an int.
    """
    if not isinstance(seed, int):
        raise ValueError(f"set_random_seed takes an int, got {seed!r}")
    _state["generator"] = None
    python_random.seed(seed)
    np.random.seed(seed)
    draws.set_seed(seed)


def make_default_seed():
    """A seed for what was given none, drawn from Python's `random`."""
    return python_random.randint(1, int(1e9))


def global_seed_generator():
    """The generator behind every call without a seed."""
    if _state["generator"] is None:
        with at(CPU):
            _state["generator"] = SeedGenerator()
    return _state["generator"]


def reset():
    """Forgets the global generator; the next draw without a seed makes another."""
    _state["generator"] = None


def position():
    """Where the global generator is; `return_to` goes back there."""
    generator = _state["generator"]
    return generator, python_random.getstate() if generator is None else generator.state.numpy()


def return_to(where):
    """Goes back to where `position` was."""
    made = _state["generator"] is not where[0]
    _state["generator"], state = where
    if where[0] is not None:
        where[0].state.assign(state)
    elif made:
        python_random.setstate(state)


def _pair(seed):
    """The two whole numbers that a stateless op takes."""
    if isinstance(seed, int):
        return ops.constant([seed % _LARGEST, 0], dtype="int32")
    if isinstance(seed, SeedGenerator):
        drawn = seed.next()
        if seed.small:
            return drawn
    elif seed is None:
        drawn = global_seed_generator().next(ordered=False)
    else:
        raise ValueError("Argument `seed` must be either an integer or a keras.random.SeedGenerator. Received: "
                         f"seed={seed!r}")
    return ops.cast(drawn % _LARGEST if current() < 0 else move(drawn, current()) % _LARGEST, "int32")


def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers of the given mean and standard deviation."""
    return draws.stateless_normal(shape, seed=_pair(seed), mean=mean, stddev=stddev, dtype=dtype or floatx())


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers; those further than two standard deviations from the mean are drawn again."""
    return draws.stateless_truncated_normal(shape, seed=_pair(seed), mean=mean, stddev=stddev, dtype=dtype or floatx())


def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers spread evenly over [minval, maxval)."""
    if dtype is not None and not as_dtype(dtype).is_floating:
        raise ValueError("`keras.random.uniform` requires a floating point `dtype`. Received: dtype="
                         f"{as_dtype(dtype).name}; write keras.random.randint for integers")
    low, high = (float(np.float32(v)) for v in (minval, maxval))  # Keras rounds them so, for float64 too
    return draws.stateless_uniform(shape, seed=_pair(seed), minval=low, maxval=high, dtype=dtype or floatx())


def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Integers from minval to maxval - 1."""
    if not as_dtype(dtype).is_integer:
        raise ValueError("`keras.random.randint` requires an integer `dtype`. Received: dtype="
                         f"{as_dtype(dtype).name}; write keras.random.uniform for floats")
    kind = dtype if dtype in ("int32", "int64") else "int64"
    drawn = draws.stateless_uniform(shape, seed=_pair(seed), minval=minval, maxval=maxval, dtype=kind)
    return ops.cast(drawn, dtype)


def categorical(logits, num_samples, dtype="int32", seed=None):
    """Class numbers drawn with the probabilities softmax(logits).

    Args:
        logits: of shape (batch, classes).
        num_samples: how many per row.

    Returns:
        Integers of shape (batch, num_samples).
    """
    logits = ops.convert_to_tensor(logits)
    if len(logits.shape) != 2:
        raise ValueError("`logits` should be 2-D with shape (batch_size, num_classes). Received: logits.shape="
                         f"{tuple(logits.shape)}")
    with at(logits.place):
        u = draws.stateless_uniform((logits.shape[0], num_samples, logits.shape[1]), seed=_pair(seed))
    gumbel = -ops.log(-ops.log(ops.maximum(u, 1e-30)))
    return ops.cast(ops.argmax(ops.expand_dims(ops.cast(logits, u.dtype), 1) + gumbel, axis=-1), dtype)


def shuffle(x, axis=0, seed=None):
    """x with its entries along an axis in a random order."""
    x = ops.convert_to_tensor(x)
    with at(x.place):
        order = ops.argsort(draws.stateless_uniform((x.shape[axis],), seed=_pair(seed)))
    return ops.gather(x, order, axis=axis)


def dropout(inputs, rate, noise_shape=None, seed=None):
    """inputs with a share `rate` of entries set to 0, and the others divided by 1 - rate.

    Args:
        inputs: a tensor.
        rate: the share, in [0, 1].
        noise_shape: the shape of the draw, which is broadcast; None in it takes the extent of the inputs.
    """
    if rate == 0.0:
        return inputs
    if rate == 1.0:
        return ops.zeros_like(inputs)
    shape = _noise_shape(inputs, noise_shape)
    dtype = inputs.dtype
    if dtype.size >= 4 and isinstance(seed, SeedGenerator):
        drawn = draws.random_uniform(_pair(seed), shape, dtype)
    else:
        with at(inputs.place):
            drawn = draws.stateless_uniform(shape, seed=_pair(seed), dtype=dtype)
    return inputs * ops.cast(drawn >= rate, dtype) * (1.0 / (1.0 - rate))


def _noise_shape(inputs, shape):
    """The shape of the draw for a dropout of `inputs`."""
    extents = tuple(inputs.shape)
    return extents if shape is None else tuple(extents[i] if n is None else n for i, n in enumerate(shape))


def gamma(shape, alpha, dtype=None, seed=None):
    """Numbers of the gamma distribution of shape parameter `alpha` and scale 1; by NumPy's generator."""
    return _tensor(_generator(seed).standard_gamma(np.asarray(alpha), tuple(shape)), dtype)


def beta(shape, alpha, beta, dtype=None, seed=None):
    """Numbers of the beta distribution; by NumPy's generator."""
    return _tensor(_generator(seed).beta(np.asarray(alpha), np.asarray(beta), tuple(shape)), dtype)


def binomial(shape, counts, probabilities, dtype=None, seed=None):
    """How many of `counts` trials succeed, each with the given probability; by NumPy's generator."""
    drawn = _generator(seed).binomial(np.asarray(counts, "int64"), np.asarray(probabilities), tuple(shape))
    return _tensor(drawn, dtype)


def _generator(seed):
    return np.random.default_rng(np.asarray(_pair(seed)).tolist())


def _tensor(array, dtype):
    return ops.cast(ops.convert_to_tensor(array), dtype or floatx())
