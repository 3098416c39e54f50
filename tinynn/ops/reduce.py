"""Floor 4: one value of many, along axes. (The sum is in broadcast.py: it is a part of every gradient.)

In the public functions `axis` is an int, several, or None for all; with `keepdims` a reduced axis stays, with length 1.
"""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.dtypes import as_dtype
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import axes_of, axis_of, floats, numbers
from tinynn.ops.broadcast import _reduce_sum, _reshape, keep_axes, reduce_sum, spread
from tinynn.ops.elementary import abs, exp, sqrt, square
from tinynn.ops.layout import _transpose, cast
from tinynn.ops.logic import _bools, _where, equal, is_finite, less, less_equal, not_equal
from tinynn.ops.scan import _cumprod


def _axes(rand):
    return [((rand(2, 4, 3),), {"axis": (0, 2), "keepdims": False}), ((rand(4, 3),), {"axis": (1,), "keepdims": True})]


def _truths(rand):
    return (rand(4, 3) > 0,), {"axis": (1,), "keepdims": False}


def _lowest(dtype):
    return -np.inf if dtype.kind == "f" else False if dtype.kind == "b" else np.iinfo(dtype).min


def _highest(dtype):
    return np.inf if dtype.kind == "f" else True if dtype.kind == "b" else np.iinfo(dtype).max


def _extreme(xp, function, x, axis, keepdims, of_none):
    """xp.max or xp.min over axes; `of_none` where they have no element."""
    if all(x.shape[a] for a in axis):
        return function(x, axis=axis, keepdims=keepdims)
    shape = tuple([1 if a in axis else n for a, n in enumerate(x.shape) if keepdims or a not in axis])
    return xp.full(shape, of_none, x.dtype)


@primitive("y = Σ x / n", example=_axes)
def _reduce_mean(xp, input_tensor, *, axis, keepdims):
    """The mean over the axes, of the input's type (rounded towards 0 for integers); NaN of no element."""
    if input_tensor.dtype == bool:
        raise ValueError("truth values have no mean; write tf.cast(x, tf.float32)")
    count = np.prod([input_tensor.shape[a] for a in axis], dtype=np.int64)
    if input_tensor.dtype.kind in "iu":
        total = xp.sum(input_tensor, axis=axis, keepdims=keepdims)      # of 64 bits: no sum of a few rows overflows
        return xp.trunc(total / count).astype(input_tensor.dtype)
    total = xp.sum(input_tensor, axis=axis, keepdims=keepdims, dtype=input_tensor.dtype)
    return total / total.dtype.type(count)


@_reduce_mean.vjp("g / n, repeated")
def _(g, input_tensor_shape, axis):
    count = 1
    for a in axis:
        count *= input_tensor_shape[a]
    return spread(g / float(count), input_tensor_shape, axis)


def reduce_mean(input_tensor, axis=None, keepdims=False, name=None):
    """The mean of the elements along axes; of integers it is rounded towards 0, of no element NaN."""
    input_tensor = operand(input_tensor)
    return _reduce_mean(input_tensor, axes_of(axis, input_tensor.ndim), bool(keepdims))


def _share(g, x, out, axis):
    """The gradient of an extreme: the elements that attain it share g in equal parts."""
    shape = tuple(x.shape)
    attains = cast(equal(x, keep_axes(out, shape, axis)), g.dtype)
    count = _reduce_sum(attains, axis, True)
    return attains * (keep_axes(g, shape, axis) / count)


@numbers
@primitive("y = max x", example=_axes)
def _reduce_max(xp, input_tensor, *, axis, keepdims):
    """The largest element over the axes; NaN where one is NaN, -inf (or the smallest integer) of no element."""
    return _extreme(xp, xp.max, input_tensor, axis, keepdims, _lowest(input_tensor.dtype))


@_reduce_max.vjp("g, in equal parts where x is the maximum")
def _(g, input_tensor, out, axis):
    return _share(g, input_tensor, out, axis)


def reduce_max(input_tensor, axis=None, keepdims=False, name=None):
    """The largest element along axes; NaN where one is NaN. Equal ones share the gradient.

    Of no element: -inf, or the smallest integer.
    """
    input_tensor = operand(input_tensor)
    return _reduce_max(input_tensor, axes_of(axis, input_tensor.ndim), bool(keepdims))


