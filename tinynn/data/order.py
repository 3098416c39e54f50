"""The order of a shuffled dataset, number for number as TensorFlow draws it.

One stream of random words, keyed by the two seeds of the dataset, deals two new seeds to every iteration; the
iteration's own stream picks the slots of the buffer.
"""

import os
from array import array
from itertools import islice

import numpy as np

from tinynn.core.seeds import global_seed, next_seed
from tinynn.data.words import words

DEFAULT_SEED = 87654321     # stands for the global seed where only `seed` is given
FEW = 64                    # items that are cheaper one by one
MANY = 1 << 20              # items whose order is drawn as a whole, before the first one comes out


def stream(pair):
    """All the words, one by one."""
    first, blocks = 0, 4
    while True:
        yield from words(pair, first, blocks).tolist()
        first += blocks
        blocks = min(2 * blocks, 4096)


class Dealer:
    """Deals a pair of seeds to every iteration of a shuffled dataset.

    Args:
        seed: the dataset's own seed, or None.
        reshuffle: whether every iteration gets new seeds; otherwise all get the same.
    """

    def __init__(self, seed, reshuffle):
        start, own = global_seed(), next_seed() if seed is None else int(seed)
        if own is None:
            pair = tuple(int.from_bytes(os.urandom(8), "little") for _ in range(2))
        else:
            pair = (DEFAULT_SEED if start is None else start) % 2**64, own % 2**64
        self.pair = (0, 2**31 - 1) if pair == (0, 0) else pair
        self.stream = stream(self.pair) if reshuffle else None

    def deal(self):
        """The seeds of the next iteration."""
        if self.stream is None:
            return self.pair
        return next(self.stream), next(self.stream)


def mixer(size, dealer):
    """The function from the items of an iteration to the same in random order. `size` None: a buffer for them all.

    It deals the iteration its seeds at once, as TensorFlow does where an iteration begins, and draws when that goes on.
    """
    def mix(items):
        if isinstance(items, range) and FEW < len(items) <= MANY:
            return Drawn(items, dealer.deal(), size)
        return shuffled(items, size, dealer.deal())

    return mix


class Drawn:
    """The `permutation` of a range, drawn when it is used."""

    def __init__(self, numbers, pair, size):
        self.numbers, self.pair, self.size = numbers, pair, size

    def array(self):
        """The numbers, as an array of int64."""
        return permutation(self.numbers, self.pair, self.size)

    def __iter__(self):
        return iter(self.array())


def shuffled(items, size, pair):
    """The items in random order: a buffer of `size` is filled; a random slot is emitted, then refilled.

    Args:
        items: an iterator.
        size: how many items the buffer holds.
        pair: the two seeds of this iteration.
    """
    items, end = iter(items), object()
    buffer = list(islice(items, size))
    start, left = 0, len(buffer)    # what is still to come out lies in slots start to start + left, round the end
    for word in stream(pair):
        if not left:
            return
        slot = (start + word % left) % len(buffer)
        yield buffer[slot]
        buffer[slot] = buffer[start]
        item = next(items, end)
        if item is end:
            left -= 1
        else:
            buffer[start] = item
        start = (start + 1) % len(buffer)


def permutation(numbers, pair, size=None):
    """`shuffled` of a whole range at once; an array of int64.

    Draw t picks one of places t to t + size - 1 of a row, and moves there what lies at place t: where the slots of
    the buffer lie makes no difference.
    """
    count = len(numbers)
    start = np.arange(count, dtype=np.uint64)
    left = np.uint64(count) - start if size is None else np.minimum(np.uint64(size), np.uint64(count) - start)
    slots = start + words(pair, 0, -(-count // 4))[:count] % left
    items, order = list(numbers), []
    put = order.append
    for slot, first in zip(slots.tolist(), items, strict=True):     # `items` is read where earlier draws changed it
        put(items[slot])
        items[slot] = first
    return np.frombuffer(array("q", order), np.int64)
