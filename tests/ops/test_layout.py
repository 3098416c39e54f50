"""Layout, creation and conversion: TensorFlow's arguments, and the errors."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError
from tinynn.testing import check_gradients

X = np.random.default_rng(0).normal(size=(4, 3))


def values(tensor):
    return np.asarray(tensor).tolist()


def test_constants_have_tensorflows_types():
    for value, dtype in ((3, "int32"), (3.0, "float32"), ([1, 2.5], "float32"), (True, "bool"), (2**40, "int64"),
                         (np.float64(1), "float64"), (np.zeros(2, "int8"), "int8"), ("a", "string")):
        assert tf.constant(value).dtype.name == dtype
    assert tf.constant(5.0, shape=(2, 2)).shape == (2, 2)
    assert tf.constant([1, 2, 3, 4], shape=[2, 2], dtype=tf.float64).dtype == tf.float64
    with pytest.raises(TypeError, match="3 values"):
        tf.constant([1, 2, 3], shape=(2, 2))
    with pytest.raises(TypeError, match="int32"):
        tf.constant(0.5, tf.int32)


def test_types_that_are_asked_for():
    assert values(tf.constant(True, tf.float32)) == 1.0
    assert values(tf.constant(np.array([True, False]), tf.int32)) == [1, 0]
    assert values(tf.constant(["a", "b"], tf.string)) == [b"a", b"b"]
    assert values(tf.convert_to_tensor([], tf.string)) == []
    assert values(tf.Variable("a", dtype=tf.string)) == b"a"
    for value, dtype in ((1, tf.string), ("a", tf.float32), (np.array(["a"]), tf.float32), (2, tf.bool),
                         ("1", tf.complex64), (tf.constant(1.0), tf.complex64)):
        with pytest.raises((TypeError, ValueError), match=dtype.name):
            tf.convert_to_tensor(value, dtype)
    assert values(tf.constant([0.1, 1e-300], tf.float64)) == [0.1, 1e-300]      # not by way of float32
    assert values(tf.Variable([[0.1]], dtype="float64")) == values(tf.ones((1, 1), tf.float64) * [[0.1]]) == [[0.1]]
    with pytest.raises(ValueError, match="text and int"):
        tf.constant(["a", 1])


def test_text_is_joined_and_filled_up():
    a = tf.constant(["a", "b"])
    assert values(tf.stack(["x", "y"])) == [b"x", b"y"]
    assert values(tf.concat([a, ["c"]], 0)) == [b"a", b"b", b"c"]
    assert values(tf.zeros_like(a)) == values(tf.zeros(2, tf.string)) == [b"", b""]
    assert values(tf.pad(a, [[1, 0]])) == [b"", b"a", b"b"]
    assert values(tf.where([True, False], a, "z")) == [b"a", b"z"]
    assert values(tf.equal(a, "b")) == [False, True]
    with pytest.raises(TypeError, match="no text"):
        tf.ones(2, tf.string)


def test_patterns():
    assert values(tf.range(3)) == [0, 1, 2]
    assert tf.range(3.0).dtype == tf.float32
    assert tf.range(3, dtype=tf.int64).dtype == tf.int64
    assert values(tf.range(5, 0, -2)) == [5, 3, 1]
    assert values(tf.linspace(0.0, 1.0, 5)) == [0, 0.25, 0.5, 0.75, 1]
    assert tf.linspace([0.0, 1.0], [1.0, 3.0], 3, axis=-1).shape == (2, 3)
    assert values(tf.one_hot([0, 2, 5, -1], 3)) == [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert values(tf.one_hot([0, 2], 3, on_value=5, off_value=1, axis=0)) == [[5, 1], [1, 1], [1, 5]]
    assert tf.one_hot([0], 2, on_value=True, off_value=False).dtype == tf.bool
    assert values(tf.eye(2, 3)) == [[1, 0, 0], [0, 1, 0]]
    assert tf.zeros(3).shape == (3,)
    assert tf.zeros((2,), tf.string).numpy().tolist() == [b"", b""]
    a, b = tf.meshgrid([1, 2], [3, 4, 5])
    assert (a.shape, values(b[:, 0])) == ((3, 2), [3, 4, 5])
    assert values(tf.linspace(0.0, 1.0, 0)) == []
    with pytest.raises(InvalidArgumentError, match="whole numbers, not float32"):
        tf.one_hot([0.0], 3)
    with pytest.raises(InvalidArgumentError, match="delta"):
        tf.range(0, 3, 0)
    with pytest.raises(InvalidArgumentError, match="negative"):
        tf.zeros((2, -1))


def test_joining_takes_the_type_of_the_tensors():
    assert tf.stack([tf.constant(1.0), 2, 3.5]).dtype == tf.float32
    assert tf.concat([tf.ones((1, 2)), [[1, 2]]], 0).dtype == tf.float32
    with pytest.raises(InvalidArgumentError, match="different dtypes"):
        tf.concat([tf.ones(2), tf.constant([1, 2])], 0)
    with pytest.raises(InvalidArgumentError, match=r"\(2,\) and \(3,\)"):
        tf.stack([tf.ones(2), tf.ones(3)])
    with pytest.raises(InvalidArgumentError, match="at least one"):
        tf.concat([], 0)


def test_cutting():
    assert [p.shape for p in tf.split(X, [1, -1], axis=1)] == [(4, 1), (4, 2)]
    assert [values(row) for row in tf.unstack(tf.constant([[1, 2], [3, 4]]), axis=1)] == [[1, 3], [2, 4]]
    with pytest.raises(InvalidArgumentError, match="3 equal parts"):
        tf.split(X, 3)
    with pytest.raises(InvalidArgumentError, match="add up"):
        tf.split(X, [1, 1])


def test_shapes():
    assert tf.reshape(X, (2, -1)).shape == (2, 6)
    assert tf.reshape(X, tf.constant([-1])).shape == (12,)
    assert tf.reshape(tf.zeros((0, 3)), (3, -1)).shape == (3, 0)
    assert tf.expand_dims(X, -1).shape == (4, 3, 1)
    assert tf.squeeze(tf.ones((1, 2, 1)), [0]).shape == (2, 1)
    assert tf.transpose(tf.ones((2, 3, 4)), [0, -1, 1]).shape == (2, 4, 3)
    assert values(tf.shape(X)) == [4, 3]
    assert (int(tf.size(X)), int(tf.rank(X))) == (12, 2)
    assert tf.broadcast_static_shape((2, 1), (None,)) == (2, None)
    with pytest.raises(InvalidArgumentError, match="12 elements"):
        tf.reshape(X, (5, 2))
    with pytest.raises(InvalidArgumentError, match=r"axis 0 .* has 4"):
        tf.squeeze(X, 0)
    with pytest.raises(InvalidArgumentError, match="perm"):
        tf.transpose(X, [0, 0])


@pytest.mark.parametrize("f", [
    lambda x: tf.tile(x, [2, 3]), lambda x: tf.repeat(x, [1, 2, 0, 1], axis=0), lambda x: tf.repeat(x, 2),
    lambda x: tf.reverse(x, [0, -1]), lambda x: tf.roll(x, [1, -1], [0, 1]), lambda x: tf.pad(x, [[1, 0], [0, 2]]),
    lambda x: tf.pad(x, [[2, 1], [1, 2]], "REFLECT"), lambda x: tf.pad(x, [[2, 1], [1, 2]], "SYMMETRIC"),
    lambda x: tf.stack(tf.unstack(x, axis=1)), lambda x: tf.concat(tf.split(x, 2)[::-1], 0),
    lambda x: tf.linspace(x[0], x[1], 4), lambda x: tf.meshgrid(x[0], x[1])[1], lambda x: tf.identity(x),
    lambda x: tf.fill((2, 2), x[0, 0]), lambda x: tf.broadcast_to(x, (2, 4, 3)),
])
def test_gradients(f):
    check_gradients(lambda x: f(x) ** 2, [X])


def test_padding_and_rolling_as_numpy():
    for mode in ("constant", "reflect", "symmetric"):
        np.testing.assert_array_equal(np.asarray(tf.pad(X, [[2, 1], [0, 2]], mode)), np.pad(X, [[2, 1], [0, 2]], mode))
    assert values(tf.pad([1, 2], [[1, 2]], constant_values=9)) == [9, 1, 2, 9, 9]
    np.testing.assert_array_equal(np.asarray(tf.roll(X, [5, -1], [0, 1])), np.roll(X, [5, -1], [0, 1]))
    with pytest.raises(InvalidArgumentError, match="too long"):
        tf.pad(X, [[0, 0], [3, 0]], "REFLECT")


def test_casts():
    assert values(tf.cast([1.9, -1.9], tf.int32)) == [1, -1]
    assert values(tf.cast([0, 2], "bool")) == [False, True]
    x = tf.constant(1.0)
    assert tf.cast(x, tf.float32) is x
    assert tf.cast(np.array([1.5]), tf.float32).dtype == tf.float32
    assert tf.cast(np.array([True]), "float64").numpy().tolist() == [1.0]


def test_conversion():
    row = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.convert_to_tensor([row, [row[0], 3]]))
    assert values(tape.gradient(y, row)) == [2, 1]
    assert tf.convert_to_tensor([1, 2], dtype_hint=tf.float64).dtype == tf.float64
    with pytest.raises(ValueError, match="None"):
        tf.convert_to_tensor(None)
    with pytest.raises(ValueError, match="different lengths"):
        tf.constant([[1.0], [2.0, 3.0]])
    with pytest.raises(InvalidArgumentError, match=r"expected a tensor of shape \(None, 4\)"):
        tf.ensure_shape(X, (None, 4))
