"""GradientTape behaves as TensorFlow's."""

import gc
import warnings
import weakref

import numpy as np
import pytest

import tinynn as tf

pytestmark = pytest.mark.usefixtures("device")

@pytest.fixture(autouse=True)
def hints_are_heard_elsewhere():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tf.TinynnHint)
        yield


def test_variables_are_watched_by_themselves():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
    assert float(tape.gradient(y, x)) == 6.0


def test_tensors_are_watched_on_request():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert float(tape.gradient(y, x)) == 6.0
    with tf.GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x) is None


def test_gradients_of_gradients():
    x = tf.Variable(2.0)
    with tf.GradientTape() as third, tf.GradientTape() as second, tf.GradientTape() as first:
        y = x**4
        # the tapes close from the inside out
    with pytest.raises(ValueError):
        third.watch("x")
    with tf.GradientTape() as third:
        with tf.GradientTape() as second:
            with tf.GradientTape() as first:
                y = x**4
            dy = first.gradient(y, x)
        d2y = second.gradient(dy, x)
    d3y = third.gradient(d2y, x)
    assert [float(v) for v in (dy, d2y, d3y)] == [32.0, 48.0, 48.0]


def test_acceleration_of_the_notes():
    time = tf.Variable(0.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            position = 4.9 * time**2
        speed = inner.gradient(position, time)
    np.testing.assert_allclose(float(outer.gradient(speed, time)), 9.8, rtol=1e-6)


def test_gives_gradients_once_unless_persistent():
    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = x * 2.0
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="persistent"):
        tape.gradient(y, x)
    with tf.GradientTape(persistent=True) as tape:
        y = x * 2.0
    assert float(tape.gradient(y, x)) == float(tape.gradient(y, x)) == 2.0


def test_gradient_inside_the_block_ends_the_recording():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        g = tape.gradient(y, x)
        z = x * y
    assert float(g) == 6.0
    with pytest.raises(RuntimeError):
        tape.gradient(z, x)


def test_sources_may_be_nested():
    a, b = tf.Variable(2.0), tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(a * b)
    grads = tape.gradient(loss, {"a": a, "rest": [b, (a,)]})
    assert float(grads["a"]) == 3.0
    np.testing.assert_array_equal(grads["rest"][0], [2.0, 2.0])
    assert float(grads["rest"][1][0]) == 3.0


def test_several_targets_are_added_up_and_weighted():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        y, z = x * x, 3.0 * x
    np.testing.assert_array_equal(tape.gradient([y, z], x), [5.0, 7.0])
    np.testing.assert_array_equal(tape.gradient(y, x, output_gradients=tf.constant([1.0, 10.0])), [2.0, 40.0])
    with pytest.raises(ValueError, match="shape"):
        tape.gradient(y, x, output_gradients=tf.constant(1.0))


def test_unconnected_gradients():
    x, unused = tf.Variable(1.0), tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        y = x * 2.0
    assert tape.gradient(y, unused) is None
    zeros = tape.gradient(y, unused, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    np.testing.assert_array_equal(zeros, [0.0, 0.0])
    np.testing.assert_array_equal(tape.gradient(y, unused, unconnected_gradients="zero"), [0.0, 0.0])


def test_target_that_is_a_source():
    x = tf.Variable([1.0, 2.0])
    c = tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(c)
        y = c * 3.0
    assert float(tape.gradient(c, c)) == 1.0
    assert float(tape.gradient(y, y)) == 1.0
    assert tape.gradient(y, x) is None


def test_intermediate_results_are_sources_too():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        z = y * y
    gx, gy = tape.gradient(z, [x, y])
    assert float(gx) == 4 * 27.0
    assert float(gy) == 18.0


def test_a_variable_keeps_its_old_value_for_ops_before_an_update():
    v = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        before = v * v
        v.assign_add(1.0)
        after = v * v
    assert float(before) == 9.0
    assert float(after) == 16.0
    assert float(tape.gradient(before, v)) == 6.0
    assert float(tape.gradient(after, v)) == 8.0


def test_reassigning_the_name_inside_the_tape():
    c = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        c = c + 1
        y = c * c
    assert float(tape.gradient(y, c)) == 4.0


def test_stop_recording_and_reset():
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        with tape.stop_recording():
            hidden = y * 10.0
        z = y + hidden
    assert float(tape.gradient(z, x)) == 4.0
    with tf.GradientTape() as tape:
        y = x * x
        tape.reset()
        z = y * 5.0
    assert tape.gradient(z, x) is None


def test_watch_accessed_variables_off():
    a, b = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(a)
        y = a * b
    ga, gb = tape.gradient(y, [a, b])
    assert float(ga) == 3.0
    assert gb is None
    assert tape.watched_variables() == (a,) or tape.watched_variables()[0] is a


def test_watched_variables_in_order_of_reading():
    a, b, c = tf.Variable(1.0), tf.Variable(2.0), tf.Variable(3.0, trainable=False)
    with tf.GradientTape() as tape:
        _ = b * a * c * b
    watched = tape.watched_variables()
    assert len(watched) == 2
    assert watched[0] is b
    assert watched[1] is a


def test_wrong_targets_and_sources():
    x = tf.Variable(1.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * 1.0
    with pytest.raises(TypeError, match="return"):
        tape.gradient(None, x)
    with pytest.raises(TypeError, match="float"):
        tape.gradient(y, 3.0)
    with pytest.raises(ValueError, match=r"tf\.constant"):
        tape.watch(3.0)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: tf.Variable(3), "int32"),
        (lambda: tf.Variable(3.0, trainable=False), "not trainable"),
        (lambda: tf.constant(3.0), "watch"),
    ],
)
def test_a_missing_gradient_says_why(make, reason):
    x = make()
    with tf.GradientTape() as tape:
        y = x * x
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(tf.TinynnHint, match=reason):
            tape.gradient(y, x)


