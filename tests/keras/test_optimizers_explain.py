"""`optimizer.explain(v)`: its numbers against the algorithms, written out in float64 NumPy from their papers."""

import copy
import pickle

import numpy as np
import pytest
from updates import ENTRY, GRADIENTS, RNG, START, R, trained

import tinynn as tf
from tinynn import keras
from tinynn.explain.text import WIDTH, width
from tinynn.keras import optimizers
from tinynn.keras.optimizers import explaining, update_text


def sgd(w, gs):
    for g in gs:
        before, w = {"w": w}, w - R * g
    return before, {"w": w}


def momentum(w, gs, nesterov=False):
    v = 0.0 * w
    for g in gs:
        before = {"w": w, "v": v}
        v = 0.75 * v - R * g
        w = w + (0.75 * v - R * g if nesterov else v)
    return before, {"w": w, "v": v}


def rmsprop(w, gs, centered=False, momentum=0.0):
    v = mean = m = 0.0 * w
    for g in gs:
        before = {"w": w, "v": v, "mean": mean, "m": m}
        v, mean = v - 0.2 * (v - g * g), mean - 0.2 * (mean - g)
        s = R * g * (v - mean**2 * centered + 1e-7) ** -0.5
        m = momentum * m + s
        w = w - m
    return before, {"w": w, "v": v, "mean": mean, "m": m, "s": s}


def adam(w, gs, amsgrad=False, decay=0.0):
    """With the corrected means of the paper; epsilon is added to the uncorrected root, as in its last remark."""
    m = v = h = 0.0 * w
    for t, g in enumerate(gs, 1):
        before = {"w": w, "m": m, "v": v, "h": h}
        w = (1 - decay * R) * w
        m, v = m - 0.1 * (m - g), v - 0.001 * (v - g * g)
        h = np.where(v > h, v, h)
        c1, c2 = 1 - 0.9**t, 1 - 0.999**t
        s = R * (m / c1) / (np.sqrt((h if amsgrad else v) / c2) + 1e-7 / np.sqrt(c2))
        w = w - s
    return before, {"w": w, "m": m, "v": v, "h": h, "c1": c1, "c2": c2, "s": s}


def adamax(w, gs):
    m = u = 0.0 * w
    for t, g in enumerate(gs, 1):
        before = {"w": w, "m": m, "u": u}
        m, u = m - 0.1 * (m - g), np.where(0.999 * u > abs(g), 0.999 * u, abs(g))
        s = R * m / (1 - 0.9**t) / (u + 1e-7)
        w = w - s
    return before, {"w": w, "m": m, "u": u, "s": s}


def nadam(w, gs):
    m = v = 0.0 * w
    p = 1.0
    for t, g in enumerate(gs, 1):
        before = {"w": w, "m": m, "v": v, "p": p}
        u, n = (0.9 - 0.45 * 0.96**k for k in (t, t + 1))
        p, m, v = p * u, m - 0.1 * (m - g), v - 0.001 * (v - g * g)
        a = n * m / (1 - p * n) + (1 - u) * g / (1 - p)
        w = w - R * a / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
    return before, {"w": w, "m": m, "v": v, "p": p, "u": u, "n": n, "a": a}


def adagrad(w, gs):
    a = 0.1 + 0.0 * w
    for g in gs:
        before = {"w": w, "a": a}
        a = a + g * g
        w = w - R * g * (a + 1e-7) ** -0.5
    return before, {"w": w, "a": a}


def adadelta(w, gs):
    a = d = 0.0 * w
    for g in gs:
        before = {"w": w, "a": a, "d": d}
        a = a - 0.05 * (a - g * g)
        s = np.sqrt((d + 0.01) / (a + 0.01)) * g
        d = d - 0.05 * (d - s * s)
        w = w - R * s
    return before, {"w": w, "a": a, "d": d, "s": s}


def lion(w, gs):
    m = 0.0 * w
    for g in gs:
        before = {"w": w, "m": m}
        d = np.sign(0.9 * m + 0.1 * g)
        w, m = w - R * d, 0.99 * m + 0.01 * g
    return before, {"w": w, "m": m, "d": d}


