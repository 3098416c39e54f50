"""Callbacks that write files: checkpoints, backups, tables, TensorBoard."""

import csv
import json
import sys
from typing import ClassVar

import numpy as np
import pytest

from tinynn import keras
from tinynn.keras import callbacks, layers


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


class Interrupt(callbacks.Callback):
    def __init__(self, epoch=None, batch=None):
        self.epoch, self.batch = epoch, batch

    def on_train_batch_end(self, batch, logs=None):
        if batch == self.batch:
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def checkpoint(path, **options):
    return callbacks.ModelCheckpoint(path, save_weights_only=True, **options)


def test_a_checkpoint_after_every_epoch_with_numbers_in_its_name(model, data, tmp_path):
    path = tmp_path / "new" / "folder" / "m-{epoch:02d}-{loss:.1f}.npz"
    history = model.fit(*data, epochs=2, verbose=0, callbacks=[checkpoint(path)]).history
    names = [f"m-{i + 1:02d}-{loss:.1f}.npz" for i, loss in enumerate(history["loss"])]
    assert sorted(p.name for p in path.parent.iterdir()) == sorted(names)
    kept = model.get_weights()
    model.set_weights([w * 0 for w in kept])
    model.load_weights(path.parent / names[-1])
    np.testing.assert_array_equal(model.get_weights()[0], kept[0])


def test_only_the_best_is_kept(model, data, tmp_path, capsys):
    path = tmp_path / "best.npz"
    keep = checkpoint(path, monitor="loss", save_best_only=True, verbose=1)
    keep.set_model(model)
    for epoch, loss in enumerate([3.0, 2.0, 2.5]):
        model.set_weights([np.full((3, 2), epoch), np.zeros(2)])
        keep.on_epoch_begin(epoch)
        keep.on_epoch_end(epoch, {"loss": loss})
    model.load_weights(path)
    assert model.get_weights()[0][0, 0] == 1
    text = capsys.readouterr().out
    assert "Epoch 2: loss improved from 3.00000 to 2.00000, saving model to" in text
    assert "Epoch 3: loss did not improve from 2.00000" in text
    with pytest.warns(UserWarning, match="'val_loss' is a number in the logs, it is missing; the model is saved"):
        model.fit(*data, verbose=0, callbacks=[checkpoint(path, save_best_only=True)])
    keep = checkpoint(path, monitor="loss", save_best_only=True, initial_value_threshold=-1.0)
    path.unlink()
    model.fit(*data, verbose=0, callbacks=[keep])
    assert not path.exists()


def test_a_checkpoint_after_some_batches(model, data, tmp_path):
    model.fit(*data, batch_size=4, epochs=2, verbose=0, callbacks=[
        checkpoint(tmp_path / "{epoch}-{batch}.npz", save_freq=8)])
    assert {p.stem for p in tmp_path.iterdir()} == {"1-8", "2-6"}   # 20 batches: numbers 8 and 16
    assert not checkpoint("a.npz").uses_batches
    assert checkpoint("a.npz", save_freq=1).uses_batches


def test_wrong_files_for_checkpoints(model, data, tmp_path):
    with pytest.raises(ValueError, match=r"must end in `\.npz` or `\.safetensors`"):
        checkpoint("weights")
    with pytest.raises(ValueError, match="pass save_weights_only=True"):
        callbacks.ModelCheckpoint("weights.npz")
    with pytest.raises(ValueError, match="Unrecognized save_freq"):
        checkpoint("weights.npz", save_freq="batch")
    with pytest.raises(KeyError, match="Failed to format this callback filepath"):
        model.fit(*data, verbose=0, callbacks=[checkpoint(tmp_path / "{accuracy}.npz")])
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(IsADirectoryError, match="existing directory"):
        model.fit(*data, verbose=0, callbacks=[checkpoint(tmp_path / "folder.npz")])


def test_training_goes_on_where_it_was_interrupted(model, data, tmp_path):
    start = model.get_weights()
    model.fit(*data, epochs=4, shuffle=False, verbose=0)
    straight = model.get_weights()

    model.compile(keras.optimizers.Adam(0.01), "mse")
    model.set_weights(start)
    backup = callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data, epochs=4, shuffle=False, verbose=0, callbacks=[backup, Interrupt(epoch=1)])
    assert json.loads((tmp_path / "backup" / "training_metadata.json").read_text()) == {"epoch": 2, "batch": 0}

    model.compile(keras.optimizers.Adam(0.01), "mse")
    model.set_weights([w * 0 for w in start])
    backup = callbacks.BackupAndRestore(tmp_path / "backup")
    assert model.fit(*data, epochs=4, shuffle=False, verbose=0, callbacks=[backup]).epoch == [2, 3]
    for w, expected in zip(model.get_weights(), straight, strict=True):
        np.testing.assert_array_equal(w, expected)
    assert not (tmp_path / "backup").exists()
    assert model.fit(*data, epochs=1, verbose=0).epoch == [0]


