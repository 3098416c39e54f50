"""Floor 7: losses that compare distributions, regions and embeddings."""

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.keras import notes
from tinynn.keras.config import epsilon
from tinynn.keras.losses.shapes import aligned, as_float


def kl_divergence(y_true, y_pred):
    """sum y_true log(y_true / y_pred) over the last axis; both are clipped to [epsilon, 1].

    Args:
        y_true, y_pred: probabilities of shape (batch, ..., outcomes).

    Returns:
        Values of shape (batch, ...), 0 where the distributions agree.
    """
    y_true, y_pred = (ops.clip_by_value(y, epsilon(), 1.0) for y in aligned(y_true, y_pred, "kl_divergence"))
    return ops.reduce_sum(y_true * ops.log(y_true / y_pred), axis=-1)


def dice(y_true, y_pred, axis=None):
    """1 - 2 |A and B| / (|A| + |B|) of two soft regions.

    Args:
        y_true, y_pred: how far each pixel belongs to the region, 0 to 1.
        axis: axes that are summed over; None for all.
    """
    y_true, y_pred = aligned(y_true, y_pred, "dice")
    both = ops.reduce_sum(y_true * y_pred, axis=axis)
    total = ops.reduce_sum(y_true, axis=axis) + ops.reduce_sum(y_pred, axis=axis)
    return 1.0 - 2.0 * both / (total + epsilon())


def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """1 - |A and B| / (|A and B| + alpha |false| + beta |missed|): `dice` with two kinds of error told apart.

    Args:
        y_true, y_pred: how far each pixel belongs to the region, 0 to 1.
        alpha: the weight of what is falsely in it, y_pred (1 - y_true). (Keras 3.15 has the two the other way round.)
        beta: the weight of what is missed, y_true (1 - y_pred).
        axis: axes that are summed over; None for all.

    Source: Salehi, Erdogmus, Gholipour: Tversky loss function for image segmentation (2017).
    """
    y_true, y_pred = aligned(y_true, y_pred, "tversky")
    both = ops.reduce_sum(y_true * y_pred, axis=axis)
    missed = ops.reduce_sum(y_true * (1.0 - y_pred), axis=axis)
    false = ops.reduce_sum(y_pred * (1.0 - y_true), axis=axis)
    return 1.0 - both / (both + false * alpha + missed * beta + epsilon())


def circle(y_true, y_pred, ref_labels=None, ref_embeddings=None, remove_diagonal=True, gamma=80, margin=0.4):
    """softplus of the weighted distances to embeddings of the same class, and nearnesses to those of others.

    Args:
        y_true: class numbers, of shape (batch,) or (batch, 1).
        y_pred: embeddings of length 1, of shape (batch, d).
        ref_labels, ref_embeddings: what to compare with; the batch itself by default.
        remove_diagonal: whether an embedding is not compared with itself.
        gamma: the scale.
        margin: how far apart the two groups should lie.

    Source: Sun et al.: Circle loss, a unified perspective of pair similarity optimization (2020).
    """
    y_pred = as_float(y_pred)
    labels = ops.reshape(ops.cast(operand(y_true), "int32"), (-1, 1))
    others = y_pred if ref_embeddings is None else as_float(ref_embeddings)
    other_labels = labels if ref_labels is None else ops.reshape(ops.cast(operand(ref_labels), "int32"), (-1, 1))
    same = ops.equal(labels, ops.transpose(other_labels))
    other = ops.logical_not(same)
    if remove_diagonal:
        same = ops.logical_and(same, ops.logical_not(ops.cast(ops.eye(same.shape[0], same.shape[1]), "bool")))
    distance = ops.relu(1.0 - ops.matmul(y_pred, ops.transpose(others)))
    far = gamma * ops.relu(margin + distance) * (distance - margin)
    near = gamma * ops.relu(1.0 + margin - distance) * (1.0 - margin - distance)
    values = ops.softplus(_logsumexp_where(same, far) + _logsumexp_where(other, near))
    notes.masks.set(values, values > 0.0)
    return values


def _logsumexp_where(condition, x):
    return ops.reduce_logsumexp(ops.where(condition, x, ops.zeros_like(x) - float("inf")), axis=1)
