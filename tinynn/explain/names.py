"""Floor 6: what a program calls its tensors: found in the frame that asks, and in the statements that made them."""

import ast
import linecache
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.tensor import Tensor
from tinynn.graph.listing import variable_names


@dataclass(frozen=True)
class Statement:
    """The statement of a program that holds a line: the line's text, the statement's lines, the name it assigns to."""

    text: str
    first: int
    last: int
    name: str | None = None


@lru_cache(maxsize=4096)
def statement(place):
    """The Statement at (file, line); without text where the source is not to be had, as of an interactive prompt."""
    file, line = place
    text = linecache.getline(file, line).strip()
    found = None
    for node in _statements(file):
        if node.lineno <= line <= node.end_lineno and (found is None or node.lineno >= found.lineno):
            found = node
    if found is None:
        return Statement(text, line, line)
    targets = getattr(found, "targets", None) or [getattr(found, "target", None)]
    name = targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None
    return Statement(text, found.lineno, found.end_lineno, name)


@lru_cache(maxsize=64)
def _statements(file):
    """The statements of a file that hold no others."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and not hasattr(node, "body")]


class Names:
    """Gives the nodes of a trace their names.

    Args:
        tape: the tape.
        frame: the frame in which the explanation was asked for; None for none.
    """

    def __init__(self, tape, frame):
        self.by_object, self.by_serial, self.arrays, self.paths = {}, {}, [], {}
        for scope in () if frame is None else (frame.f_locals, frame.f_globals):     # of two names the nearer, or first
            for name, value in list(scope.items()):
                if not name.startswith("__"):
                    self._learn(tape, name, value)

    def _learn(self, tape, name, value):
        if isinstance(value, (list, tuple)) and len(value) <= 100:
            for i, item in enumerate(value):
                if isinstance(item, (Array, np.ndarray)):
                    self._learn(tape, f"{name}[{i}]", item)
        elif isinstance(value, Array):
            self.by_object.setdefault(id(value), name)
            if isinstance(value, Tensor):
                for serial in tape.serials(value):
                    self.by_serial.setdefault(serial, name)
        elif isinstance(value, np.ndarray):
            self.arrays.append((name, value))

    def give(self, trace):
        """Names every node, no two alike."""
        taken = {}
        self.paths = variable_names([node.variable for node in trace.nodes if node.variable is not None])
        assigned = self._assigned(trace.steps)
        counts = {"constant": "c", "result": "t", "input": "x", "variable": "v"}
        for node in trace.nodes:
            name = self.known(node) or assigned.get(id(node))
            if name is None:
                letter = counts[node.kind]
                taken[letter] = taken.get(letter, 0) + 1
                name = f"{letter}{taken[letter]}"
            if name in taken:
                taken[name] += 1
                name = f"{name}#{taken[name]}"
            taken.setdefault(name, 1)
            node.name = name

    def known(self, node):
        """The name of a node in the program, or None."""
        if node.variable is not None:
            name = self.by_object.get(id(node.variable))
            own = self.paths.get(id(node.variable)) or variable_names([node.variable])[id(node.variable)]
            return name if name or own.startswith("Variable") else own
        if node.tensor is None:
            return None
        return self.by_object.get(id(node.tensor)) or self.by_serial.get(node.serial) or self._equal(node)

    def _equal(self, node):
        """The name of the NumPy array that a constant was made of: the first one of its shape and values."""
        if node.kind == "result" or not node.shape:
            return None
        return next((name for name, array in self.arrays
                     if array.shape == node.shape and np.array_equal(array.astype(node.value.dtype), node.value)), None)

    def _assigned(self, steps):
        """{id(node): name} of the last result of each statement that assigns to a name."""
        found = {}
        for step, following in zip(steps, [*steps[1:], None], strict=False):
            here = step.place and statement(step.place)
            after = following and following.place and statement(following.place)
            same = here and after and following.place[0] == step.place[0] and here.first == after.first
            if here and here.name and not same and len(step.outputs) == 1:
                found[id(step.outputs[0])] = here.name
        return found

