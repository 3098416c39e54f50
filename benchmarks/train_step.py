"""Training: microseconds per step of whole networks, beside every rival, the limit of a person's C and the machine's.

    python benchmarks/train_step.py --threads 1 --python torch=PATH --python jax=PATH --python tensorflow=PATH
    python benchmarks/train_step.py --only W1 W2 --engines tinynn jax c

W1 10-40-40-5, mean squared error, momentum and a decaying rate, 10 of 100 samples at a time. W2 XOR, 2-4-1, one sample
at a time. W3 a linear classifier by hand, all 2,000 samples at once. W4 digits, 64-128-10, Adam, 32 of 1,438. W5
784-512-512-10, Adam, 128 of 60,000. W6 1024-4096-4096-1024, SGD, 256. P0 is W1 as a hand-written tape loop without
tf.function. tinynn/cli/bench/rivals/jobs.py has their numbers. `tinynn bench` measures the same without the floor.

Every engine trains from the same weights on the same batches for the first epochs, and its loss must agree with the
others', or it is left out; then it is timed, shuffled, from the first weights again, in turns with the others. The
floor of a step is its multiply-adds at the peak that peak.py measures in the same run, plus the bytes that do not fit
in a core's second cache at the measured bandwidth of copying; the two could overlap, so it is a mark, not a law. The
peaks are measured after each job, and the highest of the run counts: a busy moment must not lower the floor's bar.
"""

import csv
import pathlib
import sys

import harness
import peak

import tinynn
from tinynn.cli.bench.chart import short
from tinynn.cli.bench.harness import TRAINING
from tinynn.cli.bench.measuring import Result, Row, training
from tinynn.cli.bench.report import figures, ratios
from tinynn.cli.bench.rivals import jobs
from tinynn.cli.bench.rivals.engines import ENGINES, LIMIT

LEVEL2 = pathlib.Path("/sys/devices/system/cpu/cpu0/cache/index2/size")


def measure(job, options, quiet):
    """The Result of a job, with bytes of memory; each job has fresh processes."""
    result = Result(training(job.name), options.threads)
    with harness.running(TRAINING, options, quiet) as peers:
        result.measure(peers, options.rounds, memory=True)
    return result


def floor(job, limits, threads):
    """(seconds of multiply-adds, seconds of memory) that a step takes at the machine's peak."""
    cache = int(LEVEL2.read_text().strip().rstrip("K")) * 1024 if LEVEL2.exists() else 1 << 20
    return (job.flops() / limits["fma", "float32", tinynn._bridge.isa(), threads] / 1e9,
            job.bytes(cache) / limits["memory", "copy", "-", threads] / 1e9)


def show(job, result, floors):
    """Prints a job's table and what it says of tinynn."""
    print(f"\n{job.name}: {'-'.join(map(str, job.widths))}, batch {job.batch} of {job.samples}, {job.optimizer}")
    print(f"{'':17}{'us/step':>11}{'least':>11}{'processor':>11}{'to tinynn':>10}{'first, s':>10}{'loss':>11}"
          f"{'peak MB':>9}{'RSS MB by round':>18}")
    own = result.own
    for row in result.ranked:
        print(cells(row, own) if row.seconds else f"{row.engine:17} FAILED: {row.failed}")
    compute, memory = floors
    print(f"floor {short(sum(floors) * 1e6)} us: multiply-adds {short(compute * 1e6)}, memory {short(memory * 1e6)}")
    if own:
        print(f"tinynn: share of the floor {sum(floors) / own.median:.1%}; by the least time "
              f"{sum(floors) / own.least:.1%}")
        others = [row for row in result.rows if row is not own and row.seconds]
        compared(own, "the best rival", [row for row in others if row.engine != LIMIT])
        compared(own, "a person's C", [row for row in others if row.engine == LIMIT])
    sys.stdout.flush()


def cells(row, own):
    """A line of the table."""
    times = "".join(f"{short(t * 1e6):>11}" for t in (row.median, row.least, row.processor_least))
    ratio = f"{short(row.median / own.median)}x" if own else "-"
    sizes = " ".join(f"{m / 2**20:.0f}" for m in row.memory[:2] + row.memory[-1:] if m)
    return (f"{row.engine:17}{times}{ratio:>10}{row.first:10.2f}{row.check:11.6f}{(row.peak or 0) / 2**20:9.0f}"
            f"{sizes:>18}{'  FAILED: ' + row.failed if row.failed else ''}")


def compared(own, whom, rows):
    """Prints tinynn's speed as a multiple of the fastest of these, by each of the three times."""
    if rows:
        median, least, processor = (f"{short(ratio)} ({engine})" for ratio, engine in ratios(own, rows))
        print(f"speed to {whom}: {median}; by the least times {least}, by processor time {processor}")


def write(path, tables, threads):
    """A line for each job and engine."""
    with open(path, "w", newline="") as file:
        lines = csv.DictWriter(file, [*record(tables[0][0], Row("")), "threads", "floor_us"])
        lines.writeheader()
        for job, result, floors in tables:
            lines.writerows({**record(job, row), "threads": threads, "floor_us": sum(floors) * 1e6}
                            for row in result.ranked)


def record(job, row):
    """A row as a dict of plain numbers."""
    sizes = row.memory or [None]
    return {"job": job.name, "engine": row.engine, **figures(row), "first_s": row.first, "loss": row.check,
            "peak_bytes": row.peak, "rss_first": sizes[0], "rss_last": sizes[-1], "failed": row.failed}


def main():
    """Prints a table for each job; exits 1 if an engine failed or disagrees."""
    parser = harness.parser(__doc__, list(ENGINES))
    parser.set_defaults(rounds=5)
    parser.add_argument("--only", nargs="+", default=[name for name in jobs.JOBS if name != "W6-4096"],
                        choices=list(jobs.JOBS))
    parser.add_argument("--csv", metavar="FILE")
    options = harness.arguments(parser)
    threads = options.threads or tinynn.num_threads()
    tables, limits = [], {}
    for name in options.only:
        job = jobs.job(name)
        result = measure(job, options, quiet=bool(tables))
        limits = {key: max(value, limits.get(key, 0)) for key, value in peak.measure(threads).items()}
        tables.append((job, result, floor(job, limits, threads)))
        show(*tables[-1])
    if options.csv:
        write(options.csv, tables, threads)
    if any(row.failed for _, result, _ in tables for row in result.rows):
        sys.exit("an engine failed, or its loss is not the others'")


if __name__ == "__main__":
    main()
