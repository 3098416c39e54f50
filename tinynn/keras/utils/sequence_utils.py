"""Floor 7: lists of unequal length as one array."""

import numpy as np


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """One row per sequence: short ones are filled up, long ones cut.

    Args:
        sequences: lists of numbers (or of equally shaped arrays).
        maxlen: the length of the rows; by default that of the longest sequence.
        dtype: of the result; `object` for strings.
        padding: whether "pre" or "post" of a sequence is filled up.
        truncating: whether "pre" or "post" of a sequence is cut off.
        value: what fills up.

    Returns:
        An array of shape (number of sequences, maxlen, ...).

    Example:
        >>> keras.utils.pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
        array([[0, 1],
               [2, 3],
               [5, 6]], dtype=int32)
    """
    for what, given in (("padding", padding), ("truncating", truncating)):
        if given not in ("pre", "post"):
            raise ValueError(f"{what} is 'pre' or 'post', got {given!r}")
    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable: a list of sequences")
    lengths = [_length(sequence) for sequence in sequences]
    maxlen = max(lengths, default=0) if maxlen is None else maxlen
    shape = next((np.asarray(s).shape[1:] for s, n in zip(sequences, lengths, strict=True) if n), ())
    texts = np.issubdtype(dtype, np.str_)
    if isinstance(value, str) and np.dtype(dtype) != object and not texts:
        raise ValueError(f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}\nYou should set "
                         "`dtype=object` for variable length strings.")
    rows = np.full((len(lengths), maxlen, *shape), value, dtype)
    for i, sequence in enumerate(sequences):
        part = np.asarray(sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen], dtype) if maxlen else []
        if not len(part):
            continue
        if part.shape[1:] != shape:
            raise ValueError(f"sequence {i} has elements of shape {part.shape[1:]}, the others of shape {shape}")
        rows[i, slice(-len(part), None) if padding == "pre" else slice(len(part))] = part
    return rows


def _length(sequence):
    try:
        return len(sequence)
    except TypeError:
        raise ValueError("`sequences` must be a list of iterables (of sequences); it has the element "
                         f"{sequence!r}") from None
