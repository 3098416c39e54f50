"""Floor 7: optimizers, as classes and strings."""

from tinynn.keras.optimizers import schedules
from tinynn.keras.optimizers.adam import Adam, Adamax, AdamW, Lamb, Nadam
from tinynn.keras.optimizers.adaptive import Adadelta, Adagrad, Ftrl, RMSprop
from tinynn.keras.optimizers.base import Optimizer
from tinynn.keras.optimizers.descent import SGD, Lion
from tinynn.keras.optimizers.loss_scale import LossScaleOptimizer
from tinynn.keras.optimizers.matrix import Adafactor, Muon
from tinynn.keras.optimizers.schedule_free import ScheduleFreeAdamW
from tinynn.keras.saving import Catalogue

__all__ = ["SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion",
           "LossScaleOptimizer", "Muon", "Nadam", "Optimizer", "RMSprop", "ScheduleFreeAdamW", "deserialize", "get",
           "schedules", "serialize"]

_catalogue = Catalogue(
    "optimizer",
    "keras.optimizers",
    [c for c in list(globals().values()) if isinstance(c, type) and issubclass(c, Optimizer) and c is not Optimizer],
    base=Optimizer,
)
get, serialize, deserialize = _catalogue.get, _catalogue.serialize, _catalogue.deserialize
