"""Why a gradient is None: every cause is told apart, with the line and the remedy."""

import functools
import sys

import numpy as np
import pytest

import tinynn as tf


def line_before():
    return sys._getframe(1).f_lineno - 1


def answered(why, tape, target, source, cause, *words):
    """The answer names the cause and the words, in 100 columns; the gradient is None indeed."""
    assert why.cause == cause
    text = " ".join(str(why).split())
    for word in words:
        assert word in text, (word, text)
    assert all(len(line) <= 100 for line in str(why).splitlines())
    assert "고치는 법" in str(tape.why(target, source, lang="ko"))
    with pytest.warns(tf.TinynnHint):
        assert tape.gradient(target, source) is None


def test_integers():
    n = tf.Variable(3)
    with tf.GradientTape() as tape:
        y = n * n
    answered(tape.why(y, n), tape, y, n, "integer", "n is of type int32", "3.0 for 3")


def test_not_trainable():
    frozen = tf.Variable(2.0, trainable=False)
    with tf.GradientTape() as tape:
        y = frozen * 2.0
    answered(tape.why(y, frozen), tape, y, frozen, "not trainable", "frozen is a variable with trainable=False",
             "tape.watch(frozen)")


def test_a_tensor_that_is_not_watched():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        y = x * 2.0
    answered(tape.why(y, x), tape, y, x, "unwatched", "does not watch x", "tape.watch(x)")


def test_outside_the_tape():
    v = tf.Variable(2.0)
    y = v * 2.0
    with tf.GradientTape() as tape:
        pass
    answered(tape.why(y, v), tape, y, v, "unread", "was not read inside the `with`")


def test_through_numpy():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        doubled = v * 2.0
        line = line_before()
        loss = tf.constant(np.mean(doubled.numpy()))
    why = tape.why(loss, v)
    answered(why, tape, loss, v, "outside", f"doubled = multiply at test_why.py:{line} is the last",
                   "tf.reduce_mean(x) for np.mean(x.numpy())")
    assert [end.kind for end in why.ends] == ["value"]


def test_stop_gradient():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.stop_gradient(v * 3.0)
        line = line_before()
        loss = tf.reduce_sum(y * 2.0)
    why = tape.why(loss, v)
    assert "outside the `with`" not in str(why)     # it was computed inside
    answered(why, tape, loss, v, "outside", f"stop_gradient at test_why.py:{line}", "Leave stop_gradient away")
    assert why.way == ["multiply"]


@pytest.mark.parametrize(("op", "kind", "name"), [
    (tf.argmax, "rule", "argmax"), (tf.round, "rule", "rint"),
    (functools.partial(tf.cast, dtype=tf.int32), "whole", "cast")])
def test_ops_without_a_gradient(op, kind, name):
    v, w = tf.Variable([1.0, 2.0]), tf.Variable(1.0)
    with tf.GradientTape() as tape:
        chosen = op(tf.sin(v))
        line = line_before()
        loss = tf.reduce_sum(tf.cast(chosen, tf.float32) * w)
    why = tape.why(loss, v)
    answered(why, tape, loss, v, "no path", f"{name} at test_why.py:{line}")
    assert [end.kind for end in why.ends] == [kind]


def test_an_end_at_once():
    v, w = tf.Variable([1.0, 2.0]), tf.Variable(1.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.cast(v > 1.5, tf.float32)) * w
    why = tape.why(loss, v)
    assert "nothing was computed" not in str(why)
    answered(why, tape, loss, v, "no path", "The way from v ends at the first operation: greater at test_why.py")


def test_only_ends_on_the_way_to_the_target_are_named():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = v * 3.0
        shown = tf.argmax(y)
        loss = tf.reduce_sum(tf.stop_gradient(y))
    why = tape.why(loss, v)
    assert [end.kind for end in why.ends] == ["stop"]
    assert int(shown) == 1


def test_numpy_is_not_hidden_by_ends_of_other_ways():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = v * 3.0
        shown = tf.argmax(y)
        loss = tf.constant(np.mean(y.numpy()))
    why = tape.why(loss, v)
    assert [end.kind for end in why.ends] == ["value", "rule"]
    assert int(shown) == 1
    answered(why, tape, loss, v, "outside", "outside the `with`, or through NumPy", "y = multiply at test_why.py",
             "tf.reduce_mean(x) for np.mean(x.numpy())")


def test_a_gradient_that_is_there():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(v)
    why = tape.why(loss, v)
    assert why.cause is None
    assert "is not None" in str(why)


def test_used_but_not_for_the_target():
    v, w = tf.Variable(1.0), tf.Variable(2.0)
    with tf.GradientTape() as tape:
        other = tf.exp(v)
        loss = w * 2.0
    assert float(other) > 2.7
    answered(tape.why(loss, v), tape, loss, v, "no path", "other = exp", "was not used for the target")


def test_bad_arguments():
    v = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        loss = v * v
    with pytest.raises(TypeError, match="lack a `return`"):
        tape.why(None, v)
    with pytest.raises(TypeError, match="tensors and variables, got float"):
        tape.explain(loss, 1.0)
    with pytest.raises(ValueError, match="lang is 'fr'"):
        tape.why(loss, v, lang="fr")
