"""Floor 8: the training workloads: networks, data, starting weights, and what a step must cost at least.

Only NumPy is imported here, so every engine's process reads the same numbers from the same place.
"""

import dataclasses
import gzip
import math
import pathlib

import numpy as np

DIGITS = pathlib.Path(__file__).parents[3] / "keras" / "datasets" / "data" / "digits.csv.gz"
DIGITS_ROWS = 1438      # the training samples of keras.datasets.digits
CHECK_ROWS = 1000       # of the data, on which the loss is compared
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7     # Adam, as Keras has it
FLOAT = 4               # bytes
UPDATE_ARRAYS = {"sgd": 3, "momentum": 5, "adam": 7}    # passes over the parameters' memory: w g; w / v g; v / m v g


@dataclasses.dataclass(frozen=True)
class Job:
    """A network and how it is trained.

    `widths` are the features from the input to the output; `epochs` is what one timed call trains, and `first` what
    the first call trains, after which the losses of all engines are compared. `decay` is (steps, factor) of a
    staircase `ExponentialDecay`; losses may differ by `tolerance` as a share; `about` is a line for people.
    """

    name: str
    widths: tuple
    activations: tuple
    samples: int
    batch: int
    epochs: int
    first: int
    loss: str = "mse"
    optimizer: str = "sgd"
    rate: float = 0.01
    momentum: float = 0.0
    decay: tuple | None = None
    tolerance: float = 1e-4
    about: str = ""

    @property
    def steps(self):
        """Batches in an epoch; the last may be shorter."""
        return math.ceil(self.samples / self.batch)

    @property
    def sizes(self):
        """(inputs, outputs) of each layer."""
        return list(zip(self.widths[:-1], self.widths[1:], strict=True))

    @property
    def parameters(self):
        """Trainable numbers."""
        return sum(m * n + n for m, n in self.sizes)

    def rate_at(self, step):
        """The learning rate of a step, counted from 0."""
        return self.rate * self.decay[1] ** (step // self.decay[0]) if self.decay else self.rate

    def weights(self):
        """[kernel, bias, kernel, bias, ...]: He's normal kernels, zero biases."""
        rng = np.random.default_rng(1)
        pairs = [(rng.standard_normal((m, n), "float32") * np.float32(math.sqrt(2 / m)), np.zeros(n, "float32"))
                 for m, n in self.sizes]
        return [array for pair in pairs for array in pair]

    def data(self):
        """(x, y): float32, and int32 labels for a cross-entropy."""
        special = {"W2": _xor, "W3": _two_clouds, "W4": _digits}
        return special[self.name]() if self.name in special else self._random()

    def _random(self):
        rng = np.random.default_rng(0)
        x = rng.standard_normal((self.samples, self.widths[0]), "float32")
        if self.loss == "crossentropy":
            teacher = rng.standard_normal((self.widths[0], self.widths[-1]), "float32")     # so there is much to learn
            return x, (x @ teacher).argmax(1).astype("int32")
        return x, rng.standard_normal((self.samples, self.widths[-1]), "float32")

    def loss_of(self, weights, x, y):
        """The loss in float64, so that engines are judged by the weights they leave."""
        value = x.astype("float64")
        for kernel, bias, name in zip(weights[::2], weights[1::2], self.activations, strict=True):
            value = value @ np.asarray(kernel, "float64") + np.asarray(bias, "float64")
            value = {"relu": lambda v: np.maximum(v, 0), "sigmoid": lambda v: 1 / (1 + np.exp(-v)),
                     "linear": lambda v: v}[name](value)
        if self.loss == "mse":
            return float(np.mean((value - y) ** 2))
        value -= value.max(1, keepdims=True)
        return float(np.mean(np.log(np.exp(value).sum(1)) - value[np.arange(len(y)), y]))

    def flops(self):
        """Multiplications and additions of a step's matrix products: x @ w and its two gradients, but no gradient
        with respect to the data."""
        return sum(2 * self.batch * m * n * (3 if i else 2) for i, (m, n) in enumerate(self.sizes))

    def bytes(self, cache):
        """Bytes that a step must move: the batch's rows, if the data does not fit in `cache`, and what the update
        reads and writes, if weights, gradients and slots do not fit."""
        kind = "momentum" if self.momentum else self.optimizer
        rows = FLOAT * self.batch * self.widths[0]
        state = FLOAT * self.parameters * {"sgd": 2, "momentum": 3, "adam": 4}[kind]
        return ((rows if FLOAT * self.samples * self.widths[0] > cache else 0)
                + (FLOAT * self.parameters * UPDATE_ARRAYS[kind] if state > cache else 0))


def _xor():
    return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"), np.array([[0], [1], [1], [0]], "float32")


def _two_clouds():
    rng = np.random.default_rng(0)
    clouds = [rng.multivariate_normal(mean, [[1, 0.5], [0.5, 1]], 1000) for mean in ([0, 3], [3, 0])]
    return np.vstack(clouds).astype("float32"), np.repeat(np.array([[0], [1]], "float32"), 1000, axis=0)


def _digits():
    with gzip.open(DIGITS, "rt") as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.uint8)
    table = table[np.random.RandomState(0).permutation(len(table))][:DIGITS_ROWS]
    return table[:, :64].astype("float32") / np.float32(16), table[:, 64].astype("int32")


