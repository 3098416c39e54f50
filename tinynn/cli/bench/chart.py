"""Floor 8: bars: of a table's results as panels, as text, and as a drawing for SVG and PNG."""

import math
from dataclasses import dataclass

from tinynn.cli.bench.rivals.engines import LIMIT
from tinynn.explain.text import WIDTH, pad, width

LOG_FROM = 20       # the ratio of times from which a scale is logarithmic
EIGHTHS = " ▏▎▍▌▋▊▉"
ROW, TITLE_ROW, LABEL, PLOT, VALUE, MARGIN = 20, 30, 130, 520, 90, 14      # of the drawing
OURS, THEIRS, C_COLOUR, WHISKER, INK, PALE, GRID = ("#d9480f", "#64748b", "#a3b1c2", "#1f2937", "#1e293b", "#6b7280",
                                                    "#cbd5e1")
DARK = {"#ffffff": "#12161c", OURS: "#ff8a4c", THEIRS: "#8494aa", C_COLOUR: "#55657a", WHISKER: "#f1f5f9",
        INK: "#e2e8f0", PALE: "#9fb0c6", GRID: "#3b4757"}


@dataclass
class Bar:
    """One engine: its median, least and greatest time, in microseconds."""

    engine: str
    median: float
    least: float
    most: float


class Panel:
    """The bars of one workload, on a scale of their own: from 0, or logarithmic where that shows more.

    Attributes:
        title: the workload.
        bars: fastest first.
        start: where the scale begins: 0, or a power of ten.
    """

    def __init__(self, result):
        self.title = result.workload.name
        self.bars = [Bar(row.engine, *(t * 1e6 for t in (row.median, row.least, row.most)))
                     for row in result.ranked if row.seconds]
        least, self.end = min(bar.least for bar in self.bars), max(bar.most for bar in self.bars)
        longest = max(bar.median for bar in self.bars)
        self.start = 10.0 ** math.floor(math.log10(least / 1.2)) if longest > LOG_FROM * least else 0.0

    def share(self, value):
        """Where a value lies between the scale's ends, from 0 to 1."""
        if self.start:
            return math.log(value / self.start) / math.log(self.end / self.start)
        return value / self.end

    def ticks(self):
        """Values to mark: powers of ten, or a few round numbers."""
        if self.start:
            return [10.0 ** k for k in range(round(math.log10(self.start)), math.floor(math.log10(self.end)) + 1)]
        step = 10.0 ** math.floor(math.log10(self.end))
        step *= next(factor for factor in (1, 0.5, 0.2, 0.1) if self.end / (step * factor) >= 3)
        return [step * k for k in range(int(self.end / step) + 1)]


def panels(results):
    """A Panel for each result that has times."""
    return [Panel(result) for result in results if any(row.seconds for row in result.rows)]


def short(value):
    """Three digits at least, and no power of ten: 0.123, 12.3, 1,234."""
    return f"{value:,.0f}" if value >= 99.95 else f"{value:#.3g}" if value >= 0.001 else f"{value:.5f}"


def in_text(panel):
    """The bars as lines of at most WIDTH columns."""
    names = max(width(bar.engine) for bar in panel.bars)
    room = WIDTH - names - 2 - max(len(short(bar.median)) for bar in panel.bars) - 4
    lines = []
    for bar in panel.bars:
        eighths = max(1, round(panel.share(bar.median) * room * 8))
        blocks = "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
        lines.append(f"{pad(bar.engine, names)}  {blocks} {short(bar.median)} µs")
    return lines


def scene(shown, note):
    """The drawing of panels.

    Args:
        shown: (title, panel) pairs.
        note: what is said of a logarithmic scale, from its start as text.
    """
    from tinynn.keras.utils.plotting.scene import Scene, Text

    height = sum(TITLE_ROW + ROW * (len(panel.bars) + 1) for _, panel in shown) + MARGIN
    drawing, top = Scene(LABEL + PLOT + VALUE + 2 * MARGIN, height), MARGIN
    for title, panel in shown:
        title = f"{title} ({note(f'{panel.start:g} µs')})" if panel.start else title
        drawing.shapes.append(Text(MARGIN, top + 12, title, 13.0, INK, True))
        top += TITLE_ROW
        _draw(drawing.shapes, panel, top)
        top += ROW * (len(panel.bars) + 1)
    return drawing


def _draw(shapes, panel, top):
    from tinynn.keras.utils.plotting.scene import Path, Text

    left, bottom = MARGIN + LABEL, top + ROW * len(panel.bars)
    at = lambda value: left + panel.share(value) * PLOT
    box = lambda y, x, thick: [("M", left, y), ("L", x, y), ("L", x, y + thick), ("L", left, y + thick), ("Z",)]
    for tick in panel.ticks():
        shapes.append(Path([("M", at(tick), top - 4), ("L", at(tick), bottom)], stroke=GRID))
        shapes.append(Text(at(tick), bottom + 12, f"{tick:,g}", 9.0, PALE, anchor="middle"))
    for i, bar in enumerate(panel.bars):
        y = top + ROW * i
        colour = OURS if bar.engine == "tinynn" else C_COLOUR if bar.engine == LIMIT else THEIRS
        shapes.append(Text(left - 6, y + 12, bar.engine, 11.0, INK, bar.engine == "tinynn", "end"))
        shapes.append(Path(box(y + 2, max(at(bar.median), left + 1), 13), fill=colour))
        shapes.append(Path([("M", at(bar.least), y + 8.5), ("L", at(bar.most), y + 8.5)], stroke=WHISKER, width=1.4))
        shapes.append(Text(max(at(bar.median), at(bar.most)) + 6, y + 12, f"{short(bar.median)} µs", 11.0, INK))


def svg(drawing, label=""):
    """The drawing as SVG, which follows the reader's light or dark colours."""
    from html import escape

    from tinynn.keras.utils.plotting.svg import svg_text

    rules = "".join(f'svg [{what}="{light}"]{{{what}:{dark}}}' for light, dark in DARK.items()
                    for what in ("fill", "stroke"))
    head, _, rest = svg_text(drawing).partition(">\n")
    return (f'{head} role="img" aria-label="{escape(label)}">\n'
            f"<style>@media (prefers-color-scheme: dark){{{rules}}}</style>\n{rest}")


def write(path, drawing):
    """Writes a file: .svg, or what matplotlib draws, an extra: .png, .pdf, .jpg.

    Raises:
        ImportError: where matplotlib is needed and not installed.
    """
    if path.suffix == ".svg":
        path.write_text(svg(drawing), encoding="utf-8")
    else:
        from tinynn.keras.utils.plotting import raster
        raster.write(drawing, path)
