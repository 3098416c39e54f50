"""Floor 7: named arrays in a file, in order: .npz, .safetensors, .h5."""

import importlib
import json

import numpy as np

_ORDER = "order"


def write_arrays(path, arrays):
    """Writes {name: array}; the ending of the path says how, .npz by default."""
    _kind(path)[0](path, arrays)


def read_arrays(path):
    """{name: array} of a file of `write_arrays`, in the order in which they were written."""
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


def _package(name, extra, what):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"{what} files need a package: pip install 'tinynn[{extra}]'; "
                          ".npz files need nothing") from error


def _write_safetensors(path, arrays):
    library = _package("safetensors.numpy", "safetensors", ".safetensors")
    library.save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, path, {_ORDER: json.dumps(list(arrays))})


def _read_safetensors(path):
    library = _package("safetensors", "safetensors", ".safetensors")
    with library.safe_open(path, "numpy") as file:
        names = json.loads((file.metadata() or {}).get(_ORDER, "null")) or list(file.keys())
        return {name: file.get_tensor(name) for name in names}


def _write_h5(path, arrays):
    with _package("h5py", "h5", ".h5").File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
        file.attrs[_ORDER] = json.dumps(list(arrays))


def _read_h5(path):
    with _package("h5py", "h5", ".h5").File(path, "r") as file:
        if _ORDER not in file.attrs:
            raise ValueError(f"{path} was not written by tinynn; set its arrays with model.set_weights")
        return {name: np.asarray(file[name]) for name in json.loads(file.attrs[_ORDER])}


_KINDS = {".safetensors": (_write_safetensors, _read_safetensors), ".h5": (_write_h5, _read_h5)}
