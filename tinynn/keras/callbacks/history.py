"""Floor 7: the results of every epoch."""

from tinynn.keras.callbacks.callback import Callback


class History(Callback):
    """Keeps the results; `fit` returns it.

    Attributes:
        hints: the hints that `fit` gave: {code: (message, {name: value in the message})}.
        epoch: the numbers of the epochs.
        history: {name: [value per epoch]}, by name.
        epochs_of: {name: [number of the epoch of each value]}; validation may leave some out.
    """

    def __init__(self):
        self.history, self.epochs_of = {}, {}
        self.epoch = []
        self.hints = {}

    def on_train_begin(self, logs=None):
        """Starts a new list of epochs; values of an earlier run of the same object stay."""
        self.epoch = []
        self.hints.clear()

    def on_epoch_end(self, epoch, logs=None):
        """Adds the results of an epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
            self.epochs_of.setdefault(name, []).append(epoch)
        self.model.history = self

    def extend(self, epochs, columns):
        """Adds the results of several epochs at once: {name: [value per epoch]}."""
        self.epoch.extend(epochs)
        for name, values in columns.items():
            self.history.setdefault(name, []).extend(values)
            self.epochs_of.setdefault(name, []).extend(epochs)
        self.model.history = self

    def plot(self, metrics=None, ax=None):
        """The learning curves; see `tinynn.plot.history`."""
        from tinynn import plot  # loaded when it is asked for

        return plot.history(self, metrics, ax)

    def __repr__(self):
        return f"<History epochs={len(self.epoch)}, keys={list(self.history)}>"
