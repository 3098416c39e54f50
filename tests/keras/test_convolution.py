"""Layers of convolutions and pooling: their settings, shapes and messages; tests/ops/test_conv.py has the numbers."""

import numpy as np
import pytest

from tinynn import keras, ops
from tinynn.keras import layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 8, 7, 4)).astype("float32")
FIRST = X.transpose(0, 3, 1, 2)


def test_conv_is_a_product_with_every_window():
    layer = layers.Conv2D(6, (3, 2), (2, 1), "same", groups=2, activation="relu", bias_initializer="ones")
    y = layer(X)
    expected = ops.convolve(X, layer.kernel, (2, 1), "same") + 1.0
    np.testing.assert_allclose(y, np.maximum(expected, 0), rtol=1e-5, atol=1e-6)
    assert tuple(layer.kernel.shape) == (3, 2, 2, 6)


@pytest.mark.parametrize("make", [
    lambda **more: layers.Conv2D(3, 3, **more), lambda **more: layers.Conv2DTranspose(3, 3, 2, **more),
    lambda **more: layers.DepthwiseConv2D(2, **more), lambda **more: layers.SeparableConv2D(3, 2, **more),
    lambda **more: layers.MaxPooling2D(**more), lambda **more: layers.AveragePooling2D(2, **more),
    lambda **more: layers.GlobalMaxPooling2D(**more),
    lambda **more: layers.GlobalAveragePooling2D(keepdims=True, **more)])
def test_where_the_channels_are(make):
    last, first = make(), make(data_format="channels_first")
    expected, _ = last(X).numpy(), first(FIRST)
    first.set_weights(last.get_weights())
    y = first(FIRST).numpy()
    np.testing.assert_allclose(y if y.ndim == 2 else y.transpose(0, 2, 3, 1), expected, rtol=1e-5, atol=1e-6)
    assert first.compute_output_shape(FIRST.shape) == y.shape


def test_extents_that_are_not_known_may_be_large_enough():
    model = keras.Sequential([keras.Input((None, None, 4)), layers.Conv2D(4, 5), layers.MaxPooling2D(3),
                              layers.Conv2D(2, 5), layers.AveragePooling2D(3)])
    assert model.output_shape == (None, None, None, 2)
    assert model(RNG.normal(size=(1, 40, 40, 4))).shape == (1, 2, 2, 2)
    with pytest.raises(ValueError, match="does not fit into an input"):
        model(X)
    with pytest.raises(ValueError, match="Computed output size would be zero or negative"):
        keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3), layers.MaxPooling2D(3)])


def test_the_mean_over_what_a_mask_lets_count():
    mask = np.array([[1, 0, 1], [1, 1, 1]], bool)
    x = X[:, :3, 0]
    y = layers.GlobalAveragePooling1D()(x, mask=mask)
    np.testing.assert_allclose(y, [(x[0, 0] + x[0, 2]) / 2, x[1].mean(0)], rtol=1e-5)


def test_other_names():
    assert layers.MaxPool2D is layers.MaxPooling2D
    assert layers.GlobalAvgPool1D is layers.GlobalAveragePooling1D
    assert layers.Convolution2D is layers.Conv2D


@pytest.mark.parametrize("make, message", [
    (lambda: layers.Conv2D(0, 3), "`filters`. Expected a strictly positive value. Received filters=0"),
    (lambda: layers.Conv2D(2, (1, 0)), r"must be a tuple of 2 integers. Received kernel_size=\(1, 0\), including"),
    (lambda: layers.Conv2D(2, 3, (1, 2, 1)), "The `strides` argument must be a tuple of 2 integers"),
    (lambda: layers.Conv2D(2, 3, 2, dilation_rate=2), "`strides > 1` not supported in conjunction"),
    (lambda: layers.Conv2D(3, 3, groups=2), "evenly divisible by the number of groups"),
    (lambda: layers.Conv2D(4, 3, groups=3), "evenly divisible by the number of groups"),
    (lambda: layers.Conv2D(2, 3, padding="full"), "The `padding` argument must be one of"),
    (lambda: layers.Conv2D(2, 3, padding="causal"), "The `padding` argument must be one of"),
    (lambda: layers.Conv2DTranspose(2, 3, 2, output_padding=2), "strictly less than `strides`"),
    (lambda: layers.DepthwiseConv2D(3, depth_multiplier=0), "`depth_multiplier`"),
    (lambda: layers.Conv2D(2, 3)(X[..., 0]), "it takes 4 axes"),
    (lambda: layers.Conv2D(2, 9)(X), "zero or negative"),
    (lambda: layers.Conv2D(2, 3)(keras.Input((8, 8, None))), "needs to know the number of channels")])
def test_what_is_wrong_is_said(make, message):
    with pytest.raises(ValueError, match=message):
        make()
