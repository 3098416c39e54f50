"""Floor 7: losses of classes. Each function gives one value per sample."""

import warnings

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.core.errors import hint, user_frame_depth
from tinynn.keras import notes
from tinynn.keras.config import epsilon
from tinynn.keras.losses import probabilities
from tinynn.keras.losses.shapes import aligned, as_float, as_like, check_same_shape

# ---- cross-entropies -------------------------------------------------------------------------------------------------


def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """mean -(y log(p) + (1 - y) log(1 - p)).

    Where y_pred came straight out of a sigmoid activation, the loss is computed from that activation's input, which
    loses nothing to rounding. Otherwise probabilities are clipped to [epsilon, 1 - epsilon].

    Args:
        y_true: 0 or 1, or probabilities, of shape (batch, ..., d).
        y_pred: probabilities p, or with from_logits=True any numbers z with p = sigmoid(z).
        from_logits: see y_pred.
        label_smoothing: moves targets this far towards 1/2: y (1 - s) + s / 2.
        axis: the axis of the mean.

    Returns:
        Values of shape (batch, ...).
    """
    y_true, y_pred = _binary(y_true, y_pred, label_smoothing, "binary_crossentropy")
    return _mean(_binary_values(y_true, y_pred, from_logits), axis)


def binary_focal_crossentropy(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False,
                              label_smoothing=0.0, axis=-1):
    """(1 - p_t)^gamma times the binary cross-entropy: examples that are right already count less.

    Args:
        y_true, y_pred, from_logits, label_smoothing, axis: as for `binary_crossentropy`.
        apply_class_balancing: whether class 1 is weighted by alpha and class 0 by 1 - alpha.
        alpha, gamma: see above.

    Source: Lin, Goyal, Girshick, He, Dollár: Focal loss for dense object detection (2018).
    """
    y_true, y_pred = _binary(y_true, y_pred, label_smoothing, "binary_focal_crossentropy")
    p = ops.sigmoid(y_pred) if from_logits else y_pred
    right = y_true * p + (1.0 - y_true) * (1.0 - p)
    values = (1.0 - right) ** float(gamma) * _binary_values(y_true, p, False)
    if apply_class_balancing:
        values = values * (y_true * alpha + (1.0 - y_true) * (1.0 - alpha))
    return _mean(values, axis)


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """-sum y log(p) over the classes.

    Where y_pred came straight out of a softmax activation, the loss is computed from that activation's input.

    Args:
        y_true: one-hot rows, or probabilities, of shape (batch, ..., classes).
        y_pred: probabilities p, or with from_logits=True any numbers z with p = softmax(z).
        from_logits: see y_pred.
        label_smoothing: y (1 - s) + s / classes in the place of y.
        axis: the axis of the classes.

    Returns:
        Values of shape (batch, ...).
    """
    y_true, y_pred = _categorical(y_true, y_pred, label_smoothing, axis, "categorical_crossentropy")
    y_pred, from_logits = _source(y_pred, from_logits, "softmax")
    if from_logits:
        return ops.softmax_cross_entropy_with_logits(labels=y_true, logits=y_pred, axis=axis)
    return -ops.reduce_sum(y_true * ops.log(_probabilities(y_pred, axis)), axis=axis)


def categorical_focal_crossentropy(y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0,
                                   axis=-1):
    """-alpha sum (1 - p)^gamma y log(p): examples that are right already count less.

    Source: Lin, Goyal, Girshick, He, Dollár: Focal loss for dense object detection (2018).
    """
    y_true, y_pred = _categorical(y_true, y_pred, label_smoothing, axis, "categorical_focal_crossentropy")
    p = _probabilities(ops.softmax(y_pred, axis=axis) if from_logits else y_pred, axis)
    return ops.reduce_sum(alpha * (1.0 - p) ** float(gamma) * (-y_true * ops.log(p)), axis=axis)


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """-log(p) of the true class.

    Where y_pred came straight out of a softmax activation, the loss is computed from that activation's input.

    Args:
        y_true: class numbers, of shape (batch, ...) or (batch, ..., 1).
        y_pred: probabilities p of shape (batch, ..., classes), or with from_logits=True numbers z, p = softmax(z).
        from_logits: see y_pred.
        ignore_class: a class number whose samples cost nothing and do not count.
        axis: the axis of the classes; the last one.

    Returns:
        Values of shape (batch, ...).

    Raises:
        ValueError: where the shapes do not fit.
        InvalidArgumentError: for a class number outside 0 ... classes - 1.
    """
    y_pred = as_float(y_pred)
    if axis not in (-1, len(y_pred.shape) - 1):
        raise ValueError(f"Only axis=-1 is currently supported. Received: axis={axis}. Move the classes to the last "
                         "axis")
    labels = _labels(y_true, y_pred)
    logits, from_logits = _source(y_pred, from_logits, "softmax")
    if not from_logits:
        logits = ops.log(ops.clip_by_value(logits, epsilon(), 1.0 - epsilon()))
    if ignore_class is None:
        return ops.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    counts = ops.not_equal(labels, ops.cast(ignore_class, "int64"))
    labels = ops.where(counts, labels, ops.zeros_like(labels))
    values = ops.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    values = ops.where(counts, values, ops.zeros_like(values))
    notes.masks.set(values, counts)
    return values


