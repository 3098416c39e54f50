"""`tinynn.sweep`: per seed the bits of a model that is made and trained alone."""

import functools
import random
import signal
import threading
import time

import numpy as np
import pytest
from fits import quiet

import tinynn as tf
from tinynn import keras
from tinynn.graph.capture import Recorded
from tinynn.keras import journal, layers, optimizers
from tinynn.keras.sweep.chance import Chance
from tinynn.keras.sweep.replica import Replica

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


def schedule():
    """A rate that falls."""
    return optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)


def drawn(shape, dtype=None):
    """An initializer without a seed of its own."""
    return keras.random.normal(shape, dtype=dtype)


def accuracy_model():
    """The parts of a classifier whose loss is fused with its softmax, which rounds otherwise than step by step."""
    return {"last": lambda: layers.Dense(2, "softmax"), "loss": lambda: "sparse_categorical_crossentropy",
            "metrics": lambda: ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(1)]}


CASES = {
    "plain": (maker(), {}),
    "rest": (maker(), {"batch_size": 4}),
    "one batch": (maker(), {"batch_size": 64}),
    "not built": (maker(built=False), {"batch_size": 3}),
    "dropout": (maker(lambda: layers.Dropout(0.4)), {"batch_size": 5}),
    "noise": (maker(lambda: layers.GaussianNoise(0.4), lambda: layers.AlphaDropout(0.2)), {"batch_size": 5}),
    "batch norm": (maker(layers.BatchNormalization), {"batch_size": 5}),
    "momentum": (maker(optimizer=lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True)), {"batch_size": 4}),
    "adam": (maker(optimizer=lambda: optimizers.Adam(0.01)), {"batch_size": 4}),
    "clip": (maker(optimizer=lambda: optimizers.AdamW(0.01, global_clipnorm=0.1, weight_decay=0.1)), {"batch_size": 4}),
    "average": (maker(optimizer=lambda: optimizers.RMSprop(0.01, use_ema=True)), {"batch_size": 4}),
    "accumulate": (maker(optimizer=lambda: optimizers.SGD(0.01, gradient_accumulation_steps=2)), {"batch_size": 4}),
    "adagrad": (maker(optimizer=lambda: optimizers.Adagrad(0.01)), {"batch_size": 4}),
    "schedule": (maker(optimizer=lambda: optimizers.SGD(schedule())), {"batch_size": 4}),
    "metrics": (maker(metrics=lambda: ["mae", keras.metrics.RootMeanSquaredError()]), {"batch_size": 4}),
    "regularizer": (maker(lambda: layers.Dense(3, kernel_regularizer="l2")), {"batch_size": 4}),
    "initializers": (maker(lambda: layers.Dense(3, kernel_initializer="orthogonal", bias_initializer="he_normal"),
                           lambda: layers.Dense(3, kernel_initializer=keras.initializers.RandomNormal(seed=7))), {}),
    "global generator": (maker(lambda: layers.Dense(3, kernel_initializer=drawn), lambda: layers.Dense(
        3, kernel_initializer=drawn, bias_initializer=lambda shape, dtype=None: np.random.normal(size=shape))), {}),
    "in order": (maker(), {"batch_size": 4, "shuffle": False}),
    "shuffled batches": (maker(), {"batch_size": 4, "shuffle": "batch"}),
    "validation": (maker(metrics=lambda: ["mae"]), {"batch_size": 4, "validation_data": (X[:5], Y[:5])}),
    "validation split": (maker(), {"batch_size": 3, "validation_split": 0.3}),
    "sample weights": (maker(), {"batch_size": 4, "sample_weight": np.arange(10.0)}),
    "steps": (maker(), {"batch_size": 2, "steps_per_epoch": 5}),
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("case", CASES)
def test_every_seed_has_the_bits_of_a_fit_alone(case, threads):
    make, arguments = CASES[case]
    result = tf.sweep(make, X, Y, seeds=SEEDS, epochs=6, threads=threads, **arguments)
    assert result.why_slow is None, result.why_slow
    assert result.threads == threads
    assert result.seeds == SEEDS
    assert_as_alone(result, make, epochs=6, **arguments)


@pytest.mark.parametrize("threads", [1, 2])
def test_steps_that_passes_round_otherwise(threads):
    make = maker(**accuracy_model())
    result = tf.sweep(make, X, CLASSES, seeds=6, epochs=5, batch_size=4, threads=threads, class_weight={0: 1.0, 1: 2.0})
    assert result.why_slow is None, result.why_slow
    assert_as_alone(result, make, X, CLASSES, epochs=5, batch_size=4, class_weight={0: 1.0, 1: 2.0})


