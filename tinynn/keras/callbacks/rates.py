"""Floor 7: callbacks that change the learning rate."""

import numpy as np

from tinynn.keras.callbacks.callback import Callback
from tinynn.keras.callbacks.monitor import MonitorCallback
from tinynn.keras.utils.io_utils import print_msg


def rate_of(optimizer):
    """The present learning rate as a float."""
    return float(np.asarray(optimizer.learning_rate))


def optimizers_of(model):
    """[(optimizer, what messages call it)]: the model's own, or those inside it where there are several."""
    several = getattr(model.optimizer, "optimizers", None)
    return [(model.optimizer, "")] if several is None else [(one, one.name) for one in several]


def log_rates(model, logs):
    """Writes the learning rates into the logs."""
    for optimizer, name in optimizers_of(model):
        logs[f"learning_rate_{name}" if name else "learning_rate"] = rate_of(optimizer)


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of every epoch.

    Args:
        schedule: f(epoch, rate) or f(epoch), gives the new rate.
        verbose: 1 to print it.
    """

    def __init__(self, schedule, verbose=0):
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch, logs=None):
        for optimizer, name in optimizers_of(self.model):
            rate = self._rate(optimizer, epoch)
            optimizer.learning_rate = float(rate)
            if self.verbose > 0:
                whose = f"{name} " if name else ""
                print_msg(f"\nEpoch {epoch + 1}: LearningRateScheduler setting {whose}learning rate to {rate}.")

    def _rate(self, optimizer, epoch):
        if not hasattr(optimizer, "learning_rate"):
            raise ValueError('Optimizer must have a "learning_rate" attribute.')
        try:
            rate = self.schedule(epoch, rate_of(optimizer))
        except TypeError:
            rate = self.schedule(epoch)
        if np.ndim(rate) != 0 or np.asarray(rate).dtype.kind not in "fiu":
            raise ValueError("The output of the `schedule` function should be a float: the schedule of "
                             f"LearningRateScheduler gave {rate!r} for epoch {epoch}")
        return rate

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            log_rates(self.model, logs)


class ReduceLROnPlateau(MonitorCallback):
    """Lowers the learning rate when a metric has not become better for some epochs.

    Args:
        monitor: the metric's name in the logs.
        factor: what the rate is multiplied by, less than 1.
        patience: how many epochs without a better value are allowed.
        verbose: 1 to print a line when it happens.
        mode: "min", "max", or "auto".
        min_delta: the least change that counts as better.
        cooldown: how many epochs to wait after a change before watching again.
        min_lr: the least rate.
    """

    def __init__(self, monitor="val_loss", factor=0.1, patience=10, verbose=0, mode="auto", min_delta=1e-4, cooldown=0,
                 min_lr=0.0, **kwargs):
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1:
            raise ValueError(f"ReduceLROnPlateau multiplies the rate by a factor below 1, got factor={factor}")
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self.on_train_begin()

    def on_train_begin(self, logs=None):
        self.best, self.wait, self.cooldown_counter = None, 0, 0

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        log_rates(self.model, logs)
        value = self.get_monitor_value(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(value, self.best):
            self.best, self.wait = value, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter, self.wait = self.cooldown, 0

    def _reduce(self, epoch):
        """Lowers the rates; whether one was above `min_lr`."""
        reduced = False
        for optimizer, name in optimizers_of(self.model):
            old = rate_of(optimizer)
            if old > np.float32(self.min_lr):
                optimizer.learning_rate = rate = max(old * self.factor, self.min_lr)
                reduced = True
                if self.verbose > 0:
                    whose = f"{name} " if name else ""
                    print_msg(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing {whose}learning rate to {rate}.")
        return reduced

    def in_cooldown(self):
        """Whether it waits after a change."""
        return self.cooldown_counter > 0
