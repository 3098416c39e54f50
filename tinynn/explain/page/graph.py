"""Floor 6: the graph of a trace as SVG, from left to right: ops, and the variables and constants that they read."""

from dataclasses import dataclass, field
from html import escape

from tinynn.explain import text
from tinynn.explain.formulas import formula
from tinynn.explain.layout import layered
from tinynn.explain.page.story import call
from tinynn.explain.page.words import content, say
from tinynn.explain.words import LANGUAGES

AGAIN = 4           # what more ops than this read is drawn beside each of them
LONG = 24           # letters of a leaf's name
MARGIN = 20
HEAD = 9            # the length of an arrow's head
SIZES = {"name": 16, "leaf-name": 15, "formula": 13.4, "small": 12}


@dataclass
class Box:
    """Something drawn: a step, a leaf (a node that no step made), or the gap where steps are left out.

    Attributes:
        lines: (class, text in English, text in Korean) per line.
        about: attributes of its SVG group.
        arrows: its inputs, as (box number, node, input index).
    """

    kind: str
    lines: list
    about: dict
    title: str = ""
    badge: str = ""
    arrows: list = field(default_factory=list)

    @property
    def width(self):
        """About how wide its widest line is, in any language, with room at the sides."""
        widest = max(text.width(said) * SIZES[style] * 0.55 for style, *both in self.lines for said in both)
        return max(56.0, widest + (34 if self.badge else 24))

    @property
    def height(self):
        """The height of its lines."""
        return 14.0 + 18 * len(self.lines)


