"""Floor 6: matplotlib, an extra, imported when something is drawn; and what all pictures share."""

import importlib

import numpy as np

# Okabe, Ito: Color universal design (2008): colours that the colour-blind tell apart; yellow, the palest, is left out.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", (0, (4, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))     # lines that black and white tells apart
WIDTH, HEIGHT = 4.4, 3.2    # inches of one pair of axes
WIDE_RANGE = 100.0          # positive values that fall by more than this factor get a logarithmic scale


def matplotlib(module, what, instead=""):
    """A module of matplotlib.

    Args:
        module: its name, as "matplotlib.pyplot".
        what: what is to be drawn, for the error.
        instead: a sentence on what can be done without matplotlib.

    Raises:
        ImportError: where matplotlib is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ImportError(f"{what} is drawn by matplotlib, which is not installed: pip install "
                          f"'tinynn-engine[plot]'{'. ' if instead else ''}{instead}") from None


def one(ax, what, beside=0.0):
    """The axes that were given, or new ones in a figure of their own, with so many inches for a legend beside them."""
    if ax is None:
        pyplot = matplotlib("matplotlib.pyplot", what)
        ax = pyplot.subplots(figsize=(WIDTH + beside, HEIGHT), layout="constrained")[1]
    return ax


def legend(ax, beside):
    """A legend beside new axes, or inside those that were given, which may have neighbours."""
    place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if beside else {"loc": "best"}
    ax.legend(fontsize="small", frameon=not beside, **place)


def several(ax, names, what):
    """As many axes as names, in an array: those that were given, or new ones, three in a row."""
    if ax is not None:
        return given(ax, names, what)
    pyplot, columns = matplotlib("matplotlib.pyplot", what), min(3, len(names))
    rows = -(-len(names) // columns)
    axes = pyplot.subplots(rows, columns, figsize=(WIDTH * columns, HEIGHT * rows), layout="constrained",
                           squeeze=False)[1].reshape(-1)
    for unused in axes[len(names):]:
        unused.remove()
    return axes[:len(names)]


def given(ax, names, what):
    """The caller's axes, as an array.

    Raises:
        ValueError: where they are not as many as the names.
    """
    axes = np.atleast_1d(np.asarray(ax, dtype=object)).reshape(-1)
    if len(axes) != len(names):
        raise ValueError(f"{what} needs {len(names)} axes, for {', '.join(names)}; got {len(axes)}. Give as many, or "
                         "name what to draw")
    return axes


def tidy(ax):
    """Takes away what is no data: the frame's upper and right lines; a pale grid helps to read values."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color="#dddddd", linewidth=0.6)
    ax.set_axisbelow(True)


def whole_numbers(axis):
    """Ticks at whole numbers only."""
    axis.set_major_locator(matplotlib("matplotlib.ticker", "an axis").MaxNLocator(
        nbins=8, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))


def scale_for(curves):
    """The scale of curves: "log" where positive values fall by a large factor, as losses do; otherwise "linear"."""
    curves = [values[np.isfinite(values)] for values in curves]
    curves = [values for values in curves if len(values)]
    if any(values.min() <= 0 for values in curves):
        return "linear"
    low = [np.quantile(values, 0.1, method="lower") for values in curves]    # a last step near 0 is no reason
    falls = [v.max() / bottom for v, bottom in zip(curves, low, strict=True) if v.argmax() < v.argmin()]
    return "log" if max(falls, default=0.0) > WIDE_RANGE else "linear"
