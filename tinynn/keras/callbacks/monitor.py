"""Floor 7: callbacks that watch a metric."""

import warnings

from tinynn.core import nest
from tinynn.core.errors import hint
from tinynn.keras import ops
from tinynn.keras.callbacks.callback import Callback

_HIGHER_IS_BETTER = ("acc", "auc", "precision", "recall", "f1", "fbeta", "iou", "score", "r2", "positives",
                     "true_negatives", "sensitivity", "specificity", "cosine", "correlation", "concordance")


class MonitorCallback(Callback):
    """Base of callbacks that compare a metric with its best value.

    Args:
        monitor: the metric's name in the logs.
        mode: "min" or "max" for what is better; "auto" goes by the metric.
        baseline: a value to start with.
        min_delta: the least change that counts as better.
    """

    def __init__(self, monitor="val_loss", mode="auto", baseline=None, min_delta=0):
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"{type(self).__name__} mode {mode!r} is unknown, it goes on with 'auto'. Write 'min', 'max' "
                          "or 'auto'", stacklevel=3)
            mode = "auto"
        self.monitor, self.mode, self.best, self.min_delta = monitor, mode, baseline, abs(min_delta)
        self.monitor_op = None      # keras.ops.greater or keras.ops.less, once it is known

    def _set_monitor_op(self):
        mode = self._direction() if self.mode == "auto" else self.mode
        self.monitor_op = ops.greater if mode == "max" else ops.less

    def _direction(self):
        """What is better for the metric: by its class where the model has it, else by its name."""
        name = self.monitor.removeprefix("val_")
        found = [m for m in _metrics(self.model) if m.name == name]
        said = getattr(found[0], "_direction", None) if found else None
        if said is not None:
            return "max" if said == "up" else "min"
        if name.endswith("loss"):
            return "min"
        if any(part in name for part in _HIGHER_IS_BETTER) and not name.startswith("false_"):
            return "max"
        if found or name.startswith("false_"):
            return "min"
        raise ValueError(f"{type(self).__name__} watches {self.monitor!r}, and it isn't able to tell whether higher or "
                         "lower is better there. Pass mode='max' or mode='min'")

    def _is_improvement(self, value, reference):
        if self.monitor_op is None:
            self._set_monitor_op()
        if reference is None:
            return True
        return bool(self.monitor_op(value - self.min_delta if self.monitor_op is ops.greater else
                                    value + self.min_delta, reference))

    def get_monitor_value(self, logs):
        """The metric's value in the logs; None, with a hint, where they do not have it."""
        if self.monitor_op is None:
            self._set_monitor_op()
        value = (logs or {}).get(self.monitor)
        if value is None:
            hint("early-stopping", f"{type(self).__name__} watches {self.monitor!r}, which the logs do not have; "
                 f"they have {', '.join(logs or {})}", callback=type(self).__name__, monitor=self.monitor,
                 names=", ".join(logs or {}))
        return value


def _metrics(model):
    """The metrics of a model, those of `compile` one by one."""
    for metric in getattr(model, "metrics", None) or []:
        inner = getattr(metric, "metrics", None)
        yield from nest.flatten(inner) if inner is not None else [metric]
