"""Rows dealt out and put back, sequences turned round, histograms, bits; and lists of tensors that a loop writes."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError
from tinynn.testing import check_gradients


def values(tensor):
    return np.asarray(tensor).tolist()


def test_partition_and_stitch_undo_each_other():
    x = np.random.default_rng(0).normal(size=(5, 2))
    numbers = [2, 0, 2, 1, 0]
    parts = tf.dynamic_partition(x, numbers, 4)
    assert [len(part) for part in parts] == [2, 1, 2, 0]
    np.testing.assert_array_equal(parts[2], x[[0, 2]])
    places = tf.dynamic_partition(np.arange(5), numbers, 4)
    np.testing.assert_array_equal(tf.dynamic_stitch(places, parts), x)
    check_gradients(lambda x: tf.dynamic_partition(x, numbers, 3)[2] ** 2, [x])
    check_gradients(lambda a, b: tf.dynamic_stitch([[0, 4], [1]], [a, b]) ** 2, [x[:2], x[:1]])


def test_stitch_keeps_the_last_and_leaves_gaps_0():
    assert values(tf.dynamic_stitch([[0, 3], [0]], [[1, 2], [9]])) == [9, 0, 0, 2]


def test_partition_errors():
    with pytest.raises(InvalidArgumentError, match="from 0 to 1, got 0 to 2"):
        tf.dynamic_partition([1.0, 2.0], [0, 2], 2)
    with pytest.raises(InvalidArgumentError, match=r"\(1,\)"):
        tf.dynamic_partition([1.0, 2.0], [0], 2)
    with pytest.raises(InvalidArgumentError, match="do not fit"):
        tf.dynamic_stitch([[0, 1]], [[1.0]])


def test_sequences_turned_round():
    x = np.arange(12).reshape(3, 4)
    assert values(tf.reverse_sequence(x, [1, 4, 2], seq_axis=1)) == [[0, 1, 2, 3], [7, 6, 5, 4], [9, 8, 10, 11]]
    got = tf.reverse_sequence(x.T, [1, 4, 2], seq_axis=0, batch_axis=1)
    assert values(tf.transpose(got)) == [[0, 1, 2, 3], [7, 6, 5, 4], [9, 8, 10, 11]]
    with pytest.raises(InvalidArgumentError, match="from 0 to 4"):
        tf.reverse_sequence(x, [1, 5, 2], seq_axis=1)


def test_histograms():
    x = [-1.0, 0.0, 1.5, 2.0, 5.0, 15.0]
    assert values(tf.histogram_fixed_width_bins(x, [0.0, 5.0], nbins=5)) == [0, 0, 1, 2, 4, 4]
    assert values(tf.histogram_fixed_width(x, [0.0, 5.0], nbins=5)) == [2, 1, 1, 0, 2]
    assert tf.histogram_fixed_width(x, [0.0, 5.0], nbins=5, dtype=tf.int64).dtype == tf.int64
    with pytest.raises(InvalidArgumentError, match="smaller, larger"):
        tf.histogram_fixed_width(x, [5.0, 0.0])


def test_bits_read_anew():
    assert values(tf.bitcast(1.0, tf.int32)) == 0x3F800000
    assert values(tf.bitcast(tf.constant([255], tf.uint8), tf.int8)) == [-1]
    two = tf.bitcast(tf.constant([1.0, 2.0]), tf.uint8)
    assert two.shape == (2, 4) and values(tf.bitcast(two, tf.float32)) == [1, 2]
    with pytest.raises(InvalidArgumentError, match="4 elements"):
        tf.bitcast(tf.constant([1, 2], tf.uint8), tf.int32)


def test_a_loop_writes_a_list():
    array = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    for i in range(3):
        array = array.write(i, tf.constant([i, 2 * i], tf.float32))
    assert values(array.stack()) == [[0, 0], [1, 2], [2, 4]]
    assert values(array.concat()) == [0, 0, 1, 2, 2, 4]
    assert values(array.gather([2, 0])) == [[2, 4], [0, 0]]
    assert int(array.size()) == 3
    assert values(array.read(1)) == [1, 2]
    with pytest.raises(InvalidArgumentError, match="clear_after_read"):
        array.read(1)


def test_gradients_pass_the_list():
    check_gradients(lambda x: tf.TensorArray(tf.float64, 2).write(0, x).write(1, x * x).stack() ** 2, [np.ones(2)])
    check_gradients(lambda x: tf.TensorArray(tf.float64, 3).unstack(x).read(1) ** 2, [np.arange(3.0)])


def test_list_errors():
    array = tf.TensorArray(tf.float32, 2, element_shape=[2])
    assert values(array.read(0)) == [0, 0]
    with pytest.raises(InvalidArgumentError, match="no place 2"):
        array.write(2, [1.0, 2.0])
    with pytest.raises(InvalidArgumentError, match="float32 got a tensor of int32"):
        array.write(0, tf.constant([1, 2]))
    with pytest.raises(ValueError, match="incompatible"):
        array.write(0, [1.0])
    with pytest.raises(InvalidArgumentError, match="nothing was written to place 0"):
        tf.TensorArray(tf.float32, 2).stack()
    assert values(tf.TensorArray(tf.float32, 2).write(0, 1.0).stack()) == [1, 0]      # the shape is known by then
    assert tf.TensorArray(tf.float32).stack().shape == (0,)
