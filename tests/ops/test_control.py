"""Loops, branches, gradients of one's own, NumPy's functions, checks, names."""

import sys

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError
from tinynn.testing import check_gradients


@tf.custom_gradient
def log1pexp(x):
    e = tf.exp(x)
    return tf.math.log(1.0 + e), lambda upstream: upstream * (1.0 - 1.0 / (1.0 + e))


def test_custom_gradient_and_its_own_derivative():
    x = tf.Variable([0.5, 100.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = log1pexp(x)
        g = inner.gradient(y, x)
    s = 1 / (1 + np.exp(-0.5))
    assert g.numpy().tolist() == pytest.approx([s, 1.0])
    assert float(outer.gradient(g, x)[0]) == pytest.approx(s * (1 - s))


def test_custom_gradient_of_several():
    @tf.custom_gradient
    def f(x, y):
        return (x * y, x + y), lambda a, b: (10.0 * a, 100.0 * b)

    x, y = tf.Variable(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(y)
        product, total = f(x, y)
    assert (float(product), float(total)) == (6, 5)
    assert [float(g) for g in tape.gradient([product, total], [x, y])] == [10, 100]


def test_custom_gradient_with_variables():
    w = tf.Variable(3.0)

    @tf.custom_gradient
    def scale(x):
        def gradient(upstream, variables=None):
            assert [v is w for v in variables] == [True]
            return upstream * 7.0, [upstream * 11.0]
        return x * w, gradient

    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = scale(x) * 2.0
    assert [float(g) for g in tape.gradient(y, [x, w])] == [14, 22]

    @tf.custom_gradient
    def forgetful(x):
        return x * w, lambda upstream: upstream

    with tf.GradientTape() as tape:
        y = forgetful(x)
    with pytest.raises(TypeError, match="keyword argument `variables`"):
        tape.gradient(y, x)


def test_custom_gradient_of_the_wrong_number():
    f = tf.custom_gradient(lambda x, y: (x + y, lambda g: g))
    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        z = f(x, x)
    with pytest.raises(ValueError, match="1 gradients for 2 inputs"):
        tape.gradient(z, x)


def test_loops_carry_gradients():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        i, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), (0, 1.0))
    assert (int(i), float(y), float(tape.gradient(y, x))) == (3, 8, 12)
    assert int(tf.while_loop(lambda i: i < 9, lambda i: [i + 1], [0], maximum_iterations=4)[0]) == 4
    rows = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    assert tf.map_fn(tf.reduce_sum, rows).numpy().tolist() == [3, 7]
    assert tf.map_fn(lambda p: p[0] * p[1], (rows, rows)).numpy().tolist() == [[1, 4], [9, 16]]
    assert tf.foldl(tf.add, rows).numpy().tolist() == [4, 6]
    assert tf.scan(tf.multiply, rows).numpy().tolist() == [[1, 2], [3, 8]]


def test_folds_and_scans_of_structures():
    pair = (tf.constant([1, 2, 3]), tf.constant([1, 1, 2]))
    assert int(tf.foldl(lambda total, x: 10 * total + x[0] * x[1], pair, initializer=0)) == 126
    assert int(tf.foldr(lambda total, x: 10 * total + x, tf.constant([1, 2, 3]))) == 321
    assert tf.scan(lambda total, x: total + x[0] * x[1], pair, initializer=0).numpy().tolist() == [1, 3, 9]
    total, product = tf.scan(lambda a, x: (a[0] + x, a[1] * x), pair[0], initializer=(0, 1))
    assert (total.numpy().tolist(), product.numpy().tolist()) == ([1, 3, 6], [1, 2, 6])
    check_gradients(lambda x: tf.foldr(lambda a, b: a * b, x), [np.array([2.0, 3.0, 4.0])])
    with pytest.raises(ValueError, match="nothing to fold"):
        tf.foldl(tf.add, tf.zeros(0))


def test_map_over_nothing():
    assert tf.map_fn(lambda x: x, tf.zeros((0, 2)), fn_output_signature=tf.TensorSpec([2])).shape == (0, 2)
    a, b = tf.map_fn(lambda x: (x, x), tf.zeros(0), fn_output_signature=(tf.int32, tf.float32))
    assert (a.dtype, b.dtype, a.shape) == (tf.int32, tf.float32, (0,))
    with pytest.raises(ValueError, match="fn_output_signature"):
        tf.map_fn(lambda x: x, tf.zeros(0))


def test_branches():
    assert tf.cond(tf.constant(2.0) > 1, lambda: "yes", lambda: "no") == "yes"
    assert tf.switch_case(tf.constant(5), [lambda: 0, lambda: 1]) == 1
    assert tf.case([(tf.constant(False), lambda: 1), (tf.constant(True), lambda: 2)]) == 2
    with pytest.raises(ValueError, match="none of the conditions"):
        tf.case([(tf.constant(False), lambda: 1)])
    with pytest.raises(TypeError, match="two functions"):
        tf.cond(True, 1, 2)


def test_numpys_functions_are_recorded():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = np.sin(x) + np.ones(2) * x - np.power(x, 2)
    np.testing.assert_allclose(tape.gradient(y, x), np.cos([1, 2]) + 1 - 2 * np.array([1, 2]), rtol=1e-6)
    assert np.add.reduce(x) == 3
    assert np.hypot(x, x).tolist() == pytest.approx([2**0.5, 8**0.5])
    assert np.sqrt(tf.constant([4])).tolist() == [2]
    assert np.logical_and(tf.constant([1, 0]), 1).tolist() == [True, False]
    with pytest.raises(TypeError, match="assign"):
        np.add(np.ones(2), 1, out=tf.constant([1.0, 2.0]))


def test_checks():
    tf.debugging.assert_equal([1, 2], [1, 2])
    tf.debugging.assert_near([1.0], [1.0 + 1e-7])
    tf.debugging.assert_shapes([(tf.ones((4, 3)), ("N", 3)), (tf.ones(4), ("N",)), (tf.ones((2, 3)), (..., 3))])
    with pytest.raises(InvalidArgumentError, match="why: expected x == y, which fails for 1 of 2 elements: 2 and 3"):
        tf.debugging.assert_equal([1, 2], [1, 3], message="why")
    with pytest.raises(ValueError, match="'N': 4"):
        tf.debugging.assert_shapes([(tf.ones((4, 3)), ("N", 3)), (tf.ones(5), ("N",))])
    with pytest.raises(InvalidArgumentError, match="finite"):
        tf.debugging.check_numerics([1.0, np.nan], "loss")
    x = tf.ones((2, 3))
    tf.debugging.assert_rank_at_least(x, 2), tf.debugging.assert_rank_in(x, [1, 2])
    tf.debugging.assert_proper_iterable([x])
    assert tf.debugging.assert_same_float_dtype([x, x]) == tf.float32
    assert tf.debugging.is_numeric_tensor(x) and not tf.debugging.is_numeric_tensor(tf.constant("a"))
    for error, wrong in ((ValueError, lambda: tf.debugging.assert_rank_at_least(x, 3)),
                         (ValueError, lambda: tf.debugging.assert_rank_in(x, [0, 1])),
                         (ValueError, lambda: tf.debugging.assert_same_float_dtype([x, tf.constant(1)])),
                         (ValueError, lambda: tf.debugging.assert_same_float_dtype([x], tf.float64)),
                         (TypeError, lambda: tf.debugging.assert_proper_iterable(x))):
        with pytest.raises(error):
            wrong()


@pytest.mark.parametrize("what, text", [
    ((tf.range(20),), "[0 1 2 ... 17 18 19]"), ((tf.constant(0.1), [tf.constant(1), 2]), "0.1 [1, 2]"),
    ((tf.constant(0.123456789), tf.constant(True), tf.constant("a"), "b"), '0.123456791 1 "a" b'),
    (({"a": tf.ones((2, 2))},), "{'a': [[1 1]\n [1 1]]}"),
    ((tf.constant([1.5, 2.25e-8, 1e10]),), "[1.5 2.25e-08 1e+10]"),
])
def test_print(what, text, capsys):
    tf.print(*what, output_stream=sys.stdout)
    assert capsys.readouterr().out == text + "\n"
    tf.print(*what, end="")
    assert capsys.readouterr().err == text


def test_misspelt_names():
    for name, meant in (("squard", "tf.square"), ("reduce_summ", "tf.reduce_sum"), ("gradienttape", "tf.GradientTape")):
        with pytest.raises(AttributeError, match=rf"no tf.{name}; did you mean {meant}\?"):
            getattr(tf, name)
    with pytest.raises(AttributeError, match=r"no tf.nn.rellu; did you mean tf.nn.relu\?"):
        tf.nn.rellu  # noqa: B018
    with pytest.raises(AttributeError, match=r"no tf.linalg.inverse"):
        tf.linalg.inverse  # noqa: B018


def test_every_public_name_has_help():
    for space in (tf, tf.nn, tf.math, tf.linalg, tf.random, tf.debugging):
        for name in dir(space):
            value = getattr(space, name)
            if callable(value) and getattr(value, "__module__", "").startswith("tinynn"):
                assert value.__doc__, f"{space.__name__}.{name}"


def test_module_finds_its_variables():
    class Line(tf.Module):
        def __init__(self):
            super().__init__()
            self.slope, self.fixed = tf.Variable(1.0), tf.Variable(2.0, trainable=False)
            self.parts = [tf.Variable(3.0), {"again": self.slope}]

    line = Line()
    line.inner = Line()
    assert len(line.variables) == 6
    assert len(line.trainable_variables) == 4
    assert line.submodules == (line.inner,)
    assert line.name == "line"


def test_configuration(capsys):
    assert [d.device_type for d in tf.config.list_physical_devices()] == ["CPU"]
    assert tf.config.list_physical_devices("GPU") == []
    with tf.device("/CPU:0"), tf.name_scope("a"):
        assert tf.executing_eagerly()
    with pytest.raises(ValueError, match="no device"):
        tf.config.set_visible_devices("GPU:0")
    tf.show_config()
    assert "instruction set" in capsys.readouterr().out


def test_python_in_between_has_the_types_it_was_said_to_have():
    @tf.py_function(Tout=tf.float32)
    def product(x, y):
        return x * y

    assert float(product(tf.constant(2.0), tf.constant(3.0))) == 6 and product.__name__ == "product"
    pair = tf.numpy_function(lambda x: (x.astype("float64"), x), [tf.constant([1])], [tf.float32, tf.int32])
    assert [x.dtype for x in pair] == [tf.float32, tf.int32]
    with pytest.raises(ValueError, match="float32"):
        tf.py_function(lambda x: x, [tf.constant(1)], tf.float32)
    assert tf.timestamp().dtype == tf.float64
    assert tf.get_static_value(tf.constant([1, 2])).tolist() == [1, 2]
