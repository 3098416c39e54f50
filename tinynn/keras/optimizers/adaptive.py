"""Floor 7: optimizers with a rate for each weight, from the size of its gradients. w weights, g gradient, r rate."""

from tinynn import ops
from tinynn.keras import initializers
from tinynn.keras.optimizers import slices
from tinynn.keras.optimizers.base import Optimizer
from tinynn.keras.optimizers.rules import Rule
from tinynn.ops.update import adagrad_update, rmsprop_update


class Adagrad(Optimizer):
    """a <- a + g^2, w <- w - r g / sqrt(a + epsilon): weights with small gradients keep a larger rate.

    Args:
        learning_rate: r.
        initial_accumulator_value: the first a.
        epsilon: see above.
        **options: as for `Optimizer`.

    Source: Duchi, Hazan, Singer: Adaptive subgradient methods for online learning (2011).
    """

    arguments = ("initial_accumulator_value", "epsilon")

    def __init__(self, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7, weight_decay=None, **options):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def build(self, variables):
        if not self.built:
            super().build(variables)
            start = initializers.Constant(self.initial_accumulator_value)
            self._accumulators = self.add_optimizer_variables(variables, "accumulator", start)

    def update_step(self, gradient, variable, learning_rate):
        a = self._accumulators[self._index[id(variable)]]
        if slices.of(gradient) is None:
            adagrad_update(variable, a, gradient, learning_rate, self.epsilon)
            return
        a.assign_add(slices.squared(gradient))
        variable.assign_sub(learning_rate * gradient / ops.sqrt(a + self.epsilon))

    def rule(self):
        return Rule("""
            a <- a + g^2                        sum of g^2
            s = r * g / sqrt(a + epsilon)       step
            w <- w - s                          weight
            """, {"a": self._accumulators}, {"epsilon": self.epsilon})


