"""Floor 7: a loss of sequences whose alignment is not known."""

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.keras.losses.shapes import as_float

_NEVER = -1e30  # the logarithm of what cannot be, without the NaN of inf - inf


def ctc(y_true, y_pred):
    """-log of the probability of all paths that give the labels, when repetitions and then blanks are taken out.

    Args:
        y_true: class numbers from 1 on, of shape (batch, length), filled up with 0, which is the blank.
        y_pred: logits of shape (batch, steps, classes).

    Returns:
        Values of shape (batch,).

    Raises:
        ValueError: for other numbers of axes.

    Source: Graves, Fernández, Gomez, Schmidhuber: Connectionist temporal classification (2006).
    """
    y_pred, labels = as_float(y_pred), ops.cast(operand(y_true), "int32")
    if len(labels.shape) != 2 or len(y_pred.shape) != 3:
        raise ValueError(f"ctc takes y_true of shape (batch, length) and y_pred of shape (batch, steps, classes), got "
                         f"{tuple(labels.shape)} and {tuple(y_pred.shape)}")
    n, length = labels.shape
    blanks = ops.zeros_like(labels)
    states = ops.concat([ops.reshape(ops.stack([blanks, labels], axis=2), (n, 2 * length)), blanks[:, :1]], axis=1)
    chosen = ops.one_hot(states, y_pred.shape[2], dtype=y_pred.dtype)
    scores = ops.matmul(chosen, ops.transpose(ops.log_softmax(y_pred), (0, 2, 1)))  # (batch, states, steps)
    # a path may leave out the blank between two different labels
    leap = _later(ops.where(ops.equal(states[:, 2:], states[:, :-2]), _NEVER, 0.0), 2, y_pred.dtype)
    first = ops.one_hot([0, 1], 2 * length + 1, dtype=y_pred.dtype)
    alpha = ops.where(ops.reduce_sum(first, axis=0) > 0.0, scores[:, :, 0], _NEVER)
    for step in range(1, y_pred.shape[1]):
        ways = [alpha, _later(alpha[:, :-1], 1, alpha.dtype), _later(alpha[:, :-2], 2, alpha.dtype) + leap]
        alpha = scores[:, :, step] + ops.reduce_logsumexp(ops.stack(ways), axis=0)
    end = 2 * ops.reduce_sum(ops.cast(ops.not_equal(labels, 0), "int32"), axis=1, keepdims=True)
    last = ops.reduce_sum(ops.one_hot(ops.concat([end, end - 1], axis=1), 2 * length + 1, dtype=alpha.dtype), axis=1)
    return -ops.reduce_logsumexp(ops.where(last > 0.0, alpha, _NEVER), axis=1)


def _later(x, count, dtype):
    """x moved by `count` states, with what cannot be in front."""
    return ops.concat([ops.zeros((x.shape[0], count), dtype) + _NEVER, ops.cast(x, dtype)], axis=1)
