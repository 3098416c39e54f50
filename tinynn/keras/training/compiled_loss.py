"""Floor 7: the losses that `compile` was given, as one number."""

import numpy as np

from tinynn import ops
from tinynn.core import nest
from tinynn.keras import losses, metrics
from tinynn.keras.training.outputs import Outputs


class CompileLoss:
    """The weighted sum of the losses of all outputs.

    Args:
        loss: a loss for every output: one, a list, or a dict by name; None in it for none.
        loss_weights: their factors, in the same form.
        output_names: the names of the model's outputs, or None.
    """

    def __init__(self, loss, loss_weights=None, output_names=None):
        self.loss, self.loss_weights, self.output_names = loss, loss_weights, output_names
        self.metrics = []       # per output its loss, where there are several
        self.terms = None       # (output, Loss, weight, tracker)
        for one in nest.flatten(loss):
            losses.resolve(one)
        for weight in nest.flatten(loss_weights) if loss_weights is not None else []:
            if not isinstance(weight, (int, float, np.number)):
                raise ValueError(f"loss_weights are numbers, got {weight!r}; metrics are given as metrics=[...]")

    def build(self, y_true, y_pred):
        """Assigns the losses to the outputs."""
        self.outputs = outputs = Outputs(y_pred, self.output_names)
        given = self.loss
        if outputs.count == 1 and isinstance(given, (list, tuple)):
            pairs = [(0, one) for one in nest.flatten(given)]
        else:
            pairs = list(enumerate(outputs.spread(given, "loss")))
        weights = self._weights(len(pairs))
        trues, preds = self._spread_targets(y_true, pairs), nest.flatten(y_pred)
        self.terms = [(i, losses.resolve(one, _shape(trues[i]), _shape(preds[i])), weight, None)
                      for (i, one), weight in zip(pairs, weights, strict=True) if one is not None]
        if len(self.terms) > 1:
            names = outputs.names or [f"output_{i}" for i in range(outputs.count)]
            self.metrics = [metrics.Mean(name=f"{names[i] if outputs.count > 1 else one.name}_loss")
                            for i, one, _, _ in self.terms]
            self.terms = [(*term[:3], tracker) for term, tracker in zip(self.terms, self.metrics, strict=True)]

    def _weights(self, count):
        weights = self.loss_weights
        if weights is None:
            return [None] * count
        if self.outputs.count == 1 and not isinstance(weights, dict):
            weights = nest.flatten(weights)
            if len(weights) not in (1, count):
                raise ValueError(f"loss_weights has {len(weights)} numbers for {count} losses")
            return weights if len(weights) == count else weights * count
        return self.outputs.spread(weights, "loss_weights", shared=False)

    def _spread_targets(self, y_true, pairs):
        outputs = self.outputs
        if outputs.count == 1:
            return [y_true if y_true is None or not nest.is_nested(y_true) else nest.flatten(y_true)[0]]
        wanted = [i for i, one in pairs if one is not None]
        if isinstance(y_true, (list, tuple)) and len(y_true) == len(wanted) < outputs.count:
            found = dict(zip(wanted, y_true, strict=True))
            return [found.get(i) for i in range(outputs.count)]
        return outputs.spread(y_true, "y", shared=False)

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The loss of a batch, a scalar; trackers of single losses are updated."""
        if self.terms is None:
            self.build(y_true, y_pred)
        if len(self.terms) == 1 and self.outputs.count == 1:
            _, loss, weight, _ = self.terms[0]
            value = loss(*_first(y_true, y_pred, sample_weight))
            return value if weight is None else value * weight
        trues = self._spread_targets(y_true, [(i, loss) for i, loss, _, _ in self.terms])
        preds = nest.flatten(y_pred)
        weights = [None] * len(preds) if sample_weight is None else self.outputs.spread(sample_weight, "sample_weight")
        total = None
        for i, loss, factor, tracker in self.terms:
            value = loss(trues[i], preds[i], weights[i])
            tracker.update_state(value, sample_weight=preds[i].shape[0])
            value = value if factor is None else value * factor
            total = value if total is None else ops.add(total, value)
        return total


def _first(y_true, y_pred, sample_weight):
    """The three of a single output, taken out of their list or dict."""
    return [nest.flatten(x)[0] if nest.is_nested(x) else x for x in (y_true, y_pred, sample_weight)]


def _shape(x):
    return tuple(getattr(x, "shape", ()))
