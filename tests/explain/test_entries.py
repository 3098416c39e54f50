"""Why one entry has its value: the terms are the chain rule's, and they add up, for every op there is."""

import numpy as np
import pytest
from op_examples import examples, has_complex

import tinynn as tf
from tinynn import keras
from tinynn.autodiff.tensor import convert
from tinynn.core.primitive import registry
from tinynn.explain.entries import Entry, column
from tinynn.explain.text import width
from tinynn.explain.trace import Trace

OPS = sorted(name for name, op in registry.items() if op.differentiable and not op.mutates and not has_complex(op))


def traced(op, inputs, attributes):
    """A trace of op(*inputs), whose elements are weighed differently."""
    watched = [tf.Variable(x) if x.dtype.kind == "f" else convert(x) for x in inputs]
    with tf.GradientTape() as tape:
        made = op(*watched, **attributes)
        made = [made] if isinstance(made, tf.Tensor) else [part for part in made if part.dtype.is_floating]
        loss = tf.add_n([tf.reduce_sum(part * np.cos(np.arange(part.shape.num_elements()) + i).reshape(part.shape))
                         for i, part in enumerate(made)])
    return Trace(tape, loss, [v for v in watched if isinstance(v, tf.Variable)])


@pytest.mark.parametrize("name", OPS)
def test_terms_add_up_to_the_gradient(name):
    for inputs, attributes in examples(registry[name]):
        found = traced(registry[name], inputs, attributes)
        for node in found.sources:
            if node.slope is None or not node.slope.size:
                continue
            place = tuple(int(i) for i in np.unravel_index(np.argmax(np.abs(node.slope)), node.shape))
            entry = Entry(found, node, place)
            assert sum(term.product for term in entry.terms) == pytest.approx(entry.value, rel=1e-9, abs=1e-12)
            assert entry.adds_up


@pytest.mark.parametrize("name", OPS)
def test_a_column_is_what_one_hot_cotangents_give(name):
    """The local derivatives, found by the gradient of the rule, against one call of the rule per output element."""
    inputs, attributes = next(iter(examples(registry[name])))
    found = traced(registry[name], inputs, attributes)
    for pull in [pull for pull in found.pulls if pull.step.op.name == name][:2]:
        if isinstance(pull.arriving, tuple) or not pull.node.shape:
            continue
        place = tuple(n // 2 for n in pull.node.shape)
        expected = np.zeros(pull.arriving.extents)
        for k in range(expected.size):
            one = np.zeros(expected.size)
            one[k] = 1
            expected.reshape(-1)[k] = np.asarray(pull.of(convert(one.reshape(expected.shape))))[place]
        np.testing.assert_allclose(column(pull, place)[0], expected, rtol=1e-12, atol=1e-14)


def test_a_planted_wrong_rule_shows():
    """Terms are made of the rule itself, so a rule that is not linear in g does not add up."""
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(x))
    found = Trace(tape, loss, [x])
    found.sources[0].gradient = found.sources[0].gradient + 1.0
    entry = Entry(found, found.sources[0], (1,))
    assert sum(term.product for term in entry.terms) == 4.0 != entry.value
    assert not entry.adds_up


def test_rules_outside_of_the_tape_are_told():
    @tf.custom_gradient
    def doubled(x):
        return 2.0 * x, lambda g: tf.constant(2.0 * g.numpy())

    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.square(doubled(x))
    assert "these terms do not add up" in str(tape.explain(y, x).entry())


def test_paths_meet():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x + tf.sin(x)
    reason = tape.explain(y, x).entry()
    assert [term.pull.step.op.name for term in reason.entry.terms] == ["multiply", "multiply", "sin"]
    assert reason.entry.value == pytest.approx(6 + np.cos(3.0), rel=1e-6)
    assert "t1  1 x 3 = 3" in " ".join(str(reason).split()).replace("t1 ", "t1  ")


def test_a_closed_gate_is_named():
    v = tf.Variable([[-1.0, 2.0], [-3.0, 1.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.nn.relu(tf.matmul([[1.0, 1.0]], v)))
    explained = tape.explain(loss, v)
    assert explained.entry(0, 1).entry.value == 1.0
    assert "t1[0, 0] = -4: here the derivative of relu is 0" in str(explained.entry(0, 0))
    assert "relu의 도함수가 0이므로" in explained.entry(0, 0).text("ko")


def test_bad_places_are_told():
    w, b = tf.Variable(tf.ones((2, 3))), tf.Variable(1.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(w * b)
    explained = tape.explain(loss, [w, b])
    with pytest.raises(ValueError, match=r"about w, b: say which one, as in entry\(0, of='w'\)"):
        explained.entry(0, 0)
    with pytest.raises(ValueError, match="got of='v'"):
        explained.entry(0, 0, of="v")
    with pytest.raises(IndexError, match=r"w has shape \(2, 3\); an entry of it has 2 indices, got \(0,\)"):
        explained.entry(0, of="w")
    with pytest.raises(IndexError, match=r"there is no entry \[0, 3\]"):
        explained.entry(0, 3, of=0)
    assert explained.entry(-1, -1, of=0).entry.place == (1, 2)
    assert explained.entry(of="b").entry.value == 6.0


def test_the_sum_is_written_out():
    x, y = tf.constant([0.0, 1.0, 2.0, 3.0, 4.0, -5.0]), tf.constant([0.0, 2.0, -1.0, 2.0, 1.0, 1.0])
    slope = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(slope * x * y)
    reason = tape.explain(loss, slope).entry()
    assert "It is the sum of 5 terms: 6 - 5 + 4 + 0 = 5\n" in str(reason)      # x y: 0, 2, -2, 6, 4, -5
    assert "It is the sum of 5 terms: 6 - 5 + 4 + 2 - 2 = 5\n" in reason.text(terms=5)
    assert "항 5개의 합입니다: 6 - 5 + 4 + 0 = 5\n" in reason.text("ko")
    assert all(width(line) <= 100 for lang in ("en", "ko") for line in reason.text(lang).splitlines())


def test_a_source_is_named_by_its_path():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="one"), keras.layers.Dense(1, name="two")],
                             name="net")
    kernel = model.layers[0].kernel
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(np.ones((1, 2))))
    explained = tape.explain(loss)
    for of in ("kernel", "one/kernel", "net/one/kernel", kernel):
        assert explained.entry(1, 2, of=of).entry.name == "kernel[1, 2]"
    assert explained.entry(0, of="two/bias").entry.value == 1.0
    for of in ("bias", "ne/kernel", "", "net"):
        with pytest.raises(ValueError, match="say which one"):
            explained.entry(0, of=of)


def test_a_source_is_named_by_itself():
    w, b = tf.Variable([1.0, 2.0]), tf.Variable([3.0, 4.0])
    x = tf.constant([5.0, 6.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(w * x + b)
    explained = tape.explain(loss, [w, b, x])
    assert [explained.entry(1, of=of).entry.name for of in (w, b, x)] == ["w[1]", "b[1]", "x[1]"]
    with pytest.raises(ValueError, match="about w, b, x"):
        explained.entry(1, of=tf.Variable([1.0, 2.0]))
