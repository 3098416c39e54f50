"""Memory stays flat: many predict calls, train_on_batch calls and tapes; the process's size and tinynn's own at
intervals. Exits 1 where either grows.

    python benchmarks/memory.py [--calls 100000]
"""

import argparse
import gc
import sys
import time

import numpy as np

import tinynn as tf
from tinynn import keras

INTERVALS = 10
SLACK = 3 << 20     # bytes by which the process may grow after its first interval: what malloc keeps


def resident():
    """The bytes of the process in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def classifier():
    """A small network with everything that a step touches, and a batch for it."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((16,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dropout(0.1),
        keras.layers.Dense(4, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(0)
    return model, rng.normal(size=(32, 16)).astype("float32"), rng.integers(0, 4, 32)


def predicting():
    """One `predict`."""
    model, x, _ = classifier()
    return lambda: model.predict(x, verbose=0)


def training():
    """One `train_on_batch`."""
    model, x, y = classifier()
    return lambda: model.train_on_batch(x, y)


def taping():
    """One tape inside another, with a gradient of a gradient."""
    x = tf.Variable(np.linspace(-1, 1, 64, dtype="float32"))

    def step():
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                y = tf.reduce_sum(tf.tanh(x) * x)
            slope = tf.reduce_sum(inner.gradient(y, x) ** 2)
        return outer.gradient(slope, x)

    return step


def measure(what, call, calls):
    """Runs `call` and prints both sizes at intervals; whether they stayed flat."""
    for _ in range(100):
        call()
    sizes = []
    start = time.perf_counter()
    for _ in range(INTERVALS):
        for _ in range(calls // INTERVALS):
            call()
        gc.collect()
        sizes.append((resident(), tf.memory_in_use()))
    each = (time.perf_counter() - start) / (calls // INTERVALS * INTERVALS) * 1e6
    print(f"{what}: {calls} calls, {each:.1f} us each")
    print("  RSS MB      ", " ".join(f"{rss / 2**20:.1f}" for rss, _ in sizes))
    print("  tinynn bytes", " ".join(str(own) for _, own in sizes))
    return sizes[-1][0] - sizes[0][0] <= SLACK and sizes[-1][1] == sizes[0][1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    calls = parser.parse_args().calls
    parts = {"predict": predicting, "train_on_batch": training, "tape": taping}
    grown = [what for what, make in parts.items() if not measure(what, make(), calls)]
    if grown:
        sys.exit(f"memory grew: {', '.join(grown)}")
    print("memory is flat")


if __name__ == "__main__":
    main()
