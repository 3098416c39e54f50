"""The order of a shuffled dataset, number for number as TensorFlow draws it.

One stream of random words, keyed by the two seeds of the dataset, deals two new seeds to every iteration; the
iteration's own stream picks the slots of the buffer.
"""

import os
from array import array
from itertools import islice

import numpy as np

from tinynn.core.seeds import global_seed, next_seed
from tinynn.ops.philox import MASK, philox

DEFAULT_SEED = 87654321     # stands for the global seed where only `seed` is given
FEW = 16                    # blocks that are cheaper one by one
MANY = 1 << 20              # items whose order is drawn as a whole, before the first one comes out


def words(pair, first, blocks):
    """Words 4 * first to 4 * (first + blocks) of the stream that a pair of 64-bit seeds keys; uint64 array."""
    seed, seed2 = pair
    calls = np.arange(first, first + blocks, dtype=np.uint64)
    counter = calls, np.zeros_like(calls), *(np.full_like(calls, word) for word in (seed2 & MASK, seed2 >> 32))
    return np.stack(philox(np, counter, (seed & MASK, seed >> 32)), axis=1).ravel()


def block(pair, number):
    """The four words of one block: philox without arrays, whose overhead would be ten times the work."""
    k0, k1 = pair[0] & MASK, pair[0] >> 32
    c0, c1, c2, c3 = number, 0, pair[1] & MASK, pair[1] >> 32
    for _ in range(10):
        p0, p1 = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


def stream(pair):
    """All the words, one by one."""
    for number in range(FEW):
        yield from block(pair, number)
    first = FEW
    while True:
        blocks = min(first, 4096)
        yield from words(pair, first, blocks).tolist()
        first += blocks


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
        if isinstance(items, range) and 4 * FEW < len(items) <= MANY:
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
