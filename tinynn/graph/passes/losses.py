"""Floor 5: a cross-entropy, its softmax and its gradient share their exponentials."""

from tinynn.graph.program import Program


def losses(program: Program) -> Program:
    """The program as it is."""
    return program
