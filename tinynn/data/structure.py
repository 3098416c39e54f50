"""Elements of datasets: tensors in tuples, dicts and named tuples. A list is a value, not a structure."""

import numpy as np

from tinynn.autodiff.tensor import Tensor, convert, wrap
from tinynn.core import nest
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.spec import TensorSpec


def is_leaf(value):
    """Whether `value` becomes one tensor, rather than a structure of them."""
    return not isinstance(value, (tuple, dict))


def to_element(value):
    """`value` with tensors as its leaves."""
    if type(value) is Tensor or (type(value) is tuple and all(type(item) is Tensor for item in value)):
        return value
    if isinstance(value, tuple):
        items = [to_element(item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, dict):
        return {key: to_element(item) for key, item in value.items()}
    return value if hasattr(value, "element_spec") else convert(value)


def returned(value):
    """What a user's function gave, as an element; a list at the top is a tuple."""
    return to_element(tuple(value) if isinstance(value, list) else value)


def calling(function):
    """`function` of one element: a tuple is spread over the arguments."""
    if not callable(function):
        raise ValueError(f"the argument must be a function of an element, got {function!r}")
    return lambda element: function(*element) if isinstance(element, tuple) else function(element)


def columns(value):
    """(arrays, structure) of a value whose leaves become arrays that nobody writes to any more."""
    element = to_element(value)
    arrays = [np.asarray(convert(leaf)) for leaf in nest.flatten(element)]
    return arrays, element


def packer(structure):
    """A fast function from the flat list of leaves to a structure like `structure`."""
    if is_leaf(structure):
        return lambda leaves: leaves[0]
    if type(structure) is tuple and all(map(is_leaf, structure)):
        return tuple
    return lambda leaves: nest.pack_sequence_as(structure, leaves)


def stack(elements):
    """One element of many: every component with a new first axis.

    Raises:
        InvalidArgumentError: where shapes differ, naming the component.
    """
    first = elements[0]
    flat = type(first) is tuple and all(type(item) is Tensor for item in first)
    parts = zip(*(elements if flat else map(nest.flatten, elements)), strict=True)
    stacked = [_stack_component(i, part) for i, part in enumerate(parts)]
    if flat:
        return tuple(stacked)
    return nest.pack_sequence_as(first, stacked) if nest.is_nested(first) else stacked[0]


def _stack_component(index, tensors):
    arrays = [np.asarray(tensor) for tensor in tensors]
    shape = arrays[0].shape
    for i, array in enumerate(arrays):
        if array.shape != shape:
            raise InvalidArgumentError(
                f"Cannot batch tensors with different shapes in component {index}. First element had shape "
                f"{list(shape)} and element {i} had shape {list(array.shape)}."
            )
    stacked = np.empty((len(arrays), *shape), arrays[0].dtype)      # np.stack takes several times as long
    for i, array in enumerate(arrays):
        stacked[i] = array
    return wrap(stacked)


# ---- specs -----------------------------------------------------------------------------------------------------------


def spec_of(element):
    """The element_spec of one element."""
    return nest.map_structure(
        lambda leaf: TensorSpec.from_tensor(leaf) if isinstance(leaf, Tensor) else leaf.spec(), element
    )


def batched(spec, size):
    """The spec of batches of `size` (None: unknown)."""
    return nest.map_structure(lambda s: TensorSpec(_after(s, lambda shape: (size, *shape)), s.dtype), spec)


def unbatched(spec):
    """The spec of the rows of batches."""
    return nest.map_structure(lambda s: TensorSpec(_after(s, lambda shape: shape[1:]), s.dtype), spec)


def padded(spec, shapes):
    """The spec of batches whose elements are filled up.

    Args:
        spec: that of the elements.
        shapes: per component what it is filled up to, or None.
    """
    leaves = nest.flatten(spec)
    specs = [TensorSpec(None if leaf.shape is None else (None, *(
        None if n in (None, -1) else int(n) for n in shape or [None] * len(leaf.shape))), leaf.dtype)
        for leaf, shape in zip(leaves, shapes, strict=True)]
    return nest.pack_sequence_as(spec, specs) if nest.is_nested(spec) else specs[0]


def joined(a, b):
    """The most special spec that covers both: extents that differ become unknown.

    Raises:
        TypeError, ValueError: where the structures or the dtypes differ.
    """
    return nest.map_structure(_join, a, b)


def _join(a, b):
    if a.dtype != b.dtype:
        raise TypeError(f"Incompatible dataset elements:\n  {a} vs.\n  {b}")
    if a.shape is None or b.shape is None or len(a.shape) != len(b.shape):
        return TensorSpec(None, a.dtype)
    return TensorSpec([m if m == n else None for m, n in zip(a.shape, b.shape, strict=True)], a.dtype)


def _after(spec, change):
    return None if spec.shape is None else change(tuple(spec.shape))


def placeholder(spec, unknown):
    """Zeros that fit a spec, with `unknown` for every extent that is None."""
    def zeros(leaf):
        shape = [unknown if n is None else n for n in leaf.shape or ()]
        empty = b"" if leaf.dtype.name == "string" else 0
        return wrap(np.full(shape, empty, leaf.dtype.dtype))

    return nest.map_structure(zeros, spec)
