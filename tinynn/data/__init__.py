"""Floor 6: `tf.data`, streams of training data.

    dataset.py      Dataset: sources and transformations, a few lines each
    grouping.py     the part of it that groups elements anew
    choosing.py     the part of it that chooses, from several datasets or some of their elements
    files.py        datasets of what files hold
    rows.py         the fast path: elements that lie in arrays, with an order; whole batches are cut out at once
    order.py        the order of a shuffle, number for number as TensorFlow draws it
    streams.py      the generators behind the transformations; how many elements they give
    structure.py    elements (tensors in tuples and dicts) and their specs
"""

from tinynn.data import experimental
from tinynn.data.base import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY
from tinynn.data.dataset import AUTOTUNE, Dataset
from tinynn.data.files import TextLineDataset
from tinynn.data.iterator import DatasetSpec, Iterator, NumpyIterator, Options, ThreadingOptions

__all__ = ["AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY", "Dataset", "DatasetSpec", "Iterator",
           "NumpyIterator", "Options", "TextLineDataset", "ThreadingOptions", "experimental"]
