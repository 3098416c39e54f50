"""What goes with a dataset: its iterators, its spec and its options."""

from tinynn.autodiff.tensor import Tensor, current
from tinynn.backends.gpu import CPU
from tinynn.core import nest
from tinynn.core.errors import OutOfRangeError
from tinynn.core.shapes import TensorShape
from tinynn.ops.placement import at, move


class Iterator:
    """One pass over a dataset. Its functions compute on the CPU; what they give goes to the device of `tf.device`.

    Attributes:
        given: how many elements it has given.
    """

    def __init__(self, stream, dataset):
        self._next, self._dataset, self.given = stream.__next__, dataset, 0

    def __iter__(self):
        return self

    def __next__(self):
        place = current()
        if place < 0:
            element = self._next()
            self.given += 1
            return element
        with at(CPU):
            element = self._next()
        self.given += 1
        return nest.map_structure(lambda leaf: move(leaf, place) if isinstance(leaf, Tensor) else leaf, element)

    def go_to(self, given):
        """Starts again from the first element, and leaves out so many."""
        self._next, self.given = self._dataset.stream().__next__, 0
        for _ in range(given):
            next(self)

    def get_next(self):
        """The next element.

        Raises:
            OutOfRangeError: after the last one.
        """
        try:
            return next(self)
        except StopIteration:
            raise OutOfRangeError("End of sequence: this iterator is used up; make a new one with iter()") from None

    @property
    def element_spec(self):
        """The description of one element."""
        return self._dataset.element_spec


class NumpyIterator:
    """One pass over a dataset, with NumPy arrays instead of tensors."""

    def __init__(self, dataset):
        self._stream = dataset.stream()

    def __iter__(self):
        return self

    def __next__(self):
        with at(CPU):
            return nest.map_structure(to_numpy, next(self._stream))


def to_numpy(leaf):
    """A tensor as an array; a dataset as an iterator of arrays."""
    return leaf.numpy() if isinstance(leaf, Tensor) else leaf.as_numpy_iterator()


class DatasetSpec:
    """The description of a dataset that is an element of another one, as `window` makes them."""

    def __init__(self, element_spec, dataset_shape=()):
        self.element_spec, self.dataset_shape = element_spec, TensorShape(dataset_shape)

    def __eq__(self, other):
        return isinstance(other, DatasetSpec) and self.element_spec == other.element_spec

    def __hash__(self):
        return hash(repr(self))

    def __repr__(self):
        return f"DatasetSpec({self.element_spec!r}, {self.dataset_shape!r})"


class Options:
    """Takes any of TensorFlow's settings, also nested ones as `options.threading.private_threadpool_size = 1`.

    They change how TensorFlow schedules its work and never what comes out, so here they are kept and not used.
    """

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        value = Options()
        setattr(self, name, value)
        return value

    def merge(self, options):
        """These settings, overridden by `options`."""
        merged = type(self)()
        vars(merged).update({**vars(self), **vars(options)})
        return merged


class ThreadingOptions(Options):
    """Settings of threads."""
