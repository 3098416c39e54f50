"""The functions of Keras 2's keras.backend, against NumPy."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras

K = keras.backend
X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")

CASES = {
    "sum": (K.sum(X, axis=-1), X.sum(-1)), "prod": (K.prod(X), X.prod()), "max": (K.max(X, 0), X.max(0)),
    "min": (K.min(X, 1, True), X.min(1, keepdims=True)), "std": (K.std(tf.constant(X)), X.std()),
    "var": (K.var(tf.constant(X), 0), X.var(0)), "mean": (K.mean(tf.constant(X > 0)), (X > 0).mean()),
    "all": (K.all(X, 1), (X != 0).all(1)), "any": (K.any(X > 1, 1), (X > 1).any(1)),
    "argmax": (K.argmax(X), X.argmax(-1)), "argmin": (K.argmin(X, 0), X.argmin(0)),
    "cumsum": (K.cumsum(X), X.cumsum(0)), "cumprod": (K.cumprod(X), X.cumprod(0)),
    "l2_normalize": (K.l2_normalize(X, -1), X / np.linalg.norm(X, axis=-1, keepdims=True)),
    "clip": (K.clip(X, -0.5, None), X.clip(-0.5)), "sqrt": (K.sqrt(X), np.sqrt(X.clip(0))),
    "relu": (K.relu(X, 0.1, 0.5), np.where(X > 0, X.clip(None, 0.5), 0.1 * X)),
    "elu": (K.elu(X, 0.5), np.where(X > 0, X, 0.5 * np.expm1(X))),
    "hard_sigmoid": (K.hard_sigmoid(4 * X), (0.8 * X + 0.5).clip(0, 1)),
    "softmax": (K.softmax(X), np.exp(X) / np.exp(X).sum(-1, keepdims=True)),
    "switch": (K.switch(tf.constant([True, False, True]), X, lambda: 0 * X), X * [[1], [0], [1]]),
    "concatenate": (K.concatenate([X, X]), np.hstack([X, X])), "stack": (K.stack([X, X]), np.stack([X, X])),
    "expand_dims": (K.expand_dims(X), X[..., None]), "squeeze": (K.squeeze(X[:, None], 1), X),
    "flatten": (K.flatten(X), X.ravel()), "batch_flatten": (K.batch_flatten(tf.ones((2, 3, 4))), np.ones((2, 12))),
    "repeat": (K.repeat(X, 2), np.repeat(X[:, None], 2, 1)), "repeat_elements": (K.repeat_elements(X, 2, 1),
                                                                                 np.repeat(X, 2, 1)),
    "reverse": (K.reverse(X, 0), X[::-1]), "one_hot": (K.one_hot([1, 0], 3), np.eye(3)[[1, 0]]),
    "dot": (K.dot(tf.ones((2, 3, 4)), tf.ones((6, 4, 5))), np.full((2, 3, 6, 5), 4)),
    "int_shape": (K.int_shape(tf.constant(X)), (3, 4)), "ndim": (K.ndim(tf.constant(X)), 2),
    "arange": (K.arange(1, 7, 2), [1, 3, 5]), "constant": (K.constant(3), 3.0), "zeros": (K.zeros((2,)), [0, 0]),
    "ones": (K.ones((2,)), [1, 1]), "eye": (K.eye(2), np.eye(2)), "count_params": (K.count_params(K.zeros((2, 3))), 6),
    "binary_crossentropy": (K.binary_crossentropy(tf.constant([0.0, 1.0]), tf.constant([0.2, 0.7])),
                            -np.log([0.8, 0.7])),
}


@pytest.mark.parametrize("name", CASES)
def test_value(name):
    found, expected = CASES[name]
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-5, atol=1e-6)
    assert np.shape(found) == np.shape(expected)


def test_variables():
    v = K.variable(X, name="v")
    K.set_value(v, X + 1)
    np.testing.assert_array_equal(K.get_value(v), X + 1)
    K.update_add(v, X)
    K.update_sub(v, 1 + X)
    np.testing.assert_allclose(K.eval(v), X, atol=1e-6)
    K.moving_average_update(v, np.zeros_like(X), 0.75)
    np.testing.assert_allclose(K.batch_get_value([v])[0], 0.75 * X, rtol=1e-5)
    K.batch_set_value([(v, X)])
    assert K.get_value(K.update(v, 2 * X)).tolist() == (2 * X).tolist() and K.dtype(v) == "float32"


def test_random_numbers():
    for drawn, low, high in ((K.random_uniform((400,), 2.0, 3.0), 2, 3), (K.truncated_normal((400,)), -2, 2),
                             (K.random_bernoulli((400,), 0.5), 0, 1), (K.random_normal((400,)), -6, 6)):
        assert drawn.shape == (400,) and drawn.dtype == tf.float32
        assert low <= drawn.numpy().min() < drawn.numpy().max() <= high
    kept = K.dropout(tf.ones((400,)), 0.5).numpy()
    assert set(kept.tolist()) == {0.0, 2.0}


def test_an_older_loss_trains():
    def rmse(y_true, y_pred):
        return K.sqrt(K.mean(K.square(y_pred - y_true), axis=-1))

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", rmse)
    expected = np.sqrt(((model.predict(X, verbose=0) - X[:, :2]) ** 2).mean(-1)).mean()
    np.testing.assert_allclose(model.evaluate(X, X[:, :2], verbose=0), expected, rtol=1e-5)
    model.fit(X, X[:, :2], verbose=0)
    with pytest.raises(AttributeError, match=r"no tf.keras.backend.meen; did you mean mean\?"):
        K.meen  # noqa: B018
