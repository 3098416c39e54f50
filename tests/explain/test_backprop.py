"""The text of an explanation: complete, aligned, in two languages, within 100 columns, with the run's own numbers."""

import re

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.explain import backprop, telling, why
from tinynn.explain.text import width


@pytest.fixture
def explained():
    w, b = tf.Variable([[1.0, 2.0], [3.0, -4.0]]), tf.Variable([0.5, 0.25])
    x, y = np.array([[1.0, 1.0]], "float32"), tf.constant([[1.0, 0.0]])
    with tf.GradientTape() as tape:
        p = tf.nn.relu(tf.matmul(x, w) + b)
        loss = tf.reduce_mean(tf.square(y - p))
    return tape.explain(loss, [w, b], learning_rate=0.1)


def test_what_stands_in_it(explained):
    text = " ".join(str(explained).split())
    for piece in ("HOW loss = 6.125 CAME ABOUT: 6 operations", "1 t1 = matmul(x, w) c = a b test_backprop.py:", "aᵀ g",
                  "p = tf.nn.relu(tf.matmul(x, w) + b)", "= p (1, 2) [[4.5, 0]]", "1 matmul, to w",
                  "= dw (2, 2) [[3.5, 0], [3.5, 0]]", "w[0, 0] 3.5 3.5 agrees", "w[1, 0] 3 3.5 2.65",
                  "1 of 2 entries become 0 here", "6.125 - 0.1 x 36.75 = 2.45"):
        assert piece in text, piece
    after = ((1 - 0.35 + 3 - 0.35 + 0.5 - 0.35 - 1) ** 2) / 2
    assert f"loss: 6.125 -> {after:.6g}" in text


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_lines_fit(explained, lang):
    lines = explained.text(lang).splitlines()
    assert max(map(width, lines)) <= 100
    assert all(line == line.rstrip() for line in lines)
    places = [line for line in lines if re.search(r"test_backprop\.py:\d+$", line)]
    assert len({width(line) for line in places}) == 1
    assert len(places) == 6 + 7
    assert ("GRADIENTS" in lines) == (lang == "en")
    assert ("기울기" in lines) == (lang == "ko")


def test_korean_has_every_sentence():
    """Templates take the same values in both languages, and the Korean is Korean."""
    for module in (backprop, telling, why):
        for english, korean in module.say.korean.items():
            assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", korean)), english
            assert re.search("[가-힣]", korean), korean


def test_the_operation_that_made_a_gradient_zero_is_named():
    v = tf.Variable([[-1.0], [-3.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.nn.relu(tf.matmul([[1.0, 1.0]], v)))
    text = str(tape.explain(loss, v))
    assert re.search(r"v: 0 everywhere: operation 2, relu \(g where y > 0\) at test_backprop\.py:\d+, let nothing "
                     "through", text)
    assert "all of it becomes 0 here" in text


def test_sources_without_a_gradient_point_to_why():
    v, w = tf.Variable(1.0), tf.Variable(2.0)
    with tf.GradientTape() as tape:
        loss = v * 2.0
    assert "none: see tape.why(loss, w)" in " ".join(str(tape.explain(loss, [v, w])).split())


def test_values_used_twice_are_told():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
    assert "x is used more than once" in str(tape.explain(y, x))


def test_copies_of_broadcasting_are_told():
    x, y = np.arange(6, dtype="float32").reshape(2, 3), np.ones((2, 1), "float32")
    number, row, whole, w = (tf.Variable(np.ones(shape, "float32")) for shape in ((), (3,), (2, 3), (3, 1)))
    with tf.GradientTape() as tape:
        z = number * x + row * whole
        loss = tf.reduce_sum(tf.square(tf.matmul(z, w) - y))
    explained = tape.explain(loss, [number, row, whole, w])
    notes = [line.strip() for line in str(explained).splitlines() if "copies" in line]
    assert notes == ["broadcasting made 2 copies of row: their gradients are added up",
                     "broadcasting made 6 copies of number: their gradients are added up"]
    assert "number이(가) 6번 복사되었습니다" in explained.text("ko")


def test_parts(explained):
    whole = str(explained)
    heads = ["HOW loss", "HOW THE GRADIENT", "GRADIENTS", "CHECKED", "THE NEXT STEP"]
    parts = [explained.text(parts=name) for name in ("forward", "backward", "gradients", "checks", "step")]
    assert "\n\n".join(parts) == whole
    assert all(part.startswith(head) for part, head in zip(parts, heads, strict=True))
    assert explained.text(parts=["step", "gradients"]) == parts[4] + "\n\n" + parts[2]
    with pytest.raises(ValueError, match=r"parts are 'forward', .*; got 'end'"):
        explained.text(parts="end")


def test_large_arrays_are_summarised_and_long_programs_cut():
    x = tf.Variable(tf.random.normal((100, 30), seed=1))
    with tf.GradientTape() as tape:
        y = x
        for _ in range(60):
            y = tf.sin(y)
        loss = tf.reduce_sum(y)
    explained = tape.explain(loss, x)
    text = str(explained)
    assert "mean " in text
    assert "norm " in text
    assert text.count("37 operations in between are left out here") == 2
    assert "left out" not in explained.text(steps=None)
    assert explained.text(steps=None).count("= sin(") == 60


def test_a_keras_model_by_its_weights_names():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "sigmoid", name="one"),
                              keras.layers.Dense(1, name="two")])
    with tf.GradientTape() as tape:
        loss = keras.losses.MeanSquaredError()(np.ones((4, 1)), model(np.eye(4, 2)))
    explained = tape.explain(loss)
    assert [node.name for node in explained.trace.sources] == [
        "one/kernel", "one/bias", "two/kernel", "two/bias"]
    assert all(check.agrees for check in explained.checks)
    assert len(explained.checks) > 10
    assert "= d(one/kernel)  (2, 3)" in str(explained)


def test_environment_speaks(explained, monkeypatch):
    monkeypatch.setenv("TINYNN_LANG", "ko")
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
    assert "기울기" in str(tape.explain(y, x))
    monkeypatch.setenv("TINYNN_LANG", "fr")
    with pytest.raises(ValueError, match="tinynn speaks 'en' and 'ko'"):
        tape.explain(y, x)


def test_it_changes_nothing():
    """An explanation leaves outer tapes, gradients and random numbers alone."""
    x = tf.Variable(3.0)
    tf.random.set_seed(1)
    with tf.GradientTape() as outer, tf.GradientTape(persistent=True) as tape:
        y = x * x * x
        slope = tape.gradient(y, x)
        str(tape.explain(y, x).entry())
    assert float(outer.gradient(slope, x)) == 18.0
    assert float(tape.gradient(y, x)) == 27.0
