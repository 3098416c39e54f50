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
    if text.isascii():
        return len(text)
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
    blanks = len(text) - len(text.lstrip(" "))
    lines, line = [], " " * blanks
    indent = line + indent
    for word in text[blanks:].split(" "):
        if line.strip() and width(line) + 1 + width(word) > columns:
            lines.append(line)
            line = indent + word
        else:
            line = f"{line} {word}" if line.strip() else line + word
    return [*lines, line]


def table(rows, gap=2, right=()):
    """Rows of cells as lines, the columns aligned.

    Args:
        rows: lists of strings; shorter ones leave their last cells away, and one alone makes no column wider.
        gap: blanks between columns.
        right: numbers of the columns that are aligned to the right.
    """
    rows = [[str(cell) for cell in row] for row in rows]
    count = max((len(row) for row in rows), default=0)
    widths = [max((width(row[i]) for row in rows if len(row) > max(i, 1)), default=0) for i in range(count)]
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


def facts(values):
    """What is told of a large array, as a dict: mean, norm, min, max, `largest` entries as (place, number), and `bad`,
    how many are not finite. Only `bad` where the array is empty or holds no numbers."""
    values = np.asarray(values)
    if values.dtype.kind not in "fiub" or not values.size:
        return {"bad": 0}
    exact = values.reshape(-1).astype("float64")
    with np.errstate(all="ignore"):     # of inf and nan
        found = {"mean": exact.mean(), "norm": np.sqrt((exact * exact).sum()), "min": exact.min(), "max": exact.max()}
    order = largest(exact)
    return {**{name: number(x) for name, x in found.items()},
            "largest": [(index(i, values.shape), number(exact[i])) for i in order],
            "bad": int(exact.size - np.isfinite(exact).sum())}


def largest(values, count=LARGEST):
    """The places in the flat array of the largest magnitudes, the largest first and of equal ones the first first; nan
    comes last."""
    magnitudes = np.abs(np.asarray(values).reshape(-1))
    places = np.arange(magnitudes.size)
    if magnitudes.size > count:
        least = -np.partition(-magnitudes, count - 1)[count - 1]
        places = places if np.isnan(least) else np.flatnonzero(magnitudes >= least)
    return places[np.argsort(-magnitudes[places], kind="stable")][:count]


def summary(values):
    """A large array in one line: its mean, norm, least and largest entries, and where the largest magnitudes are."""
    found = facts(values)
    if "mean" not in found:
        return f"{np.size(values)} x {np.asarray(values).dtype}"
    if found["min"] == found["max"] and not found["bad"]:
        return f"all {found['min']}"
    parts = [f"{name} {found[name]}" for name in ("mean", "norm", "min", "max")]
    greatest = ", ".join(f"{place.replace(' ', '')} {value}" for place, value in found["largest"])
    return ", ".join(parts) + f"; largest {greatest}" + (f"; {found['bad']} not finite" if found["bad"] else "")


def array(values):
    """An array in one line: whole where it is small, otherwise as a summary. Its shape is for the caller to say."""
    values = np.asarray(values)
    return nested(values) if values.size <= SMALL else summary(values)


def block(values):
    """An array as lines: a small matrix row below row, its numbers aligned; anything else in one line, by `array`."""
    values = np.asarray(values)
    if values.ndim < 2 or not 0 < values.size <= SMALL:
        return [array(values)]
    columns = max(len(number(x)) for x in values.reshape(-1))
    return np.array2string(values, separator=", ", max_line_width=WIDTH * 2,
                           formatter={"all": lambda x: number(x).rjust(columns)}).split("\n")


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
