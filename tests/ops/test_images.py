"""Images: against NumPy, Python's colorsys, and direct sums."""

import colorsys

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError
from tinynn.testing import check_gradients

X = np.random.default_rng(0).uniform(0.05, 0.95, size=(5, 6, 3)).astype("float32")
BATCH = np.stack([X, X[::-1]])
image = tf.image


def close(got, expected, atol=1e-6):
    np.testing.assert_allclose(np.asarray(got), expected, atol=atol, rtol=1e-5)


def test_turning():
    for x in (X, BATCH):
        close(image.flip_left_right(x), x[..., ::-1, :])
        close(image.flip_up_down(x), x[..., ::-1, :, :])
        close(image.transpose(x), np.swapaxes(x, -3, -2))
        for k in range(-1, 5):
            close(image.rot90(x, k), np.rot90(x, k, axes=(x.ndim - 3, x.ndim - 2)))


def test_cutting_and_padding():
    close(image.crop_to_bounding_box(BATCH, 1, 2, 3, 4), BATCH[:, 1:4, 2:6])
    close(image.pad_to_bounding_box(X, 1, 2, 8, 9), np.pad(X, [(1, 2), (2, 1), (0, 0)]))
    close(image.central_crop(X, 0.5), X[1:4, 1:5])
    close(image.resize_with_crop_or_pad(X, 3, 8), np.pad(X[1:4], [(0, 0), (1, 1), (0, 0)]))
    close(image.resize_with_pad(X, 14, 12), np.pad(image.resize(X, (10, 12)), [(2, 2), (0, 0), (0, 0)]))


def test_patches():
    got = np.asarray(image.extract_patches(BATCH, [1, 2, 3, 1], [1, 2, 1, 1], [1, 1, 1, 1], "VALID"))
    assert got.shape == (2, 2, 4, 18)
    close(got[1, 1, 2], BATCH[1, 2:4, 2:5].ravel())
    wide = np.asarray(image.extract_patches(BATCH, [1, 2, 2, 1], [1, 1, 1, 1], [1, 2, 3, 1], "VALID"))
    close(wide[0, 1, 0], BATCH[0, [1, 3]][:, [0, 3]].ravel())
    assert image.extract_patches(BATCH, [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], "SAME").shape == (2, 3, 3, 27)


@pytest.mark.parametrize("size", [(10, 12), (3, 4), (5, 9), (1, 1)])
def test_bilinear_against_a_direct_sum(size):
    expected = np.zeros((*size, 3))
    for i in range(size[0]):
        for j in range(size[1]):
            y, x = [np.clip((k + 0.5) * n / m - 0.5, 0, n - 1) for k, n, m in zip((i, j), X.shape, size, strict=False)]
            a, b = int(y), int(x)
            for p, q in ((a, b), (a, b + 1), (a + 1, b), (a + 1, b + 1)):
                weight = max(0, 1 - abs(y - p)) * max(0, 1 - abs(x - q))
                expected[i, j] += weight * X[min(p, 4), min(q, 5)]
    close(image.resize(X, size), expected)


def test_other_ways_of_resizing():
    big = np.kron(X, np.ones((2, 3, 1))).astype("float32")
    for method in ("area", "nearest"):
        close(image.resize(big, (5, 6), method), X)
    assert float(tf.reduce_sum(image.resize([[[0.0], [1.0]]], (1, 41), "nearest"))) == 20    # as TensorFlow rounds
    close(image.resize(X, (10, 18), "nearest"), big)
    assert image.resize(tf.cast(X * 255, tf.uint8), (2, 2), "nearest").dtype == tf.uint8
    flat = np.full((5, 6, 1), 0.7, "float32")
    for method in ("bilinear", "bicubic", "lanczos3", "lanczos5", "gaussian", "mitchellcubic", "area"):
        for antialias in (False, True):
            close(image.resize(flat, (3, 11), method, antialias=antialias), np.full((3, 11, 1), 0.7))
    ramp = np.arange(24, dtype="float32").reshape(1, 24, 1)     # straight lines stay straight, away from the ends
    for method in ("bilinear", "bicubic"):
        close(np.diff(np.asarray(image.resize(ramp, (1, 48), method))[0, 8:-8, 0]), np.full(31, 0.5), 1e-5)
    close(image.resize(ramp, (1, 6), antialias=True)[0, 1:-1, 0], [5.5, 9.5, 13.5, 17.5], 1e-5)
    assert image.resize(X, (10, 10), preserve_aspect_ratio=True).shape == (8, 10, 3)
    assert image.resize(X, (5, 6)).dtype == tf.float32
    check_gradients(lambda x: tf.cast(image.resize(tf.cast(x, tf.float32), (3, 4), "area"), tf.float64) ** 2,
                    [X.astype("float64")], order=1, step=1e-2, rtol=1e-3)


