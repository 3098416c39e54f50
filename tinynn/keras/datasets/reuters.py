"""Reuters: 11,228 news of 1987 in 46 topics, as numbers of words."""

import json

from tinynn.keras.datasets import files, words

HASH = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
WORDS_HASH = "4d44cc38712099c9e383dc6e5f11a921"
LABELS = (
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply", "coffee", "sugar",
    "trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi", "money-fx", "interest", "gnp",
    "meal-feed", "alum", "oilseed", "gold", "tin", "strategic-metal", "livestock", "retail", "ipi", "iron-steel",
    "rubber", "heat", "jobs", "lei", "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog",
    "lead",
)


def load_data(path="reuters.npz", num_words=None, skip_top=0, maxlen=None, test_split=0.2, seed=113, start_char=1,
              oov_char=2, index_from=3):
    """The news. Word number n of `get_word_index` appears as n + index_from.

    Args:
        test_split: the share held out.
        path, num_words, skip_top, maxlen, seed, start_char, oov_char, index_from: as for imdb.

    Returns:
        ((x_train, y_train), (x_test, y_test)): arrays of lists of numbers, and labels 0 to 45; see get_label_names.

    Raises:
        OSError: where the file is neither there nor to be downloaded; the message says where to put it.
    """
    content = files.load_lists(files.get_file(path, files.ORIGIN + "reuters.npz", file_hash=HASH))
    order = files.shuffled(len(content["x"]), seed)
    texts, labels = words.numbered(content["x"][order], content["y"][order], maxlen, start_char, index_from)
    texts = words.limited(texts, num_words, skip_top, oov_char)
    at = int(len(texts) * (1 - test_split))
    return (words.as_objects(texts[:at]), labels[:at]), (words.as_objects(texts[at:]), labels[at:])


def get_word_index(path="reuters_word_index.json"):
    """{word: number}, 1 for the most frequent."""
    with open(files.get_file(path, files.ORIGIN + "reuters_word_index.json", file_hash=WORDS_HASH)) as file:
        return json.load(file)


def get_label_names():
    """The names of the topics, by label."""
    return LABELS