W1 = Job("W1", (10, 40, 40, 5), ("relu", "relu", "linear"), samples=100, batch=10, epochs=100, first=3,
         momentum=0.9, decay=(10, 0.5),
         about="10-40-40-5, relu; mean squared error, momentum, a decaying rate, 10 of 100 rows")
JOBS = {job.name: job for job in [
    W1,
    Job("W2", (2, 4, 1), ("sigmoid", "sigmoid"), samples=4, batch=1, epochs=1500, first=20, rate=0.1,
        about="XOR: 2-4-1, sigmoids; mean squared error, SGD, one row of 4"),
    Job("W3", (2, 1), ("linear",), samples=2000, batch=2000, epochs=1000, first=40, rate=0.1,
        about="a linear classifier from variables: a hand-written tape step, all 2,000 rows"),
    Job("W4", (64, 128, 10), ("relu", "linear"), samples=DIGITS_ROWS, batch=32, epochs=20, first=2,
        loss="crossentropy", optimizer="adam", rate=0.001, tolerance=1e-3,
        about="digits: 64-128-10, relu; cross-entropy, Adam, 32 of 1,438 rows"),
    Job("W5", (784, 512, 512, 10), ("relu", "relu", "linear"), samples=60_000, batch=128, epochs=1, first=1,
        loss="crossentropy", optimizer="adam", rate=1e-4,      # at 1e-3 rounding alone moves the loss by 2 %
        tolerance=1e-3, about="784-512-512-10, relu; cross-entropy, Adam, 128 of 60,000 rows"),
    Job("W6", (1024, 4096, 4096, 1024), ("relu", "relu", "linear"), samples=1024, batch=256, epochs=1, first=1,
        about="1024-4096-4096-1024, relu; mean squared error, SGD, 256 of 1,024 rows"),
    Job("W6-4096", (1024, 4096, 4096, 1024), ("relu", "relu", "linear"), samples=16_384, batch=4096, epochs=1, first=1,
        about="W6 with 4,096 of 16,384 rows: for GPUs"),
    dataclasses.replace(W1, name="P0", about="W1 as a hand-written tape loop, without tf.function"),
]}


def job(name):
    """The workload of this name; `S-1000-5-2` is a 32-unit network of 2 hidden layers on 1000 samples, 5 epochs."""
    if not name.startswith("S-"):
        return JOBS[name]
    samples, epochs, layers = map(int, name.split("-")[1:])
    return Job(name, (32,) * (layers + 2), ("relu",) * layers + ("linear",), samples, 32, epochs, 1)


def batches(job, epochs, shuffle, rng):
    """For each step the rows of its batch: an index array, or the slice of everything where the batch is all."""
    for order in orders(job, epochs, shuffle, rng):
        for start in range(0, job.samples, job.batch):
            yield slice(None) if job.batch == job.samples else order[start:start + job.batch]


def orders(job, epochs, shuffle, rng):
    """(epochs, samples) int32: the order of the rows in each epoch."""
    order = np.tile(np.arange(job.samples, dtype="int32"), (epochs, 1))
    return rng.permuted(order, axis=1) if shuffle and job.batch < job.samples else order
