"""tf.function: kinds of calls, what breaks them, gradients, errors."""

import warnings

import numpy as np
import pytest

import tinynn as tf

X, Y = tf.constant([1.0, 2.0]), tf.constant([3.0, 5.0])


def agrees(function, *calls, kinds=None):
    """Asserts that tf.function of it gives, at each of some calls, what it gives itself; returns the Function."""
    captured = tf.function(function)
    for arguments in calls:
        expected, got = function(*arguments), captured(*arguments)
        tf.nest.assert_same_structure(got, expected)
        for g, e in zip(tf.nest.flatten(got), tf.nest.flatten(expected), strict=True):
            np.testing.assert_array_equal(np.array(g), np.array(e))
            assert np.array(g).dtype == np.array(e).dtype
    if kinds is not None:
        assert captured.experimental_get_tracing_count() == kinds
        assert captured.explain_capture().count("runs in C") == kinds
    return captured


def test_calls_of_one_kind_share_a_program_for_all_values():
    agrees(lambda x, y: x * y + 1.0, (X, Y), (Y, X), (X, X), (Y, Y), kinds=1)


def test_the_same_tensor_twice_does_not_tie_the_arguments():
    agrees(lambda x, y: x - 2.0 * y, (X, X), (X, X), (X, Y), (Y, X), kinds=1)


def test_shapes_dtypes_and_python_arguments_tell_kinds_apart():
    function = lambda x, k=1, how="add": x + k if how == "add" else x * k
    captured = agrees(function, (X,), (X, 2), (X, 2, "multiply"), (X, 2), (tf.constant([1.0]), 2), (X,), kinds=4)
    assert captured(X, k=2).numpy().tolist() == [3.0, 4.0]
    agrees(lambda x: x * x, (tf.constant([1, 2]),), (X,), (tf.constant([1.0], dtype="float64"),), kinds=3)


def test_equal_python_arguments_of_other_types_are_other_kinds():
    calls = [(X, True), (X, 1), (X, 1.0), (X, None), (X, "1")]
    agrees(lambda x, k: x * {bool: 2.0, int: 3.0, float: 4.0, type(None): 5.0, str: 6.0}[type(k)], *calls, *calls,
           kinds=5)


def test_zeros_of_either_sign_are_other_numbers():
    agrees(lambda x, k: tf.math.divide(x, tf.constant(k)), (X, 0.0), (X, -0.0), (X, 0.0), (X, -0.0))


def test_nested_structures_go_in_and_come_out():
    function = lambda d, pair: {"sum": d["a"] + pair[0], "more": [pair[1], (d["b"][0], None, 3)]}
    agrees(function, ({"a": X, "b": [Y]}, (X, Y)), ({"a": Y, "b": [X]}, (Y, X)), ({"b": [X], "a": Y}, (Y, X)))
    captured = tf.function(lambda *args, **kwargs: args[0] + kwargs["k"]["x"])
    for _ in range(3):
        np.testing.assert_array_equal(captured(X, k={"x": Y}), X + Y)


def test_arrays_are_tensors():
    captured = tf.function(lambda x: x * 2)
    for x in (np.float32([1, 2]), np.float32([3, 4])):
        np.testing.assert_array_equal(captured(x), x * 2)
    assert captured.experimental_get_tracing_count() == 1


def test_variables_as_arguments_are_told_apart_by_what_they_are():
    v, w = tf.Variable([1.0, 2.0]), tf.Variable([5.0, 6.0])

    @tf.function
    def step(variable, x):
        variable.assign_add(x)
        return variable * 2.0

    for n in range(1, 4):
        np.testing.assert_array_equal(step(v, X), (np.float32([1, 2]) + n * np.array(X)) * 2)
        np.testing.assert_array_equal(step(w, Y), (np.float32([5, 6]) + n * np.array(Y)) * 2)


