"""Sweeps of models that cannot begin again, mistakes, and an interrupt."""

import functools
import random
import signal
import threading

import numpy as np
import pytest
from fits import quiet
from sweeps import SEEDS, X, Y, alone, assert_as_alone, maker

import tinynn as tf
from tinynn import keras
from tinynn.keras import journal, layers, optimizers
from tinynn.keras.sweep.replica import Replica


class Noisy(layers.Layer):
    """Random numbers of TensorFlow's own."""

    def call(self, x):
        return x + tf.random.normal(x.shape)


class NumpyNoise(layers.Layer):
    """Random numbers that no recording can see."""

    def call(self, x):
        return x + np.random.normal(size=x.shape).astype("float32")


class Reads(layers.Layer):
    """A value that Python reads."""

    def call(self, x):
        return x * 2.0 if float(tf.reduce_sum(x)) > 0 else x


class Values(layers.Layer):
    """A weight from values instead of an initializer."""

    def build(self, shape):
        self.matrix = tf.Variable(tf.random.normal((shape[-1], shape[-1])))

    def call(self, x):
        return x @ self.matrix


class OwnFit(keras.Sequential):
    """A fit of its own."""

    def fit(self, *args, **kwargs):
        return super().fit(*args, **kwargs)


def chosen():
    """A model whose width is drawn."""
    return maker(lambda: layers.Dense(random.choice([2, 3])))()


def reseeded():
    """A model that is the same for every seed."""
    keras.utils.set_random_seed(SEEDS[1])
    return maker()()


def eager():
    """A model that is never recorded."""
    model = maker()()
    model.run_eagerly = True
    return model


def own_fit():
    """See OwnFit."""
    model = OwnFit([keras.Input((3,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


def of_seeded():
    """A model whose only initializer has a seed."""
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_initializer=keras.initializers.HeNormal(4))])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(("make", "reason"), [
    (maker(Noisy), "a variable that is not the model's own"),
    (maker(NumpyNoise), "steps run in Python"),
    (maker(Reads), "the value of a tensor of shape () was read"),
    (maker(Values), "draws random numbers"),
    (chosen, "draws random numbers"),
    (reseeded, "sets seeds"),
    (eager, "steps run in Python"),
    (own_fit, "OwnFit has a fit of its own"),
    (maker(optimizer=lambda: optimizers.ScheduleFreeAdamW(0.01)), "differs from a new one"),
])
def test_other_models_are_made_for_every_seed(make, reason):
    with quiet():
        result = tf.sweep(make, X, Y, seeds=SEEDS[:4], epochs=3, batch_size=4)
        assert reason in result.why_slow
        assert result.threads == 1
        assert_as_alone(result, make, epochs=3, batch_size=4)


def test_callbacks_are_new_for_every_seed():
    stop = lambda: [keras.callbacks.EarlyStopping("loss", patience=1, min_delta=0.1)]
    result = tf.sweep(maker(), X, Y, seeds=5, epochs=8, callbacks=stop())
    assert result.why_slow == "callbacks are Python"
    assert np.isnan(result.losses[:, -1]).any()
    assert np.isfinite(result.final).all()
    for i, seed in enumerate(result.seeds):
        history, _ = alone(maker(), seed, epochs=8, callbacks=stop())
        np.testing.assert_array_equal(result.losses[i, :len(history["loss"])], history["loss"])
        assert np.isnan(result.losses[i, len(history["loss"]):]).all()
        assert result.final[i] == history["loss"][-1]


def test_a_difference_is_noticed(monkeypatch):
    monkeypatch.setattr(journal.Started, "again", lambda self: None)       # variables keep what training made of them
    result = tf.sweep(maker(), X, Y, seeds=4, epochs=3)
    assert result.why_slow
    assert_as_alone(result, maker(), epochs=3)


def test_seeds_of_the_initializers_are_mentioned():
    result = tf.sweep(of_seeded, X, Y, seeds=4, epochs=2)
    assert "every seed begins with the same weights" in str(result)
    assert "every seed begins" not in str(tf.sweep(maker(), X, Y, seeds=4, epochs=2))


# ---- mistakes, and an interrupt --------------------------------------------------------------------------------------


def test_mistakes():
    def not_compiled():
        return keras.Sequential([layers.Dense(2)])

    sweep = functools.partial(tf.sweep, maker(), X, Y)
    for error, match, call in (
        (TypeError, "make_model is a function", lambda: tf.sweep(maker()(), X, Y)),
        (TypeError, "call model.compile", lambda: tf.sweep(not_compiled, X, Y)),
        (TypeError, "return the model", lambda: tf.sweep(lambda: None, X, Y)),
        (TypeError, "batchsize", lambda: sweep(batchsize=3)),
        (TypeError, "solved is None, a number", lambda: sweep(solved="yes")),
        (ValueError, "at least one seed", lambda: sweep(seeds=0)),
        (ValueError, "whole numbers from 0", lambda: sweep(seeds=[1, -1])),
        (ValueError, "whole numbers from 0", lambda: sweep(seeds=[])),
        (ValueError, "whole numbers from 0", lambda: sweep(seeds=[0.5])),
        (ValueError, "whole numbers from 0", lambda: sweep(seeds=2.5)),
        (ValueError, "every seed comes once", lambda: sweep(seeds=[1, 2, 1])),
        (ValueError, "above 0", lambda: sweep(threads=0)),
        (ValueError, "at least one epoch", lambda: sweep(epochs=0)),
        (ValueError, "got x of type generator", lambda: tf.sweep(maker(), (x for x in X))),
        (ValueError, "trains on arrays", lambda: tf.sweep(maker(), tf.data.Dataset.range(3).batch(2))),
        (ValueError, "same number of samples", lambda: tf.sweep(maker(), X, Y[:3])),
    ):
        with pytest.raises(error, match=match):
            call()


def test_a_training_without_a_loss():
    class Nameless(keras.Sequential):
        def train_step(self, data):
            return {"error": super().train_step(data)["loss"]}

    def make():
        model = Nameless([keras.Input((3,)), layers.Dense(2)])
        model.compile("sgd", "mse")
        return model

    with pytest.raises(ValueError, match="the training gives error and no 'loss'"):
        tf.sweep(make, X, Y, seeds=3)


def test_an_error_on_a_thread_is_raised(monkeypatch):
    def train(self, seed):
        raise ArithmeticError("on a thread")

    monkeypatch.setattr(Replica, "train", train)
    running = set(threading.enumerate())
    with pytest.raises(ArithmeticError, match="on a thread"):
        tf.sweep(maker(), X, Y, seeds=6, epochs=2, threads=2)
    assert set(threading.enumerate()) <= running


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_ends_the_threads(threads):
    running = set(threading.enumerate())
    timer = threading.Timer(0.5, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        tf.sweep(maker(), X, Y, seeds=10**6, epochs=20, threads=threads)
    timer.join()
    assert set(threading.enumerate()) <= running
