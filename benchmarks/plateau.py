"""How many starts of XOR are solved, by what is changed: the numbers of docs/doctor.md#plateau and #stuck.

    python benchmarks/plateau.py [--starts 200]
"""

import argparse

import numpy as np

from tinynn import keras
from tinynn.keras import layers
from tinynn.keras.optimizers import SGD, Adam

X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"), np.array([0, 1, 1, 0], "float32")

# What is changed about 4 sigmoids, "mse", SGD(0.1) and 1,500 epochs of batches of one.
CASES = {
    "as it is": {},
    "3,000 epochs": {"epochs": 3000},
    "5,000 epochs": {"epochs": 5000},
    "SGD(0.3)": {"optimizer": lambda: SGD(0.3)},
    "SGD(1.0)": {"optimizer": lambda: SGD(1.0)},
    "SGD(0.1, momentum=0.9)": {"optimizer": lambda: SGD(0.1, momentum=0.9)},
    "Adam(0.001)": {"optimizer": lambda: Adam(0.001)},
    "Adam(0.01)": {"optimizer": lambda: Adam(0.01)},
    "Adam(0.1)": {"optimizer": lambda: Adam(0.1)},
    "8 units": {"units": 8},
    "16 units": {"units": 16},
    "tanh": {"activation": "tanh"},
    "binary_crossentropy": {"loss": "binary_crossentropy"},
    "batches of 4": {"batch_size": 4},
    "relu": {"activation": "relu"},
    "relu, 5,000 epochs": {"activation": "relu", "epochs": 5000},
    "relu, 8 units": {"activation": "relu", "units": 8},
    "relu, 16 units": {"activation": "relu", "units": 16},
    "leaky_relu": {"activation": "leaky_relu"},
    "elu": {"activation": "elu"},
}


def solved(seed, optimizer=lambda: SGD(0.1), units=4, activation="sigmoid", loss="mse", epochs=1500, batch_size=1):
    """Whether all four answers are right after training from a seed."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((2,)), layers.Dense(units, activation), layers.Dense(1, "sigmoid")])
    model.compile(optimizer(), loss)
    model.fit(X, Y, batch_size=batch_size, epochs=epochs, verbose=0)
    return bool(((model.predict(X, verbose=0)[:, 0] > 0.5) == (Y > 0.5)).all())


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=200)
    starts = parser.parse_args().starts
    for name, changes in CASES.items():
        count = sum(solved(seed, **changes) for seed in range(starts))
        print(f"{name:24} {count:4} of {starts}", flush=True)


if __name__ == "__main__":
    main()
