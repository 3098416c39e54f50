"""Floor 7: how targets, predictions and weights are brought to one shape and dtype."""

from tinynn import ops
from tinynn.autodiff.operand import Operand
from tinynn.autodiff.tensor import Tensor, operand
from tinynn.keras.config import epsilon, floatx


def as_float(x):
    """`x` as a floating-point tensor: a tensor keeps its float type, everything else gets `floatx()`."""
    if isinstance(x, Operand) or hasattr(x, "__tinynn_bind__"):
        return x if x.dtype.is_floating else ops.cast(x, floatx())
    return ops.cast(operand(x), floatx())


def as_like(y, x):
    """`y` as a tensor of the dtype of x; an array goes to the device of x."""
    y = operand(y, like=x)
    return y if y.dtype is x.dtype or y.dtype == x.dtype else ops.cast(y, x.dtype)


def same_rank(a, b, expand_rank_1=True):
    """Takes away, or adds, a last axis of length 1 where the ranks differ by one: (N,) against (N, 1)."""
    m, n = len(a.extents), len(b.extents)
    if m == n:
        return a, b
    if m == n + 1 and a.shape[-1] == 1:
        return (a, ops.expand_dims(b, -1)) if n == 1 and expand_rank_1 else (ops.squeeze(a, -1), b)
    if n == m + 1 and b.shape[-1] == 1:
        return (ops.expand_dims(a, -1), b) if m == 1 and expand_rank_1 else (a, ops.squeeze(b, -1))
    return a, b


def aligned(y_true, y_pred, what):
    """Targets and predictions as float tensors of one shape.

    Args:
        y_true, y_pred: arrays or tensors; (N,) fits (N, 1), and a scalar fits everything.
        what: the name of the loss or metric, for the error.

    Raises:
        ValueError: where the shapes differ. NumPy's broadcasting of (4, 1) against (4, 3) would compare every target
            with every prediction of its row, which nobody means.
    """
    if type(y_true) is type(y_pred) is Tensor and y_pred.dtype.is_floating and (
            y_true.dtype is y_pred.dtype and y_true.extents == y_pred.extents):
        return y_true, y_pred
    y_pred = as_float(y_pred)
    y_true, y_pred = same_rank(as_like(y_true, y_pred), y_pred)
    check_same_shape(y_true, y_pred, what)
    return y_true, y_pred


def check_same_shape(y_true, y_pred, what):
    """Raises ValueError where targets and predictions have different shapes; a scalar fits everything."""
    a, b = tuple(y_true.extents), tuple(y_pred.extents)
    if a == b or not a or not b:
        return
    if len(a) != len(b) or any(m != n and m is not None and n is not None for m, n in zip(a, b, strict=True)):
        raise ValueError(f"{what} got y_true of shape {a} and y_pred of shape {b}; it compares element by element, "
                         f"so they must have the same shape. {_advice(a, b)}")


def _advice(a, b):
    if len(a) == len(b) and a[:-1] == b[:-1] and 1 in (a[-1], b[-1]):
        if a[-1] == 1:
            return f"Give the last layer 1 unit instead of {b[-1]}, or a loss that takes class numbers (sparse_...)"
        return f"Give the last layer {a[-1]} units instead of 1"
    return "Check the targets, and the number of units of the last layer"


def normalize(x, axis=-1):
    """x divided by its 2-norm along an axis, which counts as at least epsilon."""
    square = ops.reduce_sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(square, epsilon() ** 2))
