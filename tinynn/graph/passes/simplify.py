"""Floor 5: what costs nothing to leave out."""

from dataclasses import replace

import numpy as np

from tinynn.autodiff.tensor import wrap
from tinynn.core.primitive import registry
from tinynn.graph.building import keep_old_values
from tinynn.graph.passes.rewriting import substituted
from tinynn.graph.program import Line, Value

ALIASES = ("identity", "stop_gradient")
SUMS = ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod")


def simplify(program):
    """Leaves out aliases and factors of 1; sums over axes of length 1 become reshapes, uniform factors one number."""
    instead, lines = {}, []
    for line in program.lines:
        line = replace(line, inputs=tuple(instead.get(v, v) for v in line.inputs))
        same = alias_of(line)
        if same is not None:
            instead[line.outputs[0]] = same
        else:
            lines.append(_simpler(line))
    return keep_old_values(substituted(program.using(lines), instead))     # an alias of a variable was a copy


def alias_of(line):
    """The value that the line gives again, or None."""
    name, inputs = line.op.name, line.inputs
    if name in ALIASES:
        return inputs[0]
    if name == "cast" and inputs[0].dtype == line.outputs[0].dtype:
        return inputs[0]
    if name in ("reshape", "broadcast_to") and inputs[0].shape == line.outputs[0].shape:
        return inputs[0]
    if name == "multiply":
        for factor, other in (inputs, inputs[::-1]):
            if uniform(factor) == 1 and other.shape == line.outputs[0].shape:
                return other
    if name == "divide" and uniform(inputs[1]) == 1 and inputs[0].shape == line.outputs[0].shape:
        return inputs[0]
    return None


def uniform(value):
    """The number that a constant holds everywhere, or None."""
    if value.kind != "constant" or value.dtype.name not in ("float32", "float64"):
        return None
    array = np.asarray(value.source)
    first = array.flat[0] if array.size else None
    return first if first is not None and (array == first).all() else None


def _simpler(line):
    name = line.op.name
    if (name in SUMS and _sums_nothing(line)) or (name == "bias_add_grad" and _has_one_row(line.inputs[0])):
        return _reshape(line)
    if name == "multiply":
        x, y = line.inputs
        return replace(line, inputs=(_as_number(x, y, line), _as_number(y, x, line)))
    return line


def _sums_nothing(line):
    """Whether all reduced axes have length 1: then even a mean is the element itself."""
    shape, axes = line.inputs[0].shape, line.attributes[0]
    return isinstance(axes, tuple) and all(shape[axis] == 1 for axis in axes)


def _has_one_row(value):
    return all(extent == 1 for extent in value.shape[:-1])


def _reshape(line):
    return Line(registry["reshape"], line.inputs, (line.outputs[0].shape,), line.outputs, line.where)


def _as_number(value, other, line):
    """A constant factor that is the same everywhere, as one number where the other has the shape of the product."""
    number = uniform(value) if value.shape and other.shape == line.outputs[0].shape else None
    if number is None:
        return value
    return Value("constant", (), value.dtype, wrap(np.array(number, value.dtype.dtype)))


def constants(program):
    """Computes at once what depends on constants alone (constant folding)."""
    known, lines = {}, []
    for line in program.lines:
        inputs = tuple(known.get(v, v) for v in line.inputs)
        line = replace(line, inputs=inputs)
        if line.changes or not line.outputs or any(v.kind != "constant" for v in inputs):
            lines.append(line)
            continue
        made = line.op(*(v.source for v in inputs), **dict(zip(line.op.attributes, line.attributes, strict=True)))
        for value, tensor in zip(line.outputs, made if isinstance(made, tuple) else (made,), strict=True):
            known[value] = Value("constant", value.shape, value.dtype, tensor)
    return substituted(program.using(lines), known)


def equal_calls(program):
    """Computes what is computed twice only once (common subexpressions)."""
    known, instead, lines = {}, {}, []
    for line in program.lines:
        inputs = tuple(instead.get(v, v) for v in line.inputs)
        key = (line.op, tuple(map(_identity, inputs)), line.attributes)
        before = None if line.changes or not line.outputs else known.get(key)
        if before is not None:
            instead.update(zip(line.outputs, before.outputs, strict=True))
            continue
        line = replace(line, inputs=inputs)
        if not line.changes:
            known[key] = line
        lines.append(line)
    return substituted(program.using(lines), instead)


def _identity(value):
    """A value as a key: numbers by what they are."""
    if value.kind == "constant" and not value.shape:
        return value.dtype.name, np.asarray(value.source).tobytes()
    return id(value)


def dead_code(program):
    """Leaves out lines whose results nobody uses."""
    needed, lines = set(program.results), []
    for line in reversed(program.lines):
        if line.changes or needed.intersection(line.outputs):
            needed.update(line.inputs)
            lines.append(line)
    return program.using(lines[::-1])
