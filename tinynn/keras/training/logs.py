"""Floor 7: the results of steps and epochs, as plain numbers."""

import numpy as np


def results(model, logs):
    """The metrics as Python numbers: the model's own, unless a step of the user's gave others."""
    own = model.get_metrics_result() if model.metrics else {}
    if logs is not None and isinstance(logs, dict) and set(logs) != set(own):
        own = logs
    return numbers(own)


def numbers(logs):
    """Logs by name, with scalars as Python floats; a dict among them is spread out."""
    plain = {}
    for name, value in logs.items():
        plain.update(numbers(value) if isinstance(value, dict) else {name: _number(value)})
    return dict(sorted(plain.items()))


def _number(value):
    array = np.asarray(value)
    return float(array) if array.ndim == 0 else array
