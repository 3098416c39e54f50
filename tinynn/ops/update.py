"""Floor 4: ops that change variables in place: assignment and the optimizers' steps.

They have no gradient. `w` is a weight, `g` its gradient, `rate` the learning rate; all arithmetic is in the type of w,
and the scalars are inputs, so that a recorded step follows them where they are variables.
"""

import numpy as np

from tinynn.core.primitive import primitive


def _same(variable, value):
    if variable.shape != value.shape:
        raise ValueError(f"a variable of shape {variable.shape} takes values of that shape, got {value.shape}")


@primitive("v <- x", writes="variable")
def assign(xp, variable, value):
    """Replaces the values of a variable, without broadcasting."""
    _same(variable, value)
    variable[...] = value


@primitive("v <- v + x", writes="variable")
def assign_add(xp, variable, value):
    """Adds to a variable, without broadcasting."""
    _same(variable, value)
    variable += value


@primitive("v <- v - x", writes="variable")
def assign_sub(xp, variable, value):
    """Subtracts from a variable, without broadcasting."""
    _same(variable, value)
    variable -= value


@primitive("w <- w - rate g", writes="w", example=lambda rand: ((rand(4, 3), rand(4, 3), 0.1), {}))
def sgd_update(xp, w, g, rate):
    """A step of gradient descent."""
    w -= g * rate


def _moment(rand):
    return rand(4, 3), rand(4, 3), rand(4, 3), 0.1


@primitive("m <- μ m - rate g;  w <- w + m", writes=("w", "m"),
           example=lambda rand: [(_moment(rand), {"momentum": 0.9, "nesterov": False}),
                                 (_moment(rand), {"momentum": 0.9, "nesterov": True})])
def momentum_update(xp, w, m, g, rate, *, momentum, nesterov):
    """A step of gradient descent with momentum; Nesterov's looks one step ahead: w + momentum m - rate g."""
    m *= w.dtype.type(momentum)
    m -= g * rate
    w += m * w.dtype.type(momentum) - g * rate if nesterov else m


def _positive_moment(rand):
    return rand(4, 3), np.abs(rand(4, 3)), rand(4, 3), 0.1


@primitive("v <- ρ v + (1 - ρ) g²;  w <- w - rate g / √(v + ε)", writes=("w", "v"),
           example=lambda rand: (_positive_moment(rand), {"rho": 0.9, "epsilon": 1e-7}))
def rmsprop_update(xp, w, v, g, rate, *, rho, epsilon):
    """A step of RMSprop, which divides by a running root mean square of the gradient."""
    real = w.dtype.type
    v[...] = real(rho) * v + xp.square(g) * real(1 - rho)
    w -= rate * g / xp.sqrt(v + real(epsilon))


@primitive("m += (g - m) (1 - β₁);  v += (g² - v) (1 - β₂);  w <- w - α m / (√v + ε),  α = rate √(1 - β₂ᵗ) / (1 - β₁ᵗ)",
           writes=("w", "m", "v"), mixed="step",
           example=lambda rand: [((rand(*n), rand(*n), np.abs(rand(*n)), rand(*n), 0.1, np.int64(3)),
                                  {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}) for n in ((4, 3), (3,))])
def adam_update(xp, w, m, v, g, rate, step, *, beta_1, beta_2, epsilon):
    """Step number `step` (int64, from 1 on) of Adam."""
    _adam(xp, w, m, v, g, xp.square(g), rate, step, beta_1, beta_2, epsilon)


@primitive("m += (g - m) (1 - β₁);  v += (s - v) (1 - β₂);  w <- w - α m / (√v + ε),  α = rate √(1 - β₂ᵗ) / (1 - β₁ᵗ)",
           writes=("w", "m", "v"), mixed="step",
           example=lambda rand: ((rand(4, 3), rand(4, 3), np.abs(rand(4, 3)), rand(4, 3), np.abs(rand(4, 3)), 0.1,
                                  np.int64(3)), {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}))
def adam_squares_update(xp, w, m, v, g, squares, rate, step, *, beta_1, beta_2, epsilon):
    """A step of Adam in which s stands for g²: of a sum of slices, where each is squared before they are added up."""
    _adam(xp, w, m, v, g, squares, rate, step, beta_1, beta_2, epsilon)


def _adam(xp, w, m, v, g, squares, rate, step, beta_1, beta_2, epsilon):
    real = w.dtype.type
    one, t = real(1), step.astype(w.dtype)
    alpha = rate * xp.sqrt(one - xp.power(real(beta_2), t)) / (one - xp.power(real(beta_1), t))
    m += (g - m) * real(1 - beta_1)
    v += (squares - v) * real(1 - beta_2)
    w -= m * alpha / (xp.sqrt(v) + real(epsilon))


@primitive("a <- a + g²;  w <- w - rate g / √(a + ε)", writes=("w", "accumulator"),
           example=lambda rand: (_positive_moment(rand), {"epsilon": 1e-7}))
def adagrad_update(xp, w, accumulator, g, rate, *, epsilon):
    """A step of Adagrad, which divides by the root of the sum of all squared gradients so far."""
    accumulator += xp.square(g)
    w -= rate * g / xp.sqrt(accumulator + w.dtype.type(epsilon))
