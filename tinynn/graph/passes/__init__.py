"""Floor 5: passes: functions from program to program that keep its meaning. Each is tested by running both.

    simplify    what depends on constants alone; aliases, sums over axes of length 1, factors of 1; equal calls; what
                nobody uses
    pooling     what follows the gradient of a pooling, before it, where there are fewer elements
    products    a matrix product with what follows it: bias and activation, an activation's slope, a descent step
    losses      gradients of cross-entropies from a softmax or sigmoid that is known
    chains      runs of elementwise calls over the same elements, piece by piece
"""

from tinynn.graph.passes.chains import chains
from tinynn.graph.passes.losses import losses
from tinynn.graph.passes.pooling import pooling
from tinynn.graph.passes.products import products
from tinynn.graph.passes.simplify import constants, dead_code, equal_calls, simplify

PASSES = (constants, simplify, equal_calls, losses, pooling, products, dead_code, chains, dead_code)


def optimize(program, passes=PASSES):
    """The program after passes: by default all."""
    for one in passes:
        program = one(program).check()
    return program
