"""The op record: what a declaration must say, and what a call may."""

import inspect
import pickle

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.primitive import find, primitive, registry


@pytest.fixture
def scratch():
    """Takes the ops that a test declares out of the registry again."""
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def test_an_op_in_ten_lines(scratch):
    @primitive("y = x³ + a")
    def cube_plus(xp, x, *, a=0.0):
        """Cube."""
        return x * x * x + xp.asarray(a, x.dtype)

    @cube_plus.vjp("3 g x²")
    def _(g, x):
        return g * (x * x) * 3.0

    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = cube_plus(v, a=1.0)
    assert float(y) == 9.0
    assert float(tape.gradient(y, v)) == 12.0
    assert float(cube_plus(2.0, 5.0)) == 13.0
    tf.testing.check_gradients(cube_plus, [np.array([1.0, 2.0])])
    assert "cube_plus(x, a=0.0)" in repr(cube_plus)
    assert str(inspect.signature(cube_plus)) == "(x, a=0.0)"


def test_names_are_taken_once(scratch):
    def op(xp, x):
        """Something."""
        return x

    primitive("y = x")(op)
    with pytest.raises(ValueError, match="already"):
        primitive("y = x")(op)


def test_a_rule_asks_for_what_exists(scratch):
    @primitive("z = x")
    def first_of(xp, x, y):
        """The first."""
        return x

    with pytest.raises(TypeError, match="which one"):
        first_of.vjp("g")(lambda g: g)
    with pytest.raises(TypeError, match="'z'"):

        @first_of.vjp("g", wrt="x")
        def _(g, z):
            return g


def test_calls_are_checked():
    with pytest.raises(TypeError, match="misses the argument 'y'"):
        tf.add(1.0)
    with pytest.raises(TypeError, match="unknown argument 'z'"):
        tf.add(1.0, y=2.0, z=3.0)
    with pytest.raises(TypeError, match="positional"):
        tf.add(1.0, 2.0, 3.0)
    assert float(tf.add(x=1.0, y=2.0, name="sum")) == 3.0


def test_ops_are_found_by_name_and_pickled():
    assert find("add") is tf.add
    assert pickle.loads(pickle.dumps(tf.add)) is tf.add
    with pytest.raises(KeyError, match="matmul"):
        find("matmull")
