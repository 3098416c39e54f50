"""Floor 5: a program run op by op, in Python: what its lines mean, in a few lines. Passes are tested against it."""

import math

from tinynn.ops.broadcast import reshape


def interpret(program, inputs):
    """The results for these inputs (tensors); variables are changed as the program says.

    Args:
        program: a Program, before or after passes.
        inputs: one tensor per input of the program.
    """
    known = dict(zip(program.inputs, inputs, strict=True))

    def of(value):
        return known.get(value, value.source)       # else a constant's tensor, or the Variable

    for line in program.lines:
        for step in line.steps:
            given = map(of, step.inputs) if step is line else _alike(step, list(map(of, step.inputs)))
            made = step.op(*given, **dict(zip(step.op.attributes, step.attributes, strict=True)))
            known.update(zip(step.outputs, made if isinstance(made, tuple) else (made,), strict=False))
    return [of(value) for value in program.results]


def _alike(link, given):
    """The arguments of a link of a chain in the shape of its result; a chain knows elements and single numbers only."""
    shape = (link.outputs or link.written)[0].shape
    one = shape if math.prod(shape) == 1 else ()
    return [x if value in link.written else reshape(x, one if math.prod(value.shape) == 1 else shape)
            for x, value in zip(given, link.inputs, strict=True)]