@numbers
@primitive("y = min x", example=_axes)
def _reduce_min(xp, input_tensor, *, axis, keepdims):
    """The smallest element over the axes; NaN where one is NaN, inf (or the largest integer) of no element."""
    return _extreme(xp, xp.min, input_tensor, axis, keepdims, _highest(input_tensor.dtype))


@_reduce_min.vjp("g, in equal parts where x is the minimum")
def _(g, input_tensor, out, axis):
    return _share(g, input_tensor, out, axis)


def reduce_min(input_tensor, axis=None, keepdims=False, name=None):
    """The smallest element along axes; NaN where one is NaN. Equal ones share the gradient.

    Of no element: inf, or the largest integer.
    """
    input_tensor = operand(input_tensor)
    return _reduce_min(input_tensor, axes_of(axis, input_tensor.ndim), bool(keepdims))


@numbers
@primitive("y = Π x", example=_axes)
def _reduce_prod(xp, input_tensor, *, axis, keepdims):
    """The product over the axes, of the input's type; 1 of no element."""
    return xp.prod(input_tensor, axis=axis, keepdims=keepdims, dtype=input_tensor.dtype)


@_reduce_prod.vjp("g times the product of the other elements")
def _(g, input_tensor, axis):
    x, shape = input_tensor, tuple(input_tensor.shape)
    order = (*[i for i in range(x.ndim) if i not in axis], *axis)
    lead = tuple([shape[i] for i in order[:x.ndim - len(axis)]])
    count = int(np.prod([shape[a] for a in axis], dtype=np.int64))
    rows = _reshape(_transpose(x, order), (*lead, count))
    others = _cumprod(rows, len(lead), True, False) * _cumprod(rows, len(lead), True, True)
    back = tuple([order.index(i) for i in range(x.ndim)])
    return spread(g, shape, axis) * _transpose(_reshape(others, tuple([shape[i] for i in order])), back)


def reduce_prod(input_tensor, axis=None, keepdims=False, name=None):
    """The product of the elements along axes; 1 of no element."""
    input_tensor = operand(input_tensor)
    return _reduce_prod(input_tensor, axes_of(axis, input_tensor.ndim), bool(keepdims))


@floats
@primitive("y = ln Σ eˣ", example=_axes)
def _reduce_logsumexp(xp, input_tensor, *, axis, keepdims):
    """log(sum(exp(x))) over the axes, without overflow; -inf of no element."""
    top = _extreme(xp, xp.max, input_tensor, axis, True, -np.inf)
    top = xp.where(xp.isfinite(top), top, top.dtype.type(0))
    total = xp.log(xp.sum(xp.exp(input_tensor - top), axis=axis, keepdims=True)) + top
    return total if keepdims else xp.squeeze(total, axis)


@_reduce_logsumexp.vjp("g eˣ⁻ʸ")
def _(g, input_tensor, out, axis):
    shape = tuple(input_tensor.shape)
    total = keep_axes(_where(is_finite(out), out, 0.0), shape, axis)
    return spread(g, shape, axis) * exp(input_tensor - total)


def reduce_logsumexp(input_tensor, axis=None, keepdims=False, name=None):
    """log(sum(exp(x))) along axes, without overflow."""
    input_tensor = operand(input_tensor)
    return _reduce_logsumexp(input_tensor, axes_of(axis, input_tensor.ndim), bool(keepdims))


@primitive("y = x₁ ∨ x₂ ∨ ...", example=_truths)
def _reduce_any(xp, input_tensor, *, axis, keepdims):
    """Whether an element is True; False of no element."""
    _bools(input_tensor)
    return xp.any(input_tensor, axis=axis, keepdims=keepdims)


def reduce_any(input_tensor, axis=None, keepdims=False, name=None):
    """Whether an element along axes is True, of a bool tensor; False of no element."""
    input_tensor = operand(input_tensor, "bool")
    return _reduce_any(input_tensor, axes_of(axis, input_tensor.ndim), bool(keepdims))


@primitive("y = x₁ ∧ x₂ ∧ ...", example=_truths)
def _reduce_all(xp, input_tensor, *, axis, keepdims):
    """Whether all elements are True; True of no element."""
    _bools(input_tensor)
    return xp.all(input_tensor, axis=axis, keepdims=keepdims)


