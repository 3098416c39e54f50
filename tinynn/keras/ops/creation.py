"""Floor 7: functions that make tensors."""

import operator

import numpy as np

from tinynn import ops
from tinynn.core import dtypes
from tinynn.keras.config import floatx
from tinynn.keras.ops.dispatch import kind_of, op, result_type, tensor
from tinynn.keras.variable import dtype_name


def zeros(shape, dtype=None):
    """Zeros, of Keras's float type by default."""
    return ops.zeros(shape, dtype or floatx())


def ones(shape, dtype=None):
    """Ones, of Keras's float type by default."""
    return ops.ones(shape, dtype or floatx())


def empty(shape, dtype=None):
    """A tensor whose values do not matter: zeros."""
    return zeros(shape, dtype)


def full(shape, fill_value, dtype=None):
    """One value everywhere."""
    return ops.broadcast_to(_as(fill_value, dtype or floatx()), shape)


def _as(value, dtype):
    return ops.cast(tensor(value), dtype) if dtype_name(dtype) == "bool" else tensor(value, dtype)


@op
def zeros_like(x, dtype=None):
    """Zeros of the shape of x."""
    return ops.zeros_like(tensor(x), dtype=dtype)


@op
def ones_like(x, dtype=None):
    """Ones of the shape of x."""
    return ops.ones_like(tensor(x), dtype=dtype)


@op
def empty_like(x, dtype=None):
    """A tensor of the shape of x whose values do not matter: zeros."""
    return ops.zeros_like(tensor(x), dtype=dtype)


@op
def full_like(x, fill_value, dtype=None):
    """One value everywhere, in the shape of x."""
    x = tensor(x)
    return ops.broadcast_to(_as(fill_value, dtype_name(dtype or x.dtype)), tuple(x.shape))


@op
def array(x, dtype=None):
    """x as a tensor."""
    return tensor(x) if dtype is None else tensor(x, dtype)


def arange(start, stop=None, step=None, dtype=None):
    """Numbers from start (0 where only one is given) to below stop."""
    given = [v for v in (start, stop, step) if v is not None]
    dtype = dtype_name(dtype or result_type(*[kind_of(v) for v in given]))
    start, stop = (0, start) if stop is None else (start, stop)
    return ops.cast(ops.convert_to_tensor(np.arange(start, stop, 1 if step is None else step)), dtype)


def _spaced(points, dtype):
    return ops.cast(ops.convert_to_tensor(points), dtype or floatx())


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` numbers at one distance, from start to stop; with `retstep`, and that distance."""
    start, stop = np.asarray(start, "float64"), np.asarray(stop, "float64")
    points, step = np.linspace(start, stop, num, endpoint, retstep=True, axis=axis)
    return (_spaced(points, dtype), _spaced(step, dtype)) if retstep else _spaced(points, dtype)


def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """base to the power of `linspace(start, stop)`."""
    return _spaced(np.logspace(np.asarray(start, "float64"), np.asarray(stop, "float64"), num, endpoint, base,
                               axis=axis), dtype)


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """`num` numbers at one ratio, from start to stop."""
    return _spaced(np.geomspace(np.asarray(start, "float64"), np.asarray(stop, "float64"), num, endpoint, axis=axis),
                   dtype)


def eye(N, M=None, k=0, dtype=None):
    """Ones on the diagonal k of a matrix (N, M), zeros elsewhere."""
    N, M = _whole(N, "N"), _whole(N if M is None else M, "M")
    return _spaced(np.eye(N, M, k), dtype)


def _whole(n, name):
    """A number of rows or columns as an int.

    Raises:
        TypeError: it is no whole number.
    """
    if not (hasattr(n, "dtype") and np.asarray(n).dtype.kind in "iu"):
        try:
            return operator.index(n)
        except TypeError:
            raise TypeError(f"`{name}` is a whole number, got {n!r}") from None
    return int(np.asarray(n))


def identity(n, dtype=None):
    """The identity matrix."""
    return eye(n, dtype=dtype)


def tri(N, M=None, k=0, dtype=None):
    """Ones on and below the diagonal k, zeros above."""
    return _spaced(np.tri(N, M, k), dtype)


@op
def tril(x, k=0):
    """x with zeros above the diagonal k."""
    x = tensor(x)
    keep = np.tri(*tuple(x.shape)[-2:], k, dtype=bool)
    return ops.where(keep, x, ops.zeros_like(x))


@op
def triu(x, k=0):
    """x with zeros below the diagonal k."""
    x = tensor(x)
    drop = np.tri(*tuple(x.shape)[-2:], k - 1, dtype=bool)
    return ops.where(drop, ops.zeros_like(x), x)


@op
def meshgrid(*x, indexing="xy"):
    """A list of the coordinates of a grid with these axes."""
    return list(ops.meshgrid(*[tensor(one) for one in x], indexing=indexing))


@op
def vander(x, N=None, increasing=False):
    """The powers of the elements of a vector, along a new last axis."""
    x = tensor(x)
    powers = np.arange(x.shape[0] if N is None else N)
    powers = powers if increasing else powers[::-1].copy()
    return ops.pow(ops.expand_dims(x, -1), ops.cast(ops.convert_to_tensor(powers), x.dtype))


def _window(name, function):
    def window(x):
        return _spaced(function(int(np.asarray(x))), None)

    window.__name__ = window.__qualname__ = name
    window.__doc__ = f"NumPy's window `{name}` of x points."
    return window


bartlett = _window("bartlett", np.bartlett)
blackman = _window("blackman", np.blackman)
hamming = _window("hamming", np.hamming)
hanning = _window("hanning", np.hanning)


def kaiser(x, beta):
    """NumPy's window `kaiser` of x points."""
    return _spaced(np.kaiser(int(np.asarray(x)), float(np.asarray(beta))), None)


def dtype(x):
    """The dtype of x, as a string."""
    return dtype_name(dtypes.as_dtype(tensor(x).dtype))
