"""Datasets whose elements lie in arrays: the fast path of `from_tensor_slices(...).shuffle(...).batch(...)`.

Such a dataset is the arrays and an order: a range, or a function that draws a stream of numbers for each iteration.
`shuffle`, `take`, `skip`, `repeat` and `shard` change only the order; `batch` cuts whole batches out of the arrays, as
views where the order is a range. No row is ever made on its own unless it is asked for.
"""

from itertools import chain, count, islice

import numpy as np

from tinynn.autodiff.tensor import wrap
from tinynn.data.order import Drawn
from tinynn.data.structure import packer


class Rows:
    """Numbered elements inside arrays, and the order in which they come.

    Args:
        arrays: equally long NumPy arrays.
        structure: how one element holds them.
        order: a range, or a function that gives fresh numbers for an iteration: a Drawn or an iterator.
        size: None for elements that are single rows; n for elements that are blocks of n rows.
    """

    def __init__(self, arrays, structure, order, size=None):
        self.arrays, self.structure, self.order, self.size = arrays, structure, order, size

    def numbers(self):
        """The numbers of one iteration: a range, a Drawn or an iterator."""
        return self.order if isinstance(self.order, range) else self.order()

    def elements(self):
        """An iterator over the elements of one iteration."""
        arrays, pack, size = self.arrays, packer(self.structure), self.size
        if size is None:
            return (pack([wrap(a[i, ...]) for a in arrays]) for i in self.numbers())
        return (pack([wrap(a[i * size : i * size + size]) for a in arrays]) for i in self.numbers())

    def with_order(self, order):
        """The same elements in another order."""
        return Rows(self.arrays, self.structure, order, self.size)

    def shuffled(self, shuffle):
        """The elements in the order that the function `shuffle` makes of this one."""
        return self.with_order(lambda: shuffle(self.numbers()))

    def cut(self, start, stop, step=1):
        """Elements start, start + step, ... before stop (None: to the end)."""
        if isinstance(self.order, range):
            return self.with_order(self.order[start:stop:step])
        return self.with_order(lambda: islice(self.order(), start, stop, step))

    def repeated(self, times):
        """The elements `times` times over (None: for ever), each time in a fresh order."""
        passes = count() if times is None else range(times)
        return self.with_order(lambda: chain.from_iterable(self.numbers() for _ in passes))

    def batches(self, size, drop_remainder):
        """(a function that iterates over batches of `size` elements, these batches as Rows or None)."""
        if isinstance(self.order, range) and self.order.step == 1 and self.size is None:
            rows = self._blocks(size, drop_remainder)
            return rows.elements, rows
        return lambda: self._gathered(size, drop_remainder), None

    def _blocks(self, size, drop_remainder):
        arrays = [a[self.order.start : self.order.stop] for a in self.arrays]
        length = len(self.order)
        return Rows(arrays, self.structure, range(length // size if drop_remainder else -(-length // size)), size)

    def _gathered(self, size, drop_remainder):
        pack, numbers = packer(self.structure), self.numbers()      # which are dealt now, whether they are used or not
        return (pack([wrap(a.take(part, axis=0)) for a in self.arrays]) for part in _groups(numbers, size)
                if len(part) == size or not drop_remainder)


def _groups(numbers, size):
    """Arrays of `size` numbers each, the last one of what is left."""
    if isinstance(numbers, Drawn):
        array = numbers.array()
        yield from (array[k : k + size] for k in range(0, len(array), size))
        return
    numbers = iter(numbers)
    while part := list(islice(numbers, size)):
        yield np.array(part)