def reduce_all(input_tensor, axis=None, keepdims=False, name=None):
    """Whether all elements along axes are True, of a bool tensor; True of no element."""
    input_tensor = operand(input_tensor, "bool")
    return _reduce_all(input_tensor, axes_of(axis, input_tensor.ndim), bool(keepdims))


def is_non_decreasing(x, name=None):
    """Whether each element of a tensor, read row by row, is at least the one before it; True of fewer than two.

    Example:
        >>> tf.math.is_non_decreasing([1.0, 1.0, 2.0])
    """
    flat = _flat(x)
    return reduce_all(less_equal(flat[:-1], flat[1:]))


def is_strictly_increasing(x, name=None):
    """Whether each element of a tensor, read row by row, is larger than the one before it; True of fewer than two."""
    flat = _flat(x)
    return reduce_all(less(flat[:-1], flat[1:]))


def _flat(x):
    x = operand(x)
    return _reshape(x, (x.shape.num_elements(),))


# ---- where the extreme is --------------------------------------------------------------------------------------------


@primitive("y = the index of the maximum", example=lambda rand: ((rand(4, 3),), {"axis": 1}))
def _argmax(xp, input, *, axis):
    """The index of the largest element along an axis, the first of equal ones; int64."""
    return xp.argmax(input, axis=axis).astype("int64")


def argmax(input, axis=None, output_type="int64", name=None):
    """The index of the largest element along an axis (by default the first axis); of equal ones the first.

    Returns:
        Whole numbers of `output_type`, of the shape of the input without the axis.
    """
    input = operand(input)
    return cast(_argmax(input, axis_of(0 if axis is None else axis, input.ndim)), output_type)


@primitive("y = the index of the minimum", example=lambda rand: ((rand(4, 3),), {"axis": 1}))
def _argmin(xp, input, *, axis):
    """The index of the smallest element along an axis, the first of equal ones; int64."""
    return xp.argmin(input, axis=axis).astype("int64")


def argmin(input, axis=None, output_type="int64", name=None):
    """The index of the smallest element along an axis (by default the first axis); of equal ones the first."""
    input = operand(input)
    return cast(_argmin(input, axis_of(0 if axis is None else axis, input.ndim)), output_type)


# ---- made of the others ----------------------------------------------------------------------------------------------


def reduce_variance(input_tensor, axis=None, keepdims=False, name=None):
    """The mean squared distance from the mean, along axes.

    Raises:
        TypeError: whole numbers, whose variance is not one.

    Example:
        >>> tf.math.reduce_variance([[1.0, 3.0], [2.0, 8.0]], axis=1)
    """
    input_tensor = operand(input_tensor)
    if input_tensor.dtype.is_integer:
        raise TypeError(f"the variance of whole numbers ({as_dtype(input_tensor.dtype).name}) is none; write "
                        "tf.cast(x, tf.float32)")
    return reduce_mean(_squares(input_tensor - reduce_mean(input_tensor, axis, True)), axis, keepdims)


def _squares(x):
    return square(abs(x) if x.dtype.is_complex else x)


def reduce_std(input_tensor, axis=None, keepdims=False, name=None):
    """The standard deviation along axes, the root of `reduce_variance`.

    Example:
        >>> tf.math.reduce_std([[1.0, 3.0], [2.0, 8.0]], axis=1)
    """
    return sqrt(reduce_variance(input_tensor, axis, keepdims))


def reduce_euclidean_norm(input_tensor, axis=None, keepdims=False, name=None):
    """The root of the sum of squares along axes.

    Example:
        >>> tf.math.reduce_euclidean_norm([3.0, 4.0])
    """
    return sqrt(reduce_sum(_squares(operand(input_tensor)), axis, keepdims))


def count_nonzero(input, axis=None, keepdims=None, dtype="int64", name=None):
    """How many elements along axes are not 0, not False, or no empty text.

    Example:
        >>> tf.math.count_nonzero([0.0, 3.0, 4.0])
    """
    input = operand(input)
    differs = input if as_dtype(input.dtype).is_bool else not_equal(input, b"" if input.dtype == "string" else 0)
    return reduce_sum(cast(differs, dtype), axis, bool(keepdims))
