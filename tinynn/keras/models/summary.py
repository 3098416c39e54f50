"""Floor 7: the table that `model.summary()` prints."""

import re
import shutil

import numpy as np

from tinynn.core import nest
from tinynn.keras.layers.graph_view import map_shapes

_NARROWEST = 4


def print_summary(model, line_length=None, positions=None, print_fn=None, expand_nested=False, show_trainable=False,
                  layer_range=None):
    """Prints the table of a model; see `Model.summary`."""
    text = summary_text(model, line_length, positions, expand_nested, show_trainable, layer_range)
    (print_fn or (lambda text: print(text, end="")))(text)


def summary_text(model, line_length=None, positions=None, expand_nested=False, show_trainable=False, layer_range=None):
    """The table of a model, as text."""
    row = _is_row(model)
    header, alignment = ["Layer (type)", "Output Shape", "Param #"], ["left", "left", "right"]
    positions = positions or ([0.45, 0.80, 1.0] if row else [0.3, 0.56, 0.74, 1.0])
    length = 88 if row else 108
    if not row:
        header.append("Connected to")
        alignment.append("left")
    if show_trainable:
        header.append("Trainable")
        alignment.append("center")
        length, positions = length + 12, [p * 0.90 for p in positions] + [1.0]
    length = line_length or min(length, shutil.get_terminal_size().columns - 4)
    rows = [cells for layer in _chosen(_listed(model), layer_range)
            for cells in _rows(model, layer, 0, row, expand_nested, show_trainable)]
    table = Table(header, alignment, _widths(positions, length), length)
    return "\n".join([f'Model: "{model.name}"', *table.lines(rows), *_totals(model), ""])


def _listed(model):
    return model.operations if hasattr(model, "operations") else model.layers


def _is_row(model):
    """Whether the model is a plain row of layers, which needs no column for connections."""
    graph = getattr(model, "graph", None)
    if graph is None:
        return True
    if any(len(nodes) > 1 or len(nodes[0].inputs) > 1 for nodes in graph.depths.values()):
        return False
    operations = [id(node.operation) for node in graph.nodes]
    return len(operations) == len(set(operations))


def _chosen(layers, layer_range):
    if layer_range is None:
        return layers
    if len(layer_range) != 2 or not all(isinstance(pattern, str) for pattern in layer_range):
        raise ValueError(f"layer_range takes the names of the first and the last layer, got {layer_range!r}")
    first, last = ([i for i, layer in enumerate(layers) if re.match(pattern, layer.name)] for pattern in layer_range)
    if not first or not last:
        raise ValueError(f"no layers match {layer_range}; there are {[layer.name for layer in layers]}")
    return layers[min(last):max(first) + 1] if min(first) > max(last) else layers[min(first):max(last) + 1]


# ---- the cells -------------------------------------------------------------------------------------------------------


def _rows(model, layer, level, row, expand_nested, show_trainable):
    prefix = "   " * level + "└ " if level else ""
    kind = getattr(layer, "kind", None) or type(layer).__name__
    cells = [f"{prefix}{layer.name} ({kind})", _shape_text(layer), _parameters(layer)]
    if not row:
        cells.append(_connections(model, layer))
    if show_trainable:
        cells.append(("Y" if layer.trainable else "N") if getattr(layer, "weights", None) else "-")
    yield cells
    if expand_nested and getattr(layer, "layers", None):
        for inner in layer.layers:
            yield from _rows(model, inner, level + 1, row, expand_nested, show_trainable)


def _parameters(layer):
    if not layer.built:
        return "0 (unbuilt)"
    return f"{layer.count_params():,}" if hasattr(layer, "count_params") else "0"


def _shape_text(layer):
    if layer.inbound_nodes:
        shapes = nest.map_structure(lambda x: _Shape(getattr(x, "shape", ())), layer.inbound_nodes[-1].result)
    elif getattr(layer, "_build_shapes", None) is not None:
        try:
            shapes = map_shapes(_Shape, layer.compute_output_shape(layer._build_shapes))
        except Exception:
            return "?"
    else:
        return "?"
    flat = nest.flatten(shapes)
    return repr(flat[0]) if len(flat) == 1 else repr(shapes)


