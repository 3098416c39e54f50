"""Floor 7: the user's own classes and functions, by the names under which configurations mention them."""

import contextlib
import inspect
from contextvars import ContextVar

_registered = {}  # registered name -> object
_names = {}  # object -> registered name
_scope = ContextVar("custom_objects", default={})  # noqa: B039  (never changed in place)


def register_keras_serializable(package="Custom", name=None):
    """A decorator that lets a configuration mention a class or function of the user's, as 'package>name'.

    Args:
        package: the first part of the registered name.
        name: the second part; by default the object's own name.

    Raises:
        ValueError: for a class without `get_config`.
    """

    def register(thing):
        registered_name = f"{package}>{thing.__name__ if name is None else name}"
        if inspect.isclass(thing) and not hasattr(thing, "get_config"):
            raise ValueError(f"{thing.__name__} has no get_config(); write one that returns the arguments of __init__")
        _registered[registered_name] = thing
        _names[thing] = registered_name
        return thing

    return register


def get_custom_objects():
    """The registered objects by registered name; a dictionary that may be changed."""
    return _registered


def get_registered_name(obj):
    """The registered name of a class or function, or its own name."""
    try:
        return _names.get(obj) or obj.__name__
    except TypeError:  # unhashable
        return obj.__name__


def get_registered_object(name, custom_objects=None, module_objects=None):
    """What `name` stands for: in the scope, among the registered, in `custom_objects`, in `module_objects`; or None."""
    for table in (_scope.get(), _registered, custom_objects or {}, module_objects or {}):
        if name in table:
            return table[name]
    return None


@contextlib.contextmanager
def custom_object_scope(custom_objects):
    """A context in which configurations may mention `custom_objects`, a dictionary of names and objects."""
    token = _scope.set(dict(custom_objects or {}))
    try:
        yield
    finally:
        _scope.reset(token)


CustomObjectScope = custom_object_scope


def known_objects(custom_objects=None):
    """All names that a configuration may use now for the user's own objects."""
    return {**(custom_objects or {}), **_scope.get(), **_registered}
