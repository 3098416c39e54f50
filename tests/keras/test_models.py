"""Functional, Sequential and subclassed models."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers


def test_a_functional_model_computes_what_its_layers_compute(data):
    x, _ = data
    inputs = keras.Input((3,))
    a, b = layers.Dense(4, activation="relu"), layers.Dense(2)
    model = keras.Model(inputs, b(a(inputs)))
    np.testing.assert_array_equal(model(x), b(a(tf.constant(x))))
    np.testing.assert_array_equal(model.predict(x, verbose=0), model(x))
    assert model.name == "functional" and repr(model) == "<Functional name=functional, built=True>"
    assert [layer.name for layer in model.layers] == ["input_layer", "dense", "dense_1"]
    assert [w.path for w in model.weights] == ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"]
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 2))


def test_inputs_and_outputs_by_list_and_by_name(data):
    x, y = data
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    joined = layers.Concatenate()([a, b])
    model = keras.Model([a, b], [layers.Dense(1, name="p")(joined), layers.Dense(2, name="q")(joined)])
    first = model([x, y])
    for given in ((x, y), {"b": y, "a": x}, {"a": x, "b": y, "more": x}):
        for one, other in zip(first, model(given), strict=True):
            np.testing.assert_array_equal(one, other)
    assert (model.input_names, model.output_names) == (["a", "b"], ["p", "q"])
    named = keras.Model({"a": a, "b": b}, {"sum": layers.Dense(1)(joined)})
    assert named({"a": x, "b": y})["sum"].shape == (40, 1)
    with pytest.raises(ValueError, match="'b' is missing"):
        model({"a": x})
    with pytest.raises(ValueError, match=r"has 2 inputs \['a', 'b'\], got 1"):
        model([x])


def test_a_shared_layer_has_one_set_of_weights(data):
    a, b = keras.Input((3,)), keras.Input((3,))
    shared = layers.Dense(2)
    model = keras.Model([a, b], layers.Subtract()([shared(a), shared(b)]))
    assert model.count_params() == 8
    np.testing.assert_allclose(model([data[0], data[0]]), np.zeros((40, 2)), atol=1e-7)


def test_models_in_models_and_models_of_parts(data):
    x, _ = data
    inner_in = keras.Input((3,))
    inner = keras.Model(inner_in, layers.Dense(4, name="h")(inner_in), name="inner")
    outer_in = keras.Input((3,))
    outer = keras.Model(outer_in, layers.Dense(2)(inner(outer_in)))
    assert len(outer.trainable_variables) == 4
    parts = keras.Model(inner.input, [layer.output for layer in inner.layers])
    assert [tuple(t.shape) for t in parts(x)] == [(40, 3), (40, 4)]
    rest = keras.Model(outer.layers[2].input, outer.output)
    np.testing.assert_allclose(rest(inner(x)), outer(x), rtol=1e-6)
    sequential = keras.Sequential([keras.Input((3,)), inner, layers.Dense(1)])
    assert sequential(x).shape == (40, 1)


def test_inputs_are_cast_and_gain_or_lose_a_last_axis():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, layers.Dense(2)(inputs))
    for x in ([1.0, 2.0], [[1], [2]], np.array([1, 2]), np.array([[[1.0]], [[2.0]]])):
        assert model(np.asarray(x)).shape == (2, 2)


def test_wrong_shapes_are_explained(data):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    message = r"Sequential 'sequential' got input of shape \(40, 5\); it takes shape \(None, 3\)"
    for _ in range(2):
        with pytest.raises(ValueError, match=message):
            model(np.ones((40, 5)))
    with pytest.raises(ValueError, match="not among the model's inputs"):
        keras.Model(keras.Input((3,)), layers.Dense(1)(keras.Input((3,))))
    with pytest.raises(ValueError, match=r"inputs are symbolic tensors, made by keras.Input and layers; got ndarray"):
        keras.Model(data[0], data[1])


def test_a_sequential_model_is_built_late_or_at_once(data):
    x, _ = data
    late, early = keras.Sequential([layers.Dense(2)]), keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    by_shape = keras.Sequential([layers.Dense(2, input_shape=(3,))])
    assert [m.built for m in (late, early, by_shape)] == [False, True, True]
    assert late.weights == []
    late(x)
    assert [w.path for w in late.weights] == ["sequential/dense/kernel", "sequential/dense/bias"]
    assert late(x[:5]).shape == (5, 2)
    assert [len(m.layers) for m in (late, early, by_shape)] == [1, 1, 1]


def test_add_and_pop():
    model = keras.Sequential()
    model.add(keras.Input((3,)))
    model.add(layers.Dense(4))
    model.add(layers.Dense(2))
    assert (model.output_shape, len(model.weights)) == ((None, 2), 4)
    model.pop()
    assert (model.output_shape, len(model.weights)) == ((None, 4), 2)
    with pytest.raises(ValueError, match="already has a layer named 'dense'"):
        model.add(layers.Dense(1, name="dense"))
    with pytest.raises(ValueError, match=r"make an object of the class"):
        model.add(layers.Dense)
    with pytest.raises(ValueError, match="already has an Input"):
        model.add(keras.Input((2,)))


class Residual(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(3, activation="relu") for _ in range(2)]
        self.drop, self.head = layers.Dropout(0.5), layers.Dense(2)

    def call(self, x, training=False):
        for block in self.blocks:
            x = x + block(x)
        return self.head(self.drop(x, training=training))


def test_a_subclassed_model(data):
    x, _ = data
    model = Residual()
    assert model(x).shape == (40, 2)
    assert model.weights[0].path == "residual/dense/kernel"
    assert [layer.name for layer in model.layers] == ["dense", "dense_1", "dropout", "dense_2"]
    np.testing.assert_array_equal(model(x), model(x, training=False))
    assert (model(x).numpy() != model(x, training=True).numpy()).any()
    other = Residual()
    other.build((None, 3))
    assert other.built and other.count_params() == model.count_params()
    with pytest.raises(ValueError, match="is not built"):
        Residual().count_params()


def test_a_subclass_made_of_symbolic_tensors(data):
    class Mine(keras.Model):
        def twice(self, x):
            return self(x) * 2

    inputs = keras.Input((3,))
    model = Mine(inputs, layers.Dense(2)(inputs))
    assert isinstance(model, Mine) and model.name == "mine"
    np.testing.assert_array_equal(model.twice(data[0]), model(data[0]) * 2)

    class Made(keras.Model):
        def __init__(self, units):
            inputs = keras.Input((3,))
            super().__init__(inputs=inputs, outputs=layers.Dense(units)(inputs))
            self.units = units

    assert Made(5).output_shape == (None, 5)


def test_get_layer():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="first"), layers.Dense(1)])
    assert model.get_layer("first") is model.get_layer(index=0)
    with pytest.raises(ValueError, match=r"No such layer: nope. Existing layers are: \['first', 'dense'\]"):
        model.get_layer("nope")


def test_freezing_a_part(data):
    x, y = data
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(2)])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    assert [(a == b).all() for a, b in zip(before, model.get_weights(), strict=True)] == [True, True, False, False]
    model.trainable = False
    assert model.trainable_weights == []


def test_clones_and_configurations_have_weights_of_their_own(data):
    inputs = keras.Input((3,))
    h = layers.Dense(3, activation="relu")(inputs)
    functional = keras.Model(inputs, layers.Add()([h, inputs]) * 2.0)
    sequential = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dropout(0.1)])
    for model in (functional, sequential):
        copy = keras.models.clone_model(model)
        assert not any(a is b for a in model.weights for b in copy.weights)
        copy.set_weights(model.get_weights())
        np.testing.assert_array_equal(copy(data[0]), model(data[0]))
    again = keras.Sequential.from_config(sequential.get_config())
    assert again.get_config() == sequential.get_config()


def test_save_and_load_weights(tmp_path, data):
    make = lambda: keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    one, other = make(), make()
    one.save_weights(tmp_path / "w.npz")
    other.load_weights(tmp_path / "w.npz")
    np.testing.assert_array_equal(one(data[0]), other(data[0]))
