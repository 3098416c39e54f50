"""Floor 3: what is known about a tensor and does not stand in it, for as long as the tensor lives."""

import weakref

from tinynn.autodiff.tensor import Tensor


class Notes:
    """One remark per tensor.

    A tensor is no key (its == compares elements), so the table goes by identity and forgets with the tensor.
    """

    def __init__(self):
        self._entries = {}

    def set(self, tensor, remark):
        """Writes the remark for a tensor; for anything else, as a symbolic tensor, nothing."""
        if type(tensor) is Tensor and remark is not None:
            key, entries = id(tensor), self._entries
            entries[key] = (weakref.ref(tensor, lambda _: entries.pop(key, None)), remark)

    def get(self, tensor):
        """The remark for a tensor, or None."""
        if not self._entries:
            return None
        entry = self._entries.get(id(tensor))
        return entry[1] if entry is not None and entry[0]() is tensor else None


class Slices(Notes):
    """Of a gradient that is a sum of slices along its first axis: what they are, [(slices, indices), ...].

    That is what TensorFlow has as `tf.IndexedSlices`. Where an index occurs twice, what an optimizer makes of each
    slice and what it makes of their sum differ.
    """

    def join(self, total, first, second):
        """Notes a total whose two parts are such sums."""
        if self._entries:
            parts = self.get(first), self.get(second)
            if None not in parts:
                self.set(total, [*parts[0], *parts[1]])


slices = Slices()
