"""Floor 7: a graph as paths and texts with coordinates."""

from dataclasses import dataclass, field, replace

from tinynn.explain.layout import layered

COLOURS = {"input": "#64748b", "weights": "#2563eb", "merge": "#7c3aed", "model": "#0f766e", "plain": "#475569"}
INK, PALE, LINE, PAPER = "#1e293b", "#64748b", "#cbd5e1", "#ffffff"
GREEN, RED, CLUSTER, CLUSTER_LINE = "#15803d", "#b91c1c", "#f1f5f9", "#94a3b8"
TITLE, NAME, LABEL, VALUE = 13.0, 11.5, 9.0, 11.5      # sizes of letters
HEADER, PAD, RADIUS, MARGIN, SPACE = 26.0, 12.0, 5.0, 16.0, 8.0
HEAD, BACK = 7.0, 28.0      # the length of an arrow's head; room for arrows that lead up
NARROW, MEDIUM, WIDE = "iIl.,:;'|!j", "ftr()[]{}/\\- \"", "mMwWGOQ@%"


@dataclass
class Path:
    """Lines and curves: commands ("M", x, y), ("L", x, y), ("C", x1, y1, x2, y2, x, y), ("Z",)."""

    commands: list
    fill: str | None = None
    stroke: str | None = None
    width: float = 1.0
    dashed: bool = False


