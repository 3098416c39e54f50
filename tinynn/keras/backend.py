"""Floor 7: `keras.backend`, Keras's settings and small things that programs ask it for."""

import importlib
import types

from tinynn import ops
from tinynn.core.dtypes import as_dtype
from tinynn.core.namespace import nearest
from tinynn.keras import config, naming, random
from tinynn.keras.config import epsilon, floatx, set_epsilon, set_floatx
from tinynn.keras.context import scope, structure
from tinynn.keras.symbolic import is_symbolic
from tinynn.keras.variable import Variable, dtype_name

is_keras_tensor = is_symbolic
standardize_dtype = dtype_name


def backend():
    """The name of the engine: 'tensorflow', whose API this is."""
    return "tensorflow"


def image_data_format():
    """Where the channels of an image stand: 'channels_last'."""
    return config.image_data_format()


def set_image_data_format(data_format):
    """Sets where the channels of an image stand: 'channels_last' or 'channels_first'."""
    config.set_image_data_format(data_format)


def clear_session(free_memory=True):
    """Starts automatic names anew: the next Dense is `dense` again."""
    naming.reset()
    random.reset()
    structure.changed()


def get_uid(prefix=""):
    """The next number for names with this prefix."""
    return naming.number(prefix)


def version():
    """The version of the Keras whose behaviour this follows, as "3.15.1"."""
    return importlib.import_module("tinynn.keras").__version__


def name_scope(name, **unused):
    """A context in which new variables have `name/` in front of their path."""
    return scope(name)


def result_type(*dtypes):
    """The dtype in which values of these dtypes meet; Python's `int` and `float` give way to a dtype.

    Example:
        >>> keras.backend.result_type("int32", "float16")
        'float16'
    """
    return importlib.import_module("tinynn.keras.ops.dispatch").result_type(*dtypes)


def is_float_dtype(dtype):
    """Whether a dtype is a floating-point type."""
    return as_dtype(dtype).is_floating


def is_int_dtype(dtype):
    """Whether a dtype is an integer type."""
    return as_dtype(dtype).is_integer


def cast_to_floatx(x):
    """`x` as a tensor of Keras's float type."""
    return ops.cast(x, floatx())


def __getattr__(name):
    """What Keras 2 had here besides, as `mean`."""
    from tinynn.keras import legacy_backend  # loaded when it is asked for

    found = {n: v for n, v in vars(legacy_backend).items() if n[0] != "_" and not isinstance(v, types.ModuleType)}
    if name not in found:
        near = None if name.startswith("__") else nearest(name, [*found, *__all__])
        raise AttributeError(f"there is no tf.keras.backend.{name}" + (f"; did you mean {near}?" if near else ""))
    return found[name]


__all__ = ["Variable", "backend", "cast_to_floatx", "clear_session", "epsilon", "floatx", "get_uid",
           "image_data_format", "is_float_dtype", "is_int_dtype", "is_keras_tensor", "name_scope", "result_type",
           "set_epsilon", "set_floatx", "set_image_data_format", "standardize_dtype", "version"]
