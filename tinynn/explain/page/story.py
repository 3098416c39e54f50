"""Floor 6: what a page tells: the moments of a trace, forward and back, with their numbers as texts."""

import os
import re

from tinynn.explain import text
from tinynn.explain.formulas import KOREAN
from tinynn.explain.page import work
from tinynn.explain.page.arrays import Arrays

MOST = 400          # steps that are shown; of more, the first and the last


class Story:
    """A trace as data for the page.

    Args:
        trace: the Trace.
        checks: see `page`.

    Attributes:
        steps: the steps that are shown.
        omitted: those in the middle that are not.
        moments: what the slider steps through, dicts with `way`: "start", "forward", "backward" or "end".
    """

    def __init__(self, trace, checks=()):
        self.trace, self.arrays, self.purse = trace, Arrays(), work.Purse()
        spare = max(0, len(trace.steps) - MOST)
        self.steps = trace.steps[:MOST // 2] + trace.steps[MOST // 2 + spare:] if spare else trace.steps
        self.omitted = trace.steps[MOST // 2:MOST // 2 + spare]
        shown = {id(node) for step in self.steps for node in (*step.inputs, *step.outputs)}
        ends = {id(node) for node in (*trace.sources, trace.target)}
        self.nodes = [node for node in trace.nodes if id(node) in shown | ends]
        self.number = {id(node): i for i, node in enumerate(self.nodes)}
        self.checks = _grouped(checks, lambda check: check.node)
        self.pulls = _grouped(trace.pulls, lambda pull: pull.step)
        self.parts = _grouped(trace.pulls, lambda pull: pull.node)
        back = [step for step in reversed(self.steps) if id(step) in self.pulls]
        self.moments = [{"way": "start"}, *map(self._forward, self.steps), *map(self._backward, back), {"way": "end"}]

    def json(self):
        """All of it, of dicts, lists, texts and whole numbers."""
        nodes, steps = [self._node(node) for node in self.nodes], [self._step(step) for step in self.steps]
        formulas = {s for step in steps for s in (step["formula"], *[rule for _, rule in step["rules"]])
                    if s in KOREAN}
        return {"target": self.number[id(self.trace.target)], "summed": bool(self.trace.target.shape),
                "sources": [self.number[id(node)] for node in self.trace.sources], "nodes": nodes, "steps": steps,
                "moments": self.moments, "arrays": [view.json() for view in self.arrays.views],
                "formulas": {s: KOREAN[s] for s in sorted(formulas)},
                "forward": len(self.trace.steps), "backward": len(self.pulls)}

    def tested(self, step):
        """The checks of the gradients that a step's rules give."""
        found = {id(pull.node): self.checks.get(id(pull.node), []) for pull in self.pulls.get(id(step), [])}
        return [check for checks in found.values() for check in checks]

    def cut(self):
        """Whether some array is not shown whole."""
        return any(not view.whole for view in self.arrays.views)

    # ---- moments -----------------------------------------------------------------------------------------------------

    def _forward(self, step):
        numbers = [self.arrays.add(node.tensor) for node in step.outputs]
        moment = {"way": "forward", "step": self._place(step), "number": step.number}
        if None in numbers:
            return moment
        views = [self.arrays.views[n] for n in numbers]
        told = work.forward(step, views, self.purse)
        cells = (told or {}).get("cells", {})
        chosen = work.clearest({(k, cell): (text.number(view.values.reshape(-1)[cell]), cells.get(f"{k}:{cell}", []))
                                for k, view in enumerate(views) for cell in view.cells})
        return {**moment, "work": told, "guess": chosen}

    def _backward(self, step):
        pulls = self.pulls[id(step)]
        given = [self._given(pull) for pull in pulls]
        table = {}
        for k, one in enumerate(given):
            view, terms = self.arrays.views[one["given"]], one["terms"] if isinstance(one["terms"], dict) else {}
            table.update({(k, cell): (text.number(view.values.reshape(-1)[cell]), terms.get(cell, []))
                          for cell in view.cells})
        return {"way": "backward", "step": self._place(step), "number": 1 + list(self.pulls).index(id(step)),
                "arriving": [self.arrays.add(g) for g in pulls[0].arrivals], "pulls": given,
                "guess": work.clearest(table)}

    def _given(self, pull):
        number, parts = self.arrays.add(pull.given), self.parts[id(pull.node)]
        return {"node": self.number[id(pull.node)], "input": pull.index, "given": number,
                "part": [parts.index(pull) + 1, len(parts)],
                "terms": work.backward(pull, self.arrays.views[number], self.purse)}

    def _place(self, step):
        return self.steps.index(step)

    # ---- nodes and steps ---------------------------------------------------------------------------------------------

    def _node(self, node):
        checks = [[str(list(c.place)) if c.place else "", text.number(c.gradient, 6), text.number(c.measured, 6),
                   bool(c.agrees)] for c in self.checks.get(id(node), [])]
        return {"name": node.name, "kind": node.kind, "value": self.arrays.add(node.tensor),
                "shape": None if node.shape is None else list(node.shape),
                "type": None if node.tensor is None else node.tensor.dtype.name,
                "slope": self.arrays.add(node.gradient), "checks": checks}

    def _step(self, step):
        place = None
        if step.place:
            place = {"file": os.path.basename(step.place[0]), "line": step.place[1], "code": self.trace.code(step)}
        rules = [[self.number[id(pull.node)], pull.rule.formula] for pull in self.pulls.get(id(step), [])]
        tested = self.tested(step)
        return {"op": step.op.name, "call": call(step), "formula": step.op.formula, "rules": rules,
                "letters": _letters(step, [rule for _, rule in rules]), "place": place, "live": id(step) in self.pulls,
                "inputs": [self.number[id(node)] for node in step.inputs],
                "outputs": [self.number[id(node)] for node in step.outputs],
                "checked": [sum(bool(c.agrees) for c in tested), len(tested)]}


def _grouped(things, of):
    """{id: the things of the object of that id}."""
    groups = {}
    for thing in things:
        groups.setdefault(id(of(thing)), []).append(thing)
    return groups


def slope_name(trace, node):
    """As in ∂loss/∂W; of a target that is no scalar the sum is meant, ∂Σy/∂W."""
    return f"∂{'Σ' if trace.target.shape else ''}{trace.target.name}/∂{node.name}"


def call(step):
    """A step as a line of a program: t1 = matmul(x, W)."""
    given = [node.name for node in step.inputs]
    for name, default in zip(step.op.attributes, step.op.defaults, strict=True):
        value = step.attributes[name]
        if value not in (None, False) and repr(value) != repr(default):
            given.append(f"{name}={getattr(value, 'name', None) or text.cut(repr(value), 40)}")
    return f"{', '.join(node.name for node in step.outputs)} = {step.op.name}({', '.join(given)})"


def _letters(step, rules):
    """[[letter, name], ...]: what the letters of the formulas stand for in this call."""
    nodes = {} if step.op.variadic else dict(zip(step.op.inputs, step.inputs, strict=True))
    if len(step.inputs) == 1:
        nodes["x"] = step.inputs[0]
    made = step.op.formula.partition(" = ")[0]
    if len(step.outputs) == 1 and re.fullmatch("[A-Za-z]", made):
        nodes[made] = step.outputs[0]
    lines = " ; ".join([step.op.formula, *rules])
    return [[letter, node.name] for letter, node in nodes.items()
            if letter != node.name and re.search(rf"(?<![A-Za-z_]){re.escape(letter)}(?![A-Za-z_])", lines)]
