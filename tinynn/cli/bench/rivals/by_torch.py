"""Floor 8: PyTorch, eager or with `torch.compile`, with its fused optimizers."""

import os

os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"      # the first call compiles, whatever ran before

import numpy as np
import torch
from jobs import BETA1, BETA2, EPSILON, batches
from worker import threads

ACTIVATIONS = {"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid, "linear": torch.nn.Identity}


def about():
    """One line for the table's head."""
    return f"torch {torch.__version__}, {threads(torch.get_num_threads())}"


class Eager:
    """forward, backward, step."""

    def __init__(self, job, x, y):
        self.job, self.x, self.y = job, torch.from_numpy(x), torch.from_numpy(y).long() if y.ndim == 1 else \
            torch.from_numpy(y)
        self.rng = np.random.default_rng(2)
        layers = [[torch.nn.Linear(m, n), *([ACTIVATIONS[a]()] if a != "linear" else [])]
                  for (m, n), a in zip(job.sizes, job.activations, strict=True)]
        self.model = torch.nn.Sequential(*(part for layer in layers for part in layer))
        self.loss = torch.nn.MSELoss() if job.loss == "mse" else torch.nn.CrossEntropyLoss()
        self.linear = [layer[0] for layer in layers]
        self.forward = self.compiled(lambda x, y: self.loss(self.model(x), y))
        self.reset()

    def compiled(self, function):
        """The forward pass as it is."""
        return function

    def reset(self):
        """Back to the first weights."""
        weights = self.job.weights()
        with torch.no_grad():
            for layer, kernel, bias in zip(self.linear, weights[::2], weights[1::2], strict=True):
                layer.weight.copy_(torch.from_numpy(kernel.T))
                layer.bias.copy_(torch.from_numpy(bias))
        if self.job.optimizer == "adam":
            self.optimizer = torch.optim.Adam(self.model.parameters(), self.job.rate, (BETA1, BETA2), EPSILON,
                                              fused=True)
        else:
            self.optimizer = torch.optim.SGD(self.model.parameters(), self.job.rate, self.job.momentum, fused=True)
        self.step = 0

    def run(self, epochs, shuffle):
        """Trains."""
        for rows in batches(self.job, epochs, shuffle, self.rng):
            rows = rows if isinstance(rows, slice) else torch.from_numpy(rows)
            self.optimizer.zero_grad()
            self.forward(self.x[rows], self.y[rows]).backward()
            if self.job.decay and self.step and self.step % self.job.decay[0] == 0:
                self.decay()
            self.optimizer.step()
            self.step += 1

    def decay(self):
        """Lowers the rate. PyTorch multiplies its velocity by today's rate, Keras keeps the rate of each gradient:
        scaling the velocity makes them the same."""
        for group in self.optimizer.param_groups:
            group["lr"] *= self.job.decay[1]
            for parameter in group["params"]:
                self.optimizer.state[parameter]["momentum_buffer"].mul_(1 / self.job.decay[1])

    def weights(self):
        """[kernel, bias, ...]"""
        return [a for layer in self.linear
                for a in (layer.weight.detach().numpy().T, layer.bias.detach().numpy())]


class Compiled(Eager):
    """The forward pass and the loss, and with them their gradients, under `torch.compile`."""

    def compiled(self, function):
        return torch.compile(function, dynamic=False)
