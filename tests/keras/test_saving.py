"""Configurations: the user's own objects, shared objects, special values, errors."""

import json

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import saving


@saving.register_keras_serializable("tests")
class Tripled(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return 3.0 * tf.abs(y_true - y_pred)


@saving.register_keras_serializable("tests", name="cubed")
def cube(x):
    return x**3


def test_the_format_is_that_of_keras():
    assert saving.serialize_keras_object(keras.losses.MeanSquaredError()) == {
        "module": "keras.losses", "class_name": "MeanSquaredError",
        "config": {"name": "mean_squared_error", "reduction": "sum_over_batch_size"}, "registered_name": None}
    assert saving.serialize_keras_object(keras.losses.mean_squared_error) == {
        "module": "builtins", "class_name": "function", "config": "mean_squared_error", "registered_name": "function"}


def test_what_is_made_already_stays_as_it_is():
    for thing in (keras.layers.Dense(1), cube, Tripled):
        assert saving.deserialize_keras_object(thing) is thing
    with pytest.raises(TypeError, match="a configuration is a dictionary, got complex"):
        saving.deserialize_keras_object(1j)


def test_registered_classes_and_functions():
    config = json.loads(json.dumps(saving.serialize_keras_object(Tripled(name="t"))))
    assert config["registered_name"] == "tests>Tripled"
    again = saving.deserialize_keras_object(config)
    assert type(again) is Tripled and again.name == "t"
    config = saving.serialize_keras_object(cube)
    assert config["config"] == "tests>cubed" and saving.deserialize_keras_object(config) is cube
    assert saving.get_registered_name(cube) == "tests>cubed"
    assert saving.get_registered_object("tests>cubed") is cube
    assert keras.activations.get("tests>cubed") is cube
    with pytest.raises(ValueError, match="get_config"):
        saving.register_keras_serializable()(type("Bare", (), {}))


def test_custom_objects_by_argument_and_by_scope():
    class Halved(keras.losses.Loss):
        pass

    config = saving.serialize_keras_object(Halved(name="h"))
    with pytest.raises(TypeError, match="register_keras_serializable"):
        saving.deserialize_keras_object(config)
    assert type(saving.deserialize_keras_object(config, {"Halved": Halved})) is Halved
    with saving.custom_object_scope({"Halved": Halved}):
        assert type(saving.deserialize_keras_object(config)) is Halved
        assert type(keras.losses.get("Halved")) is Halved
    with pytest.raises(ValueError, match="unknown loss"):
        keras.losses.get("Halved")


def test_values_that_json_does_not_have():
    given = {"a": (1, 2), "b": slice(1, None, 2), "c": b"x", "d": np.arange(3), "e": tf.constant([1.5]), "f": ...,
             "g": tf.float32, "h": tf.TensorShape([2, None]), "i": np.float32(0.5), "j": None}
    again = saving.deserialize_keras_object(json.loads(json.dumps(saving.serialize_keras_object(given))))
    assert again["a"] == [1, 2] and again["b"] == slice(1, None, 2) and again["c"] == b"x" and again["f"] is ...
    np.testing.assert_array_equal(again["d"], np.arange(3))
    assert again["e"].dtype == tf.float32 and float(again["e"][0]) == 1.5
    assert again["g"] == "float32" and again["h"] == [2, None] and again["i"] == 0.5 and again["j"] is None


def test_a_shared_object_is_made_once():
    loss = keras.losses.Huber(2.0)
    with saving.ObjectSharingScope():
        config = saving.serialize_keras_object([loss, loss])
    with saving.ObjectSharingScope():
        first, second = saving.deserialize_keras_object(config)
    assert first is second and first.delta == 2.0


def test_lambdas_are_refused_in_both_directions():
    with pytest.raises(TypeError, match="def"):
        saving.serialize_keras_object(lambda x: x)
    with pytest.raises(ValueError, match="lambda"):
        saving.deserialize_keras_object({"class_name": "__lambda__", "config": {"value": "..."}})


def test_what_cannot_be_saved_is_named():
    with pytest.raises(TypeError, match="get_config"):
        saving.serialize_keras_object(object())
    with pytest.raises(TypeError, match="cannot find 'Nothing'"):
        saving.deserialize_keras_object({"class_name": "Nothing", "config": {}, "module": "elsewhere"})
    with pytest.raises(ValueError, match="class_name"):
        keras.losses.deserialize({"name": "Huber"})
