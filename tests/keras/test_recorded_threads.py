"""Recorded steps on several threads: a program belongs to one run at a time; variables keep their memory."""

import threading

import numpy as np
import pytest

from tinynn import keras


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    made = keras.Sequential([keras.Input((64,)), keras.layers.Dense(128, activation="relu"),
                             keras.layers.Dense(10, activation="softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy")
    return made


def together(*functions):
    """Runs the functions on a thread each; what they raised."""
    raised = []

    def guarded(function):
        try:
            function()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_predictions_on_several_threads_do_not_mix(model):
    x = np.random.default_rng(0).random((1000, 64), dtype="float32")
    want = model.predict(x, verbose=0)
    wrong = []

    def predict():
        for _ in range(10):
            wrong.extend([1] if not np.allclose(model.predict(x, verbose=0), want, atol=1e-6) else [])

    assert not together(*[predict] * 4) and not wrong


def test_variables_may_be_read_and_written_while_a_thread_trains(model):
    rng = np.random.default_rng(0)
    x, y = rng.random((500, 64), dtype="float32"), rng.integers(0, 10, 500)
    model.predict(x, verbose=0)

    def train():
        for _ in range(5):
            model.fit(x, y, epochs=3, verbose=0)

    def touch():
        for _ in range(300):
            for variable in model.trainable_variables:
                variable.assign(variable.read_value() * 1.0)
                assert np.isfinite(variable.numpy()).all()

    assert not together(train, touch, lambda: [model.predict(x, verbose=0) for _ in range(10)])
    assert np.isfinite(model.evaluate(x, y, verbose=0))