class RMSprop(Optimizer):
    """v <- rho v + (1 - rho) g^2, w <- w - r g / sqrt(v + epsilon).

    Args:
        learning_rate: r.
        rho: how much of the mean square is kept at each step.
        momentum: where it is not 0, steps are summed up: m <- momentum m + step, w <- w - m.
        epsilon: see above.
        centered: whether the mean square is taken around the mean gradient, v - mean(g)^2.
        **options: as for `Optimizer`.

    Source: Hinton: Neural networks for machine learning, lecture 6 (2012).
    """

    arguments = ("rho", "momentum", "epsilon", "centered")

    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False, weight_decay=None,
                 **options):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        if self.momentum > 0:
            self._momentums = self.add_optimizer_variables(variables, "momentum")
        if self.centered:
            self._average_gradients = self.add_optimizer_variables(variables, "average_gradient")

    def update_step(self, gradient, variable, learning_rate):
        i = self._index[id(variable)]
        v, rho = self._velocities[i], self.rho
        if not self.centered and not self.momentum > 0 and slices.of(gradient) is None:
            rmsprop_update(variable, v, gradient, learning_rate, rho, self.epsilon)
            return
        v.assign(rho * v + (1.0 - rho) * slices.squared(gradient))
        size = v + self.epsilon
        if self.centered:
            mean = self._average_gradients[i]
            mean.assign(rho * mean + (1.0 - rho) * gradient)
            size = v - ops.square(mean) + self.epsilon
        step = learning_rate * gradient / ops.sqrt(size)
        if self.momentum > 0:
            m = self._momentums[i]
            m.assign(self.momentum * m + step)
            step = m
        variable.assign_sub(step)

    def rule(self):
        slots, size = {"v": self._velocities}, "v"
        lines = ["v <- rho * v + (1 - rho) * g^2  moving mean of g^2"]
        if self.centered:
            slots["mean"], size = self._average_gradients, "q"
            lines += ["mean <- rho * mean + (1 - rho) * g  moving mean of g", "q = v - mean^2  variance of g"]
        lines.append(f"s = r * g / sqrt({size} + epsilon)  step")
        if self.momentum > 0:
            slots["m"] = self._momentums
            lines.append("m <- momentum * m + s  sum of steps")
        lines.append(f"w <- w - {'m' if self.momentum > 0 else 's'}  weight")
        return Rule("\n".join(lines), slots, {"rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon})


class Adadelta(Optimizer):
    """a <- rho a + (1 - rho) g^2, step = g sqrt(d + epsilon) / sqrt(a + epsilon), d <- rho d + (1 - rho) step^2,
    w <- w - r step: the size of past steps sets the scale.

    Args:
        learning_rate: r; 1.0 in the paper.
        rho: how much of the means is kept at each step.
        epsilon: see above.
        **options: as for `Optimizer`.

    Source: Zeiler: ADADELTA, an adaptive learning rate method (2012).
    """

    arguments = ("rho", "epsilon")

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-7, weight_decay=None, **options):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.rho, self.epsilon = rho, epsilon

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self._accumulated_grads, self._accumulated_delta_vars = self.add_optimizer_variables(
                variables, ["accumulated_grad", "accumulated_delta_var"])

    def update_step(self, gradient, variable, learning_rate):
        i, rho = self._index[id(variable)], self.rho
        a, d = self._accumulated_grads[i], self._accumulated_delta_vars[i]
        a.assign(rho * a + (1.0 - rho) * slices.squared(gradient))
        step = slices.times(gradient, ops.sqrt(d + self.epsilon) / ops.sqrt(a + self.epsilon))
        d.assign(rho * d + (1.0 - rho) * slices.squared(step))
        variable.assign_sub(learning_rate * step)

    def rule(self):
        return Rule("""
            a <- rho * a + (1 - rho) * g^2                  moving mean of g^2
            s = g * sqrt(d + epsilon) / sqrt(a + epsilon)   step
            d <- rho * d + (1 - rho) * s^2                  moving mean of s^2
            w <- w - r * s                                  weight
            """, {"a": self._accumulated_grads, "d": self._accumulated_delta_vars},
            {"rho": self.rho, "epsilon": self.epsilon}, {"g^2": "q", "s^2": "q * (d + epsilon) / (a + epsilon)"})


class Ftrl(Optimizer):
    """Follows the regularized leader: weights that minimise all past gradients plus l1 and l2 penalties.

    With p = -learning_rate_power: s = ((a + g^2)^p - a^p) / r, z <- z + g - s w, a <- a + g^2,
    w <- (clip(z, +-l1) - z) / (a^p / r + 2 l2).

    Args:
        learning_rate: r.
        learning_rate_power: 0 or below; -0.5 as in the paper, 0 for a fixed rate.
        initial_accumulator_value: the first a.
        l1_regularization_strength, l2_regularization_strength: l1 and l2.
        l2_shrinkage_regularization_strength: adds 2 times this times w to the gradient in z.
        beta: adds beta / (2 r) to l2.
        **options: as for `Optimizer`.

    Source: McMahan et al.: Ad click prediction, a view from the trenches (2013).
    """

    arguments = ("learning_rate_power", "initial_accumulator_value", "l1_regularization_strength",
                 "l2_regularization_strength", "l2_shrinkage_regularization_strength", "beta")

    def __init__(self, learning_rate=0.001, learning_rate_power=-0.5, initial_accumulator_value=0.1,
                 l1_regularization_strength=0.0, l2_regularization_strength=0.0,
                 l2_shrinkage_regularization_strength=0.0, beta=0.0, weight_decay=None, **options):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        given = locals()
        vars(self).update({name: given[name] for name in self.arguments})
        for name in self.arguments[1:5]:
            if given[name] < 0.0:
                raise ValueError(f"`{name}` needs to be positive or zero. Received: {name}={given[name]}.")
        if learning_rate_power > 0.0:
            raise ValueError("`learning_rate_power` needs to be negative or zero. Received: learning_rate_power="
                             f"{learning_rate_power}.")

    def build(self, variables):
        if not self.built:
            super().build(variables)
            start = initializers.Constant(self.initial_accumulator_value)
            self._accumulators, self._linears = self.add_optimizer_variables(
                variables, ["accumulator", "linear"], [start, "zeros"])

    def update_step(self, gradient, variable, learning_rate):
        i, p, l1 = self._index[id(variable)], -float(self.learning_rate_power), self.l1_regularization_strength
        a, z = self._accumulators[i], self._linears[i]
        l2 = self.l2_regularization_strength + self.beta / (2.0 * learning_rate)
        more = a + slices.squared(gradient)
        power = ops.pow(more, p)
        shrunk = gradient
        if self.l2_shrinkage_regularization_strength:
            shrunk = gradient + 2.0 * self.l2_shrinkage_regularization_strength * variable
        z.assign_add(shrunk - (power - ops.pow(a, p)) / learning_rate * variable)
        variable.assign((ops.clip_by_value(z, -float(l1), float(l1)) - z) / (power / learning_rate + 2.0 * l2))
        a.assign(more)
