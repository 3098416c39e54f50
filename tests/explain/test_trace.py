"""A trace holds what the run computed: every value, every gradient, the names and lines of the program."""

import sys

import numpy as np
import pytest

import tinynn as tf
from tinynn.explain.checks import Again
from tinynn.explain.trace import Trace


def trace(tape, target, *sources):
    return Trace(tape, target, sources, sys._getframe(1))


def by_name(found):
    return {node.name: node for node in found.nodes}


def test_values_gradients_names_and_lines():
    w, b = tf.Variable([[1.0, 2.0], [3.0, -4.0]]), tf.Variable([0.5, 0.25])
    x = np.array([[1.0, -1.0]], "float32")
    with tf.GradientTape() as tape:
        hidden = tf.nn.relu(tf.matmul(x, w) + b)
        loss = tf.reduce_mean(
            tf.square(hidden))
    found = trace(tape, loss, w, b)
    nodes = by_name(found)
    assert [step.op.name for step in found.steps] == ["matmul", "add", "relu", "square", "reduce_mean"]
    assert {"w", "b", "x", "hidden", "loss"} <= set(nodes)
    assert nodes["hidden"].value.tolist() == [[0.0, 6.25]]
    assert nodes["w"].slope.tolist() == [[0.0, 6.25], [0.0, -6.25]]
    assert nodes["b"].slope.tolist() == [0.0, 6.25]
    assert nodes["x"].slope is None
    line = trace.__code__.co_firstlineno
    assert [step.place[1] - line for step in found.steps] == [12, 12, 12, 14, 13]
    assert found.code(found.steps[0]) == "hidden = tf.nn.relu(tf.matmul(x, w) + b)"
    for node, gradient in zip(found.sources, tape.gradient(loss, [w, b]), strict=True):
        assert np.array_equal(node.slope, gradient)


def test_the_walk_goes_as_the_tape_goes():
    """The same pulls in the same order as `gradient`, and the tape can still give its gradient."""
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        z = y * x + y
    found = trace(tape, z, x)
    assert [(pull.step.op.name, pull.node.name) for pull in found.pulls] == [
        ("add", "t1"), ("add", "y"), ("multiply", "y"), ("multiply", "x"), ("multiply", "x"), ("multiply", "x")]
    assert float(found.sources[0].gradient) == float(tape.gradient(z, x)) == 33.0


def test_what_the_tape_let_go_of_is_computed_again():
    w = tf.Variable(tf.random.normal((200, 200), seed=1))
    x = tf.random.normal((200, 200), seed=2)
    with tf.GradientTape() as tape:
        y = tf.matmul(x, w)
        z = y + 1.0
        loss = tf.reduce_sum(tf.sigmoid(z))
    expected = np.asarray(y).copy()
    del y, z
    found = trace(tape, loss, w)
    product = found.steps[0].outputs[0]
    assert found.steps[1].record.values is None          # the sum needs no value, and they are large
    assert np.array_equal(product.value, expected)


def test_a_variable_that_changed_since_is_not_shown_with_its_new_value():
    w = tf.Variable(tf.ones((200, 200)))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(w)
    w.assign(tf.zeros((200, 200)))
    assert trace(tape, loss, w).sources[0].value is None
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(v)
    v.assign([5.0, 5.0])
    assert trace(tape, loss, v).sources[0].value.tolist() == [1.0, 2.0]     # small: the tape kept it


def test_several_outputs_and_variadic_ops():
    x = tf.Variable([1.0, 2.0, 3.0, 4.0])
    with tf.GradientTape() as tape:
        first, second = tf.split(x, 2)
        loss = tf.reduce_sum(tf.concat([first * 2.0, first, second], 0) ** 2)
    found = trace(tape, loss, x)
    assert found.sources[0].slope.tolist() == [10.0, 20.0, 6.0, 8.0]
    nodes = by_name(found)
    assert nodes["first"].slope.tolist() == [10.0, 20.0]
    assert nodes["second"].slope.tolist() == [6.0, 8.0]


def test_only_what_leads_to_the_target_counts():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        other = tf.exp(x)
        loss = x * 3.0
    found = trace(tape, loss, x)
    assert [step.op.name for step in found.steps] == ["multiply"]
    assert other.shape == ()


def test_lines_are_known_after_many_tapes_of_one_with():
    x = tf.Variable(2.0)
    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = x * x
    assert trace(tape, loss, x).steps[0].place[1] == sys._getframe().f_lineno - 1
    for power in range(1, 10):
        with tf.GradientTape() as tape:     # another program each time: what earlier tapes noted does not fit
            loss = x
            for _ in range(power):
                loss = tf.sin(loss) if power % 2 else tf.cos(loss)
    assert [step.place is None for step in trace(tape, loss, x).steps] == [True] * 9


def test_a_used_up_tape_says_so():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        loss = x * x
    tape.gradient(loss, x)
    with pytest.raises(RuntimeError, match=r"before tape\.gradient\(\.\.\.\), or make it with .*persistent=True"):
        tape.explain(loss, x)


def test_names_tell_equals_apart():
    """Two nodes of one name get a number; a statement that runs twice names both of its results."""
    h = tf.Variable(0.5)
    with tf.GradientTape() as tape:
        for _ in range(3):
            h = tf.sin(h)
    found = trace(tape, h, *tape.watched_variables())
    names = [node.name for node in found.nodes]
    assert len(set(names)) == len(names)
    assert names.count("h") == 1


@pytest.mark.parametrize("seed", range(5))
def test_every_number_is_float64s(seed):
    """A network's trace against the same in float64."""
    draw = lambda *shape, k: tf.random.normal(shape, seed=seed * 10 + k)
    parts = [draw(3, 4, k=1), draw(4, k=2), draw(4, 2, k=3), draw(2, k=4)]
    x, y = draw(5, 3, k=5), draw(5, 2, k=6)

    def run(dtype):
        weights = [tf.Variable(tf.cast(part, dtype)) for part in parts]
        with tf.GradientTape() as tape:
            hidden = tf.tanh(tf.cast(x, dtype) @ weights[0] + weights[1])
            p = tf.nn.softmax(hidden @ weights[2] + weights[3])
            loss = tf.reduce_mean(tf.square(p - tf.cast(y, dtype)))
        return Trace(tape, loss, weights)

    single, double = run("float32"), run("float64")
    again = Again(single)
    assert len(single.nodes) == len(double.nodes)
    for a, b in zip(single.nodes, double.nodes, strict=True):
        assert np.allclose(a.value, b.value, rtol=1e-5, atol=1e-6)
        assert np.allclose(again.values[a], b.value, rtol=1e-12, atol=1e-14)
        if b.slope is not None:
            assert np.allclose(a.slope, b.slope, rtol=1e-4, atol=1e-6)
