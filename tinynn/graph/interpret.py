"""Floor 5: a program run op by op, in Python: what its lines mean, in a few lines. Passes are tested against it."""


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
            made = step.op(*map(of, step.inputs), **dict(zip(step.op.attributes, step.attributes, strict=True)))
            known.update(zip(step.outputs, made if isinstance(made, tuple) else (made,), strict=False))
    return [of(value) for value in program.results]
