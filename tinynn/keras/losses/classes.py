"""Floor 7: the losses as classes. Each wraps the function of its name; see there for the formula and the arguments.

Arguments that all classes have: `reduction`, `name` and `dtype`, as for `Loss`.
"""

from tinynn.keras.losses import classification, regression, sequence, similarity
from tinynn.keras.losses.base import Loss, LossFunctionWrapper

_REDUCTION = "sum_over_batch_size"


class _Wrapped(LossFunctionWrapper):
    """A loss made of the function `of`, with its arguments as attributes and in the configuration."""

    of = None

    def __init__(self, reduction, name, dtype, **arguments):
        super().__init__(type(self).of, reduction, name, dtype, **arguments)
        vars(self).update(arguments)

    def get_config(self):
        return {**Loss.get_config(self), **{name: getattr(self, name) for name in self._fn_kwargs}}

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"


class _Plain(_Wrapped):
    """A loss of a function that takes nothing but targets and predictions."""

    def __init__(self, reduction=_REDUCTION, name=None, dtype=None):
        super().__init__(reduction, type(self).of.__name__ if name is None else name, dtype)


# ---- numbers ---------------------------------------------------------------------------------------------------------


class MeanSquaredError(_Plain):
    """mean (y_true - y_pred)^2.

    Example:
        >>> float(keras.losses.MeanSquaredError()([[0.0, 1.0]], [[1.0, 1.0]]))
        0.5
    """

    of = regression.mean_squared_error


class MeanAbsoluteError(_Plain):
    """mean |y_true - y_pred|."""

    of = regression.mean_absolute_error


class MeanAbsolutePercentageError(_Plain):
    """100 mean |(y_true - y_pred) / y_true|."""

    of = regression.mean_absolute_percentage_error


class MeanSquaredLogarithmicError(_Plain):
    """mean (log(1 + y_true) - log(1 + y_pred))^2."""

    of = regression.mean_squared_logarithmic_error


class LogCosh(_Plain):
    """mean log(cosh(y_pred - y_true))."""

    of = regression.log_cosh


class Poisson(_Plain):
    """mean (y_pred - y_true log(y_pred))."""

    of = regression.poisson


class Huber(_Wrapped):
    """A parabola for errors up to `delta`, a straight line beyond."""

    of = regression.huber

    def __init__(self, delta=1.0, reduction=_REDUCTION, name="huber_loss", dtype=None):
        super().__init__(reduction, name, dtype, delta=delta)


class CosineSimilarity(_Wrapped):
    """Minus the cosine of the angle between targets and predictions."""

    of = regression.cosine_similarity

    def __init__(self, axis=-1, reduction=_REDUCTION, name="cosine_similarity", dtype=None):
        super().__init__(reduction, name, dtype, axis=axis)


# ---- classes ---------------------------------------------------------------------------------------------------------


class BinaryCrossentropy(_Wrapped):
    """mean -(y log(p) + (1 - y) log(1 - p))."""

    of = classification.binary_crossentropy

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction=_REDUCTION,
                 name="binary_crossentropy", dtype=None):
        super().__init__(reduction, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


class BinaryFocalCrossentropy(_Wrapped):
    """The binary cross-entropy, less for examples that are right already."""

    of = classification.binary_focal_crossentropy

    def __init__(self, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0,
                 axis=-1, reduction=_REDUCTION, name="binary_focal_crossentropy", dtype=None):
        super().__init__(reduction, name, dtype, apply_class_balancing=apply_class_balancing, alpha=alpha, gamma=gamma,
                         from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


class CategoricalCrossentropy(_Wrapped):
    """-sum y log(p) for one-hot targets."""

    of = classification.categorical_crossentropy

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction=_REDUCTION,
                 name="categorical_crossentropy", dtype=None):
        super().__init__(reduction, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


class CategoricalFocalCrossentropy(_Wrapped):
    """The categorical cross-entropy, less for examples that are right already."""

    of = classification.categorical_focal_crossentropy

    def __init__(self, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1, reduction=_REDUCTION,
                 name="categorical_focal_crossentropy", dtype=None):
        super().__init__(reduction, name, dtype, alpha=alpha, gamma=gamma, from_logits=from_logits,
                         label_smoothing=label_smoothing, axis=axis)


class SparseCategoricalCrossentropy(_Wrapped):
    """-log(p) of the true class, for targets that are class numbers."""

    of = classification.sparse_categorical_crossentropy
    keeps_labels = True

    def __init__(self, from_logits=False, ignore_class=None, reduction=_REDUCTION, axis=-1,
                 name="sparse_categorical_crossentropy", dtype=None):
        super().__init__(reduction, name, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis)


class CategoricalGeneralizedCrossEntropy(_Wrapped):
    """(1 - p^q) / q for the probability p of the true class; robust against wrong labels."""

    of = classification.categorical_generalized_cross_entropy
    keeps_labels = True

    def __init__(self, q=0.5, reduction=_REDUCTION, name="categorical_generalized_cross_entropy", dtype=None):
        if not 0 < q < 1:
            raise ValueError(f"q must lie between 0 and 1, got {q}")
        super().__init__(reduction, name, dtype, q=q)


class Hinge(_Plain):
    """mean max(1 - y_true y_pred, 0) for targets of -1 and 1."""

    of = classification.hinge


class SquaredHinge(_Plain):
    """mean max(1 - y_true y_pred, 0)^2 for targets of -1 and 1."""

    of = classification.squared_hinge


class CategoricalHinge(_Plain):
    """max(neg - pos + 1, 0) for one-hot targets."""

    of = classification.categorical_hinge


# ---- distributions, regions, embeddings ------------------------------------------------------------------------------


class KLDivergence(_Plain):
    """sum y_true log(y_true / y_pred)."""

    of = similarity.kl_divergence


class Dice(_Wrapped):
    """1 - 2 |A and B| / (|A| + |B|)."""

    of = similarity.dice

    def __init__(self, reduction=_REDUCTION, name="dice", axis=None, dtype=None):
        super().__init__(reduction, name, dtype, axis=axis)


class Tversky(_Wrapped):
    """1 - |A and B| / (|A and B| + alpha |missed| + beta |false|)."""

    of = similarity.tversky

    def __init__(self, alpha=0.5, beta=0.5, reduction=_REDUCTION, name="tversky", axis=None, dtype=None):
        super().__init__(reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)


class CTC(_Plain):
    """-log of the probability of a sequence of labels, over all alignments."""

    of = sequence.ctc
    keeps_labels = True


class Circle(_Wrapped):
    """Pulls embeddings of one class together and pushes others apart."""

    of = similarity.circle
    keeps_labels = True

    def __init__(self, gamma=80.0, margin=0.4, remove_diagonal=True, reduction=_REDUCTION, name="circle", dtype=None):
        super().__init__(reduction, name, dtype, gamma=gamma, margin=margin, remove_diagonal=remove_diagonal)
