"""Floor 7: metrics, as classes, functions and strings."""

from tinynn.keras.losses import ALIASES as _LOSS_ALIASES
from tinynn.keras.losses import classification as _classification
from tinynn.keras.losses import regression as _losses_of_numbers
from tinynn.keras.losses import similarity as _similarity
from tinynn.keras.metrics import accuracy as _accuracy
from tinynn.keras.metrics import auc, fscore, iou, means, reduction, regression, thresholds
from tinynn.keras.metrics.base import Metric
from tinynn.keras.metrics.resolve import resolver
from tinynn.keras.naming import to_snake_case
from tinynn.keras.saving import Catalogue


def _public(module, kind):
    return {name: thing for name, thing in vars(module).items()
            if isinstance(thing, kind) and thing.__module__ == module.__name__ and not name.startswith("_")}


_classes = {"Metric": Metric}
for _module in (reduction, means, regression, _accuracy, thresholds, auc, fscore, iou):
    _classes.update(_public(_module, type))
_classes.pop("MeanOf")
_functions = {}
for _module in (_losses_of_numbers, _classification, _similarity, means, _accuracy):
    _functions.update(_public(_module, type(_public)))

_named = {to_snake_case(name): thing for name, thing in _classes.items()}
_catalogue = Catalogue(
    "metric",
    "keras.metrics",
    _classes.values(),
    {**{name: f for name, f in _functions.items() if name not in _named},
     **{alias: _named.get(f.__name__, f) for alias, f in _LOSS_ALIASES.items() if alias != "huber_loss"}},
)
globals().update(_classes)
globals().update(_LOSS_ALIASES)
globals().update(_functions)
get, serialize, deserialize = _catalogue.get, _catalogue.serialize, _catalogue.deserialize
resolve = resolver(get)
