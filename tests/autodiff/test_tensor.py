"""Tensors: print, conversion, operators, NumPy in both directions."""

import numpy as np
import pytest

import tinynn as tf


def test_print_as_tensorflow():
    x = tf.ones((2, 1))
    assert str(x) == "tf.Tensor(\n[[1.]\n [1.]], shape=(2, 1), dtype=float32)"
    assert repr(x) == "<tf.Tensor: shape=(2, 1), dtype=float32, numpy=\narray([[1.],\n       [1.]], dtype=float32)>"
    assert str(tf.constant(3.0)) == "tf.Tensor(3.0, shape=(), dtype=float32)"
    assert repr(tf.constant(3.0)) == "<tf.Tensor: shape=(), dtype=float32, numpy=3.0>"
    assert repr(tf.constant([True])) == "<tf.Tensor: shape=(1,), dtype=bool, numpy=array([ True])>"
    longs = tf.constant([1, 2], tf.int64)  # NumPy's own default: its name is left out, as in TensorFlow
    assert repr(longs) == "<tf.Tensor: shape=(2,), dtype=int64, numpy=array([1, 2])>"
    assert repr(x.shape) == "TensorShape([2, 1])"
    assert f"{x.shape}" == "(2, 1)"


@pytest.mark.parametrize(("value", "dtype"), [
    (3, "int32"), (3.0, "float32"), ([1, 2.5], "float32"), (True, "bool"), (2**40, "int64"), ("a", "string"),
    (np.float64(3), "float64"), ([np.float64(3)], "float64"), (np.arange(3), "int64"), (1j, "complex128"),
    ([], "float32"), (np.zeros(2, "float16"), "float16"), ([[1, 2], [3, 4]], "int32"), (range(3), "int32"),
])
def test_dtypes_of_python_values(value, dtype):
    assert tf.constant(value).dtype == dtype


def test_mixing_rules():
    x = tf.ones(2)
    assert (x * np.ones(2)).dtype == tf.float32
    assert (np.ones(2) * x).dtype == tf.float32
    assert (x + 1).dtype == tf.float32
    assert (x + [1, 2]).dtype == tf.float32
    assert (x * np.float64(2)).dtype == tf.float32
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"float32.*float64.*tf\.cast"):
        x + tf.ones(2, dtype=tf.float64)
    with pytest.raises(tf.errors.InvalidArgumentError, match="int32"):
        x + tf.constant([1, 2])
    with pytest.raises((TypeError, tf.errors.InvalidArgumentError), match="int32"):
        tf.constant([1, 2]) + 0.5


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\(2,\).*\(3,\)"):
        tf.ones(2) + tf.ones(3)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\(2, 3\).*\(2, 3\)"):
        tf.matmul(tf.ones((2, 3)), tf.ones((2, 3)))


@pytest.mark.parametrize(("value", "error", "match"), [
    ([[1.0], [1.0, 2.0]], ValueError, "lengths"),
    (None, ValueError, "return"),
    (object(), (ValueError, TypeError), "object"),
])
def test_what_is_no_tensor(value, error, match):
    with pytest.raises(error, match=match):
        tf.constant(value)


def test_python_protocols():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2
    assert [r.shape for r in x] == [(2,), (2,)]
    assert f"{x[0, 1]:.2f}" == "2.00"
    assert "%d and %.1f" % (x[0, 0], x[1, 1]) == "1 and 4.0"
    assert float(x[1, 0]) == 3.0
    assert int(tf.constant(7)) == 7
    assert [10, 20, 30][tf.constant(1)] == 20
    assert bool(tf.constant(True))
    assert (1.0 in x) and (9.0 not in x)
    with pytest.raises((ValueError, TypeError), match="one element"):
        bool(x)
    with pytest.raises((ValueError, TypeError), match="one element"):
        float(x)
    with pytest.raises(TypeError, match="integer"):
        [1, 2][tf.constant(1.0)]
    with pytest.raises(TypeError, match="ref"):
        hash(x)
    assert len({x.ref(), x.ref()}) == 1
    assert x.ref().deref() is x
    assert (x == None) is False  # noqa: E711


