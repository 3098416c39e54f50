"""Reductions, running sums and order: ties, empty tensors, types, arguments."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError
from tinynn.testing import check_gradients

X = np.random.default_rng(0).normal(size=(2, 4, 3))


def gradient(f, x):
    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = f(x)
    return np.asarray(tape.gradient(y, x))


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), [1, -1], (), np.int64(1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_axes(axis, keepdims):
    plain = tuple(axis) if isinstance(axis, list) else axis
    for ours, numpys in ((tf.reduce_sum, np.sum), (tf.reduce_mean, np.mean), (tf.reduce_max, np.max),
                         (tf.reduce_prod, np.prod), (tf.math.reduce_std, np.std)):
        got = np.asarray(ours(X, axis=axis, keepdims=keepdims))
        np.testing.assert_allclose(got, numpys(X, axis=plain, keepdims=keepdims), rtol=1e-12, atol=1e-14)


def test_axis_errors():
    with pytest.raises(InvalidArgumentError, match=r"axis 5 is out of range .* -3 to 2"):
        tf.reduce_sum(X, 5)
    with pytest.raises(InvalidArgumentError, match="twice"):
        tf.reduce_sum(X, [1, -2])
    with pytest.raises(InvalidArgumentError, match="truth values"):
        tf.reduce_sum([True, False])


def test_ties_share_the_gradient():
    np.testing.assert_array_equal(gradient(tf.reduce_max, [1.0, 3.0, 3.0]), [0, 0.5, 0.5])
    np.testing.assert_array_equal(gradient(lambda x: tf.reduce_min(x, 1), [[2.0, 2.0], [5.0, 2.0]]),
                                  [[0.5, 0.5], [0, 1]])


def test_product_with_zeros():
    np.testing.assert_array_equal(gradient(tf.reduce_prod, [2.0, 0.0, 3.0]), [0, 6, 0])
    np.testing.assert_array_equal(gradient(tf.reduce_prod, [0.0, 0.0, 3.0]), [0, 0, 0])
    check_gradients(lambda x: tf.reduce_prod(x, (0, 2)), [X])


def test_of_nothing():
    empty = tf.zeros((0, 3))
    assert np.asarray(tf.reduce_sum(empty, 0)).tolist() == [0, 0, 0]
    assert np.asarray(tf.reduce_prod(empty, 0)).tolist() == [1, 1, 1]
    assert np.isnan(np.asarray(tf.reduce_mean(empty, 0))).all()
    assert np.asarray(tf.reduce_max(empty, 0)).tolist() == [-np.inf] * 3
    assert np.asarray(tf.reduce_logsumexp(empty, 0)).tolist() == [-np.inf] * 3
    assert not tf.reduce_any(tf.zeros((0,), tf.bool))
    assert tf.reduce_all(tf.zeros((0,), tf.bool))


def test_types():
    assert tf.reduce_sum(tf.constant([1, 2])).dtype == tf.int32
    assert int(tf.reduce_mean(tf.constant([-1, -2, -4]))) == -2     # towards 0, as in TensorFlow
    assert tf.argmax([1.0, 3.0, 3.0]).dtype == tf.int64
    assert int(tf.argmax([1.0, 3.0, 3.0])) == 1
    assert tf.argmin([[3, 1]], axis=1, output_type=tf.int32).dtype == tf.int32
    assert tf.math.count_nonzero([[0, 1], [2, 3]], axis=1).numpy().tolist() == [1, 2]


def test_means_of_small_integers_do_not_overflow():
    assert int(tf.reduce_mean(tf.constant([200, 100], tf.uint8))) == 150
    assert int(tf.reduce_mean(tf.constant([2**31 - 1, 2**31 - 1]))) == 2**31 - 1


def test_variance_of_whole_numbers_is_none():
    for f in (tf.math.reduce_variance, tf.math.reduce_std):
        with pytest.raises(TypeError, match=r"int32.*tf.cast\(x, tf.float32\)"):
            f([1, 2])
    z = np.array([1 + 2j, 3 - 1j])
    np.testing.assert_allclose(tf.math.reduce_variance(z), np.var(z))


def test_logsumexp_is_safe():
    assert float(tf.reduce_logsumexp([1000.0, 1000.0])) == pytest.approx(1000 + np.log(2))
    assert float(tf.reduce_logsumexp([-np.inf, 0.0])) == 0.0
    np.testing.assert_array_equal(gradient(tf.reduce_logsumexp, [-np.inf, 0.0]), [0, 1])


def test_running_sums():
    x = tf.constant([1.0, 2.0, 3.0])
    for options, expected in (({}, [1, 3, 6]), ({"exclusive": True}, [0, 1, 3]), ({"reverse": True}, [6, 5, 3]),
                              ({"exclusive": True, "reverse": True}, [5, 3, 0])):
        assert tf.cumsum(x, **options).numpy().tolist() == expected
    assert tf.math.cumprod(x, exclusive=True).numpy().tolist() == [1, 1, 2]
    np.testing.assert_allclose(np.asarray(tf.math.cumulative_logsumexp(x)), np.log(np.cumsum(np.exp([1, 2, 3]))), 1e-6)


def test_sorting():
    x = [[3.0, 1.0, 2.0, 1.0]]
    assert tf.argsort(x).numpy().tolist() == [[1, 3, 2, 0]]
    assert tf.argsort(x, direction="DESCENDING").numpy().tolist() == [[0, 2, 1, 3]]
    assert tf.sort(x, direction="DESCENDING").numpy().tolist() == [[3, 2, 1, 1]]
    with pytest.raises(ValueError, match="ASCENDING"):
        tf.sort(x, direction="up")
    check_gradients(lambda x: tf.sort(x, axis=1) ** 2, [X])


def test_top_k():
    top = tf.math.top_k([1.0, 3.0, 2.0, 3.0], k=2)
    assert top.values.numpy().tolist() == [3, 3]
    assert top.indices.numpy().tolist() == [1, 3]
    values, indices = top
    assert values is top.values
    assert indices is top.indices
    with pytest.raises(InvalidArgumentError, match=r"k=3.*\(2,\)"):
        tf.math.top_k([1.0, 2.0], k=3)
    hits = tf.math.in_top_k([1, 0, 2], [[0.1, 0.9, 0.0], [0.3, 0.3, 0.4], [0.2, 0.2, np.nan]], k=1)
    assert hits.numpy().tolist() == [True, False, False]


def test_counting_rows():
    x = [[1, 2], [1, 1]]
    assert tf.math.bincount(x).numpy().tolist() == [0, 3, 1]
    assert tf.math.bincount(x, axis=-1).numpy().tolist() == [[0, 1, 1], [0, 2, 0]]
    assert tf.math.bincount(x, axis=-1, binary_output=True, maxlength=2).numpy().tolist() == [[0, 1], [0, 1]]
    assert tf.math.bincount(x, weights=[[0.5, 1.0], [2.0, 4.0]], axis=-1).numpy().tolist() == [[0, 0.5, 1], [0, 6, 0]]
    assert tf.math.bincount([]).numpy().tolist() == []
    with pytest.raises(InvalidArgumentError, match="float32"):
        tf.math.bincount([1.0])


def test_counting():
    y, idx, count = tf.unique_with_counts([5, 3, 5, 1])
    assert (y.numpy().tolist(), idx.numpy().tolist(), count.numpy().tolist()) == ([5, 3, 1], [0, 1, 0, 2], [2, 1, 1])
    assert tf.math.bincount([1, 1, 3]).numpy().tolist() == [0, 2, 0, 1]
    assert tf.math.bincount([1, 1, 3], weights=[0.5, 0.5, 2.0], maxlength=2).numpy().tolist() == [0, 1]
    assert tf.math.confusion_matrix([0, 1, 1], [1, 1, 0]).numpy().tolist() == [[0, 1], [1, 1]]
    with pytest.raises(InvalidArgumentError, match="2"):
        tf.math.confusion_matrix([0, 2], [0, 1], num_classes=2)
    assert tf.searchsorted([1.0, 3.0, 5.0], [3.0, 6.0], side="right").numpy().tolist() == [2, 3]
