"""keras.Variable: what Keras 3 shows of it."""

import pickle

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras


def test_it_prints_as_keras_prints_it():
    layer = keras.layers.Dense(2, kernel_initializer="ones")
    layer.build((None, 1))
    assert repr(layer.kernel) == "<Variable path=dense/kernel, shape=(1, 2), dtype=float32, value=[[1. 1.]]>"
    assert (layer.kernel.name, layer.kernel.path, layer.kernel.dtype) == ("kernel", "dense/kernel", "float32")


def test_value_is_a_property_through_which_gradients_flow():
    v = keras.Variable(np.float32([1, 2]))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(v.value * v.value)
    np.testing.assert_array_equal(tape.gradient(y, v), [2, 4])


def test_its_dtype_is_a_string_that_also_answers_as_a_dtype():
    v = keras.Variable([1, 2], dtype="int32")
    assert v.dtype == "int32" and isinstance(v.dtype, str)
    assert v.dtype == tf.int32 and v.dtype.is_integer
    assert tf.cast(1.5, v.dtype).dtype == tf.int32


def test_an_initializer_needs_a_shape():
    assert keras.Variable(keras.initializers.Ones(), shape=(2,)).numpy().tolist() == [1, 1]
    with pytest.raises(ValueError, match="needs shape"):
        keras.Variable(keras.initializers.Ones())


def test_assign_casts_and_checks_the_shape():
    v = keras.Variable(np.zeros(2, "float32"))
    v.assign(np.array([1.5, 2.5]))
    v.assign(tf.constant([1, 2]))
    assert v.numpy().tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"has shape \(2,\), cannot assign a value of shape \(3,\)"):
        v.assign([1, 2, 3])


def test_a_frozen_variable_is_not_watched():
    v = keras.Variable(1.0)
    v.trainable = False
    with tf.GradientTape() as tape:
        v * 2.0
    assert tape.watched_variables() == ()


def test_it_can_be_pickled():
    v = pickle.loads(pickle.dumps(keras.Variable([1.0, 2.0], name="w", trainable=False)))
    assert (v.numpy().tolist(), v.name, v.trainable) == ([1, 2], "w", False)


def test_python_s_int_is_int64_as_in_keras():
    assert keras.Variable(lambda shape, dtype: np.zeros(shape, dtype), shape=(2,), dtype="int").dtype == "int64"
    assert keras.Variable([1, 2], dtype=int).dtype == "int64"
