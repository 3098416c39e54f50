"""Programs that hypothesis draws: ops, views, products, and variables that are written in between."""

import hypothesis.strategies as st
import numpy as np
from recordings import program_of

import tinynn as tf

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
