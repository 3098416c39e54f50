"""Floor 8: what a user tests ops and gradients with."""

import numpy as np

from tinynn.autodiff.tape import GradientTape
from tinynn.autodiff.tensor import convert
from tinynn.core import nest


class GradientCheckError(AssertionError):
    """A gradient differs from the slope that was measured."""


def check_gradients(f, inputs, order=2, step=1e-4, rtol=1e-5, atol=1e-7, seed=0):
    """Compares the gradients of `f` with slopes measured by central differences.

    Along random directions u the directional derivative u · grad of a random projection of the outputs is held
    against (f(x + h u) - f(x - h u)) / 2h. For `order=2` the same is done to the gradient itself, and so on: one
    call checks the rules of every op in `f` and the rules of the ops that those rules use. All is computed in
    float64, so give points away from kinks (|x|, relu at 0) and from the edges of domains.

    Args:
        f: a function of tensors that gives a tensor, or a structure of tensors.
        inputs: a list of arrays or tensors; floating-point ones are converted to float64 and differentiated.
        order: the highest derivative to check.
        step: the distance h, relative to the size of the values.
        rtol, atol: the tolerance, relative to the size of the slope and absolute.
        seed: of the directions and projections.

    Raises:
        GradientCheckError: with the order, both numbers and the input's index.

    Example:
        >>> tinynn.testing.check_gradients(lambda x: tf.sin(x) * x, [np.ones(3)])
    """
    rng = np.random.default_rng(seed)
    points = [_point(x) for x in nest.flatten(inputs)]
    _check(f, points, order, 1, step, rtol, atol, rng)


def _point(x):
    array = np.asarray(x)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _check(f, points, order, level, step, rtol, atol, rng):
    weights = [rng.normal(size=np.shape(y)) for y in _outputs(f, points)]

    def projection(*tensors):
        outputs = [y for y in nest.flatten(f(*tensors)) if y.dtype.is_floating]
        total = None
        for output, weight in zip(outputs, weights, strict=True):
            term = _sum_all(output * convert(weight, like=output))
            total = term if total is None else total + term
        return total

    def gradients(*tensors):
        watched = [t for t in tensors if t.dtype.is_floating]
        with GradientTape() as tape:
            tape.watch(watched)
            value = projection(*tensors)
        return [convert(np.zeros(t.shape), like=t) if g is None else g
                for t, g in zip(watched, _gradient_or_none(tape, value, watched), strict=True)]

    moving = [i for i, p in enumerate(points) if p.dtype == np.float64]
    found = [np.asarray(g) for g in gradients(*map(convert, points))]
    for i, gradient in zip(moving, found, strict=True):
        if gradient.shape != points[i].shape:
            raise GradientCheckError(f"derivative {level}, input {i}: the gradient has shape {gradient.shape}, "
                                     f"the input {points[i].shape}")
        direction = rng.normal(size=points[i].shape)
        measured = _slope(projection, points, i, direction, step)
        computed = float(np.sum(gradient * direction))
        if not abs(computed - measured) <= atol + rtol * max(1.0, abs(measured), float(np.abs(gradient).sum())):
            raise GradientCheckError(
                f"derivative {level}, input {i}: the gradient says {computed:.10g}, the measured slope is "
                f"{measured:.10g} (off by {abs(computed - measured):.3g})")
    if level < order:
        _check(gradients, points, order, level + 1, step, rtol, atol, rng)


def _outputs(f, points):
    return [np.asarray(y) for y in nest.flatten(f(*map(convert, points))) if y.dtype.is_floating]


def _sum_all(x):
    from tinynn.ops.reduce import reduce_sum

    return reduce_sum(x)


def _gradient_or_none(tape, value, watched):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tape.gradient(value, watched)


def _slope(projection, points, i, direction, step):
    h = step * max(1.0, float(np.abs(points[i]).max(initial=0.0)))
    ahead, behind = [], []
    for sign, values in ((h, ahead), (-h, behind)):
        moved = [p + sign * direction if k == i else p for k, p in enumerate(points)]
        values.append(float(projection(*map(convert, moved))))
    return (ahead[0] - behind[0]) / (2 * h)
