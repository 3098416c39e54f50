"""Every pass keeps the meaning of programs: drawn ones, and those that a pass was made for."""

import hypothesis.strategies as st
import numpy as np
import pytest
from drawn_programs import STEPS, a_program
from hypothesis import given, settings
from recordings import close, executed, interpreted, program_of, same_bits

import tinynn as tf
from tinynn import ops
from tinynn.graph import passes
from tinynn.graph.building import keep_old_values

ONE_BY_ONE = [*dict.fromkeys(passes.PASSES), keep_old_values]


@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(0, 9))
def test_drawn_programs_mean_the_same_after_every_pass(steps, seed):
    program, inputs = a_program(steps, seed)
    expected = interpreted(program, inputs)
    for one in ONE_BY_ONE:
        same_bits(interpreted(one(program).check(), inputs), expected)
    same_bits(interpreted(passes.optimize(program), inputs), expected)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(0, 9))
def test_drawn_programs_run_in_c_as_op_by_op(steps, seed):
    program, inputs = a_program(steps, seed)
    expected = interpreted(program, inputs)
    same_bits(executed(program, inputs), expected)
    same_bits(executed(passes.optimize(program), inputs), expected)


def layers(w, b, activation):
    return lambda x: activation(tf.matmul(x, w) + b)


def training_step(w, b, activation, rate):
    def step(x, y):
        with tf.GradientTape() as tape:
            hidden = activation(tf.matmul(x, w) + b)
            loss = tf.reduce_mean(tf.square(tf.matmul(hidden, w, transpose_b=True) - y))
        for variable, gradient in zip((w, b), tape.gradient(loss, (w, b)), strict=True):
            variable.assign_sub(rate * gradient)
        return loss

    return step


def draw(*shape):
    return np.random.default_rng(len(shape) + sum(shape)).normal(size=shape).astype("float32")


@pytest.mark.parametrize("activation", [tf.identity, tf.nn.relu, tf.sigmoid, tf.tanh, tf.nn.elu])
@pytest.mark.parametrize("threads", [1, 2])
def test_products_with_what_follows_them(activation, threads):
    tf.set_num_threads(threads)
    w, b = tf.Variable(draw(6, 4)), tf.Variable(draw(4))
    for function, inputs in ((layers(w, b, activation), [draw(5, 6)]),
                             (training_step(w, b, activation, tf.constant(0.1)), [draw(5, 6), draw(5, 6) + 1])):
        program = program_of(function, *inputs)
        expected = interpreted(program, inputs)
        fused = passes.optimize(program)
        assert any(line.op.name.startswith("matmul_") for line in fused.lines)
        close(interpreted(passes.products(program).check(), inputs), expected)
        close(interpreted(fused, inputs), expected)
        close(executed(fused, inputs), expected)


@pytest.mark.parametrize("activation", [tf.identity, tf.nn.relu, tf.sigmoid, tf.tanh, tf.nn.elu])
def test_convolutions_with_a_bias_and_an_activation(activation):
    kernel, bias = tf.Variable(draw(3, 2, 2, 5)), tf.Variable(draw(5))

    def step(x):
        with tf.GradientTape() as tape:
            y = activation(tf.nn.bias_add(ops.convolve(x, kernel, (1, 1), "same"), bias))
        return y, *tape.gradient(y, [kernel, bias], y * y)

    program, inputs = program_of(step, draw(2, 5, 4, 2)), [draw(2, 5, 4, 2)]
    fused = passes.optimize(program)
    assert "convolve_bias" in names(fused) and not {"convolve", "bias_add", "relu"} & set(names(fused))
    close(interpreted(fused, inputs), interpreted(program, inputs))
    close(executed(fused, inputs), interpreted(program, inputs))


@pytest.mark.parametrize("size, stride", [((2, 2), (2, 2)), ((3, 2), (1, 2))])
def test_what_follows_the_gradient_of_a_pooling_comes_before_it(size, stride):
    bias, x = tf.Variable(draw(3)), draw(2, 6, 5, 3)
    x[0, :3, :2] = -9.0     # a window without a slope
    x[1, 2, 2] = np.nan

    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = ops.max_pooled(tf.nn.relu(tf.nn.bias_add(x, bias)), size, stride)
        return y, *tape.gradient(y, [x, bias], y + 1.0)

    program = program_of(step, x)
    moved = passes.pooling(program).check()
    order = [name for name in names(moved) if name in ("relu_grad", "window_max_grad")]
    assert order == ["relu_grad", "window_max_grad"] != [n for n in names(program) if n in order]
    close(interpreted(moved, [x]), interpreted(program, [x]))
    close(executed(passes.optimize(program), [x]), interpreted(program, [x]))


