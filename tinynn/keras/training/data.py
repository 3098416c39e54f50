"""Floor 7: what users train on (arrays, datasets, generators), as batches (x, y, sample_weight) of tensors."""

import itertools
import math
import warnings

import numpy as np

from tinynn.autodiff.tensor import Tensor, convert, wrap
from tinynn.core import nest
from tinynn.keras.config import floatx
from tinynn.keras.training.arrays import as_arrays, is_stream, weights_of_classes
from tinynn.keras.training.order import Order

_COPY_AT_MOST = 1 << 24     # bytes: arrays below are shuffled as a whole at the start of an epoch


def unpack(data):
    """(x, y, sample_weight) of what a dataset gives: x, (x,), (x, y) or (x, y, sample_weight)."""
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(f"a dataset for training gives (x, y) or (x, y, sample_weight), got {len(data)} parts")
    return (*data, None, None)[:3]


def pack(x, y=None, sample_weight=None):
    """What a step of the user's gets: x, (x, y) or (x, y, sample_weight)."""
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if nest.is_nested(x) else x


def batches_of(x, y=None, sample_weight=None, batch_size=None, shuffle=False, class_weight=None, steps=None):
    """The source of batches for what a user gave: ArrayBatches (which x may be already), SequenceBatches or
    StreamBatches.

    Raises:
        ValueError: nothing to train on, or targets beside a dataset.
    """
    if x is None:
        raise ValueError("there is no data: x is None")
    if isinstance(x, (str, bytes)):
        raise ValueError(f"training data is arrays, a dataset or a generator, got the text {x!r}; read the file first, "
                         "as with np.loadtxt")
    if class_weight is not None and sample_weight is not None:
        raise ValueError("class_weight and sample_weight cannot be given together; multiply the sample weights by "
                         "those of the classes")
    if isinstance(x, ArrayBatches):
        return x
    if is_stream(x):
        for what, given in (("y", y), ("sample_weight", sample_weight)):
            if given is not None:
                raise ValueError(f"{what} cannot be given beside a dataset or generator, which yields "
                                 "(x, y, sample_weight) itself")
        counted = hasattr(x, "__len__") or hasattr(x, "num_batches")
        if counted and hasattr(x, "__getitem__") and not hasattr(x, "batch"):
            return SequenceBatches(x, shuffle, class_weight)
        return StreamBatches(x, class_weight)
    return ArrayBatches(x, y, sample_weight, batch_size, shuffle, class_weight, steps)


_FLOATS = {name: np.dtype(name) for name in ("float16", "float32", "float64")}


def as_one_batch(x):
    """The batch (x, None, None) of an array that needs no conversion; None for anything else."""
    if type(x) is np.ndarray and x.ndim and len(x) and x.dtype is _FLOATS.get(floatx()):
        return wrap(x[:]), None, None
    return None


class ArrayBatches:
    """Arrays, cut into batches.

    Args:
        x, y, sample_weight: arrays, or lists or dicts of them, of the same length.
        batch_size: 32 by default, or so that there are `steps` batches.
        shuffle: whether every epoch has an order of its own; "batch": the batches stay where they are, and only the
            samples within each come in a new order.

    Attributes:
        kept: what recorded epochs keep on a GPU for the next ones.
    """

    def __init__(self, x, y=None, sample_weight=None, batch_size=None, shuffle=False, class_weight=None, steps=None):
        self.structure = tuple(as_arrays(part) for part in (x, y, sample_weight))
        if class_weight is not None:
            self.structure = (*self.structure[:2], weights_of_classes(self.structure[1], class_weight))
        self.leaves = nest.flatten(self.structure)
        self.size = self._length()
        self.batch_size = batch_size or (math.ceil(self.size / steps) if steps else 32)
        if not isinstance(self.batch_size, (int, np.integer)) or self.batch_size < 1:
            raise ValueError(f"batch_size is a positive integer, got {batch_size!r}")
        self.shuffle = "batch" if isinstance(shuffle, str) and shuffle == "batch" else bool(shuffle)
        self.random, self.kept = Order() if self.shuffle else None, {}
        self.steps = math.ceil(self.size / self.batch_size)
        self.plain = len(self.leaves) == 3      # one x, one y, one or no sample_weight

    def _length(self):
        parts = dict(zip(("x", "y", "sample_weight"), self.structure, strict=True))
        lengths = {what: [len(a) for a in nest.flatten(part) if a is not None] for what, part in parts.items()}
        distinct = {n for ns in lengths.values() for n in ns}
        if len(distinct) != 1:
            shown = ", ".join(f"{what} has {' and '.join(map(str, ns))}" for what, ns in lengths.items() if ns)
            raise ValueError(f"all arrays must have the same number of samples: {shown}")
        size = distinct.pop()
        if not size:
            raise ValueError("there is no data: the arrays have 0 samples")
        return size

    def __iter__(self):
        if not self.shuffle:
            return self._slices(self.leaves)
        if self.shuffle == "batch":
            return self._gathered(self._within_batches())
        order = self.random.permutation(self.size)
        if sum(a.nbytes for a in self.leaves if a is not None) <= _COPY_AT_MOST:
            return self._slices([None if a is None else a[order] for a in self.leaves])
        return self._gathered(order)

    def _slices(self, leaves):
        step, plain, structure = self.batch_size, self.plain, self.structure
        self.next = 0       # who has done some batches in another way moves it on
        while self.next < self.size:
            start = self.next
            self.next += step
            batch = [None if a is None else wrap(a[start:start + step]) for a in leaves]
            yield tuple(batch) if plain else nest.pack_sequence_as(structure, batch)

    def _gathered(self, order):
        for start in range(0, self.size, self.batch_size):
            rows = order[start:start + self.batch_size]
            batch = [None if a is None else wrap(a[rows]) for a in self.leaves]
            yield nest.pack_sequence_as(self.structure, batch)

    def _within_batches(self):
        starts = range(0, self.size, self.batch_size)
        return np.concatenate([s + self.random.permutation(min(self.batch_size, self.size - s)) for s in starts])

    def begin_in_vain(self):
        """An order that nobody uses is not drawn."""

    def on_epoch_end(self):
        """Nothing to do."""


