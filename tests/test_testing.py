"""The gradient checker itself: it must reject what is wrong."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.testing import GradientCheckError, check_gradients

X = np.array([[0.3, -1.2], [2.0, 0.7]])


def planted(forward, backward):
    """`forward` with `backward` as its claimed gradient."""

    @tf.custom_gradient
    def f(x):
        return forward(x), lambda g: backward(x, g)

    return f


def test_accepts_what_is_right():
    check_gradients(lambda x: tf.sin(x) * tf.exp(x), [X])
    check_gradients(lambda a, b: (tf.matmul(a, b), a * b), [X, X + 1.0])
    check_gradients(planted(tf.square, lambda x, g: 2.0 * x * g), [X])
    check_gradients(lambda x: tf.gather(x, [0, 1, 1]), [X], order=3)


@pytest.mark.parametrize("backward", [
    lambda x, g: 2.001 * x * g,
    lambda x, g: x * g,
    lambda x, g: -2.0 * x * g,
    lambda x, g: 2.0 * x * g + 1e-3,
    lambda x, g: 1e6 * g,
    lambda x, g: tf.zeros_like(g),
    lambda x, g: tf.transpose(2.0 * x * g),
    lambda x, g: tf.reduce_sum(2.0 * x * g),
])
def test_rejects_a_wrong_derivative(backward):
    with pytest.raises(GradientCheckError, match="derivative 1"):
        check_gradients(planted(tf.square, backward), [X])


def test_rejects_a_wrong_second_derivative():
    def right_once(x, g):
        return tf.stop_gradient(2.0 * x) * g

    check_gradients(planted(tf.square, right_once), [X], order=1)
    with pytest.raises(GradientCheckError, match="derivative 2"):
        check_gradients(planted(tf.square, right_once), [X], order=2)


def test_rejects_a_gradient_for_the_wrong_input():
    @tf.custom_gradient
    def swapped(a, b):
        return a * b, lambda g: (a * g, b * g)

    with pytest.raises(GradientCheckError):
        check_gradients(swapped, [X, X + 1.0])
