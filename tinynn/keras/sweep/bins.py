"""Floor 7: the bins of a histogram, with limits that are short numbers."""

import math

import numpy as np

from tinynn.explain.text import number

MOST = 16           # bins; of few values, there are fewer
FACTORS = (1, 2, 5)     # limits are these, times a power of ten
FAR_APART = 1000    # where the largest value is so many times the least, bins grow with the values


def limits(values):
    """Ascending limits of the bins of some finite values; a value x is in the bin with low <= x < high.

    Returns:
        A list of floats, the first at or below the least value, the last above the largest.
    """
    low, high = float(np.min(values)), float(np.max(values))
    count = min(MOST, math.ceil(2 * math.sqrt(np.size(values))))
    if low > 0 and high >= FAR_APART * low:
        return _growing(low, high, count)
    return _even(low, high, count)


def written(edges):
    """The limits as text; where they are even and short, with equally many decimals."""
    step = edges[1] - edges[0]
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    even = math.isclose(edges[-1] - edges[-2], step, rel_tol=1e-6)
    if even and decimals <= 6 and max(map(abs, edges)) < 1e6:
        return [f"{edge:.{decimals}f}" for edge in edges]
    return [number(edge, 6) for edge in edges]


def _even(low, high, count):
    """Limits of about so many bins at the multiples of a step."""
    step = _at_least((high - low) / max(count - 1, 1) or abs(high) or 1.0)
    first = math.floor(low / step)
    count = math.floor(high / step) - first + 1
    return [(first + i) * step for i in range(count + 1)]


def _growing(low, high, count):
    """The same at 1, 2 and 5 times the powers of ten; where these are too many, at powers of ten alone."""
    first, last = math.floor(math.log10(low)), math.floor(math.log10(high)) + 1
    fine = [float(f"{f}e{e}") for e in range(first, last + 1) for f in FACTORS]
    fine = fine[max(sum(x <= low for x in fine) - 1, 0):sum(x <= high for x in fine) + 1]
    if len(fine) <= count + 1:
        return fine
    step = math.ceil((last - first) / count)
    return [float(f"1e{e}") for e in range(first, last + step, step)]


def _at_least(x):
    """The least of 1, 2 or 5 times a power of ten that is at least x."""
    power = 10.0 ** math.floor(math.log10(x))
    return next((f * power for f in FACTORS if f * power >= x), 10 * power)
