"""Floor 4: x[key]. A key of numbers and slices is a view; one with arrays or masks gathers."""

import operator

import numpy as np

from tinynn.autodiff.tensor import Tensor, convert, operand
from tinynn.core.errors import InvalidArgumentError
from tinynn.ops.arguments import Composite, symbolic
from tinynn.ops.broadcast import reshape
from tinynn.ops.gather import gather, gather_nd
from tinynn.ops.layout import cast, stack
from tinynn.ops.logic import _where, less, nonzero
from tinynn.ops.math import add, multiply
from tinynn.ops.view import _getitem, slice_assign


def getitem(x, key):
    """x[key], as NumPy reads it; differentiable.

    Args:
        x: a tensor or a variable.
        key: a number, a slice, `...`, `None` (a new axis), or a tuple of them, which give a view; or with arrays,
            lists or tensors of whole numbers, which gather along their axis; or a mask of truth values.

    Raises:
        InvalidArgumentError: an index is out of range, or there are more indices than axes.
        TypeError: something that is no index.
    """
    if symbolic(x):
        return _composite.defer((x, key), {})
    shape = tuple(x.shape)
    if type(key) is int:
        key = (key,)
    elif not isinstance(key, tuple):
        if _is_mask(key):
            return masked(x, key)
        key = (key,)
    start, step, count, axes, arrays = _parse(key, x)
    if start == (0,) * len(shape) and count == shape and not arrays and axes == tuple(range(len(shape))) \
            and type(x) is Tensor and all(s == 1 for s in step):
        return x
    part = _getitem(x, start, step, count, axes)
    return _gather_arrays(part, arrays) if arrays else part


_composite = Composite(getitem)


def _is_mask(item):
    if isinstance(item, (bool, np.bool_)):
        return True
    if isinstance(item, (list, np.ndarray)):
        return np.asarray(item).dtype == bool
    return getattr(item, "dtype", None) == "bool"


def _parse(key, x):
    """(start, step, count, axes, arrays) of a key of x; `arrays` lists (axis of the view, indices)."""
    shape = tuple(x.shape)
    used = sum([item is not None and item is not Ellipsis for item in key])
    if used > len(shape):
        raise InvalidArgumentError(f"{used} indices are too many for a tensor of shape {shape}")
    if not any(item is Ellipsis for item in key):
        key = (*key, Ellipsis)
    start, step, count, axes, arrays = [], [], [], [], []
    seen = False
    for item in key:
        axis = len(start)
        if item is None:
            axes.append(-1)
        elif item is Ellipsis:
            if seen:
                raise InvalidArgumentError("an index can have one `...` only")
            seen = True
            for n in shape[axis:len(shape) - used]:
                axes.append(len(start))
                start.append(0), step.append(1), count.append(n)
        else:
            used -= 1
            n = shape[axis]
            if isinstance(item, slice):
                first, stop, stride = slice(*map(_bound, (item.start, item.stop, item.step))).indices(n)
                length = len(range(first, stop, stride))
                start.append(first if length else 0), step.append(stride if length > 1 else 1), count.append(length)
                axes.append(axis)
            elif isinstance(item, (int, np.integer)) and not isinstance(item, bool):
                start.append(_place(int(item), n, axis, shape)), step.append(1), count.append(1)
            else:
                arrays.append((len(axes), _indices(item, n, x)))
                start.append(0), step.append(1), count.append(n)
                axes.append(axis)
    return tuple(start), tuple(step), tuple(count), tuple(axes), arrays


def _bound(value):
    return value if value is None else operator.index(value)


def _place(index, n, axis, shape):
    if not -n <= index < n:
        raise InvalidArgumentError(f"index {index} is out of range for axis {axis} of a tensor of shape {shape}"
                                   + (f"; it can be {-n} to {n - 1}" if n else ""))
    return index + n if index < 0 else index


def _indices(item, n, x):
    """Whole numbers as indices from 0 on, beside x."""
    if _is_mask(item):
        item = np.flatnonzero(np.asarray(item))
    if not isinstance(item, (list, np.ndarray, range)) and not hasattr(item, "dtype"):
        raise TypeError(f"an index is a whole number, a slice, ..., None or an array of whole numbers, got "
                        f"{type(item).__name__}: {item!r}")
    if isinstance(item, (list, range)) and not len(item):
        item = np.zeros(0, np.int64)
    indices = operand(item, like=x)
    if not indices.dtype.is_integer:
        raise TypeError(f"an index is a whole number, got {indices.dtype.name}; cast it, as in tf.cast(i, tf.int32)")
    if indices.dtype.is_unsigned:
        return indices
    return _where(less(indices, 0), add(indices, n), indices)


def _gather_arrays(part, arrays):
    """Gathers along one axis, or along the first axes of the view together."""
    if len(arrays) == 1:
        axis, indices = arrays[0]
        return gather(part, indices, axis=axis)
    if [axis for axis, _ in arrays] != list(range(len(arrays))):
        raise TypeError("several arrays as indices must stand first and side by side, as in x[rows, columns]; "
                        "for other places use tf.gather along one axis after the other, or tf.gather_nd")
    columns = [cast(indices, "int64") for _, indices in arrays]
    total = columns[0]
    for column in columns[1:]:
        total = add(total, multiply(column, 0))
    zero = multiply(total, 0)
    return gather_nd(part, stack([add(column, zero) for column in columns], axis=-1))


def masked(tensor, mask, axis=0):
    """The elements of a tensor where a mask over its axes from `axis` on is True; see boolean_mask."""
    mask = operand(mask, like=tensor)
    if mask.ndim == 0:
        raise InvalidArgumentError("a mask needs at least one axis; for one truth value write tf.where")
    shape, end = tuple(tensor.shape), axis + mask.ndim
    if tuple(mask.shape) != shape[axis:end]:
        raise InvalidArgumentError(f"a mask of shape {tuple(mask.shape)} does not fit a tensor of shape {shape}"
                                   + (f" from axis {axis} on" if axis else ""))
    places = reshape(nonzero(reshape(mask, (-1,))), (-1,))
    return gather(reshape(tensor, (*shape[:axis], -1, *shape[end:]) if mask.size else (*shape[:axis], 0, *shape[end:])),
                  places, axis=axis)


def assign_item(variable, key, value):
    """v[key].assign(value), for a key of numbers and slices; returns the variable."""
    start, step, count, axes, arrays = _parse(key if isinstance(key, tuple) else (key,), variable)
    if arrays:
        raise TypeError("only numbers and slices can be assigned to; for other places write "
                        "v.assign(tf.tensor_scatter_nd_update(v, indices, updates))")
    value = convert(value, variable.dtype, like=variable)
    shape = tuple([1 if a < 0 else count[a] for a in axes])
    given = (1,) * (len(shape) - value.ndim) + tuple(value.shape)
    if len(given) != len(shape) or any(m not in (1, n) for m, n in zip(given, shape, strict=True)):
        raise InvalidArgumentError(f"a value of shape {tuple(value.shape)} does not fit into v[{key!r}] of shape "
                                   f"{shape}")
    slice_assign(variable, value, start, step, count, axes)
    return variable
