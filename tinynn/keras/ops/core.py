"""Floor 7: conversion, slices, loops and choices under Keras's names."""

import numpy as np

from tinynn import ops
from tinynn.autodiff.tensor import Tensor
from tinynn.core import nest
from tinynn.keras.ops.dispatch import op, tensor
from tinynn.keras.symbolic import KerasTensor
from tinynn.keras.variable import dtype_name


@op
def cast(x, dtype):
    """x as another dtype."""
    return ops.cast(tensor(x), dtype_name(dtype) if not isinstance(dtype, type) else np.dtype(dtype).name)


@op
def saturate_cast(x, dtype):
    """x as another dtype; what lies outside its range becomes its end."""
    return ops.saturate_cast(tensor(x), dtype_name(dtype))


@op
def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """x as a tensor."""
    if dtype is None:
        return ops.convert_to_tensor(x)
    return ops.cast(tensor(x), dtype)


def convert_to_numpy(x):
    """x as a NumPy array."""
    return np.array(x)


def is_tensor(x):
    """Whether x is a tensor, symbolic ones included."""
    return isinstance(x, (Tensor, KerasTensor))


def shape(x):
    """The shape of x, a tuple; None for what is not known."""
    return tuple(tensor(x).shape)


def ndim(x):
    """The number of axes."""
    return len(shape(x))


def size(x):
    """The number of elements; None where it is not known."""
    extents = shape(x)
    return None if None in extents else ops.convert_to_tensor(int(np.prod(extents, dtype="int64")), "int32")


@op
def stop_gradient(variable):
    """The same values, which gradients do not pass."""
    return ops.stop_gradient(tensor(variable))


def _bounds(start, extents):
    return tuple(slice_(int(a), int(a) + int(n)) for a, n in zip(start, extents, strict=True))


slice_ = slice


@op
def slice(inputs, start_indices, shape):
    """The part of `inputs` that begins at the start indices and has that shape."""
    inputs = tensor(inputs)
    if not len(inputs.shape) == len(start_indices) == len(shape):
        raise ValueError("The number of dimensions in `inputs` must match that in `start_indices` and in `shape`. Got "
                         f"inputs of shape {tuple(inputs.shape)}, start_indices={start_indices}, shape={shape}")
    extents = [inputs.shape[i] - int(start_indices[i]) if n == -1 else n for i, n in enumerate(shape)]
    return ops.getitem(inputs, _bounds(start_indices, extents))


@op
def slice_update(inputs, start_indices, updates):
    """`inputs` with the part that begins at the start indices replaced."""
    inputs, updates = tensor(inputs), tensor(updates)
    grid = np.stack(np.meshgrid(*[int(a) + np.arange(n) for a, n in zip(start_indices, updates.shape, strict=True)],
                                indexing="ij"), -1)
    return ops.tensor_scatter_nd_update(inputs, grid, ops.cast(updates, inputs.dtype))


@op
def scatter(indices, values, shape):
    """Zeros of a shape, with the values added at the indices (index tuples along the last axis)."""
    return ops.scatter_nd(tensor(indices), tensor(values), shape)


@op
def scatter_update(inputs, indices, updates, reduction=None):
    """`inputs` with the elements at the indices replaced, or with the updates added to them ("add"), and the like.

    Args:
        inputs: a tensor.
        indices: index tuples along the last axis.
        updates: one value, or slice, per index tuple.
        reduction: None, "add", "max", "min" or "mul".
    """
    inputs, indices = tensor(inputs), tensor(indices)
    indices = indices if indices.dtype.is_integer else ops.cast(indices, "int32")
    updates = ops.cast(tensor(updates), inputs.dtype)
    if reduction is None:
        return ops.tensor_scatter_nd_update(inputs, indices, updates)
    if reduction == "add":
        return ops.tensor_scatter_nd_add(inputs, indices, updates)
    combine = {"max": ops.maximum, "min": ops.minimum, "mul": ops.multiply}[reduction]
    flat, rows = ops.reshape(indices, (-1, indices.shape[-1])), len(indices.shape) - 1
    parts = ops.reshape(updates, (-1, *tuple(updates.shape)[rows:]))
    for i in range(flat.shape[0]):
        place = flat[i:i + 1]
        inputs = ops.tensor_scatter_nd_update(inputs, place, combine(ops.gather_nd(inputs, place), parts[i:i + 1]))
    return inputs


# ---- loops and choices -----------------------------------------------------------------------------------------------


@op
def cond(pred, true_fn, false_fn):
    """true_fn() where pred holds, otherwise false_fn()."""
    return true_fn() if bool(tensor(pred)) else false_fn()