CASES = {
    "sgd": (lambda **o: optimizers.SGD(R, **o), sgd),
    "momentum": (lambda **o: optimizers.SGD(R, 0.75, **o), momentum),
    "nesterov": (lambda **o: optimizers.SGD(R, 0.75, True, **o), lambda w, gs: momentum(w, gs, True)),
    "rmsprop": (lambda **o: optimizers.RMSprop(R, 0.8, **o), rmsprop),
    "rmsprop_momentum": (lambda **o: optimizers.RMSprop(R, 0.8, 0.5, **o), lambda w, gs: rmsprop(w, gs, False, 0.5)),
    "rmsprop_centered": (lambda **o: optimizers.RMSprop(R, 0.8, centered=True, **o), lambda w, gs: rmsprop(w, gs, 1)),
    "adam": (lambda **o: optimizers.Adam(R, **o), adam),
    "amsgrad": (lambda **o: optimizers.Adam(R, amsgrad=True, **o), lambda w, gs: adam(w, gs, True)),
    "adamw": (lambda **o: optimizers.AdamW(R, **{"weight_decay": 0.02, **o}), lambda w, gs: adam(w, gs, decay=0.02)),
    "adamax": (lambda **o: optimizers.Adamax(R, **o), adamax),
    "nadam": (lambda **o: optimizers.Nadam(R, **o), nadam),
    "adagrad": (lambda **o: optimizers.Adagrad(R, **o), adagrad),
    "adadelta": (lambda **o: optimizers.Adadelta(R, epsilon=0.01, **o), adadelta),
    "lion": (lambda **o: optimizers.Lion(R, **o), lion),
}


def check_numbers(e, algorithm, dtype):
    before, after = algorithm(START.astype("float64"), [g.astype("float64") for g in GRADIENTS])
    tolerance = {"rtol": 3e-5, "atol": 3e-5 * R} if dtype == "float32" else {"rtol": 2e-9, "atol": 1e-15}
    at = lambda x: np.asarray(x)[ENTRY] if np.ndim(x) else x
    for symbol, value in e.values.items():
        if symbol in after:
            np.testing.assert_allclose(value, at(after[symbol]), **tolerance, err_msg=symbol)
    assert {"w"} <= e.values.keys() <= {*after, "g", "c1", "c2", "s", "q"}
    np.testing.assert_allclose(e.after, at(after["w"]), **tolerance)
    for symbol, (old, new) in {**e.slots, "w": (e.before, e.after)}.items():
        np.testing.assert_allclose(new, at(after[symbol]), **tolerance, err_msg=symbol)
        if old is not None:
            np.testing.assert_allclose(old, at(before[symbol]), **tolerance, err_msg=symbol)
    step = after["w"] - before["w"]
    np.testing.assert_allclose([e.step_norm, e.weight_norm], [np.linalg.norm(step), np.linalg.norm(before["w"])],
                               rtol=1e-4)
    assert (e.step, e.entry, e.gradient, e.learning_rate) == (3, ENTRY, GRADIENTS[-1][ENTRY], R)
    return {symbol for symbol, (old, _) in {**e.slots, "w": (e.before, 0)}.items() if old is None}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_the_next_update(name, dtype):
    make, algorithm = CASES[name]
    optimizer = make()
    v = trained(optimizer, GRADIENTS[:2], dtype)
    state = [x.numpy() for x in [v, *optimizer.variables]]
    e = optimizer.explain(v, GRADIENTS[2], ENTRY)
    for old, new in zip(state, [v, *optimizer.variables], strict=True):
        np.testing.assert_array_equal(old, new)
    assert not check_numbers(e, algorithm, dtype)
    assert e.agrees and e.when == "next"
    optimizer.apply_gradients([(tf.constant(GRADIENTS[2], dtype), v)])
    assert e.kernel["w"] == e.after == v.numpy()[ENTRY]     # the trial had the same bits
    assert e.float64["w"] == pytest.approx(e.after, abs=3e-6 if dtype == "float32" else 1e-10)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_the_last_update(name, dtype):
    make, algorithm = CASES[name]
    optimizer = make()
    v = trained(optimizer, dtype=dtype)
    e = optimizer.explain(v, entry=ENTRY)
    unknown = check_numbers(e, algorithm, dtype)
    assert unknown == ({"h"} if name == "amsgrad" else {"u"} if name == "adamax" else set())
    assert e.when == "last"
    assert e.after == v.numpy()[ENTRY]
    assert e.agrees is (None if unknown else True)
    assert ("?" in str(e).split("\n\n")[1]) == bool(unknown)


