"""Floor 6: what a classifier says of every point of a plane."""

import numpy as np

from tinynn.plot import drawing
from tinynn.plot.drawing import COLOURS

MARKERS = "os^DvPX"
PALE = 0.72     # how much white a region's colour gets
MARGIN = 0.08   # room around the points, as a share of their range


def boundary(model, x, y, ax=None, resolution=200, threshold=None):
    """The regions of a classifier of two features, the boundaries between them, and the points.

    The model gives one score a point, which is above the threshold for the second class (sigmoid, regression, hinge),
    a score for each class, of which the largest wins (softmax), or the class itself, as an integer.

    Args:
        model: a Keras model, or any function of an (n, 2) array.
        x: points, (n, 2).
        y: their classes: (n,) or (n, 1), or one-hot (n, classes).
        ax: axes to draw into; by default a new figure.
        resolution: points of the plane along each axis.
        threshold: of a single score; by default the middle between the two classes (0.5 for 0 and 1), and 0 for a
            model whose loss takes logits or is a hinge loss.

    Returns:
        The axes.

    Raises:
        ValueError: x has not two columns, y has another length, or the model gives something else, or nan.

    Example:
        >>> x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
        >>> tinynn.plot.boundary(lambda p: p[:, 0] * p[:, 1] - 0.25, x, [0, 0, 0, 1], threshold=0)
    """
    names = getattr(x, "columns", ("$x_1$", "$x_2$"))
    x = np.asarray(x, "float32")
    if x.ndim != 2 or x.shape[1] != 2 or not len(x):
        raise ValueError(f"boundary draws a plane, so x has shape (n, 2); got {x.shape}. Choose two columns, as in "
                         "x[:, :2], and train a model of these")
    sides = [np.linspace(*_limits(column), resolution, dtype="float32") for column in x.T]
    plane = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    outputs, at_points = _outputs(model, plane), _outputs(model, x)
    labels, classes = _classes(np.asarray(y), len(x), outputs)
    if threshold is None:
        threshold = _threshold(model, classes)
    regions, margins = _decide(outputs, classes, threshold)
    wrong = _decide(at_points, classes, threshold)[0] != labels
    beside = ax is None
    ax = drawing.one(ax, "a decision boundary", 1.4)
    _draw_regions(ax, sides, regions.reshape(resolution, resolution),
                  [m.reshape(resolution, resolution) for m in margins], len(classes))
    _draw_points(ax, x, labels, wrong, classes)
    ax.set(xlabel=names[0], ylabel=names[1])
    drawing.legend(ax, beside)
    return ax


def _limits(column):
    low, high = float(column.min()), float(column.max())
    room = MARGIN * (high - low) or 1.0
    return low - room, high + room


def _outputs(model, points):
    """What the model gives: (n,) scores or classes, or (n, classes)."""
    given = model.predict(points, verbose=0) if hasattr(model, "predict_on_batch") else model(points)
    outputs = np.asarray(given)
    if outputs.ndim == 2 and outputs.shape[1] == 1:
        outputs = outputs[:, 0]
    if outputs.ndim not in (1, 2) or len(outputs) != len(points):
        raise ValueError(f"for {len(points)} points the model gives an array of shape {np.shape(given)}; boundary "
                         f"draws ({len(points)},), ({len(points)}, 1) or ({len(points)}, classes)")
    if outputs.dtype.kind == "f" and not np.isfinite(outputs).all():
        raise ValueError("the model gives nan or infinity for some points, so no class")
    return outputs


def _classes(y, n, outputs):
    """The number of each point's class, and the classes' names in order."""
    one_hot = y.ndim == 2 and y.shape[1] > 1
    if y.ndim not in (1, 2) or len(y) != n:
        raise ValueError(f"x has {n} points and y has shape {y.shape}; boundary takes ({n},), ({n}, 1) or one-hot "
                         f"({n}, classes)")
    labels = y.argmax(axis=1) if one_hot else y.reshape(-1)
    if outputs.ndim == 2 or one_hot:
        count = outputs.shape[1] if outputs.ndim == 2 else y.shape[1]
        if labels.dtype.kind not in "iufb" or not np.isin(labels, np.arange(count)).all():
            raise ValueError(f"the model tells {count} classes apart, so y holds numbers from 0 to {count - 1}; got "
                             f"{np.unique(labels)[:8].tolist()}")
        return labels.astype(int), np.arange(count)
    found = np.unique(labels)
    if outputs.dtype.kind != "f":
        found = np.union1d(found, outputs)
    elif len(found) > 2:
        raise ValueError(f"the model gives one score a point, which tells two classes apart; y holds {len(found)}: "
                         f"{found[:8].tolist()}")
    elif len(found) < 2:    # the other class has no point here
        pair = next((pair for pair in ((0, 1), (-1, 1)) if labels.dtype.kind in "iufb" and found[0] in pair), None)
        if pair is None:
            raise ValueError(f"y holds one class only, {found.tolist()}; a boundary needs two")
        found = np.array(pair)
    return np.searchsorted(found, labels), found


def _threshold(model, classes):
    """The score between the two classes."""
    loss = getattr(model, "loss", None)
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    if getattr(loss, "from_logits", False) or "hinge" in str(name).lower():
        return 0.0
    return float(np.mean(classes)) if classes.dtype.kind in "iufb" else 0.5


def _decide(outputs, classes, threshold):
    """The class number of each point, and scores that are 0 on boundaries."""
    if outputs.ndim == 2:
        best = outputs.argmax(axis=1)
        return best, [outputs[:, i] - np.delete(outputs, i, axis=1).max(axis=1) for i in range(outputs.shape[1])]
    if outputs.dtype.kind == "f":
        return (outputs > threshold).astype(int), [outputs - threshold]
    found = np.searchsorted(classes, outputs)
    return found, [(found == i) - 0.5 for i in range(len(classes))]


def _draw_regions(ax, sides, regions, margins, count):
    colors = drawing.matplotlib("matplotlib.colors", "a decision boundary")
    pale = [tuple(PALE + (1 - PALE) * np.array(colors.to_rgb(_colour(i)))) for i in range(count)]
    half = [(side[1] - side[0]) / 2 for side in sides]
    extent = [edge for side, h in zip(sides, half, strict=True) for edge in (side[0] - h, side[-1] + h)]
    ax.imshow(regions, origin="lower", extent=extent, aspect="auto", interpolation="nearest",
              cmap=colors.ListedColormap(pale), vmin=-0.5, vmax=count - 0.5)
    for margin in margins:
        if margin.min() < 0 < margin.max():
            ax.contour(*sides, margin, levels=[0.0], colors="#444444", linewidths=1.2)


def _draw_points(ax, x, labels, wrong, classes):
    size = float(np.clip(4000 / len(x), 9, 40))
    for i, name in enumerate(classes):
        if np.any(labels == i):
            ax.scatter(*x[labels == i].T, s=size, color=_colour(i), marker=MARKERS[i % len(MARKERS)],
                       edgecolors="white", linewidths=0.5, label=f"class {_written(name)}", zorder=3)
    if wrong.any():
        ax.scatter(*x[wrong].T, s=4 * size, facecolors="none", edgecolors="black", linewidths=1.0, zorder=4,
                   label=f"wrong: {wrong.sum()} of {len(x)}")


def _written(name):
    """A class as text; 0.0 is 0."""
    return f"{name:g}" if isinstance(name, np.floating) else str(name)


def _colour(i):
    return COLOURS[i] if i < len(COLOURS) else f"C{i}"
