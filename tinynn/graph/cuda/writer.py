"""Floor 5: writes the C that computes elements of nodes: every value once per scope, as a constant with a name."""

import contextlib
import itertools
import math

from tinynn.graph.cuda.index import Index
from tinynn.graph.cuda.literals import C_TYPES
from tinynn.graph.cuda.nodes import Applied, Load, NotTraceable, Reduced

MOST_LINES = 3000
SIMPLE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")


class Writer:
    """The text of one function.

    Attributes:
        lines: the text so far.
        pointers: {(cell, C type): the name of the parameter that points to it}.
        longest: the most elements that one thread reduces by itself.
    """

    def __init__(self):
        self.lines, self.pointers, self.longest = [], {}, 0
        self._scopes, self._numbers, self._depth = [{}], itertools.count(), 1

    # ---- text --------------------------------------------------------------------------------------------------------

    def line(self, text):
        """Adds a line."""
        if len(self.lines) > MOST_LINES:
            raise NotTraceable("a kernel would be too long")
        self.lines.append("    " * self._depth + text)

    @contextlib.contextmanager
    def block(self, opening):
        """A block of lines, with values of its own."""
        self.line(f"{opening} {{")
        self._scopes.append({})
        self._depth += 1
        yield
        self._depth -= 1
        self._scopes.pop()
        self.line("}")

    @contextlib.contextmanager
    def loop(self, count):
        """Repeats what is written inside, so many times; yields the number of the turn."""
        i = f"k{next(self._numbers)}"
        self.line("#pragma unroll 8")       # so many loads are under way at once
        with self.block(f"for (int {i} = 0; {i} < {count}; ++{i})"):
            yield i

    def variable(self, kind, value):
        """Declares something that changes; returns its name."""
        name = f"s{next(self._numbers)}"
        self.line(f"{kind} {name} = {value};")
        return name

    def name(self, kind, expression):
        """A name for the value of an expression."""
        known = self._known((kind, expression))
        if known is None:
            known = f"v{next(self._numbers)}"
            self.line(f"const {kind} {known} = {expression};")
            self._scopes[-1][kind, expression] = known
        return known

    def alias(self, name, write):
        """From here on, what write(writer) writes is known under another name."""
        count = len(self.lines)
        made = write(self)
        del self.lines[count:]
        for key in [key for key, known in self._scopes[-1].items() if known == made and made != name]:
            self._scopes[-1][key] = name

    def _known(self, key):
        return next((scope[key] for scope in reversed(self._scopes) if key in scope), None)

    # ---- values ------------------------------------------------------------------------------------------------------

    def pointer(self, load):
        """The parameter that points to the memory of a Load."""
        return self.pointers.setdefault((load.cell, load.c_type), f"p{len(self.pointers)}")

    def value(self, node, index):
        """An expression for one element of a node: a name or a number."""
        known = self._known((node, index.key))
        if known is None:
            text = node.text(self, index)
            known = text if set(text) <= SIMPLE else self.name(node.c_type, text)
            self.know(node, index, known)
        return known

    def know(self, node, index, name):
        """Notes that a name holds an element."""
        self._scopes[-1][node, index.key] = name

    def cast(self, node, kind, index):
        """One element as a number of another dtype."""
        value = self.value(node, index)
        if node.dtype == kind:
            return value
        return f"({value} != 0)" if kind.kind == "b" else f"(({C_TYPES[kind.name]}){value})"

    # ---- many to one -------------------------------------------------------------------------------------------------

    def reduced(self, node, index):
        """One element of a Reduced: a loop over what it is made of."""
        self.longest = max(self.longest, node.length)
        state = self.begin(node, index)
        with self.loop(node.length) as k:
            node.fold(self, state, self.inside(node, index, k), k)
        return node.how.result(state)

    def begin(self, node, index):
        """What is kept while a Reduced is computed. What its elements share is computed here, once."""
        for inner in shared_along(node.inputs[0], set(node.axes)):
            self.value(inner, Index(node.shape, index.along(self)).of(self, inner.shape))
        return node.how.begin(self, node)

    def inside(self, node, index, k):
        """The index of element number k of those that become one."""
        x = node.inputs[0]
        if len(node.axes) == 1:
            numbers = [k]
        else:
            numbers = Index([x.shape[a] for a in node.axes], flat=k).along(self)
        along = list(index.along(self))
        for a, number in zip(node.axes, numbers, strict=True):
            along[a] = number
        return Index(x.shape, along)


def shared_along(node, axes):
    """The Reduced below a node that are the same for all elements along some of its axes."""
    found, seen, left = [], set(), [(node, axes)]
    while left:
        inner, varied = left.pop()
        if (inner, frozenset(varied)) in seen:
            continue
        seen.add((inner, frozenset(varied)))
        if isinstance(inner, Reduced) and all(inner.shape[a] == 1 for a in varied):
            found.append(inner)
        elif isinstance(inner, Applied):
            for x in inner.inputs:
                shift = len(inner.shape) - len(x.shape)
                left.append((x, {a - shift for a in varied if a >= shift}))
    return found


def nodes_below(nodes):
    """All nodes that some are made of, and these, each once; inputs come before what is made of them."""
    found, left = {}, [(node, False) for node in reversed(nodes)]
    while left:
        node, done = left.pop()
        if done:
            found[node] = None
        elif node not in found:
            left.append((node, True))
            left.extend((x, False) for x in reversed(node.inputs))
    return list(found)


def numbers_below(nodes):
    """The nodes of one element that loops over other nodes share."""
    return [n for n in nodes_below(nodes) if math.prod(n.shape) == 1 and not isinstance(n, Load)]