def test_a_backup_that_was_cut_off_is_not_used(model, data, tmp_path):
    options = {"double_checkpoint": True, "delete_checkpoint": False}
    model.fit(*data, epochs=2, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path, **options)])
    (tmp_path / "latest.weights.npz").write_bytes(b"PK\x03\x04 cut off")
    history = model.fit(*data, epochs=3, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path, **options)])
    assert history.epoch == [1, 2]


def test_backups_after_batches_and_of_models_that_are_not_built(data, model, tmp_path):
    backup = callbacks.BackupAndRestore(tmp_path / "b", save_freq=2)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data, batch_size=8, verbose=0, callbacks=[backup, Interrupt(batch=3)])
    assert json.loads((tmp_path / "b" / "training_metadata.json").read_text()) == {"epoch": 0, "batch": 3}
    loose = keras.Sequential([layers.Dense(2)])
    loose.compile("sgd", "mse")
    with pytest.raises(ValueError, match="must be built before you call `fit"):
        loose.fit(*data, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path / "c")])
    with pytest.raises(ValueError, match="Empty `backup_dir`"):
        callbacks.BackupAndRestore("")


def test_csv_logger(model, data, tmp_path):
    path = tmp_path / "log.csv"
    logger = callbacks.CSVLogger(path)
    history = model.fit(*data, epochs=2, verbose=0, callbacks=[logger]).history
    model.fit(*data, epochs=1, validation_split=0.2, verbose=0, callbacks=[callbacks.CSVLogger(path, append=True)])
    rows = list(csv.reader(path.read_text().splitlines()))
    assert rows[0] == ["epoch", "loss", "val_loss"]
    assert [row[0] for row in rows[1:]] == ["0", "1", "0"]
    assert [float(row[1]) for row in rows[1:3]] == history["loss"]
    assert rows[1][2] == "NA"
    assert float(rows[3][2]) > 0
    model.fit(*data, verbose=0, callbacks=[callbacks.CSVLogger(path, separator=";")])
    assert path.read_text().startswith("epoch;loss;val_loss\n0;")


def test_csv_logger_writes_several_numbers_in_brackets(model, tmp_path):
    logger = callbacks.CSVLogger(tmp_path / "log.csv")
    logger.on_train_begin()
    logger.on_epoch_end(0, {"per_class": np.array([1.0, 2.0])})
    logger.on_train_end()
    assert list(csv.reader((tmp_path / "log.csv").read_text().splitlines()))[1] == ["0", '"[1.0, 2.0]"', "NA"]


def test_tensorboard_says_which_extra_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r"pip install 'tinynn-engine\[tensorboard\]'"):
        callbacks.TensorBoard()


class Writer:
    """What tensorboardX's SummaryWriter would have got."""

    written: ClassVar = []

    def __init__(self, folder):
        self.folder = folder.replace("\\", "/").rpartition("/")[2]

    def add_scalar(self, tag, value, step):
        self.written.append((self.folder, tag, step))

    def add_histogram(self, tag, values, step):
        self.written.append((self.folder, tag, step))

    add_text = add_image = add_histogram

    def close(self):
        pass


def test_tensorboard(model, data, tmp_path, monkeypatch):
    monkeypatch.setattr(callbacks.tensorboard, "writer_class", lambda: Writer)
    Writer.written.clear()
    board = callbacks.TensorBoard(tmp_path, histogram_freq=1, write_images=True, update_freq=2)
    model.fit(*data, batch_size=8, validation_split=0.2, verbose=0, callbacks=[board])
    path = [w.path for w in model.weights]
    assert Writer.written == [
        ("train", "keras", 0), ("train", "batch_loss", 2), ("train", "batch_loss", 4),
        ("validation", "evaluation_loss_vs_iterations", 4), ("train", "epoch_loss", 0),
        ("train", "epoch_learning_rate", 0), ("validation", "epoch_loss", 0),
        ("train", f"{path[0]}/histogram", 0), ("train", f"{path[0]}/image", 0),
        ("train", f"{path[1]}/histogram", 0), ("train", f"{path[1]}/image", 0)]
    assert not callbacks.TensorBoard(tmp_path).uses_batches


def test_tensorboard_writes_files_that_tensorboard_reads(model, data, tmp_path):
    pytest.importorskip("tensorboardX")
    model.fit(*data, verbose=0, validation_split=0.2, callbacks=[
        callbacks.TensorBoard(tmp_path, histogram_freq=1, write_images=False)])
    files = list(tmp_path.rglob("events.out.tfevents*"))
    assert {f.parent.name for f in files} == {"train", "validation"}
    assert any(b"epoch_loss" in f.read_bytes() for f in files)
