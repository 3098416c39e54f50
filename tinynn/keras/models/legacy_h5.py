"""Floor 7: Keras's older file of a whole model, HDF5: configurations as attributes, weights layer by layer.

    attributes          model_config, training_config, keras_version, backend
    model_weights/      layer_names; per layer a group with weight_names and the arrays of these names
    optimizer_weights/  weight_names, and the arrays
"""

import json

import numpy as np

from tinynn import keras
from tinynn.keras import losses, metrics, optimizers
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object
from tinynn.keras.saving.arrays import package
from tinynn.keras.variable import path_of

_WEIGHTS, _OPTIMIZER, _OWN = "model_weights", "optimizer_weights", "top_level_model_weights"


def _open(path, mode):
    return package("h5py", "h5", ".h5").File(path, mode)


def write(model, path, include_optimizer=True):
    """Writes a whole model; its optimizer's state only if `include_optimizer`."""
    config = serialize_keras_object(model)
    compiled = config.pop("compile_config", None)
    with _open(path, "w") as file:
        file.attrs.update({"keras_version": keras.__version__, "backend": "tensorflow"})
        file.attrs["model_config"] = json.dumps(config)
        weights = file.create_group(_WEIGHTS)
        weights.attrs["layer_names"] = [layer.name for layer in model.layers]
        for layer in model.layers:
            _put(weights.create_group(layer.name), _variables(layer))
        _put(weights.create_group(_OWN), model.own_variables())
        if compiled and include_optimizer:
            optimizer = compiled.pop("optimizer")
            training = {**compiled, "optimizer_config": {key: optimizer[key] for key in ("class_name", "config")}}
            file.attrs["training_config"] = json.dumps(training)
            if model.optimizer.built:
                _put(file.create_group(_OPTIMIZER), model.optimizer.variables)


def read(path, custom_objects=None, compile=True):
    """The whole model of a file; compiled as it was if `compile`.

    Returns:
        (the model, the arrays of its optimizer's state, which may be none).
    """
    with _open(path, "r") as file:
        if "model_config" not in file.attrs:
            raise ValueError(f"No model config found in the file at {path}; weights alone are read with "
                             "model.load_weights")
        model = deserialize_keras_object(json.loads(file.attrs["model_config"]), custom_objects)
        load_weights(file[_WEIGHTS], model, path)
        if not compile or "training_config" not in file.attrs:
            return model, []
        _compile(model, json.loads(file.attrs["training_config"]))
        return model, _take(file[_OPTIMIZER]) if _OPTIMIZER in file else []


def is_whole_model(path):
    """Whether an HDF5 file is that of a whole model."""
    with _open(path, "r") as file:
        return _WEIGHTS in file


def read_weights(model, path):
    """Gives a model the weights in the file of another whole model."""
    with _open(path, "r") as file:
        load_weights(file[_WEIGHTS], model, path)


def load_weights(group, model, path):
    """Gives the layers of a model that have weights, in order, those of the layers in a file that have some."""
    if "layer_names" not in group.attrs:
        raise ValueError(f"{path} is no file of Keras: its group {group.name} names no layers")
    names = [name for name in group.attrs["layer_names"] if len(group[name].attrs["weight_names"])]
    targets = [(layer.name, _variables(layer)) for layer in model.layers if layer.weights]
    if len(names) != len(targets):
        raise ValueError(f"{path} holds weights of {len(names)} layers, the model {model.name!r} has {len(targets)} "
                         f"layers with weights: {[name for name, _ in targets]}")
    if _OWN in group:
        names, targets = [*names, _OWN], [*targets, (model.name, model.own_variables())]
    for name, (target, variables) in zip(names, targets, strict=True):
        arrays = _take(group[name])
        if [array.shape for array in arrays] != [tuple(v.shape) for v in variables]:
            raise ValueError(f"{path} has arrays of shapes {[a.shape for a in arrays]} in {name!r}; {target!r} has "
                             f"weights of shapes {[tuple(v.shape) for v in variables]}")
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)


def _variables(layer):
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _put(group, variables):
    names = []
    for variable in variables:
        name = path_of(variable)
        name = f"{name}_{len(names)}" if name in names else name
        group[name] = variable.numpy()
        names.append(name)
    group.attrs["weight_names"] = names


def _take(group):
    return [np.asarray(group[name][()]) for name in group.attrs["weight_names"]]


def _compile(model, config):
    """Compiles a model as the training configuration says."""
    optimizer = optimizers.deserialize(config.pop("optimizer_config"))
    config.pop("auto_scale_loss", None)
    parts = {"loss": losses.deserialize, "metrics": metrics.deserialize, "weighted_metrics": metrics.deserialize}
    model.compile(optimizer, **{name: _objects(parts[name], value) if name in parts else value
                                for name, value in config.items()})
    if model.built:
        model.optimizer.build(model.trainable_weights)


def _objects(deserialize, value):
    """A structure of names and configurations, with objects in place of the latter."""
    if isinstance(value, dict) and "class_name" in value:
        return deserialize(value)
    if isinstance(value, dict):
        return {key: _objects(deserialize, item) for key, item in value.items()}
    return [_objects(deserialize, item) for item in value] if isinstance(value, list) else value
