"""Indexing, gathering and scattering: against NumPy, and the errors."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError
from tinynn.testing import check_gradients

X = np.random.default_rng(0).normal(size=(4, 3, 2))
MASK = np.array([True, False, True, True])
KEYS = [
    0, -1, np.int64(2), slice(None), slice(1, 3), slice(None, None, 2), slice(None, None, -1), slice(3, 0, -2),
    slice(10, None), slice(2, 2), ..., None, (), (1, 2), (1, 2, 1), (..., 0), (slice(None), None, 1), (None, ...,
    None), (0, slice(None, None, -1), slice(1, None)), (slice(1, -1), ..., -1), [2, 0, 2], np.array([[0], [3]]),
    [-1, 1], (slice(None), [0, 2]), (slice(1, 3), np.array([2, 0]), slice(None)), ([0, 1], [2, 0]), ([0, 3], [1,
    1], [0, 1]), MASK, X > 0, (slice(None), [True, False, True]), [], (0, [1, 2]),
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_reads_as_numpy(key):
    got = tf.constant(X)[key]
    np.testing.assert_array_equal(np.asarray(got), X[key])
    np.testing.assert_array_equal(np.asarray(tf.Variable(X)[key]), X[key])


@pytest.mark.parametrize("key", [k for k in KEYS if X[k].size], ids=str)
def test_gradients_of_reading(key):
    check_gradients(lambda x: x[key] ** 3, [X])


def test_tensors_as_keys():
    i = tf.constant(-1)
    np.testing.assert_array_equal(np.asarray(tf.constant(X)[i]), X[-1])
    np.testing.assert_array_equal(np.asarray(tf.constant(X)[i, tf.constant(1)]), X[-1, 1])
    np.testing.assert_array_equal(np.asarray(tf.constant(X)[tf.constant(1):, 0]), X[1:, 0])
    np.testing.assert_array_equal(np.asarray(tf.constant(X)[tf.constant(MASK)]), X[MASK])


@pytest.mark.parametrize("key, kind, words", [
    (4, InvalidArgumentError, "index 4 is out of range for axis 0 .* -4 to 3"),
    ((0, -4), InvalidArgumentError, "index -4 .* axis 1"),
    ((0, 0, 0, 0), InvalidArgumentError, "4 indices are too many"),
    ((..., 0, ...), InvalidArgumentError, "one `...`"),
    ("a", TypeError, "str"), (1.5, TypeError, "float"), ([0, 4], InvalidArgumentError, "index 4"),
    (np.array([True, False]), InvalidArgumentError, r"mask of shape \(2,\)"),
    ((slice(None), [0], [1]), TypeError, "gather"),
    (tf.constant(1.0), TypeError, "tf.int32"),
])
def test_key_errors(key, kind, words):
    with pytest.raises(kind, match=words):
        tf.constant(X)[key]


def test_variables_are_written_by_index():
    v = tf.Variable(np.zeros((3, 2), "float32"))
    before = v.read_value()
    assert v[0, 1].assign(5.0) is v
    v[1:].assign([[1.0, 2.0], [3.0, 4.0]])
    v[:, 0].assign_add([10.0, 10.0, 10.0])
    v[-1].assign_sub(1.0)
    assert v.numpy().tolist() == [[10, 5], [11, 2], [12, 3]]
    assert before.numpy().tolist() == [[0, 0], [0, 0], [0, 0]]
    v[::2, ::-1].assign([[1.0, 2.0], [3.0, 4.0]])
    assert v.numpy().tolist() == [[2, 1], [11, 2], [4, 3]]
    with pytest.raises(InvalidArgumentError, match=r"\(3,\).*\(2,\)"):
        v[0].assign([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="tensor_scatter_nd_update"):
        v[[0, 1]].assign(0.0)
    with pytest.raises(AttributeError, match="variable"):
        tf.constant([1.0])[0].assign(2.0)


def test_gather():
    x = tf.constant(X)
    for axis in (0, 1, -1):
        np.testing.assert_array_equal(np.asarray(tf.gather(x, [[1, 0], [1, 1]], axis=axis)),
                                      np.take(X, [[1, 0], [1, 1]], axis=axis))
    i = np.array([[0, 2], [1, 1], [2, 0], [0, 0]])
    np.testing.assert_array_equal(np.asarray(tf.gather(x, i, batch_dims=1)), np.take_along_axis(X, i[..., None], 1))
    expected = np.stack([X[b][:, [1, 0, b % 2]] for b in range(4)])
    i = np.array([[1, 0, b % 2] for b in range(4)])
    np.testing.assert_array_equal(np.asarray(tf.gather(x, i, axis=2, batch_dims=1)), expected)
    check_gradients(lambda x: tf.gather(x, i, axis=2, batch_dims=1) ** 2, [X])
    for wrong in ([4], [-1]):
        with pytest.raises(InvalidArgumentError, match=rf"index {wrong[0]} lies outside an axis of length 4"):
            tf.gather(x, wrong)
    with pytest.raises(InvalidArgumentError, match="index 9"):
        tf.gather(x, i + 8, axis=2, batch_dims=1)


def test_gather_and_scatter_by_tuples():
    x = tf.constant(X)
    np.testing.assert_array_equal(np.asarray(tf.gather_nd(x, [[0, 1], [3, 2]])), X[[0, 3], [1, 2]])
    np.testing.assert_array_equal(np.asarray(tf.gather_nd(x, [[[1, 1]]] * 4, batch_dims=1))[:, 0], X[:, 1, 1])
    assert tf.scatter_nd([[1], [3], [1]], [9.0, 10.0, 11.0], [5]).numpy().tolist() == [0, 20, 0, 10, 0]
    y = tf.tensor_scatter_nd_update(x, [[0, 0], [2, 1]], np.zeros((2, 2)))
    assert np.count_nonzero(np.asarray(y)) == X.size - 4
    check_gradients(lambda x, u: tf.tensor_scatter_nd_update(x, [[0, 0], [2, 1]], u) ** 2, [X, X[0, :2]])
    check_gradients(lambda x, u: tf.tensor_scatter_nd_add(x, [[0, 0], [0, 0]], u) ** 2, [X, X[0, :2]])
    with pytest.raises(InvalidArgumentError, match=r"need updates of shape \(1, 2\), got \(3,\)"):
        tf.tensor_scatter_nd_update(x, [[0, 0]], [1.0, 2.0, 3.0])


def test_masks_and_slices():
    x = tf.constant(X)
    np.testing.assert_array_equal(np.asarray(tf.boolean_mask(x, [True, False, True], axis=1)), X[:, [0, 2]])
    np.testing.assert_array_equal(np.asarray(tf.slice(x, [1, 0, 1], [2, -1, 1])), X[1:3, :, 1:])
    np.testing.assert_array_equal(
        np.asarray(tf.strided_slice(x, [0, 1, 0], [9, 9, 2], [2, 1, 1], end_mask=3, shrink_axis_mask=2)), X[::2, 1])
    assert tf.where(tf.constant([[True, False], [False, True]])).numpy().tolist() == [[0, 0], [1, 1]]
    assert tf.sequence_mask([1, 3]).numpy().tolist() == [[True, False, False], [True, True, True]]
    with pytest.raises(InvalidArgumentError, match="inside"):
        tf.slice(x, [3, 0, 0], [2, 1, 1])
    with pytest.raises(ValueError, match="both"):
        tf.where([True], 1.0)
