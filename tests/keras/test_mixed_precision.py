"""Layers that compute in float16 and keep their weights in float32."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")


@pytest.mark.parametrize("make", [
    layers.Dense, lambda units, dtype: layers.EinsumDense("ab,bc->ac", units, dtype=dtype),
    lambda units, dtype: layers.PReLU(dtype=dtype)])
def test_weights_are_read_in_half_and_kept_in_single_precision(make):
    layer = make(2, dtype="mixed_float16")
    half = layer(X)
    assert half.dtype == "float16"
    assert [w.dtype for w in layer.weights] == ["float32"] * len(layer.weights)
    single = make(2, dtype="float32")
    single.build(X.shape)
    single.set_weights(layer.get_weights())
    np.testing.assert_allclose(half, single(X), rtol=1e-2, atol=1e-3)


def test_a_layer_inside_keeps_its_own_types():
    class Outer(layers.Layer):
        def __init__(self):
            super().__init__(dtype="mixed_float16")
            self.inner = layers.Dense(2, dtype="float32")
            self.w = self.add_weight(shape=(3,), initializer="ones")
            self.exact = self.add_weight(shape=(3,), initializer="ones", autocast=False)

        def call(self, x):
            seen.extend([self.w.dtype, self.w.value.dtype, self.exact.dtype, (x * self.w).dtype])
            return self.inner(x * self.w)

    seen = []
    assert Outer()(X).dtype == "float32"
    assert seen == ["float16", "float16", "float32", "float16"]


def test_normalization_follows_in_single_precision():
    layer = layers.BatchNormalization(dtype="mixed_float16", momentum=0.999)
    for _ in range(3):
        assert layer(X, training=True).dtype == "float16"
    mean = X.astype("float16").astype("float64").mean(0)
    np.testing.assert_allclose(layer.moving_mean, mean * (1 - 0.999 ** 3), rtol=1e-3)


def test_training_gives_single_precision_gradients_and_the_same_eagerly():
    losses = []
    for eagerly in (True, False):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([layers.Dense(8, "relu", dtype="mixed_float16"), layers.Dense(1, dtype="float32")])
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(X)))
        assert {g.dtype.name for g in tape.gradient(loss, model.trainable_variables)} == {"float32"}
        model.compile(keras.optimizers.Adam(0.05), "mse", run_eagerly=eagerly)
        losses.append(model.fit(X, X[:, :1], epochs=30, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-2, atol=1e-3)
    assert losses[1][-1] < 0.5 * losses[1][0]


def test_the_policy_of_a_layer_can_be_set():
    layer = layers.Dense(2)
    layer(X)
    layer.dtype_policy = "mixed_float16"
    assert (layer.dtype_policy.name, layer(X).dtype) == ("mixed_float16", "float16")
    layer.dtype_policy = "float32"
    assert layer(X).dtype == "float32"
