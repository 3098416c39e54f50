"""Derivatives along a direction, against Jacobians and measured slopes."""

import numpy as np
import pytest

import tinynn as tf

X = np.array([0.3, -1.2, 2.0])
V = np.array([1.0, 0.5, -2.0])


def function(x):
    return tf.stack([tf.reduce_sum(tf.sin(x) * x), x[0] * tf.exp(x[1]), tf.reduce_max(x) ** 3])


def test_along_a_direction_is_the_jacobian_times_it():
    x = tf.constant(X)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(V)) as along:
        y = function(x)
        inside = along.jvp(y)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y2 = function(x)
    expected = tape.jacobian(y2, x).numpy() @ V
    np.testing.assert_allclose(along.jvp(y), expected, rtol=1e-12)
    np.testing.assert_allclose(inside, expected, rtol=1e-12)
    np.testing.assert_array_equal(along.jvp(x), V)


def test_structures_and_what_does_not_move():
    x, v = tf.Variable(2.0), tf.Variable(3.0)
    with tf.autodiff.ForwardAccumulator([x, v], [tf.constant(1.0), tf.constant(10.0)]) as along:
        out = {"product": x * v, "constant": tf.constant(5.0)}
    found = along.jvp(out)
    assert float(found["product"]) == 23 and found["constant"] is None
    assert float(along.jvp(out, unconnected_gradients=tf.UnconnectedGradients.ZERO)["constant"]) == 0


def test_hessian_times_a_vector_both_ways():
    v, direction = tf.Variable(X), tf.constant(V)
    hessian = np.diag(6 * X) + np.ones((3, 3)) * 2
    f = lambda: tf.reduce_sum(v**3) + tf.reduce_sum(v) ** 2
    with tf.autodiff.ForwardAccumulator(v, direction) as along:     # forwards over backwards
        with tf.GradientTape() as tape:
            y = f()
        gradient = tape.gradient(y, v)
    np.testing.assert_allclose(along.jvp(gradient), hessian @ V, rtol=1e-12)
    with tf.GradientTape() as tape:                                 # backwards over forwards
        with tf.autodiff.ForwardAccumulator(v, direction) as along:
            y = f()
        moved = along.jvp(y)
    np.testing.assert_allclose(tape.gradient(moved, v), hessian @ V, rtol=1e-12)


def test_a_direction_that_does_not_fit():
    for tangent in (tf.constant([1.0]), tf.constant(1, tf.int32)):
        with pytest.raises(ValueError, match="tangent of shape"):
            tf.autodiff.ForwardAccumulator(tf.constant(1.0), tangent)
