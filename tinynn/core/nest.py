"""Floor 1: structures of lists, tuples and dicts, as `tf.nest` treats them."""


def is_nested(value):
    """Whether `value` is a list, a tuple or a dict."""
    return isinstance(value, (list, tuple, dict))


def flatten(structure):
    """The leaves from left to right, dicts by sorted key; a leaf alone becomes a list of one."""
    if isinstance(structure, dict):
        return [leaf for key in _keys(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in flatten(item)]
    return [structure]


def pack_sequence_as(structure, flat_sequence):
    """A copy of `structure` with its leaves replaced, in the order of `flatten`.

    Raises:
        ValueError: where the number of leaves differs.
    """
    leaves = list(flat_sequence)
    expected = len(flatten(structure))
    if len(leaves) != expected:
        raise ValueError(f"the structure has {expected} leaves, got {len(leaves)} values to put there")
    return _pack(structure, iter(leaves))


def map_structure(function, *structures):
    """Applies `function` to the leaves that stand at the same place, and keeps the structure.

    Raises:
        TypeError, ValueError: where the structures differ.
    """
    for other in structures[1:]:
        assert_same_structure(structures[0], other)
    return pack_sequence_as(structures[0], [function(*xs) for xs in zip(*map(flatten, structures), strict=True)])


def assert_same_structure(a, b):
    """Raises TypeError or ValueError where `a` and `b` do not have the same nesting, lengths and keys."""
    if is_nested(a) != is_nested(b) or (is_nested(a) and isinstance(a, dict) != isinstance(b, dict)):
        raise TypeError(f"the structures differ: {type(a).__name__} against {type(b).__name__}")
    if not is_nested(a):
        return
    if len(a) != len(b) or (isinstance(a, dict) and set(a) != set(b)):
        raise ValueError(f"the structures differ: {_outline(a)} against {_outline(b)}")
    pairs = [(a[k], b[k]) for k in _keys(a)] if isinstance(a, dict) else zip(a, b, strict=True)
    for x, y in pairs:
        assert_same_structure(x, y)


def _keys(mapping):
    try:
        return sorted(mapping)
    except TypeError:
        return list(mapping)


def _outline(structure):
    return f"keys {list(structure)}" if isinstance(structure, dict) else f"{len(structure)} items"


def _pack(structure, leaves):
    if isinstance(structure, dict):
        packed = {key: _pack(structure[key], leaves) for key in _keys(structure)}
        return type(structure)((key, packed[key]) for key in structure)
    if isinstance(structure, (list, tuple)):
        items = [_pack(item, leaves) for item in structure]
        return type(structure)(*items) if hasattr(structure, "_fields") else type(structure)(items)
    return next(leaves)
