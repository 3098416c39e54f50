"""tf.data: what comes out of a dataset, in TensorFlow's order."""

import numpy as np
import pytest

from tinynn.core.errors import InvalidArgumentError, OutOfRangeError, TinynnHint
from tinynn.core.seeds import set_global
from tinynn.core.spec import TensorSpec
from tinynn.data import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, Dataset, Options
from tinynn.data.order import Dealer, mixer, permutation, shuffled


@pytest.fixture(autouse=True)
def no_global_seed():
    set_global(None)
    yield
    set_global(None)


def values(dataset):
    """The elements as nested Python values."""
    def plain(x):
        if isinstance(x, tuple):
            return tuple(map(plain, x))
        if isinstance(x, dict):
            return {k: plain(v) for k, v in x.items()}
        return x.tolist() if hasattr(x, "tolist") else x

    return [plain(x) for x in dataset.as_numpy_iterator()]


def ten():
    return Dataset.range(10)


# ---- order: recorded from TensorFlow 2.21 ----------------------------------------------------------------------------

FULL = [9, 5, 8, 10, 1, 11, 2, 0, 6, 7, 3, 4], [3, 2, 1, 7, 8, 6, 4, 11, 9, 10, 0, 5]
BUFFER_OF_5 = [[2, 4, 0, 3, 8, 1, 9, 10, 5, 7, 6, 11], [4, 0, 3, 7, 2, 6, 8, 9, 11, 5, 1, 10],
               [1, 0, 6, 7, 4, 8, 5, 11, 2, 3, 10, 9]]
UNDER_SEED_3 = [[3, 10, 5, 2, 6, 1, 9, 7, 0, 8, 4, 11], [11, 2, 0, 7, 9, 3, 8, 10, 6, 4, 1, 5]]
FIXED = [2, 3, 0, 7, 4, 8, 6, 11, 5, 10, 9, 1]


@pytest.mark.parametrize("source", [lambda: Dataset.range(12), lambda: Dataset.from_tensor_slices(np.arange(12))])
def test_shuffle_draws_tensorflows_numbers(source):
    dataset = source().shuffle(5, seed=7)
    assert [values(dataset) for _ in range(3)] == BUFFER_OF_5
    dataset = source().shuffle(5, seed=7, reshuffle_each_iteration=False)
    assert [values(dataset) for _ in range(2)] == [FIXED, FIXED]
    assert values(source().shuffle(100, seed=42).repeat(2)) == FULL[0] + FULL[1]
    assert values(source().shuffle(UNKNOWN_CARDINALITY, seed=42)) == FULL[0]


def test_batches_after_a_shuffle_hold_rows_in_that_order():
    dataset = Dataset.from_tensor_slices(np.arange(12)).shuffle(100, seed=42).batch(5)
    assert values(dataset) == [FULL[0][:5], FULL[0][5:10], FULL[0][10:]]
    assert values(dataset)[0] == FULL[1][:5]


def test_a_shuffle_after_batch_moves_whole_batches():
    with pytest.warns(TinynnHint, match="whole batches"):
        dataset = Dataset.from_tensor_slices((np.arange(24), np.arange(24) * 2)).batch(2).shuffle(100, seed=42)
    for expected in FULL:
        assert values(dataset) == [([2 * k, 2 * k + 1], [4 * k, 4 * k + 2]) for k in expected]


@pytest.mark.parametrize("count", [0, 1, 7, 64, 65, 200])
def test_a_permutation_is_the_shuffle_with_a_buffer_for_all(count):
    seeds = 2**40 + 3, 2**33 + 5
    assert permutation(range(count), seeds).tolist() == list(shuffled(range(count), count + 1, seeds))
    for size in (1, 3, 64, 150):
        assert permutation(range(count), seeds, size).tolist() == list(shuffled(range(count), size, seeds))


def test_every_item_comes_out_once_and_no_further_ahead_than_the_buffer():
    out = list(shuffled(range(1000), 10, (1, 2)))
    assert sorted(out) == list(range(1000))
    assert out != sorted(out)
    assert all(item < place + 10 for place, item in enumerate(out))


def test_datasets_without_a_seed_take_theirs_from_the_global_one():
    set_global(3)
    assert [values(Dataset.range(12).shuffle(100)) for _ in range(2)] == UNDER_SEED_3
    assert values(Dataset.range(12).shuffle(100, seed=42)) == [11, 5, 7, 2, 6, 4, 8, 0, 9, 10, 3, 1]
    set_global(3)
    assert values(Dataset.range(12).shuffle(100)) == UNDER_SEED_3[0]


