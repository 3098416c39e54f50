"""Floor 7: optimizers that treat a weight as a matrix: Adafactor and Muon. w weights, g gradient, r rate."""

import re

from tinynn import ops
from tinynn.keras.optimizers import slices
from tinynn.keras.optimizers.adam import move_means
from tinynn.keras.optimizers.base import Optimizer


def _rms(x):
    return ops.sqrt(ops.reduce_mean(ops.square(x)))


class Adafactor(Optimizer):
    """Adam without a mean gradient, whose mean square of a matrix is the product of a row and a column: little memory.

    Args:
        learning_rate: the first rate.
        beta_2_decay: the exponent of the decay of the means, 1 - t^beta_2_decay is kept.
        epsilon_1: added to the squared gradient.
        epsilon_2: the smallest size that weights are taken to have.
        clip_threshold: the largest root mean square of a step.
        relative_step: whether the rate is at most 1 / sqrt(t).
        **options: as for `Optimizer`.

    Source: Shazeer, Stern: Adafactor, adaptive learning rates with sublinear memory cost (2018).
    """

    arguments = ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")

    def __init__(self, learning_rate=0.001, beta_2_decay=-0.8, epsilon_1=1e-30, epsilon_2=1e-3, clip_threshold=1.0,
                 relative_step=True, weight_decay=None, **options):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.beta_2_decay, self.epsilon_1, self.epsilon_2 = beta_2_decay, epsilon_1, epsilon_2
        self.clip_threshold, self.relative_step = clip_threshold, relative_step

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._r, self._c, self._v = [], [], []
        for w in variables:
            shape, name = tuple(w.shape), w.name.split(":")[0]
            matrix = len(shape) >= 2
            self._r.append(self.add_variable(shape[:-1], dtype=w.dtype, name=f"{name}_row") if matrix else None)
            self._c.append(self.add_variable((*shape[:-2], shape[-1]), dtype=w.dtype, name=f"{name}_column")
                           if matrix else None)
            self._v.append(self.add_variable_from_reference(w, "velocity"))

    def update_step(self, gradient, variable, learning_rate):
        i, dtype = self._index[id(variable)], variable.dtype
        step = ops.cast(self.iterations + 1, dtype)
        rate, slow = learning_rate, ops.rsqrt(step)
        if self.relative_step and not callable(self._learning_rate):
            rate = ops.minimum(rate, slow)
        size = ops.maximum(_rms(variable), self.epsilon_2) * ops.minimum(rate, slow)
        keep = 1.0 - ops.pow(step, float(self.beta_2_decay))
        square, v = slices.squared(gradient) + self.epsilon_1, self._v[i]
        if self._r[i] is None:
            v.assign(keep * v + (1.0 - keep) * square)
        else:
            r, c = self._r[i], self._c[i]
            r.assign(keep * r + (1.0 - keep) * ops.reduce_mean(square, axis=-1))
            c.assign(keep * c + (1.0 - keep) * ops.reduce_mean(square, axis=-2))
            share = r / ops.reduce_mean(r, axis=-1, keepdims=True)
            v.assign(ops.expand_dims(share, -1) * ops.expand_dims(c, -2))
        u = slices.times(gradient, ops.rsqrt(v))
        rms = ops.sqrt(ops.reduce_mean(slices.squared(u)))
        variable.assign_sub(size * u / ops.maximum(rms / self.clip_threshold, 1.0))


