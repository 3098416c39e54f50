"""Floor 7: what is known about a tensor and does not stand in it, for as long as the tensor lives."""

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


logits = Notes()  # what a softmax or sigmoid activation was computed from
masks = Notes()  # which entries of a batch count
