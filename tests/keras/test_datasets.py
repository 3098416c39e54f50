"""keras.datasets: what is shipped."""

import hashlib

import numpy as np

from tinynn.keras.datasets import digits

TEST_LABELS = [9, 4, 7, 0, 2, 6]
TEST_IMAGES = "bab7464e833680a1"


def test_digits_are_the_1797_images_with_a_fixed_hold_out():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert (x_train.shape, y_train.shape) == ((1438, 8, 8), (1438,))
    assert (x_test.shape, y_test.shape) == ((359, 8, 8), (359,))
    assert x_train.dtype == y_train.dtype == np.uint8
    assert (x_train.min(), x_train.max()) == (0, 16)
    assert y_test[:6].tolist() == TEST_LABELS
    assert np.bincount(np.concatenate([y_train, y_test])).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(y_test).min() >= 28
    assert hashlib.sha256(x_test.tobytes()).hexdigest()[:16] == TEST_IMAGES


def test_no_image_is_on_both_sides():
    (x_train, _), (x_test, _) = digits.load_data()
    assert not {x.tobytes() for x in x_train} & {x.tobytes() for x in x_test}


def test_the_arrays_are_the_callers_own():
    first, second = digits.load_data(), digits.load_data()
    first[0][0][:] = 0
    assert second[0][0].any()


def test_source_and_licence_lie_beside_the_data():
    text = (digits.FILE.parent / "digits.LICENSE.txt").read_text()
    assert "CC BY 4.0" in text
    assert "Alpaydin" in text
