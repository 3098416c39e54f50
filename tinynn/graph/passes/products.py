"""Floor 5: matrix products with what follows them, in one kernel: the ops of tinynn/ops/fused.py."""

from dataclasses import replace

from tinynn.core.primitive import registry
from tinynn.graph.passes.rewriting import may_run_after, users
from tinynn.graph.program import Line
from tinynn.ops import fused

ACTIVATIONS = {op.name: code for code, op in fused.ACTIVATIONS.items()}
SLOPES = {op.name: code for code, op in fused.SLOPES.items()}
WITH_BIAS = {"matmul": fused.matmul_bias, "convolve": fused.convolve_bias}


def products(program):
    """Fuses products with a bias and an activation, with an activation's slope, and with a step of descent."""
    program = as_descent(program)
    for fuse in (with_bias, with_activation, with_slope, with_update):
        program = _fused(program, fuse)
    return program


def _fused(program, fuse):
    """Every line whose only use `fuse(line, use)` can take in stands, fused, where the use stood."""
    used, base = users(program), program.bases
    lines = list(program.lines)
    place = {line: i for i, line in enumerate(lines)}
    for line in program.lines:
        uses = used.get(line.outputs[0], []) if len(line.outputs) == 1 else []
        if len(uses) != 1 or uses[0] is None:
            continue
        use = uses[0]
        both = fuse(line, use)
        start, stop = place[line], place[use]
        if both is None or lines[stop] is not use:
            continue
        if all(between is None or may_run_after(line, between, base) for between in lines[start + 1:stop]):
            lines[start], lines[stop] = None, both
    return program.using([line for line in lines if line is not None])


def with_bias(line, use):
    """matmul or convolution, then a bias along the last axis: matmul_bias or convolve_bias."""
    if line.op.name not in WITH_BIAS or use.op.name not in ("bias_add", "add"):
        return None
    if line.op.name == "matmul" and len(line.outputs[0].shape) != 2:
        return None
    product = line.outputs[0]
    bias = use.inputs[1] if use.inputs[0] is product else use.inputs[0]
    if bias.shape != product.shape[-1:]:
        return None
    return replace(use, op=WITH_BIAS[line.op.name], inputs=(*line.inputs, bias),
                   attributes=(*line.attributes, fused.LINEAR))


def with_activation(line, use):
    """A product with a bias, then an activation: the same op with it."""
    if line.op not in WITH_BIAS.values() or line.attributes[2] != fused.LINEAR or use.op.name not in ACTIVATIONS:
        return None
    return replace(use, op=line.op, inputs=line.inputs, attributes=(*line.attributes[:2], ACTIVATIONS[use.op.name]))


def with_slope(line, use):
    """matmul, then the slope of an activation: matmul_slope."""
    if line.op.name != "matmul" or use.op.name not in SLOPES or use.inputs[0] is not line.outputs[0]:
        return None
    if len(line.outputs[0].shape) != 2 or use.inputs[1].shape != line.outputs[0].shape:
        return None
    return replace(use, op=fused.matmul_slope, inputs=(*line.inputs, use.inputs[1]),
                   attributes=(*line.attributes, SLOPES[use.op.name]))


def with_update(line, use):
    """matmul, then sgd_update: matmul_update."""
    if line.op.name != "matmul" or use.op.name != "sgd_update" or use.inputs[1] is not line.outputs[0]:
        return None
    weight, _, rate = use.inputs
    if len(weight.shape) != 2 or weight in line.inputs:
        return None
    return replace(use, op=fused.matmul_update, inputs=(weight, *line.inputs, rate), attributes=line.attributes)


def as_descent(program):
    """w <- w - number * g, as loops of one's own write it, is sgd_update."""
    return _fused(program, _descent)


def _descent(line, use):
    if line.op.name != "multiply" or use.op.name != "assign_sub" or use.inputs[1] is not line.outputs[0]:
        return None
    weight = use.inputs[0]
    for rate, gradient in (line.inputs, line.inputs[::-1]):
        if not rate.shape and gradient.shape == weight.shape and weight.dtype.is_floating:
            return Line(registry["sgd_update"], (weight, gradient, rate), (), (), use.where)
    return None
