"""Floor 7: the metric that `compile` means."""

from tinynn.keras.losses.resolve import kind_of_targets
from tinynn.keras.metrics.base import Metric
from tinynn.keras.metrics.reduction import MeanMetricWrapper
from tinynn.keras.naming import to_snake_case

_BY_SHAPES = {"acc": "accuracy", "accuracy": "accuracy", "ce": "crossentropy", "crossentropy": "crossentropy"}


def resolver(get):
    """The function `resolve` over a lookup."""

    def resolve(identifier, y_true_shape=None, y_pred_shape=None):
        """The Metric that an item of `metrics` in `compile` means.

        'accuracy' and 'acc' become the accuracy, 'crossentropy' and 'ce' the cross-entropy, that the shapes ask for:
        binary for one prediction per sample, sparse for targets that are class numbers, categorical otherwise. The
        metric's name is the string that was given. Without shapes these four give None, so that `compile` can check
        every other name before there is data.

        Args:
            identifier: a name, a configuration, a class, a Metric, or a function f(y_true, y_pred).
            y_true_shape, y_pred_shape: shapes of a batch, or None where they are not known yet.

        Returns:
            A Metric, or None (see above).

        Raises:
            ValueError: for a name that is not there, with the nearest one; for None.
        """
        if identifier is None:
            raise ValueError("a metric is a name, a Metric or a function, got None")
        found = identifier
        if isinstance(identifier, str) and identifier.lower() in _BY_SHAPES:
            if y_pred_shape is None:
                return None
            found = f"{kind_of_targets(y_true_shape, y_pred_shape)}_{_BY_SHAPES[identifier.lower()]}"
        found = get(found)
        if not isinstance(found, Metric):
            found = MeanMetricWrapper(found, name=_name(found))
        if isinstance(identifier, str):
            found.name = identifier
        return found

    return resolve


def _name(thing):
    return getattr(thing, "name", None) or to_snake_case(getattr(thing, "__name__", type(thing).__name__))