class Graph:
    """The drawing of a story.

    Attributes:
        svg: the text of the SVG element.
        again: names of the leaves that are drawn more than once.
    """

    def __init__(self, story, lang):
        self.story, self.lang, self.boxes, self.made, self.leaves, self.again = story, lang, [], {}, {}, []
        omitted = {id(node) for step in story.omitted for node in step.outputs}
        self.gap = self._add(_gap(len(story.omitted))) if omitted else None
        for step in story.steps:
            number = self._add(self._op(step))
            self.made.update((id(node), number) for node in step.outputs)
            for k, node in enumerate(step.inputs):
                self.boxes[number].arrows.append((self._source(node, omitted), node, k))
        self._reach_the_gap(omitted)
        for node in (*story.trace.sources, story.trace.target):
            if id(node) not in self.made and id(node) not in self.leaves:
                self._source(node, ())
        self.svg = self._drawn()

    def _add(self, box):
        self.boxes.append(box)
        return len(self.boxes) - 1

    def _source(self, node, omitted):
        """The box that an arrow from a node starts at; a leaf gets its box when it is first asked for."""
        if id(node) in self.made:
            return self.made[id(node)]
        if id(node) in omitted:
            return self.gap
        often = len(node.users) > AGAIN
        if often and node.name not in self.again:
            self.again.append(node.name)
        if often or id(node) not in self.leaves:
            self.leaves[id(node)] = self._add(self._leaf(node))
        return self.leaves[id(node)]

    def _reach_the_gap(self, omitted):
        """Arrows into the gap, from the steps that those left out read."""
        sources = {self.made[id(node)]: node for step in self.story.omitted for node in step.inputs
                   if id(node) in self.made and id(node) not in omitted}
        if sources:
            self.boxes[self.gap].arrows = [(number, node, 0) for number, node in sources.items()]

    # ---- boxes -------------------------------------------------------------------------------------------------------

    def _op(self, step):
        said = [text.cut(formula(lang, step.op.formula), 26) for lang in LANGUAGES]
        made = ", ".join(f"{node.name} {_shape(node)}" for node in step.outputs)
        tested = self.story.tested(step)
        lines = [("name", *[step.op.name] * 2), ("formula", *said), ("small", *[text.cut(made, 30)] * 2)]
        return Box("op", lines, {"data-step": self.story.steps.index(step)}, call(step), _badge(tested))

    def _leaf(self, node):
        name = node.name if len(node.name) <= LONG else "..." + node.name[3 - LONG:]    # of a path the end tells most
        if node.shape == () and node.tensor is not None:
            name += f" = {text.number(node.value[()])}"
        badge = _badge(self.story.checks.get(id(node), []))
        return Box("leaf " + node.kind, [("leaf-name", name, name), ("small", *[_shape(node)] * 2)],
                   {"data-node": self.story.number.get(id(node), "")}, node.name, badge)

    # ---- places ------------------------------------------------------------------------------------------------------

    def _drawn(self):
        pairs = [(source, target) for target, box in enumerate(self.boxes) for source, _, _ in box.arrows]
        about = [(target, node, k) for target, box in enumerate(self.boxes) for _, node, k in box.arrows]
        items, chains = layered([(box.height, box.width) for box in self.boxes], pairs, gap=20.0, row_gap=44.0,
                                light={i for i, box in enumerate(self.boxes) if box.kind.startswith("leaf")})
        ends = _ends(items, chains, pairs)
        width = max(item.y + item.height for item in items) + 2 * MARGIN
        height = max(item.x + item.width / 2 for chain in [items, *chains] for item in chain) + 2 * MARGIN
        edges = [self._edge(chain, end, *told) for chain, end, told in zip(chains, ends, about, strict=True)]
        boxes = [self._box(box, item) for box, item in zip(self.boxes, items, strict=True)]
        title = content(self.lang, "The graph of the computation, from left to right")
        about = content(self.lang, "{ops} ops lead from left to right to {target}; the list of all steps says the same "
                                   "in words.", ops=len(self.story.trace.steps), target=self.story.trace.target.name)
        return (f'<svg id="graph" role="img" aria-labelledby="graph-title" aria-describedby="graph-text" '
                f'width="{width:.0f}" height="{height:.0f}" viewBox="{-MARGIN} {-MARGIN} {width:.0f} {height:.0f}">'
                f'<title id="graph-title"{title}</title><desc id="graph-text"{about}</desc>'
                f"{_MARKERS}{''.join(edges)}{''.join(boxes)}</svg>")

    def _edge(self, chain, end, target, node, k):
        """A curve through the stretches of an arrow, from left to right."""
        at = (chain[0].y + chain[0].height, chain[0].x)
        path = [f"M{at[0]:.1f},{at[1]:.1f}"]
        stops = [(item.y, item.x, item.y + item.height) for item in chain[1:-1]]
        for x, y, onward in [*stops, (chain[-1].y, end, None)]:
            bend = (x - at[0]) / 2
            path.append(f"C{at[0] + bend:.1f},{at[1]:.1f} {x - bend:.1f},{y:.1f} {x:.1f},{y:.1f}")
            if onward is not None:
                path.append(f"H{onward:.1f}")
                at = (onward, y)
        step = self.boxes[target].about.get("data-step", "")
        return (f'<path class="edge" d="{"".join(path)}" data-node="{self.story.number.get(id(node), "")}" '
                f'data-step="{step}" data-input="{k}"/>')

    def _box(self, box, item):
        left, top, width, height = item.y, item.x - item.width / 2, item.height, item.width
        about = "".join(f' {name}="{value}"' for name, value in box.about.items())
        rounding = 8 if box.kind == "op" else height / 2
        parts = [f'<g class="{box.kind}"{about}><title>{escape(box.title)}</title>',
                 f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{rounding:.0f}"/>']
        for i, (style, english, korean) in enumerate(box.lines):
            both = (f' data-en="{escape(english)}" data-ko="{escape(korean)}"' if english != korean else "")
            parts.append(f'<text class="{style}" x="{left + width / 2:.1f}" y="{top + 20 + 18 * i:.1f}"{both}>'
                         f"{escape(korean if self.lang == 'ko' else english)}</text>")
        if box.badge:
            good = "good" if box.badge == "✓" else "poor"
            parts.append(f'<g class="badge {good}"><circle cx="{left + width - 4:.1f}" cy="{top + 4:.1f}" r="9"/>'
                         f'<text x="{left + width - 4:.1f}" y="{top + 8.5:.1f}">{box.badge}</text></g>')
        parts.append(f'<g class="arrived"><circle cx="{left + width - 4:.1f}" cy="{top + height - 3:.1f}" r="9"/>'
                     f'<text x="{left + width - 4:.1f}" y="{top + height + 1.5:.1f}">∂</text></g>')
        return "".join(parts) + "</g>"


def _badge(checks):
    return "" if not checks else "✓" if all(check.agrees for check in checks) else "✗"


def _gap(count):
    return Box("gap", [("name", "...", "..."),
                       ("formula", *[say(lang, "{count} steps not shown", count=count) for lang in LANGUAGES])], {})


def _ends(items, chains, pairs):
    """Per arrow the height at which it reaches its target: side by side, in the order in which they come in."""
    coming = {}
    for k, (_, target) in enumerate(pairs):
        coming.setdefault(target, []).append(k)
    heights = [0.0] * len(pairs)
    for target, arrows in coming.items():
        arrows.sort(key=lambda k: chains[k][-2].x)
        apart = min(14.0, items[target].width / (len(arrows) + 1))
        for i, k in enumerate(arrows):
            heights[k] = items[target].x + (i - (len(arrows) - 1) / 2) * apart
    return heights


def _shape(node):
    return "" if node.shape is None else str(tuple(node.shape))


_MARKERS = "<defs>" + "".join(
    f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="{HEAD}" markerHeight="{HEAD}" '
    f'markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0,0.5L10,5L0,9.5z"/></marker>'
    for name in ("tip", "tip-forward", "tip-back")) + "</defs>"
