"""One engine's side of overhead.py.

Every engine does the same work: float32; relu and addition of a (10, 40) array, alone and with its tape recording; and
one step of a 10-40-40-5 network (relu) on a batch of ten: forward, mean squared error, gradients, SGD with momentum.
The modules that it shares with training are in tinynn/cli/bench/rivals/, a folder that harness.py puts on its path.
"""

import time

import numpy as np
import worker

RATE, MOMENTUM = 0.01, 0.9
SIZES = [(10, 40), (40, 40), (40, 5)]
RECORDS = 1000          # ops on one tape


def data():
    """An operand, a batch and the weights that every engine starts with."""
    rng = np.random.default_rng(0)
    draw = lambda *shape: rng.normal(size=shape).astype("float32")
    weights = [draw(m, n) * np.float32(np.sqrt(2 / m)) for m, n in SIZES]
    return draw(10, 40), draw(10, 10), draw(10, 5), weights


def keras_like(tf):
    """The workloads in TensorFlow's API."""
    keras = tf.keras
    a, x, y, weights = data()
    a, x, y = tf.constant(a), tf.constant(x), tf.constant(y)
    relu = tf.nn.relu
    model = keras.Sequential([keras.Input(shape=(10,)), keras.layers.Dense(40, activation="relu"),
                              keras.layers.Dense(40, activation="relu"), keras.layers.Dense(5)])
    for layer, kernel in zip(model.layers, weights, strict=True):
        layer.kernel.assign(kernel)
    optimizer, loss_of = keras.optimizers.SGD(RATE, momentum=MOMENTUM), keras.losses.MeanSquaredError()

    def step():
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    def recorded(op):
        def run():
            with tf.GradientTape() as tape:
                tape.watch(a)
                begin = time.perf_counter()
                for _ in range(RECORDS):
                    op()
                return (time.perf_counter() - begin) / RECORDS

        return run

    work = {"relu": lambda: relu(a), "a + b": lambda: a + a, "step": step, "step, compiled": tf.function(step)}
    timed = {"relu, recorded": recorded(lambda: relu(a)), "a + b, recorded": recorded(lambda: a + a)}
    return work, timed


def tinynn():
    """tinynn's workloads."""
    import by_keras

    import tinynn as tf

    return by_keras.about(tf, "tinynn"), *keras_like(tf)


def tensorflow():
    """TensorFlow's workloads."""
    import by_keras
    import tensorflow as tf

    return by_keras.about(tf, "tensorflow"), *keras_like(tf)


def torch():
    """PyTorch's workloads."""
    import by_torch
    import torch

    a, x, y, weights = data()
    a, x, y = map(torch.from_numpy, (a, x, y))
    layers = [torch.nn.Linear(m, n) for m, n in SIZES]
    with torch.no_grad():
        for layer, kernel in zip(layers, weights, strict=True):
            layer.weight.copy_(torch.from_numpy(kernel.T))
            layer.bias.zero_()
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2])
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    mse = torch.nn.MSELoss()

    def step():
        optimizer.zero_grad()
        mse(model(x), y).backward()
        optimizer.step()

    followed = a.clone().requires_grad_()
    relu = torch.relu
    work = {"relu": lambda: relu(a), "a + b": lambda: a + a, "relu, recorded": lambda: relu(followed),
            "a + b, recorded": lambda: followed + followed, "step": step}
    return by_torch.about(), work, {}


def numpy():
    """The same with NumPy, gradients by hand."""
    import by_numpy

    a, x, y, weights = data()
    zero = np.float32(0)
    biases = [np.zeros(n, "float32") for _, n in SIZES]
    pushes = [np.zeros_like(p) for p in weights + biases]

    def step():
        h1 = np.maximum(x @ weights[0] + biases[0], zero)
        h2 = np.maximum(h1 @ weights[1] + biases[1], zero)
        g3 = (h2 @ weights[2] + biases[2] - y) * np.float32(2 / y.size)
        g2 = (g3 @ weights[2].T) * (h2 > 0)
        g1 = (g2 @ weights[1].T) * (h1 > 0)
        gradients = [x.T @ g1, h1.T @ g2, h2.T @ g3, g1.sum(0), g2.sum(0), g3.sum(0)]
        for parameter, push, gradient in zip(weights + biases, pushes, gradients, strict=True):
            push *= np.float32(MOMENTUM)
            push -= np.float32(RATE) * gradient
            parameter += push

    work = {"relu": lambda: np.maximum(a, zero), "a + b": lambda: a + a, "step": step}
    return by_numpy.about(), work, {}


if __name__ == "__main__":
    worker.main(globals())
