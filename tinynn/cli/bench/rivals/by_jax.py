"""Floor 8: JAX: the step compiled; or a whole epoch, or all epochs, as one `lax.scan`."""

import functools
import os

import jax
import numpy as np
from jax import numpy as jnp
from jobs import BETA1, BETA2, EPSILON, orders
from worker import DEVICE, cores, threads

ACTIVATIONS = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "linear": lambda z: z}


def about():
    """One line for the table's head."""
    if DEVICE.startswith("GPU"):
        return f"jax {jax.__version__}, {DEVICE} {gpu().device_kind}"
    alone = "multi_thread_eigen=false" in os.environ.get("XLA_FLAGS", "")
    return f"jax {jax.__version__}, {threads(1 if alone else cores())}"


def gpu():
    """The GPU.

    Raises:
        RuntimeError: there is none.
    """
    try:
        return jax.devices("cuda")[0]
    except Exception as error:      # an AssertionError without a text, too
        why = " ".join(str(error).split())
        raise RuntimeError(f'JAX finds no GPU: pip install "jax[cuda12]" (or [cuda13]). {why}') from error


def loss_of(job, parameters, x, y):
    """The mean loss of a batch."""
    for kernel, bias, name in zip(parameters[::2], parameters[1::2], job.activations, strict=True):
        x = ACTIVATIONS[name](x @ kernel + bias)
    if job.loss == "mse":
        return jnp.mean((x - y) ** 2)
    return jnp.mean(jax.nn.logsumexp(x, axis=1) - jnp.take_along_axis(x, y[:, None], axis=1)[:, 0])


def train(job, state, x, y):
    """One step: (parameters, slots, step) after a batch."""
    parameters, slots, step = state
    gradients = jax.grad(functools.partial(loss_of, job))(parameters, x, y)
    rate = job.rate * job.decay[1] ** (step // job.decay[0]) if job.decay else job.rate
    count = (step + 1).astype("float32")
    if job.optimizer == "adam":
        rate *= jnp.sqrt(1 - BETA2 ** count) / (1 - BETA1 ** count)
        slots = [(m + (g - m) * (1 - BETA1), v + (g * g - v) * (1 - BETA2))
                 for g, (m, v) in zip(gradients, slots, strict=True)]
        parameters = [p - rate * m / (jnp.sqrt(v) + EPSILON) for p, (m, v) in zip(parameters, slots, strict=True)]
    elif job.momentum:
        slots = [(job.momentum * v - rate * g,) for g, (v,) in zip(gradients, slots, strict=True)]
        parameters = [p + v for p, (v,) in zip(parameters, slots, strict=True)]
    else:
        parameters = [p - rate * g for p, g in zip(parameters, gradients, strict=True)]
    return parameters, slots, step + 1


def train_on_rows(job, state, x, y, rows):
    """One step on the rows of an index; on all where the batch is all."""
    if job.batch == job.samples:
        return train(job, state, x, y)
    return train(job, state, x[rows], y[rows])


def epoch(job, state, x, y, order):
    """A scan over the full batches, and the shorter last one."""
    full = job.samples // job.batch * job.batch

    def step(state, rows):
        return train_on_rows(job, state, x, y, rows), None

    state, _ = jax.lax.scan(step, state, order[:full].reshape(-1, job.batch))
    return train_on_rows(job, state, x, y, order[full:]) if full < job.samples else state


def train_on_next(job, count, state, x, y, order):
    """One step on the next rows of an epoch's order, which are as many as `count`."""
    first = state[2] % job.steps * job.batch
    return train_on_rows(job, state, x, y, jax.lax.dynamic_slice_in_dim(order, first, count))


class Step:
    """One compiled call per step."""

    whole = False

    def __init__(self, job, x, y):
        self.job, self.x, self.y, self.rng = job, jnp.asarray(x), jnp.asarray(y), np.random.default_rng(2)
        self.make()
        self.reset()

    def make(self):
        """Compiles when it is first called."""
        self.compiled = {count: jax.jit(functools.partial(train_on_next, self.job, count), donate_argnums=0)
                         for count in {self.job.batch, self.job.samples % self.job.batch}}

    def reset(self):
        """Back to the first weights."""
        parameters = list(map(jnp.asarray, self.job.weights()))
        count = {"adam": 2}.get(self.job.optimizer, 1 if self.job.momentum else 0)
        slots = [tuple(jnp.zeros_like(p) for _ in range(count)) for p in parameters]
        self.state = parameters, slots, jnp.int32(0)

    def calls(self, epochs, shuffle):
        """Each compiled call, and its last argument: an order that lies where the samples lie."""
        for order in map(jnp.asarray, orders(self.job, epochs, shuffle, self.rng)):
            for start in range(0, self.job.samples, self.job.batch):
                yield self.compiled[min(self.job.batch, self.job.samples - start)], order

    def run(self, epochs, shuffle):
        """Trains."""
        for compiled, order in self.calls(epochs, shuffle):
            self.state = compiled(self.state, self.x, self.y, order)
        self.wait()

    def wait(self):
        """Returns when the device has done what it was given."""
        jax.block_until_ready(self.state)

    def held(self):
        """Bytes that arrays hold on the device; None where JAX does not count them."""
        found = jax.devices()[0].memory_stats()
        return found and found["bytes_in_use"]

    def weights(self):
        """[kernel, bias, ...]"""
        return self.state[0]


class Scan(Step):
    """One compiled call per epoch."""

    function = staticmethod(epoch)

    def make(self):
        self.compiled = jax.jit(functools.partial(self.function, self.job), donate_argnums=0)

    def calls(self, epochs, shuffle):
        return ((self.compiled, order) for order in orders(self.job, epochs, shuffle, self.rng))


class ScanAll(Scan):
    """One compiled call for all epochs."""

    whole = True        # a program for this number of epochs only

    @staticmethod
    def function(job, state, x, y, order):
        return jax.lax.scan(lambda s, o: (epoch(job, s, x, y, o), None), state, order)[0]

    def calls(self, epochs, shuffle):
        return [(self.compiled, orders(self.job, epochs, shuffle, self.rng))]
