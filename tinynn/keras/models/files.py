"""Floor 7: models and weights in files.

Weights go to .npz, .safetensors (with the safetensors package) or .weights.h5 (with h5py): arrays under the paths of
their variables, in the order of `model.weights`. A whole model is a zip archive, as Keras's: metadata.json, config.json
and model.weights.npz, which holds the state of the optimizer as well.
"""

import io
import json
import os
import warnings
import zipfile

import numpy as np

from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object
from tinynn.keras.saving.arrays import read_arrays, write_arrays

_METADATA, _CONFIG, _WEIGHTS = "metadata.json", "config.json", "model.weights.npz"


def named_weights(model):
    """{path: value} of all weights; where two have one path, the second is numbered."""
    arrays = {}
    for variable in model.weights:
        name, count = variable.path, 1
        while name in arrays:
            name, count = f"{variable.path}_{count}", count + 1
        arrays[name] = np.asarray(variable.numpy())
    return arrays


def save_weights(model, filepath, overwrite=True):
    """Writes the weights of a model; see `Model.save_weights`."""
    if not model.weights and not model.built:
        raise ValueError(f"the model {model.name!r} is not built, so it has no weights to save yet; call it on data, "
                         "or call model.build(input_shape)")
    path = os.fspath(filepath)
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path} exists; pass overwrite=True to replace it")
    write_arrays(path, named_weights(model))


def load_weights(model, filepath, skip_mismatch=False):
    """Reads the weights of a model; see `Model.load_weights`."""
    assign(model, read_arrays(os.fspath(filepath)), os.fspath(filepath), skip_mismatch)


def assign(model, arrays, source, skip_mismatch=False):
    """Gives the weights of a model, in order, the values of a file.

    Raises:
        ValueError: another number of arrays, or another shape, unless `skip_mismatch`.
    """
    variables = model.weights
    if len(arrays) != len(variables) and not skip_mismatch:
        unbuilt = "" if model.built else "; the model is not built: call it on data before load_weights"
        raise ValueError(f"{source} holds {len(arrays)} arrays, the model {model.name!r} has {len(variables)} "
                         f"weights{unbuilt}")
    by_order = len(arrays) == len(variables)
    named = list(zip(variables, arrays.items(), strict=True)) if by_order else [
        (v, (v.path, arrays[v.path])) for v in variables if v.path in arrays]
    for variable, (name, array) in named:
        if tuple(variable.shape) == array.shape:
            variable.assign(array)
            continue
        problem = f"{source} has {name!r} of shape {array.shape} for {variable.path!r} of shape {tuple(variable.shape)}"
        if not skip_mismatch:
            raise ValueError(f"{problem}; with skip_mismatch=True it is left as it is")
        warnings.warn(f"{problem}; it is left as it is", stacklevel=4)


def save_model(model, filepath, overwrite=True, zipped=None, include_optimizer=True, **unused):
    """Writes a model to a file: its configuration, its weights, and the state of its optimizer.

    Args:
        model: a model of layers that have a configuration.
        filepath: a name that ends in .keras.
        overwrite: whether a file of that name is replaced.
        include_optimizer: whether the optimizer's state is written.

    Raises:
        ValueError: another ending.
    """
    path = os.fspath(filepath)
    if not path.endswith(".keras"):
        raise ValueError(f"a model is saved in a file that ends in .keras, got {path!r}; "
                         "weights alone go to .npz with save_weights")
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path} exists; pass overwrite=True to replace it")
    config = serialize_keras_object(model)
    if not include_optimizer:
        config.pop("compile_config", None)
    arrays = {f"weights/{name}": value for name, value in named_weights(model).items()}
    optimizer = getattr(model, "optimizer", None)
    if include_optimizer and optimizer is not None and optimizer.built:
        arrays.update({f"optimizer/{i}": v.numpy() for i, v in enumerate(optimizer.variables)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_METADATA, json.dumps({"keras_version": "3", "written_by": "tinynn"}))
        archive.writestr(_CONFIG, json.dumps(config))
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        archive.writestr(_WEIGHTS, buffer.getvalue())


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """The model of a file of `save_model`.

    Args:
        filepath: its name.
        custom_objects: {name: class or function} of the user's own that the model uses.
        compile: whether it is compiled as it was, with the state of its optimizer.
        safe_mode: kept for Keras's sake; no code is ever loaded.
    """
    path = os.fspath(filepath)
    if not os.path.exists(path):
        raise ValueError(f"File not found: {path}")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not a .keras file; weights alone are read with model.load_weights")
    with zipfile.ZipFile(path) as archive:
        if _WEIGHTS not in archive.namelist():
            raise ValueError(f"{path} was not written by tinynn: it has {archive.namelist()}; export its weights with "
                             "model.get_weights() in Keras, and set them here")
        config = json.loads(archive.read(_CONFIG))
        with np.load(io.BytesIO(archive.read(_WEIGHTS))) as file:
            arrays = {name: file[name] for name in file.files}
    if not compile:
        config.pop("compile_config", None)
    model = deserialize_keras_object(config, custom_objects, safe_mode)
    assign(model, {k.removeprefix("weights/"): v for k, v in arrays.items() if k.startswith("weights/")}, path)
    state = [v for k, v in arrays.items() if k.startswith("optimizer/")]
    if compile and state and getattr(model, "optimizer", None) is not None:
        model.optimizer.build(model.trainable_weights)
        model.optimizer.set_weights(state)
    return model


def model_from_json(json_string, custom_objects=None):
    """The model of a text of `model.to_json()`, with new weights."""
    return deserialize_keras_object(json.loads(json_string), custom_objects)


def model_from_config(config, custom_objects=None):
    """The model of a configuration with its class, as `keras.saving.serialize_keras_object(model)` gives it."""
    return deserialize_keras_object(config, custom_objects)
