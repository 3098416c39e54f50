"""The numbers of each step of examples/from_scratch, computed by tinynn and compared with the step's own."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.core.errors import TinynnHint

COMPARISONS = {}        # name of a step: f(the step as a module), which raises an AssertionError where they differ


def comparison(function):
    COMPARISONS[function.__name__] = function


def f64(value):
    return tf.constant(value, tf.float64)


def same(step, ours, rtol=0.0):
    """Values of a step against tinynn's, None for None; to the last bit, or within float64 rounding."""
    assert len(step) == len(ours)
    for a, b in zip(step, ours, strict=True):
        if b is None:
            assert a is None
        else:
            assert np.shape(a) == tuple(np.shape(b))
            np.testing.assert_allclose(a, b, rtol=rtol, atol=0)


def neuron(watched=("w", "x", "b", "t")):
    """The neuron of step 1 on a tape: the tape, and its values by name."""
    v = {name: f64(value) for name, value in {"w": 2.0, "x": 3.0, "b": -1.0, "t": 9.0}.items()}
    with tf.GradientTape() as tape:
        tape.watch([v[name] for name in watched])
        v["product"] = v["w"] * v["x"]
        v["y"] = v["product"] + v["b"]
        v["error"] = v["y"] - v["t"]
        v["loss"] = tf.square(v["error"])
    return tape, v


@comparison
def step01_value(step):
    numbers = step.numbers()
    _, values = neuron()
    assert list(numbers) == list(values)
    same(numbers.values(), values.values())
    assert step.formula(step.neuron()["loss"]) == "square(subtract(add(multiply(2.0, 3.0), -1.0), 9.0))"


@comparison
def step02_gradient(step):
    numbers = step.numbers()
    assert len(numbers) == 4
    for op, row in numbers.items():
        inputs = [f64(x) for x in (2.0, 3.0)[:len(row["vjp"])]]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value = getattr(tf, op)(*inputs)
        gradients = tape.gradient(value, inputs)
        same([row["value"], *row["vjp"]], [value, *gradients])
        same(row["measured"], gradients, rtol=1e-9)


@comparison
def step03_chain(step):
    tape, values = neuron()
    rows = step.numbers()
    assert list(rows) == list(values)
    same([value for value, _ in rows.values()], values.values())
    same([gradient for _, gradient in rows.values()], tape.gradient(values["loss"], list(values.values())))


def diamond():
    """The values x, u = x x, u u and y = u u + u, and the gradients of y."""
    x = f64(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        u = x * x
        product = u * u
        y = product + u
    values = [x, u, product, y]
    return values, tape.gradient(y, values)


@comparison
def step04_diamond(step):
    numbers = step.numbers()
    _, (dx, du, *_) = diamond()
    same(numbers["every_path"][:2], [du, dx])
    assert numbers["overwrite"] == (1.0, 2.0, 11)      # what the text says of the wrong ones
    assert numbers["visit_once"] == (9.0, 16.0, 4)
    assert [numbers[n] for n in (1, 2, 4, 8, 16)] == [2**(n + 1) - 1 for n in (1, 2, 4, 8, 16)]


@comparison
def step05_topological_order(step):
    numbers = step.numbers()
    names, values, gradients = zip(*numbers["diamond"], strict=True)
    assert names == ("x", "u", "u u", "y")
    same([values, gradients], diamond())
    start = y = f64(1.0)
    with tf.GradientTape() as tape:
        tape.watch(start)
        for _ in range(64):
            y = y + y
    same(numbers["doublings"], [65, tape.gradient(y, start)])


@comparison
def step06_matrices(step):
    x, w = f64([[1, 2, 3], [4, 5, 6]]), f64([[1, 0], [0, 1], [1, -1]])
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        y = x @ w
        error = y - f64([[3, 0], [8, 1]])
        loss = tf.reduce_sum(tf.square(error))
    values = {"loss": loss, "error": error, "y": y, "w": w, "x": x}
    numbers = step.numbers()
    assert list(numbers) == list(values)
    same([value for value, _ in numbers.values()], values.values())
    same([gradient for _, gradient in numbers.values()], tape.gradient(loss, list(values.values())))


@comparison
def step07_broadcasting(step):
    numbers = step.numbers()
    for shape in ((2, 3), (3,), (1, 3), (2, 1), ()):
        x = tf.ones(shape, tf.float64)
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum((x + tf.zeros((2, 3), tf.float64)) * f64([[1, 2, 3], [4, 5, 6]]))
        same([numbers[shape]], [tape.gradient(total, x)])
    w, b = f64([[1, 0], [1, -1]]), f64([5, 7])
    with tf.GradientTape() as tape:
        tape.watch([w, b])
        y = f64([[1, 2], [3, 4], [5, 6]]) @ w + b
        loss = tf.reduce_sum(y * y)
    same([numbers[name] for name in ("y", "loss", "gradient of w", "gradient of b")],
         [y, loss, *tape.gradient(loss, [w, b])])


@comparison
def step08_momentum(step):
    numbers = step.numbers()
    assert list(numbers) == [0.0, 0.75]
    x = f64(np.linspace(0, 1, 11))
    for momentum, history in numbers.items():
        assert len(history) == step.STEPS + 1
        slope, offset = tf.Variable(0.0, dtype=tf.float64), tf.Variable(0.0, dtype=tf.float64)
        optimizer = keras.optimizers.SGD(step.RATE, momentum=momentum)
        for row in history:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(slope * x + offset - (3.0 * x - 1.0)))
            same(row, [slope, offset, loss], rtol=1e-9)
            optimizer.apply_gradients(zip(tape.gradient(loss, [slope, offset]), [slope, offset], strict=True))


