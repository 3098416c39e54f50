"""One engine's side of convolution.py: seconds per step of training by Keras's `fit`, or the loop that PyTorch's users
write, on the same random data.

The modules that it shares with training are in tinynn/cli/bench/rivals/, a folder that harness.py puts on its path.
"""

import time

import numpy as np
import worker

STEPS = 20          # of one measurement
BATCH = {"cnn": 128, "lstm": 64, "gru": 64}


def data(name):
    """(samples, labels) of a workload."""
    rng, count = np.random.default_rng(0), STEPS * BATCH[name]
    if name == "cnn":
        return rng.random((count, 28, 28, 1), np.float32), rng.integers(0, 10, count)
    return rng.random((count, 50, 16), np.float32), rng.random((count, 1), np.float32)


CLOCKS = {"": time.perf_counter, " processor": time.process_time}


def timed(**workloads):
    """{its name and a clock's: a function that gives seconds per step}, of functions that make one that runs STEPS."""
    made = {}

    def timer(name, clock):
        def seconds():
            if name not in made:
                made[name] = workloads[name]()
                made[name]()        # compiles
            begin = clock()
            made[name]()
            return (clock() - begin) / STEPS
        return seconds

    return {name + which: timer(name, clock) for name in workloads for which, clock in CLOCKS.items()}


def keras_like(tf, name):
    """tinynn's or TensorFlow's."""
    import by_keras
    layers = tf.keras.layers

    def convolutions():
        return [tf.keras.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
                layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten(), layers.Dropout(0.5),
                layers.Dense(10, activation="softmax")]

    def recurrent(layer):
        return [tf.keras.Input((50, 16)), layer(32), layers.Dense(1)]

    def fitted(workload, parts, loss):
        x, y = data(workload)
        model = tf.keras.Sequential(parts)
        model.compile("adam", loss)
        return lambda: model.fit(x, y, batch_size=BATCH[workload], epochs=1, verbose=0)

    return by_keras.about(tf, name), {}, timed(
        cnn=lambda: fitted("cnn", convolutions(), "sparse_categorical_crossentropy"),
        lstm=lambda: fitted("lstm", recurrent(layers.LSTM), "mse"),
        gru=lambda: fitted("gru", recurrent(layers.GRU), "mse"))


def tinynn():
    """tinynn."""
    import tinynn as tf
    return keras_like(tf, "tinynn")


def tensorflow():
    """Keras on TensorFlow."""
    import tensorflow as tf
    return keras_like(tf, "tensorflow")


def torch():
    """PyTorch, channels first as it prefers them; the data lies so already."""
    import by_torch
    import torch
    from torch import nn

    class Recurrent(nn.Module):
        def __init__(self, layer):
            super().__init__()
            self.layer, self.head = layer(16, 32, batch_first=True), nn.Linear(32, 1)

        def forward(self, x):
            return self.head(self.layer(x)[0][:, -1])

    def convolutions():
        return nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                             nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10))

    def looped(workload, model, loss):
        x, y = map(torch.from_numpy, data(workload))
        x = x.permute(0, 3, 1, 2).contiguous() if workload == "cnn" else x
        optimizer = torch.optim.Adam(model.parameters())

        def run():
            for some in torch.randperm(len(x)).split(BATCH[workload]):
                optimizer.zero_grad()
                loss(model(x[some]), y[some]).backward()
                optimizer.step()

        return run

    return by_torch.about(), {}, timed(
        cnn=lambda: looped("cnn", convolutions(), nn.CrossEntropyLoss()),
        lstm=lambda: looped("lstm", Recurrent(nn.LSTM), nn.MSELoss()),
        gru=lambda: looped("gru", Recurrent(nn.GRU), nn.MSELoss()))


if __name__ == "__main__":
    worker.main(globals())
