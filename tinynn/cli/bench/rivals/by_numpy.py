"""Floor 8: hand-written NumPy: the forward pass, the gradients and the update, one array operation at a time."""

import numpy as np
from jobs import BETA1, BETA2, EPSILON, batches
from worker import blas_threads


def about():
    """One line for the table's head."""
    return f"numpy {np.__version__}, {blas_threads()}"


class Rival:
    """A network that trains itself with NumPy."""

    def __init__(self, job, x, y):
        self.job, self.x, self.y, self.rng = job, x, y, np.random.default_rng(2)
        self.reset()

    def reset(self):
        """Back to the first weights."""
        self.parameters = self.job.weights()
        self.slots = [(np.zeros_like(p), np.zeros_like(p)) for p in self.parameters]
        self.step = 0

    def run(self, epochs, shuffle):
        """Trains."""
        for rows in batches(self.job, epochs, shuffle, self.rng):
            self.update(self.gradients(self.x[rows], self.y[rows]))

    def weights(self):
        """[kernel, bias, ...]"""
        return self.parameters

    def gradients(self, x, y):
        """Of the loss, for each parameter."""
        values = [x]
        for kernel, bias, name in zip(self.parameters[::2], self.parameters[1::2], self.job.activations, strict=True):
            values.append(activate(name, values[-1] @ kernel + bias))
        if self.job.loss == "mse":
            g = (values[-1] - y) * np.float32(2 / y.size)
        else:
            g = np.exp(values[-1] - values[-1].max(1, keepdims=True))
            g /= g.sum(1, keepdims=True)
            g[np.arange(len(y)), y] -= 1
            g *= np.float32(1 / len(y))
        found = [None] * len(self.parameters)
        for i in reversed(range(len(self.job.activations))):
            if self.job.activations[i] == "relu":
                g *= values[i + 1] > 0
            elif self.job.activations[i] == "sigmoid":
                g *= values[i + 1] * (1 - values[i + 1])
            found[2 * i:2 * i + 2] = values[i].T @ g, g.sum(0)
            if i:
                g = g @ self.parameters[2 * i].T
        return found

    def update(self, gradients):
        """Keras's SGD with momentum, or Adam, in place."""
        rate = self.job.rate_at(self.step)
        self.step += 1
        if self.job.optimizer == "adam":
            rate *= (1 - BETA2 ** self.step) ** 0.5 / (1 - BETA1 ** self.step)
        rate, momentum = np.float32(rate), np.float32(self.job.momentum)
        for p, g, (m, v) in zip(self.parameters, gradients, self.slots, strict=True):
            if self.job.optimizer == "adam":
                m += (g - m) * np.float32(1 - BETA1)
                v += (g * g - v) * np.float32(1 - BETA2)
                p -= rate * m / (np.sqrt(v) + np.float32(EPSILON))
            elif momentum:
                m *= momentum
                m -= rate * g
                p += m
            else:
                p -= rate * g


def activate(name, z):
    """The activation, in place where that is possible."""
    if name == "relu":
        return np.maximum(z, np.float32(0), out=z)
    if name == "sigmoid":
        return 1 / (1 + np.exp(-z))
    return z
