"""Traces to draw and to test with: small and large, in all kinds that the page has to show."""

import sys
from types import SimpleNamespace

import numpy as np

import tinynn as tf
from tinynn.explain.trace import Trace


def line():
    """relu(x W + b), and the mean of its squared errors; checked by central differences."""
    W, b = tf.Variable([[1.0, 2.0], [3.0, -4.0]]), tf.Variable([0.5, 0.25])
    x, y = np.array([[1.0, 1.0]], "float32"), tf.constant([[1.0, 0.0]])
    with tf.GradientTape() as tape:
        p = tf.nn.relu(tf.matmul(x, W) + b)
        error = y - p
        loss = tf.reduce_mean(tf.square(error))
    return Trace(tape, loss, [W, b], sys._getframe())


def line_checks(trace, wrong=False):
    """Central differences of `line` in float64, written down once more in NumPy."""
    def loss(W, b):
        p = np.maximum(np.array([[1.0, 1.0]]) @ W + b, 0)
        return np.mean((np.array([[1.0, 0.0]]) - p) ** 2)

    values = [node.value.astype("float64") for node in trace.sources]
    found, h = [], 1e-6
    for k, node in enumerate(trace.sources):
        for place in np.ndindex(node.shape):
            ends = []
            for sign in (1, -1):
                moved = [v.copy() for v in values]
                moved[k][place] += sign * h
                ends.append(loss(*moved))
            measured, gradient = (ends[0] - ends[1]) / (2 * h), float(node.slope[place])
            found.append(SimpleNamespace(node=node, place=place, gradient=gradient, measured=measured,
                                         agrees=abs(measured - gradient) < 1e-4 and not wrong))
    return found


def xor(samples=4):
    """A network 2-4-1 of sigmoids on the four cases of exclusive or."""
    x = tf.constant([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]][-samples:])
    y = tf.constant([[0.0], [1.0], [1.0], [0.0]][-samples:])
    rng = np.random.default_rng(3)
    W1, b1 = tf.Variable(rng.normal(size=(2, 4)).astype("float32")), tf.Variable(tf.zeros(4))
    W2, b2 = tf.Variable(rng.normal(size=(4, 1)).astype("float32")), tf.Variable(tf.zeros(1))
    with tf.GradientTape() as tape:
        h = tf.sigmoid(tf.matmul(x, W1) + b1)
        out = tf.sigmoid(tf.matmul(h, W2) + b2)
        loss = tf.reduce_mean(tf.square(out - y))
    return Trace(tape, loss, [W1, b1, W2, b2], sys._getframe())


def classifier():
    """A linear classifier of 2,000 points: its arrays are summarised."""
    rng = np.random.default_rng(0)
    inputs = np.vstack([rng.normal((0, 3), 1, (1000, 2)), rng.normal((3, 0), 1, (1000, 2))]).astype("float32")
    targets = np.repeat([[0.0], [1.0]], 1000, 0).astype("float32")
    W, b = tf.Variable([[0.3], [0.6]]), tf.Variable([0.0])
    with tf.GradientTape() as tape:
        predictions = tf.matmul(inputs, W) + b
        loss = tf.reduce_mean(tf.square(targets - predictions))
    return Trace(tape, loss, [W, b], sys._getframe())


def regression():
    """Two hidden layers, 10-40-40-5, on a batch of 10."""
    rng = np.random.default_rng(1)
    draw = lambda *shape: rng.normal(size=shape).astype("float32") / 3
    weights = [tf.Variable(draw(*s)) for s in ((10, 40), (40,), (40, 40), (40,), (40, 5), (5,))]
    x, y = tf.constant(draw(10, 10)), tf.constant(draw(10, 5))
    with tf.GradientTape() as tape:
        h = tf.nn.relu(x @ weights[0] + weights[1])
        h = tf.nn.relu(h @ weights[2] + weights[3])
        loss = tf.reduce_mean(tf.square(h @ weights[4] + weights[5] - y))
    return Trace(tape, loss, weights, sys._getframe())


