"""Floor 7: the losses that `compile` was given, as one number."""

from typing import NamedTuple

from tinynn import ops
from tinynn.autodiff.tensor import Tensor
from tinynn.core import nest
from tinynn.keras import losses, metrics
from tinynn.keras.training.outputs import Outputs


class Term(NamedTuple):
    """One loss.

    Attributes:
        place: the number of its output; or a slice of outputs, where the loss takes them together.
        structure: how those stand together.
        loss: the Loss.
        weight: its factor, or None.
        tracker: the metric of its mean, where there are several losses.
    """

    place: object
    structure: object
    loss: object
    weight: object
    tracker: object

    def pick(self, flat):
        """What belongs to the loss of one thing per output."""
        if type(self.place) is int:
            return flat[self.place]
        return nest.pack_sequence_as(self.structure, flat[self.place])


class CompileLoss:
    """The weighted sum of the losses of all outputs.

    Args:
        loss: one for every output, or one each, in the structure of the outputs or by name; None in it for none.
        loss_weights: their factors, in the same form.
        output_names: the names of the model's outputs, or None.
    """

    def __init__(self, loss, loss_weights=None, reduction="sum_over_batch_size", output_names=None):
        self.loss, self.loss_weights, self.output_names = loss, loss_weights, output_names
        self.metrics = []       # per term its mean, where there are several
        self.terms = self.only = None
        for one in nest.flatten(loss):
            losses.resolve(one)
        for weight in nest.flatten(loss_weights) if loss_weights is not None else []:
            if isinstance(weight, (str, bytes)) or callable(weight):
                raise ValueError(f"loss_weights are numbers, got {weight!r}; metrics are given as metrics=[...]")

    @property
    def built(self):
        """Whether the outputs are known."""
        return self.terms is not None

    def build(self, y_true, y_pred):
        """Assigns the losses to the outputs."""
        self.outputs = outputs = Outputs(y_pred, self.output_names)
        found = list(outputs.places(self._weighted(), "loss"))
        self.wanted = sorted({i for place, _, _ in found for i in _range(place)})
        trues, preds = outputs.targets(y_true, self.wanted), nest.flatten(y_pred)
        terms = [Term(place, structure, self._resolved(one.loss, place, trues, preds), one.weight, None)
                 for place, structure, one in found]
        if len(terms) > 1:
            self.metrics = [metrics.Mean(name=f"{outputs.title(term.place, term.loss.name)}_loss") for term in terms]
            terms = [term._replace(tracker=mean) for term, mean in zip(terms, self.metrics, strict=True)]
        self.terms = terms
        self.only = terms[0] if len(terms) == 1 and outputs.count == 1 and not nest.is_nested(y_pred) else None

    def _resolved(self, loss, place, trues, preds):
        if type(place) is not int:
            return losses.resolve(loss)
        return losses.resolve(loss, _shape(trues[place]), _shape(preds[place]))

    def _weighted(self):
        """The losses as they were given, each with its factor."""
        given, weights, outputs = self.loss, self.loss_weights, self.outputs
        if isinstance(given, dict) and not isinstance(outputs.structure, dict) and not outputs.names:
            raise ValueError(f"Expected keys of named outputs, but loss is a dict with keys {list(given)} and the "
                             f"model's outputs have no names; give a list of {outputs.count}")
        flat = nest.flatten(given)
        if isinstance(weights, dict) and isinstance(given, dict) and set(weights) < set(given):
            weights = {key: weights.get(key, None if not nest.is_nested(item) else [None] * len(nest.flatten(item)))
                       for key, item in given.items()}
        factors = [None] * len(flat) if weights is None else nest.flatten(weights)
        if not nest.is_nested(given) and weights is not None and outputs.count > 1:
            factors = outputs.spread(weights, "loss_weights", shared=False)
            return nest.pack_sequence_as(outputs.structure, [_Weighted(given, factor) for factor in factors])
        if len(factors) == 1 and len(flat) > 1 and outputs.count == 1:
            factors = factors * len(flat)
        if len(factors) != len(flat):
            raise ValueError(f"`loss_weights` must match the number of losses, got {len(flat)} losses and "
                             f"{len(factors)} weights")
        return nest.pack_sequence_as(given, [None if one is None else _Weighted(one, factor)
                                             for one, factor in zip(flat, factors, strict=True)])

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The loss of a batch, a scalar; trackers of single losses are updated."""
        if self.terms is None:
            self.build(y_true, y_pred)
        only = self.only
        if only is not None:
            if y_true is None:
                raise ValueError(f"the loss {only.loss.name!r} compares with targets, and there are none; give y, a "
                                 "dataset of pairs (x, y), or validation_data=(x, y)")
            if type(y_pred) is not Tensor or type(y_true) is not Tensor:
                y_true, y_pred, sample_weight = map(_single, (y_true, y_pred, sample_weight))
            value = only.loss(y_true, y_pred, sample_weight)
            return value if only.weight is None else value * only.weight
        together = isinstance(y_true, dict) and isinstance(y_pred, dict) and y_true.keys() == y_pred.keys()
        trues = nest.flatten(y_true) if together else self.outputs.targets(y_true, self.wanted)
        preds = nest.flatten(y_pred)
        weights = [None] * len(preds) if sample_weight is None else self.outputs.spread(sample_weight, "sample_weight")
        total = None
        for term in self.terms:
            y, predicted = term.pick(trues), term.pick(preds)
            if y is None:
                name = self.outputs.title(term.place, term.place)
                raise ValueError(f"there is a loss for the output {name!r}, but no target in y; give one, or the loss "
                                 "None")
            value = term.loss(y, predicted, weights[_range(term.place)[0]])
            if term.tracker is not None:
                term.tracker.update_state(value, sample_weight=nest.flatten(predicted)[0].shape[0])
            value = value if term.weight is None else value * term.weight
            total = value if total is None else ops.add(total, value)
        return total


class _Weighted:
    """A loss and its factor, as one leaf of a structure."""

    def __init__(self, loss, weight):
        self.loss, self.weight = loss, weight


def _range(place):
    return (place,) if type(place) is int else range(place.start, place.stop)


def _single(x):
    """What is given for a single output, taken out of its list or dict."""
    return nest.flatten(x)[0] if nest.is_nested(x) else x


def _shape(x):
    return tuple(getattr(x, "shape", ()))
