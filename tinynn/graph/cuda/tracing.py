"""Floor 5: traces the body of an op: it runs with arrays that only note what is done with them, and becomes nodes.

So a CUDA kernel comes from the same lines of NumPy that define the op. What a body cannot say this way (it looks at a
value, or uses a function that is not here) is NotTraceable, and CuPy runs that body instead.
"""

import numpy as np

from tinynn.backends import checks, reference
from tinynn.graph.cuda.namespace import XP
from tinynn.graph.cuda.nodes import Checked, NotTraceable
from tinynn.graph.cuda.traced import Traced, node_of


class Checks:
    """Where checks of indices go while a body is traced: into the kernel.

    Args:
        keep: function(error) -> the number of a check, where error(index) is the exception.

    Attributes:
        owed: {what x[key] has become: (the ufunc, the operand)} until it is written back into x.
    """

    def __init__(self, keep):
        self.keep, self.call, self.owed = keep, None, {}

    def inside(self, indices, n, error):
        """The indices, checked in the kernel."""
        if n <= 0:
            raise NotTraceable("an axis without elements is indexed")
        explain = self.call
        return Traced(Checked(indices.node, n, self.keep(lambda index: explain(error(index)))))


def trace(op, nodes, attributes, keep):
    """(the results of a body as nodes, {number of an input: what is written into it}).

    Args:
        op: the Primitive.
        nodes: a Node per input.
        attributes: the call's constants.
        keep: see Checks.

    Raises:
        NotTraceable: the body cannot become nodes.
    """
    arrays, found = [Traced(node) for node in nodes], Checks(keep)
    shapes = [node.shape for node in nodes]
    found.call = lambda error: reference.explained(op, shapes, attributes, error)
    try:
        with checks.left_to(found), np.errstate(all="ignore"):
            result = op.body(XP, *arrays, **dict(zip(op.attributes, attributes, strict=True)))
    except (TypeError, ValueError, AttributeError, IndexError) as error:    # something that arrays have and these not
        raise NotTraceable(f"{type(error).__name__}: {error}") from error
    if found.owed:
        raise NotTraceable("a view is changed")
    results = () if result is None else result if isinstance(result, (tuple, list)) else (result,)
    made = tuple([node_of(x) for x in results])
    return made, {i: array.node for i, array in enumerate(arrays) if array.is_written}
