"""One engine's side of kernels.py.

A workload is named by its op, type and extents: `matmul nn float32 64 128 32` is (64, 128) @ (128, 32), `tn` and `nt`
read the first or the second factor transposed; `exp float32 1000` is one op on a vector; `adam float32 1000` is one
update of that many parameters.
"""

import os

import numpy as np
import worker

ROWS = 100      # softmax works on rows of this many elements


class Workloads:
    """The functions to time by name, made when they are asked for, and forgotten when another one is."""

    def __init__(self, make):
        self.make, self.name, self.function = make, None, None

    def get(self, name):
        """The function, or None where this engine does not have it."""
        if name != self.name:
            self.name, self.function = name, None       # frees the old arrays first
            op, *rest = name.split()
            self.function = self.make(op, *rest)
        return self.function


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


def tinynn():
    """tinynn: public functions, as a user calls them."""
    import tinynn as tf
    from tinynn import _bridge
    from tinynn.ops.update import adam_update

    ops = {"sum": tf.reduce_sum, "relu": tf.nn.relu, "sigmoid": tf.sigmoid, "tanh": tf.tanh, "exp": tf.exp,
           "softmax": tf.nn.softmax}

    def make(op, *rest):
        given = arrays(op, rest)
        if op == "adam":
            w, m, v, g = given
            w, m, v = tf.Variable(w), tf.Variable(abs(m)), tf.Variable(abs(v))
            g, rate, step = tf.constant(g), tf.constant(1e-3, dtype=rest[0]), tf.constant(1, dtype="int64")
            return lambda: adam_update(w, m, v, g, rate, step, 0.9, 0.999, 1e-7)
        x = [tf.constant(a) for a in given]
        if op == "matmul":
            ta, tb = rest[0] == "tn", rest[0] == "nt"
            return lambda: tf.matmul(x[0], x[1], ta, tb)
        return lambda: ops[op](x[0])

    return (f"tinynn {tf.__version__}, {_bridge.isa()}, {_bridge.num_threads()} threads", Workloads(make), {})


def numpy():
    """NumPy with its own OpenBLAS."""
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

    return f"numpy {np.__version__}", Workloads(make), {}


def torch():
    """PyTorch, without a tape."""
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

    return f"torch {torch.__version__}, {torch.get_num_threads()} threads", Workloads(make), {}


def jax():
    """JAX, every op compiled."""
    os.environ["JAX_ENABLE_X64"] = "1"
    import jax
    from jax import numpy as jnp

    ops = {"sum": jnp.sum, "relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "exp": jnp.exp,
           "softmax": jax.nn.softmax}
    compiled = {name: jax.jit(op) for name, op in ops.items()}

    def make(op, *rest):
        if op not in compiled:
            return None
        x = jnp.asarray(arrays(op, rest)[0])
        return lambda: compiled[op](x).block_until_ready()

    return f"jax {jax.__version__}", Workloads(make), {}


if __name__ == "__main__":
    worker.main(globals())
