"""Datasets whose elements are grouped anew: by a key, by length, in other batches, or from several datasets."""

import bisect
import itertools

import numpy as np

from tinynn.core import nest
from tinynn.data import streams, structure
from tinynn.data.base import UNKNOWN_CARDINALITY, Stream


class Grouping(Stream):
    """The part of Dataset that groups."""

    def rebatch(self, batch_size, drop_remainder=False, name=None):
        """The rows of these batches in batches of another size.

        Args:
            batch_size: a number, or a list of numbers that are taken in turn.
        """
        sizes = [streams.positive(n, "batch_size") for n in np.atleast_1d(batch_size)]
        rows = self.unbatch()
        if len(sizes) == 1:
            return rows.batch(sizes[0], drop_remainder)
        return self.derived("Rebatch", lambda: _in_turn(rows.stream(), sizes, drop_remainder),
                            lambda: structure.batched(rows.element_spec, None), UNKNOWN_CARDINALITY)

    def group_by_window(self, key_func, reduce_func, window_size=None, window_size_func=None, name=None):
        """Collects elements by a key; every `window_size` of them become `reduce_func(key, dataset of them)`.

        Args:
            key_func: gives an element's key, an integer.
            reduce_func: makes a dataset of a key and a dataset.
            window_size: how many elements are collected.
            window_size_func: instead, gives that number for a key.
        """
        if (window_size is None) == (window_size_func is None):
            raise ValueError("group_by_window takes window_size or window_size_func, and not both")
        key = structure.calling(key_func)
        size = window_size_func or (lambda key: window_size)

        def windows():
            held = {}
            for element in self.stream():
                number = int(key(element))
                group = held.setdefault(number, [])
                group.append(element)
                if len(group) >= int(size(number)):
                    yield number, held.pop(number)
            yield from sorted(held.items())

        def reduced(number, group):
            inner = self.alike("Window", lambda: iter(group), len(group))
            return reduce_func(structure.to_element(np.int64(number)), inner)

        stream = lambda: itertools.chain.from_iterable(reduced(*window).stream() for window in windows())
        return self.derived("GroupByWindow", stream, lambda: reduced(*next(windows())).element_spec,
                            UNKNOWN_CARDINALITY)

    def bucket_by_sequence_length(self, element_length_func, bucket_boundaries, bucket_batch_sizes, padded_shapes=None,
                                  padding_values=None, pad_to_bucket_boundary=False, no_padding=False,
                                  drop_remainder=False, name=None):
        """Padded batches of elements of similar length.

        Args:
            element_length_func: gives an element's length.
            bucket_boundaries: the lengths between which elements are put together; ascending.
            bucket_batch_sizes: the batch size of each bucket, one more than there are boundaries.
            padded_shapes, padding_values, drop_remainder: as for `padded_batch`.
            pad_to_bucket_boundary: whether to fill up to one less than the bucket's end, not to the longest.
            no_padding: whether elements of a bucket have the same length anyway.
        """
        if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
            raise ValueError(f"there is one batch size per bucket, so {len(bucket_boundaries) + 1} for "
                             f"{len(bucket_boundaries)} boundaries; got {len(bucket_batch_sizes)}")
        length = structure.calling(element_length_func)
        bucket = lambda *parts: bisect.bisect_right(bucket_boundaries,
                                                    int(length(parts[0] if len(parts) == 1 else parts)))

        def batched(number, window):
            size = bucket_batch_sizes[int(number)]
            if no_padding:
                return window.batch(size, drop_remainder)
            shapes = padded_shapes
            if pad_to_bucket_boundary:
                end = (*bucket_boundaries, None)[int(number)]
                shapes = nest.map_structure(lambda s: [None if end is None else end - 1] + list(s.shape)[1:],
                                            window.element_spec)
            return window.padded_batch(size, shapes, padding_values, drop_remainder)

        return self.group_by_window(bucket, batched, window_size_func=lambda key: bucket_batch_sizes[key])


def _in_turn(stream, sizes, drop_remainder):
    for size in itertools.cycle(sizes):
        group = list(itertools.islice(stream, size))
        if not group or (drop_remainder and len(group) < size):
            return
        yield structure.stack(group)
