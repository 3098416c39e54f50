"""Floor 7: the functions of `reductions` for what is not NaN."""

import numpy as np

from tinynn import ops
from tinynn.keras.ops import reductions
from tinynn.keras.ops.dispatch import floating, op, tensor
from tinynn.keras.ops.reductions import first, mixed, neighbours, rows_of


def _filled(x, value):
    x = tensor(x)
    return x if not x.dtype.is_floating else ops.where(ops.is_nan(x), ops.zeros_like(x) + value, x)


def _count(x, axis, keepdims):
    return ops.reduce_sum(ops.cast(ops.logical_not(ops.is_nan(x)), x.dtype), axis, keepdims)


@op
def nansum(x, axis=None, keepdims=False):
    """`sum` of what is not NaN."""
    return reductions.sum(_filled(x, 0.0), axis, keepdims)


@op
def nanprod(x, axis=None, keepdims=False):
    """`prod` of what is not NaN."""
    return reductions.prod(_filled(x, 1.0), axis, keepdims)


@op
def nancumsum(x, axis=None, dtype=None):
    """`cumsum` with 0 for NaN."""
    return reductions.cumsum(_filled(x, 0.0), axis, dtype)


@op
def nancumprod(x, axis=None, dtype=None):
    """`cumprod` with 1 for NaN."""
    return reductions.cumprod(_filled(x, 1.0), axis, dtype)


def _unless_empty(x, found, axis, keepdims, value):
    """What was found, but a value where there was nothing but NaN."""
    x = tensor(x)
    if not x.dtype.is_floating:
        return found
    return ops.where(ops.reduce_all(ops.is_nan(x), axis, keepdims), ops.zeros_like(found) + value, found)


@op
def nanmax(x, axis=None, keepdims=False):
    """`max` of what is not NaN; NaN where all are."""
    return _unless_empty(x, reductions.max(_filled(x, -np.inf), axis, keepdims), axis, keepdims, np.nan)


@op
def nanmin(x, axis=None, keepdims=False):
    """`min` of what is not NaN; NaN where all are."""
    return _unless_empty(x, reductions.min(_filled(x, np.inf), axis, keepdims), axis, keepdims, np.nan)


@op
def nanargmax(x, axis=None, keepdims=False):
    """`argmax` among what is not NaN; -1 where all are."""
    return _unless_empty(x, reductions.argmax(_filled(x, -np.inf), axis, keepdims), axis, keepdims, -1)


@op
def nanargmin(x, axis=None, keepdims=False):
    """`argmin` among what is not NaN; -1 where all are."""
    return _unless_empty(x, reductions.argmin(_filled(x, np.inf), axis, keepdims), axis, keepdims, -1)


@op
def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` of what is not NaN; NaN where all are. The arguments are those of `quantile`."""
    rows, shape = rows_of(floating(x), axis, keepdims)
    shares = np.asarray(q, "float64")
    real = ops.logical_not(ops.is_nan(rows))
    last = ops.reduce_sum(ops.cast(real, rows.dtype), -1, True) - 1.0
    low, high, between = neighbours(last * ops.constant(shares.reshape(-1), rows.dtype), method, ops)
    axis, values = len(rows.shape) - 1, ops.where(real, rows, ops.zeros_like(rows))
    below, above = (ops.take_along(values, ops.cast(ops.maximum(place, 0.0), "int32"), axis) for place in (low, high))
    found = mixed(below, above, between)
    return first(ops.where(last < 0.0, ops.zeros_like(found) + np.nan, found), shares.shape, shape)


@op
def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """`nanquantile` of q / 100."""
    return nanquantile(x, np.asarray(q, "float64") / 100, axis, method, keepdims)


@op
def nanmedian(x, axis=None, keepdims=False):
    """`median` of what is not NaN; NaN where all are."""
    return nanquantile(x, 0.5, axis, keepdims=keepdims)


@op
def nanmean(x, axis=None, keepdims=False):
    """`mean` of what is not NaN."""
    x = floating(x)
    return ops.reduce_sum(_filled(x, 0.0), axis, keepdims) / _count(x, axis, keepdims)


@op
def nanvar(x, axis=None, keepdims=False):
    """`var` of what is not NaN."""
    x = floating(x)
    return nanmean(ops.square(x - nanmean(x, axis, True)), axis, keepdims)


@op
def nanstd(x, axis=None, keepdims=False):
    """`std` of what is not NaN."""
    return ops.sqrt(nanvar(x, axis, keepdims))
