"""Floor 6: gradients held against measurement, and what a step does to the loss; both by running the trace again.

Central differences (f(x + h) - f(x - h)) / 2h, as in Nocedal and Wright: Numerical Optimization (2006), 8.1. Everything
is computed in float64, so that what is left over is the error of the gradient and not that of the measurement.
"""

from dataclasses import dataclass

import numpy as np

from tinynn.autodiff.bind import silence
from tinynn.autodiff.tensor import convert
from tinynn.explain import text
from tinynn.explain.trace import Node

H = 1e-5                # the step of a difference, for numbers around 1
RELATIVE = 2e-3         # how far float32 gradients may be off
KINK = 1e-2             # how far the slopes to both sides may differ, as a share


@dataclass(frozen=True)
class Check:
    """One entry of a gradient beside its central difference.

    Attributes:
        node, place: which entry of what.
        gradient: as the walk back found it.
        measured: the central difference, in float64.
        agrees: whether they are the same within the rounding of the gradient's type.
        kink: whether the slopes to both sides differ, so that there is no derivative to measure.
    """

    node: Node
    place: tuple
    gradient: float
    measured: float
    agrees: bool
    kink: bool


class Again:
    """A trace that can be run again in float64, with other values for one of its nodes.

    Raises:
        LookupError: the tape let go of a value that is needed; the message names it.
    """

    def __init__(self, trace):
        self.trace = trace
        self.values = {}
        lost = [node.name for node in trace.nodes if node.maker is None and node.tensor is None]
        if lost:
            raise LookupError(", ".join(lost))
        for node in trace.nodes:
            if node.maker is None:
                self.values[node] = _exact(node.tensor)
        self._run(trace.steps, self.values)

    def target(self, changed=None):
        """The target, summed; with {node: array} for the values of some nodes."""
        values = self.values
        if changed:
            values = {**values, **{node: _exact(convert(array)) for node, array in changed.items()}}
            touched, steps = set(changed), []
            for step in self.trace.steps:
                if not touched.isdisjoint(step.inputs):
                    steps.append(step)
                    touched.update(node for node in step.outputs if node not in changed)
            self._run(steps, values, fixed=changed)
        return float(np.sum(np.asarray(values[self.trace.target])))

    def array(self, node):
        """The float64 value of a node, to be changed."""
        return np.array(self.values[node])

    @staticmethod
    def _run(steps, values, fixed=()):
        for step in steps:
            made = step.run([values[node] for node in step.inputs], exact=True)
            values.update((n, v) for n, v in zip(step.outputs, made, strict=True) if n not in fixed)


def check(again, node, place):
    """The Check of one entry."""
    array = again.array(node)
    h = H * max(1.0, abs(float(array[place])))
    sides = []
    for by in (h, -h):
        moved = array.copy()
        moved[place] += by
        sides.append(again.target({node: moved}))
    (above, below), here = sides, again.target()
    measured = (above - below) / (2 * h)
    right, left = (above - here) / h, (here - below) / h
    gradient = 0.0 if node.slope is None else float(node.slope[place])
    scale = max(abs(measured), 1e-3 * float(np.max(np.abs(node.slope))) if node.slope is not None else 0.0, 1e-9)
    kink = abs(right - left) > KINK * max(abs(right), abs(left), 1e-6)
    return Check(node, place, gradient, measured, bool(abs(gradient - measured) <= RELATIVE * scale), kink)


def checks(trace, count=3, inner=True):
    """Checks of the `count` largest entries of each source, and of the largest one of what lies between.

    Returns:
        A list of Checks; empty where the tape let go of a value that is needed.
    """
    try:
        again = Again(trace)
    except LookupError:
        return []
    found = []
    for node in trace.nodes:
        if node.slope is None or node is trace.target or not (node.source or inner) or not np.size(node.slope):
            continue
        for flat in text.largest(node.slope, count if node.source else 1):
            place = tuple([int(i) for i in np.unravel_index(int(flat), node.shape)])
            found.append(check(again, node, place))
    return found


@dataclass(frozen=True)
class Descent:
    """What a step `x <- x - rate gradient` of all sources does to the target.

    Attributes:
        rate: the learning rate.
        before: the target now.
        predicted: before - rate Σ gradient², the linear forecast.
        after: the target after the step, computed in float64; None where the tape let go of a value.
        values: {node: the source after the step}.
    """

    rate: float
    before: float
    predicted: float
    after: float | None
    values: dict


def descent(trace, rate):
    """The Descent of a trace at a learning rate."""
    slopes = {node: node.slope.astype("float64") for node in trace.sources if node.slope is not None}
    before = float(np.sum(trace.target.value, dtype="float64"))
    square = sum(float((slope * slope).sum()) for slope in slopes.values())
    values = {node: node.value.astype("float64") - rate * slope for node, slope in slopes.items()}
    try:
        after = Again(trace).target(values)
    except LookupError:
        after = None
    return Descent(rate, before, before - rate * square, after, values)


def _exact(tensor):
    """The tensor in float64, where it is of floating-point numbers."""
    with silence():
        array = np.asarray(tensor)
        return convert(array.astype("float64")) if array.dtype.kind == "f" else tensor

