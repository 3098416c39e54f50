"""Variables: assignment, views, and values that were read before an update."""

import copy
import pickle

import numpy as np
import pytest

import tinynn as tf


def test_assign_forms():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    assert v.assign(tf.zeros((2, 2))) is v
    v.assign_add(tf.ones((2, 2))).assign_sub([[0.5, 0.5], [0.5, 0.5]])
    np.testing.assert_array_equal(v, np.full((2, 2), 0.5))
    v[0, 1].assign(3.0)
    np.testing.assert_array_equal(v, [[0.5, 3.0], [0.5, 0.5]])
    v[1].assign([7.0, 8.0])
    v[:, 0].assign_add([1.0, 1.0])
    np.testing.assert_array_equal(v, [[1.5, 3.0], [8.0, 8.0]])


def test_augmented_assignment_makes_a_tensor_as_in_tensorflow():
    v = tf.Variable(1.0)
    w = v
    w += 2.0
    assert float(v) == 1.0
    assert float(w) == 3.0


@pytest.mark.parametrize("read", [
    lambda v: v.numpy(),
    lambda v: np.asarray(v),
    lambda v: v.read_value(),
    lambda v: v.value(),
    lambda v: tf.identity(v),
    lambda v: tf.reshape(v, (4,)),
    lambda v: v[0],
    lambda v: tf.transpose(v),
    lambda v: memoryview(np.asarray(v)),
])
def test_what_was_read_stays(read):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    seen = read(v)
    before = np.array(seen)
    v.assign_add(tf.ones((2, 2)))
    v[0, 0].assign(100.0)
    np.testing.assert_array_equal(np.array(seen), before)


def test_assign_of_itself():
    v = tf.Variable([1.0, 2.0])
    v.assign(v)
    v.assign_add(v)
    v.assign(v[::-1])
    np.testing.assert_array_equal(v, [4.0, 2.0])


def test_versions():
    v, w = tf.Variable([1.0, 2.0]), tf.Variable([1.0, 2.0])

    @tf.function
    def add():
        v.assign_add([1.0, 1.0])

    for _ in range(4):
        add()
    assert "runs in C" in add.explain_capture()
    seen = [w.version()]
    for change in (lambda: None, add, add, lambda: v.assign([1.0, 2.0]), lambda: v.assign_add([0.0, 0.0])):
        change()
        seen.append(v.version())
        assert v.version() == v.version()
        with tf.GradientTape() as tape:
            y = v * v
        np.testing.assert_array_equal(tape.gradient(y, v), 2 * v.numpy())
        assert v.version() == seen[-1]
    assert len(set(seen)) == len(seen)
    value = v.snapshot()
    v.assign([5.0, 5.0])
    np.testing.assert_array_equal(value, [1.0, 2.0])


def test_wrong_shapes_and_types():
    v = tf.Variable([1.0, 2.0])
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)|\(3,\).*\(2,\)"):
        v.assign([1.0, 2.0, 3.0])
    with pytest.raises((TypeError, ValueError), match="float64"):
        v.assign(tf.constant([1.0, 2.0], dtype=tf.float64))
    with pytest.raises(TypeError, match="assign"):
        v[0] = 3.0
    with pytest.raises(ValueError, match="initial value"):
        tf.Variable()


def test_tensor_is_immutable():
    x = tf.ones((2, 2))
    with pytest.raises(TypeError, match=r"tf\.Variable.*assign"):
        x[0, 0] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(x)[0, 0] = 0.0
    mine = x.numpy()
    mine[0, 0] = 5.0
    assert float(x[0, 0]) == 1.0


def test_the_callers_array_is_not_shared():
    array = np.zeros(3, "float32")
    x, v = tf.constant(array), tf.Variable(array)
    array[:] = 1
    assert float(tf.reduce_sum(x)) == 0.0
    assert float(tf.reduce_sum(v)) == 0.0
    assert array.flags.writeable


def test_initial_values():
    assert tf.Variable(lambda: tf.ones(2)).shape == (2,)
    assert tf.Variable(3, dtype=tf.float32).dtype == tf.float32
    assert tf.Variable(tf.Variable(2.0)).numpy() == 2.0


def test_print():
    v = tf.Variable(np.ones((3, 1), "float32"))
    assert repr(v) == ("<tf.Variable 'Variable:0' shape=(3, 1) dtype=float32, numpy=\n"
                       "array([[1.],\n       [1.],\n       [1.]], dtype=float32)>")
    assert str(tf.Variable(3.0)) == "<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=3.0>"


def test_copies():
    v = tf.Variable([1.0, 2.0], name="w")
    twin = copy.deepcopy(v)
    twin.assign([0.0, 0.0])
    np.testing.assert_array_equal(v, [1.0, 2.0])
    back = pickle.loads(pickle.dumps(v))
    assert back.name == v.name
    np.testing.assert_array_equal(back, v)
    x = tf.constant([1.0, 2.0])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(x)), x)
