"""Elementwise ops: special values, kinks and ties, which no random example meets."""

import math

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError
from tinynn.testing import check_gradients

INF, NAN = float("inf"), float("nan")


def slope(f, x):
    """df/dx at a number, or None."""
    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = f(x)
    g = tape.gradient(y, x, unconnected_gradients="none")
    return None if g is None else float(g)


def same(got, expected):
    np.testing.assert_array_equal(np.asarray(got), np.asarray(expected, np.asarray(got).dtype))


@pytest.mark.parametrize("f, x, expected", [
    (tf.nn.relu, 0.0, 0.0), (tf.abs, 0.0, 0.0), (tf.sign, 3.0, 0.0), (tf.sqrt, 0.0, INF),
    (lambda x: tf.maximum(x, x), 1.0, 1.0), (lambda x: tf.minimum(x, x), 1.0, 1.0),
    (lambda x: tf.maximum(x, 2.0), 2.0, 1.0), (lambda x: tf.maximum(2.0, x), 2.0, 0.0),
    (lambda x: x**2, 0.0, 0.0), (lambda x: x**0, 0.0, 0.0), (lambda x: x**0.0, 0.0, 0.0), (lambda x: x**1.0, 0.0, 1.0),
    (lambda x: tf.clip_by_value(x, -1.0, 1.0), 1.0, 1.0), (lambda x: tf.clip_by_value(x, -1.0, 1.0), -1.0, 1.0),
    (lambda x: tf.clip_by_value(x, -1.0, 1.0), 1.5, 0.0),
    (lambda x: tf.where(x > 0, tf.sqrt(x), 0.0), -1.0, 0.0), (lambda x: tf.where(x > 0, tf.sqrt(x), 0.0), 0.0, 0.0),
    (lambda x: tf.where(x > 0, tf.math.rsqrt(x), 0.0), 0.0, 0.0),
    (tf.nn.relu6, 6.0, 0.0), (lambda x: tf.nn.leaky_relu(x, alpha=0.25), 0.0, 0.25),
    (lambda x: tf.math.divide_no_nan(1.0, x), 0.0, 0.0), (lambda x: tf.math.xlogy(2.0, x), 4.0, 0.5),
    (lambda x: tf.math.multiply_no_nan(INF, x), 0.0, 0.0),
])
def test_slopes_at_kinks(f, x, expected):
    assert slope(f, x) == expected


