"""Recurrent layers against loops in float64, written from the papers' formulas."""

import numpy as np
import pytest

from tinynn import keras
from tinynn.keras import layers
from tinynn.testing import check_gradients

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0], [0, 1, 0, 1, 1, 0]], bool)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def simple_step(x, states, w, u, b):
    h = np.tanh(x @ w + states[0] @ u + b)
    return h, [h]


def lstm_step(x, states, w, u, b):
    h, c = states
    i, f, new, o = np.split(x @ w + h @ u + b, 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(new)
    return sigmoid(o) * np.tanh(c), [sigmoid(o) * np.tanh(c), c]


def gru_step(x, states, w, u, b):
    (h,), (before, after) = states, b
    (xz, xr, xn), (hz, hr, hn) = np.split(x @ w + before, 3, -1), np.split(h @ u + after, 3, -1)
    z, r = sigmoid(xz + hz), sigmoid(xr + hr)
    h = z * h + (1 - z) * np.tanh(xn + r * hn)
    return h, [h]


def gru_before_step(x, states, w, u, b):
    h, n = states[0], w.shape[1] // 3
    xz, xr, xn = np.split(x @ w + b, 3, -1)
    z, r = sigmoid(xz + h @ u[:, :n]), sigmoid(xr + h @ u[:, n:2 * n])
    h = z * h + (1 - z) * np.tanh(xn + (r * h) @ u[:, 2 * n:])
    return h, [h]


KINDS = {"simple": (layers.SimpleRNN, {}, simple_step, 1), "lstm": (layers.LSTM, {}, lstm_step, 2),
         "gru": (layers.GRU, {}, gru_step, 1), "before": (layers.GRU, {"reset_after": False}, gru_before_step, 1)}
each_kind = pytest.mark.parametrize("kind", KINDS)


def looped(step, states, x, weights, mask=None, backwards=False):
    """The outputs of all steps, and the last states."""
    outputs, output = [], None
    for t in range(x.shape[1])[::-1 if backwards else 1]:
        new, after = step(x[:, t], states, *weights)
        counts = np.ones((len(x), 1), bool) if mask is None else mask[:, t, None]
        output = np.where(counts, new, np.zeros_like(new) if output is None else output)
        states = [np.where(counts, a, s) for a, s in zip(after, states, strict=True)]
        outputs.append(output)
    return np.stack(outputs, 1), states


def made(kind, units=5, **more):
    """A layer whose bias is not 0, and what makes the loop of it."""
    cls, options, step, states = KINDS[kind]
    layer = cls(units, bias_initializer=keras.initializers.RandomNormal(seed=1), **options, **more)
    layer.build((3, 6, 4))
    zeros = [np.zeros((3, units))] * states
    return layer, lambda **how: looped(step, zeros, X.astype("float64"), [w.astype("float64") for w in
                                                                       layer.get_weights()], **how)


@each_kind
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("mask", [None, MASK])
def test_every_output_and_state(kind, backwards, mask):
    layer, loop = made(kind, return_sequences=True, return_state=True, go_backwards=backwards)
    expected, states = loop(backwards=backwards, mask=mask)
    outputs, *found = layer(X, mask=mask)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)
    for one, other in zip(found, states, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@each_kind
def test_the_cell_alone_and_in_an_rnn(kind):
    layer, loop = made(kind)
    expected, _ = loop()
    np.testing.assert_allclose(layer(X), expected[:, -1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layers.RNN(layer.cell)(X), expected[:, -1], rtol=1e-4, atol=1e-5)
    states = layer.cell.get_initial_state(3)
    for t in range(6):
        output, states = layer.cell(X[:, t], states)
    np.testing.assert_allclose(output, expected[:, -1], rtol=1e-4, atol=1e-5)


@each_kind
def test_a_sequence_in_two_parts(kind):
    whole, _ = made(kind, return_state=True)
    expected, *_ = whole(X)
    _, *states = whole(X[:, :2])
    np.testing.assert_allclose(whole(X[:, 2:], initial_state=states)[0], expected, rtol=1e-5, atol=1e-6)
    stateful = type(whole)(5, stateful=True, **KINDS[kind][1])
    stateful.build((3, 6, 4))
    assert len(stateful.weights) == 3       # the states are none
    stateful.set_weights(whole.get_weights())
    stateful(X[:, :2])
    np.testing.assert_allclose(stateful(X[:, 2:]), expected, rtol=1e-5, atol=1e-6)
    stateful.reset_state()
    np.testing.assert_allclose(stateful(X), expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="expected 3, got 2"):
        stateful(X[:2])


def test_the_gradient_through_time():
    layer, _ = made("lstm", dtype="float64")

    check_gradients(lambda x: layer(x), [X[:2, :3]], order=1)


def test_zeros_at_masked_steps():
    layer = layers.RNN(layers.GRUCell(2), return_sequences=True, zero_output_for_mask=True)
    outputs = layer(X, mask=MASK).numpy()
    assert (outputs[~MASK] == 0).all() and (outputs[MASK] != 0).all()


def test_a_mask_arrives_from_the_layer_before():
    model = keras.Sequential([layers.Masking(), layers.LSTM(3)])
    x = np.where(MASK[..., None], X, 0.0)
    np.testing.assert_allclose(model(x)[1], model.layers[1](X[1:2, :2])[0], rtol=1e-5, atol=1e-6)


def test_stacked_cells_are_layers_one_above_the_other():
    stacked = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_state=True)
    output, first, second = stacked(X)
    below, above = layers.LSTM(3, return_sequences=True), layers.GRU(2)
    below(X), above(below(X))
    below.set_weights(stacked.cell.cells[0].get_weights())
    above.set_weights(stacked.cell.cells[1].get_weights())
    np.testing.assert_allclose(output, above(below(X)), rtol=1e-5, atol=1e-6)
    assert [tuple(s.shape) for s in first] == [(3, 3), (3, 3)]
    assert tuple(second[0].shape) == (3, 2)
    assert layers.RNN.from_config(stacked.get_config()).get_config() == stacked.get_config()


class Adder(layers.Layer):
    """A cell of a user: the running sum of a part of the inputs."""

    state_size = 2

    def call(self, inputs, states):
        total = states[0] + inputs[:, :2]
        return total, [total]


def test_a_cell_of_a_user():
    np.testing.assert_allclose(layers.RNN(Adder(), return_sequences=True)(X), np.cumsum(X[..., :2], 1), rtol=1e-5)
    with pytest.raises(ValueError, match="`state_size`"):
        layers.RNN(layers.Dense(2))


@pytest.mark.parametrize("mode, merge", [("sum", np.add), ("mul", np.multiply), ("ave", lambda a, b: (a + b) / 2),
                                         ("concat", lambda a, b: np.concatenate([a, b], -1)), (None, None)])
def test_bidirectional(mode, merge):
    layer = layers.Bidirectional(layers.GRU(2, return_sequences=True), mode)
    y = layer(X)
    ahead, back = layer.forward_layer(X), layer.backward_layer(X)[:, ::-1]
    if merge is None:
        np.testing.assert_array_equal(y[0], ahead)
        np.testing.assert_array_equal(y[1], back)
    else:
        np.testing.assert_allclose(y, merge(np.array(ahead), np.array(back)), rtol=1e-6)
    assert layer.forward_layer.name.startswith("forward_gru") and layer.backward_layer.go_backwards


def test_dropout_is_the_same_at_all_steps_and_none_in_inference():
    layer = layers.SimpleRNN(4, activation="linear", kernel_initializer="identity", recurrent_initializer="zeros",
                             dropout=0.5, return_sequences=True, seed=1)
    np.testing.assert_allclose(layer(X), X, rtol=1e-6)
    kept = layer(X, training=True).numpy() != 0
    assert (kept == kept[:, :1]).all() and 0 < kept.mean() < 1
    assert ((layer(X, training=True).numpy() != 0) != kept).any()
    for cls in (layers.LSTM, layers.GRU, layers.SimpleRNN):
        gated = cls(4, recurrent_dropout=0.5, dropout=0.2, seed=2)
        assert (gated(X, training=True).numpy() != gated(X).numpy()).any()


def test_training_runs_in_c_and_learns_what_came_first():
    keras.utils.set_random_seed(0)
    x = RNG.normal(size=(64, 10, 2)).astype("float32")
    model = keras.Sequential([keras.Input((None, 2)), layers.LSTM(16), layers.Dense(1)])
    assert model.output_shape == (None, 1)
    model.compile(keras.optimizers.Adam(0.02), "mse")
    losses = model.fit(x, x[:, 0, :1], epochs=40, verbose=0).history["loss"]
    assert losses[-1] < 0.3 * losses[0]
    assert "op by op" not in model.explain_capture()
