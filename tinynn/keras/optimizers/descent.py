"""Floor 7: optimizers with one rate for all weights: SGD and Lion. w weights, g gradient, r rate."""

from tinynn import ops
from tinynn.keras.optimizers.base import Optimizer
from tinynn.keras.optimizers.rules import Rule
from tinynn.ops.update import momentum_update, sgd_update


class SGD(Optimizer):
    """w <- w - r g; with momentum m: v <- m v - r g, w <- w + v; with Nesterov's look ahead w <- w + m v - r g.

    Args:
        learning_rate: r.
        momentum: m, in [0, 1].
        nesterov: whether to look ahead.
        **options: as for `Optimizer`.

    Source: Polyak: Some methods of speeding up the convergence of iteration methods (1964); Sutskever, Martens, Dahl,
    Hinton: On the importance of initialization and momentum in deep learning (2013).
    """

    arguments = ("momentum", "nesterov")

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, weight_decay=None, **options):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        if isinstance(momentum, bool) or not isinstance(momentum, (int, float)) or not 0 <= momentum <= 1:
            raise ValueError(f"`momentum` must be a float between [0, 1], got {momentum!r}")
        self.momentum, self.nesterov = float(momentum), nesterov
        self.momentums = []

    def build(self, variables):
        if not self.built:
            super().build(variables)
            if self.momentum:
                self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        if self.momentums:
            velocity = self.momentums[self._index[id(variable)]]
            momentum_update(variable, velocity, gradient, learning_rate, self.momentum, self.nesterov)
        else:
            sgd_update(variable, gradient, learning_rate)

    def rule(self):
        if not self.momentums:
            return Rule("w <- w - r * g  weight")
        return Rule(f"""
            v <- momentum * v - r * g                                        velocity
            w <- {"w + momentum * v - r * g" if self.nesterov else "w + v"}  weight
            """, {"v": self.momentums}, {"momentum": self.momentum})


class Lion(Optimizer):
    """w <- w - r sign(b1 m + (1 - b1) g), then m <- b2 m + (1 - b2) g: every weight moves by the same amount.

    Args:
        learning_rate: r; three to ten times smaller than for Adam.
        beta_1: b1, in (0, 1].
        beta_2: b2.
        **options: as for `Optimizer`.

    Source: Chen et al.: Symbolic discovery of optimization algorithms (2023).
    """

    arguments = ("beta_1", "beta_2")

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.99, weight_decay=None, **options):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        if not 0 < beta_1 <= 1:
            raise ValueError("Argument `beta_1` must be in the [0, 1] range. Otherwise, the optimizer degenerates to "
                             f"SignSGD. Received: beta_1={beta_1}.")
        self.beta_1, self.beta_2 = beta_1, beta_2

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self._momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        m = self._momentums[self._index[id(variable)]]
        variable.assign_sub(learning_rate * ops.sign(m * self.beta_1 + gradient * (1.0 - self.beta_1)))
        m.assign(m * self.beta_2 + gradient * (1.0 - self.beta_2))

    def rule(self):
        return Rule("""
            d = sign(beta_1 * m + (1 - beta_1) * g)  direction
            w <- w - r * d                           weight
            m <- beta_2 * m + (1 - beta_2) * g       moving mean of g
            """, {"m": self._momentums}, {"beta_1": self.beta_1, "beta_2": self.beta_2})
