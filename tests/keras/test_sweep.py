"""`tinynn.sweep`: per seed the bits of a model that is made and trained alone."""

import random
import threading
import time

import numpy as np
import pytest
from sweeps import CLASSES, SEEDS, X, Y, assert_as_alone, maker

import tinynn as tf
from tinynn import keras
from tinynn.graph.capture import Recorded
from tinynn.keras import layers, optimizers
from tinynn.keras.sweep.chance import Chance


def schedule():
    """A rate that falls."""
    return optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)


def drawn(shape, dtype=None):
    """An initializer without a seed of its own."""
    return keras.random.normal(shape, dtype=dtype)


def accuracy_model():
    """The parts of a classifier, whose gradient a pass takes from its softmax."""
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
def test_a_classifier(threads):
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
    threads, running = tf.num_threads(), set(threading.enumerate())
    tf.sweep(maker(), X, Y, seeds=4, epochs=2, threads=2)
    assert draw() == expected
    assert tf.num_threads() == threads
    assert set(threading.enumerate()) <= running


def test_weights_and_models_of_seeds():
    make = maker(built=False)
    result = tf.sweep(make, X, Y, seeds=4, epochs=3)
    model = result.model(2)
    for got, expected in zip(model.get_weights(), result.weights(2), strict=True):
        np.testing.assert_array_equal(got, expected)
    assert model.compiled
    with pytest.raises(KeyError, match="no result for seed 4"):
        result.weights(4)