class StreamBatches:
    """A dataset, or a generator, that yields batches itself."""

    def __init__(self, source, class_weight=None):
        self.source, self.class_weight = source, class_weight
        self.restarts = not hasattr(source, "__next__")
        self.steps = _known_length(source)

    def __iter__(self):
        for data in self.source:
            yield self._tensors(data)

    def begin_in_vain(self):
        """Begins an iteration of a dataset that nobody uses, as Keras does where it knew when the epoch would end: a
        shuffle deals seeds to it."""
        if hasattr(self.source, "cardinality") and int(self.source.cardinality()) >= 0:
            iter(self.source)

    def _tensors(self, data):
        x, y, weight = (None if part is None else nest.map_structure(_tensor, part) for part in unpack(data))
        if self.class_weight is not None:
            weight = wrap(weights_of_classes(np.asarray(y), self.class_weight))
        return x, y, weight

    def on_epoch_end(self):
        """Nothing to do."""


class SequenceBatches(StreamBatches):
    """An object with `__getitem__` that gives batches, and `__len__` or `num_batches`, as keras.utils.PyDataset."""

    def __init__(self, source, shuffle=False, class_weight=None):
        self.source, self.shuffle, self.class_weight = source, shuffle, class_weight
        self.random, self.restarts = Order(), True

    @property
    def steps(self):
        """The number of batches; None for one without an end."""
        return self.source.num_batches if hasattr(self.source, "num_batches") else len(self.source)

    @steps.setter
    def steps(self, _):
        """It is asked for anew at every epoch, since `on_epoch_end` may change it."""

    def __iter__(self):
        if hasattr(self.source, "on_epoch_begin"):
            self.source.on_epoch_begin()
        count = self.steps
        order = itertools.count() if count is None else self.random.permutation(count) if self.shuffle else range(count)
        for i in order:
            yield self._tensors(self.source[int(i)])

    def on_epoch_end(self):
        """Tells the source."""
        if hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()


class Epochs:
    """The batches of one epoch after another.

    Args:
        source: a source of batches.
        steps: how many batches make an epoch; by default all. What is left goes into the next epoch; where the data
            ends within an epoch, that ends too, with a warning.
        group: batches are counted in groups of so many (`steps_per_execution`).

    Attributes:
        first: the first batch of the latest epoch that ran batch by batch, or None.
    """

    def __init__(self, source, steps=None, group=1):
        self.source, self.wanted, self.group = source, steps, group
        self.running, self.seen, self.first = None, 0, None

    @property
    def steps(self):
        """The number of batches of an epoch, or None where it is not known."""
        return self.wanted or self.source.steps

    def epoch(self):
        """The batches of the next epoch."""
        if self.wanted is None:
            count = 0
            for batch in self.source:
                count += 1
                yield batch
            if not count:
                warnings.warn("Your input ran out of data: it gave no batch in this epoch. A generator can be used up "
                              "only once; give steps_per_epoch and let it go on, or a tf.data.Dataset", stacklevel=4)
            self.source.steps = self.source.steps or count or None
            self.source.begin_in_vain()
        else:
            yield from self._limited()
        self.source.on_epoch_end()

    def _limited(self):
        length = self.source.steps
        if self.running is None:
            self.running, self.seen = iter(self.source), 0
        for _ in range(math.ceil(self.wanted / self.group) * self.group):
            batch = next(self.running, None)
            if batch is None:
                if length is None or self.seen % self.group == 0:
                    self._warn()
                self.running = None
                return
            self.seen += 1
            yield batch
        if length is not None and self.seen >= length:
            self.running = None

    def _warn(self):
        warnings.warn(f"Your input ran out of data: it ended before {self.wanted} batches of an epoch; let the dataset "
                      "or generator give more, as with dataset.repeat(), or lower the number of steps", stacklevel=4)


def _known_length(source):
    if hasattr(source, "cardinality"):
        count = int(source.cardinality())
        return count if count >= 0 else None
    try:
        return len(source)
    except TypeError:
        return None


def _tensor(leaf):
    return leaf if leaf is None or isinstance(leaf, Tensor) else convert(leaf)
