"""Attention against NumPy in float64."""

import numpy as np
import pytest

from tinynn import keras
from tinynn.keras import layers
from tinynn.testing import check_gradients

RNG = np.random.default_rng(0)
Q, V, K = (RNG.normal(size=shape).astype("float32") for shape in ((2, 4, 6), (2, 3, 6), (2, 3, 6)))
Q_MASK, V_MASK = np.array([[1, 1, 0, 1], [1, 0, 1, 1]], bool), np.array([[1, 0, 1], [1, 1, 0]], bool)
SEEN = np.tril(np.ones((4, 3), bool))


def softmax(scores, mask=True):
    e = np.where(mask, np.exp(scores - scores.max(-1, keepdims=True)), 0.0)
    return e / e.sum(-1, keepdims=True)


def dots(query, key):
    return query @ key.swapaxes(-1, -2)


@pytest.mark.parametrize("layer, scores", [
    (layers.Attention(), dots),
    (layers.Attention(score_mode="concat"), lambda q, k: np.tanh(q[:, :, None] + k[:, None]).sum(-1)),
    (layers.AdditiveAttention(use_scale=False), lambda q, k: np.tanh(q[:, :, None] + k[:, None]).sum(-1))])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_attention(layer, scores, causal, masked):
    mask = np.ones((2, 4, 3), bool) & (V_MASK[:, None] if masked else True) & (SEEN if causal else True)
    weights = softmax(scores(Q.astype("float64"), K), mask)
    expected = weights @ V * (Q_MASK[..., None] if masked else 1)
    got, shown = layer([Q, V, K], mask=[Q_MASK, V_MASK] if masked else None, use_causal_mask=causal,
                       return_attention_scores=True)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(shown, weights, rtol=1e-4, atol=1e-6)


def test_attention_says_what_it_takes():
    for inputs, mask, message in [(Q, None, "must be called on a list"), ([Q], None, "length 2 or 3"),
                                  ([Q, V], Q_MASK, "mask must be a list")]:
        with pytest.raises(ValueError, match=message):
            layers.Attention()(inputs, mask=mask)


def heads(layer, query, value, key, mask=True):
    """(output, weights) of a layer of several heads, from its weights, in float64."""
    project = lambda x, dense: np.einsum("bsi,ihd->bhsd", x.astype("float64"), dense.kernel) + np.array(
        dense.bias)[:, None]
    q, k, v = project(query, layer._query_dense), project(key, layer._key_dense), project(value, layer._value_dense)
    k, v = (np.repeat(x, q.shape[1] // x.shape[1], axis=1) for x in (k, v))
    weights = softmax(dots(q, k) / np.sqrt(q.shape[-1]), mask)
    mixed = np.einsum("bhsd,hdo->bso", weights @ v, layer._output_dense.kernel) + np.array(layer._output_dense.bias)
    return mixed, weights


MAKERS = {"all": lambda **more: layers.MultiHeadAttention(2, 4, value_dim=3, bias_initializer="random_normal", **more),
          "grouped": lambda **more: layers.GroupQueryAttention(4, 6, 2, bias_initializer="random_normal", **more)}
each_kind = pytest.mark.parametrize("kind", MAKERS)


@each_kind
@pytest.mark.parametrize("options, mask", [
    ({}, True), ({"use_causal_mask": True}, SEEN), ({"value_mask": V_MASK}, V_MASK[:, None, None]),
    ({"attention_mask": np.stack([SEEN, ~SEEN | (np.arange(3) == 1)])},
     np.stack([SEEN, ~SEEN | (np.arange(3) == 1)])[:, None])])
def test_heads(kind, options, mask):
    layer = MAKERS[kind]()
    got, shown = layer(Q, V, K, return_attention_scores=True, **options)
    expected, weights = heads(layer, Q, V, K, mask)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(shown, weights, rtol=1e-4, atol=1e-6)


@each_kind
def test_a_window_that_slides(kind):
    layer = MAKERS[kind](sliding_window=2)
    near = np.abs(np.arange(4)[:, None] - np.arange(3)) < 2
    near[3] |= near[3].sum() == 0
    np.testing.assert_allclose(layer(Q[:, :3], V), heads(layer, Q[:, :3], V, V, near[:3])[0], rtol=1e-4, atol=1e-5)


@each_kind
def test_heads_in_a_model(kind):
    layer = MAKERS[kind](dropout=0.1)
    entry = keras.Input((None, 6))
    model = keras.Model(entry, layer(entry, entry))
    assert model.output_shape == (None, None, 6)
    np.testing.assert_allclose(model(Q), heads(layer, Q, Q, Q)[0], rtol=1e-4, atol=1e-5)
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert (layer(Q, Q, training=True).numpy() != layer(Q, Q).numpy()).any()
    model.compile("sgd", "mse")
    model.fit(Q, Q, epochs=2, verbose=0)
    assert "op by op" not in model.explain_capture()


def test_masks_arrive_from_the_layers_before():
    x = np.where(V_MASK[..., None], V, 0.0).astype("float32")
    layer = MAKERS["all"]()
    masked = layers.Masking()(x)
    np.testing.assert_allclose(layer(Q, masked), heads(layer, Q, x, x, V_MASK[:, None, None])[0], rtol=1e-4, atol=1e-5)


def test_attention_over_two_axes():
    x = RNG.normal(size=(2, 3, 2, 6)).astype("float32")
    layer = layers.MultiHeadAttention(2, 4, attention_axes=(1, 2))
    flat = layers.MultiHeadAttention(2, 4)
    rows = x.reshape(2, 6, 6)
    layer(x, x), flat(rows, rows)
    flat.set_weights(layer.get_weights())
    np.testing.assert_allclose(np.reshape(layer(x, x), (2, 6, 6)), flat(rows, rows), rtol=1e-4, atol=1e-5)
    assert tuple(layer(x, x, return_attention_scores=True)[1].shape) == (2, 2, 3, 2, 3, 2)


def test_the_gradient_of_heads():
    layer = layers.MultiHeadAttention(2, 3, use_gate=True, output_shape=5, dtype="float64")
    assert tuple(layer(Q, V).shape) == (2, 4, 5)
    check_gradients(lambda q, v: layer(q, v, use_causal_mask=True), [Q, V], order=1)


def test_heads_say_what_they_take():
    for make, message in [(lambda: layers.MultiHeadAttention(0, 4), "argument `num_heads`"),
                          (lambda: layers.MultiHeadAttention(2, 4, sliding_window=0), "`sliding_window` must be"),
                          (lambda: layers.GroupQueryAttention(4, 3, 2), "must be divisible"),
                          (lambda: layers.GroupQueryAttention(4, 4, 2)(Q, V[..., :5]), "must be equal"),
                          (lambda: layers.GroupQueryAttention(4, 4, 2)(Q, V, K[:, :2]), "must be equal"),
                          (lambda: layers.MultiHeadAttention(2, 4)(Q, V, K[:, :2]), "must be equal")]:
        with pytest.raises(ValueError, match=message):
            make()


@each_kind
def test_heads_in_a_saved_model(kind, tmp_path):
    query, value = keras.Input((4, 6)), keras.Input((3, 6))
    model = keras.Model([query, value], MAKERS[kind]()(query, value))
    model.save(tmp_path / "heads.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "heads.keras")([Q, V]), model([Q, V]))
