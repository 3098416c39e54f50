"""keras.ops.image against NumPy and colorsys."""

import colorsys

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras.ops import image

RNG = np.random.default_rng(0)
IMAGES = RNG.random((2, 6, 8, 3)).astype("float32")
FIRST = IMAGES.transpose(0, 3, 1, 2)


def test_resizing_looks_at_the_centres_of_pixels():
    row = np.float32([[[0], [1]]])
    np.testing.assert_allclose(image.resize(row, (1, 4))[0, :, 0], [0, 0.25, 0.75, 1])  # at -1/4, 1/4, 3/4, 5/4
    np.testing.assert_allclose(image.resize(row, (1, 1))[0, :, 0], [0.5])
    np.testing.assert_array_equal(image.resize(row, (1, 5), "nearest")[0, :, 0], [0, 0, 1, 1, 1])
    np.testing.assert_allclose(image.resize(IMAGES, (6, 8)), IMAGES)
    plane = np.add.outer(np.arange(6.0), 10 * np.arange(8.0))[:, :, None]
    inner = image.resize(plane, (12, 4))[1:-1, :, 0]
    np.testing.assert_allclose(inner, np.add.outer((np.arange(1, 11) + 0.5) / 2 - 0.5, 10 * (np.arange(4) * 2 + 0.5)),
                               rtol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float64"])
def test_resizing_keeps_the_type(dtype):
    x = (IMAGES * 255).astype(dtype)
    y = image.resize(x, (3, 4))
    assert y.dtype == dtype
    np.testing.assert_allclose(y, np.asarray(image.resize(x.astype("float32"), (3, 4))), atol=0.51)


def test_ratios_are_kept_where_asked_for():
    np.testing.assert_allclose(image.resize(IMAGES, (6, 6), crop_to_aspect_ratio=True), IMAGES[:, :, 1:7])
    padded = image.resize(IMAGES, (8, 8), pad_to_aspect_ratio=True, fill_value=9.0).numpy()
    np.testing.assert_allclose(padded[:, 1:7], IMAGES)
    assert (padded[:, 0] == 9).all() and (padded[:, 7] == 9).all()


@pytest.mark.parametrize("call", [
    lambda x, **order: image.resize(x, (3, 5), **order), lambda x, **order: image.rgb_to_grayscale(x, **order),
    lambda x, **order: image.rgb_to_hsv(x, **order), lambda x, **order: image.hsv_to_rgb(x, **order),
    lambda x, **order: image.pad_images(x, 1, 2, 3, 4, **order),
    lambda x, **order: image.crop_images(x, 1, 2, target_height=2, target_width=3, **order),
    lambda x, **order: image.extract_patches(x, 2, **order),
    lambda x, **order: image.sobel_edges(x, **order)[..., 1]])
def test_channels_may_stand_in_front_and_one_image_may_come_alone(call):
    expected = call(IMAGES).numpy()
    np.testing.assert_allclose(np.moveaxis(call(FIRST, data_format="channels_first"), 1, -1), expected, rtol=1e-6)
    np.testing.assert_allclose(call(IMAGES[1]), expected[1], rtol=1e-6)
    x = keras.Input(IMAGES.shape[1:])
    np.testing.assert_allclose(keras.Model(x, call(x)).predict(IMAGES, verbose=0), expected, rtol=1e-6)


def test_padding_and_cropping():
    padded = image.pad_images(IMAGES, top_padding=1, target_height=9, right_padding=2, target_width=10)
    np.testing.assert_array_equal(padded, np.pad(IMAGES, ((0, 0), (1, 2), (0, 2), (0, 0))))
    cropped = image.crop_images(IMAGES, bottom_cropping=2, target_height=3, left_cropping=0, right_cropping=1)
    np.testing.assert_array_equal(cropped, IMAGES[:, 1:4, :7])


def test_patches():
    patches = image.extract_patches(IMAGES, (2, 4)).numpy()
    expected = IMAGES.reshape(2, 3, 2, 2, 4, 3).swapaxes(2, 3).reshape(2, 3, 2, -1)
    np.testing.assert_array_equal(patches, expected)
    assert image.extract_patches(IMAGES, 3, strides=1, padding="same").shape == (2, 6, 8, 27)
    assert image.extract_patches(IMAGES, 2, strides=1, dilation_rate=3).shape == (2, 3, 5, 12)
    with pytest.raises(ValueError, match="size"):
        image.extract_patches(IMAGES, (2, 2, 2))


def test_edges_are_slopes():
    plane = np.add.outer(np.arange(6.0), 3 * np.arange(8.0))[None, :, :, None]
    np.testing.assert_allclose(image.sobel_edges(plane)[0, 1:-1, 1:-1, 0], np.broadcast_to([8.0, 24.0], (4, 6, 2)))


def test_colours():
    pixels = np.concatenate([IMAGES.reshape(-1, 3), np.eye(3), 1 - np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5]]])
    square = pixels.astype("float32").reshape(1, -1, 3)
    np.testing.assert_allclose(image.rgb_to_hsv(square)[0], [colorsys.rgb_to_hsv(*p) for p in square[0]], atol=1e-6)
    np.testing.assert_allclose(image.hsv_to_rgb(square)[0], [colorsys.hsv_to_rgb(*p) for p in square[0]], atol=1e-6)
    np.testing.assert_allclose(image.rgb_to_grayscale(square)[0, :, 0], pixels @ [0.2989, 0.587, 0.114], atol=1e-6)
    assert image.rgb_to_grayscale((square * 255).astype("uint8")).dtype == "uint8"
    np.testing.assert_array_equal(image.rgb_to_grayscale(square[..., :1]), square[..., :1])


def test_gradients_pass():
    x = tf.constant(IMAGES)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(image.resize(x, (12, 16)))
    np.testing.assert_allclose(tf.reduce_sum(tape.gradient(total, x)), 12 * 16 * 2 * 3, rtol=1e-5)


@pytest.mark.parametrize("call, words", [
    (lambda: image.resize(IMAGES[0, 0], (2, 2)), "rank"), (lambda: image.resize(IMAGES, (2, 2), "area"), "area"),
    (lambda: image.resize(IMAGES, (2, 2, 2)), "size"),
    (lambda: image.resize(IMAGES, (2, 2), fill_mode="wrap"), "fill_mode"),
    (lambda: image.resize(IMAGES, (2, 2), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True), "Only one"),
    (lambda: image.resize(IMAGES, (2, 2), data_format="last"), "data_format"),
    (lambda: image.pad_images(IMAGES, 1, 2, 3), "exactly two"), (lambda: image.pad_images(IMAGES, -1, 0, 0, 0), "-1"),
    (lambda: image.crop_images(IMAGES, 3, 0, 3, 0), "height of 6"),
    (lambda: image.rgb_to_hsv(IMAGES[..., :2]), "3 channels"), (lambda: image.rgb_to_grayscale(IMAGES[..., :2]), "3"),
    (lambda: image.hsv_to_rgb(np.zeros((2, 2, 3), "uint8")), "float"),
])
def test_mistakes(call, words):
    with pytest.raises(ValueError, match=words):
        call()
