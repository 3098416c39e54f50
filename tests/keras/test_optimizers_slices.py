"""Gradients that are sums of slices, as those of embeddings are: squared slice by slice, as TensorFlow has it."""

import gc

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.autodiff.notes import slices
from tinynn.keras import optimizers

RNG = np.random.default_rng(3)
TABLE = RNG.normal(size=(6, 3)).astype("float32")
IDS = [np.array([0, 1, 1, 3]), np.array([2, 2, 2, 2]), np.array([0, 5, 0, 1])]
PULLS = RNG.normal(size=(3, 4, 3)).astype("float32")
RATE, EPSILON = 0.1, 1e-7


def gradient_of(table, step):
    """The gradient of slices weighed by PULLS, whose slices therefore are PULLS."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(table, IDS[step]) * PULLS[step])
    return tape.gradient(loss, table)


def added_up(function, step):
    """The function of each slice, added up: in float64."""
    total = np.zeros(TABLE.shape)
    for i, pull in zip(IDS[step], PULLS[step].astype("float64"), strict=True):
        total[i] += function(pull)
    return total


def trained(optimizer, gradient=gradient_of):
    table = tf.Variable(TABLE)
    for step in range(3):
        optimizer.apply_gradients([(gradient(table, step), table)])
    return table.numpy()


# The algorithms in float64: (weights, state, g, sum of g^2, sum of |g|, number of the step) -> weights


def adam(w, state, g, q, z, t):
    state["m"] += (g - state["m"]) * 0.1
    state["v"] += (q - state["v"]) * 0.001
    return w - RATE * np.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t) * state["m"] / (np.sqrt(state["v"]) + EPSILON)


def rmsprop(w, state, g, q, z, t):
    state["v"] += (q - state["v"]) * 0.1
    return w - RATE * g / np.sqrt(state["v"] + EPSILON)


def adagrad(w, state, g, q, z, t):
    state["v"] += q + 0.1 * (t == 1)
    return w - RATE * g / np.sqrt(state["v"] + EPSILON)


def adamax(w, state, g, q, z, t):
    state["m"] += (g - state["m"]) * 0.1
    state["v"] = np.maximum(0.999 * state["v"], z)
    return w - RATE / (1 - 0.9 ** t) * state["m"] / (state["v"] + EPSILON)


def adadelta(w, state, g, q, z, t):
    state["v"] += (q - state["v"]) * 0.05
    scale = np.sqrt(state["m"] + EPSILON) / np.sqrt(state["v"] + EPSILON)
    state["m"] += (q * scale ** 2 - state["m"]) * 0.05
    return w - RATE * g * scale


def sgd(w, state, g, q, z, t):
    return w - RATE * g


@pytest.mark.parametrize("cls, formula", [
    (optimizers.Adam, adam), (optimizers.RMSprop, rmsprop), (optimizers.Adagrad, adagrad),
    (optimizers.Adamax, adamax), (optimizers.Adadelta, adadelta), (optimizers.SGD, sgd)])
@pytest.mark.parametrize("limit", [None, 0.5])
def test_each_slice_is_squared_and_clipped_by_itself(cls, formula, limit):
    def clipped(pull):
        return pull if limit is None else np.clip(pull, -limit, limit)

    w, state = TABLE.astype("float64"), {"m": np.zeros(TABLE.shape), "v": np.zeros(TABLE.shape)}
    for step in range(3):
        g, q, z = (added_up(f, step) for f in (clipped, lambda x: clipped(x) ** 2, lambda x: abs(clipped(x))))
        w = formula(w, state, g, q, z, step + 1)
    np.testing.assert_allclose(trained(cls(RATE, epsilon=EPSILON, clipvalue=limit) if cls is not optimizers.SGD else
                                       cls(RATE, clipvalue=limit)), w, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("clip", ["clipnorm", "global_clipnorm"])
def test_norms_are_those_of_the_slices(clip):
    w = TABLE.astype("float64")
    for step in range(3):
        norm = np.sqrt((PULLS[step].astype("float64") ** 2).sum())
        w = w - RATE * added_up(lambda pull, norm=norm: pull * 0.5 / max(norm, 0.5), step)
    np.testing.assert_allclose(trained(optimizers.SGD(RATE, **{clip: 0.5})), w, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make", [
    lambda: optimizers.Nadam(RATE), lambda: optimizers.Ftrl(RATE), lambda: optimizers.Lamb(RATE),
    lambda: optimizers.Adafactor(RATE), lambda: optimizers.Adam(RATE, amsgrad=True),
    lambda: optimizers.RMSprop(RATE, centered=True, momentum=0.9), lambda: optimizers.ScheduleFreeAdamW(RATE),
    lambda: optimizers.Adam(RATE)])
def test_slices_differ_from_their_sum_only_where_indices_meet(make):
    def dense(table, step):
        return tf.constant(added_up(lambda pull: pull, step), tf.float32)

    assert np.abs(trained(make()) - trained(make(), dense)).max() > 1e-3
    apart = [np.array([0, 1, 3, 4])] * 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "IDS", apart)
        np.testing.assert_allclose(trained(make()), trained(make(), dense), rtol=1e-5, atol=1e-5)


def test_a_scaled_loss_keeps_its_slices():
    def scaled(table, step):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.gather(table, IDS[step]) * PULLS[step]) * 8.0
        return tape.gradient(loss, table)

    np.testing.assert_allclose(trained(optimizers.Adam(RATE, loss_scale_factor=8.0), scaled),
                               trained(optimizers.Adam(RATE)), rtol=1e-5)


def test_slices_of_ones_own():
    def slices_of(table, step):
        return tf.IndexedSlices(PULLS[step], IDS[step], TABLE.shape)

    for make in (lambda: optimizers.Adam(RATE), lambda: optimizers.Adagrad(RATE), lambda: optimizers.SGD(RATE)):
        np.testing.assert_allclose(trained(make(), slices_of), trained(make()), rtol=1e-6)


def test_what_is_read_twice_has_the_slices_of_both():
    table = tf.Variable(TABLE)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(table, [1, 2])) + tf.reduce_sum(tf.gather(table, [1]) * 3.0)
    gradient = tape.gradient(loss, table)
    assert [indices.numpy().tolist() for _, indices in slices.get(gradient)] in ([[1, 2], [1]], [[1], [1, 2]])
    optimizer = optimizers.Adagrad(RATE, initial_accumulator_value=0.0)
    optimizer.apply_gradients([(gradient, table)])
    np.testing.assert_allclose(optimizer.variables[-1].numpy()[:4, 0], [0, 1 + 9, 1, 0])


def test_what_is_read_as_a_whole_too_has_a_plain_gradient():
    table = tf.Variable(TABLE)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(table, [1, 1])) + tf.reduce_sum(table)
    gradient = tape.gradient(loss, table)
    assert slices.get(gradient) is None
    optimizer = optimizers.Adagrad(RATE, initial_accumulator_value=0.0)
    optimizer.apply_gradients([(gradient, table)])
    np.testing.assert_allclose(optimizer.variables[-1].numpy()[:3, 0], [1, 9, 1])


def test_slices_are_forgotten_with_their_gradient():
    table = tf.Variable(TABLE)
    gradient = gradient_of(table, 0)
    key = id(gradient)
    assert key in slices._entries
    del gradient
    gc.collect()
    assert key not in slices._entries


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "adagrad"])
def test_recorded_steps_do_as_single_ones(optimizer):
    def model():
        keras.utils.set_random_seed(0)
        layers = [keras.layers.Embedding(6, 3), keras.layers.Flatten(), keras.layers.Dense(1)]
        model = keras.Sequential([keras.Input((4,), dtype="int32"), *layers])
        model.compile(optimizer, "mse")
        return model

    x, y = np.stack(IDS), np.float32([[1], [0], [2]])
    recorded, single = model(), model()
    recorded.fit(x, y, batch_size=3, epochs=4, verbose=0)
    single.run_eagerly = True
    single.fit(x, y, batch_size=3, epochs=4, verbose=0)
    for a, b in zip(recorded.get_weights(), single.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("options", [{}, {"clipvalue": 0.5}, {"clipnorm": 0.5}, {"loss_scale_factor": 4.0}])
@pytest.mark.parametrize("cls", [optimizers.Adam, optimizers.RMSprop, optimizers.Adagrad, optimizers.Adadelta])
def test_explanations_know_slices(cls, options):
    table, optimizer = tf.Variable(TABLE), cls(RATE, **options)
    ahead = optimizer.explain(table, gradient_of(table, 0))
    assert ahead.agrees and "IndexedSlices" in str(ahead)
    optimizer.apply_gradients([(gradient_of(table, 0), table)])
    assert optimizer.explain(table).agrees
    assert "슬라이스" in str(optimizer.explain(table, gradient_of(table, 1), lang="ko"))
