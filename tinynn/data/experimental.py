"""`tf.data.experimental`: older names."""

from tinynn.data.base import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY
from tinynn.data.dataset import AUTOTUNE

__all__ = ["AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY", "assert_cardinality", "cardinality"]


def cardinality(dataset):
    """The number of elements; see Dataset.cardinality."""
    return dataset.cardinality()


def assert_cardinality(expected_cardinality):
    """For `Dataset.apply`: says how many elements there are where tinynn cannot know."""
    return lambda dataset: dataset.alike("AssertCardinality", dataset.stream, int(expected_cardinality))
