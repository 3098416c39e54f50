"""Categories, vocabularies and texts."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers

WORDS = [["a", "c", "z", "a"]]


@pytest.mark.parametrize("mode, expected", [
    ("int", [[1, 3, 0, 1]]), ("count", [[1, 2, 0, 1]]), ("multi_hot", [[1, 1, 0, 1]]),
    ("one_hot", [[[0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]]])])
def test_strings_by_their_place(mode, expected):
    layer = layers.StringLookup(vocabulary=["a", "b", "c"], output_mode=mode)
    np.testing.assert_array_equal(layer(WORDS), expected)
    np.testing.assert_array_equal(layer(tf.constant(WORDS)), expected)
    entry = keras.Input((4,), dtype="string")
    model = keras.Model(entry, layer(entry))
    assert model.output_shape == (None, *np.shape(expected)[1:])
    np.testing.assert_array_equal(model(tf.constant(WORDS)), expected)
    np.testing.assert_array_equal(layers.StringLookup.from_config(layer.get_config())(WORDS), expected)


def test_numbers_by_their_place():
    np.testing.assert_array_equal(layers.IntegerLookup(vocabulary=[5, 7])([[5, 7], [9, -1]]), [[1, 2], [0, 0]])
    np.testing.assert_array_equal(layers.IntegerLookup(vocabulary=[5], num_oov_indices=3, mask_token=0)([0, 5, 7, 8]),
                                  [0, 4, 2, 3])
    np.testing.assert_array_equal(layers.IntegerLookup(vocabulary=[5, 7], invert=True)([0, 1, 2, 9]), [-1, 5, 7, -1])


def test_a_lookup_and_its_inverse():
    back = layers.StringLookup(vocabulary=["a", "b"], invert=True, mask_token="")
    assert back([0, 1, 2, 3, 8]).numpy().tolist() == [b"", b"[UNK]", b"a", b"b", b"[UNK]"]
    there = layers.StringLookup(vocabulary=back.get_vocabulary(), mask_token="")
    np.testing.assert_array_equal(there(back([0, 2, 3])), [0, 2, 3])


@pytest.mark.parametrize("data", [
    ["b", "a", "c", "b", "c"], np.array([["b", "c"], ["c", "b"]]),
    tf.data.Dataset.from_tensor_slices(["b", "a", "c", "b", "c"]).batch(2), iter([["b", "a"], ["c", "b", "c"]])])
def test_a_vocabulary_is_ordered_by_how_often(data):
    layer = layers.StringLookup(max_tokens=3)
    layer.adapt(data)
    assert layer.get_vocabulary()[0] == "[UNK]" and layer.vocabulary_size() == 3
    assert set(layer.get_vocabulary(include_special_tokens=False)) <= {"b", "c"}
    assert layers.deserialize(layers.serialize(layer)).get_vocabulary() == layer.get_vocabulary()


def test_equally_frequent_words_are_ordered_backwards():
    layer = layers.TextVectorization()
    layer.adapt(["The cat, the DOG!", "a dog"])
    assert layer.get_vocabulary() == ["", "[UNK]", "the", "dog", "cat", "a"]     # as TensorFlow 2.21 has it
    np.testing.assert_array_equal(layer(["the dog", "cat x y"]), [[2, 3, 0], [4, 1, 1]])
    np.testing.assert_array_equal(layer([["the dog"], ["cat x y"]]), [[2, 3, 0], [4, 1, 1]])
    np.testing.assert_array_equal(layer("dog the"), [3, 2])


def test_rare_words_weigh_more():
    layer = layers.TextVectorization(output_mode="tf_idf")
    layer.adapt(["a b a", "b c"])
    weight = lambda documents: np.log(1 + 2 / (1 + documents))
    np.testing.assert_allclose(layer(["a b", "z c c"]), [[0, weight(2), weight(1), 0],
                                                         [np.mean([weight(2), weight(1), weight(1)]), 0, 0,
                                                          2 * weight(1)]], rtol=1e-6)
    copy = layers.TextVectorization.from_config(layer.get_config())
    np.testing.assert_allclose(copy(["a b", "z c c"]), layer(["a b", "z c c"]))


@pytest.mark.parametrize("options, text, tokens", [
    ({}, "It's  a\tDOG.", ["its", "a", "dog"]), ({"standardize": "lower"}, "A b!", ["a", "b!"]),
    ({"standardize": "strip_punctuation"}, "A b!", ["A", "b"]), ({"standardize": None, "split": None}, "A b", ["A b"]),
    ({"split": "character"}, "고양이", ["고", "양", "이"]), ({"ngrams": 2}, "a b c", ["a", "b", "c", "a b", "b c"]),
    ({"ngrams": (3,)}, "a b c", ["a b c"]), ({"split": lambda x: [s.decode().split("-") for s in x.numpy()]},
                                             "a-b", ["ab"])])
def test_texts_as_tokens(options, text, tokens):
    if callable(options.get("split")):
        options, tokens = {**options, "standardize": None}, ["a", "b"]
    layer = layers.TextVectorization(vocabulary=sorted(set(tokens)), **options)
    got = [layer.get_vocabulary()[i] for i in layer([text]).numpy()[0]]
    assert got == tokens


def test_texts_of_one_length_in_a_model():
    layer = layers.TextVectorization(output_sequence_length=4, vocabulary=["a", "b"])
    model = keras.Sequential([layer, layers.Embedding(4, 2), layers.GlobalAveragePooling1D()])
    assert tuple(model(tf.constant([["a b a b a"], ["z"]])).shape) == (2, 2)
    np.testing.assert_array_equal(layer(["a b a b a", "z"]), [[2, 3, 2, 3], [1, 0, 0, 0]])
    assert layer.compute_output_shape((None, 1)) == (None, 4)


def test_a_vocabulary_of_a_file(tmp_path):
    (tmp_path / "words.txt").write_text("하나\n둘\n", encoding="utf-8")
    layer = layers.StringLookup(vocabulary=str(tmp_path / "words.txt"))
    np.testing.assert_array_equal(layer(["둘", "셋", "하나"]), [2, 0, 1])


@pytest.mark.parametrize("make, error, message", [
    (lambda: layers.StringLookup(vocabulary=["a", "a"]), ValueError, "repeated term"),
    (lambda: layers.StringLookup(vocabulary=["a", ""], mask_token=""), ValueError, "reserved mask token"),
    (lambda: layers.StringLookup(vocabulary=[]), ValueError, "empty vocabulary"),
    (lambda: layers.StringLookup(vocabulary="nowhere.txt"), ValueError, "does not exist"),
    (lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["b"]), ValueError, "found OOV values 'b'"),
    (lambda: layers.StringLookup(vocabulary=["a"], max_tokens=1), ValueError, "greater than 1"),
    (lambda: layers.StringLookup(vocabulary=["a"]).adapt(["a"]), ValueError, "Cannot adapt layer"),
    (lambda: layers.StringLookup()(["a"]), RuntimeError, "has no vocabulary yet"),
    (lambda: layers.StringLookup(output_mode="binery"), ValueError, "`output_mode` argument must be one of"),
    (lambda: layers.TextVectorization(output_mode="count", output_sequence_length=3), ValueError, "must not be set"),
    (lambda: layers.TextVectorization(vocabulary=["a"])([["a", "b"]]), ValueError, "must be 1"),
    (lambda: layers.CategoryEncoding(), ValueError, "num_tokens must be set"),
    (lambda: layers.CategoryEncoding(3)([1], count_weights=[1.0]), ValueError, "`count_weights` is not used"),
    (lambda: layers.Discretization(), ValueError, "either `num_bins` or"),
    (lambda: layers.Discretization(num_bins=3)([1.0]), ValueError, "call `adapt")])
def test_what_is_wrong_is_said(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_category_encoding():
    x = np.array([[3, 2], [0, 0]])
    np.testing.assert_array_equal(layers.CategoryEncoding(4)(x), [[0, 0, 1, 1], [1, 0, 0, 0]])
    np.testing.assert_array_equal(layers.CategoryEncoding(4, "count")(x), [[0, 0, 1, 1], [2, 0, 0, 0]])
    np.testing.assert_array_equal(layers.CategoryEncoding(4, "count")(x, count_weights=[[0.5, 2], [1, 3]]),
                                  [[0, 0, 2, 0.5], [4, 0, 0, 0]])
    np.testing.assert_array_equal(layers.CategoryEncoding(4, "one_hot")([[3], [1]]), [[0, 0, 0, 1], [0, 1, 0, 0]])
    entry = keras.Input((2,), dtype="int32")
    model = keras.Sequential([entry, layers.CategoryEncoding(4), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, np.ones((2, 1)), verbose=0)
    assert model.layers[0].compute_output_shape((None, 2)) == (None, 4)


def test_discretization():
    layer = layers.Discretization([0.0, 1.0])
    np.testing.assert_array_equal(layer([[-1.0, 0.0], [0.5, 3.0]]), np.digitize([[-1.0, 0.0], [0.5, 3.0]], [0.0, 1.0]))
    assert layer([1]).dtype == "int32"
    learned = layers.Discretization(num_bins=4, epsilon=0.01)
    data = np.random.default_rng(0).normal(size=1000).astype("float32")
    learned.adapt(data)
    np.testing.assert_allclose(learned.bin_boundaries, np.quantile(data, [0.25, 0.5, 0.75]), atol=0.05)
    counts = np.bincount(learned(data).numpy())
    assert len(counts) == 4 and abs(counts - 250).max() < 25
    copy = layers.Discretization.from_config(learned.get_config())
    np.testing.assert_array_equal(copy(data), learned(data))
