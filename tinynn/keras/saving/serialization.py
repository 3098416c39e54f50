"""Floor 7: any Keras object as a plain dictionary in Keras's format, and back.

    {"module": "keras.losses", "class_name": "Huber", "config": {...}, "registered_name": None}
"""

import sys
import types
from contextvars import ContextVar

import numpy as np

from tinynn.autodiff.operand import Operand
from tinynn.autodiff.tensor import convert
from tinynn.core.dtypes import DType
from tinynn.core.shapes import TensorShape
from tinynn.keras.saving.registration import custom_object_scope, get_registered_name, known_objects

catalogues = {}  # public module -> its Catalogue
_public = {}  # id of a class or function -> its public module
_safe_mode = ContextVar("safe_mode", default=None)
_shared = ContextVar("shared_objects", default=None)  # (id -> config, id -> object)


def publish(thing, module):
    """Says under which public module a class or function is found."""
    _public.setdefault(id(thing), module)


def custom_object(name):
    """The user's own object of that name, or None."""
    return known_objects().get(name)


# ---- to a dictionary -------------------------------------------------------------------------------------------------


def serialize_keras_object(obj):
    """A plain dictionary (or number, string, list) that describes `obj`; JSON can hold it.

    Args:
        obj: an object with `get_config`, a function, a tensor, an array, a dtype, or lists and dictionaries of them.

    Raises:
        TypeError: for what cannot be described; give its class a `get_config` method.
    """
    if obj is None or isinstance(obj, (str, int, float, bool)):
        return obj
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    for kind, write in _WRITERS:
        if isinstance(obj, kind):
            return write(obj)
    return _object_config(obj)


def _special(name, **config):
    return {"class_name": name, "config": config}


def _slice_config(item):
    parts = {name: serialize_keras_object(getattr(item, name)) for name in ("start", "stop", "step")}
    return _special("__slice__", **parts)


def _array_config(array):
    if array.ndim == 0:
        return array.item()
    return _special("__numpy__", value=array.tolist(), dtype=array.dtype.name)


def _function_config(function):
    name = get_registered_name(function)
    if name == "<lambda>":
        raise TypeError("a lambda cannot be saved; write a function with `def` and decorate it with "
                        "@keras.saving.register_keras_serializable()")
    module = "builtins" if id(function) in _public else function.__module__
    registered = "function" if id(function) in _public else name
    return {"module": module, "class_name": "function", "config": name, "registered_name": registered}


_WRITERS = (
    (TensorShape, list),
    (list, lambda items: [serialize_keras_object(item) for item in items]),
    (tuple, lambda items: tuple(serialize_keras_object(item) for item in items)),
    (bytes, lambda text: _special("__bytes__", value=text.decode("utf-8"))),
    (slice, _slice_config),
    (type(Ellipsis), lambda _: _special("__ellipsis__")),
    (Operand, lambda x: _special("__tensor__", value=np.asarray(x).tolist(), dtype=x.dtype.name)),
    (np.ndarray, _array_config),
    (np.generic, lambda number: number.item()),
    (DType, lambda dtype: dtype.name),
    (types.FunctionType, _function_config),
)


def _object_config(obj):
    if not hasattr(obj, "get_config"):
        raise TypeError(f"cannot save {obj!r} of {type(obj).__name__}: give the class a get_config() method that "
                        "returns the arguments of its __init__")
    cls = getattr(type(obj), "plain_class", type(obj))      # what a functional model's own class was made of
    config = {
        "module": _public.get(id(cls), cls.__module__),
        "class_name": cls.__name__,
        "config": serialize_keras_object(obj.get_config()),
        "registered_name": None if id(cls) in _public else get_registered_name(cls),
    }
    for part in ("build_config", "compile_config"):
        method = getattr(obj, f"get_{part}", None)
        described = method() if method else None
        if described is not None:
            config[part] = serialize_keras_object(described)
    _note_sharing(obj, config)
    return config


def _note_sharing(obj, config):
    shared = _shared.get()
    if shared is None:
        return
    first = shared[0].setdefault(id(obj), config)
    if first is not config:
        first["shared_object_id"] = config["shared_object_id"] = id(obj)


# ---- from a dictionary -----------------------------------------------------------------------------------------------


