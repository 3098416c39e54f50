"""Derivatives of single entries: rows, forward along a step, and columns, back along its rules."""

import sys

import numpy as np
import pytest
import traces

import tinynn as tf
from tinynn.explain.entries import Entry, column, row
from tinynn.explain.trace import Trace


def test_a_row_is_the_derivative_of_one_output_by_every_input():
    """c[i, j] = Σ a[i, k] b[k, j]."""
    a, b = np.arange(6.0, dtype="float32").reshape(2, 3), tf.Variable(np.arange(12.0, dtype="float32").reshape(3, 4))
    with tf.GradientTape() as tape:
        c = tf.matmul(a, b)
    by_a, by_b = row(Trace(tape, c, [b]).steps[0], (1, 2))
    np.testing.assert_array_equal(by_a, [[0, 0, 0], b.numpy()[:, 2]])
    np.testing.assert_array_equal(by_b, np.outer(a[1], [0, 0, 1, 0]))


def test_each_reading_of_one_tensor_has_a_derivative_of_its_own():
    x = tf.Variable([2.0, 3.0])
    with tf.GradientTape() as tape:
        y = x * x
    step, = Trace(tape, y, [x]).steps
    np.testing.assert_array_equal(row(step, (1,)), [[0, 3], [0, 3]])


def test_each_output_has_a_derivative_of_its_own_where_both_receive_one_gradient():
    """y1 = 2 x and y2 = 3 x by a rule of the user's, and both are added up: the sum hands both the same tensor."""
    @tf.custom_gradient
    def both(x):
        return (2.0 * x, 3.0 * x), lambda g1, g2: 2.0 * g1 + 3.0 * g2

    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        left, right = both(x)
        y = left + right
    trace = Trace(tape, y, [x], sys._getframe())
    np.testing.assert_array_equal(trace.sources[0].slope, [5, 5])
    np.testing.assert_array_equal(column(trace.pulls[-1], (1,)), [[0, 2], [0, 3]])
    assert [term.product for term in Entry(trace, trace.sources[0], (1,)).terms] == [3, 2]


def test_whole_numbers_have_no_derivative():
    step = traces.lookup().steps[0]
    by_table, by_tokens = row(step, (1, 2))
    assert by_tokens is None
    np.testing.assert_array_equal(by_table, np.outer([1, 0, 0, 0], [0, 0, 1]))


@pytest.mark.parametrize("make", [traces.line, traces.xor, traces.pieces, traces.lookup])
def test_rows_and_columns_are_one_jacobian(make):
    """What a step tells forward and what its rules tell back, entry by entry."""
    for pull in make().pulls:
        step = pull.step
        jacobian = np.array([row(step, place)[pull.index].reshape(-1) for place in np.ndindex(step.outputs[0].shape)])
        columns = np.array([column(pull, place)[0].reshape(-1) for place in np.ndindex(pull.node.shape)])
        np.testing.assert_allclose(columns.T, jacobian, rtol=1e-6, atol=1e-7)
