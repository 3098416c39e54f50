"""Floor 5: from a recording to a program, and whether two recordings are the same program."""

import os
from dataclasses import replace

from tinynn.graph.program import Line, Program, Value
from tinynn.ops.layout import copy


def build(recorder, inputs, results):
    """The program of a recording.

    Args:
        recorder: a Recorder, after its `with` block.
        inputs, results: the tensors that were given and that came out.
    """
    values = {id(t): Value("input", t.extents, t.dtype) for t in inputs}
    for tensor, variable in recorder.versions:
        values[id(tensor)] = Value("variable", tensor.extents, tensor.dtype, variable)

    def value_of(tensor):
        if id(tensor) not in values:
            values[id(tensor)] = Value("constant", tensor.extents, tensor.dtype, tensor)
        return values[id(tensor)]

    lines = []
    for op, given, attributes, made, where in recorder.calls:
        outputs = () if made is None else made if isinstance(made, tuple) else (made,)
        for tensor in outputs:
            values[id(tensor)] = Value("result", tensor.extents, tensor.dtype)
        lines.append(Line(op, tuple(map(value_of, given)), attributes, tuple(values[id(t)] for t in outputs), where))
    program = Program([values[id(t)] for t in inputs], lines, [value_of(t) for t in results])
    return keep_old_values(program).check()


def keep_old_values(program):
    """Copies the value of a variable that is used after the variable has changed, before it changes.

    A replay writes variables in place; op by op, an old value that somebody holds keeps its memory.
    """
    root, last_use = program.bases, {}
    for number, line in enumerate(program.lines):
        for value in line.inputs:
            last_use[value] = number
    last_use.update(dict.fromkeys(program.results, len(program.lines)))
    aliases = {}        # id of a variable -> the values seen so far that lie in its memory
    later = {value for line in program.lines for value in line.written}
    for value in last_use:
        if value.kind == "variable" and value not in later:     # what a variable holds at the start
            aliases.setdefault(id(value.source), {})[value] = None
    lines, stands_for = [], {}
    for number, line in enumerate(program.lines):
        for written in line.written:
            for value in list(aliases.get(id(written.source), ())):
                if value is not written and root.get(value, value) is not written and last_use.get(value, -1) > number:
                    kept = Value("result", value.shape, value.dtype)
                    lines.append(Line(copy, (value,), (), (kept,), line.where))
                    stands_for[value] = kept
                aliases[id(written.source)].pop(value)
        inputs = line.inputs
        if stands_for:
            inputs = tuple(stands_for.get(v, v) for v in inputs)
            line = replace(line, inputs=inputs)
        lines.append(line)
        for value in (*inputs, *(line.outputs if line.is_view else ())):
            base = root.get(value, value)
            if base.kind == "variable":
                aliases.setdefault(id(base.source), {})[value] = None
    return replace(program, lines=lines, results=[stands_for.get(v, v) for v in program.results])


def same(a, b):
    """Whether two programs do the same: None, or a sentence about the first difference."""
    if len(a.lines) != len(b.lines):
        return f"one call ran {len(a.lines)} ops, the next {len(b.lines)}"
    pairs = dict(zip(a.inputs, b.inputs, strict=True))
    for x, y in zip(a.lines, b.lines, strict=True):
        if x.op is not y.op or x.attributes != y.attributes or len(x.inputs) != len(y.inputs):
            return f"{_at(x)}: one call ran {x.op.name}{x.attributes}, the next {y.op.name}{y.attributes}"
        for v, w in zip(x.inputs, y.inputs, strict=True):
            if pairs.setdefault(v, w) is not w or not _alike(v, w):
                return f"{_at(x)}: an argument of {x.op.name} is another one at each call{_change(v, w)}"
        pairs.update(zip(x.outputs, y.outputs, strict=True))
    if any(pairs.setdefault(v, w) is not w or not _alike(v, w) for v, w in zip(a.results, b.results, strict=True)):
        return "a result is another one at each call"
    return None


def _at(line):
    return f"{os.path.basename(line.where[0])}:{line.where[1]}"


def _alike(v, w):
    if v.kind != w.kind or v.shape != w.shape or v.dtype != w.dtype:
        return False
    if v.kind == "constant":
        return v.source is w.source or _bytes(v.source) == _bytes(w.source)
    return v.source is w.source


def _bytes(tensor):
    array = tensor.numpy()
    return array.tolist() if array.dtype == object else array.tobytes()


def _change(v, w):
    if v.kind == w.kind == "constant" and not v.shape and not w.shape:
        return f" ({v.source.numpy()}, then {w.source.numpy()}); keep what changes in a tf.Variable"
    return ""
