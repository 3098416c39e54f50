"""Gradients are measured: right ones agree, wrong ones are found, kinks are told from both."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.explain.checks import Again, check, checks, descent
from tinynn.explain.trace import Trace


def network():
    w, b = tf.Variable(tf.random.normal((3, 2), seed=1)), tf.Variable([0.1, -0.2])
    x = tf.random.normal((5, 3), seed=2)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(tf.tanh(x @ w + b)))
    return Trace(tape, loss, [w, b])


def test_right_gradients_agree_and_are_close():
    found = checks(network())
    assert {check.node.name for check in found if check.node.source} == {"v1", "v2"}
    assert len(found) > 5
    for item in found:
        assert item.agrees
        assert not item.kink
        assert item.gradient == pytest.approx(item.measured, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("wrong", [1.01, 0.0, -1.0])
def test_a_planted_wrong_gradient_is_found(wrong):
    trace = network()
    node = trace.sources[0]
    node.gradient = node.gradient * wrong
    place = tuple(int(i) for i in np.unravel_index(0, node.shape))
    assert not check(Again(trace), node, place).agrees


def test_a_kink_is_told():
    x = tf.Variable([0.0, 1.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.nn.relu(x))
    again = Again(trace := Trace(tape, loss, [x]))
    assert check(again, trace.sources[0], (0,)).kink
    assert not check(again, trace.sources[0], (1,)).kink
    assert "at a kink" in str(tape.explain(loss, x))


def test_casts_to_float32_are_measured_in_float64():
    x = tf.Variable(1.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        loss = tf.square(tf.cast(x, tf.float32))
    trace = Trace(tape, loss, [x])
    assert check(Again(trace), trace.sources[0], ()).measured == pytest.approx(2.0, abs=1e-9)


def test_what_is_lost_is_not_measured():
    x, w = tf.random.normal((200, 200), seed=1), tf.Variable(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(x - tf.random.normal((200, 200), seed=2)) * w
    assert checks(Trace(tape, loss, [w, x])) == []
    assert "Not checked" in str(tape.explain(loss, [w, x]))


def test_the_step_is_foretold():
    trace = network()
    step = descent(trace, 0.5)
    slopes = [node.slope.astype("float64") for node in trace.sources]
    x = next(node.value for node in trace.nodes if node.shape == (5, 3)).astype("float64")
    w, b = [node.value - 0.5 * slope for node, slope in zip(trace.sources, slopes, strict=True)]
    assert step.after == pytest.approx(np.mean(np.tanh(x @ w + b) ** 2), rel=1e-12)
    assert step.predicted == pytest.approx(step.before - 0.5 * sum((s * s).sum() for s in slopes), rel=1e-12)
    assert np.array_equal(step.values[trace.sources[0]], w)


def test_targets_that_are_arrays_are_summed():
    x = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        y = x * x
    trace = Trace(tape, y, [x])
    assert trace.sources[0].slope.tolist() == [2.0, 4.0, 6.0]
    assert Again(trace).target() == 14.0
