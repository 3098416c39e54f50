"""Products with what follows them: the values of the separate ops, in every tier."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import _bridge, ops
from tinynn.autodiff.tensor import convert
from tinynn.backends import native
from tinynn.core.errors import InvalidArgumentError
from tinynn.ops import fused

SEPARATE = {fused.LINEAR: tf.identity, fused.RELU: tf.nn.relu, fused.SIGMOID: tf.sigmoid, fused.TANH: tf.tanh}
FORMS = [(False, False), (True, False), (False, True), (True, True)]
SIZES = [(1, 1, 1), (1, 70, 40), (70, 3, 1), (13, 17, 33), (64, 32, 16), (5, 300, 70), (130, 40, 10), (2, 0, 3)]


@pytest.fixture(params=_bridge.available_isas())
def isa(request):
    before = _bridge.isa()
    _bridge.set_isa(request.param)
    yield request.param
    _bridge.set_isa(before)


def draw(dtype, shape, form, seed=0):
    """Factors of a product of these (m, k, n), stored as the form wants them."""
    rng = np.random.default_rng(seed)
    m, k, n = shape
    a, b = rng.normal(size=(k, m) if form[0] else (m, k)), rng.normal(size=(n, k) if form[1] else (k, n))
    return rng, convert(a.astype(dtype)), convert(b.astype(dtype))


def takes(op, tensors, *attributes):
    return native.takes(op, tuple(tensors), attributes)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", SIZES)
def test_has_the_bits_of_the_separate_ops(shape, form, dtype, isa):
    rng, a, b = draw(dtype, shape, form)
    product = tf.matmul(a, b, *form)
    bias = convert(rng.normal(size=shape[2]).astype(dtype))
    y = convert(rng.normal(size=(shape[0], shape[2])).astype(dtype))
    for activation, function in SEPARATE.items():
        assert takes(fused.matmul_bias, (a, b, bias), *form, activation)
        got = fused.matmul_bias(a, b, bias, *form, activation=activation)
        np.testing.assert_array_equal(got, function(tf.nn.bias_add(product, bias)))
    for activation, slope in fused.SLOPES.items():
        assert takes(fused.matmul_slope, (a, b, y), *form, activation)
        got = fused.matmul_slope(a, b, y, *form, activation=activation)
        np.testing.assert_array_equal(got, slope(product, y))
    w, separate = tf.Variable(y), tf.Variable(y)
    fused.matmul_update(w, a, b, 0.3, *form)
    ops.sgd_update(separate, product, 0.3)
    np.testing.assert_array_equal(w, separate)


def test_the_numbers_name_the_same_functions_in_c_and_python():
    one, zero = tf.constant([[1.0]]), tf.constant([0.0])
    x = tf.constant([[-0.7]])
    for activation, expected in [(fused.LINEAR, -0.7), (fused.RELU, 0), (fused.SIGMOID, 1 / (1 + np.exp(0.7))),
                                 (fused.TANH, np.tanh(-0.7))]:
        assert takes(fused.matmul_bias, (x, one, zero), False, False, activation)
        np.testing.assert_allclose(fused.matmul_bias(x, one, zero, activation=activation), [[expected]], rtol=1e-6)
    for activation, expected in [(fused.RELU, 0), (fused.SIGMOID, -0.7 * 1.7), (fused.TANH, 1 - 0.49)]:
        assert takes(fused.matmul_slope, (one, one, x), False, False, activation)
        np.testing.assert_allclose(fused.matmul_slope(one, one, x, activation=activation), [[expected]], rtol=1e-6)


def test_values_that_are_not_finite(isa):
    a = tf.constant([[np.nan, 1], [np.inf, 1], [-np.inf, 1], [-0.0, 0.0]])
    b, bias = tf.constant(np.tile([[1.0], [0.0]], (1, 33))), tf.zeros(33, dtype="float64")
    a = tf.cast(a, "float64")
    for activation, (nan, high, low, zero) in {
            fused.LINEAR: (np.nan, np.inf, -np.inf, 0), fused.RELU: (np.nan, np.inf, 0, 0),
            fused.SIGMOID: (np.nan, 1, 0, 0.5), fused.TANH: (np.nan, 1, -1, 0)}.items():
        got = fused.matmul_bias(a, b, bias, activation=activation)
        np.testing.assert_array_equal(got, np.tile(np.array([[nan], [high], [low], [zero]]), (1, 33)))
    y = tf.constant(np.tile(np.array([[1.0], [np.nan], [0.0], [2.0]]), (1, 33)))
    got = fused.matmul_slope(a, b, y, activation=fused.RELU)     # where y is NaN its slope is 0, as relu_grad has it
    np.testing.assert_array_equal(got, np.tile([[np.nan], [0], [0], [0]], (1, 33)))


def test_a_variable_may_be_a_factor_of_its_own_update():
    w = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    before = w.numpy()
    fused.matmul_update(w, w, w, 0.5)
    np.testing.assert_allclose(w, before - 0.5 * before @ before)


def test_what_was_read_before_keeps_its_value():
    w = tf.Variable(np.ones((2, 3)))
    before = w.read_value()
    fused.matmul_update(w, np.ones((2, 4)), np.ones((4, 3)), 1.0)
    np.testing.assert_array_equal(before, np.ones((2, 3)))
    np.testing.assert_array_equal(w, np.full((2, 3), -3.0))


def test_errors():
    a, b = np.ones((4, 3)), np.ones((3, 5))
    with pytest.raises(InvalidArgumentError, match=r"bias of shape \(4,\).*\(4, 5\)"):
        fused.matmul_bias(a, b, np.ones(4))
    with pytest.raises(InvalidArgumentError, match=r"\(0, 1, 2, 3\).*got 4"):
        fused.matmul_bias(a, b, np.ones(5), activation=4)
    with pytest.raises(InvalidArgumentError, match=r"\(1, 2, 3\).*got 0"):
        fused.matmul_slope(a, b, np.ones((4, 5)), activation=fused.LINEAR)
    with pytest.raises(InvalidArgumentError, match=r"\(5, 4\).*\(4, 5\)"):
        fused.matmul_slope(a, b, np.ones((5, 4)))
    with pytest.raises(InvalidArgumentError, match=r"\(3, 3\).*\(4, 5\)"):
        fused.matmul_update(tf.Variable(np.ones((3, 3))), a, b, 0.1)
    with pytest.raises(InvalidArgumentError, match="length 3"):
        fused.matmul_bias(a, a, np.ones(3))
