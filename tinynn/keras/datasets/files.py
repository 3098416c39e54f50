"""Keras's own data files: where they come from, and how they are read."""

import pickle
import zipfile

import numpy as np

from tinynn.keras.utils.file_utils import get_file

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_ARRAYS_ONLY = {("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
                ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")}


def fetch(fname, file_hash, folder="datasets", origin=ORIGIN):
    """The path of one of Keras's files: from its cache, or downloaded to it."""
    return get_file(fname, origin + fname, cache_subdir=folder, file_hash=file_hash)


def split(x, y, test_split, seed):
    """Rows in the order that a seed gives, the last share of them for testing."""
    if not 0 <= test_split < 1:
        raise ValueError(f"test_split is a share from 0 to below 1, got {test_split}")
    order = shuffled(len(x), seed)
    at = int(len(x) * (1 - test_split))
    return (x[order[:at]], y[order[:at]]), (x[order[at:]], y[order[at:]])


def shuffled(count, seed):
    """0 to count - 1 in the order that `np.random.RandomState(seed).shuffle` makes."""
    order = np.arange(count)
    (np.random.RandomState(seed) if not isinstance(seed, np.random.RandomState) else seed).shuffle(order)
    return order


class ArrayUnpickler(pickle.Unpickler):
    """Reads pickled arrays and nothing else: a pickle could run anything."""

    def find_class(self, module, name):
        if (module, name) not in _ARRAYS_ONLY:
            raise pickle.UnpicklingError(f"a data file asks for {module}.{name}, which is no array")
        return super().find_class(module, name)


def load_lists(path):
    """{name: array} of an .npz file, whose arrays may hold lists."""
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for entry in archive.namelist():
            with archive.open(entry) as file:
                version = np.lib.format.read_magic(file)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(file)
                if dtype.hasobject:
                    arrays[entry.removesuffix(".npy")] = ArrayUnpickler(file).load().reshape(shape)
                    continue
            with archive.open(entry) as file:
                arrays[entry.removesuffix(".npy")] = np.lib.format.read_array(file, allow_pickle=False)
    return arrays
