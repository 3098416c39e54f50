"""Floor 7: what a training step shows about a layer and its weights, in numbers."""

from typing import NamedTuple

import numpy as np

NEAR = 0.01     # a sigmoid or tanh this close to one of its bounds is saturated: the slope there is below 1/50

_BOUNDS = {"sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
_RELUS = ("relu", "relu6")


class LayerStep(NamedTuple):
    """One call of a layer in a training step. A number that has no meaning for the layer is None.

    Attributes:
        name, kind: the layer's name and its class; of an activation called as a function both are its name.
        call: which call of the layer it is, from 1; 0 for a layer that has weights and was not called.
        input_shape, output_shape: tuples, or lists of them.
        activation: the name of the activation that made the output.
        mean, std, min, max: of the output.
        zeros: of a relu, the share of zeros in the output.
        units: how many units (entries of the last axis) the output has.
        dead: of a relu, the share of units that are 0 for every sample.
        saturated: of a sigmoid or tanh, the share of outputs within 1 % of the upper or the lower bound.
        gradient: the norm of the gradient of the loss by the output; None where no gradient is computed.
        of_logits: whether it is the gradient by what the activation was computed from, since the loss takes that.
        input_rms: the root of the mean square of an input that no weight comes before; None for others.
        weights: the WeightSteps of its own trainable weights; at the first call of the layer.
    """

    name: str
    kind: str
    call: int = 1
    input_shape: object = ()
    output_shape: object = ()
    activation: str | None = None
    mean: float | None = None
    std: float | None = None
    min: float | None = None
    max: float | None = None
    zeros: float | None = None
    units: int | None = None
    dead: float | None = None
    saturated: float | None = None
    gradient: float | None = None
    of_logits: bool = False
    input_rms: float | None = None
    weights: tuple = ()


class WeightStep(NamedTuple):
    """A trainable weight in a training step.

    Attributes:
        name: its path.
        shape: a tuple.
        norm: of its values before the step.
        gradient: the norm of the gradient of the loss; None where the loss does not depend on it.
        update: the norm of what the optimizer changes.
        ratio: update / norm; None for a weight of zeros.
    """

    name: str
    shape: tuple
    norm: float
    gradient: float | None
    update: float
    ratio: float | None


def norm(array):
    """The 2-norm of all entries, in float64."""
    exact = np.asarray(array, "float64").reshape(-1)
    return float(np.sqrt(exact @ exact))


def rms(array):
    """The root of the mean square of all entries."""
    return norm(array) / max(np.size(array), 1) ** 0.5


def weight_step(name, before, after, gradient):
    """The WeightStep of a weight's values before and after a step, and its gradient (or None)."""
    size, update = norm(before), norm(np.asarray(after, "float64") - np.asarray(before, "float64"))
    return WeightStep(name, tuple(before.shape), size, None if gradient is None else norm(gradient), update,
                      update / size if size else None)


def activation_numbers(outputs, activation):
    """The numbers of a LayerStep that follow from the output: a dict.

    Args:
        outputs: arrays.
        activation: the name of the activation that made them, or None.
    """
    values = np.concatenate([np.asarray(a).reshape(-1) for a in outputs]) if len(outputs) > 1 else outputs[0]
    if values.dtype.kind not in "fiu" or not values.size:
        return {}
    found = {"mean": float(values.mean(dtype="float64")), "std": float(values.std(dtype="float64")),
             "min": float(values.min()), "max": float(values.max())}
    if outputs[0].ndim > 1:
        found["units"] = outputs[0].shape[-1]
    if activation in _RELUS:
        found["zeros"] = float((values == 0).mean())
        if values.ndim > 1:
            found["dead"] = float((values == 0).reshape(-1, values.shape[-1]).all(axis=0).mean())
    if activation in _BOUNDS:
        low, high = _BOUNDS[activation]
        found["saturated"] = float(((values <= low + NEAR) | (values >= high - NEAR)).mean())
    return found
