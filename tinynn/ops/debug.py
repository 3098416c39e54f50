"""Floor 4: checks that a program makes of its own values. They return nothing, and raise where a check fails."""

import sys

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.tensor import operand
from tinynn.core import nest
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.host import unrecorded


def _compare(x, y, message, summarize, holds, what):
    a, b = np.asarray(operand(x)), np.asarray(operand(y) if not hasattr(x, "dtype") else operand(y, x.dtype))
    try:
        with np.errstate(invalid="ignore"):
            good = np.broadcast_arrays(holds(a, b))[0]
    except ValueError:
        raise InvalidArgumentError(f"{_lead(message)}shapes {a.shape} and {b.shape} do not broadcast") from None
    if np.all(good):
        return
    a, b = np.broadcast_arrays(a, b)
    bad = np.argwhere(~good)[:3 if summarize is None else summarize]
    places = "; ".join(f"{a[tuple(i)]} and {b[tuple(i)]} at {tuple(i.tolist())}" for i in bad)
    raise InvalidArgumentError(f"{_lead(message)}expected {what}, which fails for {np.sum(~good)} of {good.size} "
                               f"elements: {places}")


def _lead(message):
    return f"{message}: " if message else ""


def assert_equal(x, y, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless x == y everywhere."""
    _compare(x, y, message, summarize, np.equal, "x == y")


def assert_none_equal(x, y, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless x != y everywhere."""
    _compare(x, y, message, summarize, np.not_equal, "x != y")


def assert_less(x, y, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless x < y everywhere."""
    _compare(x, y, message, summarize, np.less, "x < y")


def assert_less_equal(x, y, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless x <= y everywhere."""
    _compare(x, y, message, summarize, np.less_equal, "x <= y")


def assert_greater(x, y, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless x > y everywhere."""
    _compare(x, y, message, summarize, np.greater, "x > y")


def assert_greater_equal(x, y, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless x >= y everywhere."""
    _compare(x, y, message, summarize, np.greater_equal, "x >= y")


def assert_positive(x, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless x > 0 everywhere."""
    _compare(x, 0, message, summarize, np.greater, "x > 0")


def assert_non_negative(x, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless x >= 0 everywhere."""
    _compare(x, 0, message, summarize, np.greater_equal, "x >= 0")


def assert_near(x, y, rtol=None, atol=None, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless |x - y| <= atol + rtol |y| everywhere; both are 10 epsilon by default."""
    epsilon = 10 * np.finfo(operand(x).dtype.dtype).eps
    rtol, atol = epsilon if rtol is None else rtol, epsilon if atol is None else atol
    _compare(x, y, message, summarize, lambda a, b: np.abs(a - b) <= atol + rtol * np.abs(b),
             f"|x - y| <= {atol} + {rtol} |y|")


def assert_all_finite(x, message=None, name=None):
    """Raises InvalidArgumentError where x has an infinity or NaN; returns x otherwise."""
    _compare(x, 0, message, None, lambda a, b: np.isfinite(a), "finite numbers")
    return operand(x)


def assert_negative(x, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless x < 0 everywhere."""
    _compare(x, 0, message, summarize, np.less, "x < 0")


def assert_non_positive(x, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless x <= 0 everywhere."""
    _compare(x, 0, message, summarize, np.less_equal, "x <= 0")


def assert_scalar(tensor, message=None, name=None):
    """Raises ValueError unless the tensor has no axes; returns it."""
    assert_rank(tensor, 0, message)
    return tensor


def assert_integer(x, message=None, name=None):
    """Raises TypeError unless x is of an integer type."""
    if not operand(x).dtype.is_integer:
        raise TypeError(f"{_lead(message)}expected whole numbers, got {operand(x).dtype.name}")


def check_numerics(tensor, message, name=None):
    """Raises InvalidArgumentError where the tensor has an infinity or NaN; returns it otherwise."""
    return assert_all_finite(tensor, message)


def Assert(condition, data, summarize=None, name=None):
    """Raises InvalidArgumentError with the data unless the condition is True."""
    if not np.all(np.asarray(operand(condition))):
        shown = ", ".join(str(np.asarray(operand(x))) for x in data)
        raise InvalidArgumentError(f"an assertion does not hold; data: {shown}")


def assert_rank(x, rank, message=None, name=None):
    """Raises ValueError unless x has `rank` axes."""
    if operand(x).ndim != int(rank):
        raise ValueError(f"{_lead(message)}expected {int(rank)} axes, got shape {tuple(operand(x).shape)}")


def assert_rank_at_least(x, rank, message=None, name=None):
    """Raises ValueError unless x has `rank` axes or more."""
    if operand(x).ndim < int(rank):
        raise ValueError(f"{_lead(message)}expected at least {int(rank)} axes, got shape {tuple(operand(x).shape)}")


def assert_rank_in(x, ranks, message=None, name=None):
    """Raises ValueError unless the number of axes of x is among `ranks`."""
    if operand(x).ndim not in [int(rank) for rank in ranks]:
        raise ValueError(f"{_lead(message)}expected {' or '.join(str(int(rank)) for rank in ranks)} axes, got shape "
                         f"{tuple(operand(x).shape)}")


def assert_same_float_dtype(tensors=None, dtype=None):
    """Raises ValueError unless the tensors have one floating-point type, and that `dtype`; returns it."""
    kinds = [operand(x).dtype for x in tensors or []] + ([] if dtype is None else [as_dtype(dtype)])
    for kind in kinds:
        if not kind.is_floating or kind != kinds[0]:
            raise ValueError(f"expected one floating-point type, got {', '.join(k.name for k in kinds)}")
    return kinds[0] if kinds else as_dtype("float32")


def assert_proper_iterable(values):
    """Raises TypeError unless `values` is a collection of tensors: neither a tensor nor text."""
    if hasattr(values, "__array__") or isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"expected a list or another collection of values, got {type(values).__name__}")


def is_numeric_tensor(tensor):
    """Whether it is a tensor of numbers."""
    return isinstance(tensor, Array) and as_dtype(tensor.dtype).is_numeric


def assert_shapes(shapes, data=None, summarize=None, message=None, name=None):
    """Raises ValueError where shapes do not fit.

    Args:
        shapes: a list of (tensor, shape) or a dict; an extent is a number, None (any), or a name, which stands for the
            same number wherever it occurs; `"..."` or `...` in first place stands for any axes.
    """
    names = {}
    for x, wanted in shapes.items() if isinstance(shapes, dict) else shapes:
        got = tuple(operand(x.deref() if hasattr(x, "deref") else x).shape)
        wanted = tuple(wanted) if not isinstance(wanted, int) else (wanted,)
        if wanted and wanted[0] in (..., "...", "*"):
            wanted = (None,) * (len(got) - len(wanted) + 1) + wanted[1:]
        fits = len(got) == len(wanted) and all(
            w is None or n == (names.setdefault(w, n) if isinstance(w, str) else int(w))
            for n, w in zip(got, wanted, strict=True))
        if not fits:
            raise ValueError(f"{_lead(message)}expected shape {wanted}, got {got}"
                             + (f", with {names}" if names else ""))


def assert_type(tensor, tf_type, message=None, name=None):
    """Raises TypeError unless the tensor has that type."""
    if operand(tensor).dtype != tf_type:
        raise TypeError(f"{_lead(message)}expected {tf_type}, got {operand(tensor).dtype.name}")


def _number(value):
    """A number as TensorFlow prints it: the shortest form that reads back the same."""
    if isinstance(value, np.bool_):
        return str(int(value))
    if not isinstance(value, np.floating):
        return f'"{value.decode()}"' if isinstance(value, bytes) else str(value)
    digits = {2: 4, 4: 6, 8: 15}.get(value.dtype.itemsize, 15)
    short = f"{value:.{digits}g}"
    return short if type(value)(short) == value or value != value else f"{value:.{digits + 3 - (digits == 15)}g}"


def _rows(array, edge, indent=1):
    if array.ndim == 0:
        return _number(array[()])
    items = [_rows(x, edge, indent + 1) for x in (array if len(array) <= 2 * edge else array[:edge])]
    if len(array) > 2 * edge:
        items += ["...", *[_rows(x, edge, indent + 1) for x in array[len(array) - edge:]]]
    return "[" + (" " if array.ndim == 1 else "\n" + " " * indent).join(items) + "]"


def _shown(x, edge):
    if nest.is_nested(x):
        leaves = nest.map_structure(lambda leaf: _Text(_shown(leaf, edge)), x)
        return str(leaves)
    return _rows(np.asarray(x), edge) if hasattr(x, "__array__") else str(x)


def shown(x, summarize=3):
    """A value, or a structure of values, as `tf.print` shows it."""
    return _shown(x, sys.maxsize // 2 if summarize is None or summarize < 0 else summarize)


class _Text(str):
    """Text without quotes inside a list."""

    __repr__ = str.__str__


def show(*inputs, output_stream=None, summarize=3, sep=" ", end="\n", name=None):
    """Prints values, long tensors shortened; it is `tf.print`.

    Args:
        inputs: tensors, structures of them, and anything else.
        output_stream: a file such as sys.stdout; stderr by default; "file://path" appends to a file.
        summarize: how many elements at each end of an axis are shown; -1 for all.
        sep, end: what stands between the inputs and after them.
    """
    unrecorded()
    line = sep.join(shown(x, summarize) for x in inputs) + end
    if isinstance(output_stream, str):
        with open(output_stream.removeprefix("file://"), "a") as file:
            file.write(line)
    else:
        (output_stream or sys.stderr).write(line)


__getattr__, __dir__ = _namespace(__name__)