def test_unseeded_shuffles_differ():
    first, second = (list(mixer(None, Dealer(None, True))(range(100))) for _ in range(2))
    assert first != second


# ---- sources ---------------------------------------------------------------------------------------------------------


def test_slices_of_nested_structures():
    dataset = Dataset.from_tensor_slices(([1, 2], {"a": [3.0, 4.0], "b": np.array([[5], [6]], np.int8)}))
    assert values(dataset) == [(1, {"a": 3.0, "b": [5]}), (2, {"a": 4.0, "b": [6]})]
    assert dataset.element_spec == (
        TensorSpec((), "int32"), {"a": TensorSpec((), "float32"), "b": TensorSpec((1,), "int8")})
    assert values(dataset.batch(2)) == [([1, 2], {"a": [3.0, 4.0], "b": [[5], [6]]})]
    assert repr(Dataset.from_tensor_slices([1]).batch(2)) == (
        "<_BatchDataset element_spec=TensorSpec(shape=(None,), dtype=tf.int32, name=None)>")


def test_slices_do_not_follow_a_later_change_of_the_array():
    x = np.zeros((4, 2))
    dataset = Dataset.from_tensor_slices(x).batch(2)
    x[:] = 1
    assert x.flags.writeable
    assert values(dataset) == [[[0, 0], [0, 0]]] * 2


def test_slices_refuse_scalars_and_unequal_lengths():
    with pytest.raises(ValueError, match="rank >= 1"):
        Dataset.from_tensor_slices(3)
    with pytest.raises(ValueError, match="2 and 3 are not compatible"):
        Dataset.from_tensor_slices(([1, 2], [1, 2, 3]))


def test_range_and_from_tensors_and_counter():
    assert values(Dataset.range(5, 0, -2)) == [5, 3, 1]
    assert values(Dataset.from_tensors(([1, 2], 3))) == [([1, 2], 3)]
    assert values(Dataset.counter(3, 2).take(2)) == [3, 5]
    assert Dataset.range(2).element_spec == TensorSpec((), "int64")


def test_from_generator():
    def pairs(n):
        for i in range(n):
            yield [i, i + 1], float(i)

    dataset = Dataset.from_generator(
        pairs, args=(2,), output_signature=(TensorSpec((2,), "int32"), TensorSpec((), "float32")))
    assert values(dataset) == values(dataset) == [([0, 1], 0.0), ([1, 2], 1.0)]
    assert values(Dataset.from_generator(lambda: iter([1, 2]), "float64")) == [1.0, 2.0]
    with pytest.raises(TypeError, match="output_signature"):
        Dataset.from_generator(lambda: iter([1]))
    with pytest.raises(InvalidArgumentError, match="expected structure"):
        values(Dataset.from_generator(lambda: iter([1]), ("int32", "int32")))
    with pytest.raises(InvalidArgumentError, match=r"shape \(3,\)"):
        values(Dataset.from_generator(lambda: iter([[1, 2, 3]]), "int32", output_shapes=(2,)))


# ---- transformations -------------------------------------------------------------------------------------------------


