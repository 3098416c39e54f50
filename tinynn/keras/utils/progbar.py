"""Floor 7: a progress bar in text."""

import math
import shutil
import sys
import time

import numpy as np

from tinynn.keras.utils.io_utils import is_interactive_logging_enabled, print_msg


class Progbar:
    """A bar of text that grows.

    In a terminal and in a notebook it is drawn again in place; elsewhere only the finished line is written, without
    control characters.

    Args:
        target: the number of steps, or None where it is not known.
        width: how many characters the bar has.
        verbose: 0 nothing, 1 a bar, 2 one line at the end.
        interval: seconds between two drawings.
        stateful_metrics: names of values that are shown as they are; others are averaged over the steps.
        unit_name: what a step is called.
        stateless_metrics: instead, names of the values that are averaged; others are shown as they are.

    Example:
        >>> bar = keras.utils.Progbar(100)
        >>> for i in range(100):
        ...     bar.add(1, [("loss", 1 / (i + 1))])
    """

    def __init__(self, target, width=20, verbose=1, interval=0.05, stateful_metrics=None, unit_name="step",
                 stateless_metrics=None):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Only one of `stateful_metrics` and `stateless_metrics` can be given")
        self.target, self.width, self.verbose, self.interval = target, width, verbose, interval
        self.stateful, self.stateless = stateful_metrics or (), stateless_metrics
        self.unit_name = unit_name
        self.sums = {}      # name: [sum over steps, number of steps]
        self.in_terminal = hasattr(sys.stdout, "isatty") and sys.stdout.isatty()
        self.in_place = (self.in_terminal or "ipykernel" in sys.modules) and is_interactive_logging_enabled()
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
        values = self._averaged(values or [], max(current - self.seen, 1), finalize)
        due = self.due(current)
        self.seen = current
        now = time.perf_counter()
        per_step = self._per_step(current, now)
        if self.verbose == 1 and (finalize or due):
            self._draw(current, values, finalize, now, per_step)
        elif self.verbose == 2 and finalize:
            count = f"{current:{len(str(self.target))}d}/{self.target}" if self.target else f"{current}/Unknown"
            print_msg(f"{count} - {now - self.started:.0f}s - {self._time(per_step)}{self._metrics(values)}")

    def _averaged(self, values, steps, finalize):
        """The values as they are shown."""
        for name, value in values:
            value = float(np.mean(value))
            averaged = name not in self.stateful if self.stateless is None else name in self.stateless
            if not averaged or finalize or name not in self.sums:
                self.sums[name] = [value, 1] if not averaged or finalize else [value * steps, steps]
            else:
                self.sums[name] = [self.sums[name][0] + value * steps, self.sums[name][1] + steps]
        return [(name, total / count) for name, (total, count) in self.sums.items()]

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
        before = len(count) + (1 + self.width if self.target else 0) + 1 + len(clock)
        room = shutil.get_terminal_size().columns - 1 - before if self.in_terminal and not finalize else len(text)
        if len(text) > room > 1:        # a line that wraps could not be drawn over
            text = text[:room - 1] + "…"
        shown = before + len(text)
        line = f"{bar} {bold}{clock}{off}{text}" + " " * (self.drawn - shown)
        if self.in_place:
            line = "\b" * self.drawn + "\r" + line
        print_msg(line, line_break=finalize)
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
            text += f" - {name}: " + (f"{value:.4f}" if abs(value) > 1e-3 or math.isnan(value) else f"{value:.4e}")
        return text


def _clock(seconds):
    if seconds > 3600:
        return f"{seconds // 3600:.0f}:{seconds % 3600 // 60:02.0f}:{seconds % 60:02.0f}"
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}" if seconds > 60 else f"{seconds:.0f}s"
