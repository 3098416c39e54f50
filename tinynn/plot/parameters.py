"""Floor 6: the weights of a model as heat maps."""

import numpy as np

from tinynn.plot import drawing

MOST = 128          # a matrix with more rows or columns is shown as a histogram
FEW = 10, 8         # up to so many rows and columns, the numbers stand in the cells
ACROSS = 4          # layers side by side
MAP = "RdBu_r"      # diverging, and told apart by the colour-blind: blue is negative, white 0, red positive
HEIGHTS = {"matrix": 6.0, "strip": 0.9, "histogram": 4.0}


def weights(model, ax=None):
    """Each weight of a model: a matrix as a heat map, a bias as a strip, what is too large for that as a histogram.

    The weights of a layer share one colour scale, which is symmetric around 0.

    Args:
        model: a model or a layer that is built, a variable, or a list of variables.
        ax: axes to draw into, one for each weight; by default a new figure with a column per layer.

    Returns:
        An array of the axes, in the order of the weights.

    Raises:
        ValueError: there is no weight yet, or another number of axes.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
        >>> tinynn.plot.weights(model)
    """
    variables = _variables(model)
    names = [_path(v) for v in variables]
    groups = _groups(names)
    values = [np.asarray(v) for v in variables]
    axes = _new_axes(groups, values) if ax is None else drawing.given(ax, names, "weights")
    for members in groups:
        layer = names[members[0]].rpartition("/")[0]
        for i in members:
            name = f"{names[i].removeprefix(f'{layer}/')} {values[i].shape}"
            axes[i].set_title(f"{layer}\n{name}" if layer and i == members[0] else name, fontsize="small", loc="left")
        for i in [i for i in members if _kind(values[i]) == "histogram"]:
            _draw_histogram(axes[i], values[i])
        _draw_maps({i: axes[i] for i in members if _kind(values[i]) != "histogram"}, values)
    return axes


def _variables(model):
    """The floating-point weights."""
    found = getattr(model, "weights", None)
    if found is None:
        found = model if isinstance(model, (list, tuple)) else [model]
    found = [v for v in found if np.asarray(v).dtype.kind == "f" and np.size(v)]
    if not found:
        raise ValueError(f"there is no weight to show in {getattr(model, 'name', model)!r}: build a model first, by "
                         "an Input, by build(input_shape), or by a call")
    return found


def _path(variable):
    return str(getattr(variable, "path", getattr(variable, "name", ""))).split(":")[0]


def _groups(names):
    """The numbers of the weights of each layer."""
    groups = {}
    for i, name in enumerate(names):
        groups.setdefault(name.rpartition("/")[0] or i, []).append(i)
    return list(groups.values())


def _flat(values):
    """The weight as a matrix: a bias as one row, a kernel of more axes with one column per unit."""
    return values.reshape(1, -1) if values.ndim < 2 else values.reshape(-1, values.shape[-1])


def _kind(values):
    rows, columns = _flat(values).shape
    return "histogram" if max(rows, columns) > MOST else "strip" if values.ndim < 2 else "matrix"


def _new_axes(groups, values):
    """Axes for each weight: a column of them per layer."""
    pyplot = drawing.matplotlib("matplotlib.pyplot", "the weights")
    across = min(ACROSS, len(groups))
    down = -(-len(groups) // across)
    heights = [max(sum(HEIGHTS[_kind(values[i])] for i in g) for g in groups[k * across:(k + 1) * across])
               for k in range(down)]
    figure = pyplot.figure(figsize=(3.4 * across, sum(0.42 * h + 0.9 for h in heights)), layout="constrained")
    grid, axes = figure.add_gridspec(down, across, height_ratios=heights), np.empty(len(values), object)
    for number, members in enumerate(groups):
        kinds = [HEIGHTS[_kind(values[i])] for i in members]
        spare = heights[number // across] - sum(kinds)
        inner = grid[number // across, number % across].subgridspec(len(kinds) + (spare > 0), 1, height_ratios=[
            *kinds, *([spare] if spare > 0 else [])])
        for place, i in enumerate(members):
            axes[i] = figure.add_subplot(inner[place])
    return axes


def _draw_maps(axes, values):
    """The weights of a layer, in one scale; the numbers of the units are below the last."""
    if not axes:
        return
    largest = max(np.abs(values[i][np.isfinite(values[i])]).max(initial=0.0) for i in axes) or 1.0
    for i, ax in axes.items():
        image = _draw_map(ax, values[i], largest)
        last = ax is list(axes.values())[-1]
        ax.tick_params(labelsize="small", labelbottom=last)
        ax.set_xlabel("unit" if last else "")
    bar = ax.figure.colorbar(image, ax=list(axes.values()), fraction=0.08, pad=0.03, aspect=25)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize="small")
    if all(values[i].ndim < 2 for i in axes):
        bar.set_ticks([-largest, 0.0, largest], labels=[f"{x:.2g}" for x in (-largest, 0.0, largest)])


def _draw_map(ax, values, largest):
    matrix = _flat(values)
    image = ax.imshow(matrix, cmap=MAP, vmin=-largest, vmax=largest, aspect="auto", interpolation="nearest")
    if matrix.shape[0] <= FEW[0] and matrix.shape[1] <= FEW[1]:
        for (row, column), value in np.ndenumerate(matrix):
            ax.text(column, row, f"{round(float(value), 2) + 0.0:.2f}", ha="center", va="center", fontsize=6.5,
                    color="white" if abs(value) > 0.6 * largest else "black")
    drawing.whole_numbers(ax.xaxis)
    drawing.whole_numbers(ax.yaxis)
    if values.ndim < 2:
        ax.set_yticks([])
    else:
        ax.set_ylabel("input" if values.ndim == 2 else f"{'×'.join(map(str, values.shape[:-1]))}, flattened")
    return image


def _draw_histogram(ax, values):
    finite = values[np.isfinite(values)]
    largest = np.abs(finite).max(initial=0.0) or 1.0
    said = [f"mean {finite.mean():.2g}", f"deviation {finite.std():.2g}"] if len(finite) else []
    said += [f"{values.size - len(finite)} not finite"] if len(finite) < values.size else []
    ax.hist(finite, bins=50, color=drawing.COLOURS[0], edgecolor="white", linewidth=0.3)
    ax.axvline(0.0, color="#444444", linewidth=0.8)
    ax.set(xlim=(-1.05 * largest, 1.05 * largest), xlabel=f"value ({', '.join(said)})", ylabel="count")
    ax.tick_params(labelsize="small")
    drawing.tidy(ax)
