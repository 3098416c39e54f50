"""Floor 7: models and weights in files.

Weights go to .npz, .safetensors (with the safetensors package) or .weights.h5 (with h5py). In the first two the arrays
stand under the paths of their variables, in the order of `model.weights`; the third has Keras's own layout (`layout`),
and Keras reads and writes it as well. A whole model is Keras's zip archive: metadata.json, config.json, and in the same
layout the weights and the state of the optimizer, as model.weights.h5; without h5py, as model.weights.npz.
"""

import importlib.util
import io
import json
import os
import warnings
import zipfile

import numpy as np

from tinynn import keras
from tinynn.keras.models import legacy_h5
from tinynn.keras.models.layout import owners, places, saves_itself
from tinynn.keras.saving import ObjectSharingScope, deserialize_keras_object, serialize_keras_object
from tinynn.keras.saving.arrays import read_arrays, read_h5, write_arrays, write_h5
from tinynn.keras.variable import path_of

_METADATA, _CONFIG, _H5, _NPZ = "metadata.json", "config.json", "model.weights.h5", "model.weights.npz"
_OPTIMIZER = "optimizer/"   # where its variables are, beside those of the layers


def named_weights(model):
    """{path: value} of all weights; where two have one path, the second is numbered."""
    arrays = {}
    for variable in model.weights:
        path, count = path_of(variable), 1
        name = path
        while name in arrays:
            name, count = f"{path}_{count}", count + 1
        arrays[name] = np.asarray(variable.numpy())
    return arrays


def placed_weights(model):
    """{place: value} of all weights, as Keras's files have them."""
    arrays = {place: variable.numpy() for place, variable in places(model).items()}
    for path, layer in _own_savers(model):
        store = {}
        layer.save_own_variables(store)
        arrays.update((f"{path}vars/{name}", value) for name, value in store.items())
    return {place: np.asarray(value) for place, value in arrays.items()}


def _own_savers(model):
    return [(path, layer) for path, layer in owners(model) if saves_itself(layer)]


def save_weights(model, filepath, overwrite=True):
    """Writes the weights of a model; see `Model.save_weights`."""
    if not model.weights and not model.built:
        raise ValueError(f"the model {model.name!r} is not built, so it has no weights to save yet; call it on data, "
                         "or call model.build(input_shape)")
    path = os.fspath(filepath)
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path} exists; pass overwrite=True to replace it")
    write_arrays(path, placed_weights(model) if path.endswith(".h5") else named_weights(model))


def load_weights(model, filepath, skip_mismatch=False):
    """Reads the weights of a model; see `Model.load_weights`."""
    path = os.fspath(filepath)
    if path.endswith(".h5") and os.path.exists(path) and legacy_h5.is_whole_model(path):
        legacy_h5.read_weights(model, path)
        return
    arrays = _read_archive(path)[1] if path.endswith(".keras") else read_arrays(path)
    assign(model, arrays, path, skip_mismatch)


def assign(model, arrays, source, skip_mismatch=False):
    """Gives the weights of a model the values of a file: by Keras's places, or in order.

    Raises:
        ValueError: another number of arrays, or another shape, unless `skip_mismatch`.
    """
    arrays = {name: array for name, array in arrays.items() if not name.startswith(_OPTIMIZER)}
    by_place = source.endswith((".h5", ".keras"))
    for path, layer in _own_savers(model) if by_place else ():
        names = [name for name in arrays if name.startswith(f"{path}vars/")]
        layer.load_own_variables({name.rpartition("/")[2]: arrays.pop(name) for name in names})
    variables = places(model) if by_place else {path_of(v): v for v in model.weights}
    count = len(variables) if by_place else len(model.weights)
    if len(arrays) != count and not skip_mismatch:
        unbuilt = "" if model.built else "; the model is not built: call it on data before load_weights"
        raise ValueError(f"{source} holds {len(arrays)} arrays, the model {model.name!r} has {count} weights{unbuilt}")
    strange = next((name for name in arrays if by_place and name not in variables), None)
    if strange and not skip_mismatch:
        raise ValueError(f"{source} has an array at {strange!r}, where the model {model.name!r} has none; its weights "
                         f"are at {list(variables)}")
    in_order = len(arrays) == count and not by_place
    for variable, (name, array) in zip(model.weights, arrays.items(), strict=True) if in_order else [
            (variables[name], (name, array)) for name, array in arrays.items() if name in variables]:
        if tuple(variable.shape) == array.shape:
            variable.assign(array)
            continue
        problem = (f"{source} has {name!r} of shape {array.shape} for {path_of(variable)!r} of shape "
                   f"{tuple(variable.shape)}")
        if not skip_mismatch:
            raise ValueError(f"{problem}; with skip_mismatch=True it is left as it is")
        warnings.warn(f"{problem}; it is left as it is", stacklevel=4)