def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """(1 - p^q) / q for the probability p of the true class: between cross-entropy (q -> 0) and 1 - p (q = 1).

    Args:
        y_true: class numbers, of shape (batch,).
        y_pred: probabilities, of shape (batch, classes).
        q: in (0, 1).

    Source: Zhang, Sabuncu: Generalized cross entropy loss for training deep neural networks with noisy labels (2018).
    """
    y_pred = as_float(y_pred)
    one_hot = ops.one_hot(_labels(y_true, y_pred), y_pred.shape[-1], dtype=y_pred.dtype)
    p = ops.reduce_sum(y_pred * one_hot, axis=-1)
    return (1.0 - p ** float(q)) / q


# ---- hinges ----------------------------------------------------------------------------------------------------------


def hinge(y_true, y_pred):
    """mean max(1 - y_true y_pred, 0) for targets of -1 and 1; targets of only 0 and 1 are taken as -1 and 1."""
    y_true, y_pred = aligned(y_true, y_pred, "hinge")
    return _mean(ops.relu(1.0 - _signed(y_true) * y_pred))


def squared_hinge(y_true, y_pred):
    """mean max(1 - y_true y_pred, 0)^2 for targets of -1 and 1; targets of only 0 and 1 are taken as -1 and 1."""
    y_true, y_pred = aligned(y_true, y_pred, "squared_hinge")
    return _mean(ops.square(ops.relu(1.0 - _signed(y_true) * y_pred)))


def categorical_hinge(y_true, y_pred):
    """max(neg - pos + 1, 0): pos is the prediction for the true class, neg the largest for another one."""
    y_true, y_pred = aligned(y_true, y_pred, "categorical_hinge")
    positive = ops.reduce_sum(y_true * y_pred, axis=-1)
    negative = ops.reduce_max((1.0 - y_true) * y_pred, axis=-1)
    return ops.relu(negative - positive + 1.0)


# ---- parts -----------------------------------------------------------------------------------------------------------


def _mean(values, axis=-1):
    return ops.reduce_mean(values, axis=axis) if len(values.shape) else values


def _source(y_pred, from_logits, activation):
    """What to compute the loss from, and whether these are logits."""
    logits = notes.logits.get(y_pred)
    if logits is None:
        if not from_logits:
            probabilities.check(y_pred, activation)
        return y_pred, from_logits
    if from_logits:
        hint("softmax-twice", f"the loss has from_logits=True, and y_pred comes out of a {activation}: take the "
             f"activation away from the last layer, or from_logits=True from the loss",
             first=activation, second="from_logits=True")
    return logits, True


def _binary(y_true, y_pred, label_smoothing, what):
    origin = y_pred
    y_true, y_pred = aligned(y_true, y_pred, what)
    if y_pred is not origin:
        notes.logits.set(y_pred, notes.logits.get(origin) if len(y_pred.shape) == len(origin.shape) else None)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return y_true, y_pred


def _binary_values(y_true, y_pred, from_logits):
    y_pred, from_logits = _source(y_pred, from_logits, "sigmoid")
    if from_logits:
        return ops.sigmoid_cross_entropy_with_logits(labels=y_true, logits=y_pred)
    p = ops.clip_by_value(y_pred, epsilon(), 1.0 - epsilon())
    return -(y_true * ops.log(p) + (1.0 - y_true) * ops.log(1.0 - p))


def _categorical(y_true, y_pred, label_smoothing, axis, what):
    if isinstance(axis, bool):
        raise ValueError(f"`axis` must be of type `int`. Received: axis={axis}")
    y_pred = as_float(y_pred)
    y_true = as_like(y_true, y_pred)
    if y_pred.shape[axis] == 1:
        warnings.warn(f"In loss {what}, expected y_pred.shape to be (batch_size, num_classes) with num_classes > 1. "
                      f"Received: y_pred.shape={tuple(y_pred.shape)}. Of one class it is always 0. Consider using "
                      "'binary_crossentropy' if you only have 2 classes.", SyntaxWarning, stacklevel=user_frame_depth())
    if len(y_true.shape) == len(y_pred.shape) - 1:
        raise ValueError(f"{what} got y_true of shape {tuple(y_true.shape)} and y_pred of shape "
                         f"{tuple(y_pred.shape)}: it takes one-hot rows. Write loss='sparse_{what}' for class "
                         "numbers, or one-hot targets with keras.utils.to_categorical(y_true)")
    check_same_shape(y_true, y_pred, what)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    return y_true, y_pred


def _probabilities(y_pred, axis):
    p = y_pred / ops.reduce_sum(y_pred, axis=axis, keepdims=True)
    return ops.clip_by_value(p, epsilon(), 1.0 - epsilon())


def _labels(y_true, y_pred):
    labels = ops.cast(operand(y_true, like=y_pred), "int64")
    if len(labels.shape) == len(y_pred.shape) and labels.shape[-1] == 1:
        labels = ops.squeeze(labels, -1)
    a, b = tuple(labels.shape), tuple(y_pred.shape)
    if len(a) != len(b) - 1 or any(m != n and m is not None and n is not None for m, n in zip(a, b, strict=False)):
        one_hot = "; for one-hot rows write categorical_crossentropy" if a == b else ""
        raise ValueError(f"sparse_categorical_crossentropy got y_true of shape {tuple(y_true.shape)} and y_pred of "
                         f"shape {b}; y_true holds one class number per row of y_pred, so its shape is "
                         f"{b[:-1]}{one_hot}")
    return labels


def _signed(y_true):
    """Targets of only 0 and 1 as -1 and 1."""
    binary = ops.reduce_all(ops.logical_or(ops.equal(y_true, 0.0), ops.equal(y_true, 1.0)))
    return ops.where(binary, 2.0 * y_true - 1.0, y_true)
