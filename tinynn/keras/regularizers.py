"""Floor 7: penalties on weights, added to the loss."""

import math

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.keras.losses.shapes import normalize
from tinynn.keras.saving import Catalogue


class Regularizer:
    """Base of all regularizers: override `__call__` (a weight's penalty, a scalar) and, to be saved, `get_config`."""

    def __call__(self, x):
        """The penalty of a weight."""
        return 0.0

    def get_config(self):
        """The arguments of __init__."""
        raise NotImplementedError(f"{type(self).__name__} must define get_config() to be saved")

    @classmethod
    def from_config(cls, config):
        """A regularizer of a configuration."""
        return cls(**config)


class L1L2(Regularizer):
    """l1 sum |x| + l2 sum x^2.

    Args:
        l1, l2: the two factors; 0 or None for none.
    """

    def __init__(self, l1=0.0, l2=0.0):
        self.l1, self.l2 = _factor("l1", l1, 0.0), _factor("l2", l2, 0.0)

    def __call__(self, x):
        x = operand(x)
        penalty = None
        if self.l1:
            penalty = self.l1 * ops.reduce_sum(ops.abs(x))
        if self.l2:
            square = self.l2 * ops.reduce_sum(ops.square(x))
            penalty = square if penalty is None else penalty + square
        return ops.zeros((), x.dtype) if penalty is None else penalty

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """l1 sum |x|: pulls weights to exactly 0."""

    def __init__(self, l1=0.01):
        super().__init__(l1=_factor("l1", l1, 0.01))

    def get_config(self):
        return {"l1": self.l1}


class L2(L1L2):
    """l2 sum x^2: keeps weights small."""

    def __init__(self, l2=0.01):
        super().__init__(l2=_factor("l2", l2, 0.01))

    def get_config(self):
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """The mean |cosine| between the rows, or columns, of a matrix, times a factor.

    Args:
        factor: what the mean is multiplied by.
        mode: "rows" or "columns".
    """

    def __init__(self, factor=0.01, mode="rows"):
        self.factor = _factor("factor", factor, 0.01)
        if mode not in ("rows", "columns"):
            raise ValueError('Invalid value for argument `mode`. Expected one of {"rows", "columns"}. Received: '
                             f"mode={mode}")
        self.mode = mode

    def __call__(self, inputs):
        inputs = operand(inputs)
        if len(inputs.shape) != 2:
            raise ValueError("Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape="
                             f"{tuple(inputs.shape)}")
        rows = normalize(inputs if self.mode == "rows" else ops.transpose(inputs), axis=1)
        n = rows.shape[0]
        cosines = ops.matmul(rows, ops.transpose(rows)) * (1.0 - ops.eye(n, dtype=rows.dtype))
        return self.factor * 0.5 * ops.reduce_sum(ops.abs(cosines)) / (n * (n - 1.0) / 2.0)

    def get_config(self):
        return {"factor": self.factor, "mode": self.mode}


def _factor(name, value, default):
    return validate_float_arg(default if value is None else value, name)


def validate_float_arg(value, name):
    """A factor as a float.

    Raises:
        ValueError: where it is negative, not finite, or no number.
    """
    if not isinstance(value, (float, int)) or not math.isfinite(value) or value < 0:
        raise ValueError(f"Invalid value for argument {name}: expected a non-negative float. Received: {value!r}")
    return float(value)


_catalogue = Catalogue(
    "regularizer",
    "keras.regularizers",
    [Regularizer, L1L2, L1, L2, OrthogonalRegularizer],
    {"l1_l2": L1L2, "l1": L1, "l2": L2},
)
globals().update(_catalogue.exact)
get, serialize, deserialize = _catalogue.get, _catalogue.serialize, _catalogue.deserialize
