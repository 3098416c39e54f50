"""Floor 1: what a Python value becomes as an array, by TensorFlow's rules.

A Python int is int32 (int64 where it does not fit), a float float32, a NumPy array keeps its type. Where a type is
asked for, truth values may become numbers (True is 1), integers floating-point numbers, these complex ones, and widths
may change; nothing else is converted silently.
"""

from numbers import Number

import numpy as np

from tinynn.core import dtypes


def to_numpy(value, dtype=None):
    """An array of `value`.

    Args:
        value: a number, a string, an array, or nested lists of them.
        dtype: the DType it must have, or None for the one that its own type asks for.

    Raises:
        TypeError: where the value cannot be of that type without losing something (a float as an integer).
        ValueError: where the value is no array: rows of different lengths, None.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype == object and not _is_text(array):
            raise ValueError(f"an array of Python objects is no tensor: {_excerpt(value)}")
        array = _as_bytes(array) if _is_text(array) else array
        exact = array
    else:
        exact = _from_python(value)
        array = _narrowed(exact, value)
    if dtype is None or array.dtype == dtype.dtype:
        return array
    if not _converts(array.dtype, dtype, empty=array.size == 0):
        raise TypeError(
            f"cannot convert {_excerpt(value)} ({dtypes.from_numpy(array.dtype).name}) to a tensor of {dtype.name}; "
            f"write tf.cast(value, tf.{dtype.name}) if that is what you mean"
        )
    if dtype.is_integer and array.size and not (array.min() >= dtype.min and array.max() <= dtype.max):
        raise ValueError(f"{_excerpt(value)} does not fit into {dtype.name}, which holds {dtype.min} to {dtype.max}")
    return exact.astype(dtype.dtype)


def _from_python(value):
    if value is None:
        raise ValueError("None is no tensor; a function that forgot its `return` gives None")
    try:
        array = np.asarray(value)
    except UnicodeDecodeError:      # str and bytes in one list
        array = np.asarray(value, object)
    except ValueError:
        raise ValueError(f"the rows have different lengths: {_excerpt(value)}") from None
    if _is_text(array):
        return _as_bytes(np.asarray(value, object))
    if array.dtype == object:
        raise ValueError(f"cannot make a tensor of {type(value).__name__}: {_excerpt(value)}")
    return array


def _narrowed(array, value):
    """What NumPy makes of Python's numbers, in 32 bits where TensorFlow has these."""
    leaf = _first_leaf(value)
    if isinstance(leaf, np.generic) or hasattr(leaf, "__array__"):
        return array
    if array.dtype == np.float64:
        return array.astype(np.float32)
    if array.dtype == np.int64 and (array.size == 0 or (array.min() >= -(2**31) and array.max() < 2**31)):
        return array.astype(np.int32)
    return array


def _is_text(array):
    return array.dtype.kind in "US" or (
        array.dtype == object and array.size > 0 and isinstance(array.flat[0], (str, bytes)))


def _as_bytes(array):
    """Text as TensorFlow keeps it: Python bytes, in UTF-8."""
    encoded = np.empty(array.shape, object)
    for i, text in enumerate(array.flat):
        if not isinstance(text, (str, bytes)):
            raise ValueError(f"text and {type(text).__name__} cannot be in one tensor: {text!r}")
        encoded.flat[i] = text.encode() if isinstance(text, str) else text
    return encoded


def _first_leaf(value):
    while isinstance(value, (list, tuple)):
        if not value:
            return 0.0
        value = value[0]
    return value


def _converts(source, dtype, empty):
    if empty or (source.kind == "O" and dtype.dtype.kind == "O"):
        return True
    if dtype.is_bool:
        return False
    if dtype.is_integer:
        return source.kind in "biu"
    if dtype.is_floating:
        return source.kind in "biuf"
    return dtype.is_complex and source.kind in "biufc"


def _excerpt(value):
    if isinstance(value, Number):
        return repr(value)
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."