@dataclass
class Text:
    """Letters; y is the line they stand on."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    bold: bool = False
    anchor: str = "start"
    more: str = ""          # a name that follows, smaller and not bold
    more_colour: str = ""

    @property
    def width(self):
        """About how wide it is, with what follows."""
        return text_width(self.text, self.size, self.bold) + (SPACE + text_width(self.more, NAME) if self.more else 0)


@dataclass
class Scene:
    """A drawing; later shapes lie over earlier ones."""

    width: float
    height: float
    shapes: list = field(default_factory=list)


def text_width(text, size, bold=False):
    """About how wide a text is in Helvetica."""
    units = sum(0.28 if c in NARROW else 0.38 if c in MEDIUM else 0.88 if c in WIDE else 0.71 if c.isupper()
                else 0.58 for c in text)
    return units * size * (1.1 if bold else 1.0)


def scene_of(graph, rankdir="TB"):
    """The drawing of a graph."""
    block = _Block(graph, rankdir)
    scene = Scene(block.width + 2 * MARGIN, block.height + 2 * MARGIN)
    block.draw(scene.shapes, MARGIN, MARGIN)
    return scene


class _Block:
    """A graph with places, to be drawn anywhere.

    Attributes:
        width, height: its size.
        ways_in, ways_out: per entry and exit of the graph the (x, y) where arrows from outside end and start.
    """

    def __init__(self, graph, rankdir):
        self.graph, self.rankdir = graph, rankdir
        self.sideways, self.backwards = rankdir in ("LR", "RL"), rankdir in ("BT", "RL")
        self.parts = [_Cluster(box, rankdir) if box.inside is not None else _Card(box) for box in graph.boxes]
        sizes = [(p.height, p.width) if self.sideways else (p.width, p.height) for p in self.parts]
        pairs = [(arrow.source, arrow.target) for arrow in graph.arrows]
        ports = [(self._aside(arrow.source, "ways_out", arrow.output),
                  self._aside(arrow.target, "ways_in", arrow.input)) for arrow in graph.arrows]
        self.items, self.chains = layered(sizes, pairs, ports, gap=24.0 if self.sideways else 34.0)
        everything = [item for chain in self.chains for item in chain] + self.items
        self.across = max((item.x + item.width / 2 for item in everything), default=0.0)
        self.side = self.across + BACK - 6      # where arrows pass that lead up
        self.across += BACK if any(chain[0].y >= chain[-1].y for chain in self.chains) else 0
        self.along = max((item.y + item.height for item in everything), default=0.0)
        self.width, self.height = (self.along, self.across) if self.sideways else (self.across, self.along)
        self.corners = [self._point(item.x - item.width / 2, item.y, item.width, item.height) for item in self.items]
        self.ways_in = [self._way(place, i, "ways_in") for i, place in enumerate(graph.entries)]
        self.ways_out = [self._way(place, i, "ways_out") for i, place in enumerate(graph.exits)]

    def _point(self, across, along, width=0.0, height=0.0):
        """From rows that lead down to the drawing's own direction; the corner of a box of that size."""
        if self.backwards:
            along = self.along - along - height
        return (along, across) if self.sideways else (across, along)

    def _way_of(self, place, which, number):
        """Where arrows from outside meet an inner model, from its corner; None for a plain box."""
        ways = getattr(self.parts[place], which, None)
        return ways[min(number, len(ways) - 1)] if ways else None

    def _aside(self, place, which, number):
        """How far from the middle of a box that is."""
        way, part = self._way_of(place, which, number), self.parts[place]
        if way is None:
            return 0.0
        return way[1] - part.height / 2 if self.sideways else way[0] - part.width / 2

    def _way(self, place, number, which):
        part, (x, y) = self.parts[place], self.corners[place]
        way = self._way_of(place, which, number)
        if way is not None:
            return x + way[0], y + way[1]
        first = (which == "ways_in") != self.backwards
        if self.sideways:
            return x + (0 if first else part.width), y + part.height / 2
        return x + part.width / 2, y + (0 if first else part.height)

    def draw(self, shapes, left, top):
        """Adds the shapes at a place."""
        for part, (x, y) in zip(self.parts, self.corners, strict=True):
            part.draw(shapes, left + x, top + y)
        outs, ins = self._ports()
        for k, chain in enumerate(self.chains):
            self._arrow(shapes, chain, outs.get(k), ins.get(k), left, top)

    def _ports(self):
        """Per arrow that leads down the places on its source and on its target; see `_port`."""
        outs, ins = {}, {}
        for end, chosen in ((0, outs), (-1, ins)):
            groups = {}
            for k, chain in enumerate(self.chains):
                if chain[0].y < chain[-1].y:
                    groups.setdefault(chain[end].box, []).append(k)
            for box, arrows in groups.items():
                item = self.items[box]
                arrows.sort(key=lambda k, end=end: self.chains[k][1 if end == 0 else -2].x)
                step = min(22.0, item.width / (len(arrows) + 1)) if end == -1 else 0.0
                plain = [i for i, k in enumerate(arrows) if not self.chains[k][-2].shortcut]
                middle = plain[0] if len(plain) == 1 else (len(arrows) - 1) / 2     # the main way leads straight in
                for i, k in enumerate(arrows):
                    chosen[k] = self._port(k, box, end, item.x + (i - middle) * step)
        return outs, ins

    def _port(self, k, box, end, across):
        """(across, along, along of the box's edge) where an arrow leaves or reaches a box."""
        item, arrow = self.items[box], self.graph.arrows[k]
        edge = item.y + (item.height if end == 0 else 0.0)
        way = self._way_of(box, *(("ways_out", arrow.output) if end == 0 else ("ways_in", arrow.input)))
        if way is None:
            return across, edge, edge
        inner = (way[1], way[0]) if self.sideways else way
        along = item.height - inner[1] if self.backwards else inner[1]
        return item.x - item.width / 2 + inner[0], item.y + along, edge

    def _arrow(self, shapes, chain, start, end, left, top):
        def point(across, along):
            x, y = self._point(across, along)
            return left + x, top + y

        if chain[0].y >= chain[-1].y:
            self._arrow_up(shapes, chain, point)
            return
        commands, at = [("M", *point(*start[:2]))], (start[0], start[2])
        if start[1] != start[2]:
            commands.append(("L", *point(*at)))
        stops = [((item.x, item.y), (item.x, item.y + item.height)) for item in chain[1:-1]]
        last = (end[0], end[2] - (HEAD if end[1] == end[2] else 0))
        for enter, leave in [*stops, (last, None)]:
            middle = (at[1] + enter[1]) / 2
            straight = abs(enter[0] - at[0]) < 0.5
            commands.append(("L", *point(*enter)) if straight else
                            ("C", *point(at[0], middle), *point(enter[0], middle), *point(*enter)))
            if leave is not None:
                commands.append(("L", *point(*leave)))
                at = leave
        if end[1] != end[2]:
            commands.append(("L", *point(end[0], end[1] - HEAD)))
        _pointed(shapes, commands, [point(end[0], end[1]), point(end[0] - 4, end[1] - HEAD - 1),
                                    point(end[0] + 4, end[1] - HEAD - 1)])

    def _arrow_up(self, shapes, chain, point):
        """An arrow back up, as to a layer that is used twice: along the right side."""
        low, high, side = chain[0], chain[-1], self.side
        start = low.x + low.width / 2, low.y + low.height * (0.7 if low is high else 0.5)
        end = high.x + high.width / 2, high.y + high.height * (0.3 if low is high else 0.5)
        commands = [("M", *point(*start)), ("L", *point(side - 14, start[1])),
                    ("C", *point(side, start[1]), *point(side, start[1]), *point(side, start[1] - 14)),
                    ("L", *point(side, end[1] + 14)),
                    ("C", *point(side, end[1]), *point(side, end[1]), *point(side - 14, end[1])),
                    ("L", *point(end[0] + HEAD, end[1]))]
        if low is high:
            commands[2:5] = [("C", *point(side, start[1]), *point(side, end[1]), *point(side - 14, end[1]))]
        _pointed(shapes, commands, [point(*end), point(end[0] + HEAD + 1, end[1] - 4),
                                    point(end[0] + HEAD + 1, end[1] + 4)])


