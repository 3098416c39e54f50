"""Indexing, broadcasting, reductions and matmul give the values of NumPy for shapes that Hypothesis draws."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinynn as tf

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
quick = settings(max_examples=150, deadline=None, database=None, derandomize=True)


def values(shape, dtype="float64"):
    return (np.arange(np.prod(shape, dtype=int)) * 0.37 - 1.5).reshape(shape).astype(dtype)


@quick
@given(st.data())
def test_basic_indexing(data):
    array = values(data.draw(SHAPES))
    index = data.draw(hnp.basic_indices(array.shape, allow_newaxis=True))
    np.testing.assert_array_equal(tf.constant(array)[index], array[index])


@quick
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, min_dims=0, max_dims=4, min_side=0, max_side=4),
       st.sampled_from(["float32", "float64", "int32", "int64"]))
def test_broadcasting(shapes, dtype):
    x, y = (values(s, dtype) for s in shapes.input_shapes)
    for ours, numpys in ((tf.add, np.add), (tf.multiply, np.multiply), (tf.maximum, np.maximum), (tf.less, np.less)):
        result = np.asarray(ours(x, y))
        np.testing.assert_array_equal(result, numpys(x, y))
        assert result.shape == shapes.result_shape


@quick
@given(st.data())
def test_reductions(data):
    array = values(data.draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=5)))
    axes = data.draw(st.none() | hnp.valid_tuple_axes(array.ndim))
    keepdims = data.draw(st.booleans())
    for ours, numpys in ((tf.reduce_sum, np.sum), (tf.reduce_max, np.max), (tf.reduce_mean, np.mean)):
        np.testing.assert_allclose(ours(array, axis=axes, keepdims=keepdims),
                                   numpys(array, axis=axes, keepdims=keepdims), rtol=1e-12, atol=1e-12)


@quick
@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.booleans(), st.booleans(),
       hnp.mutually_broadcastable_shapes(num_shapes=2, min_dims=0, max_dims=2, min_side=1, max_side=3))
def test_matmul(m, k, n, transpose_a, transpose_b, batch):
    a = values((*batch.input_shapes[0], m, k))
    b = values((*batch.input_shapes[1], k, n))
    given_a, given_b = (a.swapaxes(-1, -2) if transpose_a else a), (b.swapaxes(-1, -2) if transpose_b else b)
    np.testing.assert_allclose(tf.matmul(given_a, given_b, transpose_a, transpose_b), a @ b, rtol=1e-12, atol=1e-12)
