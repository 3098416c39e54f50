"""Floor 7: results for TensorBoard, written by tensorboardX, an extra."""

import os
import time

import numpy as np

from tinynn.keras.callbacks.callback import Callback, overrides_batches
from tinynn.keras.callbacks.rates import log_rates
from tinynn.keras.variable import path_of


def writer_class():
    """The class of tensorboardX that writes."""
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        raise ImportError("files for TensorBoard are written with tensorboardX, which is not installed: "
                          "pip install 'tinynn-engine[tensorboard]'. CSVLogger needs nothing") from None
    return SummaryWriter


class TensorBoard(Callback):
    """Writes the results of training where `tensorboard --logdir logs` shows them.

    Args:
        log_dir: the folder; training goes to its `train`, validation to its `validation`.
        histogram_freq: every how many epochs to write histograms of the weights; 0 for never.
        write_graph: whether to write the model's summary, as text.
        write_images: whether to write the weights as images too, where histograms are written.
        write_steps_per_second: whether to write the speed.
        update_freq: "epoch", "batch", or a number of batches, after which to write results within an epoch.
        profile_batch, embeddings_freq, embeddings_metadata: accepted as in Keras; nothing is written for them.
    """

    def __init__(self, log_dir="logs", histogram_freq=0, write_graph=True, write_images=False,
                 write_steps_per_second=False, update_freq="epoch", profile_batch=0, embeddings_freq=0,
                 embeddings_metadata=None):
        self._make_writer = writer_class()
        self.log_dir, self.histogram_freq = os.fspath(log_dir), histogram_freq
        self.write_graph, self.write_images = write_graph, write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.profile_batch, self.embeddings_freq = profile_batch, embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._writers, self._step = {}, 0

    @property
    def uses_batches(self):
        return self.update_freq != "epoch" or self.write_steps_per_second or overrides_batches(self, TensorBoard)

    def set_model(self, model):
        self._model = model
        self._close()
        if self.write_graph and model.built:
            lines = []
            model.summary(print_fn=lambda text, **_: lines.append(str(text)), line_length=100)
            self.writer("train").add_text("keras", "```\n" + "\n".join(lines) + "\n```", 0)

    def writer(self, part):
        """The tensorboardX writer of "train" or "validation"."""
        if part not in self._writers:
            self._writers[part] = self._make_writer(os.path.join(self.log_dir, part))
        return self._writers[part]

    def _close(self):
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _scalars(self, part, names, logs, step):
        for name, value in logs.items():
            if np.ndim(value) == 0:
                self.writer(part).add_scalar(names.format(name), float(value), step)

    def on_train_begin(self, logs=None):
        self._step = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_began, self._first_step = time.perf_counter(), int(self.model.optimizer.iterations)

    def on_train_batch_begin(self, batch, logs=None):
        self._batch_began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        if self.write_steps_per_second:
            speed = 1 / max(time.perf_counter() - self._batch_began, 1e-9)
            self._scalars("train", "batch_{}", {"steps_per_second": speed}, self._step)
        if self.update_freq != "epoch" and self._step % self.update_freq == 0:
            self._scalars("train", "batch_{}", logs or {}, self._step)

    def on_test_end(self, logs=None):
        if self.model.optimizer is not None:
            step = int(self.model.optimizer.iterations)
            self._scalars("validation", "evaluation_{}_vs_iterations", logs or {}, step)

    def on_epoch_end(self, epoch, logs=None):
        train = {name: value for name, value in (logs or {}).items() if not name.startswith("val_")}
        log_rates(self.model, train)
        if self.write_steps_per_second:
            steps = int(self.model.optimizer.iterations) - self._first_step
            train["steps_per_second"] = steps / max(time.perf_counter() - self._epoch_began, 1e-9)
        self._scalars("train", "epoch_{}", train, epoch)
        validation = {name[4:]: value for name, value in (logs or {}).items() if name.startswith("val_")}
        self._scalars("validation", "epoch_{}", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._weights(epoch)

    def _weights(self, epoch):
        for layer in self.model.layers:
            for weight in layer.weights:
                values = np.asarray(weight)
                self.writer("train").add_histogram(f"{path_of(weight)}/histogram", values, epoch)
                image = _image(values) if self.write_images else None
                if image is not None:
                    self.writer("train").add_image(f"{path_of(weight)}/image", image, epoch)

    def on_train_end(self, logs=None):
        self._close()


def _image(values):
    """Weights as a picture, (1, height, width) from 0 to 1: a vector as a row, a matrix lying. Others have none."""
    values = np.squeeze(values).astype("float32")
    if values.ndim not in (1, 2) or not values.size:
        return None
    values = np.atleast_2d(values)
    values = values.T if values.shape[0] > values.shape[1] else values
    low, high = values.min(), values.max()
    return ((values - low) / (high - low if high > low else 1))[None]
