"""Floor 7: callbacks that write the model to files while it is trained."""

import json
import os
import shutil
import warnings

import numpy as np

from tinynn.keras.callbacks.callback import Callback, overrides_batches
from tinynn.keras.callbacks.monitor import MonitorCallback
from tinynn.keras.utils.io_utils import print_msg

WEIGHTS = (".npz", ".safetensors", ".weights.h5")
MODELS = (".keras", ".h5")


class Every:
    """Says after which batches something is due.

    Args:
        batches: how many lie between two times; "epoch" for never.
    """

    def __init__(self, batches, owner):
        if batches != "epoch" and (isinstance(batches, bool) or not isinstance(batches, int)):
            raise ValueError(f"Invalid value. Unrecognized save_freq: {batches!r}; {owner} takes 'epoch' or a number "
                             "of batches")
        self.batches, self.since, self.last = batches, 0, None

    def due(self, batch):
        """Counts a batch (they are numbered from 0 in each epoch), and says whether it is time."""
        if self.batches == "epoch":
            return False
        self.since += batch + 1 if self.last is None or batch <= self.last else batch - self.last
        self.last = batch
        if self.since < self.batches:
            return False
        self.since = 0
        return True


class ModelCheckpoint(MonitorCallback):
    """Writes the model, or its weights, to a file after every epoch or after a number of batches.

    Args:
        filepath: the file. Its name may hold `{epoch:02d}`, `{batch}` and the names of metrics, as in
            "model-{epoch:02d}-{val_loss:.2f}.npz". Folders are made as needed.
        monitor: the metric that says what is best.
        verbose: 1 to print a line per file.
        save_best_only: whether only a model that is better than all before it is written.
        save_weights_only: whether weights alone are written, to a file that ends in .npz or .safetensors; a whole
            model goes to one that ends in .keras.
        mode: "min", "max" or "auto": which values of the metric are better.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: the value of the metric that the first file must beat.

    Example:
        >>> best = keras.callbacks.ModelCheckpoint("best.npz", save_best_only=True, save_weights_only=True)
        >>> model.fit(x, y, validation_split=0.2, epochs=10, callbacks=[best])
        >>> model.load_weights("best.npz")
    """

    def __init__(self, filepath, monitor="val_loss", verbose=0, save_best_only=False, save_weights_only=False,
                 mode="auto", save_freq="epoch", initial_value_threshold=None):
        super().__init__(monitor, mode, baseline=initial_value_threshold)
        self.filepath, self.verbose = os.fspath(filepath), verbose
        self.save_best_only, self.save_weights_only, self.save_freq = save_best_only, save_weights_only, save_freq
        self._every, self._epoch = Every(save_freq, "ModelCheckpoint"), 0
        endings = WEIGHTS if save_weights_only else MODELS
        if not self.filepath.endswith(endings):
            what = "the weights alone go" if save_weights_only else "the whole model goes"
            raise ValueError(f"ModelCheckpoint with save_weights_only={save_weights_only}: {what} to a filepath that "
                             f"must end in {' or '.join(f'`{e}`' for e in endings)}, got {self.filepath!r}"
                             + ("" if save_weights_only or not self.filepath.endswith(WEIGHTS)
                                else "; pass save_weights_only=True"))

    uses_batches = property(lambda self: self.save_freq != "epoch" or overrides_batches(self, ModelCheckpoint))

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self._every.due(batch):
            self._save(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch, logs=None):
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def _save(self, epoch, batch, logs):
        path = self._path(epoch, batch, logs)
        if not self._should_save(epoch, logs, path):
            return
        if os.path.isdir(path):
            raise IsADirectoryError(f"ModelCheckpoint writes to a file, and {path!r} is an existing directory. Please "
                                    "specify a non-directory filepath")
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        (self.model.save_weights if self.save_weights_only else self.model.save)(path, overwrite=True)
        if self.verbose > 0:
            print_msg(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _path(self, epoch, batch, logs):
        numbers = {"epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1}), **logs}
        try:
            return self.filepath.format(**numbers)
        except KeyError as error:
            raise KeyError(f"Failed to format this callback filepath: {self.filepath!r} has {error} in it; there are "
                           f"{', '.join(numbers)}") from None

    def _should_save(self, epoch, logs, path):
        better, change = True, ""
        if self.save_best_only:
            value = logs.get(self.monitor)
            if value is None or np.ndim(value) > 0:
                warnings.warn(f"Can save best model only where {self.monitor!r} is a number in the logs, it is "
                              f"{'missing' if value is None else value}; the model is saved", stacklevel=2)
            else:
                best = "None" if self.best is None else f"{self.best:.5f}"
                better = self._is_improvement(value, self.best)
                change = f"{self.monitor} improved from {best} to {value:.5f}, "
        if self.verbose > 0:
            print_msg(f"\nEpoch {epoch + 1}: {change}saving model to {path}" if better else
                      f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {best}")
        if better and change:
            self.best = value
        return better


class BackupAndRestore(Callback):
    """Keeps a backup while training, and takes it up in the next `fit` after an interruption.

    The backup holds the weights, the state of the optimizer and the number of the epoch.

    Args:
        backup_dir: a folder of its own.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: whether the backup before is kept too, for when writing is interrupted.
        delete_checkpoint: whether the backup is deleted when training ends.
    """

    def __init__(self, backup_dir, save_freq="epoch", double_checkpoint=False, delete_checkpoint=True):
        if not backup_dir:
            raise ValueError("Empty `backup_dir` argument passed; BackupAndRestore needs a folder of its own")
        self.backup_dir, self.save_freq = os.fspath(backup_dir), save_freq
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self._every, self._current_epoch = Every(save_freq, "BackupAndRestore"), 0
        self._weights_path = os.path.join(self.backup_dir, "latest.weights.npz")
        self._training_metadata_path = os.path.join(self.backup_dir, "training_metadata.json")
        self._prev_weights_path = f"{self._weights_path}.bkp"
        self._prev_training_metadata_path = f"{self._training_metadata_path}.bkp"

    uses_batches = property(lambda self: self.save_freq != "epoch" or overrides_batches(self, BackupAndRestore))

    @property
    def _last_batch_seen(self):
        return self._every.last or 0

    def on_train_begin(self, logs=None):
        if not self.model.built:
            raise ValueError("the model must be built before you call `fit()` with BackupAndRestore, which puts its "
                             "weights back: begin it with keras.Input(shape), or call it on a batch of data")
        try:
            self._load(self._weights_path, self._training_metadata_path)
        except Exception:       # whatever a file that was cut off gives
            if not os.path.exists(self._prev_weights_path):
                raise
            self._load(self._prev_weights_path, self._prev_training_metadata_path)

    def on_train_batch_end(self, batch, logs=None):
        if self._every.due(batch):
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        self._current_epoch, self._every.last = epoch + 1, None
        if self.save_freq == "epoch":
            self._save()

    def on_train_end(self, logs=None):
        if self.delete_checkpoint:
            shutil.rmtree(self.backup_dir, ignore_errors=True)

    def _save(self):
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint and os.path.exists(self._weights_path):
            shutil.copy(self._weights_path, self._prev_weights_path)
            shutil.copy(self._training_metadata_path, self._prev_training_metadata_path)
        with _whole(self._weights_path) as path:
            np.savez(path, **{f"{part}/{i:04d}": np.asarray(v) for part, variables in self._state().items()
                              for i, v in enumerate(variables)})
        with _whole(self._training_metadata_path) as path, open(path, "w") as file:
            json.dump({"epoch": self._current_epoch, "batch": self._last_batch_seen}, file)

    def _load(self, weights, metadata):
        if os.path.exists(weights):
            optimizer = self.model.optimizer
            if optimizer is not None and not optimizer.built:
                optimizer.build(self.model.trainable_variables)
            with open(weights, "rb") as opened, np.load(opened) as file:
                for part, variables in self._state().items():
                    for i, variable in enumerate(variables):
                        variable.assign(file[f"{part}/{i:04d}"])
        if os.path.exists(metadata):
            with open(metadata) as file:
                self.model._initial_epoch = json.load(file)["epoch"]

    def _state(self):
        optimizer = self.model.optimizer
        return {"model": self.model.weights, "optimizer": [] if optimizer is None else optimizer.variables}


class _whole:
    """A context that writes a file wholly or not at all: to another name first."""

    def __init__(self, path):
        self.path, self.draft = path, f"{path}.draft{os.path.splitext(path)[1]}"

    def __enter__(self):
        return self.draft

    def __exit__(self, kind, *exception):
        if kind is None:
            os.replace(self.draft, self.path)
