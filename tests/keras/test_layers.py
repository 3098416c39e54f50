"""The layers themselves, against NumPy."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3, 4)).astype("float32")
A, B = RNG.normal(size=(2, 5, 4)).astype("float32")


def test_dense():
    layer = layers.Dense(2, activation="tanh", bias_initializer="ones")
    y = layer(X)
    np.testing.assert_allclose(y, np.tanh(X @ layer.kernel.numpy() + 1), rtol=1e-5, atol=1e-6)
    plain = layers.Dense(2, use_bias=False)
    np.testing.assert_allclose(plain(A), A @ plain.kernel.numpy(), rtol=1e-5, atol=1e-6)
    assert (plain.bias, len(plain.weights)) == (None, 1)


def test_dense_keeps_constraints_and_regularizers_with_its_weights():
    layer = layers.Dense(2, kernel_constraint="non_neg", bias_regularizer="l2")
    layer.build((None, 3))
    assert layer.kernel.constraint is layer.kernel_constraint
    assert layer.bias.regularizer is layer.bias_regularizer
    model = keras.Sequential([layer])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.fit(X[:, 0, :3], np.full((5, 2), -9.0), verbose=0)
    assert (layer.kernel.numpy() >= 0).all()


@pytest.mark.parametrize("layer, expected", [
    (layers.Flatten(), X.reshape(5, 12)),
    (layers.Flatten("channels_first"), X.transpose(0, 2, 1).reshape(5, 12)),
    (layers.Reshape((2, -1)), X.reshape(5, 2, 6)),
    (layers.Permute((2, 1)), X.transpose(0, 2, 1)),
    (layers.Activation("relu"), np.maximum(X, 0)),
    (layers.Activation(tf.nn.relu), np.maximum(X, 0)),
    (layers.Identity(), X),
    (layers.Lambda(lambda x: x * 2), X * 2),
    (layers.Lambda(lambda x, k: x * k, arguments={"k": 3.0}), X * 3),
    (layers.Dropout(0.5), X),
    (layers.ActivityRegularization(l2=1.0), X),
])
def test_layers_of_one_input(layer, expected):
    for _ in range(2):
        np.testing.assert_allclose(layer(X), expected, rtol=1e-6)
    x = keras.Input(X.shape[1:])
    model = keras.Model(x, layer(x))
    assert model.output_shape == (None, *expected.shape[1:])
    np.testing.assert_allclose(model(X), expected, rtol=1e-6)


def test_repeat_vector():
    np.testing.assert_array_equal(layers.RepeatVector(3)(A), np.repeat(A[:, None], 3, 1))
    assert layers.Flatten()(np.ones(3)).shape == (3, 1)


@pytest.mark.parametrize("name, expected", [
    ("Add", A + B), ("Subtract", A - B), ("Multiply", A * B), ("Average", (A + B) / 2), ("Maximum", np.maximum(A, B)),
    ("Minimum", np.minimum(A, B)), ("Concatenate", np.concatenate([A, B], -1))])
def test_layers_of_two_inputs(name, expected):
    np.testing.assert_allclose(getattr(layers, name)()([A, B]), expected, rtol=1e-6)
    np.testing.assert_allclose(getattr(layers, name.lower())([A, B]), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="is called on a list of tensors"):
        getattr(layers, name)()(A)
    whole, kinds = A.astype("int64"), ("int64", "float32")
    mixed = getattr(layers, name)()([tf.constant(whole), tf.constant(B.astype("float32"))])
    same = getattr(layers, name)()([whole.astype("float32"), B.astype("float32")])
    np.testing.assert_array_equal(mixed, same)
    assert mixed.dtype == tf.float32
    symbolic = getattr(layers, name)()([keras.Input(A.shape[1:], dtype=kind) for kind in kinds])
    assert symbolic.dtype == "float32"


def test_dropout_keeps_the_mean_and_follows_its_seed():
    x = tf.ones((200, 50))
    layer = layers.Dropout(0.2, seed=1)
    first, second = layer(x, training=True).numpy(), layer(x, training=True).numpy()
    assert set(np.unique(first)) == {0, np.float32(1.25)}
    assert abs(first.mean() - 1) < 0.02
    assert (first != second).any()
    np.testing.assert_array_equal(layers.Dropout(0.2, seed=1)(x, training=True), first)
    np.testing.assert_array_equal(layer(x), x)
    rows = layers.Dropout(0.5, noise_shape=(None, 1))(x, training=True).numpy()
    assert all(len(set(row)) == 1 for row in rows)
    with pytest.raises(ValueError, match=r"float value between 0 and 1.*rate=2"):
        layers.Dropout(2)


@pytest.mark.parametrize("layer", [
    layers.Dense(3, activation="relu", kernel_regularizer="l2"), layers.Dropout(0.3, seed=4), layers.Flatten(),
    layers.Reshape((2, 2)), layers.Permute((2, 1)), layers.RepeatVector(2), layers.Activation("tanh"),
    layers.Concatenate(axis=1), layers.Add(), layers.Identity()])
def test_configurations_go_round(layer):
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert layers.deserialize(layers.serialize(layer)).get_config() == layer.get_config()


@pytest.mark.parametrize("name, reduce", [("Average", np.mean), ("Max", np.max)])
def test_adaptive_pooling(name, reduce):
    x = RNG.normal(size=(2, 7, 5, 3)).astype("float32")
    rows, columns = [(0, 3), (2, 5), (4, 7)], [(0, 3), (2, 5)]      # floor(i n / m) to ceil((i + 1) n / m)
    expected = [[reduce(x[:, a:b, c:d], (1, 2)) for c, d in columns] for a, b in rows]
    layer = getattr(layers, f"Adaptive{name}Pooling2D")((3, 2))
    np.testing.assert_allclose(layer(x), np.transpose(expected, (2, 0, 1, 3)), rtol=1e-5, atol=1e-6)
    entry = keras.Input((None, None, 3))
    assert layer(entry).shape == (None, 3, 2, 3)
    first = getattr(layers, f"Adaptive{name}Pooling2D")((3, 2), data_format="channels_first")
    np.testing.assert_allclose(first(x.transpose(0, 3, 1, 2)), np.transpose(layer(x), (0, 3, 1, 2)), rtol=1e-6)
