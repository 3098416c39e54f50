"""Floor 7: what users give as data, as NumPy arrays."""

import math
from collections.abc import Mapping
from numbers import Number

import numpy as np

from tinynn.autodiff.tensor import Tensor
from tinynn.autodiff.variable import Variable
from tinynn.core import nest
from tinynn.keras import config


def is_stream(x):
    """Whether it gives batches one after another, instead of holding all samples."""
    return not isinstance(x, (list, tuple, dict, np.ndarray, Tensor, Variable)) and not hasattr(x, "__array__") and (
        hasattr(x, "__iter__") or hasattr(x, "__getitem__"))


def as_arrays(part):
    """The arrays in a structure; floating-point ones in Keras's float type."""
    if part is None:
        return None
    if isinstance(part, (list, tuple)) and part and all(_is_numbers(item) for item in part):
        part = np.asarray(part, np.float32 if isinstance(_first(part), float) else None)
    return nest.map_structure(_array, part)


def _is_numbers(item):
    return isinstance(item, Number) or (isinstance(item, (list, tuple)) and all(_is_numbers(i) for i in item))


def _first(items):
    while isinstance(items, (list, tuple)) and items:
        items = items[0]
    return items


def _array(leaf):
    if leaf is None:
        return None
    array = np.asarray(leaf)
    if type(leaf).__name__ == "Series" and array.ndim == 1:     # of pandas: a column
        array = array[:, None]
    if array.ndim == 0:
        raise ValueError(f"training data is arrays with one entry per sample, got the scalar {leaf!r}")
    if array.dtype.kind in "USO":
        raise ValueError(f"training data is numbers, got an array of {array.dtype}: "
                         f"{array.reshape(-1)[:3].tolist()}...; rows of different lengths need padding, and texts need "
                         "numbers in their place")
    if array.dtype.kind == "f" and array.dtype != config.floatx():
        return array.astype(config.floatx())
    return array


def weights_of_classes(y, class_weight):
    """One weight per sample: that of its class.

    Args:
        y: class numbers (batch,) or (batch, 1), or one-hot rows.
        class_weight: {class number: weight}; 1 for a class that is missing.
    """
    if not isinstance(class_weight, Mapping):
        raise ValueError(f"class_weight is a dict-like mapping from class numbers to weights, got {class_weight!r}")
    try:
        class_weight = {int(label): float(weight) for label, weight in class_weight.items()}
    except (TypeError, ValueError) as error:
        raise ValueError("class_weight is a dict with integer keys, the class numbers, got "
                         f"{class_weight!r}") from error
    if nest.is_nested(y):
        raise ValueError("class_weight works for models with one output")
    labels = np.asarray(y)
    if labels.ndim > 1:
        labels = labels.argmax(-1) if labels.shape[-1] != 1 else labels[..., 0]
    labels = np.round(labels).astype("int64")
    weights = np.ones(labels.shape[:1], config.floatx())
    for label, weight in class_weight.items():
        weights[labels == label] = weight
    return weights


def split(arrays, share):
    """(front, back) of (x, y, sample_weight): the back has the last `share` of the samples.

    Raises:
        ValueError: where one of the two would be empty, or the data are no arrays.
    """
    if is_stream(arrays[0]):
        raise ValueError("validation_split works with arrays; for a dataset give validation_data")
    arrays = tuple(as_arrays(part) for part in arrays)
    size = len(nest.flatten(arrays)[0])
    if not 0 < share < 1:
        raise ValueError(f"validation_split is between 0 and 1, got {share!r}")
    at = math.floor(size * (1 - share))
    if at in (0, size):
        raise ValueError(f"validation_split={share} of {size} samples leaves {at} for training and {size - at} for "
                         "validation")
    return cut(arrays, slice(None, at)), cut(arrays, slice(at, None))


def cut(arrays, part):
    """(x, y, sample_weight) of the samples that a slice names."""
    return tuple(nest.map_structure(lambda a: None if a is None else a[part], structure) for structure in arrays)
