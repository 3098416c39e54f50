"""Floor 4: running sums and products along an axis."""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import axis_of, floats, numbers
from tinynn.ops.elementary import exp, log, negative
from tinynn.ops.logic import _where, equal, greater, is_finite


def _shifted(xp, x, axis, exclusive, reverse, neutral, scan):
    """`scan` along an axis: with `exclusive` without the element itself, with `reverse` from the end."""
    if reverse:
        x = xp.flip(x, axis)
    if exclusive:
        first = xp.full((*x.shape[:axis], min(1, x.shape[axis]), *x.shape[axis + 1:]), neutral, x.dtype)
        x = xp.concatenate([first, x[(slice(None),) * axis + (slice(max(0, x.shape[axis] - 1)),)]], axis=axis)
    y = scan(x)
    return xp.flip(y, axis) if reverse else y


def _example(rand):
    return [((rand(4, 3),), {"axis": axis, "exclusive": exclusive, "reverse": reverse})
            for axis, exclusive, reverse in ((0, False, False), (1, True, False), (1, True, True))]


@numbers
@primitive("yᵢ = x₁ + ... + xᵢ", example=_example)
def _cumsum(xp, x, *, axis, exclusive, reverse):
    """The running sum along an axis, of the type of x."""
    return _shifted(xp, x, axis, exclusive, reverse, 0, lambda x: xp.cumsum(x, axis=axis, dtype=x.dtype))


@_cumsum.vjp("the running sum of g from the other end")
def _(g, axis, exclusive, reverse):
    return _cumsum(g, axis, exclusive, not reverse)


def cumsum(x, axis=0, exclusive=False, reverse=False, name=None):
    """The running sum along an axis: [a, b, c] gives [a, a + b, a + b + c].

    Args:
        x: a tensor of numbers.
        axis: along which axis.
        exclusive: whether element i is left out of sum i: [0, a, a + b].
        reverse: whether it runs from the end: [a + b + c, b + c, c].
    """
    x = operand(x)
    return _cumsum(x, axis_of(axis, x.ndim), bool(exclusive), bool(reverse))


@numbers
@primitive("yᵢ = x₁ x₂ ... xᵢ", example=_example)
def _cumprod(xp, x, *, axis, exclusive, reverse):
    """The running product along an axis, of the type of x."""
    return _shifted(xp, x, axis, exclusive, reverse, 1, lambda x: xp.cumprod(x, axis=axis, dtype=x.dtype))


@_cumprod.vjp("the running sum of g y from the other end, divided by x; 0 where x = 0")
def _(g, x, out, axis, exclusive, reverse):
    zero = equal(x, 0.0)
    return _where(zero, 0.0, _cumsum(g * out, axis, exclusive, not reverse) / _where(zero, 1.0, x))


def cumprod(x, axis=0, exclusive=False, reverse=False, name=None):
    """The running product along an axis: [a, b, c] gives [a, a b, a b c].

    With `exclusive` element i is left out ([1, a, a b]), with `reverse` it runs from the end. As in
    TensorFlow its gradient is taken as 0 where x is 0.
    """
    x = operand(x)
    return _cumprod(x, axis_of(axis, x.ndim), bool(exclusive), bool(reverse))


def _running(xp, x, axis):
    """The running logsumexp along an axis, in passes that join 1, 2, 4, ... elements (Hillis and Steele, 1986)."""
    lead, width = (slice(None),) * axis, 1
    while width < x.shape[axis]:
        a, b = x[(*lead, slice(None, -width))], x[(*lead, slice(width, None))]
        x = xp.concatenate([x[(*lead, slice(width))], xp.logaddexp(a, b)], axis=axis)
        width *= 2
    return x


@floats
@primitive("yᵢ = ln(eˣ₁ + ... + eˣᵢ)", example=lambda rand: ((rand(4, 3),), {"axis": 0, "exclusive": False,
                                                                              "reverse": True}))
def _cumulative_logsumexp(xp, x, *, axis, exclusive, reverse):
    """The running logsumexp along an axis."""
    return _shifted(xp, x, axis, exclusive, reverse, -np.inf, lambda x: _running(xp, x, axis))


@_cumulative_logsumexp.vjp("eˣ times the running sum of g e⁻ʸ from the other end")
def _(g, x, out, axis, exclusive, reverse):
    out = _where(is_finite(out), out, 0.0)
    halves = []
    for part in (g, negative(g)):       # the running sums of the positive and of the negative g, by their logarithms
        counts = greater(part, 0.0)
        logs = _where(counts, log(_where(counts, part, 1.0)), -1e30)
        halves.append(exp(_cumulative_logsumexp(logs - out, axis, exclusive, not reverse) + x))
    return halves[0] - halves[1]


def cumulative_logsumexp(x, axis=0, exclusive=False, reverse=False, name=None):
    """The running log(sum(exp(x))) along an axis, without overflow; see `cumsum` for the arguments."""
    x = operand(x)
    return _cumulative_logsumexp(x, axis_of(axis, x.ndim), bool(exclusive), bool(reverse))
