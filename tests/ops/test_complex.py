"""Complex numbers: their parts, how they mix with Python's numbers, and gradients through them."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError

Z = np.array([1 + 2j, 3 - 1j, 0j, -2 + 0j], "complex64")


def test_parts():
    z = tf.constant(Z)
    np.testing.assert_array_equal(tf.math.real(z), Z.real)
    np.testing.assert_array_equal(tf.math.imag(z), Z.imag)
    np.testing.assert_array_equal(tf.math.conj(z), Z.conj())
    np.testing.assert_allclose(tf.math.angle(z), np.angle(Z), rtol=1e-6)
    np.testing.assert_allclose(tf.abs(z), np.abs(Z), rtol=1e-6)
    np.testing.assert_array_equal(tf.complex(z.numpy().real, z.numpy().imag), Z)
    assert tf.abs(z).dtype == tf.math.real(z).dtype == z.dtype.real_dtype == tf.float32
    assert tf.complex(np.zeros(2), np.ones(2)).dtype == tf.complex128


def test_real_numbers_have_parts_too():
    x = tf.constant([1.5, -2.0])
    assert tf.math.real(x) is x
    np.testing.assert_array_equal(tf.math.imag(x), [0, 0])
    np.testing.assert_allclose(tf.math.angle(x), [0, np.pi], rtol=1e-6)


def test_numbers_take_the_type_of_the_complex_tensor_beside_them():
    z = tf.constant(Z)
    for y in (z * 2, 2.0 * z, z + 1j, z * [1, 2, 3, 4], z * np.ones(4)):
        assert y.dtype == tf.complex64
    assert tf.constant([1, 2], tf.complex64).dtype == tf.complex64
    assert tf.Variable(1.0, dtype=tf.complex128).dtype == tf.complex128
    assert tf.zeros(2, tf.complex64).numpy().tolist() == [0j, 0j]


def test_parts_of_other_types():
    with pytest.raises(InvalidArgumentError, match="float32 or float64, not int32"):
        tf.complex(1, 2)


def test_steepest_ascent():
    """dL of a small step dz is the real part of conj(gradient) dz."""
    rng = np.random.default_rng(0)
    z, w = (rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)) for _ in range(2))

    def loss(z):
        y = tf.exp(z @ w) / (z * z + 2.0) + tf.math.conj(z) * tf.sin(z)
        return tf.reduce_sum(tf.abs(y)) + tf.reduce_sum(tf.math.imag(y) * tf.math.real(z))

    x = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(x)
    gradient = tape.gradient(value, x).numpy()
    for direction in (1.0, 1j):
        step = 1e-6 * direction * (rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))
        measured = float(loss(tf.constant(z + step)) - loss(tf.constant(z - step))) / 2
        np.testing.assert_allclose(np.sum(gradient.conj() * step).real, measured, rtol=1e-6)


def test_the_slope_of_the_length_at_0_is_0():
    z = tf.constant([0j, 3 + 4j], tf.complex64)
    with tf.GradientTape() as tape:
        tape.watch(z)
        size = tf.abs(z)
    np.testing.assert_allclose(tape.gradient(size, z), [0, 0.6 + 0.8j], rtol=1e-6)
