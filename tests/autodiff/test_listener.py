"""The listener hears what passes the door."""

import numpy as np

import tinynn as tf
from tinynn.autodiff.listener import Listener


def test_ops_are_heard_with_what_they_read_and_made():
    v, heard = tf.Variable([1.0, 2.0]), []
    before = v * 1.0
    with Listener(lambda *call: heard.append(call)), tf.GradientTape() as tape:
        y = tf.reduce_sum(v * 3.0)
        v.assign_add([1.0, 1.0])
    tf.square(y)
    assert [name for name, _, _ in heard] == ["multiply", "reduce_sum", "assign_add"]
    np.testing.assert_array_equal(heard[0][1][0], before)
    np.testing.assert_array_equal(heard[1][2][0], 9.0)
    np.testing.assert_array_equal(heard[2][2][0], [2.0, 3.0])
    np.testing.assert_array_equal(heard[2][1][0], [1.0, 1.0])
    np.testing.assert_array_equal(tape.gradient(y, v), [3.0, 3.0])


def test_what_a_listener_raises_comes_through():
    def stop(name, read, made):
        raise RuntimeError(name)

    try:
        with Listener(stop):
            tf.exp(1.0)
    except RuntimeError as error:
        assert str(error) == "exp"
    assert float(tf.exp(0.0)) == 1.0
