"""One engine's side of predict.py: {"on_batch 1": function, ...} for the digits model with the same weights.

The modules that it shares with training are in tinynn/cli/bench/rivals/, a folder that harness.py puts on its path.
"""

import jobs
import numpy as np
import worker

JOB = jobs.job("W4")
ROWS = (1, 100_000)


def rows(count):
    """Digits, repeated until there are enough."""
    x, _ = JOB.data()
    return np.ascontiguousarray(np.resize(x, (count, x.shape[1])))


def named(**ways):
    """Each way (a function of the rows that makes the function to time) for each number of rows."""
    return {f"{way} {count}": make(rows(count)) for way, make in ways.items() for count in ROWS}


def keras_like(tf, name):
    """tinynn's or TensorFlow's."""
    import by_keras
    model = by_keras.Fit(tf, JOB, *JOB.data()).model
    w1, _, w2, _ = JOB.weights()
    model.add(tf.keras.layers.Softmax())

    def matmuls(x):
        x, first, second = tf.constant(x), tf.constant(w1), tf.constant(w2)
        return lambda: tf.matmul(tf.matmul(x, first), second)

    return by_keras.about(tf, name), named(
        on_batch=lambda x: lambda: model.predict_on_batch(x),
        predict=lambda x: lambda: model.predict(x, verbose=0), matmuls=matmuls), {}


def tinynn():
    """tinynn."""
    import tinynn as tf
    return keras_like(tf, "tinynn")


def tensorflow():
    """Keras on TensorFlow."""
    import tensorflow as tf
    return keras_like(tf, "tensorflow")


def numpy():
    """NumPy by hand."""
    import by_numpy
    w1, b1, w2, b2 = JOB.weights()

    def forward(x):
        z = np.maximum(x @ w1 + b1, np.float32(0)) @ w2 + b2
        z = np.exp(z - z.max(1, keepdims=True))
        return z / z.sum(1, keepdims=True)

    return by_numpy.about(), named(on_batch=lambda x: lambda: forward(x),
                                   matmuls=lambda x: lambda: x @ w1 @ w2), {}


def torch():
    """PyTorch, under inference_mode, from an array to an array."""
    import by_torch
    import torch
    network = by_torch.Eager(JOB, *JOB.data()).model
    weights = [torch.from_numpy(w) for w in JOB.weights()]

    def forward(x):
        with torch.inference_mode():
            return torch.softmax(network(torch.from_numpy(x)), 1).numpy()

    def matmuls(x):
        x = torch.from_numpy(x)
        return lambda: x @ weights[0] @ weights[2]

    return by_torch.about(), named(on_batch=lambda x: lambda: forward(x), matmuls=matmuls), {}


def jax():
    """JAX, compiled, from an array to an array."""
    import by_jax
    import jax
    w1, b1, w2, b2 = JOB.weights()
    forward = jax.jit(lambda x: jax.nn.softmax(jax.nn.relu(x @ w1 + b1) @ w2 + b2))
    product = jax.jit(lambda x: x @ w1 @ w2)
    return by_jax.about(), named(
        on_batch=lambda x: lambda: np.asarray(forward(x)),
        matmuls=lambda x: (lambda x: lambda: product(x).block_until_ready())(jax.numpy.asarray(x))), {}


if __name__ == "__main__":
    worker.main(globals())
