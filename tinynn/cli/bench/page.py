"""Floor 8: what was measured as one page of HTML, which needs nothing else."""

from html import escape

from tinynn.cli.bench import chart
from tinynn.cli.bench.report import head
from tinynn.cli.bench.rivals.engines import ENGINES
from tinynn.cli.bench.words import say

STYLE = """
:root { color-scheme: light dark; --ink: #1e293b; --pale: #5b6675; --paper: #ffffff; --line: #d5dce5; --ours: #fff1e6; }
@media (prefers-color-scheme: dark) {
:root { --ink: #e2e8f0; --pale: #9fb0c6; --paper: #12161c; --line: #2d3744; --ours: #33251a; } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: var(--ink); background: var(--paper);
       font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
figure { margin: 1rem 0; overflow-x: auto; } svg { max-width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; font-weight: normal; } thead th, th.name { font-weight: bold; }
tr.ours { background: var(--ours); } tr.ours th { font-weight: bold; }
.note { color: var(--pale); } dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dd { margin: 0; }
"""


def page(run):
    """Everything as HTML: a chart and a table for each family, and what the engines are and run."""
    lang = run.lang
    title = say(lang, "Training and matrix products: tinynn and other engines")
    parts = ["<!doctype html>", f'<html lang="{lang}">', "<head>", '<meta charset="utf-8">',
             '<meta name="viewport" content="width=device-width, initial-scale=1">',
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
             f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", "</head>", "<body>",
             f"<h1>{escape(title)}</h1>", *[f"<p>{escape(line)}</p>" for line in head(run)],
             *_list(run.engine_lines())]
    for text in ("A bar is the median of the rounds, the line on it their least and greatest.",
                 "Times in microseconds, shorter is faster; processor: the least processor time, all threads together; "
                 "first: the first call in milliseconds, recording or compiling included, not part of the others."):
        parts.append(f'<p class="note">{escape(say(lang, text))}</p>')
    for shown in run.tables():
        parts += _section(shown, lang)
    engines = {row.engine for result in run.results for row in result.rows}
    parts += [f"<h2>{escape(say(lang, 'What the engines run'))}</h2>", "<dl>",
              *[f"<dt>{name}</dt><dd>{escape(say(lang, engine.runs))}</dd>" for name, engine in ENGINES.items()
                if name in engines], "</dl>", "</body>", "</html>", ""]
    return "\n".join(parts)


def _section(shown, lang):
    """A family: its chart, its table, what to notice."""
    title = shown.title(lang)
    yield f"<section>\n<h2>{escape(title)}</h2>"
    bars = [(panel.title, panel) for panel in chart.panels(shown.results)]
    if bars:
        note = lambda start: say(lang, "log scale from {start}", start=start)
        yield f"<figure>{chart.svg(chart.scene(bars, note), title)}</figure>"
    first, *others = shown.heads(lang)
    yield '<div class="scroll"><table>\n<thead><tr>' + "".join(
        f'<th scope="col">{escape(text)}</th>' for text in (first, *others)) + "</tr></thead>\n<tbody>"
    for name, lines in shown.groups():
        if name:
            yield f'<tr><th class="name" scope="rowgroup" colspan="{1 + len(others)}">{escape(name)}</th></tr>'
        for row, (engine, *figures) in lines:
            ours = ' class="ours"' if row.engine == "tinynn" else ""
            yield (f'<tr{ours}><th scope="row">{escape(engine)}</th>'
                   + "".join(f"<td>{escape(text)}</td>" for text in figures) + "</tr>")
    yield "</tbody>\n</table></div>"
    yield from _list(f"{name}: {sentence}" if name else sentence for name, sentence in shown.sentences(lang))
    yield "</section>"


def _list(lines):
    items = [f"<li>{escape(line)}</li>" for line in lines]
    return ["<ul>", *items, "</ul>"] if items else []
