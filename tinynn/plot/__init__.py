"""Floor 6: pictures of training: learning curves, learning rates, weights, decision boundaries. matplotlib draws.

    drawing.py       the one place that imports matplotlib; colours, axes, scales
    curves.py        curves of a history and of learning rates
    classifier.py    the regions that a classifier tells apart
    parameters.py    weights as heat maps

Each function returns the axes it drew into, and leaves showing to the caller: plt.show(), a notebook, or savefig.
"""

from tinynn.plot.classifier import boundary
from tinynn.plot.curves import history, schedule
from tinynn.plot.parameters import weights

__all__ = ["boundary", "history", "schedule", "weights"]
