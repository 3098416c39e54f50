"""Floor 7: an optimizer that needs no schedule, since it averages the weights. w weights, g gradient, r rate."""

from tinynn import ops
from tinynn.keras.optimizers import slices
from tinynn.keras.optimizers.base import Optimizer


class ScheduleFreeAdamW(Optimizer):
    """Adam's step on a sequence z, whose mean x is what is learnt; the weights w stand between the two.

    v <- b2 v + (1 - b2) g^2, z <- z - r g / (sqrt(v / (1 - b2^t)) + epsilon),
    x <- x + (z - x) / t, w <- b1 x + (1 - b1) z.

    Args:
        learning_rate: r.
        beta_1: b1, how near the weights are to the mean.
        beta_2: b2, how much of the mean square is kept.
        epsilon: see above.
        warmup_steps: over how many steps the rate rises from 0.
        weight_decay, **options: as for `Optimizer`.

    Source: Defazio et al.: The road less scheduled (2024).
    """

    arguments = ("beta_1", "beta_2", "epsilon", "warmup_steps")

    def __init__(self, learning_rate=0.0025, beta_1=0.9, beta_2=0.999, epsilon=1e-8, warmup_steps=0, weight_decay=None,
                 **options):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.beta_1, self.beta_2, self.epsilon, self.warmup_steps = beta_1, beta_2, epsilon, warmup_steps

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        for z, variable in zip(self._momentums, variables, strict=True):
            z.assign(variable)

    def update_step(self, gradient, variable, learning_rate):
        i, b1, dtype = self._index[id(variable)], self.beta_1, variable.dtype
        z, v = self._momentums[i], self._velocities[i]
        step = ops.cast(self.iterations + 1, dtype)
        if self.warmup_steps > 0:
            learning_rate = learning_rate * ops.minimum(step / float(self.warmup_steps), 1.0)
        mean = (variable - z * (1.0 - b1)) / b1
        v.assign_add((slices.squared(gradient) - v) * (1.0 - self.beta_2))
        correction = 1.0 - ops.pow(ops.constant(self.beta_2, dtype), step)
        z.assign_sub(learning_rate * gradient / (ops.sqrt(v / correction) + self.epsilon))
        variable.assign((mean + (z - mean) / step) * b1 + z * (1.0 - b1))
