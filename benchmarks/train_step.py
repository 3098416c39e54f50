"""Training: microseconds per step of whole networks, beside every rival, the limit of a person's C and the machine's.

    python benchmarks/train_step.py --threads 1 --python torch=PATH --python jax=PATH --python tensorflow=PATH
    python benchmarks/train_step.py --only W1 W2 --engines tinynn jax c

W1 10-40-40-5, mean squared error, momentum and a decaying rate, 10 of 100 samples at a time. W2 XOR, 2-4-1, one sample
at a time. W3 a linear classifier by hand, all 2,000 samples at once. W4 digits, 64-128-10, Adam, 32 of 1,438. W5
784-512-512-10, Adam, 128 of 60,000. W6 1024-4096-4096-1024, SGD, 256. P0 is W1 as a hand-written tape loop without
tf.function. rivals/jobs.py has their numbers.

Every engine trains from the same weights on the same batches for the first epochs, and its loss must agree with the
others'; then it is timed, shuffled, from the first weights again, in turns with the others. The floor of a step is its
multiply-adds at the peak that peak.py measures in the same run, plus the bytes that do not fit in a core's second
cache at the measured bandwidth of copying; the two could overlap, so it is a mark, not a law. The peaks are measured
after each job, and the highest of the run counts: a busy moment must not lower the floor's bar.
"""

import csv
import dataclasses
import pathlib
import statistics
import sys

import harness
import peak
from rivals import jobs

import tinynn

PEERS = pathlib.Path(__file__).parent / "train_step_peers.py"
ENGINES = ["tinynn", "c", "numpy", "jax-scan-all", "jax-scan", "jax-step", "torch-eager", "torch-compile",
           "tensorflow-fit", "tensorflow-tuned", "tensorflow-tape", "tensorflow-epoch", "sklearn"]
LIMIT = "c"             # what a person can reach: not a rival
LEVEL2 = pathlib.Path("/sys/devices/system/cpu/cpu0/cache/index2/size")


@dataclasses.dataclass
class Row:
    """One engine's figures for one job; bytes in memory after its import, after the first round and at the end."""

    engine: str
    first: float | None = None
    loss: float | None = None
    seconds: list = dataclasses.field(default_factory=list)
    processor: list = dataclasses.field(default_factory=list)
    memory: list = dataclasses.field(default_factory=list)
    peak: float | None = None
    failed: str = ""

    @property
    def median(self):
        """Seconds per step."""
        return statistics.median(self.seconds) if self.seconds else None

    @property
    def least(self):
        """Seconds per step in the quietest round."""
        return min(self.seconds, default=None)

    @property
    def processor_least(self):
        """Processor seconds per step, the least of the rounds."""
        return min(self.processor, default=None)


def ask(peer, row, question):
    """A peer's answer; None, with the reason in its row, if it has ended."""
    if row.failed:
        return None
    try:
        return peer.seconds(question)
    except (RuntimeError, OSError, ValueError) as error:
        row.failed = str(error)
        return None


def measure(job, options, quiet):
    """The rows of a job, one for each engine that does it, fastest first."""
    with harness.running(PEERS, options, quiet) as peers:
        rows = [(peer, Row(peer.name)) for peer in peers]
        for peer, row in rows:
            row.first = ask(peer, row, f"{job.name} first")
        rows = [(peer, row) for peer, row in rows if row.first is not None or row.failed]
        for peer, row in rows:
            row.loss = ask(peer, row, f"{job.name} loss")
        for _ in range(options.rounds):
            for peer, row in rows:
                row.seconds += [t for t in [ask(peer, row, f"{job.name} time")] if t is not None]
                row.processor += [t for t in [ask(peer, row, f"{job.name} cpu")] if t is not None]
                row.memory.append(ask(peer, row, f"{job.name} rss"))
        for peer, row in rows:
            row.peak = ask(peer, row, f"{job.name} peak")
    return sorted((row for _, row in rows), key=lambda row: row.median or float("inf"))


def wrong(job, rows):
    """Marks rows whose loss is not the others' median."""
    losses = [row.loss for row in rows if row.loss is not None]
    middle = statistics.median(losses) if losses else None
    for row in rows:
        if row.loss is not None and not abs(row.loss - middle) <= job.tolerance * abs(middle):
            row.failed = f"loss {row.loss:.6g} is not {middle:.6g}"


def floor(job, limits, threads):
    """(seconds of multiply-adds, seconds of memory) that a step takes at the machine's peak."""
    cache = int(LEVEL2.read_text().strip().rstrip("K")) * 1024 if LEVEL2.exists() else 1 << 20
    return (job.flops() / limits["fma", "float32", tinynn._bridge.isa(), threads] / 1e9,
            job.bytes(cache) / limits["memory", "copy", "-", threads] / 1e9)


