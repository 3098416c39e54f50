"""How many initialisations of XOR (2-4-1, sigmoids, 1,500 epochs of 4 steps) a second trains.

    python benchmarks/sweep.py --seeds 1000

`one by one` makes, compiles and fits a model for every seed. `sweep n` is `tinynn.sweep` on n threads, the same bits.
`in C` is the least that the epochs alone take: `fit` of a model whose step is recorded, for twice as many epochs, less
the time for as many. The rounds take turns; a figure is the median over them.
"""

import argparse
import os
import statistics
import time

import harness
import numpy as np

import tinynn
from tinynn import keras

EPOCHS = 1500
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
Y = np.array([0, 1, 1, 0], "float32")


def make():
    """The model."""
    inputs = keras.Input((2,))
    hidden = keras.layers.Dense(4, activation="sigmoid")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def one_by_one(seeds):
    """Every seed with a new model."""
    for seed in range(seeds):
        keras.utils.set_random_seed(seed)
        make().fit(X, Y, batch_size=1, epochs=EPOCHS, verbose=0)


def seconds(function, *arguments):
    """The time of a call."""
    begin = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - begin


def in_c():
    """Seconds that the epochs of one fit take in C."""
    model = make()
    fit = lambda epochs: model.fit(X, Y, batch_size=1, epochs=epochs, verbose=0)
    fit(5)
    return min(seconds(fit, 2 * EPOCHS) for _ in range(5)) - min(seconds(fit, EPOCHS) for _ in range(5))


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, tinynn.num_threads()}))
    options = parser.parse_args()
    swept = lambda threads: lambda n: tinynn.sweep(make, X, Y, seeds=n, epochs=EPOCHS, batch_size=1, threads=threads)
    ways = {"one by one": one_by_one, **{f"sweep {n}": swept(n) for n in options.threads}}
    print(f"{harness.cpu()}, {len(os.sched_getaffinity(0))} cores; {options.seeds} seeds, {options.rounds} rounds")
    times = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, way in ways.items():
            times[name].append(seconds(way, options.seeds) / options.seeds)
    print(f"{'':12}{'seeds per second':>18}{'ms per seed':>14}")
    for name, taken in (*times.items(), ("in C", [in_c()])):
        median = statistics.median(taken)
        print(f"{name:12}{1 / median:18,.0f}{median * 1e3:14.2f}")


if __name__ == "__main__":
    main()
