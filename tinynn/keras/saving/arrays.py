"""Floor 7: named arrays in a file: .npz, .safetensors (both in order), .h5 (by the levels of their names)."""

import importlib
import json

import numpy as np

_ORDER = "order"


def write_arrays(path, arrays):
    """Writes {name: array}; the ending of the path says how, .npz by default."""
    _kind(path)[0](path, arrays)


def read_arrays(path):
    """{name: array} of a file of `write_arrays`."""
    return _kind(path)[1](path)


def _kind(path):
    for ending, functions in _KINDS.items():
        if path.endswith(ending):
            return functions
    return _write_npz, _read_npz


def _npz(path):
    return path if path.endswith(".npz") else path + ".npz"


def _write_npz(path, arrays):
    with open(_npz(path), "wb") as file:
        np.savez(file, **arrays)


def _read_npz(path):
    with np.load(_npz(path)) as file:
        return {name: file[name] for name in file.files}


def package(name, extra, what):
    """An optional package that files of a kind need."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"{what} files need a package: pip install 'tinynn[{extra}]'; "
                          ".npz files need nothing") from error


def _write_safetensors(path, arrays):
    library = package("safetensors.numpy", "safetensors", ".safetensors")
    library.save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, path, {_ORDER: json.dumps(list(arrays))})


def _read_safetensors(path):
    library = package("safetensors", "safetensors", ".safetensors")
    with library.safe_open(path, "numpy") as file:
        names = json.loads((file.metadata() or {}).get(_ORDER, "null")) or list(file.keys())
        return {name: file.get_tensor(name) for name in names}


def write_h5(target, arrays):
    """Writes {name: array} to an HDF5 file: its name, or an open binary file."""
    with package("h5py", "h5", ".h5").File(target, "w") as file:
        for name, array in arrays.items():
            file[name] = array


def read_h5(source):
    """{name: array} of an HDF5 file: its name, or an open binary file."""
    h5py, found = package("h5py", "h5", ".h5"), {}
    with h5py.File(source, "r") as file:
        file.visititems(lambda name, item: found.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    return {name: np.asarray(array) for name, array in found.items()}


_KINDS = {".safetensors": (_write_safetensors, _read_safetensors), ".h5": (write_h5, read_h5)}
