"""Floor 7: what unknown extents may be where they meet others in a broadcast.

The placeholders of (None, 3) and (2, None) do not broadcast; those of (2, 3) and (2, 3) do. Shapes are known by samples
here: the shape in the first and in the second run, which differ where an extent is unknown.
"""

import itertools


def alignments(samples):
    """Yields other samples in which unknown extents equal those that they meet, shapes being written flush right.

    Which axes must agree can only be found by trying: first one alone, then more, so that an extent stays unknown
    where it can.

    Args:
        samples: a list of (first shape, second shape).
    """
    met = {axis: pair for axis in range(-max((len(first) for first, _ in samples), default=0), 0)
           if (pair := _common(samples, axis))}
    for count in range(1, len(met) + 1):
        for axes in itertools.combinations(met, count):
            yield [_replaced(pair, {axis: met[axis] for axis in axes}) for pair in samples]


def _common(samples, axis):
    """The extents in both runs on which all can agree: a known one other than 1, else an unknown one. None where there
    is nothing to change."""
    extents = [(first[axis], second[axis]) for first, second in samples if len(first) >= -axis]
    unknown = [pair for pair in extents if pair[0] != pair[1]]
    known = [pair for pair in extents if pair[0] == pair[1] != 1]
    chosen = (known or unknown)[:1]
    return chosen[0] if any(pair != chosen[0] for pair in unknown) else None


def _replaced(pair, extents):
    first, second = map(list, pair)
    for axis, (one, other) in extents.items():
        if len(first) >= -axis and first[axis] != second[axis]:
            first[axis], second[axis] = one, other
    return tuple(first), tuple(second)
