"""How recorded epochs end early: NaN, an op that fails, Ctrl-C."""

import signal
import threading
import time

import numpy as np
import pytest
from fits import quiet, runs_in_c, trained, with_layer

import tinynn as tf
from tinynn.keras import callbacks, layers

RNG = np.random.default_rng(4)
X, Y = RNG.normal(size=(46, 3)).astype("float32"), RNG.normal(size=(46, 2)).astype("float32")


def fit(**options):
    return lambda model: model.fit(X, Y, **{"epochs": 4, "batch_size": 8, "verbose": 0, **options})


def test_stop_training_from_another_thread_ends_the_epoch():
    _, model = trained(with_layer(lambda: layers.Dropout(0.2)), fit(epochs=3), False)
    timer = threading.Timer(0.3, lambda: setattr(model, "stop_training", True))
    timer.start()
    history = fit(epochs=10**7)(model)
    assert 0 < len(history.history["loss"]) < 10**7
    assert int(model.optimizer.iterations) == 6 * (3 + len(history.history["loss"]))
    timer.join()


class Growing(layers.Layer):
    """Infinite from the 20th call on."""

    def build(self, shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.calls.assign_add(1.0)
        return x + tf.math.log(tf.nn.relu(20.0 - self.calls)) * 0.0


def test_nan_in_a_later_epoch_is_explained():
    _, model = trained(with_layer(Growing), lambda m: None, False)
    with pytest.warns(tf.TinynnHint, match=r"the loss is NaN in epoch 4\. From batch 2 on: .*'log'.*\[nan-loss\]"):
        history = fit(epochs=6)(model)
    assert np.isnan(history.history["loss"]).tolist() == [False] * 3 + [True] * 3
    runs_in_c(model)


def test_terminate_on_nan_stops_at_the_batch():
    _, model = trained(with_layer(Growing), lambda m: None, False)
    with quiet():
        history = fit(epochs=9, callbacks=[callbacks.TerminateOnNaN()])(model)
    assert len(history.history["loss"]) == 4


class Picking(layers.Layer):
    """Fails at the 30th call, in C."""

    def build(self, shape):
        self.at = self.add_weight(shape=(), initializer="zeros", trainable=False, dtype="int32")

    def call(self, x):
        self.at.assign_add(1)
        return x * tf.gather(tf.ones(30), self.at)


def test_an_op_that_fails_in_a_later_epoch_says_what_is_wrong():
    _, model = trained(with_layer(Picking), lambda m: None, False)
    with pytest.raises(tf.errors.InvalidArgumentError, match="gather: index 30 lies outside"):
        fit(epochs=50)(model)
    assert int(model.layers[1].at) == 30
    model.layers[1].at.assign(0)
    fit(epochs=2)(model)


@pytest.mark.parametrize("options", [{}, {"validation_data": (X, Y)}, {"verbose": 2}],
                         ids=lambda o: "-".join(o) or "plain")
def test_ctrl_c_arrives_soon_and_leaves_the_model_usable(options, capsys):
    _, model = trained(with_layer(lambda: layers.Dropout(0.2)), fit(epochs=3), False)
    sent = []

    def interrupt(number, frame):
        sent.append(time.monotonic())
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            fit(epochs=10**7, **options)(model)
        arrived = time.monotonic()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert arrived - start < 5 and len(sent) == 1
    assert np.isfinite(model.predict(X, verbose=0)).all()
    assert len(fit(epochs=3)(model).history["loss"]) == 3
    runs_in_c(model)
