"""Floor 8: one run of `tinynn bench`: its engines, its rounds, and what it prints meanwhile."""

import os
import platform
import sys
import time
from itertools import groupby
from pathlib import Path

from tinynn.cli.bench import chart, report
from tinynn.cli.bench.harness import on_gpu, started
from tinynn.cli.bench.measuring import Result
from tinynn.cli.bench.page import page
from tinynn.cli.bench.rivals.engines import GPU_PACKAGES, package
from tinynn.cli.bench.rivals.worker import cores
from tinynn.cli.bench.words import say
from tinynn.cli.machine import processor
from tinynn.explain.text import fold

BUSY = 0.5      # load per core from which times are said to be noisy


class Run:
    """What is measured, and what was.

    Args:
        options: the command line, checked: `workloads`, `against` (names of engines), `threads` (numbers, or None for
            each engine's own), `device` (None for the processor), `rounds`, `seconds`, `python`, `errors`.
        lang: the language to speak.

    Attributes:
        results: a Result for each workload and number of threads that was begun.
        abouts: {threads: {package: its line about itself}}.
        absent: {package: why it was left out}.
        said: lines about engines that have been printed.
        machine: cpu, cores, system, python, load, date.
    """

    def __init__(self, options, lang):
        self.options, self.lang, self.rounds = options, lang, options.rounds
        self.results, self.abouts, self.absent, self.said = [], {}, {}, []
        self.machine = {"cpu": processor(), "cores": cores(), "system": f"{platform.system()} {platform.machine()}",
                        "python": platform.python_version(), "load": os.getloadavg()[0],
                        "date": time.strftime("%Y-%m-%d")}

    @property
    def busy(self):
        """Whether others were using the machine when it began."""
        return self.machine["load"] > BUSY * self.machine["cores"]

    def go(self):
        """Measures and prints; tables that Ctrl-C interrupts are printed as far as they came.

        Raises:
            KeyboardInterrupt: after that.
        """
        show(part for sentence in report.head(self) for part in fold(sentence))
        able = {package(engine) for workload in self.options.workloads for engine in workload.engines}
        for name in map(package, self.options.against):
            if name not in able:
                self.absent[name] = say(self.lang, "does none of these workloads")
            elif not self.has_device(name):
                self.absent[name] = say(self.lang, "computes on the processor only")
        for threads in self.options.threads:
            self.abouts[threads] = {}
            for script, workloads in groupby(self.options.workloads, lambda workload: workload.script):
                self.part(script, list(workloads), threads)

    def part(self, script, workloads, threads):
        """The workloads of one script, whose engines run as long as it takes."""
        able = dict.fromkeys(engine for workload in workloads for engine in workload.engines)
        engines = [engine for engine in able if chosen(engine, self.options.against) and self.has_device(engine)]
        with started(script, engines, Settings(self.options, threads)) as peers:
            self.introduce(peers, threads)
            present = [peer for peer in peers if peer.about]
            for _, family in groupby(workloads, lambda workload: workload.family):
                self.table(list(family), present, threads)

    def has_device(self, engine):
        """Whether an engine can compute on the device at all."""
        return not on_gpu(self.options.device) or package(engine) in GPU_PACKAGES

    def introduce(self, peers, threads):
        """Notes which engines are here and prints what has not been said yet."""
        for peer in peers:
            name = package(peer.name)
            if peer.about:
                self.abouts[threads].setdefault(name, peer.about)
            else:
                python = self.options.python.get(name)
                self.absent[name] = report.absent(name, peer.absent, python, self.lang)
        new = [line for line in self.engine_lines() if line not in self.said]
        self.said += new
        show(part for line in new for part in fold(f"  {line}", indent="    "))

    def engine_lines(self):
        """A line for each engine that is here, then for each that is not."""
        here = dict.fromkeys(line for lines in self.abouts.values() for line in lines.values())
        return [*here, *(f"{name}: {why}" for name, why in self.absent.items())]

    def table(self, family, peers, threads):
        """Measures a family of workloads and prints its table."""
        results = [Result(workload, threads, self.options.device) for workload in family]
        self.results += results
        tell = Progress()
        try:
            for result in results:
                result.measure(peers, self.rounds, lambda text, name=result.workload.name: tell(f"{name}: {text}"))
        finally:
            tell.clear()
            if any(result.ranked for result in results):
                show(["", *report.as_text(report.Table(results), self.lang)])

    def tables(self):
        """The Tables that have something in them."""
        families = groupby(self.results, lambda result: (result.threads, result.workload.family))
        made = [report.Table(list(results)) for _, results in families]
        return [table for table in made if table.results]

    @property
    def failed(self):
        """Whether an engine ended early or was refused, or tinynn did not start."""
        return "tinynn" in self.absent or any(row.failed for result in self.results for row in result.rows)

    def write(self, csv=None, markdown=None, html=None, picture=None):
        """The files that were asked for; none where nothing was measured."""
        if not self.tables():
            return
        if csv:
            report.write_csv(csv, self)
        if markdown:
            Path(markdown).write_text("\n".join([*report.as_markdown(self), ""]), encoding="utf-8")
        if html:
            Path(html).write_text(page(self), encoding="utf-8")
        if picture:
            chart.write(Path(picture), self.drawing())

    def drawing(self):
        """All panels in one."""
        shown = []
        for table in self.tables():
            several = table.workload.name != table.family
            for panel in chart.panels(table.results):
                title = f"{table.family} {panel.title}" if several else panel.title
                shown.append((", ".join([title, *table.where(self.lang)]), panel))
        return chart.scene(shown, lambda start: say(self.lang, "log scale from {start}", start=start))


def chosen(engine, against):
    """Whether one of the names means this engine: its own, its package's, or that of another way of the package."""
    return engine in against or package(engine) in against or engine in map(package, against)


class Settings:
    """What a Peer wants to know."""

    def __init__(self, options, threads):
        self.python, self.errors, self.seconds, self.threads = options.python, options.errors, options.seconds, threads
        self.device = options.device


class Progress:
    """A line on a terminal's stderr that says what is going on; nothing elsewhere."""

    def __init__(self):
        self.shown = sys.stderr.isatty()

    def __call__(self, text):
        if self.shown:
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()

    def clear(self):
        """Takes the line away."""
        self("")


def show(lines):
    """Prints lines, also into a pipe at once."""
    for line in lines:
        print(line, flush=True)
