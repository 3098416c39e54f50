"""Floor 7: what weights must obey after each update."""

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.keras.config import epsilon
from tinynn.keras.saving import Catalogue


class Constraint:
    """Base of all constraints: override `__call__`, from a weight to the weight to keep."""

    def __call__(self, w):
        """The weight to keep."""
        return w

    def get_config(self):
        """The arguments of __init__."""
        return {}

    @classmethod
    def from_config(cls, config):
        """A constraint of a configuration."""
        return cls(**config)


class NonNeg(Constraint):
    """No weight below 0."""

    def __call__(self, w):
        return ops.maximum(operand(w), 0.0)


class MinMaxNorm(Constraint):
    """Norms along an axis between two limits.

    Args:
        min_value, max_value: the limits.
        rate: how far a norm outside is moved to the limit: 1 at once, below 1 step by step.
        axis: the axis, or axes, along which a norm is taken; 0 for the incoming weights of a Dense unit.
    """

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w):
        w, norms = _with_norms(w, self.axis)
        wanted = ops.minimum(ops.maximum(norms, float(self.min_value)), float(self.max_value))
        if self.rate != 1:
            wanted = self.rate * wanted + (1.0 - self.rate) * norms
        return w * (wanted / (epsilon() + norms))

    def get_config(self):
        return {name: getattr(self, name) for name in ("min_value", "max_value", "rate", "axis")}


class MaxNorm(MinMaxNorm):
    """Norms along an axis of at most `max_value`.

    Source: Srivastava et al.: Dropout, a simple way to prevent neural networks from overfitting (2014).
    """

    def __init__(self, max_value=2, axis=0):
        super().__init__(0.0, max_value, 1.0, axis)

    def get_config(self):
        return {"max_value": self.max_value, "axis": self.axis}


class UnitNorm(Constraint):
    """Norms of 1 along an axis."""

    def __init__(self, axis=0):
        self.axis = axis

    def __call__(self, w):
        w, norms = _with_norms(w, self.axis)
        return w / (epsilon() + norms)

    def get_config(self):
        return {"axis": self.axis}


def _with_norms(w, axis):
    w = operand(w)
    return w, ops.sqrt(ops.reduce_sum(ops.square(w), axis=axis, keepdims=True))


_catalogue = Catalogue("constraint", "keras.constraints", [Constraint, NonNeg, MinMaxNorm, MaxNorm, UnitNorm])
globals().update(_catalogue.exact)
get, serialize, deserialize = _catalogue.get, _catalogue.serialize, _catalogue.deserialize
