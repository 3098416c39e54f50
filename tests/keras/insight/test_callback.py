"""`keras.callbacks.Doctor`: its report at the end of `fit`, and that training is what it is without it."""

import numpy as np
import pytest
from fits import quiet, runs_in_c, state

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers, optimizers
from tinynn.keras.callbacks import Callback, Doctor
from tinynn.keras.training import loop


def network(eager=False):
    keras.backend.clear_session()
    keras.utils.set_random_seed(4)
    model = keras.Sequential([layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.3),
                              layers.Dense(2)])
    model.compile(optimizers.Adam(0.01), "mse", metrics=["mae"], run_eagerly=eager)
    return model


def test_the_report_is_printed_and_kept(data, capsys):
    doctor = Doctor()
    model = network()
    model.fit(*data, epochs=12, verbose=0, callbacks=[doctor])
    assert capsys.readouterr().out == f"{doctor.report}\n"
    assert doctor.report.step.samples == 40
    assert "the losses of 12 epochs" in " ".join(str(doctor.report).split())
    doctor = Doctor(verbose=0, lang="ko")
    model.fit(*data, epochs=2, verbose=0, callbacks=[doctor])
    assert capsys.readouterr().out == ""
    assert "에포크 2개의 손실" in str(doctor.report)


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("every", [None, 2])
def test_training_is_what_it_is_without_it(data, every, eager):
    def train(*callbacks):
        model = network(eager)
        first = model.fit(*data, batch_size=16, epochs=7, verbose=0, callbacks=list(callbacks)).history
        second = model.fit(*data, batch_size=16, epochs=2, verbose=0, validation_split=0.2).history
        return first, second, [v.tolist() for v in state(model)], np.random.random(), model

    *plain, _ = train()
    doctor = Doctor(every, verbose=0)
    *looked, model = train(doctor)
    assert looked == plain
    assert list(doctor.steps) == ([] if every is None else [1, 3, 5])
    if not eager:
        runs_in_c(model)
    if every:
        assert "nothing stands out" in str(doctor.steps[1])
        losses = [report.loss for report in doctor.steps.values()]
        assert losses == sorted(losses, reverse=True)


def test_a_shuffled_dataset_goes_on_in_its_order(data):
    def train(*callbacks):
        model = network()
        dataset = tf.data.Dataset.from_tensor_slices(data).shuffle(40, seed=1).batch(16)
        return [model.fit(dataset, epochs=3, verbose=0, callbacks=list(callbacks)).history for _ in range(2)]

    doctor = Doctor(every=1, verbose=0)
    assert train(doctor) == train()
    assert doctor.report.step.samples == 16
    assert list(doctor.steps) == [0, 1, 2]


def test_a_generator_that_is_used_up(data):
    doctor = Doctor(verbose=0)
    network().fit((data for _ in range(3)), verbose=0, callbacks=[doctor])
    assert doctor.report.step.samples == 40


def test_what_fit_hints_at_is_in_the_report(data):
    doctor, model = Doctor(verbose=0), network()
    model.compile(optimizers.SGD(1e9), "mse")
    with quiet():
        model.fit(*data, epochs=6, verbose=0, callbacks=[doctor])
    assert doctor.report.codes[0] == "nan-loss"
    assert "in epoch" in doctor.report[0].evidence
    dataset = tf.data.Dataset.from_tensor_slices(data).batch(8)
    with quiet():
        network().fit(dataset.shuffle(5), verbose=0, callbacks=[doctor])
    assert doctor.report.codes == ["batch-then-shuffle"]


def test_epochs_run_at_once_where_no_callback_looks_at_them(data, monkeypatch):
    runs = []
    many = loop.RecordedEpochs.many
    monkeypatch.setattr(loop.RecordedEpochs, "many", lambda *args: runs.append(1) or many(*args))

    class Ending(Callback):
        def on_train_end(self, logs=None):
            self.logs = logs

    class Mine(Doctor):
        def on_epoch_end(self, epoch, logs=None):
            runs.append("epoch")

    ending = Ending()
    for callbacks, expected in (([Doctor(verbose=0)], [1]), ([ending], [1]), ([Doctor(2, verbose=0)], []),
                                ([Mine(verbose=0)], ["epoch"] * 5)):
        runs.clear()
        history = network().fit(*data, epochs=5, verbose=0, callbacks=callbacks).history
        assert runs == expected
        assert len(history["loss"]) == 5
    assert set(ending.logs) == {"loss", "mae"}


@pytest.mark.parametrize("every", [0, -1, 1.5, "2"])
def test_wrong_arguments(every):
    with pytest.raises(ValueError, match="number of epochs, at least 1"):
        Doctor(every)
