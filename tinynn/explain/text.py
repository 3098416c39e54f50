"""Floor 6: numbers, arrays and tables as text for a terminal of 100 columns.

A Korean letter is two columns wide: lengths are counted in columns, not in characters.
"""

import unicodedata

import numpy as np

WIDTH = 100         # columns of a terminal that everything fits
SMALL = 24          # arrays of at most so many entries are shown whole
LARGEST = 3         # of the others, so many of the largest entries are shown


def width(text):
    """The columns that a line of text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text, columns, right=False):
    """The text, filled with blanks to a width; with `right` the blanks come first."""
    blanks = " " * max(0, columns - width(text))
    return blanks + text if right else text + blanks


def cut(text, columns):
    """The text, or its beginning and "..." where it is wider than that."""
    if width(text) <= columns:
        return text
    while width(text) > columns - 3:
        text = text[:-1]
    return text.rstrip() + "..."


def fold(text, columns=WIDTH, indent=""):
    """The text as lines of at most so many columns, broken at blanks; later lines begin with `indent`."""
    lines, line = [], ""
    for word in text.split(" "):
        if line.strip() and width(line) + 1 + width(word) > columns:
            lines.append(line)
            line = indent + word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def table(rows, gap=2, right=()):
    """Rows of cells as lines, the columns aligned.

    Args:
        rows: lists of strings; shorter ones leave their last cells away.
        gap: blanks between columns.
        right: numbers of the columns that are aligned to the right.
    """
    rows = [[str(cell) for cell in row] for row in rows]
    count = max((len(row) for row in rows), default=0)
    widths = [max((width(row[i]) for row in rows if len(row) > i), default=0) for i in range(count)]
    return [(" " * gap).join(pad(cell, widths[i], i in right) for i, cell in enumerate(row)).rstrip() for row in rows]


def number(x, digits=4):
    """A number with so many significant digits: 0.1235, 12.5, 1.235e-05, 3, nan."""
    if isinstance(x, (bool, np.bool_, str, bytes)):
        return str(x)
    if isinstance(x, (int, np.integer)):
        return str(int(x))
    if isinstance(x, (complex, np.complexfloating)):
        return f"{number(x.real, digits)}{'' if str(x.imag).startswith('-') else '+'}{number(x.imag, digits)}j"
    x = float(x)
    return "0" if x == 0 else f"{x:.{digits}g}"


def nested(values, digits=4):
    """An array in brackets: [[1, 2.5], [0, -3]]."""
    values = np.asarray(values)
    if values.ndim == 0:
        return number(values[()], digits)
    return f"[{', '.join(nested(v, digits) for v in values)}]"


def index(flat, shape):
    """The place of an entry as it is written in Python: [2, 3], or nothing for a scalar."""
    return str([int(i) for i in np.unravel_index(int(flat), shape)]) if len(shape) else ""


def summary(values):
    """A large array in one line: its mean, norm, least and largest entries, and where the largest magnitudes are."""
    flat = np.asarray(values).reshape(-1)
    if flat.dtype.kind not in "fiub":
        return f"{flat.size} x {flat.dtype}"
    exact = flat.astype("float64")
    parts = [f"mean {number(exact.mean())}", f"norm {number(np.sqrt((exact * exact).sum()))}",
             f"min {number(exact.min())}", f"max {number(exact.max())}"]
    order = np.argsort(-np.abs(exact), kind="stable")[:LARGEST]
    largest = ", ".join(f"{index(i, np.shape(values))} {number(exact[i])}" for i in order)
    bad = int(np.size(exact) - np.isfinite(exact).sum())
    return ", ".join(parts) + f"; largest {largest}" + (f"; {bad} not finite" if bad else "")


def array(values):
    """An array in one line: whole where it is small, otherwise as a summary. Its shape is for the caller to say."""
    values = np.asarray(values)
    return nested(values) if values.size <= SMALL else summary(values)


def seconds(duration):
    """A time in the unit that suits it: 12.3 s, 4.56 ms, 789 µs, 0 s."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if duration >= size:
            return f"{number(duration / size, 3)} {unit}"
    return f"{number(duration / 1e-9, 3)} ns" if duration > 0 else "0 s"


def memory(size):
    """Bytes as kB, MB or GB of 1,024 and its powers: 48.6 MB."""
    for unit, power in (("GB", 30), ("MB", 20), ("kB", 10)):
        if size >= 1 << power:
            return f"{size / (1 << power):.3g} {unit}"
    return f"{int(size)} bytes"
