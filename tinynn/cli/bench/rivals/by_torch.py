"""Floor 8: PyTorch, eager or with `torch.compile`, with its fused optimizers."""

import os

os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"      # the first call compiles, whatever ran before

import numpy as np
import torch
from jobs import BETA1, BETA2, EPSILON, orders
from worker import DEVICE, threads

GPU = DEVICE.startswith("GPU")
PLACE = "cuda" if GPU else "cpu"
torch.set_float32_matmul_precision("highest")       # no TF32
ACTIVATIONS = {"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid, "linear": torch.nn.Identity}


def about():
    """One line for the table's head."""
    if GPU:
        torch.zeros(1, device=PLACE)        # says why there is none
        return f"torch {torch.__version__}, {DEVICE} {torch.cuda.get_device_name()}, CUDA {torch.version.cuda}"
    return f"torch {torch.__version__}, {threads(torch.get_num_threads())}"


class Eager:
    """forward, backward, step."""

    def __init__(self, job, x, y):
        self.job, self.x, self.y = job, torch.from_numpy(x).to(PLACE), torch.from_numpy(y).to(PLACE)
        self.y = self.y.long() if y.ndim == 1 else self.y
        self.rng = np.random.default_rng(2)
        layers = [[torch.nn.Linear(m, n), *([ACTIVATIONS[a]()] if a != "linear" else [])]
                  for (m, n), a in zip(job.sizes, job.activations, strict=True)]
        self.model = torch.nn.Sequential(*(part for layer in layers for part in layer)).to(PLACE)
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
        for rows in self.batches(epochs, shuffle):
            self.optimizer.zero_grad()
            self.forward(self.x[rows], self.y[rows]).backward()
            if self.job.decay and self.step and self.step % self.job.decay[0] == 0:
                self.decay()
            self.optimizer.step()
            self.step += 1

    def batches(self, epochs, shuffle):
        """jobs.batches of an order that lies where the samples lie."""
        for order in orders(self.job, epochs, shuffle, self.rng):
            order = torch.from_numpy(order).to(PLACE, torch.int64)
            for start in range(0, self.job.samples, self.job.batch):
                yield slice(None) if self.job.batch == self.job.samples else order[start:start + self.job.batch]

    def wait(self):
        """Returns when the device has done what it was given."""
        if GPU:
            torch.cuda.synchronize()

    def held(self):
        """Bytes that arrays hold on the GPU."""
        return torch.cuda.memory_allocated() if GPU else None

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
                for a in (layer.weight.detach().cpu().numpy().T, layer.bias.detach().cpu().numpy())]


class Compiled(Eager):
    """The forward pass and the loss, and with them their gradients, under `torch.compile`; on a GPU as CUDA graphs."""

    def compiled(self, function):
        return torch.compile(function, dynamic=False, mode="reduce-overhead" if GPU else None)

    def wait(self):
        super().wait()
        if GPU and torch._dynamo.utils.counters["inductor"]["cudagraph_skips"]:
            raise RuntimeError("torch.compile left CUDA graphs out; --errors shows why")
