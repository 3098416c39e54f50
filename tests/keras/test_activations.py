"""Activations against closed forms in NumPy."""

import math

import numpy as np
import pytest

import tinynn as tf
from tinynn.keras import activations
from tinynn.testing import check_gradients

X = np.array([-5.0, -2.5, -1.0, -0.6, -0.2, 0.0, 0.2, 0.6, 1.0, 2.5, 5.0, 7.5], "float32")
SIGMOID = 1 / (1 + np.exp(-X.astype("float64")))
ERF = np.array([math.erf(v / math.sqrt(2)) for v in X.tolist()])
EXPECTED = {
    "linear": X,
    "relu": np.maximum(X, 0),
    "relu6": np.clip(X, 0, 6),
    "leaky_relu": np.where(X > 0, X, 0.2 * X),
    "sigmoid": SIGMOID,
    "tanh": np.tanh(X),
    "elu": np.where(X > 0, X, np.exp(X) - 1),
    "celu": np.where(X > 0, X, np.exp(X) - 1),
    "selu": 1.0507009873554805 * np.where(X > 0, X, 1.6732632423543772 * (np.exp(X) - 1)),
    "softplus": np.log1p(np.exp(X.astype("float64"))),
    "softsign": X / (1 + np.abs(X)),
    "gelu": X * 0.5 * (1 + ERF),
    "silu": X * SIGMOID,
    "exponential": np.exp(X),
    "hard_sigmoid": np.clip(X / 6 + 0.5, 0, 1),
    "hard_silu": X * np.clip(X / 6 + 0.5, 0, 1),
    "mish": X * np.tanh(np.log1p(np.exp(X))),
    "log_sigmoid": np.log(SIGMOID),
    "hard_tanh": np.clip(X, -1, 1),
    "tanh_shrink": X - np.tanh(X),
    "hard_shrink": np.where(np.abs(X) > 0.5, X, 0),
    "soft_shrink": np.sign(X) * np.maximum(np.abs(X) - 0.5, 0),
    "sparse_plus": np.where(X <= -1, 0, np.where(X < 1, (X + 1) ** 2 / 4, X)),
    "sparse_sigmoid": np.clip((X + 1) / 2, 0, 1),
    "squareplus": (X + np.sqrt(X**2 + 4)) / 2,
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_values(name):
    np.testing.assert_allclose(activations.get(name)(X), EXPECTED[name], rtol=3e-6, atol=1e-6)


@pytest.mark.parametrize("name", sorted({*EXPECTED, "softmax", "log_softmax", "sparsemax", "glu"}))
def test_gradients(name):
    x = np.array([[-3.7, -0.8, 0.3, 2.2], [1.4, -1.6, 0.7, -0.3]])
    check_gradients(activations.get(name), [x], order=1)


def test_relu_with_a_slope_a_ceiling_and_a_threshold():
    got = activations.relu(X, negative_slope=0.5, max_value=2.0, threshold=0.4)
    expected = np.where(X > 2, 2, np.where(X > 0.4, X, 0.5 * (X - 0.4)))
    np.testing.assert_allclose(got, expected, rtol=1e-6)
    np.testing.assert_allclose(activations.threshold(X, 0.3, -1.0), np.where(X > 0.3, X, -1))


def test_softmax_adds_up_to_one_along_any_axis():
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    for axis in (-1, 0, 1, (1, 2), None):
        np.testing.assert_allclose(tf.reduce_sum(activations.softmax(x, axis=axis), axis=axis), 1, rtol=1e-6)
    np.testing.assert_allclose(activations.log_softmax(x), np.log(activations.softmax(x)), rtol=1e-5)


def test_sparsemax_is_the_projection_onto_the_simplex():
    z = np.array([[0.1, 1.1, 0.2, 0.3], [3.0, 0.0, 0.0, 0.0], [0.5, 0.5, -9.0, 0.5]], "float32")
    expected = [[0, 0.9, 0, 0.1], [1, 0, 0, 0], [1 / 3, 1 / 3, 0, 1 / 3]]
    np.testing.assert_allclose(activations.sparsemax(z), expected, atol=1e-6)


def test_glu_needs_an_even_axis():
    np.testing.assert_allclose(activations.glu(np.array([[2.0, 0.0]], "float32")), [[1.0]])
    with pytest.raises(ValueError, match="3 entries"):
        activations.glu(np.zeros((2, 3)))


def test_whole_numbers_become_floats():
    assert activations.relu([-1, 2]).dtype == tf.float32


def test_names_in_any_case_and_aliases():
    assert activations.get("ReLU") is activations.relu
    assert activations.get("swish") is activations.silu
    assert activations.get(None) is activations.linear
    assert activations.get(np.tanh) is np.tanh
    with pytest.raises(ValueError, match=r"unknown activation function 'sigmoyd'; did you mean 'sigmoid'\?"):
        activations.get("sigmoyd")


def test_round_trip():
    assert activations.serialize(activations.selu) == "selu"
    assert activations.deserialize("selu") is activations.selu
