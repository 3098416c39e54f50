"""Rows that carry numbers: sums, means, products and extremes, against loops over NumPy's rows."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError

DATA = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
KINDS = {"sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min}
OF_NONE = {"sum": 0, "mean": 0, "prod": 1, "max": np.finfo("float32").min, "min": np.finfo("float32").max}


def expected(kind, data, ids, count, of_none):
    return [KINDS[kind](data[ids == s], axis=0) if np.any(ids == s) else np.full(data.shape[1:], of_none)
            for s in range(count)]


@pytest.mark.parametrize("kind", KINDS)
def test_any_order(kind):
    ids = np.array([3, 0, 3, -1, 0])        # 1 and 2 have no row, and the row with -1 has no part
    got = getattr(tf.math, f"unsorted_segment_{kind}")(DATA, ids, 4)
    np.testing.assert_allclose(got, expected(kind, DATA, ids, 4, OF_NONE[kind]), rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_ascending(kind):
    ids = np.array([0, 0, 2, 2, 2])
    got = getattr(tf.math, f"segment_{kind}")(DATA, ids)
    np.testing.assert_allclose(got, expected(kind, DATA, ids, 3, 1 if kind == "prod" else 0), rtol=1e-6)


def test_roots_of_counts():
    got = tf.math.unsorted_segment_sqrt_n([1.0, 2.0, 4.0], [0, 0, 2], 3)
    np.testing.assert_allclose(got, [3 / np.sqrt(2), 0, 4], rtol=1e-6)


def test_whole_numbers():
    ids = [0, 0, 2]
    assert tf.math.segment_mean([1, 4, -3], ids).numpy().tolist() == [2, 0, -3]
    assert tf.math.segment_mean([1, 4, -3], ids).dtype == tf.int32
    assert tf.math.unsorted_segment_min([1, 4, -3], ids, 3).numpy().tolist() == [1, 2**31 - 1, -3]
    assert tf.math.unsorted_segment_mean([1, 4, -3], ids, 3).numpy().tolist() == [2.5, 0, -3]


def test_products_with_zeros_have_gradients():
    x = tf.constant([2.0, 3.0, 0.0, 5.0, 0.0, 0.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.math.segment_prod(x, [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(tape.gradient(y, x), [3, 2, 5, 0, 0, 0])


@pytest.mark.parametrize("ids", [[1, 0], [-1, 0], [[0], [1]]], ids=str)
def test_numbers_that_do_not_ascend(ids):
    with pytest.raises(InvalidArgumentError, match="unsorted_segment_sum"):
        tf.math.segment_sum([1.0, 2.0], ids)


@pytest.mark.parametrize("ids", [[0, 2], [0]], ids=str)
def test_numbers_that_do_not_fit(ids):
    with pytest.raises(InvalidArgumentError):
        tf.math.unsorted_segment_sum([1.0, 2.0], ids, 2)


def test_extremes_at_index_tuples():
    x = tf.constant([[1.0, 5.0], [3.0, 4.0]])
    where = [[0, 0], [0, 1], [0, 1]]
    assert tf.tensor_scatter_nd_max(x, where, [2.0, 6.0, 9.0]).numpy().tolist() == [[2, 9], [3, 4]]
    assert tf.tensor_scatter_nd_min(x, where, [2.0, 6.0, 2.0]).numpy().tolist() == [[1, 2], [3, 4]]


def test_rows_of_a_variable():
    v = tf.Variable([[1.0], [2.0], [3.0]])
    rows = tf.IndexedSlices([[10.0], [1.0]], [2, 2], (3, 1))
    assert v.scatter_add(rows).numpy().ravel().tolist() == [1, 2, 14]
    assert v.scatter_sub(rows).numpy().ravel().tolist() == [1, 2, 3]
    assert v.scatter_max(rows).numpy().ravel().tolist() == [1, 2, 10]
    assert v.scatter_min(rows).numpy().ravel().tolist() == [1, 2, 1]
    assert v.scatter_nd_update([[0]], [[7.0]]) is v
    assert v.sparse_read([0, 2]).numpy().ravel().tolist() == [7, 1]
    assert v.gather_nd([[0, 0]]).numpy().tolist() == [7]
    assert tf.convert_to_tensor(rows).numpy().ravel().tolist() == [0, 0, 11]
    assert rows.shape == (3, 1) and tf.IndexedSlices([[1.0]], [0]).shape.as_list() == [None, 1]
    with pytest.raises(TypeError, match="scatter_nd_add"):
        v.scatter_add([[1.0]])
    with pytest.raises(ValueError, match="dense_shape"):
        tf.convert_to_tensor(tf.IndexedSlices([[1.0]], [0]))
