"""Floor 7: words and numbers as their places in a vocabulary."""

import collections
import os

import numpy as np

from tinynn import ops
from tinynn.keras.config import floatx
from tinynn.keras.layers.categories import MODES, encoded, encoded_shape, no_sparse
from tinynn.keras.layers.checks import one_of
from tinynn.keras.layers.layer import Layer
from tinynn.keras.layers.preprocessing import batches_of
from tinynn.keras.symbolic import KerasTensor


def texts(values):
    """An array of objects: text as str, numbers as int."""
    array = np.asarray(ops.convert_to_tensor(values) if not hasattr(values, "shape") else values)
    plain = lambda x: x.decode() if isinstance(x, bytes) else str(x) if isinstance(x, str) else int(x)
    return np.array([plain(x) for x in array.ravel()], object).reshape(array.shape)


class Lookup(Layer):
    """Base of the layers with a vocabulary: first the mask token where there is one, then what stands for unknown
    tokens, then the tokens."""

    _stated_by = "compute_output_spec"
    kind = "string"

    def __init__(self, max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert,
                 output_mode, pad_to_max_tokens, sparse, **kwargs):
        for unused in ("vocabulary_size", "has_input_vocabulary"):
            kwargs.pop(unused, None)
        if kwargs.pop("oov_method", "floormod") != "floormod" or kwargs.pop("salt", None) is not None:
            raise NotImplementedError("tinynn spreads unknown numbers by their remainder, and hashes nothing: leave "
                                      "oov_method and salt out")
        super().__init__(**{**kwargs, "autocast": False})
        no_sparse(sparse)
        if max_tokens is not None and max_tokens <= 1:
            raise ValueError(f"If set, `max_tokens` must be greater than 1. Received: max_tokens={max_tokens}")
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError("If pad_to_max_tokens is True, must set `max_tokens`. Received: max_tokens=None")
        if num_oov_indices < 0:
            raise ValueError("`num_oov_indices` must be greater than or equal to 0. Received: num_oov_indices="
                             f"{num_oov_indices}")
        output_mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)
        self.output_mode = one_of(output_mode, (*MODES, "tf_idf"), "output_mode")
        if invert and self.output_mode != "int":
            raise ValueError(f"`output_mode` must be `'int'` when `invert` is true. Received: output_mode="
                             f"{output_mode!r}")
        self.max_tokens, self.num_oov_indices = max_tokens, num_oov_indices
        self.mask_token, self.oov_token, self.invert = mask_token, oov_token, invert
        self.pad_to_max_tokens, self.sparse = pad_to_max_tokens, False
        self._tokens, self._idf, self._given, self._whole = (), None, vocabulary is not None, True
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)
        elif idf_weights is not None:
            raise ValueError("`idf_weights` belong to a `vocabulary`, which is not given")
        self._build_at_init()

    compute_dtype = variable_dtype = property(lambda self: "int64" if self.invert else self.kind)

    # ---- the vocabulary ----------------------------------------------------------------------------------------------

    @property
    def _special(self):
        """What stands before the tokens."""
        mask = [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        return [*mask, *[self.oov_token] * self.num_oov_indices]

    def get_vocabulary(self, include_special_tokens=True):
        """The tokens in their order, which begins with those for masked and for unknown ones."""
        return [*(self._special if include_special_tokens else ()), *self._tokens]

    def vocabulary_size(self):
        """How long `get_vocabulary()` is."""
        return len(self._special) + len(self._tokens)

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Takes a vocabulary.

        Args:
            vocabulary: a list or an array of tokens, with or without the special ones at its start; or the path of a
                file with a token in each line.
            idf_weights: for "tf_idf", the weight of each.
        """
        if (idf_weights is None) == (self.output_mode == "tf_idf"):
            raise ValueError("`idf_weights` must be set if output_mode is 'tf_idf', and only then. Received: "
                             f"output_mode={self.output_mode!r}, idf_weights={idf_weights}")
        given = self._from_file(vocabulary) if isinstance(vocabulary, (str, os.PathLike)) else \
            texts(vocabulary).ravel().tolist() if len(vocabulary) else []
        if not given:
            raise ValueError(f"Cannot set an empty vocabulary. Received: vocabulary={vocabulary!r}")
        special = self._special
        whole = given[:len(special)] == special
        tokens = given[len(special):] if whole else given
        repeated = [token for token, n in collections.Counter(tokens).items() if n > 1]
        if repeated:
            raise ValueError("The passed vocabulary has at least one repeated term. Please uniquify your dataset. The "
                             f"repeated terms are: {repeated}")
        for name in ("mask", *(("oov",) if self.invert else ())):
            token = getattr(self, f"{name}_token")
            if token is not None and token in tokens:
                raise ValueError(f"Found reserved {name if name == 'mask' else 'OOV'} token at unexpected location in "
                                 f"`vocabulary`: {token!r}. Leave it out, or begin the vocabulary with {special}")
        if self.max_tokens is not None and len(special) + len(tokens) > self.max_tokens:
            raise ValueError("Attempted to set a vocabulary larger than the maximum vocab size. Received vocabulary "
                             f"size is {len(special) + len(tokens)}; `max_tokens` is {self.max_tokens}.")
        if idf_weights is not None:
            idf_weights = np.asarray(idf_weights, "float32")
            if idf_weights.shape != (len(given),):
                raise ValueError("`idf_weights` must be the same length as vocabulary. len(idf_weights) is "
                                 f"{idf_weights.size}; len(vocabulary) is {len(given)}")
        self._take(tokens, idf_weights, whole)
        self._given, self._whole = True, whole

    def _take(self, tokens, idf=None, whole=False):
        """Keeps tokens and weights; those of unknown tokens are the mean of all."""
        self._tokens = tuple(tokens)
        self._table = {token: len(self._special) + i for i, token in enumerate(tokens)}
        if idf is not None:
            front = 0 if whole else len(self._special)
            self._idf = np.concatenate([np.full(front, idf.mean(dtype="float64")), idf]).astype("float32")

    def _from_file(self, path):
        if not os.path.exists(path):
            raise ValueError(f"Vocabulary file {path} does not exist.")
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        return lines if self.kind == "string" else [int(line) for line in lines]

    # ---- learning it -------------------------------------------------------------------------------------------------

    def adapt(self, data, steps=None):
        """Makes a vocabulary of the tokens of data: the most frequent first, of equally frequent ones the last in the
        alphabet.

        Args:
            data: an array, a list or a tensor of tokens, or batches: a Dataset or a generator of arrays.
            steps: how many batches at most.
        """
        self.reset_state()
        for batch in batches_of(data, steps):
            batch = texts(batch)
            self.update_state(batch[:, None] if batch.ndim == 1 and hasattr(data, "__len__") else batch)
        self.finalize_state()

    def update_state(self, data):
        """Counts the tokens of a batch; each row is a document."""
        if self._given:
            raise ValueError(f"Cannot adapt layer '{self.name}' after setting a static vocabulary via `vocabulary` "
                             "argument or `set_vocabulary()` method.")
        rows = data if isinstance(data, list) else np.atleast_2d(texts(data)).tolist()
        for row in rows:
            self._counts.update(row)
            self._found_in.update(set(row))
        self._documents += len(rows)

    def finalize_state(self):
        """Makes the vocabulary of what was counted."""
        for special in (self.mask_token, self.oov_token):
            self._counts.pop(special, None)
        if not self._counts:
            return
        tokens = sorted(self._counts, key=lambda token: (self._counts[token], token), reverse=True)
        if self.max_tokens is not None:
            tokens = tokens[:self.max_tokens - len(self._special)]
        idf = None
        if self.output_mode == "tf_idf":
            found_in = np.array([self._found_in[token] for token in tokens])
            idf = np.log(1.0 + self._documents / (1.0 + found_in)).astype("float32")
        self._take(tokens, idf)
        self.reset_state()

    def reset_state(self):
        """Forgets what was counted."""
        self.__dict__.update(_counts=collections.Counter(), _found_in=collections.Counter(), _documents=0)

    # ---- using it ----------------------------------------------------------------------------------------------------

    def numbers_of(self, tokens):
        """The places of an array of tokens in the vocabulary."""
        if not self._tokens:
            raise RuntimeError(f"{type(self).__name__} {self.name!r} has no vocabulary yet: give it "
                               "vocabulary=[...], or call adapt(data)")
        masked = 0 if self.output_mode == "int" else np.iinfo("int64").max
        first = len(self._special) - self.num_oov_indices
        known = {**self._table, **({} if self.mask_token is None else {self.mask_token: masked})}
        found = [known[t] if t in known else first + self._unknown(t) for t in tokens.ravel()]
        return np.array(found, "int64").reshape(tokens.shape)

    def _unknown(self, token):
        """Which of the places for unknown tokens one has."""
        if self.num_oov_indices == 0:
            raise ValueError("When `num_oov_indices=0` all inputs should be in vocabulary, found OOV values "
                             f"{token!r}, consider setting `num_oov_indices=1`.")
        if self.num_oov_indices == 1:
            return 0
        if not isinstance(token, int):
            raise NotImplementedError("tinynn spreads unknown strings over one place only: num_oov_indices=1")
        return token % self.num_oov_indices

    def call(self, inputs):
        """The places of the tokens, vectors of them, or with `invert` the tokens at places."""
        values = texts(inputs)
        if self.invert:
            names = dict(enumerate(self.get_vocabulary()))
            tokens = [names.get(i, self.oov_token) for i in values.ravel()]
            kind = "O" if isinstance(self.oov_token, str) else "int64"
            return ops.convert_to_tensor(np.array(tokens, kind).reshape(values.shape))
        return self._encoded(self.numbers_of(values))

    def _encoded(self, numbers):
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        y = encoded(numbers, mode, self._depth(), "int64")
        if self.output_mode != "tf_idf":
            return y
        weights = np.zeros(self._depth(), "float32")
        weights[:len(self._idf)] = self._idf
        return ops.cast(y, floatx()) * weights

    def _depth(self):
        return self.max_tokens if self.pad_to_max_tokens else self.vocabulary_size()

    def compute_output_shape(self, input_shape):
        """The shape of the places or vectors."""
        return encoded_shape(input_shape, "count" if self.output_mode == "tf_idf" else self.output_mode, self._depth())

    def compute_output_spec(self, inputs):
        """A symbolic tensor of that shape."""
        dtype = floatx() if self.output_mode == "tf_idf" else "int64"
        if self.invert:
            dtype = "string" if isinstance(self.oov_token, str) else "int64"
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype)

    def get_config(self):
        """The arguments of the constructor, with the vocabulary that was given or learned."""
        first = 0 if self._whole else len(self._special)
        return {**super().get_config(), "vocabulary": self.get_vocabulary(self._whole) if self._tokens else None,
                "idf_weights": None if self._idf is None else self._idf[first:].tolist()}


class StringLookup(Lookup):
    """Strings as their places in a vocabulary.

    Args:
        max_tokens: how large the vocabulary may be; None for any size.
        num_oov_indices: how many places unknown strings have: 1, or 0 where each must be known.
        mask_token: a string that has place 0, and is left out of vectors.
        oov_token: what stands for unknown strings in the vocabulary.
        vocabulary: a list of strings, or the path of a file with one in each line; without it, call `adapt`.
        idf_weights: for "tf_idf", the weight of each.
        invert: places become strings instead.
        output_mode: "int", or vectors: "one_hot", "multi_hot", "count" (see CategoryEncoding), or "tf_idf", counts
            times log(1 + documents / (1 + documents with the string)).
        pad_to_max_tokens: whether vectors have the length max_tokens.

    Example:
        >>> keras.layers.StringLookup(vocabulary=["a", "b"])(["b", "z"]).numpy()
        array([2, 0])
    """

    def __init__(self, max_tokens=None, num_oov_indices=1, mask_token=None, oov_token="[UNK]", vocabulary=None,
                 idf_weights=None, invert=False, output_mode="int", pad_to_max_tokens=False, sparse=False,
                 encoding="utf-8", name=None, **kwargs):
        super().__init__(max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert,
                         output_mode, pad_to_max_tokens, sparse, name=name, **kwargs)
        self.encoding = encoding


class IntegerLookup(Lookup):
    """Whole numbers as their places in a vocabulary; see StringLookup. With several places for unknown numbers they
    are spread over them by their remainder.

    Example:
        >>> keras.layers.IntegerLookup(vocabulary=[12, 36])([36, 5]).numpy()
        array([2, 0])
    """

    kind = "int64"

    def __init__(self, max_tokens=None, num_oov_indices=1, mask_token=None, oov_token=-1, vocabulary=None,
                 vocabulary_dtype="int64", idf_weights=None, invert=False, output_mode="int", sparse=False,
                 pad_to_max_tokens=False, name=None, **kwargs):
        super().__init__(max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert,
                         output_mode, pad_to_max_tokens, sparse, name=name, **kwargs)
        if vocabulary_dtype not in ("int32", "int64"):
            raise ValueError(f"`vocabulary_dtype` must be 'int64' or 'int32'. Received: {vocabulary_dtype!r}")
        self.vocabulary_dtype = vocabulary_dtype