def test_variables_that_are_gone_do_not_lend_their_program_to_new_ones():
    step = tf.function(lambda v: v * 2.0)
    for i in range(30):
        assert float(step(tf.Variable(float(i)))) == 2.0 * i


class Model:
    def __init__(self, k):
        self.k, self.v = k, tf.Variable([k, k])

    @tf.function
    def step(self, x):
        self.v.assign_add(x)
        return self.v * self.k


def test_methods_belong_to_their_objects():
    two, three = Model(2.0), Model(3.0)
    for n in range(1, 4):
        np.testing.assert_array_equal(two.step(X), (2.0 + n * np.array(X)) * 2.0)
        np.testing.assert_array_equal(three.step(X), (3.0 + n * np.array(X)) * 3.0)


def test_an_input_signature_converts_and_checks():
    captured = tf.function(lambda x: x * 2.0, input_signature=[tf.TensorSpec((None, 2), "float32")])
    for x in ([[1, 2]], [[1, 2], [3, 4]], [[5, 6]]):
        np.testing.assert_array_equal(captured(x), 2.0 * np.float32(x))
    with pytest.raises(TypeError, match="input_signature"):
        captured([1.0, 2.0, 3.0])


def test_within_a_tape_of_the_caller_gradients_are_right():
    v = tf.Variable([2.0, 3.0])
    inner = tf.function(lambda x: tf.reduce_sum(x * x * v))
    for _ in range(3):
        inner(X)        # by now it runs in C
    with tf.GradientTape() as tape:
        tape.watch(X)
        loss = inner(X) * 3.0
    for g, e in zip(tape.gradient(loss, [X, v]), (6 * np.array(X) * np.array(v), 3 * np.array(X) ** 2), strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-6)