class _Shape:
    """A shape that a list of shapes prints plainly."""

    def __init__(self, shape):
        self.shape = shape

    def __repr__(self):
        return f"({', '.join(map(str, self.shape))})"


def _connections(model, layer):
    inside = {id(node) for node in model.graph.nodes}
    made = [f"{x.history.operation.name}[{x.history.node_index}][{x.history.tensor_index}]"
            for node in layer.inbound_nodes if id(node) in inside for x in node.inputs]
    return ", ".join(made) or "-"


# ---- the totals ------------------------------------------------------------------------------------------------------


def _totals(model):
    trainable, fixed = _size(model.trainable_weights), _size(model.non_trainable_weights)
    optimizer = getattr(model, "optimizer", None)
    extra = _size(optimizer.variables) if optimizer is not None and optimizer.built else None
    total = [sum(column) for column in zip(trainable, fixed, extra or (0, 0), strict=True)]
    lines = [("Total", total), ("Trainable", trainable), ("Non-trainable", fixed)]
    if extra is not None:
        lines.append(("Optimizer", extra))
    return [f" {what} params: {count:,} ({_bytes(size)})" for what, (count, size) in lines]


def _size(variables):
    counts = [int(np.prod(tuple(v.shape))) for v in variables]
    widths = [np.asarray(v).dtype.itemsize for v in variables]
    return sum(counts), sum(n * w for n, w in zip(counts, widths, strict=True))


def _bytes(size):
    if not size:
        return "0.00 B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024 or unit == "TB":
            return f"{size:.2f} {unit}"
        size /= 1024


# ---- the table -------------------------------------------------------------------------------------------------------


def _widths(positions, length):
    """The width of every column's text, so that the whole table has `length` columns."""
    ends = [int(p * length) for p in positions]
    widths = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    if min(widths) < _NARROWEST:
        raise ValueError(f"a table of {length} columns is too narrow for a summary; give line_length=...")
    outer = [w + 2 for w in widths]         # a blank on either side
    excess, left = sum(outer) + len(outer) + 1 - length, len(outer)
    for i in range(len(outer)):
        cut = round(excess / left)
        outer[i], excess, left = outer[i] - cut, excess - cut, left - 1
    return [w - 2 for w in outer]


class Table:
    """Cells between lines."""

    def __init__(self, header, alignment, widths, length):
        self.header, self.alignment, self.widths, self.length = header, alignment, widths, length

    def lines(self, rows):
        """The lines of the table."""
        yield self._rule("┏", "━", "┳", "┓")
        yield from self._row(self.header, "┃")
        yield self._rule("┡", "━", "╇", "┩")
        for i, cells in enumerate(rows):
            if i:
                yield self._rule("├", "─", "┼", "┤")
            yield from self._row(cells, "│")
        yield self._rule("└", "─", "┴", "┘")

    def _rule(self, left, line, middle, right):
        return left + middle.join(line * (w + 2) for w in self.widths) + right

    def _row(self, cells, bar):
        columns = [wrap(cell, width) for cell, width in zip(cells, self.widths, strict=True)]
        for i in range(max(map(len, columns))):
            parts = [self._aligned(column[i] if i < len(column) else "", k) for k, column in enumerate(columns)]
            yield bar + bar.join(f" {part} " for part in parts) + bar

    def _aligned(self, text, column):
        width, how = self.widths[column], self.alignment[column]
        return text.rjust(width) if how == "right" else text.center(width) if how == "center" else text.ljust(width)


def wrap(text, width):
    """The lines of a cell: broken between words, a longer word cut with an ellipsis."""
    lines, line, used = [], "", 0
    for word in re.findall(r"\s*\S+\s*", text):
        size = len(word.rstrip())
        if size > width - used and line:
            lines.append(line)
            line, used = "", 0
        line, used = line + word, used + len(word)
    lines.append(line)
    lines = [line.rstrip() for line in lines]
    return [line if len(line) <= width else line[:width - 1] + "…" for line in lines]
