"""Floor 7: the loss that `compile` means."""

from tinynn.keras.losses.base import Loss, LossFunctionWrapper
from tinynn.keras.naming import to_snake_case


def kind_of_targets(y_true_shape, y_pred_shape):
    """'binary', 'sparse_categorical' or 'categorical': what targets and predictions of these shapes are.

    One prediction per sample is binary; targets with fewer axes, or with a last axis of 1, are class numbers.
    """
    if y_pred_shape[-1] == 1:
        return "binary"
    if len(y_true_shape) < len(y_pred_shape) or (y_true_shape[-1] == 1 and y_pred_shape[-1] > 1):
        return "sparse_categorical"
    return "categorical"


def resolver(get, functions):
    """The function `resolve` over a lookup and the loss functions by name."""

    def resolve(identifier, y_true_shape=None, y_pred_shape=None):
        """The Loss object that an argument of `compile` means.

        'crossentropy' and 'ce' become the cross-entropy that the shapes ask for. Without shapes they give None, so
        that `compile` can check every other name before there is data.

        Args:
            identifier: a name, a configuration, a class, a Loss, or a function f(y_true, y_pred).
            y_true_shape, y_pred_shape: shapes of a batch, or None where they are not known yet.

        Returns:
            A Loss, or None (of None, and see above).

        Raises:
            ValueError: for a name that is not there, with the nearest one.
        """
        if isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce"):
            if y_pred_shape is None:
                return None
            found = functions[f"{kind_of_targets(y_true_shape, y_pred_shape)}_crossentropy"]
        else:
            found = get(identifier)
        if found is None or isinstance(found, Loss):
            return found
        if isinstance(identifier, str):
            name = identifier
        else:
            name = getattr(found, "name", None) or to_snake_case(getattr(found, "__name__", type(found).__name__))
        wrapper = LossFunctionWrapper(found, name=name)
        wrapper.keeps_labels = found in (functions["sparse_categorical_crossentropy"],)
        return wrapper

    return resolve
