"""Floor 7: losses, as classes, functions and strings."""

from tinynn.keras.losses import classes, classification, regression, sequence, similarity
from tinynn.keras.losses.base import Loss, LossFunctionWrapper
from tinynn.keras.losses.resolve import resolver
from tinynn.keras.saving import Catalogue

_functions = {
    name: thing
    for module in (regression, classification, similarity, sequence)
    for name, thing in vars(module).items()
    if getattr(thing, "__module__", None) == module.__name__ and not name.startswith("_")
}
_classes = {
    name: thing
    for name, thing in vars(classes).items()
    if getattr(thing, "__module__", None) == classes.__name__ and not name.startswith("_")
}
globals().update(_functions)
globals().update(_classes)

ALIASES = {
    "mse": regression.mean_squared_error,
    "mae": regression.mean_absolute_error,
    "mape": regression.mean_absolute_percentage_error,
    "msle": regression.mean_squared_logarithmic_error,
    "logcosh": regression.log_cosh,
    "huber_loss": regression.huber,
    "bce": classification.binary_crossentropy,
    "kld": similarity.kl_divergence,
    "kullback_leibler_divergence": similarity.kl_divergence,
}
_catalogue = Catalogue(
    "loss",
    "keras.losses",
    [Loss, LossFunctionWrapper, *_classes.values(), *_functions.values()],
    ALIASES,
)
globals().update(ALIASES)
globals().update({name.upper(): ALIASES[name] for name in ("mse", "mae", "mape", "msle", "bce", "kld")})
get, serialize, deserialize = _catalogue.get, _catalogue.serialize, _catalogue.deserialize
resolve = resolver(get, _functions)