def names(program):
    return [line.op.name for line in program.lines]


CROSS_ENTROPIES = {
    "softmax": (tf.nn.softmax, tf.nn.softmax_cross_entropy_with_logits, np.eye(4, dtype="float32")[[1, 0, 3]]),
    "sparse": (tf.nn.softmax, tf.nn.sparse_softmax_cross_entropy_with_logits, np.array([1, 0, 3])),
    "sigmoid": (tf.sigmoid, tf.nn.sigmoid_cross_entropy_with_logits, np.eye(4, dtype="float32")[[1, 0, 3]]),
}


@pytest.mark.parametrize("name", sorted(CROSS_ENTROPIES))
@pytest.mark.parametrize("weight", [None, [0.5, 0.0, 2.0]])
def test_gradients_of_cross_entropies_use_the_probabilities_at_hand(name, weight):
    activation, loss, labels = CROSS_ENTROPIES[name]

    def function(logits, labels):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            losses = loss(labels=labels, logits=logits)
            total = tf.reduce_sum(losses if weight is None else tf.transpose(losses) * weight)
        return activation(logits), tape.gradient(total, logits), losses

    inputs = [5 * draw(3, 4), labels]
    program = program_of(function, *inputs)
    fewer = passes.losses(program).check()
    assert any(n.endswith("cross_entropy_grad") for n in names(program))
    for fused in (fewer, passes.optimize(program)):
        close(interpreted(fused, inputs), interpreted(program, inputs))
        close(executed(fused, inputs), interpreted(program, inputs))


def test_what_depends_on_constants_alone_is_computed_once():
    c = tf.constant([1.0, 2.0])
    program = program_of(lambda x: (x * 0.0 + x, tf.exp(c) * x), draw(2))
    same_bits(interpreted(passes.constants(program).check(), [draw(2)]), interpreted(program, [draw(2)]))


def test_equal_calls_run_once_but_not_across_a_change_of_a_variable():
    v = tf.Variable([1.0, 2.0])

    def function(x):
        a, b = tf.exp(x), tf.exp(x)
        c = tf.exp(v)
        v.assign_add(a)
        return a, b, c, tf.exp(v)

    program = program_of(function, np.float32([0.5, 0.25]))
    assert names(passes.equal_calls(program)).count("exp") == 3
    same_bits(interpreted(passes.equal_calls(program), [np.float32([0.5, 0.25])]),
              interpreted(program, [np.float32([0.5, 0.25])]))


def test_dead_code_goes_and_writes_stay():
    v = tf.Variable([1.0, 2.0])

    def function(x):
        tf.exp(x) * 2.0
        v.assign_add(x)
        return x

    assert names(passes.dead_code(program_of(function, np.ones(2, "float32")))) == ["assign_add"]


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_a_factor_that_is_one_number_everywhere_keeps_the_shape_of_the_product(factor):
    c = tf.fill((2, 3), factor)
    program = program_of(lambda x: (x * c, x[0] * c, c * tf.reduce_sum(x), x * c[:1]), draw(3))
    same_bits(interpreted(passes.optimize(program), [draw(3)]), interpreted(program, [draw(3)]))


def test_what_is_not_finite_keeps_its_place():
    x = np.float32([0.0, -0.0, np.nan, np.inf, -np.inf])
    program = program_of(lambda x: (x * 1.0, x / 1.0, x + 0.0, x * -1.0, tf.reduce_sum(x[:, None], axis=1)), x)
    same_bits(interpreted(passes.optimize(program), [x]), interpreted(program, [x]))
    same_bits(executed(passes.optimize(program), [x]), interpreted(program, [x]))


@pytest.mark.parametrize("size", [*range(1, 40), 1023, 1024, 1025, 40000])
def test_chains_of_any_size(size):
    v = tf.Variable(np.linspace(-1, 1, size).astype("float32"))

    def function(x, k):
        y = tf.tanh(x * 2.0 + v) * k
        v.assign(tf.where(y > 0.0, y, x - k))
        return y, tf.cast(y > v, "float32") * tf.abs(y)

    inputs = [draw(size), np.float32(0.7)]
    program = program_of(function, *inputs)
    fused = passes.optimize(program)
    assert any(len(line.steps) > 2 for line in fused.lines)
    same_bits(executed(fused, inputs), interpreted(program, inputs))
