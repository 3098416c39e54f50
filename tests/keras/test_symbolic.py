"""Symbolic tensors: shapes by trying, and nothing left behind."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers


def test_it_prints_as_keras_prints_it():
    x = keras.Input((6,), name="left")
    assert repr(x) == "<KerasTensor shape=(None, 6), dtype=float32, sparse=False, ragged=False, name=left>"
    assert (x.shape, x.dtype, x.ndim) == ((None, 6), "float32", 2)


@pytest.mark.parametrize("function, shape", [
    (lambda x: x * 2 + 1, (None, 4, 6)),
    (lambda x: 1.0 - x, (None, 4, 6)),
    (lambda x: np.ones(6, "float32") * x, (None, 4, 6)),
    (lambda x: tf.ones((6,)) / (x + 1.0), (None, 4, 6)),
    (lambda x: x @ tf.ones((6, 2)), (None, 4, 2)),
    (lambda x: x[:, 0], (None, 6)),
    (lambda x: x[..., 1:3], (None, 4, 2)),
    (lambda x: -x ** 2, (None, 4, 6)),
    (lambda x: (x != 0.0) ^ (x > 0.5), (None, 4, 6)),
    (lambda x: tf.reshape(x[:, :1], (-1, 6)) if isinstance(x, tf.Tensor) else x[:, :1].squeeze(1).reshape((-1, 6)),
     (None, 6)),
    (lambda x: tf.reduce_mean(x, axis=1), (None, 6)),
    (lambda x: tf.reduce_sum(x), ()),
    (lambda x: tf.reshape(x, (-1, 24)), (None, 24)),
    (lambda x: tf.reshape(x, (tf.shape(x)[0], 24)), (None, 24)),
    (lambda x: tf.transpose(x, (0, 2, 1)), (None, 6, 4)),
    (lambda x: tf.concat([x, x], axis=1), (None, 8, 6)),
    (lambda x: tf.stack([x, x]), (2, None, 4, 6)),
    (lambda x: tf.cast(x > 0.0, tf.int32), (None, 4, 6)),
    (lambda x: tf.matmul(x, tf.transpose(x, (0, 2, 1))), (None, 4, 4)),
    (lambda x: tf.nn.softmax(x), (None, 4, 6)),
    (lambda x: tf.expand_dims(x, -1), (None, 4, 6, 1)),
    (lambda x: tf.where(x > 0.0, x, tf.zeros_like(x)), (None, 4, 6)),
])
def test_any_op_finds_its_shape_and_gives_the_eager_value(function, shape):
    x = keras.Input((4, 6))
    y = function(x)
    assert y.shape == shape
    values = np.random.default_rng(0).normal(size=(3, 4, 6)).astype("float32")
    np.testing.assert_allclose(keras.Model(x, y)(values), function(tf.constant(values)), rtol=1e-6)


def test_several_unknown_axes_are_kept_apart():
    x = keras.Input((None, 8))
    scores = tf.matmul(x, tf.transpose(x, (0, 2, 1)))
    assert scores.shape == (None, None, None)
    assert tf.matmul(tf.nn.softmax(scores), x).shape == (None, None, 8)
    assert layers.Flatten()(x).shape == (None, None)
    assert layers.Add()([x, keras.Input((None, 8))]).shape == (None, None, 8)


@pytest.mark.parametrize("shapes, expected", [
    ([(None, 3), (2, None)], (2, 3)),
    ([(None, 3), (2, 3)], (2, 3)),
    ([(None, 3), (1, 3)], (None, 3)),
    ([(None, 3), (None, 1)], (None, 3)),
    ([(None, 4), (5, None, 4)], (5, None, 4)),
    ([(None, 3), (2, None), (4, None, None)], (4, 2, 3)),
])
def test_an_unknown_extent_in_a_broadcast_is_the_one_it_meets(shapes, expected):
    total = 0
    for shape in shapes:
        total = keras.ops.add(total, keras.KerasTensor(shape))
    assert total.shape == expected


def test_only_the_extents_that_must_agree_become_known():
    joined = keras.ops.concatenate([keras.KerasTensor((None, 3)), keras.KerasTensor((2, None))], axis=0)
    assert joined.shape == (None, 3)
    with pytest.raises(ValueError, match="3"):
        keras.ops.add(keras.KerasTensor((None, 3)), keras.KerasTensor((2, 4)))


def test_a_model_with_a_broadcast_of_unknown_extents_computes():
    x, c = keras.Input((3,)), keras.Input(batch_shape=(2, None))
    model = keras.Model([x, c], keras.ops.add(keras.ops.add(x, c), x))
    values = np.arange(6, dtype="float32").reshape(2, 3)
    np.testing.assert_array_equal(model([values, values]), 3 * values)


def test_a_fixed_batch_stays_known():
    assert layers.Dense(3)(keras.Input((2,), batch_size=5)).shape == (5, 3)
    assert layers.Dense(3)(keras.Input(batch_shape=(7, 2))).shape == (7, 3)


def test_finding_shapes_leaves_nothing_behind():
    class Counter(layers.Layer):
        def __init__(self):
            super().__init__()
            self.count = self.add_weight(initializer="zeros", trainable=False)
            self.mean = keras.metrics.Mean()
            self.generator = keras.random.SeedGenerator(1)

        def call(self, x):
            self.count.assign_add(1.0)
            self.mean.update_state(x)
            self.add_loss(tf.reduce_sum(x))
            x = x + tf.random.normal((1,)) + keras.random.normal((1,))
            return x + keras.random.normal((1,), seed=self.generator)

    keras.utils.set_random_seed(3)
    expected = float(tf.random.normal(())), float(keras.random.normal(()))
    keras.utils.set_random_seed(3)
    layer = Counter()
    with tf.GradientTape() as tape:
        layer(keras.Input((2,)))
    assert tape.watched_variables() == ()
    assert (layer.count.numpy(), layer.mean.count.numpy(), layer.losses) == (0, 0, [])
    assert layer.generator.state.numpy().tolist() == [1, 0]
    assert (float(tf.random.normal(())), float(keras.random.normal(()))) == expected


def test_weights_made_while_finding_shapes_differ_from_each_other():
    class Late(layers.Layer):
        def call(self, x):
            if not hasattr(self, "inner"):
                self.inner = layers.Dense(3, kernel_initializer=lambda shape, dtype: tf.random.normal(shape))
            return self.inner(x)

    first, second = Late(), Late()
    second(first(keras.Input((3,))))
    assert (first.inner.kernel.numpy() != second.inner.kernel.numpy()).any()
    assert first.inner.kernel.path == "late/dense/kernel"


@pytest.mark.parametrize("use, advice", [
    (lambda x: bool(x > 0.0), "tf.where"), (np.asarray, "tf.* ops or layers"), (iter, "index it"),
    (float, "no value"), (len, "no length")])
def test_what_needs_values_is_refused(use, advice):
    with pytest.raises(TypeError, match=advice.replace("*", r"\*")):
        use(keras.Input((2,)))


def test_an_error_in_a_layer_comes_through():
    with pytest.raises(ValueError, match="Reshape 'reshape' got input of shape"):
        layers.Reshape((5,))(keras.Input((6,)))
