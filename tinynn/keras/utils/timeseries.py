"""Floor 7: windows over a series, as a dataset for training."""

import numpy as np

from tinynn import ops
from tinynn.data import Dataset


def timeseries_dataset_from_array(data, targets, sequence_length, sequence_stride=1, sampling_rate=1, batch_size=128,
                                  shuffle=False, seed=None, start_index=None, end_index=None, format="tf"):
    """Batches of windows over consecutive rows, each with its target.

    Args:
        data: an array whose first axis is time.
        targets: targets[i] belongs to the window that starts at row i; None for windows alone.
        sequence_length: rows per window.
        sequence_stride: how far apart two windows start.
        sampling_rate: how far apart two rows of a window are.
        batch_size: windows per batch; None for single windows.
        shuffle: whether the windows come in a new order at every iteration.
        seed: an int that makes the orders repeat.
        start_index, end_index: use only rows from `start_index` to before `end_index`.

    Returns:
        A tf.data.Dataset of (windows, targets), of shapes (batch, sequence_length, ...) and (batch, ...).

    Example:
        >>> series = np.arange(100.0)
        >>> data = keras.utils.timeseries_dataset_from_array(series[:-10], series[10:], sequence_length=10)
    """
    if format != "tf":
        raise ValueError(f"`format` should be 'tf', got {format!r}; other kinds of datasets are not there")
    data, targets = np.asarray(data), None if targets is None else np.asarray(targets)
    _check_index("start_index", start_index, len(data), 0)
    _check_index("end_index", end_index, len(data), 1)
    for what, number in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride),
                         ("sequence_length", sequence_length)):
        if not 0 < number < len(data) + (what == "sequence_length"):
            raise ValueError(f"`{what}` must be higher than 0 and lower than the length of the data, {len(data)}; "
                             f"got {number}")
    first, last = start_index or 0, len(data) if end_index is None else end_index
    if last <= first:
        raise ValueError(f"`end_index` must be higher than `start_index`, got {last} and {first}")
    count = last - first - (sequence_length - 1) * sampling_rate
    if targets is not None:
        count = min(count, len(targets) - first)
    starts = np.arange(first, first + max(count, 0), sequence_stride)
    if shuffle:     # as Keras does it: once as a whole, then at each iteration within a buffer
        seed = np.random.randint(1e6) if seed is None else seed
        np.random.RandomState(seed).shuffle(starts)
    dataset = Dataset.from_tensor_slices(starts)
    if shuffle:
        dataset = dataset.shuffle(batch_size * 8 if batch_size else 1024, seed=seed)
    if batch_size is not None:
        dataset = dataset.batch(batch_size)
    steps = np.arange(sequence_length) * sampling_rate

    def windows(at):
        at = np.asarray(at)
        parts = ops.constant(data[at[..., None] + steps])
        return parts if targets is None else (parts, ops.constant(targets[at]))

    return dataset.map(windows).prefetch(1)


def _check_index(what, index, length, least):
    if index is not None and not least <= index < length + least:
        raise ValueError(f"`{what}` must be between {least} and {length + least - 1}, as there are {length} rows; got "
                         f"{index}")
