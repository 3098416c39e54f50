"""Two models from the same seeds, one trained as it is recorded and one op by op."""

import warnings

import numpy as np

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers, optimizers


def trained(make, train, eager):
    """What `train(model)` gives for a fresh model, and the model, from the same seeds each time."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    model = make(eager)
    return train(model), model


def state(model):
    """All values of a model: weights, the optimizer's variables, metrics."""
    optimizer = [] if model.optimizer is None else model.optimizer.variables
    return [v.numpy() for v in (*model.variables, *optimizer)]


def histories(outcome):
    """The numbers of what fit, evaluate or predict gave."""
    found = []
    for leaf in tf.nest.flatten(outcome):
        found.extend(histories(leaf.history) if hasattr(leaf, "history") else [np.asarray(leaf, "float64")])
    return found


def assert_same_training(make, train, rtol=1e-5, recorded=True):
    """Asserts that recorded training does what training op by op does; returns the recorded model.

    Args:
        make: a function of run_eagerly that gives a compiled model.
        train: a function of a model that trains it, and gives numbers.
        rtol: the tolerance, relative to the size of each array, which leaves room for fused calls.
        recorded: whether the training steps must run in C.
    """
    (expected, slow), (got, fast) = (trained(make, train, eager) for eager in (True, False))
    assert len(histories(got)) == len(histories(expected))
    for g, e in zip((*histories(got), *state(fast)), (*histories(expected), *state(slow)), strict=True):
        assert g.shape == e.shape and g.dtype == e.dtype
        scale = np.abs(e[np.isfinite(e)]).max(initial=0.0) if e.dtype.kind == "f" else 0.0
        np.testing.assert_allclose(g, e, rtol=rtol, atol=rtol * max(scale, 1e-3))
    if recorded:
        runs_in_c(fast)
    return fast


def runs_in_c(model, what="train"):
    """Asserts that the steps of a model are replayed; a kind of batch that came once or twice is not recorded yet."""
    explained = model.explain_capture()
    steps = [line for line in explained.splitlines() if line.startswith(f"the {what} step")]
    assert any("runs in C" in line for line in steps), explained
    assert not any("op by op" in line for line in steps), explained


class quiet(warnings.catch_warnings):
    """A context in which hints are expected, and not what is tested."""

    def __enter__(self):
        super().__enter__()
        warnings.simplefilter("ignore", tf.TinynnHint)


def with_layer(*middle, optimizer=lambda: optimizers.SGD(0.02), **options):
    """A function of run_eagerly that makes a model with other layers in the middle, fresh each time."""
    def make(eager):
        model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "tanh"), *[m() for m in middle], layers.Dense(2)])
        given = {name: value() for name, value in options.items()}
        model.compile(**{"loss": "mse", **given}, optimizer=optimizer(), run_eagerly=eager)
        return model

    return make
