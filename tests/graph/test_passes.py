"""Every pass keeps the meaning of programs: drawn ones, and those that a pass was made for."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from recordings import close, executed, interpreted, program_of, same_bits

import tinynn as tf
from tinynn import ops
from tinynn.graph import passes
from tinynn.graph.building import keep_old_values

UNARY = [lambda a: -a, tf.abs, tf.tanh, tf.nn.relu, tf.square, tf.identity, tf.sigmoid, tf.exp,
         lambda a: a * 1.0, lambda a: a / 1.0, lambda a: 2.5 * a, lambda a: a - 0.5, lambda a: tf.nn.leaky_relu(a, 0.3),
         lambda a: tf.where(a > 0.25, a, -0.5), lambda a: tf.cast(tf.cast(a, "int32"), "float32"),
         lambda a: tf.cast(tf.logical_not(a > 0.0), "float32"), tf.stop_gradient]
SHAPING = [lambda a: tf.transpose(a, list(range(a.ndim))[::-1]), lambda a: tf.reshape(a, (-1,)),
           lambda a: tf.reduce_sum(a, axis=-1, keepdims=True) if a.ndim else a, lambda a: tf.reduce_mean(a),
           lambda a: a[::-1] if a.ndim else a, lambda a: a[:1] if a.ndim else a,
           lambda a: tf.broadcast_to(a, (2, *a.shape)) if a.ndim < 3 else a,
           lambda a: tf.reduce_max(tf.expand_dims(a, 0), axis=0),
           lambda a: tf.ones((2, *a.shape)) * a if a.ndim < 3 else a,
           lambda a: a * tf.fill((3, 1), 0.5) if a.ndim < 2 else a]
BINARY = [tf.add, tf.subtract, tf.multiply, tf.maximum, tf.minimum, lambda a, b: a / (tf.abs(b) + 1.0),
          lambda a, b: tf.where(a > b, a, b * 2.0), lambda a, b: tf.math.squared_difference(a, b)]
WRITES = [lambda v, a: v.assign(a), lambda v, a: v.assign_add(a), lambda v, a: v.assign_sub(a * 0.1),
          lambda v, a: v.assign(a * v), lambda v, a: v.assign(tf.minimum(v, a))]
SHAPES = [(), (1,), (3,), (2, 3), (3, 1)]
KINDS = ["unary", "unary", "shaping", "binary", "binary", "write", "read", "product"]
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), *[st.integers(0, 99)] * 3), min_size=1, max_size=14)


def fits(a, b):
    """Whether b broadcasts to a's shape, and nothing else."""
    try:
        return np.broadcast_shapes(a.shape, b.shape) == tuple(a.shape)
    except ValueError:
        return False


def drawn(steps, variables):
    """A function that computes what was drawn from its arguments and the variables, all of which it writes."""

    def function(*inputs):
        values = [*inputs, *(v.read_value() for v in variables)]
        for v in variables:
            v.assign_add(v)
        for kind, which, first, second in steps:
            a, v = values[first % len(values)], variables[second % len(variables)]
            if kind == "unary":
                values.append(UNARY[which % len(UNARY)](a))
            elif kind == "shaping":
                values.append(SHAPING[which % len(SHAPING)](a))
            elif kind == "read":
                values.append(v.read_value())
            elif kind == "binary":
                b = [b for b in values if fits(a, b)]
                values.append(BINARY[which % len(BINARY)](a, b[second % len(b)]))
            elif kind == "product":
                b = [b for b in values if a.ndim == b.ndim == 2 and a.shape[0] == b.shape[0]]
                values.extend(tf.matmul(a, b[second % len(b)], transpose_a=True) for _ in b[:1])
            elif a.shape == v.shape:
                WRITES[which % len(WRITES)](v, tf.clip_by_value(a, -3.0, 3.0))
        return values[-4:]

    return function


def a_program(steps, seed):
    """(program, inputs), drawn; variables and inputs come in a few shapes."""
    rng = np.random.default_rng(seed)
    draw = lambda shape: rng.normal(size=shape).astype("float32")
    variables = [tf.Variable(draw(shape), name=f"v{i}") for i, shape in enumerate(SHAPES[::2])]
    inputs = [draw(shape) for shape in (*SHAPES[1::2], (3,), (2, 3))]
    return program_of(drawn(steps, variables), *inputs), inputs


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
    assert "convolution_bias" in names(fused) and not {"convolution", "bias_add", "relu"} & set(names(fused))
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
