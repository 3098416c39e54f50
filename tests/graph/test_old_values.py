"""A value that a variable had stays what it was, however the program changes the variable afterwards."""

import contextlib

import numpy as np
import pytest
import strict

import tinynn as tf
from tinynn.backends import gpu
from tinynn.graph.cuda import plan

START = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]]
X = tf.constant([[10.0, 20.0, 30.0], [1.0, 0.0, -1.0], [2.0, 2.0, 2.0]])


def times_one(v, x):
    y = v * 1.0
    v.assign_add(x)
    return y


def divided_by_one(v, x):
    y = v / 1.0
    v.assign_add(x)
    return y + x


def read_then_changed(v, x):
    y = v.read_value()
    v.assign_add(x)
    return y


def same_shape_again(v, x):
    y = tf.broadcast_to(tf.reshape(tf.cast(v, tf.float32), (3, 3)), (3, 3))
    v.assign(x)
    return y


def sum_of_nothing(v, x):
    y = tf.reduce_sum(tf.reshape(v, (3, 3, 1)), axis=2)
    v.assign_add(x)
    return y


def an_alias_used_after_the_change(v, x):
    y = tf.identity(v)
    v.assign(x)
    return y * 2.0 + v


def views(v, x):
    rows, columns = v[0:2], tf.transpose(v)
    flat = tf.reshape(v, (-1,))
    v.assign_sub(x)
    return rows, columns, flat * 2.0, columns[::-1]


def a_view_of_a_state_in_between(v, x):
    v.assign_add(x)
    y = tf.transpose(v)[1:]
    v.assign_add(x)
    z = tf.transpose(v)[1:]
    v.assign_add(x)
    return y, z, v


def several_changes(v, x):
    a = v.read_value()
    v.assign(a + 1.0)
    b = v.read_value()
    v.assign_sub(b * 2.0)
    c = v.read_value()
    v.assign(a + b + c)
    return a, b, c, v


def its_own_transpose(v, x):
    v.assign(tf.transpose(v))
    return v * 1.0


def its_own_reverse(v, x):
    v.assign(v[::-1])
    return v[::-1] + x


def itself(v, x):
    v.assign(v)
    return v + x


def a_part_is_changed(v, x):
    y = v[0]
    v[0].assign(v[1])
    v[2, 1].assign(x[0, 0] + v[0, 0])
    return y, v[0]


def rows_are_swapped(v, x):
    a, b = v[0], v[1]
    v[0].assign(b)
    v[1].assign(a)
    return a - b


def two_states_in_one_sum(v, x):
    before = v + 0.0
    v.assign_add(x)
    return before + v, v.value() - before


def the_final_value_is_a_result(v, x):
    v.assign_add(x)
    return v.value(), v


def a_descent_on_itself(v, x):
    v.assign_sub(0.1 * (v * v))
    return v.read_value()


def a_product_then_a_change(v, x):
    y = tf.matmul(v, x)
    v.assign_sub(0.01 * y)
    return tf.nn.relu(y + v[0])


FUNCTIONS = [times_one, divided_by_one, read_then_changed, same_shape_again, sum_of_nothing,
             an_alias_used_after_the_change, views, a_view_of_a_state_in_between, several_changes, its_own_transpose,
             its_own_reverse, itself, a_part_is_changed, rows_are_swapped, two_states_in_one_sum,
             the_final_value_is_a_result, a_descent_on_itself, a_product_then_a_change]


@pytest.fixture(params=["cpu", "gpu", "block", "kernels", "graph"])
def way(request, monkeypatch):
    """How programs run: in C, on a GPU, or on the stand-in for one, as one block, as kernels, and as a CUDA graph."""
    if request.param == "gpu" and gpu.why_not():
        pytest.skip(gpu.why_not())
    if request.param == "kernels":
        monkeypatch.setattr(plan, "one_block", lambda *given: None)
    stand_in = request.param in ("block", "kernels", "graph")
    with (gpu.substituted(strict.Strict(request.param == "graph")) if stand_in else contextlib.nullcontext(),
          tf.device("CPU:0" if request.param == "cpu" else "GPU:0")):
        yield request.param


def calls(function, count=4):
    """What some calls give, and the variable after each."""
    v, seen = tf.Variable(START), []
    run = function(v)
    for _ in range(count):
        seen.extend(np.array(r) for r in tf.nest.flatten(run()))
        seen.append(v.numpy())
    return seen


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_old_values_of_variables_are_kept(function, way):
    x = tf.identity(X.gpu()) if way != "cpu" else X
    expected = calls(lambda v: lambda: function(v, x))

    def captured(v):
        wrapped = tf.function(lambda x: function(v, x))
        captured.explain = wrapped.explain_capture
        return lambda: wrapped(x)

    got = calls(captured)
    assert {"cpu": "runs in C", "graph": "one CUDA graph"}.get(way, "runs on GPU:0") in captured.explain()
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-6)


def test_a_tensor_that_shares_a_variables_memory_is_not_written_by_a_replay():
    v = tf.Variable([1.0, 2.0])
    step = tf.function(lambda: v.assign_add([1.0, 1.0]) * 1.0)
    step(), step()
    held, seen = tf.reshape(v, (2, 1)), np.asarray(v)
    step()
    np.testing.assert_array_equal(held, [[3.0], [4.0]])
    np.testing.assert_array_equal(seen, [3.0, 4.0])
    np.testing.assert_array_equal(v, [4.0, 5.0])


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (65, 65), (300, 300)])
def test_a_variable_takes_its_own_transpose_at_every_size(shape):
    start = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    v = tf.Variable(start)
    step = tf.function(lambda: v.assign(tf.transpose(v)))
    for i in range(4):
        step()
        np.testing.assert_array_equal(v, start if i % 2 else start.T)
