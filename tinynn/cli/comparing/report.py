"""Floor 8: a comparison as blocks, and blocks as text for a terminal or as Markdown.

A block is ("heading", text), ("lines", [text]), ("error", title, [line]), or ("table", header, rows), whose columns
align right where they hold numbers alone.
"""

import re
from statistics import median

from tinynn.cli.comparing.agreement import AGREE, DIFFERENT, ROUNDING, curves
from tinynn.cli.comparing.times import KINDS, epochs_of, ratio, shown, steps_of
from tinynn.cli.machine import processor
from tinynn.explain.text import WIDTH, cut, fold, number, table, width

NUMERIC = re.compile(r"(-?[\d.,]+(e[-+]?\d+)?|nan|inf)?( ?(s|ms|µs|ns|[kMG]B|bytes)| \(.*\)| to .*|x)*")
ROWS = 12           # epochs that a table shows of a curve
ALONE = "rounding alone"    # how far tinynn is from itself on other kernels
DETAILED = 3        # trainings that have a table of their own; of more, each has a line
WORDS = {AGREE: "agree", ROUNDING: "differ by rounding alone", DIFFERENT: "DIFFER"}


def blocks(comparison):
    """All that there is to say about a program."""
    names, agreement = comparison.names, comparison.agreement
    yield "heading", comparison.file.name
    yield from time_table(comparison)
    for name in names:
        error = comparison.error(name)
        if error:
            yield "error", f"{name} failed", error.rstrip().split("\n")
    if agreement is not None:
        yield from curve_tables(agreement, names)
        yield "table", ["compared", "found"], agreement.lines
        yield "lines", verdict(agreement)


def verdict(agreement):
    """What it all means."""
    found = f"The numbers {WORDS[agreement.numbers]}; the printed outputs {WORDS[agreement.output]}."
    return [f"{found} (To agree is to be within {number(agreement.tolerance)} of a value's scale.)"]


def time_table(comparison):
    """What the runs took."""
    names = comparison.names
    columns, rows = [comparison.times[name] for name in names], []
    for kind, (title, _) in KINDS.items():
        if any(kind in column for column in columns):
            cells = [shown(kind, column[kind]) if kind in column else "" for column in columns]
            rows.append([title, *cells, ratio(*columns, kind)])
    if rows:
        yield "table", ["", *names, "ratio"], rows


def curve_tables(agreement, names):
    """The losses, epoch by epoch; of many trainings only their ends."""
    if len(agreement.trainings) > DETAILED:
        header = ["training", "", *names, "difference", ALONE]
        rows = [ends(trainings) for trainings in agreement.trainings]
        yield "table", header[:max(map(len, rows))], rows
        return
    for trainings in agreement.trainings:
        losses, unit = loss_curves(trainings)
        header = [unit, *(f"loss, {name}" for name in names), "difference", ALONE][:len(trainings) + 2]
        if losses[0]:
            yield "lines", [title_of(trainings[0])]
            yield "table", header, [[str(i + 1), *beside([c[i] for c in losses], 7)] for i in some(len(losses[0]))]


def ends(trainings):
    """A training in one row: the loss at its first and its last epoch."""
    losses, _ = loss_curves(trainings)
    if not losses[0]:
        return [trainings[0]["line"], size_of(trainings[0])]
    cells = [f"{number(curve[0], 6)} to {number(curve[-1], 6)}" for curve in losses[:2]]
    return [trainings[0]["line"], size_of(trainings[0]), *cells, *beside([c[-1] for c in losses], 7)[2:]]


def loss_curves(trainings):
    """The losses of each side, as far as all have them, and whether they are per "epoch" or "step"."""
    several = [curves(training)[0].get("loss", []) for training in trainings]
    n = min(map(len, several))
    return [curve[:n] for curve in several], curves(trainings[0])[1]


def title_of(training):
    """What a training was."""
    where = "" if training["kind"] == "fit" else "the loop at "
    return f"{where}{training['line']}: {size_of(training)}"


def size_of(training):
    """How many epochs and steps."""
    epochs, steps = epochs_of(training), steps_of(training)
    return f"{epochs} epochs, {steps:,} steps" if epochs else f"{steps:,} steps"


