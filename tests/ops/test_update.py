"""Updates in place: closed forms, and that nothing is broadcast or aliased."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import ops
from tinynn.core.errors import InvalidArgumentError

RNG = np.random.default_rng(0)
W, G = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))


def variables(count):
    return tf.Variable(W), *[tf.Variable(np.zeros_like(W)) for _ in range(count)]


def test_sgd_and_momentum():
    w, = variables(0)
    ops.sgd_update(w, G, 0.1)
    np.testing.assert_allclose(w, W - 0.1 * G, rtol=1e-12)
    for nesterov in (False, True):
        w, m = variables(1)
        momentum, expected = np.zeros_like(W), W.copy()
        for _ in range(3):
            ops.momentum_update(w, m, G, 0.1, 0.9, nesterov)
            momentum = 0.9 * momentum - 0.1 * G
            expected += 0.9 * momentum - 0.1 * G if nesterov else momentum
        np.testing.assert_allclose(w, expected, rtol=1e-12)


def test_adam():
    w, m, v = variables(2)
    step = tf.Variable(0, dtype=tf.int64)
    rate = tf.Variable(0.1, dtype=tf.float64)
    mean, square, expected = np.zeros_like(W), np.zeros_like(W), W.copy()
    for t in (1, 2, 3):
        step.assign_add(1)
        ops.adam_update(w, m, v, G, rate, step, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
        mean = 0.9 * mean + 0.1 * G
        square = 0.999 * square + 0.001 * G * G
        expected -= 0.1 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-7 / np.sqrt(1 - 0.999**t))
    np.testing.assert_allclose(w, expected, rtol=1e-10)


def test_rmsprop_and_adagrad():
    w, v = variables(1)
    ops.rmsprop_update(w, v, G, 0.1, rho=0.9, epsilon=1e-7)
    np.testing.assert_allclose(w, W - 0.1 * G / np.sqrt(0.1 * G * G + 1e-7), rtol=1e-10)
    w, v = variables(1)
    ops.adagrad_update(w, v, G, 0.1, epsilon=1e-7)
    np.testing.assert_allclose(w, W - 0.1 * G / np.sqrt(G * G + 1e-7), rtol=1e-10)


def test_what_was_read_before_keeps_its_value():
    w, = variables(0)
    before, row, transposed = w.read_value(), w[0], tf.transpose(w)
    w.assign(tf.transpose(tf.reshape(w, (3, 4))))
    w.assign_add(w)
    np.testing.assert_array_equal(before, W)
    np.testing.assert_array_equal(row, W[0])
    np.testing.assert_array_equal(transposed, W.T)
    np.testing.assert_array_equal(w, 2 * W.reshape(3, 4).T)


def test_assignment_does_not_broadcast():
    w, = variables(0)
    for update in (w.assign, w.assign_add, w.assign_sub):
        with pytest.raises(InvalidArgumentError, match=r"shape \(4, 3\).*\(3,\)"):
            update(np.zeros(3))
    with pytest.raises(TypeError, match=r"must be a tf.Variable"):
        ops.sgd_update(tf.constant(W), G, 0.1)
    with pytest.raises(TypeError, match="tf\\.cast"):
        tf.Variable([1, 2]).assign([0.5, 0.5])