def deserialize_keras_object(config, custom_objects=None, safe_mode=True, *, catalogue=None, **unused):
    """The object that a dictionary of `serialize_keras_object` describes.

    Args:
        config: the dictionary, a name, or a plain value.
        custom_objects: the user's own classes and functions by name.
        safe_mode: kept for Keras's sake; nothing that runs code from a file is ever loaded.

    Raises:
        ValueError: for a name that is not known, with the nearest one.
        TypeError: for a class that is not known, or has no `from_config`.
    """
    custom = known_objects(custom_objects)
    if isinstance(config, str) and config in custom:
        return custom[config]
    if isinstance(config, (list, tuple)):
        return [deserialize_keras_object(item, custom_objects, safe_mode) for item in config]
    if isinstance(config, str) and catalogue is not None:
        found = catalogue.find(config)
        return found() if isinstance(found, type) else found
    if config is None or isinstance(config, (str, int, float, bool)):
        return config
    if hasattr(config, "get_config") or callable(config):    # made already, as from_config makes what is nested
        return config
    if not isinstance(config, dict):
        raise TypeError(f"a configuration is a dictionary, got {type(config).__name__}: {config!r}")
    if "class_name" not in config or ("config" not in config and catalogue is None):
        if catalogue is not None:
            raise ValueError(f"the configuration of a {catalogue.kind} needs 'class_name', got keys {list(config)}")
        return {key: deserialize_keras_object(value, custom_objects, safe_mode) for key, value in config.items()}
    name, inner = config["class_name"], config.get("config")
    if name in _READERS:
        return _READERS[name](inner)
    return _rebuild(config, name, inner, custom, catalogue)


def _rebuild(config, name, inner, custom, catalogue):
    if name == "function":
        return _locate(config, inner, custom, catalogue)
    shared = _shared.get()
    key = config.get("shared_object_id")
    if shared is not None and key in shared[1]:
        return shared[1][key]
    cls = _locate(config, name, custom, catalogue)
    if not isinstance(cls, type):
        return cls
    if not hasattr(cls, "from_config"):
        raise TypeError(f"{cls.__name__} has no from_config(), so no object can be made of {config}")
    with custom_object_scope(custom):
        instance = cls.from_config(dict(inner or {}))
        if config.get("build_config") and not getattr(instance, "built", True):
            instance.build_from_config(config["build_config"])
            instance.built = True
        if config.get("compile_config"):
            instance.compile_from_config(config["compile_config"])
    if shared is not None and key is not None:
        shared[1][key] = instance
    return instance


def _locate(config, name, custom, catalogue):
    """The class or function that a configuration names."""
    for candidate in (config.get("registered_name"), name):
        if isinstance(candidate, str) and candidate in custom:
            return custom[candidate]
    module = config.get("module", None)
    owner = catalogues.get(module) if module else None
    if owner is not None:
        return owner.find(name)
    if catalogue is not None:
        return catalogue.find(name)
    if module is None or str(module).startswith("keras."):  # older files name none, Keras's own may name an inner one
        for table in catalogues.values():
            if name in table.exact:
                return table.exact[name]
    if module == "builtins":
        for table in catalogues.values():
            if name in table.exact:
                return table.exact[name]
        ending = f">{name}"
        for registered, thing in custom.items():
            if registered.endswith(ending):
                return thing
    found = getattr(sys.modules.get(module), str(name), None)   # nothing is imported for a configuration's sake
    if module and isinstance(found, (type, types.FunctionType)) and found.__module__ == module:
        return found
    raise TypeError(f"cannot find {name!r} of module {module!r}; decorate it with "
                    "@keras.saving.register_keras_serializable(), or pass it in custom_objects={...}")


def _read_slice(inner):
    return slice(*(deserialize_keras_object(inner[part]) for part in ("start", "stop", "step")))


def _refuse_lambda(inner):
    raise ValueError("the configuration holds a Python lambda as bytes, which tinynn never runs; "
                     "define the function with `def`, register it, and save the model again")


_READERS = {
    "__bytes__": lambda inner: inner["value"].encode("utf-8"),
    "__slice__": _read_slice,
    "__ellipsis__": lambda inner: Ellipsis,
    "__tensor__": lambda inner: convert(np.array(inner["value"], inner["dtype"])),
    "__numpy__": lambda inner: np.array(inner["value"], inner["dtype"]),
    "__lambda__": _refuse_lambda,
}


# ---- scopes ----------------------------------------------------------------------------------------------------------


class _Scope:
    """A context that gives a variable another value."""

    variable = value = None

    def __enter__(self):
        self.token = self.variable.set(self.value)
        return self

    def __exit__(self, *exception):
        self.variable.reset(self.token)


class ObjectSharingScope(_Scope):
    """A context in which an object that occurs twice is written, and made, once."""

    variable = _shared

    def __init__(self):
        self.value = ({}, {})


class SafeModeScope(_Scope):
    """A context with or without safe mode; what runs code from a file is refused in both."""

    variable = _safe_mode

    def __init__(self, safe_mode=True):
        self.value = safe_mode


def enable_unsafe_deserialization():
    """Accepted for Keras's sake; what runs code from a file is refused all the same."""
    _safe_mode.set(False)
