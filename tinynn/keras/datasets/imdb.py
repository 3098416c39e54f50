"""IMDB: 50,000 film reviews, positive or negative, as numbers of words. A. Maas and others, 2011."""

import json

import numpy as np

from tinynn.keras.datasets import files, words

HASH = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
WORDS_HASH = "bfafd718b763782e994055a2d397834f"


def load_data(path="imdb.npz", num_words=None, skip_top=0, maxlen=None, seed=113, start_char=1, oov_char=2,
              index_from=3):
    """The reviews. Word number n of `get_word_index` appears as n + index_from.

    Args:
        path: the file's name in ~/.keras/datasets.
        num_words: keep only numbers below this; None for all.
        skip_top: leave out numbers below this.
        maxlen: leave out reviews as long or longer.
        seed: of the order.
        start_char: the number that begins each review.
        oov_char: the number in the place of a word that was left out.
        index_from: what is added to the numbers of the words.

    Returns:
        ((x_train, y_train), (x_test, y_test)): arrays of 25,000 lists of numbers each, and labels 0 or 1.

    Raises:
        OSError: where the file is neither there nor to be downloaded; the message says where to put it.
    """
    content = files.load_lists(files.get_file(path, files.ORIGIN + "imdb.npz", file_hash=HASH))
    random = np.random.RandomState(seed)
    parts = []
    for part in ("train", "test"):
        order = files.shuffled(len(content[f"x_{part}"]), random)
        parts.append(words.numbered(content[f"x_{part}"][order], content[f"y_{part}"][order], maxlen, start_char,
                                    index_from))
    texts = words.limited([*parts[0][0], *parts[1][0]], num_words, skip_top, oov_char)
    count = len(parts[0][0])
    return (words.as_objects(texts[:count]), parts[0][1]), (words.as_objects(texts[count:]), parts[1][1])


def get_word_index(path="imdb_word_index.json"):
    """{word: number}, 1 for the most frequent."""
    with open(files.get_file(path, files.ORIGIN + "imdb_word_index.json", file_hash=WORDS_HASH)) as file:
        return json.load(file)
