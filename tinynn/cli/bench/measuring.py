"""Floor 8: workloads, and what is measured of the engines that do them."""

import math
import re
import statistics
from dataclasses import dataclass, field

from tinynn.cli.bench.harness import KERNELS, TRAINING
from tinynn.cli.bench.rivals import jobs
from tinynn.cli.bench.rivals.engines import ENGINES, PRODUCTS, package

SHAPES = ["32x64x128", "64x64x64", "256x256x256", "128x784x512", "1024x1024x1024"]     # (M, K) @ (K, N)
PRODUCT_TOLERANCE = 1e-5    # of the largest number; float32 rounding stays below, 16-bit types and TF32 do not
QUICK = ["W1", "W3", "W4", "matmul"]
QUICK_ON_GPU = ["W1", "W5", "W6", "W6-4096"]     # the quick selection there
NAMES = [*jobs.JOBS, "matmul"]


@dataclass(frozen=True)
class Workload:
    """What is timed.

    Attributes:
        name: in tables; workloads of one `family` stand in one.
        script: the file of rivals/ that does it, and `question` its name there.
        unit: what a time is of.
        check: the number by which engines are compared before they are timed.
        tolerance: how far it may be from the others' median, as a share of that; from 0 where it is an error.
        engines: who can do it.
        flops: multiplications and additions of a matrix product.
    """

    name: str
    family: str
    script: object
    question: str
    unit: str
    check: str
    tolerance: float
    engines: tuple
    flops: int = 0


def training(name):
    """The workload of rivals/jobs.py of this name."""
    job = jobs.job(name)
    able = tuple([engine.name for engine in ENGINES.values() if engine.does(name)])
    return Workload(name, name, TRAINING, name, "step", "loss", job.tolerance, able)


def product(shape):
    """(M, K) @ (K, N) of a shape MxKxN, in float32."""
    m, k, n = map(int, shape.split("x"))
    return Workload(shape, "matmul", KERNELS, f"matmul nn float32 {m} {k} {n}", "call", "error", PRODUCT_TOLERANCE,
                    PRODUCTS, 2 * m * k * n)


def workloads(names):
    """The workloads of names as they are typed: W1, matmul, matmul-64x32x16.

    Raises:
        KeyError: a name that there is not.
    """
    found = []
    for name in names:
        if name in jobs.JOBS:
            found.append(training(name))
        elif name == "matmul":
            found += map(product, SHAPES)
        elif re.fullmatch(r"matmul-[1-9]\d*x[1-9]\d*x[1-9]\d*", name):
            found.append(product(name.partition("-")[2]))
        else:
            raise KeyError(name)
    return list(dict.fromkeys(found))


@dataclass
class Row:
    """One engine's figures for one workload; times in seconds per `unit`.

    Attributes:
        first: seconds of the first call.
        check: its loss after the first call, or its error.
        seconds, processor: per round, by the clock and of the processor, all threads together.
        memory, peak: bytes in memory after each round, and the most, where that was asked for.
        held: bytes on the device after each round, where one was asked for and the engine tells.
        failed: why it has no times.
    """

    engine: str
    first: float | None = None
    check: float | None = None
    seconds: list = field(default_factory=list)
    processor: list = field(default_factory=list)
    memory: list = field(default_factory=list)
    peak: float | None = None
    held: list = field(default_factory=list)
    failed: str = ""

    @property
    def median(self):
        """Seconds."""
        return statistics.median(self.seconds) if self.seconds else None

    @property
    def least(self):
        """Seconds in the quietest round."""
        return min(self.seconds, default=None)

    @property
    def most(self):
        """Seconds in the slowest round."""
        return max(self.seconds, default=None)

    @property
    def processor_least(self):
        """Processor seconds, the least of the rounds."""
        return min(self.processor, default=None)

    @property
    def processors(self):
        """How many processors it used, on average."""
        return sum(self.processor) / sum(self.seconds) if self.seconds else None

    def ask(self, peer, question):
        """A peer's answer; None, with the reason in `failed`, if it has ended."""
        if self.failed:
            return None
        try:
            return peer.answer(question)
        except (RuntimeError, OSError, ValueError) as error:
            self.failed = str(error)
            return None


@dataclass
class Result:
    """The rows of a workload, while they are measured and afterwards; `threads` and `device` are None where none were
    asked for."""

    workload: Workload
    threads: int | None = None
    device: str | None = None
    rows: list = field(default_factory=list)

    @property
    def ranked(self):
        """The engines that have times, fastest first, then those that failed."""
        return sorted([row for row in self.rows if row.seconds or row.failed],
                      key=lambda row: row.median or float("inf"))

    @property
    def own(self):
        """tinynn's row, or None where it has no times."""
        return next((row for row in self.rows if package(row.engine) == "tinynn" and row.seconds), None)

    def measure(self, peers, rounds, tell=lambda text: None, memory=False):
        """Asks each engine for its first call and its check; those that agree are timed, round by round in turns.

        Args:
            peers: Peers that have started.
            rounds: how many.
            tell: is told what goes on.
            memory: whether to ask for bytes as well.
        """
        question, pairs = self.workload.question, []
        for peer in peers:
            if peer.name in self.workload.engines:
                tell(f"{peer.name}, first call")
                row = Row(peer.name)
                row.first = row.ask(peer, f"{question} first")
                row.check = row.ask(peer, f"{question} {self.workload.check}")
                pairs.append((peer, row))
                self.rows.append(row)
        refuse(self.workload, self.rows)
        clock, processor = ("time", f"{question} cpu") if self.workload.unit == "step" else ("", "cpu")
        for number in range(1, rounds + 1) if pairs else ():
            for peer, row in pairs[number % len(pairs):] + pairs[:number % len(pairs)]:     # nobody is always first
                tell(f"{peer.name}, round {number} of {rounds}")
                answers = row.ask(peer, f"{question} {clock}".strip()), row.ask(peer, processor)
                if None not in answers:
                    row.seconds.append(answers[0])
                    row.processor.append(answers[1])
                if memory:
                    row.memory.append(row.ask(peer, f"{question} rss"))
                if self.device:
                    row.held += [held for held in [row.ask(peer, f"{question} held")] if held is not None]
        for peer, row in pairs if memory else []:
            row.peak = row.ask(peer, f"{question} peak")


def refuse(workload, rows):
    """Marks rows as failed whose check is not the others' median, or whose error is too large."""
    exact = workload.check == "error"
    checks = [row.check for row in rows if row.check is not None and math.isfinite(row.check)]
    middle = statistics.median(checks) if checks and not exact else 0.0
    limit = workload.tolerance * (1.0 if exact else abs(middle))
    for row in rows:
        if row.check is not None and not abs(row.check - middle) <= limit:
            expected = f"below {limit:g}" if exact else f"the others' {middle:.6g}"
            row.failed = f"its {workload.check} {row.check:.6g} is not {expected}"
