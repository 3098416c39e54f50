"""Floor 8: what was measured as tables: in text, Markdown and CSV."""

import csv

from tinynn.cli.bench import chart
from tinynn.cli.bench.chart import short
from tinynn.cli.bench.rivals import jobs
from tinynn.cli.bench.rivals.engines import LIMIT, PACKAGES, package
from tinynn.cli.bench.words import say
from tinynn.explain.text import fold, number, table

COLUMNS = ("median", "min", "max", "processor", "to tinynn", "first, ms")
RATE = ["GFLOP/s"]
HELD = ["on device, MB"]
GROWN = 1.01        # the last round's memory to the second's, from which it is said to grow
MORE = 1.2          # processors per thread asked for, from which an engine is said to have used more
PRODUCTS = "matrix products in float32, (M, K) @ (K, N)"


class Table:
    """The results of one family of workloads on one number of threads.

    Attributes:
        results: those of it that have times or failures.
    """

    def __init__(self, results):
        self.results = [result for result in results if result.ranked]
        self.family, self.workload = results[0].workload.family, results[0].workload
        self.threads, self.device = results[0].threads, results[0].device

    def title(self, lang):
        """W1: what it is; the threads and the device that were asked for."""
        return "; ".join([f"{self.family}: {say(lang, about(self.family))}", *self.where(lang)])

    def where(self, lang):
        """The threads and the device that were asked for."""
        return [in_threads(lang, self.threads)] * bool(self.threads) + [self.device] * bool(self.device)

    def heads(self, lang):
        """The columns' names; the first is the unit of the times."""
        unit = "µs per step" if self.workload.unit == "step" else "µs per call"
        more = RATE * bool(self.workload.flops) + [say(lang, name) for name in HELD * bool(self.device)]
        return [*(say(lang, name) for name in (unit, *COLUMNS, self.workload.check)), *more]

    def groups(self):
        """(the workload's name, or "" where the family has only one; [(row, cells)]), one after the other."""
        for result in self.results:
            own = result.own
            yield ("" if self.workload.name == self.family else result.workload.name,
                   [(row, cells(row, own, result)) for row in result.ranked if row.seconds])

    def sentences(self, lang):
        """What to notice, as (workload's name or "", sentence)."""
        for result in self.results:
            name = "" if self.workload.name == self.family else result.workload.name
            yield from ((name, sentence) for sentence in remarks(result, lang))


def about(family):
    """A line about a family of workloads."""
    return jobs.JOBS[family].about if family in jobs.JOBS else PRODUCTS


def in_threads(lang, count):
    """2 threads."""
    return say(lang, "1 thread") if count == 1 else say(lang, "{count} threads", count=count)


def cells(row, own, result):
    """The cells of an engine's line; the last ones only where operations are counted, or there is a device."""
    flops = result.workload.flops
    times = [short(t * 1e6) for t in (row.median, row.least, row.most, row.processor_least)]
    ratio = f"{short(row.median / own.median)}x" if own else ""
    check = f"{row.check:.6f}" if row.check > 1e-4 else number(row.check, 3)
    more = [short(flops / row.median / 1e9)] * bool(flops)
    more += [short(row.held[-1] / 1e6) if row.held else ""] * bool(result.device)
    return [row.engine, *times, ratio, short(row.first * 1e3), check, *more]


def remarks(result, lang):
    """What to notice of a workload."""
    own = result.own
    others = [row for row in result.rows if row.seconds and row is not own]
    rivals = [row for row in others if row.engine != LIMIT]
    if own and rivals:
        (ratio, engine), *more = [(short(ratio), engine) for ratio, engine in ratios(own, rivals)]
        least, processor = (ratio if name == engine else f"{ratio} ({name})" for ratio, name in more)
        yield say(lang, "fastest other: {engine}, {ratio} times tinynn's time (least {least}, processor {processor})",
                  engine=engine, ratio=ratio, least=least, processor=processor)
    if own and len(others) > len(rivals):
        limit = next(row for row in others if row.engine == LIMIT)
        yield say(lang, "C by hand: {ratio} times tinynn's time", ratio=short(limit.median / own.median))
    if result.threads:
        many = [row.engine for row in result.rows if (row.processors or 0) > MORE * result.threads]
        if many:
            yield say(lang, "more processors used than the {count} asked for: {engines}", engines=", ".join(many),
                      count=result.threads)
    for row in result.rows:
        if len(row.held) > 2 and row.held[-1] > GROWN * row.held[1]:
            yield say(lang, "{engine}: memory on the device grew from {second} MB after round 2 to {last} MB",
                      engine=row.engine, second=short(row.held[1] / 1e6), last=short(row.held[-1] / 1e6))
        if row.failed:
            yield say(lang, "{engine} failed: {why}", engine=row.engine, why=row.failed)


