"""Floor 7: the order of the samples of an epoch: the same in Python and in recorded epochs, which shuffle in C."""

import os

import numpy as np

from tinynn._bridge import shuffle
from tinynn.core import seeds


class Order:
    """A source of random orders.

    Args:
        seed: a whole number; by default the next one of `tf.random.set_seed` where that was called, else one from the
            operating system: as in TensorFlow, `np.random` is neither asked nor moved on.

    Attributes:
        state: an array of one uint64, all that the next orders follow from.
    """

    def __init__(self, seed=None):
        if seed is None:
            seed = seeds.next_seed()
        if seed is None:
            seed = int.from_bytes(os.urandom(4), "little")
        self.state = np.array([seed], np.uint64)

    def permutation(self, n):
        """The numbers 0 ... n - 1 in the next order."""
        order = np.empty(n, np.int64)
        shuffle(order, self.state)
        return order