def test_comparisons_are_element_by_element():
    x = tf.constant([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(x > 2.0, [False, False, True])
    np.testing.assert_array_equal(x == [1.0, 0.0, 3.0], [True, False, True])
    np.testing.assert_array_equal((x > 1.0) & ~(x >= 3.0), [False, True, False])


@pytest.mark.parametrize("key", [
    0, -1, slice(1, 3), slice(None, None, -1), (slice(None), 1), (..., 0), (None, 1), (1, slice(0, 0)),
    (slice(3, 0, -2), slice(None, None, 2)), (0, 0), (), (slice(-100, 100),), (..., None), (slice(None), None, -2),
])
def test_indexing_is_numpys(key):
    array = np.arange(20.0).reshape(4, 5)
    x = tf.constant(array)
    np.testing.assert_array_equal(x[key], array[key])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(x[key] * 2.0)
    expected = np.zeros_like(array)
    expected[key] = 2.0
    np.testing.assert_array_equal(tape.gradient(y, x), expected)


def test_index_out_of_range():
    x = tf.ones((2, 3))
    with pytest.raises((IndexError, tf.errors.InvalidArgumentError), match=r"5.*2|2.*5"):
        x[5]
    with pytest.raises((IndexError, tf.errors.InvalidArgumentError, TypeError)):
        x[0, 0, 0]


def test_numpy_sees_the_same_memory():
    x = tf.constant(np.arange(6.0).reshape(2, 3))
    assert np.shares_memory(np.asarray(x), np.asarray(x))
    view = np.asarray(x[:, 1])
    assert np.shares_memory(view, np.asarray(x))
    assert np.asarray(x, dtype="float32").dtype == np.float32
    a = np.from_dlpack(x)
    np.testing.assert_array_equal(a, x)


def test_ufuncs_are_recorded():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = np.multiply(np.sin(x), np.array([2.0, 3.0]))
    assert isinstance(y, tf.Tensor)
    np.testing.assert_allclose(tape.gradient(y, x), np.cos([1.0, 2.0]) * [2.0, 3.0], rtol=1e-6)


def test_numpy_functions_take_tensors():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    assert np.mean(x) == 2.5
    assert np.concatenate([x, x]).shape == (4, 2)
    assert np.add.reduce(np.asarray(x)).tolist() == [4.0, 6.0]
    assert np.max(x) == 4.0
    assert np.allclose(x, x)


def test_high_ranks_and_other_types_run_as_the_reference():
    x = tf.ones((1,) * 12)
    assert (x + x).shape == (1,) * 12
    assert float(tf.reduce_sum(x + x)) == 2.0
    h = tf.constant(np.ones(3, "float16"))
    assert (h * h).dtype == tf.float16
    c = tf.constant([1 + 2j])
    np.testing.assert_array_equal(c * c, [(1 + 2j) ** 2])
    assert (tf.constant([2**62]) + tf.constant([1], dtype=tf.int64)).numpy()[0] == 2**62 + 1


def test_empty_tensors():
    x = tf.zeros((0, 3))
    assert (x + 1.0).shape == (0, 3)
    assert tf.reduce_sum(x, axis=0).shape == (3,)
    assert tf.matmul(x, tf.ones((3, 2))).shape == (0, 2)


def test_text_is_bytes_as_in_tensorflow():
    x = tf.constant(["a", "é"])
    assert x.dtype == tf.string
    assert x.numpy().tolist() == [b"a", "é".encode()]
    assert str(tf.constant("a")) == "tf.Tensor(b'a', shape=(), dtype=string)"
    np.testing.assert_array_equal(x == "a", [True, False])
    assert (tf.constant(1.0) == "a") is False
    assert tf.constant(np.array(["x", "yz"])).numpy().tolist() == [b"x", b"yz"]


def test_format_is_the_number():
    assert f"{tf.constant(1.5)} {tf.constant([1, 2])}" == "1.5 [1 2]"
    assert f"{tf.constant(0.1):.3f} {tf.constant(7):04d}" == "0.100 0007"
    with pytest.raises(ValueError, match="one element"):
        f"{tf.constant([1.0, 2.0]):.2f}"
