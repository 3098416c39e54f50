"""Floor 7: segments, the largest, and other mathematics under Keras's names."""

import numpy as np

from tinynn import ops
from tinynn.keras.ops.dispatch import floating, op, tensor


def _segments(data, segment_ids, num_segments):
    data, segment_ids = tensor(data), tensor(segment_ids)
    if len(segment_ids.shape) != 1:
        raise ValueError(f"Argument `segment_ids` should be an 1-D vector, got shape {tuple(segment_ids.shape)}")
    if tuple(data.shape)[:1] != tuple(segment_ids.shape):
        raise ValueError("Argument `segment_ids` and `data` should have same leading dimension. Got "
                         f"{tuple(segment_ids.shape)} and {tuple(data.shape)}")
    if num_segments is None:
        num_segments = int(np.asarray(segment_ids).astype("int64").max(initial=-1)) + 1
    return data, segment_ids, num_segments


@op
def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """The sum of the slices of every segment; `segment_ids` says to which a slice belongs."""
    return ops.unsorted_segment_sum(*_segments(data, segment_ids, num_segments))


@op
def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """The largest of the slices of every segment."""
    return ops.unsorted_segment_max(*_segments(data, segment_ids, num_segments))


@op
def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """The smallest of the slices of every segment."""
    return ops.unsorted_segment_min(*_segments(data, segment_ids, num_segments))


@op
def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """The product of the slices of every segment."""
    data, segment_ids, count = _segments(data, segment_ids, num_segments)
    rank = len(data.shape)
    parts = []
    for i in range(count):
        member = ops.reshape(ops.equal(segment_ids, i), (-1, *(1,) * (rank - 1)))
        parts.append(ops.reduce_prod(ops.where(member, data, ops.ones_like(data)), 0))
    return ops.stack(parts)


@op
def top_k(x, k, sorted=True):
    """(the k largest along the last axis, their places)."""
    return ops.top_k(tensor(x), k, sorted)


@op
def in_top_k(targets, predictions, k):
    """Whether the target class is among the k largest predictions."""
    return ops.in_top_k(tensor(targets), tensor(predictions), k)


@op
def logsumexp(x, axis=None, keepdims=False):
    """log(sum e^x) along axes, without overflow."""
    return ops.reduce_logsumexp(floating(x), axis, keepdims)


@op
def extract_sequences(x, sequence_length, sequence_stride):
    """All pieces of a length along the last axis, each so much further on, along a new axis before it."""
    x = tensor(x)
    count = (x.shape[-1] - sequence_length) // sequence_stride + 1
    places = np.arange(count)[:, None] * sequence_stride + np.arange(sequence_length)
    return ops.gather(x, places, axis=-1)
