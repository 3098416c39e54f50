"""Floor 7: the configuration of a layer, found by itself: the arguments of its constructor."""

import inspect

from tinynn.keras import activations
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object

BASE = ("name", "trainable", "dtype")


def arguments(cls, args, kwargs):
    """The arguments of a call of cls.__init__, by name; what went to **kwargs among them."""
    parameters = _parameters(cls)
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return {**dict(zip(names, args, strict=False)), **kwargs}


def names(cls):
    """The names of the arguments."""
    own = [p.name for p in _parameters(cls) if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    return [*own, *(name for name in (*BASE, "activity_regularizer") if name not in own)]


def describe(layer):
    """The configuration: every argument of the constructor, as the layer keeps it now."""
    config = {}
    for parameter in _parameters(type(layer)):
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL) or \
                parameter.name in (*BASE, *layer.unlisted):
            continue
        name = parameter.name
        if name in layer.__dict__ or hasattr(type(layer), name):
            value = getattr(layer, name)
        elif name in layer._arguments:
            value = layer._arguments[name]
        elif parameter.default is not parameter.empty:
            value = parameter.default
        else:
            raise NotImplementedError(f"{type(layer).__name__} keeps no attribute {name!r}; write a get_config() that "
                                      "returns all arguments of __init__")
        config[name] = _plain(name, value)
    return config


def restore(cls, config):
    """A layer from its configuration."""
    config = {k: deserialize_keras_object(v) if isinstance(v, dict) and "class_name" in v else v
              for k, v in config.items()}
    try:
        return cls(**config)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{cls.__name__} cannot be made of its configuration {config}: {error}") from error


def _parameters(cls):
    return list(inspect.signature(cls.__init__).parameters.values())[1:]


def _plain(name, value):
    if name == "activation":
        return activations.serialize(value) if value is not None else None
    return serialize_keras_object(value)
