"""Boxes in images: counted by hand, against sums over corners, and recorded from TensorFlow 2.21."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError

BOXES = [[0, 0, 10, 10], [1, 1, 10, 10], [0, 20, 10, 30], [10, 30, 0, 20], [0, 0, 10, 9]]    # the fourth: turned round
SCORES = [0.7, 0.9, 0.3, 0.5, 0.8]
IMAGES = np.random.default_rng(0).uniform(size=(2, 5, 4, 3)).astype("float32")


def kept(*arguments, **options):
    numbers = tf.image.non_max_suppression(BOXES, SCORES, *arguments, **options)
    assert numbers.dtype == "int32"
    return numbers.numpy().tolist()


def test_the_best_of_boxes_that_overlap():
    assert kept(5) == [1, 3]
    assert kept(1) == [1]
    assert kept(0) == []
    assert kept(5, 1.0) == [1, 4, 0, 3, 2]
    assert kept(5, 0.78) == [1, 4, 3]               # 1 and 4 have 72 of 99 in common, 1 and 0 81 of 100
    assert kept(5, score_threshold=0.5) == [1]      # above, not at
    assert tf.image.non_max_suppression(np.zeros((0, 4)), np.zeros(0), 3).shape == (0,)


def test_boxes_without_an_area_have_nothing_in_common():
    assert tf.image.non_max_suppression([[0, 0, 1, 0.0]] * 2, [1.0, 2.0], 2).numpy().tolist() == [1, 0]


def test_soft_suppression():
    numbers, scores = tf.image.non_max_suppression_with_scores(
        [[0, 0, 1, 1], [0, 0, 1, 0.9], [0, 2, 1, 3.0]], [0.9, 0.8, 0.7], 3, soft_nms_sigma=0.5)
    assert numbers.numpy().tolist() == [0, 2, 1]
    np.testing.assert_allclose(scores, [0.9, 0.7, 0.8 * np.exp(-0.9**2)], rtol=1e-6)
    _, scores = tf.image.non_max_suppression_with_scores(BOXES, SCORES, 5)
    np.testing.assert_allclose(scores, [0.9, 0.5])


def bilinear(image, y, x, outside):
    """One pixel, by the areas of the four corners."""
    height, width, _ = image.shape
    if not (0 <= y <= height - 1 and 0 <= x <= width - 1):
        return np.full(3, outside)
    return sum(image[i, j] * max(0, 1 - abs(y - i)) * max(0, 1 - abs(x - j))
               for i in range(height) for j in range(width))


@pytest.mark.parametrize(("box", "size"), [
    ([0.0, 0.0, 1.0, 1.0], (5, 4)), ([0.1, 0.2, 0.9, 0.7], (3, 6)), ([0.9, 1.0, 0.2, 0.0], (4, 2)),
    ([-0.3, 0.2, 1.4, 1.1], (6, 5)), ([0.1, 0.3, 0.5, 0.8], (1, 3)), ([0.1, 0.3, 0.5, 0.8], (1, 1))])
def test_crops(box, size):
    got = tf.image.crop_and_resize(IMAGES, [box, box], [1, 0], size, extrapolation_value=7.0)
    assert got.shape == (2, *size, 3) and got.dtype == "float32"
    ys, xs = [np.linspace(box[k], box[k + 2], n) if n > 1 else [(box[k] + box[k + 2]) / 2]
              for k, n in enumerate(size)]
    for part, image in zip(got.numpy(), IMAGES[::-1], strict=True):
        expected = [[bilinear(image, y * 4, x * 3, 7.0) for x in xs] for y in ys]
        np.testing.assert_allclose(part, expected, atol=1e-5)


def test_the_whole_is_the_image():
    for method in ("bilinear", "nearest"):
        whole = tf.image.crop_and_resize(IMAGES, [[0, 0, 1, 1]], [1], (5, 4), method)
        np.testing.assert_allclose(whole, IMAGES[1:], rtol=1e-6)


def test_the_nearest_pixel():
    row = np.arange(5, dtype="uint8").reshape(1, 1, 5, 1)
    got = tf.image.crop_and_resize(row, [[0, 0, 0, 1]], [0], (1, 9), "nearest")
    assert np.ravel(got).tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4]        # a half goes up


def test_gradients():
    """The crop is linear in the images; of the boxes, against differences."""
    boxes = np.array([[0.11, 0.2, 0.93, 0.7], [0.8, 0.9, 0.17, 0.21]], "float32")
    weights = np.random.default_rng(1).normal(size=(2, 3, 2, 3)).astype("float32")

    def total(images, boxes):
        return tf.reduce_sum(tf.image.crop_and_resize(images, boxes, [1, 0], (3, 2)) * weights)

    with tf.GradientTape() as tape:
        inputs = [tf.Variable(IMAGES), tf.Variable(boxes)]
        y = total(*inputs)
    of_images, of_boxes = tape.gradient(y, inputs)
    np.testing.assert_allclose(tf.reduce_sum(of_images * IMAGES), y, rtol=1e-5)
    for place in np.ndindex(boxes.shape):
        step = np.zeros_like(boxes)
        step[place] = 1e-3
        slope = (total(IMAGES, boxes + step) - total(IMAGES, boxes - step)) / 2e-3
        np.testing.assert_allclose(of_boxes[place], slope, rtol=1e-2, atol=1e-2)


def test_crops_in_a_function():
    crop = tf.function(lambda boxes: tf.image.crop_and_resize(IMAGES, boxes, [1], (3, 2)))
    for boxes in ([[0.1, 0.2, 0.9, 0.7]], [[0.0, 0.0, 0.3, 0.4]]):
        expected = tf.image.crop_and_resize(IMAGES, boxes, [1], (3, 2))
        np.testing.assert_allclose(crop(tf.constant(boxes)), expected, rtol=1e-6)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: tf.image.non_max_suppression(BOXES, [1.0], 2), r"got \(5, 4\), \(1,\)"),
    (lambda: tf.image.non_max_suppression(BOXES, SCORES, 2, 1.5), "got 1.5 and 2"),
    (lambda: tf.image.crop_and_resize(IMAGES, [[0, 0, 1, 1]], [0, 1], (2, 2)), r"\(1, 4\) and \(2,\)"),
    (lambda: tf.image.crop_and_resize(IMAGES, [[0, 0, 1, 1]], [0], (0, 2)), r"above 0, got \(0, 2\)"),
    (lambda: tf.image.crop_and_resize(IMAGES, [[0, 0, 1, 1]], [2], (2, 2)), "index 2 lies outside"),
])
def test_wrong_boxes(call, message):
    with pytest.raises(InvalidArgumentError, match=message):
        call()


def test_an_unknown_method():
    with pytest.raises(ValueError, match='"bilinear" or "nearest", got \'cubic\''):
        tf.image.crop_and_resize(IMAGES, [[0, 0, 1, 1]], [0], (2, 2), "cubic")