def _pointed(shapes, commands, tip):
    """Adds a line and its head."""
    shapes.append(Path(commands, stroke=PALE, width=1.4))
    shapes.append(Path([("M", *tip[0]), ("L", *tip[1]), ("L", *tip[2]), ("Z",)], fill=PALE))


class _Card:
    """A box with its title and cells."""

    def __init__(self, box):
        self.box = box
        self.title = Text(0, 0, box.kind, TITLE, PAPER, True, "middle", box.name, "#e2e8f0")
        self.cells = [max(text_width(label, LABEL), *(text_width(line, VALUE) for line in lines)) + 2 * PAD
                      for label, lines in box.cells]
        self.width = max(self.title.width + 2 * PAD + 4, sum(self.cells), 84.0)
        self.lines = max((len(lines) for _, lines in box.cells), default=0)
        self.body = 20.0 + 14.5 * self.lines + 2 if self.lines else 0.0
        self.height = HEADER + self.body + (0 if self.body else 4)

    def draw(self, shapes, x, y):
        """Adds the shapes at a place."""
        box, header = self.box, HEADER if self.body else self.height
        shapes.append(Path(rounded(x, y, self.width, self.height), fill=PAPER))
        shapes.append(Path(rounded(x, y, self.width, header, below=not self.body), fill=COLOURS[box.role]))
        shapes.append(replace(self.title, x=x + self.width / 2, y=y + header / 2 + 4.6))
        spare = (self.width - sum(self.cells)) / max(len(self.cells), 1)
        at = x
        for (label, lines), width in zip(box.cells, self.cells, strict=True):
            if at > x:
                shapes.append(Path([("M", at, y + header), ("L", at, y + self.height)], stroke=LINE))
            at += width + spare
            middle = at - (width + spare) / 2
            shapes.append(Text(middle, y + header + 14, label, LABEL, PALE, anchor="middle"))
            for i, line in enumerate(lines):
                colour = {"trainable": GREEN, "frozen": RED}.get(line, INK) if label == "Weights" else INK
                shapes.append(Text(middle, y + header + 28.5 + 14.5 * i, line, VALUE, colour, anchor="middle"))
        shapes.append(Path(rounded(x, y, self.width, self.height), stroke=COLOURS[box.role], width=1.2))


class _Cluster:
    """A box with a graph inside."""

    def __init__(self, box, rankdir):
        self.box, self.inner = box, _Block(box.inside, rankdir)
        self.title = Text(0, 0, box.kind, TITLE, COLOURS["model"], True, "start", box.name or box.inside.name, PALE)
        self.width = max(self.inner.width + 2 * MARGIN, self.title.width + 2 * PAD)
        self.left, self.top, self.title_at = (self.width - self.inner.width) / 2, 34.0, PAD
        if not self.inner.sideways:
            self._clear_title([x for x, _ in (self.inner.ways_out if self.inner.backwards else self.inner.ways_in)])
        self.height = self.inner.height + self.top + MARGIN
        shift = lambda ways: [(x + self.left, y + self.top) for x, y in ways]
        self.ways_in, self.ways_out = shift(self.inner.ways_in), shift(self.inner.ways_out)

    def _clear_title(self, passing):
        """Puts the title left or right of the arrows that pass it; where there is no room, makes some."""
        title = self.title.width + PAD
        if min(passing) + self.left > title + PAD:
            return
        if max(passing) + self.left < self.width - title - PAD:
            self.title_at = self.width - title
            return
        wider = title + PAD - min(passing) - self.left
        self.left, self.width = self.left + wider, self.width + wider

    def draw(self, shapes, x, y):
        """Adds the shapes at a place."""
        shapes.append(Path(rounded(x, y, self.width, self.height), fill=CLUSTER, stroke=CLUSTER_LINE, width=1.2,
                           dashed=True))
        shapes.append(replace(self.title, x=x + self.title_at, y=y + 20))
        self.inner.draw(shapes, x + self.left, y + self.top)


def rounded(x, y, width, height, below=True):
    """A rectangle with round corners; without `below` the lower ones are sharp."""
    r, k = RADIUS, RADIUS * 0.45
    right, bottom = x + width, y + height
    lower = ([("L", right, bottom - r), ("C", right, bottom - k, right - k, bottom, right - r, bottom),
              ("L", x + r, bottom), ("C", x + k, bottom, x, bottom - k, x, bottom - r)] if below else
             [("L", right, bottom), ("L", x, bottom)])
    return [("M", x, y + r), ("C", x, y + k, x + k, y, x + r, y), ("L", right - r, y),
            ("C", right - k, y, right, y + k, right, y + r), *lower, ("Z",)]