@comparison
def step09_mini_batches(step):
    def gradient(w, rows):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(f64(step.X[rows]) @ w - f64(step.Y[rows])))
        return loss, tape.gradient(loss, w)

    numbers = step.numbers()
    w = tf.Variable(np.zeros((3, 1)))
    parts = [gradient(w, rows)[1] for rows in step.batches(60, np.random.default_rng(2))]
    same(numbers["parts"], parts, rtol=1e-12)
    same([numbers["all"]], [gradient(w, ...)[1]], rtol=1e-12)
    np.testing.assert_allclose(np.mean(parts, axis=0), numbers["all"], rtol=1e-12)
    for size, history in zip((240, 20), numbers["runs"], strict=True):
        assert len(history) == step.EPOCHS + 1
        w, rng = tf.Variable(np.zeros((3, 1))), np.random.default_rng(2)
        for row in history:
            same(row, [w, gradient(w, ...)[0]], rtol=1e-9)
            order = step.batches(size, rng)
            assert sorted(np.concatenate(order)) == list(range(240))
            for rows in order:
                w.assign_sub(step.RATE * gradient(w, rows)[1])


@comparison
def step10_tape(step):
    numbers = step.numbers()
    tape, v = neuron(watched=("w", "b"))
    assert [op for op, *_ in numbers["tape"]] == ["multiply", "add", "subtract", "square"]
    same([x for _, _, values, _ in numbers["tape"] for x in values],
         [v["w"], v["x"], v["product"], v["b"], v["y"], v["t"], v["error"]])
    with pytest.warns(TinynnHint, match="does not watch"):
        gradients = tape.gradient(v["loss"], [v["w"], v["x"], v["b"]])
    same([numbers["loss"], *numbers["gradients"]], [v["loss"], *gradients])
    with tf.GradientTape() as tape:
        tape.watch(v["w"])
        y = sum([v["w"]] * 5000, start=v["w"])
    same(numbers["chain"], [5000, y, tape.gradient(y, v["w"])])


def derivatives(f, x, order):
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = derivatives(f, x, order - 1) if order > 1 else [f(x)]
    return [*values, tape.gradient(values[-1], x)]


@comparison
def step11_second_derivative(step):
    numbers = step.numbers()
    same(numbers["4.9 t²"], derivatives(lambda t: tf.square(t) * 4.9, f64(2.0), 2))
    same(numbers["x⁴"], derivatives(lambda x: tf.square(tf.square(x)), f64(2.0), 4))
    assert len(numbers["newton"]) == 7
    x = f64(2.0)
    for row in numbers["newton"]:
        f, slope, curvature = derivatives(lambda x: tf.square(tf.square(x)) * 0.25 + x * -2.0, x, 2)
        same(row, [x, f, slope, curvature])
        x = x - slope / curvature


@comparison
def step12_digits(step):
    losses, images, labels, answers = step.numbers()
    (x, y), (x_test, y_test) = keras.datasets.digits.load_data()
    same([images, labels], [x_test / 16, y_test])
    x, y, rng = x.reshape(-1, 64) / 16, y.astype("int64"), np.random.default_rng(1)
    w1, w2 = tf.Variable(rng.normal(size=(64, 32)) / 8), tf.Variable(rng.normal(size=(32, 10)) / 6)
    b1, b2 = tf.Variable(np.zeros(32)), tf.Variable(np.zeros(10))
    network = lambda x: tf.nn.relu(f64(x) @ w1 + b1) @ w2 + b2
    optimizer, weights = keras.optimizers.SGD(step.RATE, momentum=step.MOMENTUM), [w1, b1, w2, b2]
    assert len(losses) == step.EPOCHS
    for loss_of_epoch in losses:
        total = []
        for rows in np.array_split(rng.permutation(1438), step.BATCHES):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y[rows], network(x[rows])))
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            total.append(float(loss))
        same([loss_of_epoch], [np.mean(total)], rtol=1e-9)
    same([answers], [np.argmax(network(x_test.reshape(-1, 64) / 16), axis=1)])
    if step.EPOCHS == 20:
        assert np.mean(answers == labels) > 0.97
