"""Labels and rows as training wants them."""

import numpy as np

from tinynn import ops
from tinynn.autodiff.tensor import Tensor


def to_categorical(x, num_classes=None):
    """One row per label: 1 at the label's place, 0 elsewhere.

    Args:
        x: integers from 0 to num_classes - 1, of shape (N,), (N, 1) or any other; an array, a list or a tensor.
        num_classes: how many there are; by default the largest label + 1.

    Returns:
        An array of shape x.shape + (num_classes,), float64; a float32 tensor where x is one.

    Raises:
        ValueError: for a label outside 0 to num_classes - 1.

    Example:
        >>> keras.utils.to_categorical([0, 2])
        array([[1., 0., 0.],
               [0., 0., 1.]])
    """
    labels = np.asarray(x).astype("int64")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    count = int(num_classes or (labels.max() + 1 if labels.size else 0))
    if labels.size and not (labels.min() >= 0 and labels.max() < count):
        raise ValueError(f"to_categorical got labels from {labels.min()} to {labels.max()} for {count} classes; they "
                         f"must lie between 0 and {count - 1}")
    rows = np.zeros((labels.size, count), "float32" if isinstance(x, Tensor) else "float64")
    rows[np.arange(labels.size), labels.ravel()] = 1
    rows = rows.reshape(*labels.shape, count)
    return ops.constant(rows) if isinstance(x, Tensor) else rows


def normalize(x, axis=-1, order=2):
    """`x` divided by its norm along `axis`; rows of zeros stay zeros.

    Args:
        x: an array or a tensor.
        axis: the axis whose elements make one vector.
        order: which norm, as for np.linalg.norm.
    """
    array = np.asarray(x)
    norm = np.linalg.norm(array, order, axis, keepdims=True)
    result = array / np.where(norm == 0, 1, norm)
    return ops.constant(result, dtype=x.dtype) if isinstance(x, Tensor) else result
