"""`tf.data.experimental`: older names, as functions for `Dataset.apply`."""

from tinynn.data import base, files
from tinynn.data.dataset import AUTOTUNE as AUTOTUNE
from tinynn.data.dataset import Dataset

INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = base.INFINITE_CARDINALITY, base.UNKNOWN_CARDINALITY
CsvDataset, make_csv_dataset = files.CsvDataset, files.make_csv_dataset
Counter = Dataset.counter
choose_from_datasets = Dataset.choose_from_datasets
sample_from_datasets = Dataset.sample_from_datasets


def cardinality(dataset):
    """The number of elements; see Dataset.cardinality."""
    return dataset.cardinality()


def assert_cardinality(expected_cardinality):
    """For `Dataset.apply`: says how many elements there are where tinynn cannot know."""
    return lambda dataset: dataset.alike("AssertCardinality", dataset.stream, int(expected_cardinality))


def get_single_element(dataset):
    """The element of a dataset of one."""
    return dataset.get_single_element()


def _applied(name):
    """For `Dataset.apply`: the method of that name with these arguments."""
    def function(*args, **kwargs):
        return lambda dataset: getattr(dataset, name)(*args, **kwargs)

    function.__name__, function.__doc__ = name, f"For `Dataset.apply`: Dataset.{name} with these arguments."
    return function


bucket_by_sequence_length, group_by_window, ignore_errors, rejection_resample, scan, take_while, unbatch, unique = map(
    _applied, ("bucket_by_sequence_length", "group_by_window", "ignore_errors", "rejection_resample", "scan",
               "take_while", "unbatch", "unique"))
enumerate_dataset = _applied("enumerate")


def shuffle_and_repeat(buffer_size, count=None, seed=None):
    """For `Dataset.apply`: shuffle(buffer_size, seed).repeat(count)."""
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


def map_and_batch(map_func, batch_size, num_parallel_batches=None, drop_remainder=False, num_parallel_calls=None):
    """For `Dataset.apply`: map(map_func).batch(batch_size, drop_remainder)."""
    return lambda dataset: dataset.map(map_func).batch(batch_size, drop_remainder)


def enable_debug_mode():
    """Datasets run in Python, element by element, as it is."""
