"""Floor 8: whether two programs printed the same, but for rounding and for times."""

import math
import re

from tinynn.explain.text import number

COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
TIMES = re.compile(r"(?<![\w.])\d+(\.\d+)?(s|ms|us|µs)(/(step|epoch))?\b")
BAR = re.compile(r"\s*(\d+)/(\d+|Unknown)\s")
SAME, ROUNDED, NUMBERS, TEXT = range(4)     # how far two outputs are apart
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|\bnan\b|\binf\b", re.IGNORECASE)


def lines_of(text):
    """The lines of a text as they stand in the end: without colours, times and unfinished progress bars."""
    lines = []
    for line in COLOURS.sub("", text).split("\n"):
        pieces = [piece for piece in re.split("[\r\b]+", line) if piece.strip()] or [""]
        bar = BAR.match(pieces[-1])
        if bar is None or bar[1] == bar[2]:
            lines.append(TIMES.sub("(time)", pieces[-1]).rstrip())
    while lines and not lines[-1]:
        lines.pop()
    return lines


def compared(ours, theirs, tolerance):
    """Whether two outputs agree.

    Args:
        ours, theirs: texts.
        tolerance: the relative difference that numbers with a decimal point or exponent may have; one unit of the
            last digit that is printed is always allowed.

    Returns:
        (SAME, ROUNDED, NUMBERS or TEXT; what to say: one line, or three that show where they differ).
    """
    if ours == theirs:
        return SAME, ["the same, character by character" if ours else "none"]
    mine, other = lines_of(ours), lines_of(theirs)
    apart, kind, said = 0.0, SAME, None
    for i in range(max(len(mine), len(other))):
        a, b = (lines[i] if i < len(lines) else "(no such line)" for lines in (mine, other))
        far = distance(a, b, tolerance)
        if far is None or far == math.inf:
            said = said or [f"line {i + 1} differs", a, b]
            kind = max(kind, TEXT if far is None else NUMBERS)
        else:
            apart = max(apart, far)
    if said:
        return kind, said
    if not apart:
        return SAME, ["the same, but for times and blanks"]
    return ROUNDED, [f"the same but for rounding: numbers differ by at most {number(apart, 2)}"]


def distance(a, b, tolerance):
    """The largest difference of numbers of two lines: inf where it is not rounding, None where the text differs."""
    if words(a) != words(b):
        return None
    largest = 0.0
    for x, y in zip(NUMBER.findall(a), NUMBER.findall(b), strict=True):
        if x == y:
            continue
        exact = all(re.fullmatch(r"[-+]?\d+", t) for t in (x, y))
        p, q = float(x), float(y)
        allowed = tolerance * max(abs(p), abs(q)) + 1.01 * max(unit(x), unit(y))
        largest = max(largest, abs(p - q) if not exact and abs(p - q) <= allowed else math.inf)
    return largest


def words(line):
    """A line with # for its numbers and one blank for many, and none where brackets and signs may have some."""
    return re.sub(r"\s+", " ", re.sub(r"\s*#\s*", "#", NUMBER.sub("#", line))).strip()


def unit(text):
    """What one unit of the last digit of a printed number is worth."""
    digits, _, power = text.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    return 10.0 ** (int(power or 0) - decimals) if digits[-1:].isdigit() or digits.endswith(".") else 0.0
