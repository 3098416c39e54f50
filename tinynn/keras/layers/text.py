"""Floor 7: text as numbers of words."""

import string

import numpy as np

from tinynn import ops
from tinynn.keras.config import floatx
from tinynn.keras.layers.categories import no_sparse
from tinynn.keras.layers.checks import one_of
from tinynn.keras.layers.layer import Layer
from tinynn.keras.layers.lookup import StringLookup, texts
from tinynn.keras.layers.preprocessing import batches_of
from tinynn.keras.symbolic import KerasTensor

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_STANDARDIZE = {"lower": [_LOWER], "strip_punctuation": [_NO_PUNCTUATION],
                "lower_and_strip_punctuation": [_LOWER, _NO_PUNCTUATION]}


class TextVectorization(Layer):
    """Texts as sequences of the numbers of their words, or as vectors over a vocabulary.

    Args:
        max_tokens: how large the vocabulary may be; None for any size.
        standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation" (of ASCII), a function of a tensor of
            strings, or None.
        split: "whitespace", "character", a function of a tensor of strings that gives a list of lists, or None.
        ngrams: n for runs of 1 to n words as tokens, or a tuple of the lengths of runs.
        output_mode: "int" for numbers, in order, 0 behind the end; or as StringLookup's.
        output_sequence_length: to how many numbers each text is cut or filled.
        pad_to_max_tokens, vocabulary, idf_weights: as StringLookup's.

    In the vocabulary stand first the empty string, for what is behind the end (of "int"), then "[UNK]" for unknown
    words.

    Example:
        >>> layer = keras.layers.TextVectorization()
        >>> layer.adapt(["The cat.", "The dog!"])
        >>> layer(["the cat", "dog"]).numpy()
        array([[2, 4],
               [3, 0]])
    """

    _stated_by = "compute_output_spec"

    def __init__(self, max_tokens=None, standardize="lower_and_strip_punctuation", split="whitespace", ngrams=None,
                 output_mode="int", output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None,
                 idf_weights=None, sparse=False, ragged=False, encoding="utf-8", name=None, **kwargs):
        for unused in ("vocabulary_size", "has_input_vocabulary"):
            kwargs.pop(unused, None)
        super().__init__(name=name, **{**kwargs, "autocast": False})
        no_sparse(sparse)
        if ragged:
            raise NotImplementedError("tinynn has no ragged tensors; leave ragged=True out")
        for value, options, what in ((standardize, tuple(_STANDARDIZE), "standardize"),
                                     (split, ("whitespace", "character"), "split")):
            if value is not None and not callable(value):
                one_of(value, options, what)
        if not isinstance(ngrams, (int, type(None))) and not (
                isinstance(ngrams, tuple) and all(isinstance(n, int) for n in ngrams)):
            raise ValueError(f"`ngrams` must be None, an integer, or a tuple of integers. Received: ngrams={ngrams}")
        if not isinstance(output_sequence_length, (int, type(None))):
            raise ValueError("`output_sequence_length` must be either None or an integer when `output_mode` is 'int'. "
                             f"Received: output_sequence_length={output_sequence_length}")
        if output_mode != "int" and output_sequence_length is not None:
            raise ValueError("`output_sequence_length` must not be set if `output_mode` is not 'int'. Received "
                             f"output_sequence_length={output_sequence_length}.")
        self.standardize, self.split, self.ngrams = standardize, split, ngrams
        self.output_sequence_length, self.encoding = output_sequence_length, encoding
        self._lookup_layer = StringLookup(max_tokens, mask_token="", vocabulary=vocabulary, idf_weights=idf_weights,
                                          output_mode=output_mode, pad_to_max_tokens=pad_to_max_tokens)
        self._build_at_init()

    compute_dtype = variable_dtype = property(lambda self: "string")
    max_tokens = property(lambda self: self._lookup_layer.max_tokens)
    output_mode = property(lambda self: self._lookup_layer.output_mode)
    pad_to_max_tokens = property(lambda self: self._lookup_layer.pad_to_max_tokens)

    def adapt(self, data, batch_size=None, steps=None):
        """Makes a vocabulary of the words of texts, as StringLookup's `adapt` does.

        Args:
            data: a list, an array or a tensor of strings, or batches of them: a Dataset or a generator.
            batch_size: without meaning here.
            steps: how many batches at most.
        """
        self.reset_state()
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data):
        """Counts the words of a batch."""
        self._lookup_layer.update_state(self._words(data))

    def finalize_state(self):
        """Makes the vocabulary of what was counted."""
        self._lookup_layer.finalize_state()

    def reset_state(self):
        """Forgets what was counted."""
        self._lookup_layer.reset_state()

    def get_vocabulary(self, include_special_tokens=True):
        """The words in the order of their numbers."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self):
        """How long `get_vocabulary()` is."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Takes a vocabulary; see StringLookup."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    def _words(self, inputs):
        """A list of words for each text."""
        values = texts(inputs)
        if callable(self.standardize):
            values = texts(self.standardize(ops.convert_to_tensor(values)))
        for table in () if callable(self.standardize) else _STANDARDIZE.get(self.standardize, ()):
            values = np.array([text.translate(table) for text in values.ravel()], object).reshape(values.shape)
        if self.split is None:
            rows = values.tolist() if values.ndim > 1 else [[text] for text in values.ravel()]
        elif values.ndim > 1 and values.shape[-1] != 1:
            raise ValueError("When using `TextVectorization` to tokenize strings, the input rank must be 1 or the last "
                             f"shape dimension must be 1. Received: inputs.shape={values.shape}")
        elif callable(self.split):
            rows = self.split(ops.convert_to_tensor(values.ravel()))
            rows = [texts(row).tolist() for row in (rows.to_list() if hasattr(rows, "to_list") else rows)]
        else:
            rows = [list(text) if self.split == "character" else [word.decode() for word in text.encode().split()]
                    for text in values.ravel()]
        return [self._runs(row) for row in rows]

    def _runs(self, words):
        """The words, or the runs of words that are tokens."""
        if self.ngrams is None:
            return words
        lengths = range(1, self.ngrams + 1) if isinstance(self.ngrams, int) else self.ngrams
        return [" ".join(words[i:i + n]) for n in lengths for i in range(len(words) - n + 1)]

    def call(self, inputs):
        """The numbers, (batch, length), or the vectors."""
        rows = self._words(inputs)
        length = self.output_sequence_length if self.output_sequence_length is not None else \
            max(map(len, rows), default=0)
        filled = np.array([[*row[:length], *[""] * (length - len(row))] for row in rows], object)
        lookup = self._lookup_layer
        y = lookup._encoded(lookup.numbers_of(filled.reshape(len(rows), length)))
        return y if len(np.shape(inputs)) else y[0]

    def compute_output_shape(self, input_shape):
        """The shape of the numbers or vectors."""
        if self.output_mode == "int":
            return (input_shape[0], self.output_sequence_length)
        return self._lookup_layer.compute_output_shape((input_shape[0], None))

    def compute_output_spec(self, inputs):
        """A symbolic tensor of that shape."""
        return KerasTensor(self.compute_output_shape(inputs.shape),
                           floatx() if self.output_mode == "tf_idf" else "int64")

    def get_config(self):
        """The arguments of the constructor, with the vocabulary that was given or learned."""
        inner = self._lookup_layer.get_config()
        return {**super().get_config(), "vocabulary": inner["vocabulary"], "idf_weights": inner["idf_weights"]}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer from its configuration."""
        ngrams = config.get("ngrams")
        return super().from_config({**config, "ngrams": tuple(ngrams) if isinstance(ngrams, list) else ngrams})