def test_threads_do_not_take_each_others_random_numbers(monkeypatch):
    def slowly(seed):
        keras.utils.set_random_seed(seed)
        time.sleep(0.005)       # the others come between, if they can

    monkeypatch.setattr("tinynn.keras.sweep.replica.set_random_seed", slowly)
    result = tf.sweep(maker(), X, Y, seeds=12, epochs=2, threads=3)
    assert result.threads == 3
    assert_as_alone(result, maker(), epochs=2)


def test_steps_are_recorded_once_per_thread(monkeypatch):
    learned, learn = [], Recorded.learn
    monkeypatch.setattr(Recorded, "learn", lambda self, *given: learned.append(self) or learn(self, *given))
    counts = []
    for seeds in (4, 20):
        learned.clear()
        assert tf.sweep(maker(), X, Y, seeds=seeds, epochs=8, batch_size=4, threads=2).why_slow is None
        counts.append(len(learned))
    assert counts[0] == counts[1]


def test_few_seeds_and_few_epochs():
    for seeds, epochs in ((1, 1), (2, 2), (3, 1), ([9], 3)):
        result = tf.sweep(maker(), X, Y, seeds=seeds, epochs=epochs, batch_size=4, threads=2)
        assert_as_alone(result, maker(), epochs=epochs, batch_size=4)


def test_weights_that_make_model_sets_stay():
    def preset():
        model = maker(layers.BatchNormalization)()
        model.layers[0].set_weights([np.full((3, 4), 0.3), np.arange(4.0)])
        return model

    def adapted():
        scaled = layers.Normalization()
        scaled.adapt(X)
        model = keras.Sequential([keras.Input((3,)), scaled, layers.Dense(2)])
        model.compile("adam", "mse")
        return model

    for make in (preset, adapted):
        result = tf.sweep(make, X, Y, seeds=4, epochs=4, batch_size=4)
        assert result.why_slow is None
        assert_as_alone(result, make, epochs=4, batch_size=4)


def test_a_model_of_models_and_a_subclass():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden, self.drop, self.out = layers.Dense(4, "relu"), layers.Dropout(0.3), layers.Dense(2)

        def call(self, x, training=False):
            return self.out(self.drop(self.hidden(x), training=training))

    def subclass():
        model = Net()
        model.compile("adam", "mse")
        return model

    def nested():
        inner = keras.Sequential([keras.Input((3,)), layers.Dense(3), layers.Dropout(0.5)])
        i = keras.Input((3,))
        model = keras.Model(i, layers.Dense(2)(layers.concatenate([inner(i), i])))
        model.compile("adam", "mse")
        return model

    for make in (nested, subclass):
        result = tf.sweep(make, X, Y, seeds=4, epochs=4, batch_size=4)
        assert result.why_slow is None
        assert_as_alone(result, make, epochs=4, batch_size=4)


def test_nothing_outside_is_changed():
    keras.utils.set_random_seed(11)
    draw = lambda: (random.random(), np.random.random(), float(tf.random.normal(())), float(keras.random.normal(())))
    draw()
    with Chance():
        expected = draw()
    threads = tf.num_threads()
    tf.sweep(maker(), X, Y, seeds=4, epochs=2, threads=2)
    assert draw() == expected
    assert tf.num_threads() == threads
    assert threading.active_count() == 1


def test_weights_and_models_of_seeds():
    make = maker(built=False)
    result = tf.sweep(make, X, Y, seeds=4, epochs=3)
    model = result.model(2)
    for got, expected in zip(model.get_weights(), result.weights(2), strict=True):
        np.testing.assert_array_equal(got, expected)
    assert model.compiled
    with pytest.raises(KeyError, match="no result for seed 4"):
        result.weights(4)


# ---- what cannot begin again -----------------------------------------------------------------------------------------


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


def test_an_error_on_a_thread_is_raised(monkeypatch):
    def train(self, seed):
        raise ArithmeticError("on a thread")

    monkeypatch.setattr(Replica, "train", train)
    with pytest.raises(ArithmeticError, match="on a thread"):
        tf.sweep(maker(), X, Y, seeds=6, epochs=2, threads=2)
    assert threading.active_count() == 1


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_ends_the_threads(threads):
    timer = threading.Timer(0.5, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        tf.sweep(maker(), X, Y, seeds=10**6, epochs=20, threads=threads)
    timer.join()
    assert threading.active_count() == 1
