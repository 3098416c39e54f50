"""keras.backend and the names of the keras module."""

import pytest

import tinynn as tf
from tinynn import keras


def test_the_float_type_is_that_of_new_layers():
    try:
        keras.backend.set_floatx("float64")
        layer = keras.layers.Dense(1)
        assert (layer(tf.ones((2, 2))).dtype, layer.weights[0].dtype) == (tf.float64, "float64")
    finally:
        keras.backend.set_floatx("float32")
    assert keras.layers.Dense(1)(tf.ones((2, 2), tf.float64)).dtype == tf.float32


def test_settings():
    assert (keras.backend.floatx(), keras.backend.epsilon()) == ("float32", 1e-7)
    assert keras.backend.image_data_format() == "channels_last"
    assert [keras.backend.get_uid("a") for _ in range(2)] == [1, 2]


def test_every_part_is_found_and_a_wrong_name_answers():
    for name in ("activations", "backend", "callbacks", "constraints", "datasets", "initializers", "layers", "losses",
                 "metrics", "models", "optimizers", "regularizers", "utils"):
        assert getattr(keras, name).__name__ == f"tinynn.keras.{name}"
    assert keras.Model is keras.models.Model and keras.Input is keras.layers.Input
    assert set(dir(keras)) >= {"Sequential", "layers", "Variable"}
    with pytest.raises(AttributeError, match=r"there is no tf.keras.layer; did you mean tf.keras.layers\?"):
        keras.layer  # noqa: B018