def test_jacobian():
    x = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        y = x * x
    np.testing.assert_array_equal(tape.jacobian(y, x), np.diag([2.0, 4.0, 6.0]))
    W = tf.Variable(np.arange(6.0).reshape(2, 3))
    with tf.GradientTape(persistent=True) as tape:
        y = tf.matmul(W, tf.constant(np.eye(3)))
    j = tape.jacobian(y, W)
    assert j.shape == (2, 3, 2, 3)
    np.testing.assert_array_equal(np.asarray(j).reshape(6, 6), np.eye(6))
    assert tape.jacobian(y, tf.Variable(1.0)) is None


def test_batch_jacobian():
    x = tf.constant(np.arange(6.0).reshape(3, 2))
    A = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.matmul(x * x, A)
    j = tape.batch_jacobian(y, x)
    expected = np.stack([np.asarray(A).T * (2 * row) for row in np.asarray(x)])
    np.testing.assert_allclose(j, expected)


def test_second_order_through_jacobian():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = tf.reduce_sum(x**3)
        g = inner.gradient(y, x)
    np.testing.assert_allclose(outer.jacobian(g, x), np.diag([6.0, 12.0]), rtol=1e-6)


def test_a_chain_of_ten_thousand_ops():
    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = x
        for _ in range(10_000):
            y = y + 1.0
    assert float(tape.gradient(y, x)) == 1.0
    del y, tape


def test_a_diamond_is_walked_once():
    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = x
        for _ in range(60):
            y = y + y
    assert float(tape.gradient(y, x)) == 2.0**60


def test_memory_comes_back_without_the_garbage_collector():
    x = tf.Variable(np.ones(1000, "float32"))
    gc.collect()
    gc.disable()
    try:
        before = tf.memory_in_use()
        for _ in range(3):
            with tf.GradientTape(persistent=True) as tape:
                y = tf.reduce_sum(tf.exp(x) * x)
            g = tape.gradient(y, x)
            alive = weakref.ref(tape)
            del tape, y, g
            assert alive() is None
            assert tf.memory_in_use() == before
    finally:
        gc.enable()


def test_only_what_the_rules_ask_for_is_kept():
    x = tf.Variable(np.ones(100_000, "float32"))
    with tf.GradientTape() as tape:
        y = x + 1.0
        before = tf.memory_in_use()
        for _ in range(10):
            y = y + 1.0
        assert tf.memory_in_use() - before < 2 * 400_000
    np.testing.assert_array_equal(np.asarray(tape.gradient(y, x))[:3], 1.0)


def test_tapes_of_two_threads_do_not_mix():
    import threading

    found = []

    def work(value):
        x = tf.Variable(value)
        for _ in range(50):
            with tf.GradientTape() as tape:
                y = x * x
            found.append((value, float(tape.gradient(y, x))))

    threads = [threading.Thread(target=work, args=(float(k),)) for k in range(1, 5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 200
    assert all(g == 2 * v for v, g in found)


def test_a_variable_may_be_the_target():
    v, w = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        result = v
    gv, gw = tape.gradient(result, [v, w])
    assert float(gv) == 1.0
    assert gw is None


def test_a_gradient_taken_while_the_recording_is_stopped():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        with tape.stop_recording():
            g = tape.gradient(y, x)
        z = x * x
    assert float(g) == 6.0
    assert float(z) == 9.0


def test_jacobians_of_no_element():
    x = tf.zeros((2, 0))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x**2
        total = tf.reduce_sum(x, axis=1)
    assert tape.jacobian(y, x).shape == (2, 0, 2, 0)
    assert tape.batch_jacobian(y, x).shape == (2, 0, 0)
    assert tape.batch_jacobian(total, x).shape == (2, 0)
    assert tape.jacobian(tf.zeros(0), x) is None
