"""Elements from generators and windows."""

from itertools import islice

import numpy as np

from tinynn.autodiff.tensor import convert
from tinynn.core import nest
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.shapes import TensorShape
from tinynn.core.spec import TensorSpec
from tinynn.data import structure


def signature(types, shapes, spec):
    """The element_spec that the arguments of `from_generator` describe.

    Raises:
        TypeError: where there is neither a signature nor types.
    """
    if spec is not None:
        return spec
    if types is None:
        raise TypeError("To specify the output signature you need to provide either the `output_signature` argument "
                        "or the `output_types` argument.")
    types = tuple(types) if isinstance(types, list) else types
    flat = nest.flatten(types)
    if shapes is None:
        extents = [None] * len(flat)
    elif structure.is_leaf(types):
        extents = [shapes]
    else:
        extents = [shapes[key] for key in sorted(types)] if isinstance(types, dict) else list(shapes)
    specs = [TensorSpec(shape, dtype) for shape, dtype in zip(extents, flat, strict=True)]
    return nest.pack_sequence_as(types, specs) if nest.is_nested(types) else specs[0]


def generated(generator, args, spec):
    """The elements of a generator, each converted to its spec."""
    arguments = [np.asarray(convert(a))[()] for a in args]
    specs, pack = nest.flatten(spec), structure.packer(spec)
    for value in generator(*arguments):
        yield pack([_leaf(part, s) for part, s in zip(_parts(value, spec), specs, strict=True)])


def _parts(value, spec):
    """The leaves of a yielded value, by the structure of its spec: where that has a leaf, a list is an array."""
    if isinstance(spec, dict):
        if not isinstance(value, dict) or set(value) != set(spec):
            raise _misfit(value, spec)
        return [part for key in sorted(spec) for part in _parts(value[key], spec[key])]
    if isinstance(spec, tuple):
        if not isinstance(value, (tuple, list)) or len(value) != len(spec):
            raise _misfit(value, spec)
        return [part for v, s in zip(value, spec, strict=True) for part in _parts(v, s)]
    return [value]


def _leaf(value, spec):
    try:
        tensor = convert(value, spec.dtype)
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(f"TypeError: `generator` yielded an element that could not be converted to "
                                   f"{spec}: {error}") from None
    if spec.shape is not None and not TensorShape(spec.shape).is_compatible_with(tensor.shape):
        raise InvalidArgumentError(f"TypeError: `generator` yielded an element of shape {tensor.shape} where an "
                                   f"element of shape {spec.shape} was expected.")
    return tensor


def _misfit(value, spec):
    return InvalidArgumentError(f"TypeError: `generator` yielded an element that did not match the expected "
                                f"structure. The expected structure was {spec}. The yielded element was {value!r}.")


def windows(dataset, size, shift, stride, drop_remainder):
    """Datasets of `size` elements `stride` apart; each starts `shift` elements after the one before."""
    held, stream, reach = [], dataset.stream(), (size - 1) * stride + 1
    while True:
        held.extend(islice(stream, max(0, reach - len(held))))
        if not held or (drop_remainder and len(held) < reach):
            return
        yield _split(dataset, held[:reach:stride])
        if shift > len(held):
            next(islice(stream, shift - len(held) - 1, None), None)
        held = held[shift:]


def _split(dataset, elements):
    """Per component of the elements, a dataset of its values."""
    parts = [list(part) for part in zip(*map(nest.flatten, elements), strict=True)]
    specs = nest.flatten(dataset.element_spec)
    made = [dataset.derived("Variant", lambda part=part: iter(part), lambda spec=spec: spec, len(part))
            for part, spec in zip(parts, specs, strict=True)]
    return structure.packer(dataset.element_spec)(made)