def test_batch_and_unbatch():
    assert values(ten().batch(4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert values(ten().batch(4, drop_remainder=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert values(ten().batch(4).unbatch()) == list(range(10))
    slices = Dataset.from_tensor_slices(np.arange(10))
    for drop in (False, True):
        assert values(slices.batch(4, drop)) == values(ten().batch(4, drop))
        assert values(slices.shuffle(20, seed=1).batch(4, drop))[0:2] == values(
            ten().shuffle(20, seed=1).batch(4, drop))[0:2]
        assert len(slices.batch(4, drop)) == 3 - drop
    assert values(slices.skip(1).batch(4).batch(2, drop_remainder=True)) == [[[1, 2, 3, 4], [5, 6, 7, 8]]]
    assert values(slices.shard(3, 1).batch(2)) == [[1, 4], [7]]
    with pytest.raises(InvalidArgumentError, match="greater than zero"):
        ten().batch(0)
    ragged = Dataset.from_generator(lambda: iter([[1], [1, 2]]), "int32")
    with pytest.raises(InvalidArgumentError, match=r"component 0. First element had shape \[1\] and element 1"):
        values(ragged.batch(2))
    assert values(ragged.padded_batch(2, padding_values=9)) == [[[1, 9], [1, 2]]]
    assert values(Dataset.range(1, 4).padded_batch(2)) == [[1, 2], [3]]
    assert values(ragged.padded_batch(2, padded_shapes=[3])) == [[[1, 0, 0], [1, 2, 0]]]


@pytest.mark.parametrize("source", [ten, lambda: Dataset.from_tensor_slices(np.arange(10))])
def test_take_skip_repeat_shard_concatenate(source):
    assert values(source().take(3)) == [0, 1, 2]
    assert values(source().take(-1)) == list(range(10))
    assert values(source().skip(8)) == [8, 9]
    assert values(source().skip(-1)) == []
    assert values(source().take(2).repeat(2)) == [0, 1, 0, 1]
    assert values(source().repeat().skip(8).take(4)) == [8, 9, 0, 1]
    assert values(source().shard(4, 3)) == [3, 7]
    assert values(source().take(1).concatenate(source().skip(9))) == [0, 9]
    with pytest.raises(TypeError, match="Incompatible"):
        source().concatenate(Dataset.from_tensors(1.5))


def test_map_and_filter_spread_tuples_and_keep_dicts():
    pairs = Dataset.from_tensor_slices(([1, 2, 3], [10, 20, 30]))
    assert values(pairs.map(lambda a, b: {"sum": np.asarray(a) + np.asarray(b)})) == [
        {"sum": 11}, {"sum": 22}, {"sum": 33}]
    assert values(pairs.map(lambda a, b: [a, (a, [a, b])]).take(1)) == [(1, (1, [1, 10]))]
    assert values(pairs.filter(lambda a, b: np.asarray(a) > 1)) == [(2, 20), (3, 30)]
    named = Dataset.from_tensor_slices({"x": [1, 2]}).map(lambda row: row["x"])
    assert values(named) == [1, 2]
    with pytest.raises(ValueError, match="must be a function"):
        pairs.map(3)
    with pytest.raises(ValueError, match="scalar truth value"):
        values(pairs.filter(lambda a, b: a))


def test_the_spec_of_a_map_keeps_what_is_unknown():
    dataset = Dataset.from_tensor_slices(np.zeros((6, 3), "float32")).batch(4).map(lambda x: (x, np.zeros(2)))
    assert dataset.element_spec == (TensorSpec((None, 3), "float32"), TensorSpec((2,), "float64"))


def test_zip_and_enumerate():
    assert values(Dataset.zip(ten(), Dataset.range(2))) == [(0, 0), (1, 1)]
    assert values(Dataset.zip((ten(), (ten(), Dataset.range(1))))) == [(0, (0, 0))]
    assert values(Dataset.from_tensor_slices([7, 8]).enumerate(start=5)) == [(5, 7), (6, 8)]


def test_window():
    def windows(**more):
        return [[int(v) for v in w] for w in ten().window(3, **more)]

    assert windows() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    assert windows(shift=2, stride=2) == [[0, 2, 4], [2, 4, 6], [4, 6, 8], [6, 8], [8]]
    assert windows(shift=2, stride=2, drop_remainder=True) == [[0, 2, 4], [2, 4, 6], [4, 6, 8]]
    assert windows(shift=5, drop_remainder=True) == [[0, 1, 2], [5, 6, 7]]
    assert values(ten().window(4, shift=3, drop_remainder=True).flat_map(lambda w: w.batch(4))) == [
        [0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    x, y = next(iter(Dataset.from_tensor_slices(([1, 2], [3, 4])).window(2)))
    assert (values(x), values(y)) == ([1, 2], [3, 4])


def test_interleave_flat_map_scan_reduce_take_while_unique():
    three = lambda x: Dataset.from_tensors(x).repeat(3)
    assert values(Dataset.range(6).interleave(three, cycle_length=2)) == [
        0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 4, 5, 4, 5, 4, 5]
    assert values(Dataset.range(6).interleave(three, cycle_length=2, block_length=2)) == [
        0, 0, 1, 1, 0, 1, 2, 2, 3, 3, 2, 3, 4, 4, 5, 5, 4, 5]
    assert values(Dataset.range(3).flat_map(lambda x: Dataset.range(int(x)))) == [0, 0, 1]
    assert values(ten().scan(0, lambda s, x: (int(s) + int(x), int(s)))) == [0, 0, 1, 3, 6, 10, 15, 21, 28, 36]
    assert int(ten().reduce(0, lambda s, x: int(s) + int(x))) == 45
    pair = Dataset.from_tensor_slices(([1, 2], [3, 4])).reduce((0, 0), lambda s, x: (int(s[0]) + int(x[0]), x[1]))
    assert [int(v) for v in pair] == [3, 4]
    assert values(ten().take_while(lambda x: np.asarray(x) < 3)) == [0, 1, 2]
    assert values(Dataset.from_tensor_slices([1, 2, 1]).unique()) == [1, 2]


def test_cache_keeps_the_first_whole_pass():
    calls = []
    dataset = Dataset.range(3).map(lambda x: calls.append(int(x)) or x).cache()
    next(iter(dataset))
    assert values(dataset) == values(dataset) == [0, 1, 2]
    assert calls == [0, 0, 1, 2]


# ---- protocol --------------------------------------------------------------------------------------------------------


def test_iterations_are_independent():
    dataset = ten()
    first, second = iter(dataset), iter(dataset)
    next(first)
    assert (int(next(first)), int(next(second))) == (1, 0)
    last = iter(Dataset.range(1))
    assert int(last.get_next()) == 0
    with pytest.raises(OutOfRangeError):
        last.get_next()


@pytest.mark.parametrize(("dataset", "length"), [
    (ten().batch(3, True).unbatch(), 9), (ten().batch(3).unbatch(), UNKNOWN_CARDINALITY),
    (ten().window(3, shift=2), 5), (ten().window(3, shift=2, drop_remainder=True), 4),
    (ten().repeat(), INFINITE_CARDINALITY), (ten().repeat(2), 20), (ten().repeat(0), 0), (ten().repeat().take(3), 3),
    (ten().filter(bool), UNKNOWN_CARDINALITY), (ten().skip(3), 7), (ten().shard(4, 1), 3), (ten().enumerate(), 10),
    (ten().concatenate(ten()), 20), (ten().take(-1), 10), (ten().shuffle(3).batch(4).prefetch(1).cache(), 3),
])
def test_cardinality(dataset, length):
    assert int(dataset.cardinality()) == length
    if length >= 0:
        assert len(dataset) == length == len(values(dataset))
    else:
        with pytest.raises(TypeError, match="infinite" if length == INFINITE_CARDINALITY else "unknown"):
            len(dataset)
    assert dataset


def test_options_are_taken_and_merged():
    options = Options()
    options.threading.private_threadpool_size = 1
    options.deterministic = True
    dataset = ten().with_options(options).batch(5)
    assert dataset.options().deterministic
    assert dataset.apply(lambda d: d.take(1)).get_single_element().shape == (5,)


# ---- groups: recorded from TensorFlow 2.21 ---------------------------------------------------------------------------


def test_rebatch():
    assert values(Dataset.range(7).batch(3).rebatch(2)) == [[0, 1], [2, 3], [4, 5], [6]]
    assert values(Dataset.range(7).batch(3).rebatch([2, 1])) == [[0, 1], [2], [3, 4], [5], [6]]


def test_group_by_window():
    grouped = ten().group_by_window(lambda x: x % 2, lambda key, window: window.batch(3), window_size=3)
    assert values(grouped) == [[0, 2, 4], [1, 3, 5], [6, 8], [7, 9]]
    assert grouped.element_spec == TensorSpec((None,), "int64")
    with pytest.raises(ValueError, match="window_size or window_size_func"):
        ten().group_by_window(lambda x: x, lambda key, window: window)


def test_bucket_by_sequence_length():
    rows = [[1], [1, 2], [1, 2, 3], [4], [5, 6, 7]]
    dataset = Dataset.from_generator(lambda: iter(rows), output_signature=TensorSpec((None,), "int32"))
    bucketed = dataset.bucket_by_sequence_length(lambda x: x.shape[0], [2], [2, 2])
    assert values(bucketed) == [[[1, 2, 0], [1, 2, 3]], [[1], [4]], [[5, 6, 7]]]
    filled = dataset.bucket_by_sequence_length(lambda x: x.shape[0], [5], [9, 9], pad_to_bucket_boundary=True)
    assert [len(row) for row in values(filled)[0]] == [4] * 5
    with pytest.raises(ValueError, match="one batch size per bucket"):
        dataset.bucket_by_sequence_length(lambda x: x.shape[0], [5], [9])


def test_choose_from_datasets():
    parts, order = [Dataset.range(3), Dataset.range(10, 14)], np.array([0, 1, 1, 0, 1, 0, 0, 1])
    chosen = Dataset.choose_from_datasets(parts, Dataset.from_tensor_slices(order))
    assert values(chosen) == [0, 10, 11, 1, 12, 2]
    chosen = Dataset.choose_from_datasets(parts, Dataset.from_tensor_slices(order), stop_on_empty_dataset=False)
    assert values(chosen) == [0, 10, 11, 1, 12, 2, 13]
