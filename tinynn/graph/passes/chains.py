"""Floor 5: runs of elementwise calls over the same elements become one line, which works piece by piece.

What one call of a chain makes for the next stays in the first cache; it needs no memory. A call may move up to an
earlier chain where nothing in between minds.
"""

import math
from dataclasses import replace

import numpy as np

from tinynn.graph.passes.rewriting import may_run_after, users
from tinynn.graph.program import Chain

MOST_LINKS = 24
MOST_BUFFERS = 8    # csrc/tinynn.h: TN_MAX_BUFFERS
FAR = 48            # lines that a call may move up


def chains(program):
    """Puts elementwise lines over the same number of elements together."""
    flat, gaps = _layouts(program)
    base, used = program.bases, users(program)
    done = []       # lines, and lists of lines that shall become chains
    for line in program.lines:
        seen = replace(line, inputs=tuple(flat.get(v, v) for v in line.inputs))
        size = size_of(seen, gaps)
        group = _group_for(seen, size, done, base) if size else None
        if group is not None:
            group.append((line, seen))
        else:
            done.append([(line, seen)] if size else line)
    lines = [item if not isinstance(item, list) else item[0][0] if len(item) == 1 else _joined(item, used)
             for item in done]
    return program.using(lines)


def _layouts(program):
    """({a reshape of what has no gaps: the value whose elements are its own}, views that may have gaps)."""
    flat, gaps = {}, set()
    for line in program.lines:
        if line.is_view and line.op.name == "reshape" and line.inputs[0] not in gaps:
            flat[line.outputs[0]] = flat.get(line.inputs[0], line.inputs[0])
        elif line.is_view:
            gaps.add(line.outputs[0])
    return flat, gaps


def size_of(line, gaps):
    """How many elements an elementwise line makes, where a chain can take it; else 0."""
    if line.is_view or not line.inputs or not line.op.is_elementwise(line.inputs[0].dtype):
        return 0
    size = line.size
    for value in line.inputs:
        own = math.prod(value.shape)
        if own not in (1, size) or (own == size != 1 and _has_gaps(value, gaps)):
            return 0
    return size


def _has_gaps(value, gaps):
    return value in gaps or (value.kind == "constant" and not np.asarray(value.source).flags.c_contiguous)


def _group_for(line, size, done, base):
    """The list of lines that this one can join, or None."""
    for item in reversed(done[-FAR:]):
        group = [seen for _, seen in item] if isinstance(item, list) else [item]
        if isinstance(item, list) and group[0].size == size and len(group) < MOST_LINKS:
            return item if _buffers([*group, line]) <= MOST_BUFFERS else None
        if not all(may_run_after(one, line, base) for one in group):
            return None
    return None


def _buffers(group):
    """At most how many buffers a chain of these lines needs: one per result, one per single number."""
    numbers = {v for line in group for v in line.inputs if math.prod(v.shape) == 1}
    return sum(len(line.outputs) for line in group) + (len(numbers) if group[0].size != 1 else 0)


def _joined(group, used):
    """The chain of some lines."""
    lines, links = zip(*group, strict=True)
    inside = [v for link in links for v in link.outputs]
    wanted = [v for v in inside if any(use not in lines for use in used.get(v, ()))]
    inputs = dict.fromkeys(v for link in links for v in link.inputs if v not in inside)
    return Chain.of(links, tuple(inputs), tuple(wanted))
