"""Floor 2: checks of indices. They raise at once; inside a CUDA graph, where the host cannot look, they leave a note.

A graph computes without the host, so a check in it writes the first index that lies outside into an array on the GPU,
and goes on with 0 in its place, so that nothing is read or written elsewhere. The host looks at that note before it
reads anything from this GPU again (`gpu.moved`), and raises there what it would have raised at once.
"""

import contextlib
import threading

import numpy as np

from tinynn.core.errors import InvalidArgumentError

NOBODY = 1 << 62      # the place of the first index that lies outside, while there is none
FRESH = np.array([0, NOBODY, 0, 0], np.int64)
_local = threading.local()
_unseen = {}          # place -> {Notes of graphs that were launched since the host last looked: None}


class Notes:
    """What the checks of one recorded program find.

    Args:
        platform: the array package of the GPU.
        place: the number of the GPU.

    Attributes:
        array: on the GPU, int64: whether an index lies outside; the place of the first in its array, or NOBODY; the
            number of its check; the index.
        kept: the errors of checks that are part of kernels.
    """

    def __init__(self, platform, place):
        self.platform, self.place, self.kept, self.errors, self.call = platform, place, [], [], None
        self.array = platform.put(FRESH, place)

    def __enter__(self):
        self.before, _local.notes = noting(), self
        self.errors = list(self.kept)
        return self

    def __exit__(self, *exception):
        _local.notes = self.before

    def inside(self, indices, n, error):
        """The indices, with 0 in the place of those that lie outside, of which the first is noted."""
        if not indices.size:
            return indices
        if n <= 0:
            raise RuntimeError("an axis without elements was indexed")      # no index can stand in; not for a graph
        explain = self.call
        self.errors.append(lambda index: explain(error(index)))
        return self.platform.checked(indices, n, self.array, len(self.errors) - 1)

    def keep(self, error):
        """The number of a check that every run of the program has, in a kernel: error(index) is the exception."""
        self.kept.append(error)
        self.errors = list(self.kept)
        return len(self.kept) - 1

    def launched(self):
        """The graph with these checks is given to the GPU."""
        if self.errors:
            _unseen.setdefault(self.place, {})[self] = None

    def look(self):
        """Raises what the first check that found something has to say. The note is then gone."""
        found, _, number, index = self.platform.get(self.array).tolist()
        if found:
            self.clear()
            raise self.errors[number](index)

    def clear(self):
        """Forgets what was found."""
        with self.platform.at(self.place):
            self.array[...] = self.platform.put(FRESH, self.place)


def noting():
    """The Notes of the program that this thread records, or None."""
    return getattr(_local, "notes", None)


@contextlib.contextmanager
def left_to(notes):
    """A context in which checks on this thread are left to something that has the methods of Notes."""
    before, _local.notes = noting(), notes
    try:
        yield
    finally:
        _local.notes = before


def inside(xp, indices, n, error):
    """The indices, each of which lies in 0 .. n - 1.

    Args:
        xp: NumPy, or the array package of the GPU.
        error: a function from an index that lies outside to the exception.
    """
    notes = noting()
    if notes is not None:
        return notes.inside(indices, n, error)
    outside = (indices < 0) | (indices >= n)
    if xp.any(outside):
        raise error(int(indices[outside].reshape(-1)[0]))
    return indices


def look(place):
    """Raises what a check in a graph found on a GPU since the host last looked.

    Raises:
        InvalidArgumentError: as the op raises it elsewhere.
    """
    unseen = _unseen.get(place)
    while unseen:
        notes = next(iter(unseen))
        try:
            notes.look()
        except InvalidArgumentError:
            del unseen[notes]       # it was told; where the look itself failed, it was not
            raise
        unseen.pop(notes, None)
