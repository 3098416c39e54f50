"""Regularizers and constraints against NumPy."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.keras import constraints, regularizers

W = np.array([[3.0, -0.1, 0.0], [4.0, 0.2, -1.0]], "float32")


@pytest.mark.parametrize(("made", "expected"), [
    (regularizers.L1(0.1), 0.83), (regularizers.L2(0.1), 2.605), (regularizers.L1L2(0.1, 0.2), 0.83 + 5.21),
    (regularizers.L1L2(), 0.0), (regularizers.get("l2"), 0.2605),
])
def test_penalties(made, expected):
    assert float(made(tf.Variable(W))) == pytest.approx(expected, rel=1e-5)


def test_orthogonal_penalty_is_the_mean_cosine():
    rows = W / np.linalg.norm(W, axis=1, keepdims=True)
    assert float(regularizers.OrthogonalRegularizer(0.5)(tf.constant(W))) == pytest.approx(0.5 * abs(rows[0] @ rows[1]))
    columns = regularizers.OrthogonalRegularizer(1.0, "columns")
    assert float(columns(tf.constant(np.eye(3, dtype="float32")))) == 0.0
    with pytest.raises(ValueError, match="must have rank 2"):
        columns(tf.zeros((2, 2, 2)))


def test_a_penalty_has_a_gradient():
    v = tf.Variable(W)
    with tf.GradientTape() as tape:
        penalty = regularizers.L2(0.5)(v)
    np.testing.assert_allclose(tape.gradient(penalty, v), W)


def test_regularizer_errors_and_round_trips():
    with pytest.raises(ValueError, match="l1"):
        regularizers.L1(-1.0)
    with pytest.raises(ValueError, match="did you mean"):
        regularizers.get("l1_l3")
    for made in (regularizers.L1(0.3), regularizers.L1L2(0.1, 0.2), regularizers.OrthogonalRegularizer(0.1, "columns")):
        again = regularizers.deserialize(regularizers.serialize(made))
        assert type(again) is type(made) and again.get_config() == made.get_config()


def test_constraints():
    norms = np.linalg.norm(W, axis=0)
    np.testing.assert_allclose(constraints.MaxNorm(2.0)(W), W * np.minimum(1, 2 / norms), rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(constraints.UnitNorm()(W), axis=0), 1, rtol=1e-5)
    np.testing.assert_array_equal(constraints.NonNeg()(W), np.maximum(W, 0))
    kept = constraints.MinMaxNorm(0.5, 2.0, rate=0.5)(W)
    np.testing.assert_allclose(np.linalg.norm(kept, axis=0), (np.clip(norms, 0.5, 2) + norms) / 2, rtol=1e-5)
    rows = constraints.MaxNorm(1.0, axis=1)(W)
    assert np.all(np.linalg.norm(rows, axis=1) <= 1)


def test_constraint_round_trips_and_names():
    for made in (constraints.MaxNorm(3), constraints.NonNeg(), constraints.UnitNorm(1), constraints.MinMaxNorm(0.1, 2)):
        again = constraints.deserialize(constraints.serialize(made))
        assert type(again) is type(made) and again.get_config() == made.get_config()
    assert isinstance(constraints.get("max_norm"), constraints.MaxNorm)
    assert constraints.get(None) is None
    with pytest.raises(ValueError, match="did you mean 'NonNeg'"):
        constraints.get("nonnegg")
