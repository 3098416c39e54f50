"""Texts as lists of word numbers: which words are kept, and what marks the start of a text."""

import numpy as np


def numbered(texts, labels, maxlen, start_char, index_from):
    """(texts, labels): lists of numbers; word number w is w + index_from.

    Args:
        texts: lists of word numbers, 1 for the most frequent word.
        maxlen: texts as long or longer are left out.
        start_char: the number in front of every text, or None.
    """
    front, shift = ([], index_from or 0) if start_char is None else ([start_char], index_from)
    texts = [front + [w + shift for w in text] for text in texts]
    if maxlen:
        kept = [i for i, text in enumerate(texts) if len(text) < maxlen]
        if not kept:
            raise ValueError(f"no text is shorter than maxlen={maxlen}. Increase maxlen")
        texts, labels = [texts[i] for i in kept], labels[kept]
    return texts, labels


def limited(texts, num_words, skip_top, oov_char):
    """The texts with words outside skip_top to num_words - 1 replaced by oov_char, or left out where that is None."""
    num_words = num_words or max(map(max, texts))
    if oov_char is None:
        return [[w for w in text if skip_top <= w < num_words] for text in texts]
    return [[w if skip_top <= w < num_words else oov_char for w in text] for text in texts]


def as_objects(texts):
    """An array whose elements are lists."""
    array = np.empty(len(texts), object)
    array[:] = texts
    return array
