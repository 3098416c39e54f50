"""Floor 7: the progress bar."""

import math
import sys
import time

import numpy as np

from tinynn.keras.callbacks.callback import Callback


class Progbar:
    """A bar of text that grows.

    In a terminal and in a notebook it is drawn again in place; elsewhere only the finished line is written, without
    control characters.

    Args:
        target: the number of steps, or None where it is not known.
        width: how many characters the bar has.
        verbose: 0 nothing, 1 a bar, 2 one line at the end.
        interval: seconds between two drawings.
        unit_name: what a step is called.
    """

    def __init__(self, target, width=20, verbose=1, interval=0.05, stateful_metrics=None, unit_name="step"):
        self.target, self.width, self.verbose, self.interval = target, width, verbose, interval
        self.unit_name = unit_name
        self.in_place = sys.stdout.isatty() if hasattr(sys.stdout, "isatty") else False
        self.in_place = self.in_place or "ipykernel" in sys.modules
        self.started = time.perf_counter()
        self.after_first = None
        self.drawn_at, self.drawn = 0.0, 0
        self.seen = 0

    def due(self, current):
        """Whether an update after step `current` would draw something before the end."""
        if self.after_first is None and current == 1:
            self.after_first = time.perf_counter()
        return self.verbose == 1 and self.in_place and time.perf_counter() - self.drawn_at >= self.interval

    def update(self, current, values=None, finalize=None):
        """Draws the bar after step `current` with `values`, a list of (name, value)."""
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self.seen = current
        now = time.perf_counter()
        per_step = self._per_step(current, now)
        if self.verbose == 1 and (finalize or self.due(current)):
            self._draw(current, values or [], finalize, now, per_step)
        elif self.verbose == 2 and finalize and self.target:
            line = f"{current:{len(str(self.target))}d}/{self.target} - {now - self.started:.0f}s - "
            sys.stdout.write(line + self._time(per_step) + self._metrics(values or []) + "\n")
            sys.stdout.flush()

    def add(self, n, values=None):
        """Moves on by n steps."""
        self.update(self.seen + n, values)

    def _draw(self, current, values, finalize, now, per_step):
        """Writes the bar, over the one that stands there."""
        bold, green, white, off = ("\033[1m", "\033[32m", "\033[37m", "\033[0m") if self.in_place else ("",) * 4
        if self.target:
            count = f"{current:{len(str(self.target))}d}/{self.target}"
            full = int(self.width * min(current / self.target, 1))
            bar = f"{bold}{count}{off} " + (f"{green}{'━' * full}{off}" if full else "")
            bar += f"{white}{'━' * (self.width - full)}{off}" if self.in_place or full < self.width else ""
        else:
            count, full = f"{current:7d}/Unknown", None
            bar = count
        seconds = now - self.started if finalize or not self.target else per_step * (self.target - current)
        clock = f"{seconds:.0f}s" if finalize or not self.target else _clock(seconds)
        text = f" {self._time(per_step)}{self._metrics(values)}"
        shown = len(count) + (1 + self.width if self.target else 0) + 1 + len(clock) + len(text)
        line = f"{bar} {bold}{clock}{off}{text}" + " " * (self.drawn - shown)
        if self.in_place:
            line = "\b" * self.drawn + "\r" + line
        sys.stdout.write(line.rstrip(" ") + "\n" if finalize else line)
        sys.stdout.flush()
        self.drawn, self.drawn_at = max(shown, self.drawn), now

    def _per_step(self, current, now):
        if not current:
            return 0
        if self.after_first is not None and current > 1:
            return (now - self.after_first) / (current - 1)
        return (now - self.started) / current

    def _time(self, seconds):
        if seconds >= 1 or seconds == 0:
            return f"{seconds:.0f}s/{self.unit_name}"
        shown = f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"
        return f"{shown}/{self.unit_name}"

    def _metrics(self, values):
        text = ""
        for name, value in values:
            value = float(np.mean(value))
            text += f" - {name}: " + (f"{value:.4f}" if abs(value) > 1e-3 or math.isnan(value) else f"{value:.4e}")
        return text


def _clock(seconds):
    if seconds > 3600:
        return f"{seconds // 3600:.0f}:{seconds % 3600 // 60:02.0f}:{seconds % 60:02.0f}"
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}" if seconds > 60 else f"{seconds:.0f}s"


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
        self.bar = Progbar(self.target, verbose=self.verbose)

    def _step(self, batch, logs):
        if self.bar is not None:
            self.bar.update(batch + 1, _in_order(logs), finalize=False)

    def _finish(self, logs):
        if self.bar is not None:
            if self.target is None:
                self.target = self.bar.target = self.bar.seen or None
            self.bar.update(self.bar.seen or self.target or 0, _in_order(logs), finalize=True)
            self.bar = None

    def on_train_begin(self, logs=None):
        self.training = True

    def on_epoch_begin(self, epoch, logs=None):
        if self.verbose and self.epochs > 1:
            print(f"Epoch {epoch + 1}/{self.epochs}")
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


def _in_order(logs):
    """The logs as Keras shows them: by name, those of the validation last."""
    return sorted((logs or {}).items(), key=lambda item: (item[0].startswith("val_"), item[0]))