@op
def switch(index, branches, *operands):
    """branches[index](*operands); an index outside takes the nearest."""
    return branches[int(np.clip(int(tensor(index)), 0, len(branches) - 1))](*operands)


@op
def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """loop_vars = body(*loop_vars), while cond(*loop_vars) holds."""
    single = not isinstance(loop_vars, (tuple, list))
    values = (loop_vars,) if single else tuple(loop_vars)
    values = tuple(nest.map_structure(tensor, value) for value in values)
    count = 0
    while (maximum_iterations is None or count < maximum_iterations) and bool(tensor(cond(*values))):
        result = body(*values)
        values = tuple(result) if isinstance(result, (tuple, list)) else (result,)
        count += 1
    return values[0] if single else values


@op
def fori_loop(lower, upper, body_fun, init_val):
    """value = body_fun(i, value) for i from lower to upper - 1, from init_val on."""
    value = init_val
    for i in range(int(tensor(lower)), int(tensor(upper))):
        value = body_fun(i, value)
    return value


def _rows(xs):
    """The slices of a structure along the first axes."""
    flat = [tensor(x) for x in nest.flatten(xs)]
    return [nest.pack_sequence_as(xs, [x[i] for x in flat]) for i in range(flat[0].shape[0])] if flat else []


def _stacked(results):
    """The results of several steps, each leaf stacked."""
    if not results or not nest.flatten(results[0]):
        return results[0] if results else None
    flat = [[tensor(leaf) for leaf in nest.flatten(result)] for result in results]
    return nest.pack_sequence_as(results[0], [ops.stack(list(column)) for column in zip(*flat, strict=True)])


@op
def map(f, xs):
    """f of every slice along the first axis, stacked."""
    return _stacked([f(row) for row in _rows(xs)])


@op
def vectorized_map(function, elements):
    """The function of every slice along the first axis, stacked."""
    return _stacked([function(row) for row in _rows(elements)])


@op
def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """carry, y = f(carry, x) for every slice of xs.

    Args:
        f: a function of the carry and a slice, which gives both anew.
        init: the first carry.
        xs: a structure of tensors with the same first axis; None for `length` steps without.
        length: how many steps.
        reverse: whether to begin at the end.

    Returns:
        (the last carry, every y stacked).
    """
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f!r}")
    if xs is None and length is None:
        raise ValueError("Got no `xs` to scan over, and `length` is not given either")
    rows = [None] * int(length) if xs is None else _rows(xs)
    if length is not None and len(rows) != int(length):
        raise ValueError(f"`length` is {length}, but xs has {len(rows)} slices")
    carry, steps = init, []
    for row in reversed(rows) if reverse else rows:
        carry, y = f(carry, row)
        steps.append(y)
    steps = steps[::-1] if reverse else steps
    missing = not steps or any(step is None for step in steps)
    return carry, (None if missing else _stacked(steps))


@op
def associative_scan(f, elems, reverse=False, axis=0):
    """f(f(a, b), c) and so on, every step kept, for an f for which the order of pairing does not matter."""
    flat = [tensor(x) for x in nest.flatten(elems)]
    length = flat[0].shape[axis]
    if any(x.shape[axis] != length for x in flat):
        raise ValueError("associative_scan takes tensors with the same first dimension (that of `axis`), got shapes "
                         f"{[tuple(x.shape) for x in flat]}")
    order = range(length - 1, -1, -1) if reverse else range(length)
    steps = []
    for i in order:
        part = nest.pack_sequence_as(elems, [ops.gather(x, [i], axis=axis) for x in flat])
        steps.append(part if not steps else f(steps[-1], part))
    steps = steps[::-1] if reverse else steps
    columns = zip(*[nest.flatten(step) for step in steps], strict=True)
    return nest.pack_sequence_as(elems, [ops.concat(list(column), axis) for column in columns])


def vectorize(pyfunc, *, excluded=None, signature=None):
    """A function of tensors that calls `pyfunc` on every element."""
    if signature is not None or excluded:
        raise NotImplementedError("vectorize takes no `signature` and no `excluded` here; write it with keras.ops.map")

    def vectorized(*args):
        tensors = [tensor(x) for x in args]
        extents = np.broadcast_shapes(*[tuple(x.shape) for x in tensors])
        flat = [ops.reshape(ops.broadcast_to(x, extents), (-1,)) for x in tensors]
        result = _stacked([pyfunc(*row) for row in zip(*[ops.unstack(x) for x in flat], strict=True)])
        return ops.reshape(result, (*extents, *tuple(result.shape)[1:]))

    return vectorized


def custom_gradient(f):
    """Gives a function of tensors a gradient of its own; see `tf.custom_gradient`."""
    return ops.custom_gradient(f)


