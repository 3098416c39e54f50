"""Floor 1: shapes that print and compare as TensorFlow's do."""


class TensorShape(tuple):
    """The extents of a tensor: a tuple that also answers to TensorFlow's names.

    An extent that is not known is None. `str` gives `(2, 3)`, `repr` gives `TensorShape([2, 3])`.
    """

    __slots__ = ()

    def __new__(cls, dims=()):
        if isinstance(dims, int):
            dims = (dims,)
        return tuple.__new__(cls, dims)

    @property
    def rank(self):
        """The number of axes."""
        return len(self)

    ndims = rank

    @property
    def dims(self):
        """The extents as a list."""
        return list(self)

    def as_list(self):
        """The extents as a list."""
        return list(self)

    def num_elements(self):
        """The number of elements, or None where an extent is unknown."""
        total = 1
        for extent in self:
            if extent is None:
                return None
            total *= extent
        return total

    def is_fully_defined(self):
        """Whether every extent is known."""
        return None not in self

    def is_compatible_with(self, other):
        """Whether some tensor could have both shapes."""
        other = tuple(other)
        pairs = zip(self, other, strict=False)
        return len(self) == len(other) and all(a == b or a is None or b is None for a, b in pairs)

    def assert_is_compatible_with(self, other):
        """Raises ValueError where no tensor could have both shapes."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {tuple(other)} are incompatible")

    def concatenate(self, other):
        """This shape followed by `other`."""
        return TensorShape(tuple(self) + tuple(other))

    def __add__(self, other):
        return TensorShape(tuple(self) + tuple(other))

    def __radd__(self, other):
        return TensorShape(tuple(other) + tuple(self))

    def __getitem__(self, key):
        item = tuple.__getitem__(self, key)
        return TensorShape(item) if isinstance(key, slice) else item

    def __eq__(self, other):
        return tuple.__eq__(self, tuple(other)) if isinstance(other, (list, tuple)) else NotImplemented

    def __ne__(self, other):
        return tuple.__ne__(self, tuple(other)) if isinstance(other, (list, tuple)) else NotImplemented

    __hash__ = tuple.__hash__

    def __str__(self):
        return tuple.__repr__(tuple(self))

    def __repr__(self):
        return f"TensorShape({list(self)})"
