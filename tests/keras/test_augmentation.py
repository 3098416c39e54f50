"""Images changed at random; where the change is given, against NumPy."""

import numpy as np
import pytest

from tinynn import keras
from tinynn.keras import layers

RNG = np.random.default_rng(0)
X = RNG.uniform(size=(8, 6, 6, 2)).astype("float32")
ALL = [lambda **more: layers.RandomFlip(**more), lambda **more: layers.RandomRotation(0.3, **more),
       lambda **more: layers.RandomZoom(0.4, **more), lambda **more: layers.RandomTranslation(0.3, 0.2, **more),
       lambda **more: layers.RandomContrast(0.5, value_range=(0, 1), **more),
       lambda **more: layers.RandomBrightness(0.5, value_range=(0, 1), **more)]
each_layer = pytest.mark.parametrize("make", ALL)


@each_layer
def test_only_training_changes_images(make):
    layer = make(seed=1)
    np.testing.assert_array_equal(layer(X, training=False), X)
    changed = layer(X).numpy()
    assert changed.shape == X.shape and (changed != X).any() and (layer(X).numpy() != changed).any()
    np.testing.assert_array_equal(make(seed=1)(X), changed)
    assert layer(X[0]).shape == X[0].shape and layer((X * 255).astype("uint8")).dtype == "float32"
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    np.testing.assert_array_equal(copy(X), changed)


@each_layer
def test_where_the_channels_are(make):
    first = make(seed=1, data_format="channels_first")(X.transpose(0, 3, 1, 2)).numpy()
    np.testing.assert_allclose(first.transpose(0, 2, 3, 1), make(seed=1)(X), atol=1e-6)


@each_layer
def test_in_a_model(make):
    model = keras.Sequential([keras.Input((6, 6, 2)), make(seed=1), layers.Flatten(), layers.Dense(1)])
    expected = X.reshape(8, -1) @ model.layers[-1].kernel.numpy()
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, rtol=1e-4, atol=1e-5)
    model.compile("sgd", "mse")
    model.fit(X, X[:, 0, 0, :1], epochs=2, verbose=0)
    assert "op by op" not in model.explain_capture()


def test_every_image_is_flipped_or_not():
    for mode, axis in (("horizontal", 2), ("vertical", 1)):
        y = layers.RandomFlip(mode, seed=3)(X).numpy()
        flipped = (y == np.flip(X, axis)).all((1, 2, 3))
        assert 0 < flipped.sum() < 8 and (flipped | (y == X).all((1, 2, 3))).all()


@pytest.mark.parametrize("mode, pad", [("reflect", "symmetric"), ("wrap", "wrap"), ("nearest", "edge"),
                                       ("constant", "constant")])
def test_images_are_moved(mode, pad):
    layer = layers.RandomTranslation((1 / 3, 1 / 3), (-1 / 6, -1 / 6), mode)
    more = {"constant_values": 0.0} if pad == "constant" else {}
    wide = np.pad(X, ((0, 0), (2, 0), (0, 1), (0, 0)), pad, **more)
    np.testing.assert_allclose(layer(X), wide[:, :6, 1:], atol=1e-5)


def test_half_a_pixel_is_the_mean_of_two():
    y = layers.RandomTranslation((1 / 12, 1 / 12), 0.0)(X)
    np.testing.assert_allclose(y[:, 1:], (X[:, 1:] + X[:, :-1]) / 2, atol=1e-5)


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_images_are_turned_counter_clockwise(quarter):
    layer = layers.RandomRotation((quarter / 4, quarter / 4))
    np.testing.assert_allclose(layer(X), np.rot90(X, quarter, (1, 2)), atol=1e-4)


def test_images_are_zoomed():
    small = layers.RandomZoom((1.0, 1.0), fill_mode="constant", fill_value=9.0)(X).numpy()
    assert (small[:, [0, 5]] == 9).all() and (small[:, :, [0, 5]] == 9).all()
    np.testing.assert_allclose(small[:, 2:4, 2:4], _read(X, [1.5, 3.5], [1.5, 3.5]), atol=1e-5)
    wide = layers.RandomZoom((0.0, 0.0), (-0.5, -0.5))(X)
    np.testing.assert_allclose(wide, _read(X, np.arange(6.0), (np.arange(6) - 2.5) * 0.5 + 2.5), atol=1e-5)


def _read(x, rows, columns):
    """x at places between its pixels, all inside."""
    def along(x, places, axis):
        low = np.floor(places).astype(int)
        share = (np.asarray(places) - low).reshape([-1 if i == axis else 1 for i in range(4)])
        return np.take(x, low, axis) * (1 - share) + np.take(x, np.minimum(low + 1, x.shape[axis] - 1), axis) * share
    return along(along(x, rows, 1), columns, 2)


def test_contrast_and_brightness_stay_in_their_range():
    y = layers.RandomContrast((0.0, 0.9), value_range=(0.2, 0.8), seed=1)(X).numpy()
    mean = X.mean((1, 2), keepdims=True)
    factor = (y - mean)[(y > 0.2) & (y < 0.8)] / (X - mean)[(y > 0.2) & (y < 0.8)]
    assert factor.min() >= 1.0 - 1e-3 and factor.max() <= 1.9 + 1e-3 and y.min() >= 0.2 and y.max() <= 0.8
    bright = layers.RandomBrightness((0.1, 0.1), value_range=(0, 1))(X)
    np.testing.assert_allclose(bright, np.minimum(X + 0.1, 1.0), rtol=1e-5)


def test_what_is_wrong_is_said():
    for make, error, message in [(lambda: layers.RandomFlip("sideways"), ValueError, "`mode` argument must be one of"),
                                 (lambda: layers.RandomRotation(0.1, "mirror"), NotImplementedError, "`fill_mode`"),
                                 (lambda: layers.RandomZoom({"height": 0.1}), ValueError, "a pair of numbers"),
                                 (lambda: layers.RandomZoom(-2.0), ValueError, "`height_factor`"),
                                 (lambda: layers.RandomContrast(-0.1), ValueError, "at least 0")]:
        with pytest.raises(error, match=message):
            make()