def chain(ops=200):
    """One op after the other, with one variable that all of them read."""
    w, h = tf.Variable(1.01), tf.constant([1.0, -0.5])
    with tf.GradientTape() as tape:
        for i in range(ops):
            h = tf.tanh(h) if i % 2 else h * w
    return Trace(tape, h, [w], sys._getframe())


def diamonds(ops=200):
    """Diamonds in a row: two ways from each to the next."""
    x = tf.Variable([1.0, 2.0, -1.0])
    with tf.GradientTape() as tape:
        h = x
        for _ in range(ops // 4):
            left, right = tf.sin(h), tf.cos(h)
            h = left * right + h
        loss = tf.reduce_sum(h)
    return Trace(tape, loss, [x], sys._getframe())


def fall():
    """A falling stone: how far, by time."""
    t = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        position = 4.9 * t**2
    return Trace(tape, position, [t], sys._getframe())


def pieces():
    """Split, unstack, concat and stack; the target is no scalar."""
    x = tf.Variable([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    with tf.GradientTape() as tape:
        left, right = tf.split(x, 2, axis=1)
        first, second = tf.unstack(left + right)
        both = tf.concat([first, second * 2.0, first], 0)
        stacked = tf.stack([both, both * both])
    return Trace(tape, stacked, [x], sys._getframe())


def unbounded():
    """Numbers that are not finite."""
    x = tf.Variable([0.0, 1.0, -1.0, 4.0])
    with tf.GradientTape() as tape:
        y = tf.sqrt(x)
        z = y + 1.0 / x
        loss = tf.reduce_sum(z)
    return Trace(tape, loss, [x], sys._getframe())


def lookup():
    """Whole numbers as constants: rows of an embedding, and classes."""
    table = tf.Variable([[0.1, 0.2, 0.3], [0.4, -0.5, 0.6], [0.7, 0.8, -0.9], [1.0, 1.1, 1.2]])
    tokens, labels = tf.constant([2, 0, 2]), tf.constant([0, 1, 2])
    with tf.GradientTape() as tape:
        rows = tf.gather(table, tokens)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=rows))
    return Trace(tape, loss, [table], sys._getframe())


def korean():
    """Names in Korean."""
    가중치, 절편 = tf.Variable([[0.5, -1.0]]), tf.Variable([0.1, 0.2])
    입력 = tf.constant([[2.0], [3.0]])
    with tf.GradientTape() as tape:
        예측 = tf.matmul(입력, 가중치) + 절편
        손실 = tf.reduce_sum(예측 * 예측)
    return Trace(tape, 손실, [가중치, 절편], sys._getframe())


def hostile():
    """A name that would end a script, and one that would begin an element."""
    v = tf.Variable([1.0, 2.0], name="</script><script>alert(1)</script>")
    w = tf.Variable([1.0, 2.0], name='"><img src=x onerror=alert(2)><!--')
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(v * w)
    return Trace(tape, loss, [v, w])


def own_gradient():
    """A function whose gradient the user wrote, once with ops and once with NumPy, where no tape sees it."""
    @tf.custom_gradient
    def seen(x):
        return tf.exp(x), lambda g: g * 2.0

    @tf.custom_gradient
    def unseen(x):
        return tf.exp(x), lambda g: tf.constant(3 * np.asarray(g))

    x = tf.Variable([0.0, 1.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(seen(x) + unseen(x))
    return Trace(tape, loss, [x], sys._getframe())


def unconnected():
    """A source that the target does not depend on, and a target that is a source."""
    x, lone = tf.Variable(2.0), tf.Variable([1.0, 1.0])
    with tf.GradientTape() as tape:
        y = x * x
    return Trace(tape, y, [x, lone], sys._getframe())


ALL = [line, xor, classifier, regression, chain, diamonds, fall, pieces, unbounded, lookup, korean, hostile,
       own_gradient, unconnected]