def test_colours_against_colorsys():
    hsv = np.array([colorsys.rgb_to_hsv(*p) for p in X.reshape(-1, 3).tolist()]).reshape(X.shape)
    close(image.rgb_to_hsv(X), hsv, 1e-5)
    close(image.hsv_to_rgb(image.rgb_to_hsv(X)), X, 1e-5)
    close(image.rgb_to_hsv([[[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]]]), [[[0, 0, 0], [0, 0, 0.5]]])
    turned = [colorsys.hsv_to_rgb((h + 0.2) % 1, s, v) for h, s, v in hsv.reshape(-1, 3)]
    close(image.adjust_hue(X, 0.2), np.reshape(turned, X.shape), 1e-5)
    pale = [colorsys.hsv_to_rgb(h, s * 0.5, v) for h, s, v in hsv.reshape(-1, 3)]
    close(image.adjust_saturation(X, 0.5), np.reshape(pale, X.shape), 1e-5)
    bright = X @ [0.299, 0.587, 0.114]
    yuv = np.stack([bright, 0.492 * (X[..., 2] - bright), 0.877 * (X[..., 0] - bright)], -1)
    close(image.rgb_to_yuv(X), yuv, 2e-3)
    close(image.yuv_to_rgb(image.rgb_to_yuv(X)), X, 1e-5)
    check_gradients(image.rgb_to_hsv, [X[:2, :2].astype("float64")])
    check_gradients(image.hsv_to_rgb, [X[:2, :2].astype("float64")])


def test_light():
    close(image.adjust_brightness(X, 0.1), X + 0.1)
    mean = BATCH.mean((1, 2), keepdims=True)
    close(image.adjust_contrast(BATCH, 2.0), (BATCH - mean) * 2 + mean)
    close(image.adjust_gamma(X, 2.0, 0.5), 0.5 * X**2)
    close(image.rgb_to_grayscale(X), X @ np.array([[0.2989], [0.5870], [0.1140]]))
    close(image.grayscale_to_rgb(X[..., :1]), np.repeat(X[..., :1], 3, -1))
    standard = np.asarray(image.per_image_standardization(BATCH))
    close(standard.mean((1, 2, 3)), [0, 0], 1e-5), close(standard.std((1, 2, 3)), [1, 1], 1e-5)
    assert not np.asarray(image.per_image_standardization(np.full((2, 2, 3), 7.0))).any()


def test_whole_numbers_are_cut_off():
    x = tf.constant([[[0, 100, 250]]], tf.uint8)
    assert image.adjust_brightness(x, 0.2).numpy().tolist() == [[[51, 151, 255]]]
    assert image.rgb_to_grayscale(x).numpy().tolist() == [[[87]]]
    close(image.convert_image_dtype(x, tf.float32), np.array([[[0, 100, 250]]]) / 255)
    assert image.convert_image_dtype(tf.constant([0.0, 0.5, 1.0]), tf.uint8).numpy().tolist() == [0, 127, 255]
    assert image.convert_image_dtype(tf.constant([-0.5, 2.0]), tf.uint8, saturate=True).numpy().tolist() == [0, 255]
    assert image.convert_image_dtype(x, tf.uint16).numpy().tolist() == [[[0, 25600, 64000]]]
    assert image.convert_image_dtype(tf.constant([25700], tf.uint16), tf.uint8).numpy().tolist() == [100]


def test_differences():
    down, right = image.image_gradients(BATCH)
    close(down[:, :-1], np.diff(BATCH, axis=1)), close(right[:, :, :-1], np.diff(BATCH, axis=2))
    assert not np.asarray(down)[:, -1].any() and not np.asarray(right)[:, :, -1].any()
    expected = np.abs(np.diff(BATCH, axis=1)).sum((1, 2, 3)) + np.abs(np.diff(BATCH, axis=2)).sum((1, 2, 3))
    close(image.total_variation(BATCH), expected, 1e-4)
    edges = np.asarray(image.sobel_edges(BATCH))
    kernel = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])
    window = BATCH[1, 1:4, 2:5, 2]
    close(edges[1, 2, 3, 2], [np.sum(kernel * window), np.sum(kernel.T * window)])


