"""Floor 6: where the numbers of a step come from: the products that an entry is the sum of, written out.

A derivative says which entries a number depends on. Where the sum of derivative times entry is the number itself, as in
a product of matrices or a mean, it is shown so; an elementwise op is shown by the entries that go into its formula.
"""

from dataclasses import dataclass

import numpy as np

from tinynn.explain import text
from tinynn.explain.entries import column, row

TERMS = 8           # of more terms than these, the largest are listed, and the others in one sum
COST = 10000        # derivatives that a page may ask for, each counted once and once more per `BULK` entries
BULK = 4000


@dataclass
class Purse:
    """What may still be spent on derivatives."""

    left: float = COST

    def pays(self, cells, size):
        """Whether there is enough for the derivatives of so many cells over arrays of so many entries."""
        cost = cells * (1 + size / BULK)
        if cost > self.left:
            return False
        self.left -= cost
        return True


def forward(step, views, purse):
    """Where a step's outputs come from.

    Args:
        step: the Step.
        views: a View of each output.
        purse: what may be spent.

    Returns:
        {"kind": ..., "cells": {"output:cell": [[input, cell, value, ...], ...]}}. The kind "entries" lists what goes
        into the formula, "products" what is added up, [input, cell, value, derivative, product], and "depends" all
        entries that a small change would pass on. "products" also has "also", by output and cell as well: the [input,
        cell] that the derivatives come from. None where this would cost too much, or a value is not known.
    """
    if any(node.tensor is None for node in step.inputs):
        return None
    if len(step.outputs) == 1 and _elementwise(step):
        return _entries(step, views[0])
    size = sum(node.value.size for node in (*step.inputs, *step.outputs))
    if not purse.pays(sum(len(view.cells) for view in views), size):
        return None
    rows = {(k, cell): row(step, view.place(cell), k) for k, view in enumerate(views) for cell in view.cells}
    values = [node.value.reshape(-1) for node in step.inputs]
    taken = _summing(values, rows, views)
    every = [k for k in range(len(values)) if all(local[k] is not None for local in rows.values())]
    listed = {f"{k}:{cell}": _listed([(i, values[i], local[i]) for i in taken or every])
              for (k, cell), local in rows.items()}
    if taken:
        return {"kind": "products", "cells": listed,
                "also": {key: _also(rows[place], taken) for key, place in zip(listed, rows, strict=True)}}
    return {"kind": "depends", "cells": {key: [term[:3] for term in terms] for key, terms in listed.items()}}


def _also(local, taken):
    """The entries of the other inputs that a number depends on: the factors, where the op is a product of two."""
    return [[k, int(cell)] for k, slopes in enumerate(local) if k not in taken and slopes is not None
            for cell in np.flatnonzero(slopes)[:2 * TERMS]]


def _elementwise(step):
    return all(step.op.is_elementwise(node.tensor.dtype) for node in step.inputs)


def _entries(step, view):
    shape, cells = view.values.shape, {}
    for k, node in enumerate(step.inputs):
        value = node.value
        from_cell = np.broadcast_to(np.arange(value.size).reshape(value.shape), shape).reshape(-1)
        for cell in view.cells:
            source = int(from_cell[cell])
            cells.setdefault(f"0:{cell}", []).append([k, source, text.number(value.reshape(-1)[source])])
    return {"kind": "entries", "cells": cells}


def _summing(values, rows, views):
    """The inputs that are added up: one of them, or all; None where the derivatives do not add up to the outputs."""
    for taken in (*([k] for k in range(len(values))), list(range(len(values)))):
        if rows and all(all(local[k] is not None and local[k].any() for k in taken) and
                        _adds_up([(values[k], local[k]) for k in taken], views[out].values.reshape(-1)[cell])
                        for (out, cell), local in rows.items()):
            return taken
    return None


def _adds_up(pairs, total):
    """Whether a sum of products is, but for rounding, a number."""
    rounding = max(1e-4, 8 * np.finfo(total.dtype).eps)
    with np.errstate(all="ignore"):
        products = np.concatenate([a.reshape(-1).astype("float64") * b.reshape(-1).astype("float64") for a, b in pairs])
        return bool(abs(products.sum() - float(total)) <= rounding * np.abs(products).sum() + 1e-30)


def backward(pull, view, purse):
    """Where the gradient that a pull gives comes from.

    Args:
        pull: the Pull.
        view: the View of what it gives.
        purse: what may be spent.

    Returns:
        {cell: [[output, cell, upstream, local, product], ...]}, or why there is none: "large", or "rule" where the
        rule does not say, as one that leaves the tape.
    """
    arriving = [np.asarray(g) for g in pull.arrivals]
    if not purse.pays(len(view.cells), view.values.size + sum(g.size for g in arriving)):
        return "large"
    if view.values.dtype.kind == "c":
        return "rule"
    found = {}
    for cell in view.cells:
        local = column(pull, view.place(cell))
        given = view.values.reshape(-1)[cell]
        if np.isfinite(given) and not _adds_up(list(zip(arriving, local, strict=True)), given):
            return "rule"
        found[cell] = _listed([(k, g.reshape(-1), d) for k, (g, d) in enumerate(zip(arriving, local, strict=True))])
    return found


def _listed(groups):
    """The products of values and derivatives that are not 0, as texts; at the end [how many, their sum] of the rest."""
    terms = []
    for which, values, local in groups:
        local = local.reshape(-1)
        for cell in np.flatnonzero(local):
            terms.append((which, int(cell), values[cell].item(), local[cell].item()))
    with np.errstate(all="ignore"):
        largest = sorted(range(len(terms)), key=lambda i: -abs(terms[i][2] * terms[i][3]))
    kept = sorted(largest[:TERMS]) if len(terms) > TERMS + 1 else range(len(terms))
    listed = [[k, cell, text.number(a), text.number(b), text.number(a * b)] for k, cell, a, b in
              (terms[i] for i in kept)]
    rest = [terms[i] for i in largest[TERMS:]] if len(terms) > TERMS + 1 else []
    return listed + ([[len(rest), text.number(sum(a * b for _, _, a, b in rest))]] if rest else [])


def clearest(table):
    """Of the cells of {key: (number, terms)} the one to guess: a number that is not 0, of few and short factors.

    Returns:
        The key, or None where no number is finite.
    """
    def effort(item):
        number, terms = item[1]
        factors = [factor for term in terms for factor in term[2:4] if len(term) > 2]
        return (number == "0", not 1 <= len(terms) <= 4, len(number) + sum(map(len, factors)))

    finite = [item for item in table.items() if item[1][0].lstrip("-") not in ("nan", "inf", "True", "False")]
    return min(finite, key=effort)[0] if finite else None
