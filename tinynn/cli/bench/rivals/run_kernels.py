"""Floor 8: one engine's side of single ops, run by its path: `python run_kernels.py ENGINE`.

A workload is named by its op, type and extents: `matmul nn float32 64 128 32` is (64, 128) @ (128, 32), `tn` and `nt`
read the first or the second factor transposed; `exp float32 1000` is one op on a vector; `adam float32 1000` is one
update of that many parameters. Asked for its name it tells the seconds of a call; with a word behind the name:

    matmul nn float32 64 128 32 first   seconds of the first call
    matmul nn float32 64 128 32 error   how far its result is from the product in float64, as a share of the largest
                                        number in it
"""

import os
import time

import numpy as np
import worker

ROWS = 100      # softmax works on rows of this many elements


class Workloads:
    """The functions to time by name, made when they are asked for, and forgotten when another one is."""

    def __init__(self, make):
        self.make, self.name, self.function = make, None, None

    def get(self, name):
        """The function, or None where this engine does not have it; its first call is not counted."""
        if name != self.name:
            self.name, self.function = name, None       # frees the old arrays first
            op, *rest = name.split()
            self.function = self.make(op, *rest)
            if self.function is not None:
                begin = time.perf_counter()
                self.function()
                self.first = time.perf_counter() - begin
        return self.function


class Questions:
    """What may be asked of a workload beside its time; see above."""

    def __init__(self, workloads):
        self.workloads = workloads

    def get(self, question):
        """The function that answers, or None where this is no such question, or the engine lacks the workload."""
        name, _, what = question.rpartition(" ")
        if what not in ("first", "error") or self.workloads.get(name) is None:
            return None
        return lambda: self.workloads.first if what == "first" else error(name, self.workloads.function())


def error(name, product):
    """The largest difference of a matrix product from float64, as a share of the largest number in it."""
    op, *rest = name.split()
    a, b = [x.astype("float64") for x in arrays(op, rest)]
    expected = (a.T if rest[0] == "tn" else a) @ (b.T if rest[0] == "nt" else b)
    return float(abs(np.asarray(product) - expected).max() / abs(expected).max())


def arrays(op, rest):
    """The operands of a workload, as NumPy arrays."""
    rng = np.random.default_rng(0)
    if op == "matmul":
        form, dtype, (m, k, n) = rest[0], rest[1], map(int, rest[2:])
        shapes = [(k, m) if form == "tn" else (m, k), (n, k) if form == "nt" else (k, n)]
    else:
        dtype, size = rest[0], int(rest[1])
        shapes = [(size // ROWS, ROWS)] if op == "softmax" else [(size,)] * (4 if op == "adam" else 1)
    return [rng.normal(size=s).astype(dtype) for s in shapes]


def keras_like(tf, others=None):
    """The workloads in TensorFlow's API; `others` makes those that it has no name for."""
    ops = {"sum": tf.reduce_sum, "relu": tf.nn.relu, "sigmoid": tf.sigmoid, "tanh": tf.tanh, "exp": tf.exp,
           "softmax": tf.nn.softmax}

    def make(op, *rest):
        given = arrays(op, rest)
        if op not in (*ops, "matmul"):
            return others and others(op, rest, given)
        x = [tf.constant(a) for a in given]
        if op == "matmul":
            ta, tb = rest[0] == "tn", rest[0] == "nt"
            return lambda: tf.matmul(x[0], x[1], ta, tb)
        return lambda: ops[op](x[0])

    return Workloads(make)


def tinynn():
    """tinynn: public functions, as a user calls them."""
    import by_keras

    import tinynn as tf
    from tinynn.ops.update import adam_update

    def adam(op, rest, given):
        w, m, v, g = given
        w, m, v = tf.Variable(w), tf.Variable(abs(m)), tf.Variable(abs(v))
        g, rate, step = tf.constant(g), tf.constant(1e-3, dtype=rest[0]), tf.constant(1, dtype="int64")
        return lambda: adam_update(w, m, v, g, rate, step, 0.9, 0.999, 1e-7)

    return by_keras.about(tf, "tinynn"), keras_like(tf, adam)


def tensorflow():
    """TensorFlow, eager."""
    import by_keras
    import tensorflow as tf

    return by_keras.about(tf, "tensorflow"), keras_like(tf)


def numpy():
    """NumPy with its own OpenBLAS."""
    import by_numpy

    one = np.float32(1)
    ops = {"sum": np.sum, "relu": lambda x: np.maximum(x, 0), "sigmoid": lambda x: one / (one + np.exp(-x)),
           "tanh": np.tanh, "exp": np.exp}

    def make(op, *rest):
        if op not in (*ops, "matmul"):
            return None
        x = arrays(op, rest)
        if op == "matmul":
            a, b = x[0].T if rest[0] == "tn" else x[0], x[1].T if rest[0] == "nt" else x[1]
            return lambda: np.matmul(a, b)
        return lambda: ops[op](x[0])

    return by_numpy.about(), Workloads(make)


def torch():
    """PyTorch, without a tape."""
    import by_torch
    import torch

    torch.set_grad_enabled(False)
    ops = {"sum": torch.sum, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "exp": torch.exp,
           "softmax": lambda x: torch.softmax(x, -1)}

    def make(op, *rest):
        x = [torch.from_numpy(a) for a in arrays(op, rest)]
        if op == "adam":
            parameter = torch.nn.Parameter(x[0])
            parameter.grad = x[3]
            return torch.optim.Adam([parameter], fused=True).step
        if op == "matmul":
            a, b = x[0].T if rest[0] == "tn" else x[0], x[1].T if rest[0] == "nt" else x[1]
            return lambda: torch.matmul(a, b)
        return lambda: ops[op](x[0])

    return by_torch.about(), Workloads(make)


def jax():
    """JAX, every op compiled."""
    os.environ["JAX_ENABLE_X64"] = "1"
    import by_jax
    import jax
    from jax import numpy as jnp

    ops = {"sum": jnp.sum, "relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "exp": jnp.exp,
           "softmax": jax.nn.softmax}
    compiled = {name: jax.jit(op) for name, op in ops.items()}
    product = {"nn": jax.jit(lambda a, b: a @ b), "tn": jax.jit(lambda a, b: a.T @ b),
               "nt": jax.jit(lambda a, b: a @ b.T)}

    def make(op, *rest):
        if op not in (*compiled, "matmul"):
            return None
        x = list(map(jnp.asarray, arrays(op, rest)))
        function = product[rest[0]] if op == "matmul" else compiled[op]
        return lambda: function(*x).block_until_ready()

    return by_jax.about(), Workloads(make)


def start(engine):
    """What worker.main wants."""
    about, workloads = engine()
    return about, workloads, Questions(workloads)


if __name__ == "__main__":
    worker.main({engine.__name__: lambda engine=engine: start(engine)
                 for engine in (tinynn, numpy, torch, tensorflow, jax)}, warm=False)
