"""Floor 8: what the runs of one side took."""

import itertools
import statistics

from tinynn.explain.text import memory, number, seconds

KINDS = {           # what is shown: its name, how a value of it is written
    "wall": ("whole process", seconds),
    "import_seconds": ("imports of the engine", seconds),
    "first_step": ("first step done after", seconds),
    "step": ("a later step", seconds),
    "epoch": ("an epoch", seconds),
    "memory": ("most memory", memory),
}


def measured(results):
    """{kind: [value per run]} of runs; a kind that a program does not have is left out."""
    rows = [{**{kind: result.get(kind) for kind in KINDS}, **rates(result["trainings"])} for result in results]
    columns = {kind: [row[kind] for row in rows if row[kind] is not None] for kind in KINDS}
    return {kind: values for kind, values in columns.items() if values}


def rates(trainings):
    """Seconds per step and per epoch over all trainings of a run; None where there are none."""
    counts = [(steps_of(training), epochs_of(training)) for training in trainings]
    per_step = [step_seconds(training) for training in trainings]
    known = [(s, n, e) for s, (n, e) in zip(per_step, counts, strict=True) if s is not None]
    steps, epochs = sum(n for _, n, _ in known), sum(e or 0 for _, _, e in known)
    total, within = sum(s * n for s, n, _ in known), sum(s * n for s, n, e in known if e)
    return {"step": total / steps if steps else None, "epoch": within / epochs if epochs else None}


def step_seconds(training):
    """Seconds of a step, the first one, which compiles or records, left out: the mean of a `fit`, the median of a
    loop; None where there is only one."""
    if training["kind"] == "loop":
        times = training["times"]
        return statistics.median(b - a for a, b in itertools.pairwise(times)) if len(times) > 1 else None
    begin, first = training["begin"], training["first"]
    steps = training["steps"] - (first is not None)
    return (training["end"] - (begin if first is None else first)) / steps if steps > 0 else None


def steps_of(training):
    """How many steps were made."""
    return len(training["times"]) if training["kind"] == "loop" else training["steps"]


def epochs_of(training):
    """How many epochs; None for a loop without a dataset."""
    return len(groups(training)) or None if training["kind"] == "loop" else training["epochs"]


def groups(training):
    """The epochs of a loop as ranges of its steps: each begins where its dataset does."""
    ends = [*training["passes"][1:], steps_of(training)] if training["passes"] else []
    ranges = [range(a, b) for a, b in zip(training["passes"], ends, strict=True)]
    return [steps for steps in ranges if steps]


def shown(kind, values):
    """The median of a kind, and where there are several runs the least and the most."""
    write = KINDS[kind][1]
    middle = write(statistics.median(values))
    return f"{middle} ({write(min(values))} to {write(max(values))})" if len(values) > 1 else middle


def ratio(ours, theirs, kind):
    """How many times as much the other side took, by the medians; nothing where one has no such value."""
    if kind not in ours or kind not in theirs or not statistics.median(ours[kind]):
        return ""
    times = statistics.median(theirs[kind]) / statistics.median(ours[kind])
    return f"{times:,.0f}x" if times >= 100 else f"{number(times, 3)}x"