def save_model(model, filepath, overwrite=True, zipped=None, include_optimizer=True, save_format=None, **unknown):
    """Writes a model to a file: its configuration, its weights, and the state of its optimizer.

    Args:
        model: a model of layers that have a configuration.
        filepath: a name that ends in .keras; or in .h5, Keras's older format, which needs h5py.
        overwrite: whether a file of that name is replaced.
        zipped: True, or None; a folder in place of a file is not written.
        include_optimizer: whether the optimizer's state is written.
        save_format: Keras 2's way to say what the ending says.

    Raises:
        ValueError: another ending, or arguments that are not known.
    """
    path = os.fspath(filepath)
    if not path.endswith((".keras", ".h5")):
        raise ValueError(f"Invalid filepath extension for saving: a model goes to a file that ends in .keras (or .h5), "
                         f"got {path!r}; weights alone go to .npz with save_weights")
    if unknown:
        raise ValueError(f"The following argument(s) are not supported: {list(unknown)}")
    if zipped is False:
        raise ValueError("zipped=False, a folder in place of a file, is not there; leave it out")
    if save_format not in (None, "keras" if path.endswith(".keras") else "h5"):
        raise ValueError(f"The `save_format` argument is deprecated: the ending of {path!r} says how to save, got "
                         f"save_format={save_format!r}")
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path} exists; pass overwrite=True to replace it")
    if path.endswith(".h5"):
        legacy_h5.write(model, path, include_optimizer)
        return
    with ObjectSharingScope():
        config = serialize_keras_object(model)
    if not include_optimizer:
        config.pop("compile_config", None)
    arrays = placed_weights(model)
    optimizer = getattr(model, "optimizer", None)
    if include_optimizer and optimizer is not None and optimizer.built:
        arrays.update({f"{_OPTIMIZER}vars/{i}": v.numpy() for i, v in enumerate(optimizer.variables)})
    in_h5 = importlib.util.find_spec("h5py") is not None
    buffer = io.BytesIO()
    write_h5(buffer, arrays) if in_h5 else np.savez(buffer, **arrays)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_METADATA, json.dumps({"keras_version": keras.__version__, "written_by": "tinynn"}))
        archive.writestr(_CONFIG, json.dumps(config))
        archive.writestr(_H5 if in_h5 else _NPZ, buffer.getvalue())


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """The model of a file of `save_model`.

    Args:
        filepath: its name: a .keras file, or an .h5 file of a whole model; those that Keras 3 wrote as well.
        custom_objects: {name: class or function} of the user's own that the model uses.
        compile: whether it is compiled as it was, with the state of its optimizer.
        safe_mode: kept for Keras's sake; no code is ever loaded.
    """
    path = os.fspath(filepath)
    if path.endswith((".h5", ".hdf5")) and os.path.exists(path):
        model, state = legacy_h5.read(path, custom_objects, compile)
    else:
        config, arrays = _read_archive(path)
        if not compile:
            config.pop("compile_config", None)
        with ObjectSharingScope():
            model = deserialize_keras_object(config, custom_objects, safe_mode)
        assign(model, arrays, path)
        number = lambda name: int(name.rpartition("/")[2])
        state = [arrays[name] for name in sorted((n for n in arrays if n.startswith(_OPTIMIZER)), key=number)]
    if compile and state and getattr(model, "optimizer", None) is not None:
        _restore(model, state, path)
    return model


def _restore(model, state, source):
    """Gives the optimizer of a model its state from a file."""
    model.optimizer.build(model.trainable_weights)
    wanted = [tuple(v.shape) for v in model.optimizer.variables]
    if [array.shape for array in state] == wanted:
        model.optimizer.set_weights(state)
    else:
        warnings.warn(f"the optimizer's state in {source}, {len(state)} arrays, does not fit the {len(wanted)} "
                      f"variables of {type(model.optimizer).__name__}, which starts anew", stacklevel=4)


def _read_archive(path):
    """(configuration, {name: array}) of a .keras file; the optimizer's arrays are named `optimizer/...`."""
    if not os.path.exists(path):
        raise ValueError(f"File not found: {path}")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"File format not supported: {path} is no .keras file; weights alone are read with "
                         "model.load_weights")
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read(_CONFIG))
        if _NPZ not in archive.namelist():
            return config, read_h5(io.BytesIO(archive.read(_H5)))
        with np.load(io.BytesIO(archive.read(_NPZ))) as file:
            return config, {name: file[name] for name in file.files}


def model_from_json(json_string, custom_objects=None):
    """The model of a text of `model.to_json()`, with new weights."""
    return deserialize_keras_object(json.loads(json_string), custom_objects)


def model_from_config(config, custom_objects=None):
    """The model of a configuration with its class, as `keras.saving.serialize_keras_object(model)` gives it."""
    return deserialize_keras_object(config, custom_objects)
