"""Floor 6: curves over epochs and over steps."""

import numpy as np

from tinynn.plot import drawing
from tinynn.plot.drawing import COLOURS, DASHES

FEW = 30        # so many epochs are shown as points on the curve
SAMPLES = 2000  # more steps than that are sampled


def history(history, metrics=None, ax=None):
    """The learning curves of a `fit`: an axes per metric, with the training and the validation curve.

    Args:
        history: what `fit` returned, or its dict `history.history`.
        metrics: names such as ["loss"]; by default all.
        ax: axes to draw into, one for each metric; by default a new figure.

    Returns:
        An array of the axes.

    Raises:
        ValueError: there is no epoch in the history, no such metric, or another number of axes.

    Example:
        >>> model.fit(x, y, validation_split=0.2, epochs=20).plot()
    """
    values = getattr(history, "history", history)
    if not any(len(column) for column in values.values()):
        raise ValueError("the history is empty: no epoch has ended yet. Plot what fit(...) returns")
    known = list(dict.fromkeys(name.removeprefix("val_") for name in values))
    names = known if metrics is None else [metrics] if isinstance(metrics, str) else list(metrics)
    for name in names:
        if name not in known:
            raise ValueError(f"the history has no {name!r}; it has {', '.join(known)}")
    axes = drawing.several(ax, names, "a history")
    for name, one in zip(names, axes, strict=True):
        _learning_curve(one, history, name, {key: np.asarray(values[key], "float64") for key in (name, f"val_{name}")
                                             if len(values.get(key, ()))})
    return axes


def _learning_curve(ax, history, name, curves):
    for key, values in curves.items():
        validation = key != name
        bad = np.flatnonzero(~np.isfinite(values))
        epochs = _epochs(history, key, len(values))
        label = "validation" if validation else "training"
        ax.plot(epochs, values, color=COLOURS[validation], linestyle=DASHES[validation],
                marker="os"[validation] if len(values) <= FEW else "", markersize=3.5, linewidth=1.6,
                label=f"{label}: {values[bad[0]]} from epoch {epochs[bad[0]]} on" if len(bad) else label)
    shown = np.concatenate([line.get_xdata() for line in ax.lines])
    ax.set(xlabel="epoch", ylabel=name, yscale=drawing.scale_for(list(curves.values())),
           xlim=(shown.min() - 0.5, shown.max() + 0.5))
    drawing.whole_numbers(ax.xaxis)
    drawing.tidy(ax)
    if len(curves) > 1 or not np.isfinite(curves[name]).all():
        ax.legend(frameon=False)


def _epochs(history, key, count):
    """The numbers, from 1 on, of the epochs that these values belong to."""
    known = np.asarray(getattr(history, "epochs_of", {}).get(key, ()), int) + 1
    return known if len(known) == count and np.all(np.diff(known) > 0) else np.arange(1, count + 1)


def schedule(schedule, steps, ax=None):
    """The learning rate at each step (a step is one batch, not one epoch).

    Args:
        schedule: a schedule, a function of a step, an optimizer, or a number; or several to compare, as a list or as
            {label: schedule}.
        steps: how many steps to show, from step 0 on.
        ax: axes to draw into; by default a new figure.

    Returns:
        The axes.

    Raises:
        TypeError, ValueError: something else, or no step.

    Example:
        >>> cosine = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=1000)
        >>> tinynn.plot.schedule({"cosine": cosine, "fixed": 0.05}, steps=1200)
    """
    if not steps >= 1:
        raise ValueError(f"steps is the number of batches to show, at least 1; got {steps}")
    named = _named(schedule)
    at = np.unique(np.linspace(0, steps - 1, min(int(steps), SAMPLES)).round().astype("int64"))
    curves = {label: np.array([_rate(one, int(step)) for step in at]) for label, one in named.items()}
    beside = ax is None and len(curves) > 1
    ax = drawing.one(ax, "a schedule", 2.6 * beside)
    for i, (label, rates) in enumerate(curves.items()):
        ax.plot(at, rates, color=COLOURS[i % len(COLOURS)], linestyle=DASHES[i // len(COLOURS) % len(DASHES)],
                linewidth=1.8, label=label, marker="o" if len(at) == 1 else "")
    ax.set(xlabel="step (batch)", ylabel="learning rate", yscale=drawing.scale_for(list(curves.values())))
    if ax.get_yscale() == "linear":
        ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    drawing.whole_numbers(ax.xaxis)
    drawing.tidy(ax)
    drawing.legend(ax, beside)
    return ax


def _named(schedule):
    """{label: schedule}; schedules of one class are told apart by their arguments."""
    if isinstance(schedule, dict):
        return schedule
    schedules = list(schedule) if isinstance(schedule, (list, tuple)) else [schedule]
    if not schedules:
        raise ValueError("there is no schedule to show in an empty list")
    rates = [getattr(s, "_learning_rate", s) for s in schedules]
    labels = [_label(s, r, rates) for s, r in zip(schedules, rates, strict=True)]
    return {label if labels.count(label) == 1 else f"{label} ({i})": s
            for i, (label, s) in enumerate(zip(labels, schedules, strict=True))}


def _label(schedule, rate, rates):
    if not callable(rate):
        return f"{float(rate):g}" if schedule is rate else f"{type(schedule).__name__}, {float(rate):g}"
    name = getattr(rate, "__name__", type(rate).__name__)
    others = [r for r in rates if type(r) is type(rate) and r is not rate]
    differ = [f"{n}={getattr(rate, n)}" for n in getattr(rate, "arguments", ())
              if getattr(rate, n) and any(getattr(r, n) != getattr(rate, n) for r in others)]
    return "\n".join([name, *(f"  {argument}" for argument in differ)])


def _rate(schedule, step):
    rate = getattr(schedule, "_learning_rate", schedule)
    if not callable(rate):
        try:
            return float(rate)
        except (TypeError, ValueError):
            raise TypeError("a schedule is a function of a step, an optimizer or a number; got "
                            f"{type(schedule).__name__}") from None
    return float(rate(step) if rate is schedule or hasattr(rate, "arguments") else rate())