def beside(values, digits):
    """The values of both sides as text, their difference, and where there is a third value, its difference to ours."""
    return [*(number(v, digits) for v in values[:2]), *(number(abs(values[0] - v), 2) for v in values[1:])]


def some(count):
    """At most ROWS of the numbers from 0 to count - 1: the first ones, the last, and some between."""
    if count <= ROWS:
        return list(range(count))
    step = (count - 1) / (ROWS - 1)
    return sorted({round(i * step) for i in range(ROWS)})


def as_text(blocks):
    """Blocks as the lines of a terminal."""
    for kind, *content in blocks:
        if kind == "heading":
            yield f"== {content[0]}"
        elif kind == "lines":
            yield from (part for line in content[0] for part in fold(line, WIDTH, "  "))
        elif kind == "error":
            yield f"{content[0]}:"
            yield from (f"  {line}" for line in content[1])
        else:
            header, rows = content
            yield from lines_of_table(header, rows)
        yield ""


def lines_of_table(header, rows):
    """A table in columns; text in its last column goes on below where it is too long."""
    lines = table([header, *rows], right=numeric(rows))
    if len(header) > 2:
        return [cut(line, WIDTH) for line in lines]
    indent = " " * (max(width(row[0]) for row in [header, *rows]) + 2)
    return [part for line in lines for part in (fold(line, WIDTH, indent) if width(line) > WIDTH else [line])]


def as_markdown(blocks):
    """Blocks as the lines of a Markdown page."""
    for kind, *content in blocks:
        if kind == "heading":
            yield f"## {content[0]}"
        elif kind == "lines":
            yield from content[0]
        elif kind == "error":
            yield from [f"{content[0]}:", "", *(f"    {line}" for line in content[1])]
        else:
            header, rows = content
            right = numeric(rows)
            yield row_of(header)
            yield row_of(["---:" if i in right else "---" for i in range(len(header))])
            yield from map(row_of, rows)
        yield ""


def numeric(rows):
    """The columns that hold numbers alone, or nothing."""
    columns = [[row[i] for row in rows if i < len(row)] for i in range(max(map(len, rows)))]
    return [i for i, cells in enumerate(columns) if all(map(NUMERIC.fullmatch, cells))]


def row_of(cells):
    """A row of a Markdown table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def markdown(comparisons):
    """Several programs as a Markdown page: an overview, then each of them."""
    title = f"# {comparisons[0].names[0]} and {comparisons[0].names[1]}"
    note = "Written by `tinynn compare`; docs/compare.md says what is measured, and when numbers agree."
    lines = [title, "", *setting(comparisons[0]), "", note, "", *as_markdown(overview(comparisons))]
    for comparison in comparisons:
        lines += as_markdown(blocks(comparison))
    return "\n".join(lines).rstrip() + "\n"


def setting(comparison):
    """How it was measured: a few lines."""
    options = comparison.options
    sides = " and ".join(comparison.about(name) for name in comparison.names)
    runs = {0: "not measured", 1: "one run"}.get(
        options.repeat, f"the median of {options.repeat} runs in turns (least to most)")
    numbers = "the same on both sides" if options.inject else "each side's own (--no-inject)"
    return [f"{sides}, on the CPU with {options.threads} threads each ({processor()}).",
            f"Times and memory: {runs}. Random numbers: {numbers}."]


def overview(comparisons):
    """Several programs, a row each."""
    names, rows = comparisons[0].names, []
    for comparison in comparisons:
        row = [comparison.file.name]
        for kind in ("wall", "step", "memory"):
            columns = [comparison.times[name] for name in names]
            row += [KINDS[kind][1](median(column[kind])) if kind in column else "" for column in columns]
            row.append(ratio(*columns, kind))
        agreement = comparison.agreement
        levels = () if agreement is None else (agreement.numbers, agreement.output)
        rows.append([*row, *([WORDS[level] for level in levels] or ["", ""])])
    header = [cell for title in ("process", "step", "memory") for cell in (*(f"{title}, {n}" for n in names), "ratio")]
    yield "table", ["program", *header, "numbers", "output"], rows
