"""dtypes, shapes and nested structures under TensorFlow's names."""

import collections

import numpy as np
import pytest

import tinynn as tf
from tinynn.core import dtypes, nest


def test_dtype_names():
    assert repr(tf.float32) == "tf.float32"
    assert str(tf.float32) == "<dtype: 'float32'>"
    assert tf.float32 == "float32" == tf.float32
    assert tf.float32 == np.float32
    assert tf.float32 != tf.float64
    assert tf.float32 != None  # noqa: E711
    assert tf.as_dtype(float) is tf.float32
    assert tf.as_dtype(np.dtype("int64")) is tf.int64
    assert np.dtype(tf.int32) == np.int32
    assert (tf.int8.min, tf.int8.max, tf.int8.size) == (-128, 127, 1)
    assert tf.float32.max > 3e38
    assert {tf.float32: 1}[tf.float32] == 1
    with pytest.raises(TypeError, match="float32"):
        tf.as_dtype("float23")


@pytest.mark.parametrize("name", dtypes.CODES)
def test_codes_are_those_of_the_c_header(name):
    x = tf.zeros(2, dtype=name)
    assert x.dtype.name == name
    assert np.asarray(x).dtype == name


def test_shapes():
    shape = tf.ones((2, 32)).shape
    assert shape == (2, 32) == shape
    assert shape == [2, 32]
    assert shape.as_list() == [2, 32]
    assert (shape.rank, shape[-1], len(shape)) == (2, 32, 2)
    assert isinstance(shape[:1], tf.TensorShape)
    assert shape[:1] + (5,) == (2, 5)
    assert tf.TensorShape([None, 3]).is_compatible_with((7, 3))
    assert tf.TensorShape([None, 3]).num_elements() is None
    with pytest.raises(ValueError, match="incompatible"):
        tf.TensorShape([2]).assert_is_compatible_with([3])


def test_shapes_that_meet():
    shape = tf.TensorShape([2, None])
    assert shape.merge_with([None, 3]) == (2, 3)
    assert shape.with_rank(2) is shape.with_rank_at_least(1) is shape.with_rank_at_most(2) is shape
    for wrong in (lambda: shape.merge_with([3, 3]), lambda: shape.with_rank(1), lambda: shape.with_rank_at_least(3),
                  lambda: shape.with_rank_at_most(1), lambda: shape.assert_same_rank([1]),
                  shape.assert_is_fully_defined):
        with pytest.raises(ValueError, match=r"\(2, None\)"):
            wrong()


def test_a_shape_of_which_nothing_is_known():
    unknown = tf.TensorShape(None)
    assert unknown.rank is None and str(unknown) == "<unknown>" and repr(unknown) == "TensorShape(None)"
    assert unknown == tf.TensorShape(unknown) and unknown != tf.TensorShape([])
    assert unknown.is_compatible_with([5]) and tf.TensorShape([5]).is_compatible_with(unknown)
    assert unknown.merge_with([2, 3]) == (2, 3) == tf.TensorShape([2, 3]).merge_with(unknown)
    assert (unknown + [2]) == (tf.TensorShape([2]) + unknown) == unknown
    assert unknown.with_rank(2) == [None, None]
    assert tf.TensorSpec(unknown).shape is None
    for wrong in (unknown.as_list, lambda: len(unknown), lambda: list(unknown)):
        with pytest.raises(ValueError):
            wrong()


def test_types_describe_themselves():
    assert tf.complex64.real_dtype == tf.float32 and tf.int8.real_dtype == tf.int8
    assert tf.float16.limits == (0, 1) and tf.uint8.limits == (0, 255)


def test_nest():
    Point = collections.namedtuple("Point", "x y")
    structure = {"b": [1, (2, 3)], "a": Point(4, 5)}
    assert nest.flatten(structure) == [4, 5, 1, 2, 3]
    doubled = nest.map_structure(lambda v: 2 * v, structure)
    assert doubled == {"b": [2, (4, 6)], "a": Point(8, 10)}
    assert list(doubled) == ["b", "a"]
    with pytest.raises(ValueError, match="5 leaves"):
        nest.pack_sequence_as(structure, [1])
    with pytest.raises((ValueError, TypeError)):
        nest.map_structure(max, [1, 2], [1])


def test_memory_is_counted():
    x = tf.zeros((1000, 1000))
    info = tf.config.experimental.get_memory_info("CPU:0")
    assert info["peak"] >= info["current"] >= 4_000_000
    del x
    after = tf.config.experimental.get_memory_info("CPU:0")
    assert after["current"] <= info["current"] - 4_000_000
    assert after["peak"] == info["peak"]
