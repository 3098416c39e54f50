"""Softmax, cross-entropies and parts of networks: extreme logits, closed forms, arguments."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError
from tinynn.testing import check_gradients

Z = np.random.default_rng(0).normal(size=(4, 3)) * 2
P = np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
CLASSES = np.array([0, 2, 1, 2])


def test_softmax_without_overflow():
    assert tf.nn.softmax([1000.0, 1000.0]).numpy().tolist() == [0.5, 0.5]
    assert tf.nn.softmax([-np.inf, 0.0]).numpy().tolist() == [0, 1]
    assert tf.nn.log_softmax([1000.0, 0.0]).numpy().tolist() == [0, -1000]
    np.testing.assert_allclose(np.asarray(tf.nn.softmax(Z, axis=0)).sum(0), 1, rtol=1e-12)


def test_cross_entropies_agree():
    expected = -np.log(P[np.arange(4), CLASSES])
    one_hot = np.eye(3)[CLASSES]
    np.testing.assert_allclose(tf.nn.softmax_cross_entropy_with_logits(one_hot, Z), expected, rtol=1e-12)
    np.testing.assert_allclose(tf.nn.sparse_softmax_cross_entropy_with_logits(CLASSES, Z), expected, rtol=1e-12)
    np.testing.assert_allclose(tf.nn.softmax_cross_entropy_with_logits(one_hot.T, Z.T, axis=0), expected, rtol=1e-12)
    p = 1 / (1 + np.exp(-Z))
    expected = -(P * np.log(p) + (1 - P) * np.log(1 - p))
    np.testing.assert_allclose(tf.nn.sigmoid_cross_entropy_with_logits(labels=P, logits=Z), expected, rtol=1e-12)
    expected = -(2 * P * np.log(p) + (1 - P) * np.log(1 - p))
    np.testing.assert_allclose(tf.nn.weighted_cross_entropy_with_logits(P, Z, 2.0), expected, rtol=1e-12)


def test_extreme_logits():
    assert float(tf.nn.sparse_softmax_cross_entropy_with_logits([1], [[1e4, 0.0]])[0]) == 1e4
    assert float(tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0], logits=[-1e4])[0]) == 1e4
    assert float(tf.nn.softmax_cross_entropy_with_logits([[0.0, 1.0]], [[-np.inf, 0.0]])[0]) == 0


def test_labels_need_not_be_floats_nor_add_up_to_one():
    assert tf.nn.softmax_cross_entropy_with_logits([[0, 1]], [[1.0, 2.0]]).dtype == tf.float32
    check_gradients(lambda y, z: tf.nn.softmax_cross_entropy_with_logits(y, z), [3 * P, Z])


def test_errors():
    with pytest.raises(InvalidArgumentError, match="label 3 is not one of the 3 classes"):
        tf.nn.sparse_softmax_cross_entropy_with_logits([0, 3, 1, 1], Z)
    with pytest.raises(InvalidArgumentError, match="label -1"):
        tf.nn.sparse_softmax_cross_entropy_with_logits([0, -1, 1, 1], Z)
    with pytest.raises(InvalidArgumentError, match=r"\(2, 'classes'\), got \(4, 3\)"):
        tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1], Z)
    with pytest.raises(InvalidArgumentError, match=r"whole numbers.*tf.int64"):
        tf.nn.sparse_softmax_cross_entropy_with_logits([0.0, 1.0, 0.0, 1.0], Z)
    with pytest.raises(InvalidArgumentError, match=r"labels of shape \(4, 1\)"):
        tf.nn.sigmoid_cross_entropy_with_logits(labels=P[:, :1], logits=Z)
    with pytest.raises(InvalidArgumentError, match=r"bias of shape \(2,\)"):
        tf.nn.bias_add(Z, [1.0, 2.0])


def test_moments_and_normalization():
    mean, variance = tf.nn.moments(Z, [0])
    np.testing.assert_allclose(mean, Z.mean(0), rtol=1e-12)
    np.testing.assert_allclose(variance, Z.var(0), rtol=1e-12)
    assert tf.nn.moments(Z, [0, 1], keepdims=True)[0].shape == (1, 1)
    got = tf.nn.batch_normalization(Z, Z.mean(0), Z.var(0), 1.0, 2.0, 1e-3)
    np.testing.assert_allclose(got, 1 + 2 * (Z - Z.mean(0)) / np.sqrt(Z.var(0) + 1e-3), rtol=1e-10)
    np.testing.assert_allclose(np.linalg.norm(tf.nn.l2_normalize(Z, 1), axis=1), 1, rtol=1e-12)
    assert tf.nn.l2_normalize(np.zeros(3)).numpy().tolist() == [0, 0, 0]
    check_gradients(lambda z: tf.nn.moments(z, [0])[1], [Z])


def test_dropout():
    x = np.ones((1000, 20), "float32")
    y = np.asarray(tf.nn.dropout(x, 0.25, seed=1))
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert 0.24 < (y == 0).mean() < 0.26
    rows = np.asarray(tf.nn.dropout(x, 0.5, noise_shape=[None, 1]))
    assert (rows == rows[:, :1]).all()
    assert 400 < (rows[:, 0] == 0).sum() < 600
    with pytest.raises(ValueError, match=r"below 1, got 1.0"):
        tf.nn.dropout(x, 1.0)
    v = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = tf.nn.dropout(v, 0.5)
    np.testing.assert_array_equal(np.asarray(tape.gradient(y, v)), np.asarray(y))


def test_embedding_lookup():
    table = tf.Variable(Z)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.nn.embedding_lookup(table, [[1, 1], [3, 0]]))
    assert np.asarray(tape.gradient(y, table))[:, 0].tolist() == [1, 2, 0, 1]
    assert np.linalg.norm(tf.nn.embedding_lookup(Z, [0, 1], max_norm=0.1), axis=1) == pytest.approx([0.1, 0.1])