@pytest.mark.parametrize("f", [tf.floor, tf.round, tf.math.ceil, lambda x: tf.cast(tf.cast(x, tf.int32), tf.float32),
                               tf.stop_gradient, lambda x: x // 2.0])
@pytest.mark.filterwarnings("ignore::tinynn.TinynnHint")
def test_no_gradient(f):
    assert slope(f, 1.5) is None


@pytest.mark.parametrize("f, x, expected", [
    (tf.nn.relu, [NAN, -0.0, INF], [NAN, 0.0, INF]), (tf.maximum, ([NAN, 1.0], [0.0, NAN]), [NAN, NAN]),
    (tf.round, [0.5, 1.5, 2.5, -0.5], [0, 2, 2, 0]), (tf.sign, [-2.0, 0.0, 3.0, NAN], [-1, 0, 1, NAN]),
    (tf.math.log, [0.0, -1.0], [-INF, NAN]), (tf.sqrt, [-1.0, INF], [NAN, INF]), (tf.math.rsqrt, [0.0], [INF]),
    (tf.divide, ([1.0, -1.0, 0.0], [0.0, 0.0, 0.0]), [INF, -INF, NAN]), (tf.exp, [-INF, 1000.0], [0.0, INF]),
    (tf.sigmoid, [-INF, 0.0, INF, -1000.0], [0.0, 0.5, 1.0, 0.0]), (tf.nn.softplus, [-1000.0, 1000.0], [0.0, 1000.0]),
    (tf.math.floormod, ([7.0, -7.0, 7.0], [3.0, 3.0, -3.0]), [1, 2, -2]),
    (tf.math.floordiv, ([7, -7], [2, 2]), [3, -4]),
    (tf.truncatediv, ([7, -7], [2, 2]), [3, -3]), (tf.truncatemod, ([7, -7], [2, 2]), [1, -1]),
    (tf.math.is_nan, [NAN, INF, 1.0], [True, False, False]), (tf.math.is_inf, [NAN, -INF, 1.0], [False, True, False]),
    (tf.math.divide_no_nan, ([1.0, 6.0], [0.0, 3.0]), [0.0, 2.0]), (tf.math.xlogy, ([0.0, 0.0], [0.0, NAN]), [0, 0]),
    (tf.math.divide_no_nan, ([1, 6], [0, 4]), [0.0, 1.5]), (tf.math.reciprocal_no_nan, [0.0, 4.0], [0.0, 0.25]),
    (tf.math.xlogy, (2, [1.0]), [0.0]), (tf.math.multiply_no_nan, (1.5, 2), 3.0),
    (tf.math.is_non_decreasing, [1, 1, 2], True), (tf.math.is_strictly_increasing, [1, 1, 2], False),
    (tf.math.polyval, ([2, 0, 1], 3), 19), (tf.math.nextafter, (1.0, 2.0), np.nextafter(np.float32(1), np.float32(2))),
    (tf.math.multiply_no_nan, ([INF, NAN], [0.0, 0.0]), [0, 0]), (tf.equal, ([NAN], [NAN]), [False]),
])
def test_special_values(f, x, expected):
    same(f(*x) if isinstance(x, tuple) else f(x), expected)


def test_whole_numbers():
    assert (tf.constant([7, 2]) / tf.constant([2, 4])).dtype == tf.float64
    assert (tf.constant([7], tf.int8) / tf.constant([2], tf.int8)).dtype == tf.float32
    same(tf.constant([2, 3]) ** tf.constant([3, 2]), [8, 9])
    same(tf.nn.relu(tf.constant([-1, 2])), [0, 2])
    same(tf.saturate_cast([300.0, -5.0, 7.9], tf.uint8), [255, 0, 7])
    same(tf.saturate_cast([1e6, -1e9, 3.0], tf.float16), [65504, -65504, 3])
    for f in (tf.exp, tf.sqrt, tf.nn.softmax, tf.nn.gelu, tf.tanh):
        with pytest.raises(InvalidArgumentError, match="floating-point"):
            f(tf.constant([1, 2]))


def test_bits():
    x, y = np.array([6, -3, 12]), np.array([3, 5, 2])
    for ours, numpys in ((tf.bitwise.bitwise_and, np.bitwise_and), (tf.bitwise.bitwise_or, np.bitwise_or),
                         (tf.bitwise.bitwise_xor, np.bitwise_xor), (tf.bitwise.left_shift, np.left_shift),
                         (tf.bitwise.right_shift, np.right_shift)):
        same(ours(x, y), numpys(x, y))
    a, b = tf.constant(x), tf.constant(y)
    same(a & b, x & y), same(a | 1, x | 1), same(5 ^ a, 5 ^ x), same(~a, ~x)
    same(tf.bitwise.invert(tf.constant([0, 255], tf.uint8)), [255, 0])
    true, false = tf.constant(True), tf.constant(False)
    assert (bool(true & false), bool(true | false), bool(true ^ true), bool(~true)) == (False, True, False, False)
    with pytest.raises(InvalidArgumentError, match="not of float32"):
        tf.bitwise.invert(1.0)
    with pytest.raises(InvalidArgumentError, match="truth values"):
        tf.constant(1.0) & 1.0


def test_truth_values_and_text_are_no_numbers():
    true = tf.constant([True, False])
    for f in (tf.add, tf.divide, tf.subtract, tf.maximum, tf.pow):
        with pytest.raises(InvalidArgumentError, match=r"tf.cast\(x, tf.int32\)"):
            f(true, true)
    for f in (tf.reduce_max, tf.reduce_prod, tf.cumsum, tf.abs, tf.square):
        with pytest.raises(InvalidArgumentError, match="not bool"):
            f(true)
    with pytest.raises(InvalidArgumentError, match="not text"):
        tf.abs(tf.constant("a"))
    with pytest.raises(InvalidArgumentError, match="truth values"):
        tf.reduce_all(tf.constant([1, 0]))
    same(true * true, [True, False])        # as TensorFlow's `*`
    same(tf.constant(["a", "b"]) + "c", [b"ac", b"bc"])


def test_errors_say_what_arrived():
    with pytest.raises(InvalidArgumentError, match=r"add: .*\(4, 3\).*\(2, 3\)"):
        tf.ones((4, 3)) + tf.ones((2, 3))
    with pytest.raises(InvalidArgumentError, match=r"float32, .*int32.*tf.cast\(x, tf.float32\)"):
        tf.ones(2) + tf.constant([1, 2])
    with pytest.raises(InvalidArgumentError, match="truth values"):
        tf.logical_and(tf.constant([1, 0]), tf.constant([1, 1]))
    with pytest.raises(TypeError, match=r"takes \(x, y\)"):
        tf.add(1.0, 2.0, 3.0)


@pytest.mark.parametrize("f, exact", [
    (tf.math.erf, math.erf), (tf.math.erfc, math.erfc), (tf.math.lgamma, math.lgamma), (tf.math.expm1, math.expm1),
])
def test_special_functions_against_libm(f, exact):
    x = np.concatenate([np.linspace(-3.9, 8, 120), [0.4687, 0.4688, 4.0, 4.1, 20.5]])
    x = x[np.abs(x - np.rint(x)) > 1e-3]
    expected = np.array([exact(v) for v in x])
    np.testing.assert_allclose(np.asarray(f(tf.constant(x))), expected, rtol=2e-13, atol=1e-14)


def test_digamma_and_its_derivatives():
    assert np.isnan(tf.math.digamma([0.0, -1.0, -2.0, -1e30]).numpy()).all()
    euler = 0.57721566490153286061
    same_to = lambda got, expected: np.testing.assert_allclose(np.asarray(got), expected, rtol=1e-12)
    same_to(tf.math.digamma(tf.constant([1.0, 2.0, 0.5], tf.float64)), [-euler, 1 - euler, -euler - 2 * math.log(2)])
    same_to(tf.math.polygamma(1.0, tf.constant([1.0, 0.5], tf.float64)), [math.pi**2 / 6, math.pi**2 / 2])
    same_to(tf.math.lbeta(tf.constant([2.0, 3.0], tf.float64)), math.log(1 / 12))
    check_gradients(lambda x: tf.math.lgamma(x), [np.array([0.3, 1.7, 5.0])], order=3)


def test_inverses_of_the_error_function():
    y = np.concatenate([np.linspace(-5, 5, 41), [1e-9, -1e-5]])
    inner = np.abs(y) < 3       # beyond, erf is too close to 1 to be inverted
    got = tf.math.erfinv(tf.constant([math.erf(v) for v in y[inner]], tf.float64))
    np.testing.assert_allclose(got, y[inner], rtol=1e-9, atol=1e-16)
    got = tf.math.erfcinv(tf.constant([math.erfc(v) for v in y[y > -3]], tf.float64))
    np.testing.assert_allclose(got, y[y > -3], rtol=1e-9, atol=1e-14)
    same(tf.math.erfinv([1.0, -1.0, 2.0]), [INF, -INF, NAN])
    same(tf.math.erfcinv([0.0, 2.0, -1.0]), [INF, -INF, NAN])
    np.testing.assert_allclose(tf.math.ndtri([0.5, 0.975, 1e-7]), [0, 1.959964, -5.199338], rtol=1e-6, atol=1e-7)


def test_third_derivatives_of_activations():
    x = np.array([-2.3, -0.7, 0.4, 1.9])
    for f in (tf.nn.silu, tf.nn.gelu, lambda x: tf.nn.gelu(x, approximate=True), tf.sigmoid, tf.tanh, tf.nn.softplus,
              tf.nn.elu, tf.nn.selu, tf.nn.softsign, tf.math.log_sigmoid):
        check_gradients(f, [x], order=3, rtol=1e-4)


def test_silu_with_beta_and_gelu_by_default():
    x = np.array([-1.0, 0.5, 2.0])
    np.testing.assert_allclose(np.asarray(tf.nn.silu(x, beta=2.0)), x / (1 + np.exp(-2 * x)), rtol=1e-12)
    phi = np.array([0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x])
    np.testing.assert_allclose(np.asarray(tf.nn.gelu(x)), x * phi, rtol=1e-12)
