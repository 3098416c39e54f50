"""Floor 7: the progress bar of `fit`, `evaluate` and `predict`."""

from tinynn.keras.callbacks.callback import Callback
from tinynn.keras.utils.io_utils import print_msg
from tinynn.keras.utils.progbar import Progbar

__all__ = ["Progbar", "ProgbarLogger"]


class ProgbarLogger(Callback):
    """Shows the progress of `fit`, `evaluate` and `predict` as `verbose` asks."""

    def __init__(self):
        self.bar = None
        self.training = self.validating = False

    def set_params(self, params):
        self.verbose, self.epochs, self.target = params["verbose"], params["epochs"], params["steps"]

    def due(self, batch):
        """Whether the bar would be drawn after this batch (counted from 0)."""
        if self.bar is None or self.validating:
            return False
        self.bar.seen = batch + 1
        return self.bar.due(batch + 1)

    def _start(self):
        self.bar = Progbar(self.target, verbose=self.verbose, stateless_metrics=())

    def _step(self, batch, logs):
        if self.bar is not None:
            self.bar.update(batch + 1, self._in_order(logs), finalize=False)

    def _finish(self, logs):
        if self.bar is not None:
            if self.target is None:
                self.target = self.bar.target = self.bar.seen or None
            self.bar.update(self.bar.seen or self.target or 0, self._in_order(logs), finalize=True)
            self.bar = None

    def on_train_begin(self, logs=None):
        self.training = True

    def on_epoch_begin(self, epoch, logs=None):
        if self.verbose and self.epochs > 1:
            print_msg(f"Epoch {epoch + 1}/{self.epochs}")
        self._start()

    def on_train_batch_end(self, batch, logs=None):
        self._step(batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._finish(logs)

    def on_train_end(self, logs=None):
        self.training = False

    def on_test_begin(self, logs=None):
        self.validating = self.training
        if not self.training:
            self._start()

    def on_test_batch_end(self, batch, logs=None):
        if not self.training:
            self._step(batch, logs)

    def on_test_end(self, logs=None):
        self.validating = False
        if not self.training:
            self._finish(logs)

    def on_predict_begin(self, logs=None):
        self._start()

    def on_predict_batch_end(self, batch, logs=None):
        self._step(batch, {})

    def on_predict_end(self, logs=None):
        self._finish({})

    def _in_order(self, logs):
        """The logs as Keras shows them: by name; on a bar those of the validation, which come later, last."""
        late = "val_" if self.verbose == 1 else ()
        return sorted((logs or {}).items(), key=lambda item: (item[0].startswith(late), item[0]))
