"""Floor 8: comparisons as a page of HTML that needs nothing else: no scripts, no fonts, no network."""

import html
import math

from tinynn.cli.comparing.report import blocks, loss_curves, numeric, overview, setting, title_of
from tinynn.explain.text import number

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #6b7280; --line: #d9dde3;
  --first: #0b6bcb; --second: #d9480f; --bad: #c92a2a }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #16181c; --faint: #9aa3af; --line: #353a42;
  --first: #5ab0ff; --second: #ffa94d; --bad: #ff8787 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; display: block;
  overflow-x: auto }
th, td { padding: .2rem .8rem .2rem 0; white-space: nowrap; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top }
.right { text-align: right } th { color: var(--faint); font-weight: 600 }
h2 { margin-top: 3rem } pre { overflow-x: auto; color: var(--bad) }
figure { margin: 1.5rem 0 } figcaption { color: var(--faint) } svg { width: 100%; height: auto }
svg text { font: 12px system-ui, sans-serif; fill: var(--faint) } .grid { stroke: var(--line) }
.first, .second { fill: none; stroke: var(--first); stroke-width: 5; opacity: .45 }
.second { stroke: var(--second); stroke-width: 1.5; opacity: 1 }
b.first { color: var(--first); opacity: 1 } b.second { color: var(--second) }
"""
WIDE, HIGH, LEFT, BELOW = 760, 260, 70, 30      # of a plot, in pixels
POINTS = 400                                    # of a curve at most
CURVES = 12                                     # plots of a program at most


def page(comparisons):
    """The page as text."""
    about = "".join(f"<p>{html.escape(line)}</p>" for line in setting(comparisons[0]))
    body = [*(html_of(overview(comparisons)) if len(comparisons) > 1 else [])]
    for comparison in comparisons:
        body += [*html_of(blocks(comparison)), *plots(comparison)]
    title = "tinynn compare: " + ", ".join(comparison.file.name for comparison in comparisons[:3])
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n<body>'
            f"<h1>tinynn compare</h1>{about}\n" + "\n".join(body) + "</body></html>\n")


def html_of(content):
    """Blocks as elements."""
    for kind, *parts in content:
        if kind == "heading":
            yield f"<h2>{html.escape(parts[0])}</h2>"
        elif kind == "lines":
            yield "".join(f"<p>{html.escape(line)}</p>" for line in parts[0])
        elif kind == "error":
            text = "\n".join(parts[1])
            yield f"<p>{html.escape(parts[0])}:</p><pre>{html.escape(text)}</pre>"
        else:
            header, rows = parts
            right = numeric(rows)
            yield f"<table>{row_of('th', header, right)}{''.join(row_of('td', row, right) for row in rows)}</table>"


def row_of(tag, cells, right):
    """A row of a table."""
    marks = [' class="right"' if i in right else "" for i in range(len(cells))]
    inside = "".join(f"<{tag}{mark}>{html.escape(cell)}</{tag}>" for mark, cell in zip(marks, cells, strict=True))
    return f"<tr>{inside}</tr>"


def plots(comparison):
    """The losses of both sides laid over each other, a plot for each training."""
    for pair in comparison.agreement.trainings[:CURVES] if comparison.agreement else []:
        (ours, theirs, *_), unit = loss_curves(pair)
        if len(ours) > 1:
            names = [f'<b class="{mark}">{html.escape(name)}</b>'
                     for mark, name in zip(("first", "second"), comparison.names, strict=True)]
            caption = f"Loss by {unit}, {html.escape(title_of(pair[0]))}: {names[0]} (wide), {names[1]} (narrow)"
            yield f"<figure>{plot(ours, theirs, unit)}<figcaption>{caption}</figcaption></figure>"


def plot(ours, theirs, unit):
    """Two curves as SVG; the scale is logarithmic where all values are above 0 and far apart."""
    values = [v for v in (*ours, *theirs) if math.isfinite(v)] or [0.0]
    least, most = min(values), max(values)
    scale = math.log10 if least > 0 and most / least > 20 else float
    low, high = scale(least), scale(most)
    high = high if high > low else low + 1
    x = lambda i: LEFT + i * (WIDE - LEFT - 10) / max(len(ours) - 1, 1)
    y = lambda v: 10 + (high - scale(v)) * (HIGH - BELOW - 10) / (high - low)
    marks = []
    for i in range(5):
        at = low + (high - low) * i / 4
        value = 10**at if scale is math.log10 else at
        marks.append(f'<line class="grid" x1="{LEFT}" x2="{WIDE - 10}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
                     f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{number(value, 3)}</text>')
    for i in sorted({round(k * (len(ours) - 1) / 4) for k in range(5)}):
        marks.append(f'<text x="{x(i):.1f}" y="{HIGH - 10}" text-anchor="middle">{i + 1}</text>')
    every = max(1, math.ceil(len(ours) / POINTS))
    lines = []
    for mark, curve in (("first", ours), ("second", theirs)):
        points = [f"{x(i):.1f},{y(v):.1f}" for i, v in enumerate(curve)
                  if math.isfinite(v) and (i % every == 0 or i == len(curve) - 1)]
        lines.append(f'<polyline class="{mark}" points="{" ".join(points)}"/>')
    return (f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="loss by {unit}">{"".join(marks)}'
            f'{"".join(lines)}</svg>')
