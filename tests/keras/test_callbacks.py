"""Callbacks and what is printed."""

import re
import sys

import numpy as np
import pytest

from tinynn import keras
from tinynn.keras import callbacks, layers


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    return model


def hooks_of(run):
    seen = []

    class Watch(callbacks.Callback):
        def __getattribute__(self, name):
            if name.startswith("on_"):
                numbered = "batch" in name or "epoch" in name
                return lambda *args, logs=None: seen.append((name, *args[:1 if numbered else 0]))
            return super().__getattribute__(name)

        def on_train_batch_end(self, batch, logs=None):
            """Makes the batches wanted."""

    run(Watch())
    return seen


def test_the_order_of_hooks(model, data):
    seen = hooks_of(lambda watch: model.fit(*data, verbose=0, validation_split=0.2, callbacks=[watch]))
    assert seen == [("on_train_begin",), ("on_epoch_begin", 0), ("on_train_batch_begin", 0), ("on_train_batch_end", 0),
                    ("on_test_begin",), ("on_test_batch_begin", 0), ("on_test_batch_end", 0), ("on_test_end",),
                    ("on_epoch_end", 0), ("on_train_end",)]
    seen = hooks_of(lambda watch: model.predict(data[0], verbose=0, callbacks=[watch]))
    assert seen == [("on_predict_begin",), ("on_predict_batch_begin", 0), ("on_predict_batch_end", 0),
                    ("on_predict_batch_begin", 1), ("on_predict_batch_end", 1), ("on_predict_end",)]


def test_batches_get_running_averages(model, data):
    logs = []
    watch = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(dict(logs)))
    seen = logs
    history = model.fit(*data, batch_size=16, verbose=0, callbacks=[watch]).history
    assert len(logs) == 3 and list(logs[0]) == ["loss", "mae"]
    assert logs[-1] == {name: values[-1] for name, values in history.items()}


def test_verbose_2_is_one_line(model, data, capsys):
    model.fit(*data, verbose=2)
    assert re.fullmatch(r"2/2 - 0s - \d+[mu]s/step - loss: \d\.\d{4} - mae: \d\.\d{4}\n", capsys.readouterr().out)
    model.fit(*data, verbose=2, epochs=2, validation_split=0.2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Epoch 1/2" and lines[2] == "Epoch 2/2"
    assert re.fullmatch(r"1/1 - 0s - .*/step - loss: .* - mae: .* - val_loss: .* - val_mae: .*", lines[3])


def test_verbose_1_in_a_file_has_no_control_characters(model, data, capsys):
    model.fit(*data)
    model.evaluate(*data)
    model.predict(data[0])
    text = capsys.readouterr().out
    assert all(c == "\n" or c.isprintable() for c in text)
    bar = r"2/2 ━━━━━━━━━━━━━━━━━━━━ 0s \d+[mu]s/step"
    assert re.fullmatch(rf"{bar} - loss: \S+ - mae: \S+\n{bar} - loss: \S+ - mae: \S+\n{bar}\n", text)
    model.fit(*data, verbose=0)
    assert capsys.readouterr().out == ""


def test_verbose_1_in_a_terminal_is_drawn_in_place(model, data, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    model.fit(*data, batch_size=4)
    text = capsys.readouterr().out
    assert "\x1b[1m" in text and "\r" in text
    bold, green, white, off = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"
    assert f"{bold}10/10{off} {green}{'━' * 20}{off}{white}{off} {bold}0s{off} " in text


def test_small_numbers_are_shown_with_an_exponent(capsys):
    bar = keras.callbacks.progress.Progbar(1, verbose=2)
    bar.update(1, [("a", 0.00012), ("b", 2.0), ("c", float("nan"))])
    assert capsys.readouterr().out.endswith(" - a: 1.2000e-04 - b: 2.0000 - c: nan\n")


def test_early_stopping(model, data):
    stop = callbacks.EarlyStopping("loss", patience=2)
    assert model.fit(*data, epochs=9, verbose=0, callbacks=[stop]).epoch == [0, 1, 2]
    assert stop.stopped_epoch == 2
    with pytest.warns(UserWarning, match="watches 'val_loss', which the logs do not have; they have loss, mae"):
        model.fit(*data, verbose=0, callbacks=[callbacks.EarlyStopping()])


def test_early_stopping_puts_the_best_weights_back(model, data):
    weights = []

    class Worse(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.set_weights([w + epoch for w in start])
            weights.append(self.model.get_weights())

    start = model.get_weights()
    stop = callbacks.EarlyStopping("loss", patience=1, restore_best_weights=True)
    history = model.fit(*data, epochs=9, verbose=0, callbacks=[Worse(), stop])
    assert stop.best_epoch == int(np.argmin(history.history["loss"]))
    np.testing.assert_array_equal(model.get_weights()[0], weights[stop.best_epoch][0])


def test_learning_rate_scheduler(model, data):
    history = model.fit(*data, epochs=3, verbose=0, callbacks=[
        callbacks.LearningRateScheduler(lambda epoch, rate: 0.5 ** epoch)]).history
    assert history["learning_rate"] == [1, 0.5, 0.25]
    assert float(model.optimizer.learning_rate) == 0.25


def test_terminate_on_nan(model, data, capsys):
    model.set_weights([np.full((3, 2), np.nan), np.zeros(2)])
    model.fit(*data, epochs=5, batch_size=4, verbose=0, callbacks=[callbacks.TerminateOnNaN()])
    assert "Batch 0: Invalid loss" in capsys.readouterr().out


def test_a_callback_can_stop_training(model, data):
    class Stop(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    assert model.fit(*data, epochs=9, verbose=0, callbacks=[Stop()]).epoch == [0, 1]
    assert model.fit(*data, epochs=5, initial_epoch=3, verbose=0).epoch == [3, 4]
    with pytest.raises(ValueError, match="make an object of the class"):
        model.fit(*data, verbose=0, callbacks=[Stop])
