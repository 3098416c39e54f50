"""Floor 7: the two numbers that all of Keras shares, and where they are set; `keras.config` has other settings too."""

from tinynn.core import dtypes
from tinynn.core.namespace import namespace

_settings = {"floatx": "float32", "epsilon": 1e-7}


def floatx():
    """The name of the float type that layers, losses and metrics compute in, 'float32' unless it was set."""
    return _settings["floatx"]


def set_floatx(value):
    """Sets the float type of everything that is made from now on.

    Args:
        value: 'float16', 'float32' or 'float64'.

    Raises:
        ValueError: for another type.
    """
    name = dtypes.as_dtype(value).name
    if name not in ("float16", "float32", "float64"):
        raise ValueError(f"set_floatx takes 'float16', 'float32' or 'float64', got {value!r}")
    _settings["floatx"] = name


def epsilon():
    """The small number that keeps divisions and logarithms finite, 1e-7 unless it was set."""
    return _settings["epsilon"]


def set_epsilon(value):
    """Sets the number that `epsilon` gives."""
    _settings["epsilon"] = float(value)


def image_data_format():
    """Where the channels of an image stand, 'channels_last' unless it was set."""
    return _settings.get("image_data_format", "channels_last")


def set_image_data_format(data_format):
    """Sets where the channels of an image stand.

    Args:
        data_format: 'channels_last' or 'channels_first'.
    """
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(f"the data format is 'channels_last' or 'channels_first', got {data_format!r}")
    _settings["image_data_format"] = data_format


def is_traceback_filtering_enabled():
    """Whether Keras's own lines are left out of tracebacks: False, as tinynn shows all of them."""
    return False


def disable_traceback_filtering():
    """Tracebacks show every line; so they always do."""


__getattr__, __dir__ = namespace(__name__, {
    "backend": "tinynn.keras.backend:backend",
    **{name: f"tinynn.keras.dtype_policy:{name}" for name in ("dtype_policy", "set_dtype_policy")},
    **{name: f"tinynn.keras.utils.io_utils:{name}" for name in (
        "disable_interactive_logging", "enable_interactive_logging", "is_interactive_logging_enabled")},
    "enable_unsafe_deserialization": "tinynn.keras.saving:enable_unsafe_deserialization",
})
