"""Floor 7: the formulas of an update as text: computed in float64, shown with their numbers, and worked backwards."""

import re
from dataclasses import dataclass, field

import numpy as np

from tinynn.explain.text import number

FUNCTIONS = {"sqrt": np.sqrt, "abs": np.abs, "sign": np.sign, "max": np.maximum, "min": np.minimum}
_LINE = re.compile(r"(\w+) (<-|=) (.+?)(?:  +(.+))?")
_NAME = re.compile(r"[A-Za-z_]\w*")


class Formula:
    """A line of a rule: `v <- momentum * v - r * g  velocity`.

    `<-` changes what the optimizer keeps, `=` names a value on the way; ^ is a power. What follows two blanks says what
    it is.
    """

    def __init__(self, line):
        self.symbol, sign, self.text, self.meaning = _LINE.fullmatch(line.strip()).groups("")
        self.keeps = sign == "<-"
        self.code = compile(self.text.replace("^", "**"), f"<{line.strip()}>", "eval")
        self.names = set(self.code.co_names) - FUNCTIONS.keys()

    def __call__(self, values):
        """What it gives for {name: value}; None where one is missing."""
        if not self.names <= values.keys():
            return None
        return eval(self.code, {"__builtins__": {}, **FUNCTIONS}, values)

    def with_numbers(self, values, entry, digits):
        """The text with the numbers of an entry in place of the names; ? where one is missing."""

        def put(match):
            name = match[0]
            if name in FUNCTIONS or callable(values.get(name)):
                return name
            shown = number(at(values[name], entry), digits) if name in values else "?"
            first = not match.start() and not self.text[match.end():].startswith("^")
            return f"({shown})" if shown.startswith("-") and not first else shown

        return _NAME.sub(put, self.text)


@dataclass
class Rule:
    """An update as formulas, beside the code that computes it.

    Args:
        text: a Formula per line. w is the weight, g its gradient, r the learning rate, t the number of the step.
        slots: {symbol: a Variable of the state, or a list with one for each weight}.
        constants: {symbol: number}.
        of_slices: what takes the place of a part of a formula where the gradient is a sum of slices (see `slices.py`):
            q is the sum of their squares, z that of their sizes.
    """

    text: str
    slots: dict = field(default_factory=dict)
    constants: dict = field(default_factory=dict)
    of_slices: dict = field(default_factory=lambda: {"g^2": "q", "abs(g)": "z"})

    def formulas(self, sliced=False):
        """The lines, those for a sum of slices where it is one."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        return [Formula(self._of_slices(line) if sliced else line) for line in lines]

    def _of_slices(self, line):
        formula, blanks, meaning = line.partition("  ")
        for part, other in self.of_slices.items():
            formula = formula.replace(part, other)
        return formula + blanks + meaning


def at(values, entry):
    """The entry of an array, or the number itself."""
    return values[entry] if np.ndim(values) else values


def run(formulas, values, held=()):
    """What formulas give, one after the other.

    Args:
        formulas: Formulas.
        values: {symbol: number or float64 array}; a name that is missing makes what needs it unknown.
        held: {symbol: value} known from elsewhere; the last formula for the symbol gives that.

    Returns:
        [(formula, values before it, its value or None)], and all values at the end.
    """
    values, done = dict(values), []
    last = {formula.symbol: formula for formula in formulas}
    for formula in formulas:
        given = dict(values)
        known = formula.symbol in held and last[formula.symbol] is formula
        value = held[formula.symbol] if known else formula(values)
        if value is None:
            values.pop(formula.symbol, None)
        else:
            values[formula.symbol] = value
        done.append((formula, given, value))
    return done, values


def value_before(formulas, values, after, symbol, precision):
    """What `symbol` was before an update that left `after`; None where that cannot be told.

    A rule is, as a function of one kept value, mostly a straight line: what it gives for 0, 1 and 2 tells which.

    Args:
        formulas, values: as for `run`; without `symbol`.
        after: {symbol: value} after the update.
        symbol: which value is wanted.
        precision: the relative rounding error of the values after.
    """
    held = {name: value for name, value in after.items() if name not in (symbol, "w")}
    shape = np.shape(after[symbol])

    def end(start):
        return run(formulas, {**values, symbol: start}, held)[1].get(symbol)

    ends = [end(np.full(shape, start)) for start in (0.0, 1.0, 2.0)]
    if any(value is None for value in ends):
        return None
    zero, slope = ends[0], ends[1] - ends[0]
    error = precision * (np.abs(after[symbol]) + np.abs(zero))
    start = _sure((after[symbol] - zero) / slope, error / np.abs(slope))
    right = np.abs(end(start) - after[symbol]) <= 8 * error
    straight = np.abs(ends[2] - ends[1] - slope) <= 1e-9 * (np.abs(ends[2]) + np.abs(zero))
    return start if np.all(right & straight & (slope != 0)) else None


def _sure(x, error):
    """x without the digits that an error of this size makes meaningless; 0 where it is nothing but error."""
    unit = 10.0 ** np.floor(np.log10(error))
    return np.where(np.abs(x) <= 4 * error, 0.0, np.where(error > 0, np.round(x / unit) * unit, x))
