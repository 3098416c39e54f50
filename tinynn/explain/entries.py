"""Floor 6: why one number of a gradient has its value.

The gradient of an entry x[i] is a sum over the entries y[j] of everything that was computed from it:

    dL/dx[i] = Σ dL/dy[j] dy[j]/dx[i]           (the chain rule)

The first factor came back along the tape. The second, a column of the op's Jacobian, needs no code per op: a gradient
rule is linear in the gradient c that arrives, rule(c)[i] = Σ c[j] dy[j]/dx[i], so its own gradient by c is that column.
"""

from dataclasses import dataclass

import numpy as np

from tinynn.autodiff.bind import silence
from tinynn.autodiff.tape import GradientTape
from tinynn.explain import text
from tinynn.explain.trace import Node, Pull
from tinynn.ops.layout import identity


@dataclass(eq=False)
class Term:
    """One summand: `upstream` dL/dy[place], times `local` dy[place]/dx, where y is what the pull's step made."""

    pull: Pull
    node: Node
    place: tuple
    upstream: float
    local: float

    @property
    def product(self):
        """What it adds to the gradient."""
        return self.upstream * self.local


class Entry:
    """One entry of the gradient of a node, and the terms that it is the sum of.

    Attributes:
        node, place: which entry of what.
        value: its gradient, as the walk back found it.
        terms: the Terms, the largest first.
    """

    def __init__(self, trace, node, place):
        self.trace, self.node, self.place = trace, node, _checked(node, place)
        self.value = 0.0 if node.slope is None else node.slope[self.place].item()
        terms = [term for pull in trace.pulls if pull.node is node for term in _terms(pull, self.place)]
        self.terms = sorted(terms, key=lambda term: -abs(term.product))

    @property
    def name(self):
        """As in W[2, 3]."""
        return self.node.name + (str(list(self.place)) if self.place else "")

    @property
    def adds_up(self):
        """Whether the terms give the gradient; they do not where a rule computes outside of the tape, as in NumPy."""
        total = sum(term.product for term in self.terms)
        scale = sum(abs(term.product) for term in self.terms) + abs(self.value)
        return abs(total - self.value) <= 1e-4 * scale or not np.isfinite(scale)

    def because(self, term):
        """The entry that a term's upstream factor is, with terms of its own."""
        return Entry(self.trace, term.node, term.place)


def column(pull, place):
    """The derivatives of a step's outputs by one entry of an input: per output an array of its shape.

    Args:
        pull: the Pull that leads to the input.
        place: the entry's index.
    """
    with silence(), GradientTape(watch_accessed_variables=False) as tape:
        arriving = _own(pull.arrivals)
        tape.watch(arriving)
        given = pull.of(tuple(arriving) if isinstance(pull.arriving, tuple) else arriving[0])
        entry = given[place] if place else given
    return _slopes(tape, entry, arriving)


def row(step, place, output=0):
    """The derivatives of one entry of a step's output by its inputs: per input an array of its shape.

    Inputs of whole numbers or truth values have none: None stands for theirs.

    Args:
        step: the Step.
        place: the entry's index.
        output: which output.
    """
    with silence(), GradientTape(watch_accessed_variables=False) as tape:
        inputs = _own([node.tensor for node in step.inputs])
        sources = [x for x in inputs if x.dtype.is_floating]
        tape.watch(sources)
        made = step.op(*inputs, **step.attributes)
        made = made[output] if isinstance(made, tuple) else made
        entry = made[place] if place else made
    slopes = iter(_slopes(tape, entry, sources))
    return [next(slopes) if x.dtype.is_floating else None for x in inputs]


def _own(tensors):
    """The tensors as objects of their own: an op may read one tensor twice, and each reading has its derivative."""
    return [identity(x) for x in tensors]


def _slopes(tape, entry, sources):
    if not tape.follows(entry):
        return [np.zeros(x.extents, x.dtype.dtype) for x in sources]
    with silence():
        return [np.asarray(g) for g in tape.gradient(entry, sources, unconnected_gradients="zero")]


def _terms(pull, place):
    for node, g, local in zip(pull.step.outputs, pull.arrivals, column(pull, place), strict=True):
        for where in zip(*np.nonzero(np.atleast_1d(local)), strict=True):
            where = tuple([int(i) for i in where]) if local.ndim else ()
            yield Term(pull, node, where, np.asarray(g)[where].item(), local[where].item())


def _checked(node, place):
    """The index as a tuple of numbers from 0 on."""
    if len(place) != len(node.shape):
        raise IndexError(f"{node.name} has shape {node.shape}; an entry of it has {len(node.shape)} "
                         f"ind{'ex' if len(node.shape) == 1 else 'ices'}, got {tuple(place)}")
    for i, n in zip(place, node.shape, strict=True):
        if not -n <= i < n:
            raise IndexError(f"{node.name} has shape {node.shape}; there is no entry {list(place)}")
    return tuple([int(i) % n for i, n in zip(place, node.shape, strict=True)])


def shown(term):
    """The two factors of a term and their product, as text."""
    return f"{text.number(term.upstream)} x {text.number(term.local)} = {text.number(term.product)}"
