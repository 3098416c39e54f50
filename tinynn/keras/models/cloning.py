"""Floor 7: the same model with weights of its own."""

import contextlib

from tinynn.core import nest
from tinynn.keras.layers.core import Input, InputLayer
from tinynn.keras.layers.layer import Layer
from tinynn.keras.models.functional import Functional
from tinynn.keras.models.sequential import Sequential
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object
from tinynn.keras.symbolic import is_symbolic


def clone_model(model, input_tensors=None, clone_function=None, call_function=None, recursive=False):
    """A model like `model`, whose layers are new and start with new weights; compiled as it is.

    Args:
        model: a functional or Sequential model; or a subclassed one, whose class has a `get_config`.
        input_tensors: symbolic tensors (or arrays, whose shapes and types are taken) to use as inputs.
        clone_function: f(layer), makes the new layer; by default from the old one's configuration.
        call_function: f(layer, *args, **kwargs), calls the new layer; for functional models.
        recursive: whether models inside are cloned by the same functions, instead of as one layer.

    Raises:
        ValueError: an argument that does not go with this kind of model.
    """
    copy = clone_function or _again

    def clone(layer):
        if recursive and isinstance(layer, (Functional, Sequential)):
            return clone_model(layer, None, clone_function, call_function if isinstance(layer, Functional) else None,
                               True)
        return copy(layer)

    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError("clone_model takes call_function for functional models; a Sequential model calls each "
                             "layer on what came out of the one before")
        return _compiled(model, _clone_row(model, clone, input_tensors))
    if isinstance(model, Functional):
        return _compiled(model, _clone_graph(model, clone, input_tensors, call_function))
    given = {"input_tensors": input_tensors, "clone_function": clone_function, "call_function": call_function,
             "recursive": recursive or None}
    unwanted = [name for name, value in given.items() if value is not None]
    if unwanted:
        raise ValueError(f"{unwanted[0]} works for functional and Sequential models; {type(model).__name__} is made by "
                         "its own code and is cloned by get_config and from_config")
    return _again(model)


def _compiled(model, copy):
    """`copy` compiled as `model`, unless something in that has no configuration, as a lambda."""
    if model.compiled:
        with contextlib.suppress(TypeError):
            copy.compile_from_config(model.get_compile_config())
    return copy


def _again(layer):
    config = serialize_keras_object(layer)
    config.pop("build_config", None)
    config.pop("compile_config", None)
    cls = type(layer)
    if config["class_name"] == cls.__name__ and config["registered_name"] in (None, cls.__name__):
        return deserialize_keras_object(config, {cls.__name__: cls}) if config["registered_name"] else \
            deserialize_keras_object(config)
    return cls.from_config(layer.get_config())


def _clone_row(model, clone, input_tensors):
    given = nest.flatten(input_tensors) if input_tensors is not None else []
    if len(given) > 1:
        raise ValueError(f"a Sequential model has one input, got {len(given)} input_tensors")
    layers = [clone(layer) for layer in model.layers]
    if given:
        first = _symbolic(given[0])
        layers.insert(0, first)
    elif model._layers and isinstance(model._layers[0], InputLayer):
        old = model._layers[0]
        layers.insert(0, Input(batch_shape=old.batch_shape, dtype=old.dtype, name=old.name))
    return type(model)(layers, name=model.name, trainable=model.trainable)


def _symbolic(x):
    return x if is_symbolic(x) else Input(batch_shape=(None, *x.shape[1:]), dtype=str(x.dtype))


def _clone_graph(model, clone, input_tensors, call_function):
    inputs = [_symbolic(x) for x in nest.flatten(input_tensors)] if input_tensors is not None else [
        Input(batch_shape=x.shape, dtype=x.dtype, name=name)
        for x, name in zip(model.inputs, model.input_names, strict=True)]
    if len(inputs) != len(model.inputs):
        raise ValueError(f"the model {model.name!r} has {len(model.inputs)} inputs, got {len(inputs)} input_tensors")
    if input_tensors is not None and isinstance(model.input, dict) and not (
            isinstance(input_tensors, dict) and input_tensors.keys() == model.input.keys()):
        raise ValueError("`input_tensors` must have the same structure as model.input, a dict with keys "
                         f"{list(model.input)}")
    table = {id(old): new for old, new in zip(model.inputs, inputs, strict=True)}
    made = {}
    for node in model.graph.nodes:
        if all(id(x) in table for x in node.outputs):
            continue
        old = node.operation
        if id(old) not in made:
            made[id(old)] = clone(old) if isinstance(old, Layer) else old
        args, kwargs = nest.map_structure(lambda leaf: table[id(leaf)] if is_symbolic(leaf) else leaf,
                                          (node.args, node.kwargs))
        new = made[id(old)]
        result = new(*args, **kwargs) if call_function is None or not isinstance(old, Layer) else call_function(
            new, *args, **kwargs)
        table.update((id(a), b) for a, b in zip(node.outputs, nest.flatten(result), strict=True))
    return type(model)(nest.pack_sequence_as(model.input, inputs) if not is_symbolic(model.input) else inputs[0],
                       nest.map_structure(lambda x: table[id(x)], model.output), name=model.name)
