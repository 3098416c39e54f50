"""`tf.data.Dataset`: a recipe for a stream of elements; every iteration runs it afresh."""

import itertools
import operator

import numpy as np

from tinynn.autodiff.tensor import wrap
from tinynn.core import dtypes, nest
from tinynn.core.errors import InvalidArgumentError, UnimplementedError, hint
from tinynn.core.spec import TensorSpec
from tinynn.data import order, sources, streams, structure
from tinynn.data.base import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, shuffles_batches
from tinynn.data.choosing import Choosing
from tinynn.data.iterator import DatasetSpec
from tinynn.data.rows import Rows

AUTOTUNE = -1


class Dataset(Choosing):
    """A stream of elements: tensors, or tuples and dicts of them. It is made by `from_tensor_slices` and its kin.

    Example:
        >>> dataset = tf.data.Dataset.from_tensor_slices([1, 2, 3, 4, 5]).map(lambda x: x * x).batch(2)
        >>> [batch.numpy().tolist() for batch in dataset]
        [[1, 4], [9, 16], [25]]
    """

    # ---- sources -----------------------------------------------------------------------------------------------------

    @staticmethod
    def from_tensors(tensors, name=None):
        """A dataset with one element, `tensors`."""
        element = structure.to_element(tensors)
        return Dataset("Tensor", lambda: iter((element,)), lambda: structure.spec_of(element), 1)

    @staticmethod
    def from_tensor_slices(tensors, name=None):
        """A dataset of the rows of `tensors`: an array, or a tuple or dict of arrays with the same first axis.

        Raises:
            ValueError: for a scalar, or for arrays whose first axes differ.
        """
        arrays, element = structure.columns(tensors)
        if not arrays or any(a.ndim == 0 for a in arrays):
            raise ValueError("Unbatching a tensor is only supported for rank >= 1: a scalar has no rows")
        for array in arrays:
            if len(array) != len(arrays[0]):
                raise ValueError(f"Dimensions {len(arrays[0])} and {len(array)} are not compatible: the arrays have "
                                 f"shapes {[a.shape for a in arrays]}, whose first axes must agree")
        rows = Rows(arrays, element, range(len(arrays[0])))
        return Dataset("TensorSlice", rows.elements, lambda: structure.unbatched(structure.spec_of(element)),
                       len(arrays[0]), rows)

    @staticmethod
    def range(*args, output_type=dtypes.int64, name=None):
        """The numbers `range(*args)`, as int64 scalars."""
        numbers, dtype = range(*map(operator.index, args)), dtypes.as_dtype(output_type)
        return Dataset("Range", lambda: (wrap(np.array(i, dtype.dtype)) for i in numbers),
                       lambda: TensorSpec((), dtype), len(numbers))

    @staticmethod
    def from_generator(generator, output_types=None, output_shapes=None, args=None, output_signature=None, name=None):
        """The elements that `generator(*args)`, a function that gives an iterator, yields.

        Args:
            output_signature: a TensorSpec, or a structure of them, that every element fits.
            output_types, output_shapes: the same in two structures; shapes may be left out.

        Raises:
            InvalidArgumentError: while iterating, for an element that does not fit.
        """
        if not callable(generator):
            raise TypeError("`generator` must be a Python callable.")
        spec = sources.signature(output_types, output_shapes, output_signature)
        return Dataset("FlatMap", lambda: sources.generated(generator, args or (), spec), lambda: spec,
                       UNKNOWN_CARDINALITY)

    @staticmethod
    def zip(*args, datasets=None, name=None):
        """Elements of several datasets side by side; as long as the shortest.

        Args:
            *args: datasets, or one tuple or dict of them.
        """
        given = datasets if datasets is not None else args[0] if len(args) == 1 else args
        parts = nest.flatten(given)
        for part in parts:
            if not isinstance(part, Dataset):
                raise TypeError(f"Dataset.zip takes datasets, got {type(part).__name__}")
        pack = structure.packer(given)
        return Dataset("Zip", lambda: map(pack, zip(*[part.stream() for part in parts], strict=False)),
                       lambda: nest.map_structure(lambda d: d.element_spec, given),
                       streams.shortest([d.length for d in parts]))

    @staticmethod
    def counter(start=0, step=1, dtype=dtypes.int64, name=None):
        """The numbers start, start + step, ... without end."""
        dtype = dtypes.as_dtype(dtype)
        return Dataset("Counter", lambda: (wrap(np.array(i, dtype.dtype)) for i in itertools.count(start, step)),
                       lambda: TensorSpec((), dtype), INFINITE_CARDINALITY)

    @staticmethod
    def random(seed=None, rerandomize_each_iteration=None, name=None):
        """Whole numbers from 0 to 2³² - 1 without end, as int64 scalars; TensorFlow's numbers.

        Args:
            seed: an int that makes them repeat from one run of the program to the next.
            rerandomize_each_iteration: whether each iteration has other ones.
        """
        seeds = order.Dealer(seed, bool(rerandomize_each_iteration))
        return Dataset("Random", lambda: (wrap(np.array(n)) for n in order.stream(seeds.deal())),
                       lambda: TensorSpec((), dtypes.int64), INFINITE_CARDINALITY)

    # ---- batches and order -------------------------------------------------------------------------------------------

    def batch(self, batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None, name=None):
        """Stacks `batch_size` consecutive elements; the last batch may be shorter unless it is dropped."""
        size = streams.positive(batch_size, "batch_size")
        spec = lambda: structure.batched(self.element_spec, size if drop_remainder else None)
        length = streams.in_groups(self.length, size, drop_remainder)
        if self.rows is None or self.rows.size is not None:
            return self.derived("Batch", lambda: streams.batches(self.stream(), size, drop_remainder), spec, length)
        iterate, rows = self.rows.batches(size, drop_remainder)
        return self.derived("Batch", iterate, spec, length, rows)

    def unbatch(self, name=None):
        """The rows of every element."""
        first = nest.flatten(self.element_spec)[0].shape if self.length > 0 else None
        known = first and first[0] is not None
        size = min(self.length, 0) if self.length <= 0 else self.length * first[0] if known else UNKNOWN_CARDINALITY
        return self.derived("Unbatch", lambda: streams.rows(self.stream()),
                             lambda: structure.unbatched(self.element_spec), size)

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True, name=None):
        """Draws the elements from a buffer of `buffer_size`, refilled in order; the same numbers as TensorFlow's.

        Args:
            buffer_size: at least the number of elements for a full shuffle.
            seed: an int that makes the orders repeat from one run of the program to the next.
            reshuffle_each_iteration: whether each iteration has another order.
        """
        if shuffles_batches((*self.recipe, "Shuffle")):
            hint("batch-then-shuffle", "shuffle after batch moves whole batches about, each with the same samples in "
                 "every epoch. Write .shuffle(n).batch(m) to mix the samples")
        whole = buffer_size is None or int(buffer_size) == UNKNOWN_CARDINALITY
        size = None if whole else streams.positive(buffer_size, "buffer_size")
        mix = order.mixer(size, order.Dealer(seed, reshuffle_each_iteration is not False))
        if self.rows is not None:
            return self.reordered("Shuffle", self.rows.shuffled(mix), self.length)
        return self.alike("Shuffle", lambda: mix(self.stream()), self.length)

    def repeat(self, count=None, name=None):
        """The dataset `count` times over; without end for None or -1."""
        times = None if count is None or int(count) < 0 else int(count)
        length = streams.product(self.length, times)
        if self.rows is not None:
            return self.reordered("Repeat", self.rows.repeated(times), length)
        return self.alike("Repeat", lambda: streams.repeated(self, times), length)

    def take(self, count, name=None):
        """The first `count` elements; all of them for -1."""
        stop = None if int(count) < 0 else int(count)
        length = streams.shortest([self.length, INFINITE_CARDINALITY if stop is None else stop])
        return self.cut("Take", 0, stop, 1, length)

    def skip(self, count, name=None):
        """What follows the first `count` elements; nothing for -1."""
        start = int(count)
        if start < 0:
            return self.cut("Skip", 0, 0, 1, 0)
        return self.cut("Skip", start, None, 1, streams.rest(self.length, start))

    def shard(self, num_shards, index, name=None):
        """Every `num_shards`-th element, from number `index` on."""
        parts, index = streams.positive(num_shards, "num_shards"), int(index)
        if not 0 <= index < parts:
            raise InvalidArgumentError(f"index must be between 0 and {parts - 1}, got {index}")
        length = streams.in_groups(streams.rest(self.length, index), parts, False)
        return self.cut("Shard", index, None, parts, length)

    def concatenate(self, dataset, name=None):
        """This dataset's elements, then those of `dataset`."""
        structure.joined(self.element_spec, dataset.element_spec)
        return self.derived("Concatenate", lambda: itertools.chain(self.stream(), streams.late(dataset)),
                             lambda: structure.joined(self.element_spec, dataset.element_spec),
                             streams.total(self.length, dataset.length))

    def window(self, size, shift=None, stride=1, drop_remainder=False, name=None):
        """Datasets of `size` elements each, that start `shift` elements apart (by default `size`)."""
        size, stride = streams.positive(size, "size"), streams.positive(stride, "stride")
        shift = size if shift is None else streams.positive(shift, "shift")
        reach = (size - 1) * stride + 1
        length = streams.windows(self.length, reach, shift, drop_remainder)
        return self.derived("Window", lambda: sources.windows(self, size, shift, stride, drop_remainder),
                             lambda: nest.map_structure(DatasetSpec, self.element_spec), length)

    def cut(self, kind, start, stop, step, length):
        """Elements start, start + step, ... before stop (None: to the end)."""
        if self.rows is not None:
            return self.reordered(kind, self.rows.cut(start, stop, step), length)
        return self.alike(kind, lambda: itertools.islice(self.stream(), start, stop, step), length)

    # ---- functions ---------------------------------------------------------------------------------------------------

    def map(self, map_func, num_parallel_calls=None, deterministic=None, synchronous=None,
            use_unbounded_threadpool=False, name=None):
        """`map_func(element)` for every element; a tuple's items become the arguments. It runs eagerly."""
        call = structure.calling(map_func)
        function = lambda element: structure.returned(call(element))
        return self.derived("Map", lambda: map(function, self.stream()), lambda: streams.spec_through(self, function),
                             self.length)

    def filter(self, predicate, name=None):
        """The elements for which `predicate(element)` is true."""
        call = streams.truth(structure.calling(predicate))
        return self.alike("Filter", lambda: filter(call, self.stream()), streams.unknown(self.length))

    def take_while(self, predicate, name=None):
        """The elements before the first for which `predicate(element)` is false."""
        call = streams.truth(structure.calling(predicate))
        return self.alike("TakeWhile", lambda: itertools.takewhile(call, self.stream()), UNKNOWN_CARDINALITY)

    def flat_map(self, map_func, name=None):
        """The elements of the datasets `map_func(element)`, one dataset after the other."""
        call = structure.calling(map_func)
        return self.derived("FlatMap", lambda: itertools.chain.from_iterable(map(call, self.stream())),
                             lambda: streams.inner_spec(self, call), UNKNOWN_CARDINALITY)

    def interleave(self, map_func, cycle_length=None, block_length=None, num_parallel_calls=None, deterministic=None,
                   name=None):
        """The elements of the datasets `map_func(element)`, `block_length` (1) at a time from `cycle_length` (2)."""
        call = structure.calling(map_func)
        cycle = 2 if cycle_length in (None, AUTOTUNE) else streams.positive(cycle_length, "cycle_length")
        block = streams.positive(block_length or 1, "block_length")
        return self.derived("Interleave", lambda: streams.interleaved(map(call, self.stream()), cycle, block),
                             lambda: streams.inner_spec(self, call), UNKNOWN_CARDINALITY)

    def scan(self, initial_state, scan_func, name=None):
        """Carries a state along: `scan_func(state, element)` gives the next state and an element."""
        start = structure.to_element(initial_state)
        iterate = lambda: streams.scanned(self.stream(), start, scan_func)
        return self.derived("Scan", iterate, lambda: structure.spec_of(next(iterate())), self.length)

    def reduce(self, initial_state, reduce_func, name=None):
        """The last of the states that `reduce_func(state, element)` makes, starting from `initial_state`."""
        state = structure.to_element(initial_state)
        for element in self:
            state = structure.returned(reduce_func(state, element))
        return state

    def enumerate(self, start=0, name=None):
        """Pairs of a number, counting from `start`, and an element."""
        return Dataset.zip(Dataset.counter(start), self)

    def apply(self, transformation_func):
        """`transformation_func(self)`, to write a function of datasets in a chain of calls."""
        dataset = transformation_func(self)
        if not isinstance(dataset, Dataset):
            raise TypeError(f"`transformation_func` must return a Dataset, got {type(dataset).__name__}")
        return dataset

    # ---- the rest ----------------------------------------------------------------------------------------------------

    def cache(self, filename="", name=None):
        """Keeps the elements of the first whole iteration in memory, for the next ones."""
        if filename:
            raise UnimplementedError("cache keeps elements in memory; write cache() without a file name")
        store = []
        stream = lambda: iter(store[0]) if store else streams.keeping(self.stream(), store)
        return self.alike("Cache", stream, self.length)

    def prefetch(self, buffer_size, name=None):
        """The dataset itself: elements are made when they are asked for."""
        return self.derived("Prefetch", self.stream, lambda: self.element_spec, self.length, self.rows)

    def padded_batch(self, batch_size, padded_shapes=None, padding_values=None, drop_remainder=False, name=None):
        """Batches of elements whose shapes differ, filled up at their ends with `padding_values` (zeros).

        Args:
            padded_shapes: per component the shape to fill up to, None for the longest of the batch.
        """
        size = streams.positive(batch_size, "batch_size")
        leaves = len(nest.flatten(self.element_spec))
        shapes = streams.per_shape(padded_shapes, leaves)
        fill = lambda group: streams.padded(group, shapes, streams.per_leaf(padding_values, leaves, 0))
        stream = lambda: streams.batches(self.stream(), size, drop_remainder, fill)
        return self.derived("PaddedBatch", stream, lambda: structure.padded(self.element_spec, shapes),
                            streams.in_groups(self.length, size, drop_remainder))

    def unique(self, name=None):
        """The elements (one tensor each) without those that came before."""
        return self.alike("Unique", lambda: streams.unique(self.stream()), streams.unknown(self.length))

    def get_single_element(self, name=None):
        """The element of a dataset of one.

        Raises:
            InvalidArgumentError: where there is none, or more.
        """
        elements = list(itertools.islice(self.stream(), 2))
        if len(elements) != 1:
            raise InvalidArgumentError(f"Dataset had {'more than one element' if elements else 'no elements'}.")
        return elements[0]