def ratios(own, rows):
    """The fastest of some rows by median, least and processor time: (its time as a multiple of tinynn's, engine)."""
    for what in ("median", "least", "processor_least"):
        best = min(rows, key=lambda row: getattr(row, what))
        yield getattr(best, what) / getattr(own, what), best.engine


def head(run):
    """What was measured on, as sentences."""
    values = {name: run.machine[name] for name in ("cpu", "cores", "system", "python", "date")}
    yield say(run.lang, "{cpu}, {cores} cores; {system}; Python {python}; rounds in turns: {rounds}; {date}", **values,
              rounds=run.rounds)
    if run.options.device:
        yield say(run.lang, "Training on {device}: samples and weights lie there (but see docs/benchmarks.md for fit), "
                  "float32 without TF32, and a time ends when the device has done its work.", device=run.options.device)
    if run.busy:
        yield say(run.lang, "The machine is busy (load {load} on {cores} cores): times are noisy, least with "
                  "--threads 1.", load=f"{run.machine['load']:.1f}", cores=values["cores"])


def absent(peer, why, python, lang):
    """Why a peer was left out, and what to do."""
    if why is not None:
        return say(lang, "did not start: {why}", why=why)
    if PACKAGES[peer] is None:
        return say(lang, "needs a C compiler, cc")
    command = f"{python} -m pip install {PACKAGES[peer]}" if python else f"pip install {PACKAGES[peer]}"
    return say(lang, "not installed here: {command}, or --python {peer}=PATH", command=command, peer=peer)


def as_text(shown, lang):
    """A Table as lines of at most 100 columns: title, figures, what to notice, bars."""
    rows = [shown.heads(lang)]
    for name, lines in shown.groups():
        rows += [[name]] * bool(name) + [made for _, made in lines]
    yield from fold(shown.title(lang))
    yield from table(rows, right=range(1, len(rows[0])))
    for name, sentence in shown.sentences(lang):
        yield from fold(f"{name}: {sentence}" if name else sentence, indent="  ")
    for panel in chart.panels(shown.results):
        named = panel.title if len(shown.results) > 1 else ""
        note = say(lang, "log scale from {start}", start=f"{panel.start:g} µs") if panel.start else ""
        yield ", ".join(part for part in (named, note) if part)
        yield from chart.in_text(panel)


def as_markdown(run):
    """Everything as Markdown."""
    yield from ["# tinynn bench", "", *[f"- {line}" for line in (*head(run), *run.engine_lines())]]
    for shown in run.tables():
        yield from ["", f"## {shown.title(run.lang)}", ""]
        heads = shown.heads(run.lang)
        yield f"| {' | '.join(heads)} |"
        yield f"|{'---|' + '--:|' * (len(heads) - 1)}"
        for name, lines in shown.groups():
            yield from [f"| **{name}** |{' |' * (len(heads) - 1)}"] * bool(name)
            yield from [f"| {' | '.join(made)} |" for _, made in lines]
        yield ""
        yield from [f"- {name}: {sentence}" if name else f"- {sentence}" for name, sentence in
                    shown.sentences(run.lang)]


def write_csv(path, run):
    """A line for each workload, number of threads and engine."""
    records = [record(result, row, run) for result in run.results for row in result.ranked]
    with open(path, "w", newline="", encoding="utf-8") as file:
        lines = csv.DictWriter(file, records[0])
        lines.writeheader()
        lines.writerows(records)


def figures(row):
    """A row's times in microseconds, by the names of their columns in CSV; None where it has none."""
    times = {"median_us": row.median, "min_us": row.least, "max_us": row.most, "processor_us": row.processor_least}
    return {name: None if t is None else t * 1e6 for name, t in times.items()}


def record(result, row, run):
    """A row as a dict of plain values."""
    own, workload = result.own, result.workload
    return {"family": workload.family, "workload": workload.name, "unit": workload.unit,
            "threads": result.threads or "default", "device": result.device or "default", "engine": row.engine,
            **figures(row), "held_bytes": row.held[-1] if row.held else None,
            "to_tinynn": row.median / own.median if own and row.seconds else None, "rounds": len(row.seconds),
            "first_s": row.first, "check": workload.check, "value": row.check, "failed": row.failed,
            "about": run.abouts[result.threads].get(package(row.engine), ""),
            **run.machine}