@pytest.mark.parametrize("name", CASES)
def test_after_fit_the_state_tells_what_it_can(name):
    optimizer = CASES[name][0]()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False)])
    model.compile(optimizer, "mse")
    x, y = RNG.normal(size=(8, 3)), RNG.normal(size=(8, 2))
    model.fit(x, y, epochs=5, batch_size=8, verbose=0)
    before = model.get_weights()[0]
    model.fit(x, y, batch_size=8, verbose=0)        # one update
    v = model.trainable_variables[0]
    e = optimizer.explain(v, entry=ENTRY)
    assert (e.step, e.gradient, e.agrees) == (6, None, None)
    assert e.after == v.numpy()[ENTRY]
    if name in ("momentum", "adam", "amsgrad", "adamw", "adamax", "rmsprop_momentum"):     # the state holds the step
        assert e.before == pytest.approx(before[ENTRY], abs=1e-5 * R)
        assert e.step_norm == pytest.approx(np.linalg.norm(v.numpy() - before), rel=1e-4)
    else:
        assert e.before is None and e.step_norm is None
    assert "A step that runs in C keeps no gradient." in str(e)
    assert "The learning rate is taken to be what it is now." in str(e)
    assert "explain(v, gradient)" in str(e)


def test_a_step_that_runs_op_by_op_in_fit_is_known():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizers.SGD(R), "mse", run_eagerly=True)
    x, y = RNG.normal(size=(8, 3)), RNG.normal(size=(8, 2))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(x) - y.astype("float32")))
    gradient = tape.gradient(loss, model.trainable_variables)[0].numpy()
    model.fit(x, y, verbose=0)
    e = model.optimizer.explain(model.trainable_variables[0])
    assert e.gradient == pytest.approx(gradient[e.entry], rel=1e-5)
    assert e.entry == np.unravel_index(np.abs(gradient).argmax(), gradient.shape)


def test_gradients_that_are_out_of_date_are_not_used():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizers.SGD(R), "mse")
    x, y, v = np.ones((8, 3)), np.ones((8, 2)), model.trainable_variables[0]
    step = lambda: model.optimizer.apply_gradients([(tf.ones(w.shape), w) for w in model.trainable_variables])
    for _ in range(5):
        model.train_on_batch(x, y)
    assert model.optimizer.explain(v).gradient is None
    step()
    assert model.optimizer.explain(v).gradient == 1.0
    assert model.optimizer.explain(v).gradient == 1.0       # looking changes nothing
    model.predict(x, verbose=0)
    assert model.optimizer.explain(v).gradient == 1.0
    model.train_on_batch(x, y)
    assert "runs in C" in model.explain_capture()
    assert model.optimizer.explain(v).gradient is None


def test_kept_gradients_are_few_and_stay_here(monkeypatch):
    optimizer = optimizers.SGD(R)
    v = trained(optimizer)
    assert pickle.loads(pickle.dumps(optimizer))._last is None
    assert copy.deepcopy(optimizer)._last is None
    monkeypatch.setattr("tinynn.keras.optimizers.base.MOST_KEPT", 5)
    optimizer = optimizers.SGD(R)
    v = trained(optimizer)
    assert optimizer._last is None
    assert "so many weights" in str(optimizer.explain(v))
    assert explaining.MOST_KEPT * 4 <= 2**20    # bytes of float32


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("name", CASES)
def test_the_text_fits_and_is_translated(name, lang):
    optimizer = CASES[name][0](clipnorm=0.1, weight_decay=0.01)
    v = trained(optimizer, dtype="float64")
    v.path = "a_model/" + "with_a_block_in_a_block/" * 3 + "kernel"
    for gradient in (None, GRADIENTS[0]):
        e = optimizer.explain(v, gradient, lang=lang)
        assert all(width(line) <= WIDTH for line in str(e).splitlines())
        assert all(line.meaning in update_text.say.korean for line in e.lines)
        assert ("학습률" in str(e)) == (lang == "ko")
        for line in e.lines:
            assert f"{line.symbol} {'<-' if line.keeps else '='} {line.formula}" in str(e)
