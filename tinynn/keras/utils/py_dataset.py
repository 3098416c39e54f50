"""Floor 7: a dataset in Python: an object with numbered batches."""


class PyDataset:
    """Base of datasets of one's own, for `fit`, `evaluate` and `predict`.

    A subclass defines `__getitem__(i)`, which gives batch number i as (x, y) or (x, y, sample_weight), and `__len__`,
    or `num_batches`, which is None for a dataset without end.

    Args:
        workers, use_multiprocessing, max_queue_size: accepted as in Keras; batches are made when they are asked for.

    Example:
        >>> class Noise(keras.utils.PyDataset):
        ...     def __len__(self):
        ...         return 10
        ...     def __getitem__(self, i):
        ...         return np.random.rand(32, 4), np.random.rand(32, 1)
    """

    workers, use_multiprocessing, max_queue_size = 1, False, 10     # for those that forget super().__init__()

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    def __getitem__(self, index):
        """Batch number `index`."""
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(self, index), which gives a batch")

    @property
    def num_batches(self):
        """How many batches there are; None for no end."""
        if type(self).__len__ is not PyDataset.__len__:
            return len(self)
        raise NotImplementedError(f"{type(self).__name__} must define __len__(self), the number of batches, or the "
                                  "property num_batches")

    def __len__(self):
        if type(self).num_batches is PyDataset.num_batches:
            raise NotImplementedError(f"{type(self).__name__} must define __len__(self), the number of batches")
        count = self.num_batches
        if count is None:
            raise TypeError(f"{type(self).__name__} is without end; it has no len()")
        return count

    def on_epoch_begin(self):
        """Called before an epoch."""

    def on_epoch_end(self):
        """Called after an epoch."""


Sequence = PyDataset
