"""Floor 4: a source of random numbers of one's own, as `tf.random.Generator`, whose numbers these are."""

import math

import numpy as np

from tinynn.autodiff.tensor import convert, operand
from tinynn.autodiff.variable import Variable
from tinynn.backends import gpu
from tinynn.ops.layout import cast, stack
from tinynn.ops.random import Draws, Stream, _mixed


class Counter(Stream):
    """Draws one after the other from the state of a Generator, three int64: a counter of two halves, and a key. Each
    number that is drawn takes 256 counts, as in TensorFlow, whose numbers these are."""

    def __call__(self, op, first, *attributes):
        drawn = op(self.state, first, *attributes)
        self.skip(math.prod(first if isinstance(first, tuple) else first.shape))
        return drawn

    def skip(self, numbers):
        """Leaves so many numbers out."""
        counts = convert([256 * numbers, 0, 0], "int64")
        self.state.assign_add(counts if self.state.place == gpu.CPU else counts.numpy())


class Generator(Draws):
    """A source of random numbers of one's own, as in `tf.random.Generator.from_seed(1).normal((2, 3))`; TensorFlow's.

    Args:
        copy_from: a generator to start where it is.
        state: three whole numbers: a counter of 128 bits, its lower half first, and a key.
        alg: "philox" (or 1), the only algorithm there is.
    """

    algorithm = 1       # Philox's number in TensorFlow

    def __init__(self, copy_from=None, state=None, alg=None):
        value = copy_from.state if copy_from is not None else state
        if value is None:
            raise ValueError("make a generator with tf.random.Generator.from_seed(seed)")
        if alg not in (None, "philox", "auto_select", self.algorithm):
            raise ValueError(f'the algorithm of a generator is "philox", got {alg!r}')
        self.state = Variable(_three(value), trainable=False, name="generator_state")
        self._draw = Counter(self.state)

    @classmethod
    def from_seed(cls, seed, alg=None):
        """A generator that starts from a seed."""
        return cls(state=[int(seed), 0, 0], alg=alg)

    @classmethod
    def from_non_deterministic_state(cls, alg=None):
        """A generator that starts anywhere."""
        return cls(state=[_mixed(None, None) for _ in range(3)], alg=alg)

    @classmethod
    def from_state(cls, state, alg=None):
        """A generator that starts where another one was: from its `state`."""
        return cls(state=state, alg=alg)

    @classmethod
    def from_key_counter(cls, key, counter, alg=None):
        """A generator with a key, a whole number, that starts at a counter, two whole numbers."""
        return cls(state=[*np.asarray(counter).tolist(), int(key)], alg=alg)

    @property
    def key(self):
        """The key."""
        return self.state[2]

    def skip(self, delta):
        """Leaves out so many numbers; returns the state before."""
        before = self.state.read_value()
        self._draw.skip(int(delta))
        return before

    def reset(self, state):
        """Goes to where another generator was: to its `state`."""
        self.state.assign(_three(state))

    def reset_from_seed(self, seed):
        """Starts again from a seed."""
        self.state.assign([int(seed), 0, 0])

    def reset_from_key_counter(self, key, counter):
        """Goes on with a key at a counter; see `from_key_counter`."""
        self.state.assign([*np.asarray(counter).tolist(), int(key)])

    def make_seeds(self, count=1):
        """Seeds for the stateless functions, of shape (2, count)."""
        keys = self.uniform_full_int((int(count),), "int64")
        return stack([keys, keys * 0])

    def split(self, count=1):
        """A list of `count` independent generators."""
        return [Generator(state=[0, 0, key]) for key in self.uniform_full_int((int(count),), "int64").numpy().tolist()]


def _three(state):
    state = cast(operand(state), "int64")
    if tuple(state.shape) != (3,):
        raise ValueError(f"the state of a generator is three whole numbers, got shape {tuple(state.shape)}")
    return state


_of_all = []        # the generator of those who make none


def get_global_generator():
    """The generator of everybody, made when it is first asked for: it starts anywhere."""
    if not _of_all:
        _of_all.append(Generator.from_non_deterministic_state())
    return _of_all[0]


def set_global_generator(generator):
    """Makes a generator the one that `get_global_generator` gives."""
    _of_all[:] = [generator]
