"""Floor 7: a graph as text for Graphviz."""

import pathlib
from html import escape

from tinynn.keras.utils.plotting.scene import COLOURS


class Dot:
    """The graph of a model in Graphviz's language."""

    def __init__(self, graph, rankdir="TB", dpi=200):
        self.graph, self.rankdir, self.dpi = graph, rankdir, dpi

    def to_string(self):
        """The text."""
        head = [f"digraph {_quoted(self.graph.name)} {{", f"rankdir={self.rankdir}; dpi={self.dpi};",
                'node [shape=plaintext, fontname="Helvetica"];']
        return "\n".join([*head, *_lines(self.graph), "}\n"])

    __str__ = to_string

    def write(self, path):
        """Writes the text to a file."""
        pathlib.Path(path).write_text(self.to_string(), encoding="utf-8")


def _lines(graph):
    for box in graph.boxes:
        if box.inside is None:
            yield f"{box.key} [label={_label(box)}];"
        else:
            yield f"subgraph cluster_{box.key} {{ style=dashed; label={_quoted(box.inside.name)};"
            yield from _lines(box.inside)
            yield "}"
    for arrow in graph.arrows:
        source = _inner(graph.boxes[arrow.source], "exits", arrow.output)
        yield f"{source} -> {_inner(graph.boxes[arrow.target], 'entries', arrow.input)};"


def _inner(box, which, number):
    while box.inside is not None:
        ends = getattr(box.inside, which)
        box = box.inside.boxes[ends[min(number, len(ends) - 1)]]
    return box.key


def _label(box):
    title = f"<b>{escape(box.kind)}</b>" + (f" {escape(box.name)}" if box.name else "")
    span = max(len(box.cells), 1)
    rows = [f'<tr><td colspan="{span}" bgcolor="{COLOURS[box.role]}"><font color="white">{title}</font></td></tr>']
    if box.cells:
        rows.append("<tr>" + "".join(f"<td>{escape(label)}: {'<br/>'.join(map(escape, lines))}</td>"
                                     for label, lines in box.cells) + "</tr>")
    return f'<<table border="0" cellborder="1" cellspacing="0" cellpadding="6">{"".join(rows)}</table>>'


def _quoted(text):
    return '"' + text.replace('"', r"\"") + '"'
