"""Floor 7: Adam and its kin: a mean of gradients, divided by the size of gradients. w weights, g gradient, r rate."""

from tinynn import ops
from tinynn.keras import initializers
from tinynn.keras.optimizers import slices
from tinynn.keras.optimizers.base import ONE, Optimizer
from tinynn.keras.optimizers.rules import Rule
from tinynn.ops.update import adam_squares_update, adam_update


class Moments(Optimizer):
    """Base of optimizers that correct their means by how many steps these have seen."""

    arguments = ("beta_1", "beta_2", "epsilon")

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, weight_decay=None, **options):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def _constants(self):
        """The numbers of a rule."""
        return {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}

    def update_all(self, grads, variables, learning_rate):
        self._powers = {}
        super().update_all(grads, variables, learning_rate)

    def powers(self, dtype):
        """beta_1^t and beta_2^t, for the step number t, counted from 1; computed once in a step."""
        found = self._powers.get(dtype)
        if found is None:
            step = ops.cast(self.iterations + ONE, dtype)
            found = tuple(ops.pow(ops.constant(beta, dtype), step) for beta in (self.beta_1, self.beta_2))
            self._powers[dtype] = found
        return found


class Adam(Moments):
    """m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2,
    w <- w - r sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon).

    Args:
        learning_rate: r.
        beta_1: b1, how much of the mean gradient is kept at each step.
        beta_2: b2, how much of the mean square is kept.
        epsilon: see above.
        amsgrad: whether the largest v so far is used.
        **options: as for `Optimizer`.

    Source: Kingma, Ba: Adam, a method for stochastic optimization (2014); Reddi, Kale, Kumar: On the convergence of
    Adam and beyond (2018).
    """

    arguments = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, weight_decay=None,
                 **options):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, weight_decay, **options)
        self.amsgrad = amsgrad

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        if self.amsgrad:
            self._velocity_hats = self.add_optimizer_variables(variables, "velocity_hat")

    def update_all(self, grads, variables, learning_rate):
        self._step = self.iterations + ONE
        super().update_all(grads, variables, learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        i = self._index[id(variable)]
        m, v = self._momentums[i], self._velocities[i]
        if not self.amsgrad:
            rest = learning_rate, self._step, self.beta_1, self.beta_2, self.epsilon
            if slices.of(gradient) is None:
                adam_update(variable, m, v, gradient, *rest)
            else:
                adam_squares_update(variable, m, v, gradient, slices.squared(gradient), *rest)
            return
        move_means(m, v, gradient, self.beta_1, self.beta_2)
        largest = self._velocity_hats[i]
        largest.assign(ops.maximum(largest, v))
        power_1, power_2 = self.powers(variable.dtype)
        rate = learning_rate * ops.sqrt(1.0 - power_2) / (1.0 - power_1)
        variable.assign_sub(m * rate / (ops.sqrt(largest) + self.epsilon))

    def rule(self):
        slots, largest = {"m": self._momentums, "v": self._velocities}, ""
        if self.amsgrad:
            slots["h"], largest = self._velocity_hats, "h <- max(h, v)  largest v so far"
        return Rule(f"""
            m <- beta_1 * m + (1 - beta_1) * g    moving mean of g
            v <- beta_2 * v + (1 - beta_2) * g^2  moving mean of g^2
            {largest}
            c1 = 1 - beta_1^t                     bias correction of m
            c2 = 1 - beta_2^t                     bias correction of v
            s = r * sqrt(c2) / c1 * m / (sqrt({"h" if self.amsgrad else "v"}) + epsilon)  step
            w <- w - s                            weight
            """, slots, self._constants())


class AdamW(Adam):
    """Adam with weight decay: before each step w <- w - r weight_decay w.

    Args:
        weight_decay: the share of each weight, times the rate, that is taken away at each step.
        learning_rate, beta_1, beta_2, epsilon, amsgrad, **options: as for `Adam`.

    Source: Loshchilov, Hutter: Decoupled weight decay regularization (2019).
    """

    def __init__(self, learning_rate=0.001, weight_decay=0.004, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False,
                 **options):
        if weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None. Without decay use "
                             "Adam")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, **options)


class Adamax(Moments):
    """m <- b1 m + (1 - b1) g, u <- max(b2 u, |g|), w <- w - r / (1 - b1^t) m / (u + epsilon).

    Arguments as for `Adam`. Source: Kingma, Ba: Adam (2014), section 7.
    """

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self._m, self._u = self.add_optimizer_variables(variables, ["momentum", "norm"])

    def update_step(self, gradient, variable, learning_rate):
        i = self._index[id(variable)]
        m, u = self._m[i], self._u[i]
        m.assign_add((gradient - m) * (1.0 - self.beta_1))
        u.assign(ops.maximum(self.beta_2 * u, slices.each(ops.abs, gradient)))
        variable.assign_sub(learning_rate * m / ((1.0 - self.powers(variable.dtype)[0]) * (u + self.epsilon)))

    def rule(self):
        return Rule("""
            m <- beta_1 * m + (1 - beta_1) * g  moving mean of g
            u <- max(beta_2 * u, abs(g))        moving maximum of |g|
            c1 = 1 - beta_1^t                   bias correction of m
            s = r / c1 * m / (u + epsilon)      step
            w <- w - s                          weight
            """, {"m": self._m, "u": self._u}, self._constants())


