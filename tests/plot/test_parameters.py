"""Weights as heat maps: the image is the matrix."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers

RNG = np.random.default_rng(2)


def test_matrices_and_biases():
    model = keras.Sequential([keras.Input((5,)), layers.Dense(4, name="hidden", bias_initializer="random_normal"),
                              layers.Dense(2, name="out")], name="net")
    axes = tf.plot.weights(model)
    assert len(axes) == 4
    for ax, variable in zip(axes, model.weights, strict=True):
        image = ax.images[0]
        np.testing.assert_array_equal(image.get_array(), np.atleast_2d(variable.numpy()))
        low, high = image.get_clim()
        layer = [w for w in model.weights if w.path.rpartition("/")[0] == variable.path.rpartition("/")[0]]
        assert -low == high == pytest.approx(max(np.abs(w.numpy()).max() for w in layer))
        colours = [image.get_cmap()(image.norm(x)) for x in (-high, 0.0, high)]
        assert colours[0][2] > colours[0][0] and colours[2][0] > colours[2][2]      # blue, and red
        assert min(colours[1][:3]) > 0.9
        texts = [float(t.get_text()) for t in ax.texts]
        np.testing.assert_allclose(texts, variable.numpy().reshape(-1), atol=0.0051)
    assert [ax.get_title("left") for ax in axes] == ["net/hidden\nkernel (5, 4)", "bias (4,)", "net/out\nkernel (4, 2)",
                                                     "bias (2,)"]


def test_what_is_large_is_a_histogram():
    model = keras.Sequential([keras.Input((300,)), layers.Dense(8), layers.Dense(200, use_bias=False)])
    axes = tf.plot.weights(model)
    for ax, v in zip(axes, model.weights, strict=True):
        if max(v.shape) > 128:
            assert not ax.images and sum(bar.get_height() for bar in ax.patches) == v.numpy().size
            edges = [bar.get_x() for bar in ax.patches]
            assert min(edges) == pytest.approx(v.numpy().min())
            low, high = ax.get_xlim()
            assert low == -high
        else:
            np.testing.assert_array_equal(ax.images[0].get_array(), [v.numpy()])
            assert not ax.texts or v.shape[0] <= 8


def test_kernels_of_more_axes_have_a_column_per_unit():
    kernel = tf.Variable(RNG.normal(size=(3, 3, 2, 8)), name="conv/kernel")
    ax = tf.plot.weights(kernel)[0]
    np.testing.assert_array_equal(ax.images[0].get_array(), kernel.numpy().reshape(18, 8))
    assert ax.get_ylabel() == "3×3×2, flattened"


def test_zeros_nan_scalars_and_counters():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, kernel_initializer="zeros"), layers.Dropout(0.5)])
    axes = tf.plot.weights(model)
    assert len(axes) == 2       # the dropout's seed is no weight
    assert axes[0].images[0].get_clim() == (-1.0, 1.0)
    ax = tf.plot.weights([tf.Variable([[1.0, np.nan]]), tf.Variable(3.0)])
    assert ax[0].images[0].get_clim()[1] == 1.0
    assert ax[1].images[0].get_array().shape == (1, 1)
    assert tf.plot.weights(tf.Variable(np.full(400, np.nan)))[0].get_xlabel() == "value (400 not finite)"


def test_many_layers_and_axes_of_the_caller():
    model = keras.Sequential([keras.Input((4,)), *[layers.Dense(4) for _ in range(6)], layers.BatchNormalization()])
    axes = tf.plot.weights(model)
    assert len(axes) == len(set(map(id, axes))) == 16
    _, mine = plt.subplots(2, 1)
    assert list(tf.plot.weights(model.layers[0], ax=mine)) == list(mine)
    with pytest.raises(ValueError, match="needs 16 axes"):
        tf.plot.weights(model, ax=mine)


def test_mistakes():
    with pytest.raises(ValueError, match="no weight to show in 'sequential': build a model first"):
        tf.plot.weights(keras.Sequential([layers.Dense(2)]))
