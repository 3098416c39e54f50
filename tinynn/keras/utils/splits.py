"""One dataset in two."""

import random

import numpy as np

from tinynn.core import nest
from tinynn.data import Dataset
from tinynn.data.structure import stack


def split_dataset(dataset, left_size=None, right_size=None, shuffle=False, seed=None, preferred_backend=None):
    """Two datasets, of the first and the last elements of one.

    Args:
        dataset: a tf.data.Dataset, an array, or a list, tuple or dict of arrays with equally many rows.
        left_size: a fraction or a number of elements for the first one; by default all that the other leaves.
        right_size: the same for the second.
        shuffle: whether the elements are mixed before.
        seed: an int that makes the mixing repeat.
        preferred_backend: None or "tensorflow".

    Raises:
        ValueError: where neither size is given, or they do not fit.
    """
    if preferred_backend not in (None, "tensorflow"):
        raise ValueError(f"split_dataset makes tf.data.Datasets, preferred_backend={preferred_backend!r} is not there")
    if not isinstance(dataset, Dataset):
        arrays = nest.map_structure(np.asarray, dataset) if nest.is_nested(dataset) else np.asarray(dataset)
        dataset = Dataset.from_tensor_slices(tuple(arrays) if isinstance(arrays, list) else arrays)
    elements = list(dataset.stream())
    left, right = _sizes(left_size, right_size, len(elements))
    if shuffle:
        random.Random(random.randint(0, 10**6) if seed is None else seed).shuffle(elements)
    return _restored(elements[:left]), _restored(elements[len(elements) - right :])


def _sizes(left, right, total):
    if left is None and right is None:
        raise ValueError("split_dataset needs left_size or right_size, as in split_dataset(data, left_size=0.8)")
    counts = [_count(size, total, name) for size, name in ((left, "left_size"), (right, "right_size"))]
    if counts[0] is None:
        counts[0] = total - counts[1]
    if counts[1] is None:
        counts[1] = total - counts[0]
    if sum(counts) > total or min(counts) < 1:
        raise ValueError(f"{total} elements cannot be split into left_size={left} and right_size={right}: that is "
                         f"{counts[0]} and {counts[1]} elements, each of which must be at least 1")
    return counts


def _count(size, total, name):
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a fraction or a number of elements, got {size!r}")
    if isinstance(size, (int, np.integer)):
        return int(size)
    if not 0 < size < 1:
        raise ValueError(f"{name}={size} is no fraction between 0 and 1; give an int for a number of elements")
    return round(size * total)


def _restored(elements):
    stacked = stack(elements)
    return Dataset.from_tensor_slices(nest.map_structure(np.asarray, stacked) if nest.is_nested(stacked) else stacked)
