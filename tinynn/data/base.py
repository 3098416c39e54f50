"""What every dataset has: iterators, length, spec, options."""

from tinynn.autodiff.tensor import convert
from tinynn.data.iterator import DatasetSpec, Iterator, NumpyIterator, Options

INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2

_BATCHES = ("Batch", "PaddedBatch")
_KEEP_BATCHES = ("Cache", "Map", "Options", "Prefetch", "Repeat", "Shard", "Skip", "Take")


def shuffles_batches(recipe):
    """Whether a dataset of this recipe shuffles whole batches, each with the same samples in every epoch."""
    batched = False
    for kind in recipe:
        if kind == "Shuffle":
            return batched      # samples that are mixed before they are batched are mixed
        batched = kind in _BATCHES or (batched and kind in _KEEP_BATCHES)
    return False


class Stream:
    """A recipe for elements; every iteration runs it afresh.

    Args:
        kind: what repr calls it.
        stream: a function that gives a fresh iterator over the elements.
        spec: a function that gives the element_spec; it is called when that is first asked for.
        length: the number of elements, INFINITE_CARDINALITY or UNKNOWN_CARDINALITY.
        rows: the same elements as Rows, where they lie in arrays.

    Attributes:
        recipe: the kinds of the datasets that it was made of one after the other, its own last.
    """

    def __init__(self, kind, stream, spec, length, rows=None):
        self.kind, self.stream, self.length, self.rows = kind, stream, length, rows
        self.recipe = (kind,)
        self._make_spec, self._spec = spec, None
        self._options = Options()

    def __iter__(self):
        return Iterator(self.stream(), self)

    def as_numpy_iterator(self):
        """An iterator over the elements as NumPy arrays."""
        return NumpyIterator(self)

    @property
    def element_spec(self):
        """The TensorSpec of an element, or the structure of them. A function given to `map` is run on zeros for it."""
        if self._spec is None:
            self._spec = self._make_spec()
        return self._spec

    def spec(self):
        """How this dataset is described as an element of another one."""
        return DatasetSpec(self.element_spec)

    def cardinality(self, name=None):
        """The number of elements as an int64 tensor; -1 without end, -2 where it is not known."""
        return convert(self.length, "int64")

    def __len__(self):
        if self.length == INFINITE_CARDINALITY:
            raise TypeError("The dataset is infinite.")
        if self.length == UNKNOWN_CARDINALITY:
            raise TypeError("The dataset length is unknown.")
        return self.length

    def __bool__(self):
        return True

    def options(self):
        """The options; see Options."""
        return self._options

    def with_options(self, options, name=None):
        """The same dataset with options; see Options."""
        dataset = self.derived("Options", self.stream, lambda: self.element_spec, self.length, self.rows)
        dataset._options = self._options.merge(options)
        return dataset

    def derived(self, kind, stream, spec, length, rows=None):
        """A dataset made of this one."""
        dataset = type(self)(kind, stream, spec, length, rows)
        dataset._options, dataset.recipe = self._options, (*self.recipe, kind)
        return dataset

    def alike(self, kind, stream, length):
        """A dataset of elements with the same spec."""
        return self.derived(kind, stream, lambda: self.element_spec, length)

    def reordered(self, kind, rows, length):
        """A dataset of the same rows in another order."""
        return self.derived(kind, rows.elements, lambda: self.element_spec, length, rows)

    def __repr__(self):
        return f"<_{self.kind}Dataset element_spec={self.element_spec!r}>"
