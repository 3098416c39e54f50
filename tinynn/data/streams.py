"""The generators behind the methods of Dataset, and how many elements they give."""

from itertools import count, islice

import numpy as np

from tinynn.autodiff.tensor import wrap
from tinynn.core import nest
from tinynn.core.errors import InvalidArgumentError
from tinynn.data import structure

INFINITE = -1
UNKNOWN = -2


def positive(value, name):
    """`value` as an int above zero."""
    number = int(value)
    if number < 1:
        raise InvalidArgumentError(f"{name} must be greater than zero, got {number}")
    return number


# ---- streams ---------------------------------------------------------------------------------------------------------


def batches(stream, size, drop_remainder, stack=structure.stack):
    """Stacks of `size` elements."""
    while group := list(islice(stream, size)):
        if drop_remainder and len(group) < size:
            return
        yield stack(group)


def rows(stream):
    """The rows of every element."""
    for element in stream:
        arrays = [np.asarray(leaf) for leaf in nest.flatten(element)]
        pack = structure.packer(element)
        for i in range(len(arrays[0])):
            yield pack([wrap(array[i, ...]) for array in arrays])


def late(dataset):
    """The elements of a dataset whose iteration starts when the first one is asked for."""
    yield from dataset.stream()


def repeated(dataset, times):
    """The elements `times` times over; for ever where it is None, until a pass is empty."""
    for _ in count() if times is None else range(times):
        empty = True
        for element in dataset.stream():
            empty = False
            yield element
        if empty:
            return


def keeping(stream, store):
    """Passes the elements on; after the last one the list of them all is put into `store`."""
    kept = []
    for element in stream:
        kept.append(element)
        yield element
    store[:] = [kept]


def interleaved(datasets, cycle, block):
    """`block` elements at a time from each of `cycle` datasets in turn; a used-up one gives its place to the next."""
    places = [dataset.stream() for dataset in islice(datasets, cycle)]
    while places:
        for place, stream in enumerate(places):
            given = 0
            for element in islice(stream, block):
                given += 1
                yield element
            if given < block:
                following = next(datasets, None)
                places[place] = None if following is None else following.stream()
        places = [stream for stream in places if stream is not None]


def scanned(stream, state, function):
    """Carries a state through `function(state, element)`, which gives the next state and an element."""
    for element in stream:
        state, out = structure.returned(function(state, element))
        yield out


def without_errors(stream):
    """The elements whose making raises no error; a generator that raised one has ended."""
    while True:
        try:
            yield next(stream)
        except StopIteration:
            return
        except Exception:
            continue


def unique(stream):
    """The elements whose value has not come before."""
    seen = set()
    for element in stream:
        array = np.asarray(element)
        key = (array.shape, array.tobytes() if array.dtype != object else tuple(array.ravel()))
        if key not in seen:
            seen.add(key)
            yield element


def padded(group, shapes, values):
    """One element of many whose shapes differ: each is filled up at the ends, to `shapes` or to the longest."""
    parts = list(zip(*map(nest.flatten, group), strict=True))
    stacked = [_padded_component([np.asarray(t) for t in part], shape, value)
               for part, shape, value in zip(parts, shapes, values, strict=True)]
    return structure.packer(group[0])(stacked)


def _padded_component(arrays, shape, value):
    longest = [max(extents) for extents in zip(*(a.shape for a in arrays), strict=True)]
    target = [n if n not in (None, -1) else m for n, m in zip(shape or longest, longest, strict=True)]
    if any(m > n for m, n in zip(longest, target, strict=True)):
        raise InvalidArgumentError(f"an element of shape {longest} does not fit into the padded shape {target}")
    out = np.full((len(arrays), *target), value, arrays[0].dtype)
    for i, array in enumerate(arrays):
        out[(i, *map(slice, array.shape))] = array
    return wrap(out)


def per_leaf(given, leaves, default):
    """An argument for every component: a structure of them, or one for all."""
    if given is None:
        return [default] * leaves
    return list(given) if leaves > 1 and isinstance(given, (list, tuple)) and len(given) == leaves else [given] * leaves


def per_shape(given, leaves):
    """A shape for every component: a structure of them, or one for all."""
    if given is None or all(n is None or isinstance(n, int) for n in given):
        return [given] * leaves
    return [given[key] for key in sorted(given)] if isinstance(given, dict) else list(given)


def truth(function):
    """`function` with its result as a bool.

    Raises:
        ValueError: where it is no scalar truth value.
    """
    def call(element):
        value = np.asarray(function(element))
        if value.shape != () or value.dtype != bool:
            raise ValueError(f"`predicate` must return a scalar truth value, as in x > 0; got shape {value.shape}, "
                             f"dtype {value.dtype}")
        return bool(value)

    return call


# ---- specs -----------------------------------------------------------------------------------------------------------


def spec_through(dataset, function):
    """The spec of `function(element)`: what it makes of two placeholders; what differs is unknown."""
    try:
        results = [function(structure.placeholder(dataset.element_spec, n)) for n in (2, 3)]
    except Exception:       # a function that minds the values gets real ones
        results = [function(next(dataset.stream()))] * 2
    return structure.joined(*map(structure.spec_of, results))


def inner_spec(dataset, function):
    """The element_spec of the datasets that `function` makes."""
    return function(next(dataset.stream())).element_spec


# ---- how many elements -----------------------------------------------------------------------------------------------


def unknown(length):
    """The cardinality where some elements may be left out."""
    return length if length in (INFINITE, 0) else UNKNOWN


def in_groups(length, size, drop_remainder):
    """The cardinality of groups of `size`."""
    if length < 0:
        return length
    return length // size if drop_remainder else -(-length // size)


def windows(length, reach, shift, drop_remainder):
    """The cardinality of windows that span `reach` elements and start `shift` apart."""
    if length < 0:
        return length
    return max(0, (length - reach) // shift + 1) if drop_remainder else -(-length // shift)


def shortest(lengths):
    """The cardinality of what ends with the shortest."""
    known = [n for n in lengths if n != INFINITE]
    if not known:
        return INFINITE
    return UNKNOWN if UNKNOWN in known else min(known)


def total(a, b):
    """The cardinality of one after the other."""
    if INFINITE in (a, b):
        return INFINITE
    return UNKNOWN if UNKNOWN in (a, b) else a + b


def rest(length, start):
    """The cardinality after the first `start`."""
    return length if length < 0 else max(0, length - start)


def product(length, times):
    """The cardinality of `times` passes; None: for ever."""
    if times == 0 or length == 0:
        return 0
    if times is None:
        return INFINITE
    return length if length < 0 else length * times