def show(job, rows, floors):
    """Prints a job's table and what it says of tinynn."""
    print(f"\n{job.name}: {'-'.join(map(str, job.widths))}, batch {job.batch} of {job.samples}, {job.optimizer}")
    print(f"{'':17}{'us/step':>11}{'least':>11}{'processor':>11}{'to tinynn':>10}{'first, s':>10}{'loss':>11}"
          f"{'peak MB':>9}{'RSS MB by round':>18}")
    own = next((row for row in rows if row.engine == "tinynn" and row.seconds), None)
    for row in rows:
        print(cells(row, own) if row.seconds else f"{row.engine:17} FAILED: {row.failed}")
    compute, memory = floors
    print(f"floor {short(sum(floors) * 1e6)} us: multiply-adds {short(compute * 1e6)}, memory {short(memory * 1e6)}")
    if own:
        print(f"tinynn: share of the floor {sum(floors) / own.median:.1%}; by the least time "
              f"{sum(floors) / own.least:.1%}")
        others = [row for row in rows if row.engine != "tinynn" and row.seconds]
        compared(own, "the best rival", [row for row in others if row.engine != LIMIT])
        compared(own, "a person's C", [row for row in others if row.engine == LIMIT])
    sys.stdout.flush()


def cells(row, own):
    """A line of the table."""
    times = "".join(f"{short(t * 1e6):>11}" for t in (row.median, row.least, row.processor_least))
    ratio = f"{short(row.median / own.median)}x" if own else "-"
    sizes = " ".join(f"{m / 2**20:.0f}" for m in row.memory[:2] + row.memory[-1:] if m)
    return (f"{row.engine:17}{times}{ratio:>10}{row.first:10.2f}{row.loss:11.6f}{(row.peak or 0) / 2**20:9.0f}"
            f"{sizes:>18}{'  WRONG: ' + row.failed if row.failed else ''}")


def compared(own, whom, rows):
    """Prints tinynn's speed as a multiple of the fastest of these, by each of the three times."""
    if not rows:
        return
    ratios = []
    for what in ("median", "least", "processor_least"):
        best = min(rows, key=lambda row: getattr(row, what))
        ratios.append(f"{short(getattr(best, what) / getattr(own, what))} ({best.engine})")
    print(f"speed to {whom}: {ratios[0]}; by the least times {ratios[1]}, by processor time {ratios[2]}")


def short(value):
    """Three digits at least, and no power of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}" if value >= 0.001 else f"{value:.5f}"


def write(path, tables, threads):
    """A line for each job and engine."""
    with open(path, "w", newline="") as file:
        lines = csv.DictWriter(file, [*record(tables[0][0], Row("")), "threads", "floor_us"])
        lines.writeheader()
        for job, rows, floors in tables:
            lines.writerows({**record(job, row), "threads": threads, "floor_us": sum(floors) * 1e6} for row in rows)


def record(job, row):
    """A row as a dict of plain numbers."""
    in_us = lambda seconds: None if seconds is None else seconds * 1e6
    sizes = row.memory or [None]
    return {"job": job.name, "engine": row.engine, "us_per_step": in_us(row.median), "us_least": in_us(row.least),
            "us_processor": in_us(row.processor_least), "first_s": row.first, "loss": row.loss,
            "peak_bytes": row.peak, "rss_first": sizes[0], "rss_last": sizes[-1], "failed": row.failed}


def main():
    """Prints a table for each job; exits 1 if an engine failed or disagrees."""
    parser = harness.parser(__doc__, ENGINES)
    parser.set_defaults(rounds=5)
    parser.add_argument("--only", nargs="+", default=list(jobs.JOBS), choices=list(jobs.JOBS))
    parser.add_argument("--csv", metavar="FILE")
    options = harness.arguments(parser)
    threads = options.threads or tinynn.num_threads()
    tables, limits = [], {}
    for name in options.only:
        job = jobs.job(name)
        rows = measure(job, options, quiet=bool(tables))
        wrong(job, rows)
        limits = {key: max(value, limits.get(key, 0)) for key, value in peak.measure(threads).items()}
        tables.append((job, rows, floor(job, limits, threads)))
        show(*tables[-1])
    if options.csv:
        write(options.csv, tables, threads)
    if any(row.failed for _, rows, _ in tables for row in rows):
        sys.exit("an engine failed, or its loss is not the others'")


if __name__ == "__main__":
    main()