def test_a_tape_inside_is_recorded_and_of_second_order_too():
    v = tf.Variable([2.0, 3.0])

    def function(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(x * x * x * v)
            first = tape.gradient(y, x)
        return first, outer.gradient(first, x)

    agrees(function, (X,), (Y,), (X,), kinds=1)


def test_functions_inside_functions():
    inner = tf.function(lambda x: tf.exp(x) * 0.5)
    captured = agrees(lambda x: inner(x) + inner(x * 2.0), (X,), (Y,), (X,), kinds=1)
    assert captured.explain_capture().endswith("runs in C")
    np.testing.assert_array_equal(inner(X), inner.python_function(X))


def test_errors_leave_the_function_usable():
    def function(x, ok):
        y = x * 2.0
        if not ok:
            raise KeyError("not ok")
        return y

    captured = tf.function(function)
    for ok in (False, True, False, True, True):
        if ok:
            np.testing.assert_array_equal(captured(X, ok), X * 2.0)
        else:
            with pytest.raises(KeyError, match="not ok"):
                captured(X, ok)


def test_it_can_be_turned_off():
    calls = []

    def function(x):
        calls.append(1)
        return x * 2.0

    captured = tf.function(function)
    for _ in range(5):
        captured(X)
    assert len(calls) < 5
    tf.config.run_functions_eagerly(True)
    try:
        before = len(calls)
        captured(X), captured(X)
        assert len(calls) == before + 2
    finally:
        tf.config.run_functions_eagerly(False)


def test_results_that_are_held_keep_their_values():
    v = tf.Variable([0.0, 0.0])

    def function(x):
        v.assign_add(x)
        y = x * 2.0
        return y, tf.reshape(y, (2, 1)), x, v.value(), y[0], tf.constant(4.0)

    captured, held = tf.function(function), []
    for n in range(1, 6):
        held.append((captured(X * float(n)), n))
    total = np.zeros(2, "float32")
    for (y, column, x, value, first, four), n in held:
        total += np.array(X) * n
        np.testing.assert_array_equal(y, np.array(X) * 2 * n)
        np.testing.assert_array_equal(column[:, 0], y)
        np.testing.assert_array_equal(x, np.array(X) * n)
        np.testing.assert_array_equal(value, total)
        assert float(first) == 2 * n and float(four) == 4.0


@pytest.mark.parametrize("x", [tf.constant(3.0), tf.zeros((0, 3)), tf.transpose(tf.reshape(tf.range(6.0), (2, 3))),
                               tf.reshape(tf.range(12.0), (4, 3))[::-2], tf.reshape(tf.range(12), (4, 3))[:, 1],
                               tf.constant([1.0, 2.0], dtype="float64"), tf.constant([True, False]),
                               tf.broadcast_to(tf.constant([1.0, 2.0]), (3, 2))],
                         ids=lambda x: f"{x.dtype.name}{x.shape}")
def test_inputs_of_any_layout(x):
    agrees(lambda x: (tf.cast(x, "float32") * 2.0 + 1.0, tf.reduce_sum(tf.cast(x, "float32")), x), (x,), (x,), (x,),
           kinds=1)


@pytest.mark.parametrize("x", [tf.constant(["a", "b"]), tf.constant([1 + 2j]), tf.zeros((1,) * 9)],
                         ids=["strings", "complex", "nine axes"])
def test_what_c_cannot_describe_runs_op_by_op(x):
    with pytest.warns(tf.TinynnHint, match="cannot be described to C"):
        captured = agrees(tf.identity, (x,), (x,), (x,))
    assert "runs op by op" in captured.explain_capture()


def test_a_read_value_is_told_once_and_followed_every_time():
    captured = tf.function(lambda x: x * 2.0 if x[0] > 1.5 else x * 3.0)
    with pytest.warns(tf.TinynnHint, match=r"was read at test_function.py:\d+ \[not-recorded\]") as told:
        for x in (X, Y, X, Y):
            np.testing.assert_array_equal(captured(x), captured.python_function(x))
    assert len(told) == 1
    assert "runs op by op, since the value of a tensor of shape () was read" in captured.explain_capture()


@pytest.mark.parametrize("call", [
    lambda f: tf.numpy_function(f, [], "float32"), lambda f: tf.py_function(lambda: tf.constant(f()), [], "float32")])
def test_python_in_between_is_called_every_time(call):
    counted = []
    captured = tf.function(lambda x: x + call(lambda: (counted.append(0), np.float32(len(counted)))[1]))
    with pytest.warns(tf.TinynnHint, match="not-recorded"):
        assert [float(captured(tf.constant(0.0))) for _ in range(4)] == [1, 2, 3, 4]


def test_a_stateless_function_of_constants_is_a_constant():
    captured = agrees(lambda x: x + tf.numpy_function(np.sign, [Y], "float32", stateful=False), (X,), (Y,), (X,))
    assert "runs in C" in captured.explain_capture()


def test_print_prints_every_time(capsys):
    captured = tf.function(lambda x: tf.print("here") or x)
    with pytest.warns(tf.TinynnHint, match="not-recorded"):
        for _ in range(3):
            captured(X)
    assert capsys.readouterr().err == "here\n" * 3


def test_an_object_that_is_given_back_ends_the_recording():
    with pytest.warns(tf.TinynnHint, match="an object of type object"):
        captured = tf.function(lambda x: (x, object()))
        captured(X)
    assert captured(X)[1] is not captured(X)[1]


def test_random_numbers_are_others_at_every_call_and_follow_the_seed():
    def draws(wrap):
        tf.random.set_seed(3)
        function = wrap(lambda: tf.random.normal((3,)))
        return [function().numpy().tolist() for _ in range(5)]

    assert draws(tf.function) == draws(lambda f: f)
    assert len({tuple(d) for d in draws(tf.function)}) == 5


def test_nothing_is_said_of_what_runs_in_c():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        captured = agrees(lambda x: x + 1.0, (X,), (Y,), kinds=1)
    assert captured.program.recorded.lines[0].op.name == "add"
    assert "as it runs" in captured.program.show()
