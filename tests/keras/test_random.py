"""keras.random: seeds, and the numbers of Keras on TensorFlow."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras


def test_a_generator_moves_on_and_repeats():
    generator = keras.random.SeedGenerator(5)
    np.testing.assert_array_equal(generator.next(), [5, 0])
    np.testing.assert_array_equal(generator.state, [5, 1])
    first = keras.random.SeedGenerator(5)
    a, b = (keras.random.normal((3,), seed=first).numpy() for _ in range(2))
    second = keras.random.SeedGenerator(5)
    np.testing.assert_array_equal(keras.random.normal((3,), seed=second), a)
    np.testing.assert_array_equal(keras.random.normal((3,), seed=second), b)
    assert np.abs(a - b).max() > 0.01
    again = keras.random.SeedGenerator.from_config(generator.get_config())
    np.testing.assert_array_equal(again.next(), [5, 0])
    with pytest.raises(ValueError, match="int"):
        keras.random.SeedGenerator("five")


def test_set_random_seed_repeats_everything():
    def draw():
        keras.utils.set_random_seed(3)
        return [keras.random.uniform((2,)).numpy(), keras.initializers.HeNormal()((2,)).numpy(), np.random.random(2),
                tf.random.normal((2,)).numpy(), keras.random.SeedGenerator().state.numpy()]

    for a, b in zip(draw(), draw(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_distributions():
    u = keras.random.uniform((20_000,), 2.0, 4.0, seed=1).numpy()
    assert u.min() >= 2 and u.max() < 4 and u.mean() == pytest.approx(3, abs=0.02)
    n = keras.random.normal((20_000,), 1.0, 2.0, seed=1).numpy()
    assert n.mean() == pytest.approx(1, abs=0.05) and n.std() == pytest.approx(2, abs=0.05)
    whole = keras.random.randint((20_000,), 2, 5, seed=1)
    assert whole.dtype == tf.int32 and set(np.unique(whole)) == {2, 3, 4}
    drawn = keras.random.categorical(np.log([[0.2, 0.8], [0.5, 0.5]]), 20_000, seed=1).numpy()
    np.testing.assert_allclose(drawn.mean(1), [0.8, 0.5], atol=0.02)
    gamma = keras.random.gamma((20_000,), 3.0, seed=1).numpy()
    assert gamma.mean() == pytest.approx(3, abs=0.1)
    assert keras.random.beta((20_000,), 2.0, 6.0, seed=1).numpy().mean() == pytest.approx(0.25, abs=0.01)
    assert keras.random.binomial((20_000,), 10, 0.3, seed=1).numpy().mean() == pytest.approx(3, abs=0.05)


def test_dropout_and_shuffle():
    x = tf.ones((100, 50))
    y = keras.random.dropout(x, 0.3, seed=1).numpy()
    assert set(np.unique(y)) == {0.0, np.float32(1 / 0.7)} and (y == 0).mean() == pytest.approx(0.3, abs=0.03)
    rows = keras.random.dropout(x, 0.5, noise_shape=(None, 1), seed=1).numpy()
    assert np.all(rows.std(1) == 0) and 0.3 < (rows[:, 0] == 0).mean() < 0.7
    assert keras.random.dropout(x, 0.0) is x
    shuffled = keras.random.shuffle(tf.range(20), seed=1).numpy()
    assert sorted(shuffled) == list(range(20)) and list(shuffled) != list(range(20))


def test_wrong_types_are_named():
    with pytest.raises(ValueError, match=r"requires a floating point `dtype`.*randint"):
        keras.random.uniform((2,), dtype="int32")
    with pytest.raises(ValueError, match=r"requires an integer `dtype`.*uniform"):
        keras.random.randint((2,), 0, 5, dtype="float32")
    with pytest.raises(ValueError, match="2-D"):
        keras.random.categorical(np.ones(5), 5)
    with pytest.raises(ValueError, match="Unrecognized keyword arguments: sede"):
        keras.random.SeedGenerator(sede=1)
    for call in (lambda: keras.random.SeedGenerator("1"), lambda: keras.random.normal((2,), seed="1")):
        with pytest.raises(ValueError, match="`seed` must be"):
            call()
