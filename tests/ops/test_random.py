"""Random numbers: seeds, streams, distributions, and that draws are ops on a variable."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import ops
from tinynn.backends import native
from tinynn.core.errors import InvalidArgumentError

# tf.random.stateless_*((3,), seed=[1, 2]) of TensorFlow 2.21 on a CPU
UNIFORM = [0.8440604209899902, 0.19204533100128174, 0.9962232112884521]
NORMAL = TRUNCATED = [0.544110119342804, 0.20738030970096588, 0.0735643208026886]
INTEGERS = [40, 49, 94]


def test_set_seed_restarts_everything():
    def draws():
        tf.random.set_seed(7)
        return [np.asarray(x) for x in (tf.random.normal((3,)), tf.random.normal((3,)), tf.random.normal((3,), seed=1),
                                        tf.random.normal((3,), seed=1), tf.random.uniform((3,), seed=2))]

    first, second = draws(), draws()
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    assert len({a.tobytes() for a in first}) == 5
    tf.random.set_seed(8)
    assert not np.array_equal(np.asarray(tf.random.normal((3,))), first[0])


def test_stateless_draws_are_tensorflows():
    same = lambda got, expected: np.testing.assert_allclose(np.asarray(got), expected, rtol=1e-5)
    same(tf.random.stateless_uniform((3,), [1, 2]), UNIFORM)
    same(tf.random.stateless_normal((3,), [1, 2]), NORMAL)
    same(tf.random.stateless_truncated_normal((3,), [1, 2]), TRUNCATED)
    same(tf.random.stateless_uniform((3,), [1, 2], 0, 100, tf.int32), INTEGERS)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_distributions(dtype):
    tf.random.set_seed(0)
    shape = (200, 200)
    x = np.asarray(tf.random.uniform(shape, -1.0, 3.0, dtype=dtype))
    assert x.dtype == dtype
    assert -1 <= x.min() < -0.99
    assert 2.99 < x.max() <= 3
    y = np.asarray(tf.random.normal(shape, 5.0, 2.0, dtype=dtype)).astype("float64")
    assert abs(y.mean() - 5) < 0.05
    assert abs(y.std() - 2) < 0.05
    z = np.asarray(tf.random.truncated_normal(shape, 0.0, 2.0, dtype=dtype)).astype("float64")
    assert np.abs(z).max() <= 4
    assert abs(z.std() - 2 * 0.8796) < 0.05


def test_integers():
    x = np.asarray(tf.random.uniform((1000,), -2, 3, dtype=tf.int64))
    assert set(x) == {-2, -1, 0, 1, 2}
    with pytest.raises(ValueError, match="maxval"):
        tf.random.uniform((2,), dtype=tf.int32)
    with pytest.raises(InvalidArgumentError, match="minval=5"):
        tf.random.uniform((2,), 5, 5, dtype=tf.int32)
    with pytest.raises(InvalidArgumentError, match="floating-point"):
        tf.random.normal((2,), dtype=tf.int32)


def test_generator():
    g = tf.random.Generator.from_seed(3)
    a, b = np.asarray(g.normal((4,))), np.asarray(g.normal((4,)))
    assert not np.array_equal(a, b)
    g.reset_from_seed(3)
    np.testing.assert_array_equal(np.asarray(g.normal((4,))), a)
    copy = tf.random.Generator(copy_from=g)
    np.testing.assert_array_equal(np.asarray(copy.normal((4,))), b)
    assert g.state.numpy().tolist() == [3 + 256 * 4, 0, 0]
    assert len({np.asarray(s.uniform(())).item() for s in g.split(3)}) == 3
    with pytest.raises(ValueError, match="from_seed"):
        tf.random.Generator()


def test_moments_may_be_tensors_with_gradients():
    mean = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.random.normal((3, 2), mean=mean)
    assert tape.gradient(y, mean).numpy().tolist() == [3, 3]


def test_shuffle_and_categorical():
    rows = np.arange(100)
    shuffled = np.asarray(tf.random.shuffle(rows))
    assert sorted(shuffled) == list(rows)
    assert not np.array_equal(shuffled, rows)
    drawn = np.asarray(tf.random.categorical(np.log([[0.5, 0.25, 0.25], [0.0001, 0.0001, 0.9998]]), 2000))
    assert drawn.shape == (2, 2000)
    assert abs((drawn[0] == 0).mean() - 0.5) < 0.05
    assert (drawn[1] == 2).mean() > 0.99


def test_state_can_be_put_back():
    state = ops.random_state()
    a = np.asarray(tf.random.normal((2,)))
    ops.set_random_state(state)
    if state:
        np.testing.assert_array_equal(np.asarray(tf.random.normal((2,))), a)


def test_seeds_follow_from_seeds_as_tensorflows():
    assert tf.random.split([1, 2], 2).numpy().tolist() == [[1105988140, 1738052849], [-335576002, 370444179]]
    assert tf.random.fold_in([1, 2], 5).numpy().tolist() == [1105988140, 5]
    wide = tf.random.stateless_uniform((2,), [1, 2], None, None, tf.int64)
    assert wide.numpy().tolist() == [7464880146280614444, 1591045637757961278]


def test_the_generator_of_everybody():
    generator = tf.random.get_global_generator()
    assert tf.random.get_global_generator() is generator
    try:
        tf.random.set_global_generator(tf.random.Generator.from_seed(3))
        first = tf.random.get_global_generator().normal((2,)).numpy()
        np.testing.assert_array_equal(tf.random.Generator.from_seed(3).normal((2,)), first)
    finally:
        tf.random.set_global_generator(generator)


def test_a_generator_goes_on_where_another_was():
    one = tf.random.Generator.from_seed(3)
    one.normal((2,))
    other = tf.random.Generator.from_state(one.state)
    full = one.uniform_full_int((4,), tf.uint64)
    assert full.dtype == tf.uint64 and np.asarray(full).max() > 2**40
    np.testing.assert_array_equal(other.uniform_full_int((4,), tf.uint64), full)
    one.reset(other.state)
    np.testing.assert_array_equal(one.normal((2,)), other.normal((2,)))


def test_a_generators_numbers_are_tensorflows():
    """Recorded from TensorFlow 2.21."""
    g = tf.random.Generator.from_seed(1)
    assert g.state.numpy().tolist() == [1, 0, 0] and int(g.key) == 0
    np.testing.assert_allclose(g.normal((2,)), [0.43842274, -0.53439844], rtol=1e-6)
    np.testing.assert_allclose(g.uniform((2, 1)), [[0.26456964], [0.24923408]], rtol=1e-6)
    assert g.state.numpy().tolist() == [1 + 4 * 256, 0, 0]
    g = tf.random.Generator.from_state([2561, 0, 0])
    assert g.uniform((3,), 0, 10, tf.int32).numpy().tolist() == [9, 4, 1]
    assert g.uniform((3,), 0, 10, tf.int64).numpy().tolist() == [7, 8, 8]
    np.testing.assert_allclose(g.truncated_normal((3,)), [-0.6048196, 1.9297198, 0.53683054], rtol=1e-6)
    assert g.uniform_full_int((2,), tf.uint64).numpy().tolist() == [11242719187036315870, 13974531510636968912]
    assert g.uniform_full_int((2,), tf.int32).numpy().tolist() == [-1879559123, 545857192]
    assert g.make_seeds(2).numpy().tolist() == [[-3128576574142943649, 5130464001107041223], [0, 0]]
    g = tf.random.Generator.from_state([6657, 0, 0])
    assert [part.state.numpy().tolist() for part in g.split(2)] == [[0, 0, -8755724793373558360],
                                                                    [0, 0, -4361083304922204473]]


def test_a_generators_counter_carries():
    """Recorded from TensorFlow 2.21, on the kernel and on the reference."""
    expected = [0.7543069, 0.89399815, 0.42458045, 0.7723384, 0.2886784, 0.6889242]
    before = native.enable(True)
    try:
        for kernels in (True, False):
            native.enable(kernels)
            drawn = tf.random.Generator.from_key_counter(5, [-1, 2]).uniform((6,))
            np.testing.assert_allclose(drawn, expected, rtol=1e-6)
    finally:
        native.enable(before)


def test_a_generator_leaves_numbers_out():
    one, other = tf.random.Generator.from_seed(3), tf.random.Generator.from_seed(3)
    one.normal((7,))
    assert other.skip(7).numpy().tolist() == [3, 0, 0]
    np.testing.assert_array_equal(one.normal((2,)), other.normal((2,)))
    one.reset_from_key_counter(5, [1, 2])
    assert one.state.numpy().tolist() == [1, 2, 5]
    with pytest.raises(ValueError, match=r"three whole numbers, got shape \(2,\)"):
        tf.random.Generator(state=[1, 2])
    with pytest.raises(ValueError, match="threefry"):
        tf.random.Generator.from_seed(1, alg="threefry")


def test_classes_as_a_function_of_the_seed():
    logits = np.log([[0.1, 0.2, 0.7], [1.0, 1e-9, 1e-9]])
    drawn = tf.random.stateless_categorical(logits, 5000, seed=[3, 4])
    np.testing.assert_array_equal(tf.random.stateless_categorical(logits, 5000, seed=[3, 4]), drawn)
    np.testing.assert_allclose(np.bincount(drawn[0].numpy()) / 5000, [0.1, 0.2, 0.7], atol=0.03)
    assert not drawn[1].numpy().any()


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.5, 40.0])
def test_gamma(alpha):
    drawn = np.asarray(tf.random.stateless_gamma((20000,), [1, 2], alpha, beta=2.0, dtype=tf.float64))
    assert drawn.min() > 0
    np.testing.assert_allclose(drawn.mean(), alpha / 2, rtol=0.05)
    np.testing.assert_allclose(drawn.var(), alpha / 4, rtol=0.1)
    third = np.mean((drawn - drawn.mean()) ** 3) / drawn.std() ** 3
    np.testing.assert_allclose(third, 2 / np.sqrt(alpha), rtol=0.2)


@pytest.mark.parametrize("lam", [0.0, 0.3, 4.0, 9.99, 12.0, 300.0])
def test_poisson(lam):
    drawn = np.asarray(tf.random.stateless_poisson((20000,), [1, 2], lam))
    assert drawn.dtype == np.int32 and drawn.min() >= 0
    np.testing.assert_allclose(drawn.mean(), lam, rtol=0.05)
    np.testing.assert_allclose(drawn.var(), lam, rtol=0.1)
    if 0 < lam < 20:        # each number as often as it should be
        counts = np.bincount(drawn, minlength=40) / len(drawn)
        chances = np.exp(-lam) * np.cumprod(np.concatenate([[1.0], lam / np.arange(1, len(counts))]))
        np.testing.assert_allclose(counts, chances, atol=0.01)


def test_gamma_and_poisson_as_tensorflow_calls_them():
    assert tf.random.gamma((5, 2), [0.5, 1.5, 3.0], beta=[[1.0], [2.0]], seed=1).shape == (5, 2, 2, 3)
    assert tf.random.poisson((5,), [0.5, 20.0]).dtype == tf.float32
    tf.random.set_seed(4)
    first = tf.random.gamma((3,), 2.0).numpy()
    assert not np.array_equal(tf.random.gamma((3,), 2.0), first)
    tf.random.set_seed(4)
    np.testing.assert_array_equal(tf.random.gamma((3,), 2.0), first)
    with pytest.raises(InvalidArgumentError, match="alpha must be above 0"):
        tf.random.gamma((3,), 0.0)
    with pytest.raises(InvalidArgumentError, match="negative"):
        tf.random.poisson((3,), -1.0)
