"""What layers do with masks and in training: which steps count, which statistics are kept, what is drawn."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers, notes

RNG = np.random.default_rng(0)
SERIES = RNG.normal(size=(4, 5, 3)).astype("float32")
SERIES[1, 3:] = SERIES[2, :2] = 0.0
COUNTS = (SERIES != 0).any(-1)


def mask_of(tensor):
    """The mask that a layer left, as an array."""
    return np.asarray(notes.masks.get(tensor))


def test_masking_marks_and_clears():
    y = layers.Masking()(SERIES)
    np.testing.assert_array_equal(mask_of(y), COUNTS)
    shifted = layers.Masking(mask_value=1.0)(np.ones((1, 2, 3), "float32"))
    assert not shifted.numpy().any() and not mask_of(shifted).any()


def test_embedding_masks_zero_where_asked():
    numbers = tf.constant([[1, 2, 0], [3, 0, 0]])
    np.testing.assert_array_equal(mask_of(layers.Embedding(5, 2, mask_zero=True)(numbers)), numbers.numpy() != 0)
    assert notes.masks.get(layers.Embedding(5, 2)(numbers)) is None
    table = RNG.normal(size=(5, 2)).astype("float32")
    np.testing.assert_array_equal(layers.Embedding(5, 2, weights=table)(numbers), table[numbers.numpy()])


@pytest.mark.parametrize("layer", [
    layers.Dropout(0.5), layers.Activation("relu"), layers.BatchNormalization(), layers.LayerNormalization(),
    layers.Dense(2), layers.TimeDistributed(layers.Dense(2)), layers.PReLU()])
def test_masks_pass_through(layer):
    np.testing.assert_array_equal(mask_of(layer(layers.Masking()(SERIES))), COUNTS)


def test_masks_of_several_inputs():
    a, b = layers.Masking()(SERIES), layers.Masking()(SERIES[::-1])
    either = COUNTS | COUNTS[::-1]
    for layer in (layers.Add(), layers.Concatenate(), layers.Maximum()):
        np.testing.assert_array_equal(mask_of(layer([a, b])), either)
    np.testing.assert_array_equal(mask_of(layers.Concatenate(axis=1)([a, b])),
                                  np.concatenate([COUNTS, COUNTS[::-1]], 1))
    assert notes.masks.get(layers.Add()([a, tf.constant(SERIES)])) is None
    product = layers.Multiply()([a, tf.ones_like(a) * 3.0]).numpy()
    np.testing.assert_array_equal(product[~COUNTS], 3.0)


def test_masked_steps_do_not_count_in_the_loss():
    model = keras.Sequential([keras.Input((5, 3)), layers.Masking(), layers.Dense(2, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.1), "mae", weighted_metrics=["mae"])
    expected = np.abs(SERIES.sum(-1))[COUNTS].mean()
    loss, metric = model.evaluate(SERIES, np.zeros((4, 5, 2), "float32"), verbose=0)
    assert loss == pytest.approx(expected, rel=1e-5) and metric == pytest.approx(expected, rel=1e-5)
    before = model.get_weights()[0]
    wrong = np.where(COUNTS[..., None], model.predict(SERIES, verbose=0), np.float32(99))
    model.fit(SERIES, wrong, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], before, atol=1e-6)


def test_softmax_with_a_mask():
    mask = tf.constant(COUNTS)
    y = layers.Softmax()(SERIES[..., 0], mask=mask).numpy()
    assert (y[~COUNTS] == 0).all()
    np.testing.assert_allclose(y.sum(1), np.ones(4), rtol=1e-6)


def test_batch_normalization_keeps_moving_statistics():
    layer = layers.BatchNormalization(momentum=0.5, epsilon=0.0)
    y = layer(SERIES, training=True).numpy()
    mean, variance = SERIES.mean((0, 1)), SERIES.var((0, 1))
    np.testing.assert_allclose(y, (SERIES - mean) / np.sqrt(variance), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean, mean / 2, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, (1 + variance) / 2, rtol=1e-5)
    kept = layer.get_weights()
    layer(SERIES)
    layer.trainable = False
    np.testing.assert_allclose(layer(SERIES, training=True), layer(SERIES, training=False))
    for old, new in zip(kept, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert [v.name for v in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert layer.count_params() == 12 and len(layer.non_trainable_weights) == 4


def test_batch_normalization_counts_what_is_not_masked():
    layer = layers.BatchNormalization(momentum=0.0)
    layer(SERIES, training=True, mask=tf.constant(COUNTS))
    np.testing.assert_allclose(layer.moving_mean, SERIES[COUNTS].mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, SERIES[COUNTS].var(0), rtol=1e-5)


def test_building_a_model_leaves_the_statistics_alone():
    x = keras.Input((3,))
    layer = layers.BatchNormalization()
    keras.Model(x, layer(x))
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(3))


def test_the_numbers_drawn_are_those_of_keras():
    kept = np.array([[int(bit) for bit in row] for row in ["11010", "11111", "11110", "00110", "10110", "01111"]])
    y = layers.Dropout(0.4, seed=7)(np.ones((6, 5), "float32"), training=True)
    np.testing.assert_allclose(y, kept / np.float32(0.6), rtol=1e-6)
    y = layers.GaussianNoise(0.3, seed=3)(np.ones((6, 5), "float32"), training=True)
    np.testing.assert_allclose(y[0], [0.7985246, 1.5028151, 0.7167264, 1.1823816, 1.3758355], rtol=1e-6)


def test_whole_channels_drop_together():
    y = layers.SpatialDropout1D(0.5, seed=2)(np.ones((8, 6, 10), "float32"), training=True).numpy()
    assert set(np.unique(y)) == {0, 2} and (y == y[:, :1]).all()
    y = layers.SpatialDropout2D(0.5, "channels_first", seed=2)(np.ones((8, 9, 4, 4), "float32"), training=True).numpy()
    assert (y == y[:, :, :1, :1]).all() and len(np.unique(y)) == 2


def test_a_shared_layer_has_one_set_of_weights():
    shared = layers.Dense(2)
    a, b = keras.Input((3,)), keras.Input((3,))
    model = keras.Model([a, b], layers.Dot(1, normalize=True)([shared(a), shared(b)]))
    x = SERIES[:, 0] + 1.0
    assert len(model.weights) == 2
    np.testing.assert_allclose(model([x, x]), np.ones((4, 1)), rtol=1e-5)


def test_normalization_adapts():
    data = RNG.normal(3, 2, size=(50, 3)).astype("float32")
    layer = layers.Normalization()
    layer.adapt(tf.data.Dataset.from_tensor_slices(data).batch(8))
    y = layer(data).numpy()
    np.testing.assert_allclose(y.mean(0), np.zeros(3), atol=1e-5)
    np.testing.assert_allclose(y.std(0), np.ones(3), rtol=1e-4)


@pytest.mark.parametrize("make, message", [
    (lambda: layers.Embedding(0, 3), "`input_dim` must be a positive integer"),
    (lambda: layers.Dot((1, 2, 3)), "two integers"),
    (lambda: layers.GroupNormalization(0), "argument `groups`"),
    (lambda: layers.GroupNormalization(2)(SERIES), "must be a multiple of the number of channels"),
    (lambda: layers.Cropping1D((3, 2))(SERIES), "must be smaller than"),
    (lambda: layers.Cropping1D((3, 2))(keras.Input((5, 3))), "must be smaller than"),
    (lambda: layers.LayerNormalization(axis=5)(SERIES), "out of bounds"),
    (lambda: layers.EinsumDense("abc,cd->abe", (None, 3))(SERIES), "no corresponding"),
    (lambda: layers.ZeroPadding2D((1, 2, 3)), "2 elements"),
    (lambda: layers.Wrapper(3), "isn't a supported layer type"),
    (lambda: layers.Concatenate()([SERIES, SERIES[:, :2]]), "except for the concatenation axis"),
])
def test_mistakes_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


class _Batches(keras.utils.PyDataset):
    def __init__(self, data):
        super().__init__()
        self.data = data

    def __len__(self):
        return len(self.data) // 10

    def __getitem__(self, i):
        return self.data[10 * i:10 * i + 10], np.zeros(10)


@pytest.mark.parametrize("batches", [
    lambda data: data, lambda data: [data[:30], data[30:]], lambda data: ((part, 0) for part in (data[:5], data[5:])),
    _Batches, lambda data: data.tolist(), lambda data: tf.data.Dataset.from_tensor_slices((data, data)).batch(7)])
def test_normalization_adapts_to_batches_of_any_kind(batches):
    data = RNG.normal(3, 2, size=(50, 3)).astype("float32")
    layer = layers.Normalization()
    layer.adapt(batches(data))
    np.testing.assert_allclose(layer.adapt_mean, data.astype("float64").mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.adapt_variance, data.astype("float64").var(0), rtol=1e-4)


def test_normalization_takes_statistics_for_the_last_of_its_axes():
    data, mean = RNG.normal(size=(2, 7, 5, 1)), np.arange(5.0)
    layer = layers.Normalization(axis=(1, 2), mean=mean, variance=np.ones(5))
    np.testing.assert_allclose(layer(data), data - mean[:, None], rtol=1e-5, atol=1e-6)


def test_normalization_says_what_does_not_fit():
    layer = layers.Normalization()
    layer.build((10, 5))
    for adapt, error, message in [
            (lambda: layer.adapt(np.ones((10, 3))), ValueError, "an incompatible shape: \\(10, 3\\)"),
            (lambda: layer.adapt([]), ValueError, "empty iterable"),
            (lambda: layer.adapt(iter([42])), TypeError, "`.shape`; got an element of type int"),
            (lambda: layers.Normalization(3).build((2, 2)), ValueError, "in the range \\[-2, 2\\)"),
            (lambda: layers.Normalization().build((2, None)), ValueError, "must have a known shape"),
            (lambda: layers.Normalization(mean=[1.0], variance=1.0), ValueError, "the same shape")]:
        with pytest.raises(error, match=message):
            adapt()
