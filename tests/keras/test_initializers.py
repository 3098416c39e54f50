"""Initializers: their distributions, their seeds, and the very numbers that Keras on TensorFlow draws."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import initializers

RANDOM = ["RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "GlorotNormal", "GlorotUniform",
          "HeNormal", "HeUniform", "LecunNormal", "LecunUniform", "Orthogonal"]
# (scale, fan of a (200, 300) weight, whether uniform)
SCALED = {"GlorotNormal": (1, 250), "GlorotUniform": (1, 250), "HeNormal": (2, 200), "HeUniform": (2, 200),
          "LecunNormal": (1, 200), "LecunUniform": (1, 200), "VarianceScaling": (1, 200)}


def test_the_numbers_of_keras():
    """Seen with Keras 3.15 on TensorFlow 2.21."""
    got = initializers.GlorotUniform(seed=3)((2, 3))
    expected = [[-0.6662216186523438, 0.962557315826416, 0.07071137428283691],
                [0.747184157371521, -0.6949249505996704, -0.8349170684814453]]
    np.testing.assert_array_equal(got, np.array(expected, "float32"))
    got = initializers.HeNormal(seed=2**31 + 7)((2, 3))
    expected = [[-0.631043553352356, -0.5650514960289001, -0.8502848148345947],
                [-0.16654649376869202, 0.4534706771373749, 1.5730725526809692]]
    np.testing.assert_allclose(got, expected, rtol=3e-7)
    expected = [[-0.39354825019836426, 0.7484162449836731], [-0.553327202796936, 0.27089422941207886],
                [0.7341312170028687, 0.6053837537765503]]
    np.testing.assert_allclose(initializers.Orthogonal(seed=3)((3, 2)), expected, rtol=1e-5)


def test_unseeded_numbers_after_set_random_seed_are_those_of_keras():
    keras.utils.set_random_seed(1)
    np.testing.assert_allclose(initializers.GlorotUniform()((1, 2)), [[-0.6816514, 1.0251547]], rtol=2e-7)
    np.testing.assert_allclose(keras.random.normal((2,)), [0.5903972, -0.8381091], rtol=3e-7)
    np.testing.assert_allclose(keras.random.normal((2,)), [-1.0650693, -0.6770322], rtol=3e-7)


@pytest.mark.parametrize("name", RANDOM)
def test_seeds(name):
    cls = getattr(initializers, name)
    unseeded, other = cls(), cls()
    np.testing.assert_array_equal(unseeded((4, 5)), unseeded((4, 5)))
    assert np.abs(unseeded((4, 5)).numpy() - other((4, 5)).numpy()).max() > 1e-3
    np.testing.assert_array_equal(cls(seed=7)((4, 5)), cls(seed=7)((4, 5)))
    moving = cls(seed=keras.random.SeedGenerator(7))
    assert np.abs(moving((4, 5)).numpy() - moving((4, 5)).numpy()).max() > 1e-3
    with pytest.raises(ValueError, match="seed"):
        cls(seed="seven")


@pytest.mark.parametrize("name", sorted(SCALED))
def test_variance(name):
    scale, fan = SCALED[name]
    values = getattr(initializers, name)(seed=1)((200, 300)).numpy()
    assert values.var() == pytest.approx(scale / fan, rel=0.03)
    assert abs(values.mean()) < 0.001


def test_limits():
    assert np.abs(initializers.TruncatedNormal(stddev=0.5, seed=1)((10_000,)).numpy()).max() <= 1.0
    drawn = initializers.RandomUniform(2.0, 3.0, seed=1)((10_000,)).numpy()
    assert 2.0 <= drawn.min() < 2.01 and 2.99 < drawn.max() < 3.0


def test_orthogonal_in_both_directions():
    tall = initializers.Orthogonal(2.0, seed=1)((6, 4)).numpy()
    wide = initializers.Orthogonal(seed=1)((3, 2, 9)).numpy()
    np.testing.assert_allclose(tall.T @ tall, 4 * np.eye(4), atol=1e-5)
    np.testing.assert_allclose(wide.reshape(6, 9) @ wide.reshape(6, 9).T, np.eye(6), atol=1e-5)


def test_without_chance():
    np.testing.assert_array_equal(initializers.Zeros()((2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(initializers.Ones()((2,), dtype="int32"), [1, 1])
    assert initializers.Ones()((2,), dtype="int32").dtype == tf.int32
    np.testing.assert_array_equal(initializers.Constant(2.5)((2,)), [2.5, 2.5])
    np.testing.assert_array_equal(initializers.Constant([1.0, 2.0])((3, 2)), [[1, 2]] * 3)
    np.testing.assert_array_equal(initializers.Identity(3.0)((2, 3)), 3 * np.eye(2, 3))
    with pytest.raises(ValueError, match="matrices"):
        initializers.Identity()((2, 3, 4))


def test_fans():
    assert initializers.compute_fans((7,)) == (7, 7)
    assert initializers.compute_fans((3, 5)) == (3, 5)
    assert initializers.compute_fans((2, 2, 3, 5)) == (12, 20)
    assert initializers.compute_fans((2, 3, 4), [0, 1], [2]) == (6, 4)


@pytest.mark.parametrize("made", [
    initializers.Zeros(), initializers.Constant([1.0, 2.0]), initializers.Identity(2.0), initializers.HeNormal(seed=3),
    initializers.RandomUniform(1, 2, 5), initializers.VarianceScaling(2.0, "fan_out", "uniform", 4),
    initializers.Orthogonal(2.0, seed=3), initializers.RandomNormal(seed=keras.random.SeedGenerator(4)),
], ids=lambda made: type(made).__name__)
def test_round_trip(made):
    config = initializers.serialize(made)
    again = initializers.deserialize(config)
    assert type(again) is type(made) and initializers.serialize(again) == config
    np.testing.assert_array_equal(made.clone()((2, 2)), again((2, 2)))


def test_strings_classes_functions_and_arrays():
    assert isinstance(initializers.get("he_normal"), initializers.HeNormal)
    assert isinstance(initializers.get("HENORMAL"), initializers.HeNormal)
    assert isinstance(initializers.get(initializers.Ones), initializers.Ones)
    given = np.arange(4.0).reshape(2, 2)
    np.testing.assert_array_equal(initializers.get(given)((2, 2)), given)
    with pytest.raises(ValueError, match=r"\(2, 2\)"):
        initializers.get(given)((3, 2))
    with pytest.raises(ValueError, match="did you mean 'glorot_uniform'"):
        initializers.get("glorot_unifrom")
    with pytest.raises(ValueError, match="mode"):
        initializers.VarianceScaling(mode="fan")
