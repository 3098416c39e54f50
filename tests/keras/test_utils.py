"""keras.utils: values recorded from Keras 3."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras.utils import normalize, set_random_seed, split_dataset, to_categorical


def test_to_categorical():
    rows = to_categorical([0, 2, 1])
    assert rows.dtype == np.float64
    assert rows.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert to_categorical(np.array([[0], [1]]), 3).shape == (2, 3)
    assert to_categorical([[0, 1], [1, 0]]).shape == (2, 2, 2)
    tensor = to_categorical(tf.constant([0, 1]), 2)
    assert (tensor.dtype, tensor.numpy().tolist()) == (tf.float32, [[1, 0], [0, 1]])


@pytest.mark.parametrize("labels", [[0, 5], [-1, 0]])
def test_to_categorical_refuses_a_label_outside(labels):
    with pytest.raises(ValueError, match="between 0 and 2"):
        to_categorical(labels, 3)


def test_normalize():
    np.testing.assert_allclose(normalize(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])
    np.testing.assert_allclose(normalize(np.array([[3.0, 4.0], [1.0, 0.0]]), axis=0, order=1), [[0.75, 1], [0.25, 0]])
    assert normalize(tf.constant([[3.0, 4.0]])).dtype == tf.float32


def numbers(dataset):
    return [int(x) for x in dataset]


@pytest.mark.parametrize(("sizes", "left", "right"), [
    ({"left_size": 0.8}, 8, 2), ({"left_size": 3}, 3, 7), ({"right_size": 0.3}, 7, 3),
    ({"left_size": 3, "right_size": 2}, 3, 2),
])
def test_split_dataset(sizes, left, right):
    a, b = split_dataset(np.arange(10), **sizes)
    assert (numbers(a), numbers(b)) == (list(range(left)), list(range(10 - right, 10)))


def test_split_dataset_shuffles_by_seed_and_takes_tuples_and_datasets():
    a, b = split_dataset(np.arange(10), left_size=0.8, shuffle=True, seed=1)
    assert (numbers(a), numbers(b)) == ([6, 8, 9, 7, 5, 3, 0, 4], [1, 2])
    a, _ = split_dataset((np.arange(4), np.arange(4.0)), left_size=0.5)
    assert [(int(x), float(y)) for x, y in a] == [(0, 0.0), (1, 1.0)]
    _, b = split_dataset(tf.data.Dataset.range(4), right_size=1)
    assert numbers(b) == [3]


@pytest.mark.parametrize("sizes", [{}, {"left_size": 1.5}, {"left_size": 0.9, "right_size": 0.9}, {"left_size": 20}])
def test_split_dataset_refuses_sizes_that_do_not_fit(sizes):
    with pytest.raises(ValueError, match="left_size"):
        split_dataset(np.arange(10), **sizes)


def test_set_random_seed_makes_everything_repeat():
    def draw():
        set_random_seed(3)
        order = [int(x) for x in tf.data.Dataset.range(9).shuffle(9)]
        return np.random.rand(), order, tf.random.normal((3,)).numpy().tolist(), keras.initializers.HeNormal()(
            (2, 2)).numpy().tolist()

    assert draw() == draw()
