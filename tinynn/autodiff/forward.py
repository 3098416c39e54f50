"""Floor 3: derivatives along a direction (Jacobian-vector products), by two passes of a tape.

A backward pass is linear in the weights u that it starts with: it gives u J. Its own derivative with respect to u,
weighed with the direction v, is J v (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).
"""

from tinynn.autodiff.operand import attached
from tinynn.autodiff.tape import GradientTape, UnconnectedGradients, _zeros
from tinynn.autodiff.tensor import convert, full_like
from tinynn.core import nest


class ForwardAccumulator:
    """Computes how what is calculated in its `with` block changes when the primals move along the tangents.

    Args:
        primals: a tensor or variable, or a structure of them.
        tangents: the direction: for each of them a tensor of its shape and type.

    Raises:
        ValueError: a tangent does not fit its primal.

    Example:
        >>> x = tf.constant([2.0, 3.0])
        >>> with tf.autodiff.ForwardAccumulator(x, tf.constant([1.0, 0.0])) as along:
        ...     y = x * x
        >>> along.jvp(y).numpy().tolist()
        [4.0, 0.0]
    """

    def __init__(self, primals, tangents):
        self._primals = nest.flatten(primals)
        self._tangents = [convert(t, like=p) for p, t in zip(self._primals, nest.flatten(tangents), strict=True)]
        for primal, tangent in zip(self._primals, self._tangents, strict=True):
            if tuple(primal.shape) != tuple(tangent.shape) or primal.dtype != tangent.dtype:
                raise ValueError(f"a tangent of shape {tuple(tangent.shape)} and type {tangent.dtype.name} does not "
                                 f"fit its primal of shape {tuple(primal.shape)} and type {primal.dtype.name}")
        self._tape = GradientTape(persistent=True, watch_accessed_variables=False)

    def __enter__(self):
        self._tape.__enter__()
        self._tape.watch(self._primals)
        return self

    def __exit__(self, *exception):
        return self._tape.__exit__(*exception)

    def jvp(self, primals, unconnected_gradients=UnconnectedGradients.NONE):
        """The derivative of tensors along the direction: of their shapes, in their structure.

        Args:
            primals: what was calculated in the block, a tensor or a structure of them.
            unconnected_gradients: "none" or "zero", for what does not depend on the primals.
        """
        zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        found = [self._along(y) for y in nest.flatten(primals)]
        found = [_zeros(y) if f is None and zero else f for y, f in zip(nest.flatten(primals), found, strict=True)]
        return nest.pack_sequence_as(primals, found)

    def _along(self, target):
        for primal, tangent in zip(self._primals, self._tangents, strict=True):
            if target is primal:
                return tangent
        weights = full_like(target, 0)
        with GradientTape(watch_accessed_variables=False) as weighing:
            weighing.watch(weights)
            self._tape.begin_walk()
            pulled = self._tape.walk([target], [weights], self._primals)
            self._tape.end_walk()
            moved = [attached().multiply(g, t) for g, t in zip(pulled, self._tangents, strict=True) if g is not None]
        if not moved:
            return None
        return weighing.gradient(moved, weights)