class Nadam(Moments):
    """Adam whose mean gradient looks one step ahead, as Nesterov's momentum does.

    With u_t = b1 (1 - 0.96^t / 2) and p_t = u_1 ... u_t: m, v as in Adam,
    w <- w - r (u_{t+1} m / (1 - p_{t+1}) + (1 - u_t) g / (1 - p_t)) / (sqrt(v / (1 - b2^t)) + epsilon).

    Arguments as for `Adam`. Source: Dozat: Incorporating Nesterov momentum into Adam (2016).
    """

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        dtype = variables[0].dtype if variables else None
        self._u_product = self.add_variable((), initializers.Ones(), dtype, name="u_product")

    def update_all(self, grads, variables, learning_rate):
        dtype = self._u_product.dtype
        now, ahead = self._u(0, dtype), self._u(1, dtype)
        self._u_product.assign(self._u_product * now)
        self._powers, product = {}, self._u_product.read_value()
        # sqrt(v / c) + epsilon = (sqrt(v) + epsilon sqrt(c)) / sqrt(c): what is a number goes to the numerator
        root = ops.sqrt(1.0 - self.powers(dtype)[1])
        rate = ops.cast(learning_rate, dtype) * root
        self._factors = {dtype: (rate * ahead / (1.0 - product * ahead), rate * (1.0 - now) / (1.0 - product),
                                 root * self.epsilon)}
        super().update_all(grads, variables, learning_rate)

    def _u(self, ahead, dtype):
        step = ops.cast(self.iterations + (1 + ahead), dtype)
        return self.beta_1 * (1.0 - 0.5 * ops.pow(ops.constant(0.96, dtype), step))

    def _factors_for(self, dtype):
        found = self._factors.get(dtype)
        if found is None:
            found = self._factors[dtype] = tuple(ops.cast(f, dtype) for f in self._factors[self._u_product.dtype])
        return found

    def update_step(self, gradient, variable, learning_rate):
        i = self._index[id(variable)]
        m, v = self._momentums[i], self._velocities[i]
        of_mean, of_gradient, epsilon = self._factors_for(variable.dtype)
        move_means(m, v, gradient, self.beta_1, self.beta_2)
        variable.assign_sub((of_mean * m + of_gradient * gradient) / (ops.sqrt(v) + epsilon))

    def rule(self):
        return Rule("""
            u = beta_1 * (1 - 0.96^t / 2)                     momentum at step t
            n = beta_1 * (1 - 0.96^(t + 1) / 2)               momentum at step t + 1
            p <- p * u                                        product of the momenta
            m <- beta_1 * m + (1 - beta_1) * g                moving mean of g
            v <- beta_2 * v + (1 - beta_2) * g^2              moving mean of g^2
            a = n * m / (1 - p * n) + (1 - u) * g / (1 - p)   mean, one step ahead
            s = r * a / (sqrt(v / (1 - beta_2^t)) + epsilon)  step
            w <- w - s                                        weight
            """, {"p": self._u_product, "m": self._momentums, "v": self._velocities}, self._constants())


class Lamb(Moments):
    """Adam's step, scaled for each variable to the norm of its weights: step |w| / |step|. Made for large batches.

    Arguments as for `Adam`. Source: You et al.: Large batch optimization for deep learning (2020).
    """

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])

    def update_step(self, gradient, variable, learning_rate):
        i, dtype = self._index[id(variable)], variable.dtype
        m, v = self._momentums[i], self._velocities[i]
        move_means(m, v, gradient, self.beta_1, self.beta_2)
        power_1, power_2 = self.powers(dtype)
        step = m / (1.0 - power_1) / (ops.sqrt(v / (1.0 - power_2)) + self.epsilon)
        weights, length = (ops.sqrt(ops.reduce_sum(ops.square(x))) for x in (variable, step))
        usable = ops.logical_and(weights > 0.0, length > 0.0)
        ratio = ops.where(usable, weights / ops.where(usable, length, ops.ones_like(length)), ops.ones_like(length))
        variable.assign_sub(ratio * learning_rate * step)


def move_means(m, v, gradient, beta_1, beta_2):
    """Moves the mean gradient m, and the mean square v, towards the present one."""
    m.assign_add((gradient - m) * (1.0 - beta_1))
    v.assign_add((slices.squared(gradient) - v) * (1.0 - beta_2))
