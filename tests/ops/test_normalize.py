"""Moments, average losses, and the layouts of channels, against NumPy."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError
from tinynn.testing import check_gradients

X = np.random.default_rng(0).normal(size=(4, 3))


def close(got, expected):
    np.testing.assert_allclose(np.asarray(got), expected, rtol=1e-12, atol=1e-14)


def test_moments_of_no_axes():
    mean, variance = tf.nn.moments(X[:1], [])
    close(mean, X[:1]), close(variance, 0 * X[:1])


def test_weighted_moments():
    times = np.array([2, 1, 3, 0])
    mean, variance = tf.nn.weighted_moments(X, [0], times[:, None].astype(float))
    again = np.repeat(X, times, axis=0)
    close(mean, again.mean(0)), close(variance, again.var(0))
    assert tf.nn.weighted_moments(X, [0], np.ones((4, 3)), keepdims=True)[0].shape == (1, 3)
    check_gradients(lambda x: tf.nn.weighted_moments(x, [1], np.array([1.0, 2.0, 0.5]))[1], [X])


@pytest.mark.parametrize("shift", [None, 1.5])
def test_moments_by_way_of_sums(shift):
    mean, variance = tf.nn.normalize_moments(*tf.nn.sufficient_statistics(X, [0], shift))
    close(mean, X.mean(0)), close(variance, X.var(0))


def test_average_losses():
    assert float(tf.nn.compute_average_loss([1.0, 2.0, 6.0])) == 3
    assert float(tf.nn.compute_average_loss([1.0, 2.0], [3.0, 0.5], global_batch_size=4)) == 1
    assert float(tf.nn.compute_average_loss([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0])) == 8.5


def test_response_normalization():
    x = np.arange(1.0, 6.0).reshape(1, 1, 1, 5)
    near = np.array([1 + 4, 1 + 4 + 9, 4 + 9 + 16, 9 + 16 + 25, 16 + 25])
    close(tf.nn.local_response_normalization(x, 1, 2.0, 0.5, 0.75), x / (2 + 0.5 * near) ** 0.75)
    check_gradients(lambda x: tf.nn.lrn(x, 1), [x])


def test_channels_and_pixels():
    x = np.arange(2 * 2 * 3 * 8.0).reshape(2, 2, 3, 8)
    wide = np.asarray(tf.nn.depth_to_space(x, 2))
    assert wide.shape == (2, 4, 6, 2)
    np.testing.assert_array_equal(wide[1, 2:4, 4:6].reshape(-1), x[1, 1, 2])
    np.testing.assert_array_equal(tf.nn.space_to_depth(wide, 2), x)
    for wrong in (lambda: tf.nn.depth_to_space(x, 3), lambda: tf.nn.space_to_depth(x, 2)):
        with pytest.raises(InvalidArgumentError, match="cannot be cut"):
            wrong()
    with pytest.raises(ValueError, match="NHWC"):
        tf.nn.depth_to_space(x, 2, "NCHW")
