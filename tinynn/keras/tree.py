"""Floor 7: `keras.tree`: structures of lists, tuples and dicts."""

from tinynn.core import nest
from tinynn.core.nest import flatten, is_nested

__all__ = ["MAP_TO_NONE", "assert_same_structure", "flatten", "flatten_with_path", "is_nested", "lists_to_tuples",
           "map_structure", "map_structure_up_to", "pack_sequence_as", "traverse"]


class MAP_TO_NONE:
    """What a function for `traverse` returns to put None in the place of a part."""


def map_structure(func, *structures, none_is_leaf=True):
    """The structure with func of the leaves at the same place.

    Args:
        func: a function of as many leaves as there are structures.
        *structures: structures alike.
        none_is_leaf: whether func gets None too; otherwise it stays.
    """
    if not callable(func):
        raise TypeError(f"`func` must be callable. Received: func={func!r}")
    if not structures:
        raise ValueError("Must provide at least one structure")
    if none_is_leaf:
        return nest.map_structure(func, *structures)
    return nest.map_structure(lambda *leaves: None if leaves[0] is None else func(*leaves), *structures)


def map_structure_up_to(shallow_structure, func, *structures):
    """`map_structure` in which all that stands at a leaf of the shallow structure is one leaf."""
    rows = [_up_to(shallow_structure, structure) for structure in structures]
    return nest.pack_sequence_as(shallow_structure, [func(*leaves) for leaves in zip(*rows, strict=True)])


def _up_to(shallow, structure):
    if not is_nested(shallow):
        return [structure]
    if not is_nested(structure) or len(shallow) != len(structure):
        raise ValueError(f"the structures differ: {shallow!r} and {structure!r}")
    keys = sorted(shallow) if isinstance(shallow, dict) else range(len(shallow))
    return [leaf for key in keys for leaf in _up_to(shallow[key], structure[key])]


def pack_sequence_as(structure, flat_sequence):
    """The structure with other leaves, in the order of `flatten`."""
    return nest.pack_sequence_as(structure, flat_sequence)


def assert_same_structure(a, b):
    """Raises ValueError where two structures are not alike."""
    try:
        nest.assert_same_structure(a, b)
    except TypeError as error:
        raise ValueError(str(error)) from None


def flatten_with_path(structure):
    """[(path, leaf), ...]: the keys and indices that lead to a leaf, and the leaf."""
    if not is_nested(structure):
        return [((), structure)]
    keys = sorted(structure) if isinstance(structure, dict) else range(len(structure))
    return [((key, *path), leaf) for key in keys for path, leaf in flatten_with_path(structure[key])]


def lists_to_tuples(structure):
    """The structure with tuples for its lists."""
    return traverse(lambda x: tuple(map(lists_to_tuples, x)) if isinstance(x, list) else None, structure)


def traverse(func, structure, top_down=True):
    """The structure with what func gives in place of its parts; None leaves a part as it is.

    Args:
        func: a function of a part: the whole, its branches, its leaves.
        structure: the structure.
        top_down: whether func sees a branch before what is in it; what it replaces is then not entered.
    """
    if top_down:
        replaced = func(structure)
        if replaced is not None:
            return None if replaced is MAP_TO_NONE else replaced
    if isinstance(structure, dict):
        structure = type(structure)((key, traverse(func, value, top_down)) for key, value in structure.items())
    elif is_nested(structure):
        items = [traverse(func, value, top_down) for value in structure]
        structure = type(structure)(*items) if hasattr(structure, "_fields") else type(structure)(items)
    if top_down:
        return structure
    replaced = func(structure)
    return None if replaced is MAP_TO_NONE else structure if replaced is None else replaced