def test_how_alike_images_are():
    noisy = np.clip(X + 0.05, 0, 1)
    close(image.psnr(X, noisy, 1.0), -10 * np.log10(np.mean((X - noisy) ** 2)), 1e-4)
    big, other = (np.random.default_rng(s).uniform(size=(2, 16, 17, 3)).astype("float32") for s in (1, 2))
    close(image.ssim(big, big, 1.0), [1, 1])
    assert image.ssim(big, other, 1.0, return_index_map=True).shape == (2, 6, 7)
    # one window only: its weighted means, by hand
    x, y = big[0, :11, :11], other[0, :11, :11]
    window = np.exp(-(np.arange(11) - 5.0) ** 2 / 4.5)
    w = np.outer(window, window)[..., None] / window.sum() ** 2
    mean = lambda z: (w * z).sum((0, 1))
    a, b = mean(x), mean(y)
    light = (2 * a * b + 1e-4) / (a**2 + b**2 + 1e-4)
    structure = (2 * (mean(x * y) - a * b) + 9e-4) / (mean(x * x) + mean(y * y) - a**2 - b**2 + 9e-4)
    close(image.ssim(x, y, 1.0), np.mean(light * structure), 1e-4)
    with pytest.raises(ValueError, match="smaller than the window"):
        image.ssim(X, X, 1.0)


def test_random_changes():
    tf.random.set_seed(3)
    flips = [np.asarray(image.random_flip_left_right(X)) for _ in range(20)]
    assert {f.tobytes() for f in flips} == {X.tobytes(), np.ascontiguousarray(X[:, ::-1]).tobytes()}
    both = np.asarray(image.stateless_random_flip_up_down(np.stack([X] * 20), seed=[1, 2]))
    np.testing.assert_array_equal(both, image.stateless_random_flip_up_down(np.stack([X] * 20), [1, 2]))
    assert 0 < sum(np.array_equal(x, X) for x in both) < 20
    moved = np.asarray(image.random_brightness(X.astype("float64"), 0.2)) - X
    assert np.ptp(moved) < 1e-6 and 0 < abs(moved[0, 0, 0]) <= 0.2
    for change in (lambda: image.random_contrast(X, 0.5, 2.0), lambda: image.random_saturation(X, 0.5, 2.0),
                   lambda: image.random_hue(X, 0.3)):
        assert not np.array_equal(change(), change())
    part = np.asarray(image.random_crop(BATCH, [1, 2, 3, -1], seed=1))
    assert part.shape == (1, 2, 3, 3)
    assert any(np.array_equal(part[0], BATCH[b, i:i + 2, j:j + 3]) for b in (0, 1) for i in range(4) for j in range(4))
    np.testing.assert_array_equal(image.stateless_random_crop(X, [2, 2, 3], [5, 6]),
                                  image.stateless_random_crop(X, [2, 2, 3], [5, 6]))


@pytest.mark.parametrize("error, words, wrong", [
    (ValueError, r"height, width, channels.*\(5, 6\)", lambda: image.flip_left_right(X[..., 0])),
    (ValueError, "does not lie inside", lambda: image.crop_to_bounding_box(X, 3, 0, 3, 3)),
    (ValueError, "does not fit into", lambda: image.pad_to_bounding_box(X, 1, 0, 5, 6)),
    (ValueError, "above 0 and at most 1", lambda: image.central_crop(X, 1.5)),
    (ValueError, "bilinear.*'linear'", lambda: image.resize(X, (2, 2), "linear")),
    (InvalidArgumentError, "above 0", lambda: image.resize(X, (0, 2))),
    (ValueError, "not be negative", lambda: image.random_hue(X, -0.1)),
    (ValueError, "larger one last", lambda: image.random_contrast(X, 2.0, 1.0)),
    (ValueError, "does not lie inside", lambda: image.random_crop(X, [6, 1, 1])),
])
def test_errors(error, words, wrong):
    with pytest.raises(error, match=words):
        wrong()
