"""Floor 7: gradients cut to size."""

from tinynn import ops
from tinynn.keras.optimizers import slices


def clip_by_value(gradient, limit):
    """No entry beyond +-limit."""
    return slices.each(lambda g: ops.clip_by_value(g, -float(limit), float(limit)), gradient)


def clip_by_norm(gradient, limit):
    """The gradient, scaled down where its 2-norm is above the limit."""
    norm = ops.sqrt(ops.reduce_sum(slices.squared(gradient)))
    return slices.each(lambda g: g * float(limit) / ops.maximum(norm, float(limit)), gradient)


def global_norm(gradients):
    """The 2-norm of all gradients together."""
    return ops.sqrt(ops.reduce_sum(ops.stack([ops.reduce_sum(slices.squared(g)) for g in gradients])))


def clip_by_global_norm(gradients, limit):
    """All gradients scaled by one factor, so that their norm together is at most the limit; NaN where it is not finite.

    Source: Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural networks (2012).
    """
    norm = global_norm(gradients)
    scale = float(limit) * ops.minimum(1.0 / norm, 1.0 / limit) + (norm - norm)
    return [slices.each(lambda part: part * scale, g) for g in gradients]
