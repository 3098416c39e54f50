"""Floor 7: all that random numbers follow from, as one value."""

import random as python_random

import numpy as np

from tinynn.core import seeds
from tinynn.keras import random
from tinynn.ops import random as draws


class Chance:
    """Where every global source of random numbers is: Python's, NumPy's, TensorFlow's and Keras's.

    As a context it goes back there at the end.
    """

    def __init__(self):
        self.python, self.numpy, self.seeds = python_random.getstate(), np.random.get_state(), seeds.position()
        self.draws, self.keras = draws.random_state(), random.position()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        random.return_to(self.keras)
        draws.set_random_state(self.draws)
        seeds.return_to(self.seeds)
        np.random.set_state(self.numpy)
        python_random.setstate(self.python)

    def __eq__(self, other):
        return self._comparable() == other._comparable()

    __hash__ = None

    def _comparable(self):
        generator, state = self.keras
        return (self.python, [np.asarray(part).tolist() for part in self.numpy], self.seeds,
                {own: state.tolist() for own, state in self.draws.items()}, generator and state.tolist())
