"""Floor 4: what users give as axes, shapes and numbers, made canonical; and what symbolic tensors are given instead."""

import functools
import operator

import numpy as np

from tinynn.core import nest
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError


def axis_of(axis, ndim, name="axis"):
    """A non-negative axis of a tensor with `ndim` axes.

    Raises:
        InvalidArgumentError: there is no such axis.
    """
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise InvalidArgumentError(f"{name} {axis} is out of range for a tensor with {ndim} axes"
                                   + (f"; it can be {-ndim} to {ndim - 1}" if ndim else ""))
    return axis + ndim if axis < 0 else axis


def axes_of(axis, ndim):
    """Non-negative axes as a sorted tuple: of None (all of them), an int, or several ints in any form."""
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int:
        return (axis_of(axis, ndim),)
    given = axis if isinstance(axis, (list, tuple)) else np.atleast_1d(np.asarray(axis))
    axes = tuple(sorted(axis_of(a, ndim) for a in given))
    if len(set(axes)) != len(axes):
        raise InvalidArgumentError(f"axis {axis} names an axis twice")
    return axes


def ints_of(values):
    """A tuple of ints: of an int, a list, a TensorShape, an array or an integer tensor."""
    if type(values) is tuple and all(type(v) is int for v in values):
        return values
    if isinstance(values, (list, tuple)):
        return tuple([operator.index(v) for v in values])
    values = np.asarray(values)
    if values.dtype.kind not in "iu" and values.size:
        raise TypeError(f"expected integers, got {values.dtype.name}: {values.tolist()}")
    return tuple(int(v) for v in values.reshape(-1))


def shape_of(shape):
    """A shape as a tuple of ints: of an int, a list, a TensorShape, an array or an integer tensor.

    Raises:
        InvalidArgumentError: an extent is negative or not known.
    """
    if isinstance(shape, (list, tuple)) and None in shape:
        raise InvalidArgumentError(f"the shape {tuple(shape)} has an unknown extent; give every extent as a number")
    extents = ints_of(shape)
    if any(n < 0 for n in extents):
        raise InvalidArgumentError(f"the shape {extents} has a negative extent")
    return extents


def dtype_of(dtype, default):
    """The DType that was asked for, or the default."""
    return as_dtype(default if dtype is None else dtype)


def floats(op):
    """Marks an op of floating-point tensors: an integer is an error, not silently float64."""
    op.kinds = "fc"
    return op


def numbers(op):
    """Marks an op of numbers: truth values are an error, since True + True is no truth value, and so is text."""
    op.kinds = "iufc"
    return op


def symbolic(x):
    """Whether x stands for a tensor to come."""
    return hasattr(type(x), "__tinynn_bind__")


class Composite:
    """A public function in the place of an op: a symbolic tensor takes it with its arguments, as it takes an op, and
    calls it, `op(*inputs, *attributes)`, when there are values. So it may compute with extents."""

    variadic, inputs, attributes = True, ("values",), ("call",)

    def __init__(self, function):
        self.function, self.name, self.formula = function, function.__name__, f"{function.__name__}(...)"

    def __call__(self, *values_and_call):
        values, call = values_and_call[:-1], values_and_call[-1]
        args, kwargs = nest.map_structure(
            lambda leaf: values[leaf.index] if type(leaf) is Slot else leaf, call.template)
        return self.function(*args, **kwargs)

    def defer(self, args, kwargs):
        """What the symbolic tensor among the arguments makes of the call."""
        values = []

        def take(leaf):
            if not symbolic(leaf):
                return leaf
            values.append(leaf)
            return Slot(len(values) - 1)

        template = nest.map_structure(take, (args, kwargs))
        return values[0].__tinynn_bind__(self, tuple(values), (Call(template),))

    def __repr__(self):
        return f"<function {self.name}>"


class Call:
    """The arguments of a deferred call, with slots where the symbolic tensors stood."""

    def __init__(self, template):
        self.template = template

    def __repr__(self):
        args, kwargs = self.template
        return ", ".join([*map(repr, args), *(f"{k}={v!r}" for k, v in kwargs.items())])


class Slot:
    """The place of a symbolic tensor among the arguments of a deferred call."""

    def __init__(self, index):
        self.index = index

    def __repr__(self):
        return f"%{self.index}"


def on_extents(function):
    """Makes a function that computes with extents wait for them where an argument is symbolic."""
    op = Composite(function)

    @functools.wraps(function)
    def public(*args, **kwargs):
        for x in (*args, *kwargs.values()) if kwargs else args:
            if symbolic(x) or (type(x) in (list, tuple) and any(symbolic(item) for item in x)):
                return op.defer(args, kwargs)
        return function(*args, **kwargs)

    return public

