"""Floor 5: which element of an array is meant, as C expressions."""

import math


class Index:
    """Which element of an array: an expression per axis, or one for its number in C order, or both.

    Args:
        shape: that of the array.
        along: an expression per axis; or None.
        flat: the number in C order; or None.

    Attributes:
        key: tells elements apart: indices of equal keys show the same element.
    """

    def __init__(self, shape, along=None, flat=None):
        self.shape = tuple(shape)
        if math.prod(self.shape) == 1:
            along, flat = ["0"] * len(self.shape), "0"
        elif along is not None:
            along = ["0" if n == 1 else i for n, i in zip(self.shape, along, strict=True)]
        self._along, self._flat = along, flat
        self.key = flat if along is None else tuple(along)

    def along(self, writer, axis=None):
        """The expression along an axis; of all axes, a list."""
        along = self._along
        if along is None:
            left, along, above = self._flat, [], math.prod(self.shape)
            for n in reversed(self.shape):
                above //= max(n, 1)
                along.append("0" if n == 1 else left if above == 1 else writer.name("int", f"{left} % {max(n, 1)}"))
                left = left if 1 in (n, above) else writer.name("int", f"{left} / {max(n, 1)}")
            along.reverse()
        return along if axis is None else along[axis]

    def flat(self, writer):
        """The number in C order."""
        if self._flat is not None:
            return self._flat
        terms, stride = [], 1
        for n, i in zip(reversed(self.shape), reversed(self._along), strict=True):
            terms += [] if i == "0" else [i if stride == 1 else f"{i} * {stride}"]
            stride *= n
        found = " + ".join(reversed(terms)) or "0"
        return writer.name("int", found) if " " in found else found

    def of(self, writer, shape):
        """The element of an array of another shape that is broadcast to this one."""
        if shape == self.shape:
            return self
        return Index(shape, self.along(writer)[len(self.shape) - len(shape):] if math.prod(shape) != 1 else None)

    def reshaped(self, writer, shape):
        """The element with the same number in an array of another shape."""
        return self if shape == self.shape else Index(shape, flat=self.flat(writer))
