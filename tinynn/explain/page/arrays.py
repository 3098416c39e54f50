"""Floor 6: arrays as the page shows them: tables of their first rows and columns, and how strong each number is."""

from dataclasses import dataclass

import numpy as np

from tinynn.explain import text

WHOLE = 12, 10      # an array of at most so many rows has all of them shown, and likewise its columns
FEW = 6             # of more, so many are


@dataclass
class View:
    """A table over an array: all axes but the last lie in its rows.

    Attributes:
        values: the array.
        rows, columns: how many of each are shown.
    """

    values: np.ndarray
    rows: int
    columns: int

    @classmethod
    def of(cls, values):
        """The table that shows as much as there is room for."""
        values = np.asarray(values)
        height, width = _extents(values)
        return cls(values, height if height <= WHOLE[0] else FEW, width if width <= WHOLE[1] else FEW)

    @property
    def whole(self):
        """Whether every entry is shown."""
        return (self.rows, self.columns) == _extents(self.values)

    @property
    def cells(self):
        """The entries that are shown, as places in the flat array."""
        width = _extents(self.values)[1]
        return [r * width + c for r in range(self.rows) for c in range(self.columns)]

    def place(self, cell):
        """The index of an entry, a tuple."""
        return tuple([int(i) for i in np.unravel_index(cell, self.values.shape)])

    def json(self):
        """Shape, extent and texts of the table; `heat` is each number in percent of the largest magnitude, None where
        it is not finite; `facts` stand for what is not shown."""
        cells = self.cells
        shown = self.values.reshape(-1)[cells]
        described = {"shape": list(self.values.shape), "rows": self.rows, "columns": self.columns,
                     "text": [text.number(x) for x in shown], "heat": _heat(shown, self.values)}
        return described if self.whole else {**described, "facts": text.facts(self.values)}


def _extents(values):
    """(rows, columns) of the table that would show all."""
    width = values.shape[-1] if values.ndim else 1
    return int(np.prod(values.shape[:-1])), width


def _heat(shown, values):
    if values.dtype.kind not in "fiu" or not values.size:
        return [0] * len(shown)
    finite = values[np.isfinite(values)].astype("float64")
    scale = np.abs(finite).max(initial=0) or 1
    return [round(100 * float(x) / scale) if np.isfinite(x) else None for x in shown]


class Arrays:
    """The arrays of a page, each once.

    Attributes:
        views: a View for each.
    """

    def __init__(self):
        self.views, self.known, self.kept = [], {}, []

    def add(self, tensor):
        """The number of a tensor's view; None for no tensor."""
        if tensor is None:
            return None
        if id(tensor) not in self.known:
            self.known[id(tensor)] = len(self.views)
            self.kept.append(tensor)        # so that no other tensor gets its id
            self.views.append(View.of(tensor))
        return self.known[id(tensor)]