class Muon(Optimizer):
    """Steps of matrices made orthogonal by Newton-Schulz iterations; AdamW for everything that is no matrix.

    Args:
        learning_rate: r.
        adam_beta_1, adam_beta_2, epsilon, adam_weight_decay: of the AdamW part.
        weight_decay: of the matrices.
        exclude_layers: patterns; variables whose path has one go to AdamW.
        exclude_embeddings: whether embeddings go to AdamW.
        muon_a, muon_b, muon_c: the coefficients of the iteration x <- a x + (b y + c y^2) x, y = x x^T.
        adam_lr_ratio: the rate of AdamW, as a multiple of r.
        momentum, nesterov: of the matrices' gradients.
        ns_steps: the number of iterations.
        rms_rate: the steps of a matrix are scaled by this times sqrt(longer side); None for no scaling.
        **options: as for `Optimizer`.

    Source: Jordan et al.: Muon, an optimizer for hidden layers in neural networks (2024).
    """

    arguments = ("adam_beta_1", "adam_beta_2", "adam_weight_decay", "epsilon", "exclude_layers", "exclude_embeddings",
                 "muon_a", "muon_b", "muon_c", "adam_lr_ratio", "momentum", "ns_steps", "nesterov", "rms_rate")

    def __init__(self, learning_rate=0.001, adam_beta_1=0.9, adam_beta_2=0.999, adam_weight_decay=0.004, epsilon=1e-7,
                 weight_decay=0.004, exclude_layers=None, exclude_embeddings=True, muon_a=3.4445, muon_b=-4.7750,
                 muon_c=2.0315, adam_lr_ratio=1, momentum=0.95, ns_steps=5, nesterov=True, rms_rate=0.2, **options):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        given = {**locals(), "exclude_layers": exclude_layers or []}
        vars(self).update({name: given[name] for name in self.arguments})

    def _should_use_adamw(self, variable):
        path = str(getattr(variable, "path", variable.name))
        return (len(variable.shape) != 2 or (self.exclude_embeddings and "embedding" in path.lower())
                or any(re.search(pattern, path) for pattern in self.exclude_layers))

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.momentums, self.adam_velocities = [], []
        for w in variables:
            self.momentums.append(self.add_variable_from_reference(w, "momentum"))
            adam = self._should_use_adamw(w)
            self.adam_velocities.append(self.add_variable_from_reference(w, "velocity") if adam else None)

    def update_step(self, gradient, variable, learning_rate):
        i = self._index[id(variable)]
        m, v = self.momentums[i], self.adam_velocities[i]
        if v is not None:
            self._adamw_step(gradient, variable, learning_rate * float(self.adam_lr_ratio), m, v)
            return
        m.assign_add(gradient + m * (self.momentum - 1.0))
        step = self.orthogonal(gradient + self.momentum * m if self.nesterov else m)
        scale = 1.0 if self.rms_rate is None else max(variable.shape) ** 0.5 * self.rms_rate
        variable.assign_sub(learning_rate * step * scale)

    def _adamw_step(self, gradient, variable, rate, m, v):
        move_means(m, v, gradient, self.adam_beta_1, self.adam_beta_2)
        t = ops.cast(self.iterations + 1, variable.dtype)
        power_1, power_2 = (ops.pow(ops.constant(b, variable.dtype), t) for b in (self.adam_beta_1, self.adam_beta_2))
        variable.assign_sub(m * (rate * ops.sqrt(1.0 - power_2) / (1.0 - power_1)) / (ops.sqrt(v) + self.epsilon))

    def orthogonal(self, x):
        """A matrix with the singular vectors of x and singular values near 1."""
        tall = x.shape[0] > x.shape[1]
        x = ops.transpose(x) if tall else ops.identity(x)
        x = x / (ops.sqrt(ops.reduce_sum(ops.square(x))) + 1e-7)
        for _ in range(self.ns_steps):
            y = ops.matmul(x, ops.transpose(x))
            x = self.muon_a * x + ops.matmul(self.muon_b * y + self.muon_c * ops.matmul(y, y), x)
        return ops.transpose(x) if tall else x

    def _apply_weight_decay(self, variables):
        rate = self.learning_rate
        for w in variables:
            decay = self.adam_weight_decay if self._should_use_adamw(w) else self.weight_decay
            if decay is not None:
                self._decay([w], decay * rate)
