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


@pytest.mark.parametrize("kind", ["predict", "evaluate"])
def test_the_bar_counts_batches_that_run_in_c(model, data, capsys, kind):
    x, y = data
    for _ in range(3):      # recorded, and then run in C from the second batch on
        capsys.readouterr()
        getattr(model, kind)(*((x, y) if kind == "evaluate" else (x,)), batch_size=4)
        assert capsys.readouterr().out.splitlines()[-1].startswith(f"{len(x) // 4}/{len(x) // 4} ")


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


@pytest.mark.filterwarnings("ignore:the loss is NaN:tinynn.TinynnHint")
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


def test_early_stopping_raises_where_it_cannot_tell_what_is_better(model, data):
    with pytest.raises(ValueError, match="EarlyStopping watches 'unknown'"):
        model.fit(*data, verbose=0, callbacks=[callbacks.EarlyStopping("unknown")])
    with pytest.warns(UserWarning, match="goes on with 'auto'"):
        assert callbacks.EarlyStopping("loss", mode="most").mode == "auto"


def test_early_stopping_with_a_baseline_and_a_late_start(model, data):
    stop = callbacks.EarlyStopping("loss", baseline=-1.0, patience=2)
    assert model.fit(*data, epochs=9, verbose=0, callbacks=[stop]).epoch == [0, 1]
    stop = callbacks.EarlyStopping("loss", patience=1, start_from_epoch=3)
    assert model.fit(*data, epochs=9, verbose=0, callbacks=[stop]).epoch == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("monitor", "higher"), [
    ("val_accuracy", True), ("auc", True), ("mae", False), ("val_out_loss", False), ("false_positives", False)])
def test_the_direction_of_a_metric(model, data, monitor, higher):
    model.evaluate(*data, verbose=0)
    watch = callbacks.MonitorCallback(monitor)
    watch.set_model(model)
    assert watch._is_improvement(2.0, 1.0) is higher
    assert watch._is_improvement(1.0, None)
    assert not callbacks.MonitorCallback("a", "max", min_delta=0.5)._is_improvement(1.4, 1.0)
    assert callbacks.MonitorCallback("a", "min", min_delta=0.5)._is_improvement(0.4, 1.0)


def test_reduce_lr_on_plateau(model, data, capsys):
    model.compile(keras.optimizers.SGD(0.1), "mse")
    reduce = callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=2, min_delta=10, cooldown=1, min_lr=0.03,
                                         verbose=1)
    rates = model.fit(*data, epochs=8, verbose=0, callbacks=[reduce]).history["learning_rate"]
    np.testing.assert_allclose(rates, [0.1, 0.1, 0.1, 0.05, 0.05, 0.03, 0.03, 0.03], rtol=1e-6)
    assert "Epoch 3: ReduceLROnPlateau reducing learning rate to 0.05" in capsys.readouterr().out
    with pytest.raises(ValueError, match="factor below 1"):
        callbacks.ReduceLROnPlateau(factor=1.0)


def test_a_schedule_must_give_a_number(model, data):
    with pytest.raises(ValueError, match="should be a float"):
        model.fit(*data, verbose=0, callbacks=[callbacks.LearningRateScheduler(lambda epoch: "low")])


def test_terminate_on_nan_can_raise(model, data):
    model.set_weights([np.full((3, 2), np.nan), np.zeros(2)])
    with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch 0"):
        model.fit(*data, verbose=0, callbacks=[callbacks.TerminateOnNaN(raise_error=True)])


def test_averages_take_the_weights_place_to_evaluate(model, data):
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
    swap, seen = callbacks.SwapEMAWeights(), []
    look = callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(model.get_weights()[0]),
        on_test_batch_begin=lambda batch, logs: seen.append(model.get_weights()[0]),
        on_epoch_end=lambda epoch, logs: seen.append(model.get_weights()[0]))
    start = model.get_weights()[0]
    model.fit(*data, batch_size=20, validation_data=data, verbose=0, callbacks=[swap, look])
    after, evaluated, end = seen[1], seen[2], seen[-1]
    assert np.abs(after - start).max() > 1e-3
    np.testing.assert_array_equal(end, after)
    assert np.abs(evaluated - after).max() > 1e-4
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="use_ema=True"):
        model.fit(*data, validation_data=data, verbose=0, callbacks=[callbacks.SwapEMAWeights()])


def test_messages_and_bars_go_to_the_logger_where_that_was_asked_for(model, data, capsys, caplog):
    keras.utils.disable_interactive_logging()
    try:
        with caplog.at_level("INFO", "tinynn"):
            model.fit(*data, epochs=2)
    finally:
        keras.utils.enable_interactive_logging()
    assert capsys.readouterr().out == ""
    assert [r.message[:9] for r in caplog.records] == ["Epoch 1/2", "2/2 - 0s ", "Epoch 2/2", "2/2 - 0s "]


def test_progbar_averages_what_is_no_state(capsys):
    bar = keras.utils.Progbar(4, verbose=2, stateful_metrics=["last"])
    for i in range(4):
        bar.update(i + 1, [("mean", float(i)), ("last", float(i))], finalize=False)
    assert dict(bar._averaged([], 1, False)) == {"mean": 1.5, "last": 3.0}
    with pytest.raises(ValueError, match="Only one of"):
        keras.utils.Progbar(1, stateful_metrics=[], stateless_metrics=[])


def test_a_line_never_wraps_in_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    bar = keras.utils.Progbar(10, interval=0)
    bar.update(3, [(f"metric_{i}", 0.5) for i in range(9)])
    shown = re.sub(r"\x1b\[\d+m|[\b\r]", "", capsys.readouterr().out)
    assert len(shown) == 59
    assert shown.endswith("…")


def test_a_shorter_line_leaves_nothing_of_a_longer_one(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    bar = keras.utils.Progbar(2, interval=0)
    bar.update(1, [("loss", 10000.0)])
    bar.update(2, [("loss", 1.0)])
    first, last = re.sub(r"\x1b\[\d+m|[\b]", "", capsys.readouterr().out).strip("\r\n").split("\r")
    assert len(last) >= len(first)


def test_hooks_may_name_their_arguments_as_they_like(model, data):
    class Own(callbacks.Callback):
        def on_epoch_end(self, number, results):
            self.seen = number, list(results)

    own = Own()
    model.fit(*data, verbose=0, callbacks=[own])
    assert own.seen == (0, ["loss", "mae"])
