"""Models to sweep, and what one seed gives alone."""

import numpy as np

from tinynn import keras
from tinynn.keras import layers, optimizers

SEEDS = [3, 0, 17, 4, 5]
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(10, 3)).astype("float32"), RNG.normal(size=(10, 2)).astype("float32")
CLASSES = RNG.integers(0, 2, 10)


def maker(*middle, optimizer=lambda: optimizers.SGD(0.05), last=lambda: layers.Dense(2), built=True, **options):
    """A function that makes a model with these layers in the middle."""
    def make():
        first = [keras.Input((3,))] if built else []
        model = keras.Sequential([*first, layers.Dense(4, "tanh"), *[m() for m in middle], last()])
        given = {name: value() for name, value in options.items()}
        model.compile(**{"loss": "mse", **given}, optimizer=optimizer())
        return model

    return make


def alone(make, seed, x=X, y=Y, **arguments):
    """(history, weights) of one model from one seed."""
    keras.utils.set_random_seed(seed)
    model = make()
    history = model.fit(x, y, verbose=0, **arguments).history
    return history, model.get_weights()


def assert_as_alone(result, make, x=X, y=Y, **arguments):
    """Asserts that the sweep has the bits of separate fits."""
    assert result.seeds
    for i, seed in enumerate(result.seeds):
        history, weights = alone(make, seed, x, y, **arguments)
        assert set(result.history) == set(history)
        for name, values in history.items():
            np.testing.assert_array_equal(result.history[name][i, :len(values)], values)
        for got, expected in zip(result.weights(seed), weights, strict=True):
            assert got.dtype == expected.dtype
            np.testing.assert_array_equal(got, expected)
