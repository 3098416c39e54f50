"""Floor 1: shapes that print and compare as TensorFlow's do."""


class TensorShape(tuple):
    """The extents of a tensor: a tuple that also answers to TensorFlow's names.

    An extent that is not known is None; `TensorShape(None)` is a shape of which not even the rank is known. `str` gives
    `(2, 3)`, `repr` gives `TensorShape([2, 3])`.
    """

    __slots__ = ()

    def __new__(cls, dims=()):
        if dims is None or isinstance(dims, UnknownShape):
            return tuple.__new__(UnknownShape)
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
        if other is None or isinstance(other, UnknownShape):
            return True
        other = tuple(other)
        pairs = zip(self, other, strict=False)
        return len(self) == len(other) and all(a == b or a is None or b is None for a, b in pairs)

    def assert_is_compatible_with(self, other):
        """Raises ValueError where no tensor could have both shapes."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {tuple(other)} are incompatible")

    def assert_is_fully_defined(self):
        """Raises ValueError where an extent is unknown."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def assert_has_rank(self, rank):
        """Raises ValueError where a tensor of this shape cannot have `rank` axes."""
        if self.rank not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def assert_same_rank(self, other):
        """Raises ValueError where the other shape has another number of axes."""
        other = TensorShape(other)
        if None not in (self.rank, other.rank) and self.rank != other.rank:
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def merge_with(self, other):
        """The shape with what is known of both.

        Raises:
            ValueError: no tensor could have both shapes.
        """
        other = TensorShape(other)
        if other.rank is None:
            return self
        self.assert_is_compatible_with(other)
        return TensorShape([b if a is None else a for a, b in zip(self, other, strict=True)])

    def with_rank(self, rank):
        """This shape, or unknown extents where nothing is known.

        Raises:
            ValueError: it has another number of axes.
        """
        self.assert_has_rank(rank)
        return TensorShape([None] * rank) if self.rank is None else self

    def with_rank_at_least(self, rank):
        """This shape; a ValueError where it has fewer axes."""
        if self.rank is not None and self.rank < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank):
        """This shape; a ValueError where it has more axes."""
        if self.rank is not None and self.rank > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def concatenate(self, other):
        """This shape followed by `other`."""
        return self + other

    def __add__(self, other):
        other = TensorShape(other)
        return other if other.rank is None else TensorShape(tuple(self) + tuple(other))

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


class UnknownShape(TensorShape):
    """The shape of a tensor of which nothing is known: `TensorShape(None)`."""

    __slots__ = ()
    rank = ndims = dims = None

    def as_list(self):
        """Raises ValueError: there is no list of extents."""
        raise ValueError("as_list() is not defined on an unknown TensorShape")

    def num_elements(self):
        """None: the number is not known."""

    def is_fully_defined(self):
        """False."""
        return False

    def is_compatible_with(self, other):
        """True: a tensor of any shape may be meant."""
        return True

    def merge_with(self, other):
        """The other shape."""
        return TensorShape(other)

    def __add__(self, other):
        return self

    __radd__ = __add__

    def __len__(self):
        raise ValueError("an unknown TensorShape has no length")

    def __iter__(self):
        raise ValueError("an unknown TensorShape cannot be iterated over")

    def __getitem__(self, key):
        return self if isinstance(key, slice) else None

    def __eq__(self, other):
        return other is None or isinstance(other, UnknownShape)

    def __ne__(self, other):
        return not self == other

    __hash__ = tuple.__hash__

    def __str__(self):
        return "<unknown>"

    def __repr__(self):
        return "TensorShape(None)"
