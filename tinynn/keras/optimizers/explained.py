"""Floor 7: an update of a variable as numbers."""

import inspect
from dataclasses import dataclass, field
from math import ceil, log10

import numpy as np

from tinynn.autodiff.variable import Variable
from tinynn.explain.text import number
from tinynn.keras.optimizers.rules import at
from tinynn.keras.optimizers.schedules import LearningRateSchedule
from tinynn.keras.optimizers.update_text import significant, text_of

DIGITS = 6      # significant ones in a formula with its numbers


def exact(x):
    """The values in float64."""
    return np.asarray(x).astype("float64")


def path_of(variable):
    """A variable's path, or its name."""
    return str(getattr(variable, "path", variable.name)).split(":")[0]


@dataclass
class Line:
    """A formula with the numbers of an entry.

    Attributes:
        meaning: what it is, in English.
        symbol, formula: `symbol <- formula`, or `symbol = formula` for a value on the way.
        numbers: the formula with numbers for names, and what it gives; "?" for what is not known.
        before, value: of the symbol; None where not known, and before a value on the way.
    """

    meaning: str
    symbol: str
    keeps: bool
    formula: str
    numbers: str
    before: float | None
    value: float | None


@dataclass
class Explained:
    """An update of a variable with the numbers of one entry; `str()` is the text.

    Attributes:
        optimizer, variable, shape, dtype: whose update; the class's name and the variable's path.
        when: "last" or "next".
        step: the number of the update, from 1 on.
        entry: the indices of the entry.
        gradient: of the entry, as it was given to the optimizer.
        learning_rate: at this update.
        lines: Lines, in the order of the computation.
        before, after: the weight.
        slots: {symbol: (before, after)} of the optimizer's state; {name: ...} where there are no formulas.
        float64, kernel: {symbol: value} after the update, by the formulas in float64 and by the optimizer's own step.
        difference: by how much the weights differ at most from those by the formulas, over all entries.
        agrees: whether rounding explains all differences, in weights and state.
        step_norm, weight_norm: of the change of the whole variable, and of its values before.

    What is not known is None.
    """

    optimizer: str
    variable: str
    shape: tuple
    dtype: str
    when: str
    step: int
    entry: tuple
    gradient: float | None
    learning_rate: float
    lines: list
    before: float | None
    after: float | None
    slots: dict
    float64: dict | None = None
    kernel: dict | None = None
    difference: float | None = None
    agrees: bool | None = None
    step_norm: float | None = None
    weight_norm: float | None = None
    chosen: str = ""        # how the entry was chosen, as in ", which moves most"
    schedule: str = ""      # the call that gives the learning rate
    rule: str = ""          # of a docstring, where there are no formulas
    notes: list = field(default_factory=list)
    lang: str = "en"

    @property
    def values(self):
        """{symbol: its last value} of the lines."""
        return {line.symbol: line.value for line in self.lines}

    def __str__(self):
        return text_of(self)

    @classmethod
    def of(cls, case, entry, lang):
        """The explanation of a Case of `explaining.py`."""
        start, end = case.values.get("w"), case.after.get("w", exact(case.twin))
        moved = None if start is None else end - start
        chosen = "" if entry is not None else ", the largest" if moved is None else ", which moves most"
        entry = _entry(entry, case.variable, end if moved is None else moved)
        pick = lambda values, symbol: float(at(values[symbol], entry)) if symbol in values else None
        made = cls(
            type(case.optimizer).__name__, path_of(case.variable), tuple(case.variable.shape),
            np.asarray(case.twin).dtype.name, case.when, case.step, entry, pick(case.values, "g"), case.values["r"],
            _lines(case, entry, pick), pick(case.values, "w"), pick(case.after, "w"),
            {s: (pick(case.values, s), pick(case.after, s)) for s in case.slots},
            chosen=chosen, schedule=_schedule(case), rule="" if case.rule else _doc(case.optimizer), notes=case.notes,
            lang=lang)
        if moved is not None:
            made.step_norm, made.weight_norm = float(np.linalg.norm(moved)), float(np.linalg.norm(start))
        if case.float64 is not None:
            made.float64, made.kernel = ({s: pick(v, s) for s in case.after} for v in (case.float64, case.kernel))
            made.difference, made.agrees = _difference(case)
        return made


def _entry(entry, variable, sizes):
    """The indices of an entry that was asked for, or of the largest."""
    shape = tuple(variable.shape)
    if entry is None:
        return tuple(int(i) for i in np.unravel_index(np.argmax(np.abs(sizes)), shape))
    given = tuple(entry) if isinstance(entry, (tuple, list)) else (entry,)
    if len(given) != len(shape) or not all(-n <= i < n for i, n in zip(given, shape, strict=True)):
        raise IndexError(f"{path_of(variable)} of shape {shape} has no entry {given}: give an index for each axis, as "
                         f"in entry={tuple(n - 1 for n in shape)} for the last")
    return tuple(int(i) % n for i, n in zip(given, shape, strict=True))


def _lines(case, entry, pick):
    """The formulas with the numbers of an entry; of the weight as many digits as show the step."""
    before, after = pick(case.values, "w"), pick(case.after, "w")
    digits, most = DIGITS, significant(np.asarray(case.twin).dtype)
    if before and before != after and np.isfinite(before - after):
        digits = min(max(digits, ceil(log10(abs(before / (before - after)))) + 3), most)
    lines = []
    for formula, given, value in case.done:
        value = None if value is None else float(at(value, entry))
        shown = digits if formula.symbol == "w" else DIGITS
        numbers = f"{formula.with_numbers(given, entry, shown)} = {'?' if value is None else number(value, shown)}"
        lines.append(Line(formula.meaning, formula.symbol, formula.keeps, formula.text, numbers,
                          pick(given, formula.symbol) if formula.keeps else None, value))
    return lines


def _difference(case):
    """The largest difference in w from the formulas in float64, and whether rounding explains all differences."""
    eps, agrees, largest = np.finfo(np.asarray(case.twin).dtype).eps, True, 0.0
    for symbol, a in case.float64.items():
        for b in [end[symbol] for end in (case.kernel, case.after) if symbol in end]:
            before, apart = case.values[symbol], np.abs(a - b)
            allowed = 4 * eps * np.maximum(np.abs(before), np.abs(a)) + eps**0.5 * np.abs(a - before)
            agrees = agrees and bool(np.all((apart <= allowed) | (a == b) | (np.isnan(a) & np.isnan(b))))
            largest = max(largest, float(np.max(apart))) if symbol == "w" else largest
    return largest, agrees


def _schedule(case):
    """The call that makes the learning rate; "" where a Variable holds it."""
    rate = case.optimizer._learning_rate
    if isinstance(rate, Variable):
        return ""
    if not isinstance(rate, LearningRateSchedule):
        return f"{getattr(rate, '__name__', type(rate).__name__)}()"
    given = {name: getattr(rate, name) for name in rate.arguments if name != "name"}
    shown = ", ".join(f"{name}={value}" for name, value in given.items() if value not in (None, False, 0))
    return f"{type(rate).__name__}({shown})({case.rate_at})"


def _doc(optimizer):
    """The first paragraph of the docstring of an optimizer's class."""
    return " ".join((inspect.cleandoc(type(optimizer).__doc__ or "").split("\n\n")[0]).split())
