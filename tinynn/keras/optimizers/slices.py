"""Floor 7: gradients that are sums of slices, as those of embeddings are.

TensorFlow hands such a gradient to the optimizer as slices with their indices (`tf.IndexedSlices`). What is not linear,
as the square in Adam, is taken of every slice before they are added up: where a word occurs n times in a batch, Adam's
mean square gets the sum of n squares, not the square of the sum. So it is here.
"""

from tinynn import ops
from tinynn.autodiff.notes import slices
from tinynn.ops.gather import gather_grad


def of(gradient):
    """[(slices, indices), ...] that add up to a gradient, or None."""
    return slices.get(gradient)


def each(function, gradient):
    """A function of every slice of a gradient, added up; of a gradient without slices the function of it."""
    parts = slices.get(gradient)
    if parts is None:
        return function(gradient)
    return _sum([(function(values), indices) for values, indices in parts], gradient)


def squared(gradient):
    """The squares of a gradient."""
    return each(ops.square, gradient)


def times(gradient, factor):
    """A gradient times something of its shape, still in slices."""
    parts = slices.get(gradient)
    if parts is None:
        return gradient * factor
    return _sum([(values * ops.gather(factor, indices), indices) for values, indices in parts], gradient)


def _sum(parts, like):
    total = None
    for values, indices in parts:
        part = gather_grad(values, indices, 0, tuple(like.shape))
        total = part if total is None else total + part
    slices.set(total, parts)
    return total
