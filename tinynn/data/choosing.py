"""Datasets that choose: from several datasets, or some of their elements."""

import itertools

import numpy as np

from tinynn.data import order, streams, structure
from tinynn.data.base import UNKNOWN_CARDINALITY
from tinynn.data.grouping import Grouping
from tinynn.ops import philox


class Choosing(Grouping):
    """The part of Dataset that chooses."""

    @staticmethod
    def choose_from_datasets(datasets, choice_dataset, stop_on_empty_dataset=True):
        """Elements of several datasets, in the order that a dataset of their numbers tells.

        Args:
            stop_on_empty_dataset: whether it ends when the chosen one is used up; otherwise that one is passed over.
        """
        def chosen():
            running = [dataset.stream() for dataset in datasets]
            for number in choice_dataset.stream():
                for element in itertools.islice(running[int(number)], 1):
                    yield element
                    break
                else:
                    if stop_on_empty_dataset:
                        return

        first = datasets[0]
        return first.derived("DirectedInterleave", chosen, lambda: first.element_spec, UNKNOWN_CARDINALITY)


    @staticmethod
    def sample_from_datasets(datasets, weights=None, seed=None, stop_on_empty_dataset=False,
                             rerandomize_each_iteration=None):
        """Elements of several datasets, each drawn from one of them by chance; the same numbers as TensorFlow's.

        Args:
            weights: how often each is drawn, in proportion; equally often by default. A dataset gives them anew for
                each element.
            stop_on_empty_dataset: whether it ends when the drawn one is used up; otherwise it goes on with the others.
            rerandomize_each_iteration: whether each iteration draws anew.
        """
        if not datasets:
            raise ValueError("sample_from_datasets needs at least one dataset")
        weighed = hasattr(weights, "stream")
        fixed = np.ones(len(datasets)) if weights is None or weighed else np.asarray(weights, np.float64)
        if fixed.shape != (len(datasets),):
            raise ValueError(f"there is one weight per dataset, so {len(datasets)}; got {fixed.shape}")
        seeds = order.Dealer(seed, bool(rerandomize_each_iteration))

        def sampled():
            running, words = [dataset.stream() for dataset in datasets], order.stream(seeds.deal())
            left = set(range(len(running)))
            for given in weights.stream() if weighed else itertools.repeat(fixed):
                total = np.cumsum(np.asarray(given, np.float64))
                drawn = philox.uniform(np, np.array([next(words), next(words)]), (1,), "float64")[0] * total[-1]
                number = int(np.searchsorted(total, drawn, side="right"))
                element = next(running[number], None) if number in left else None
                if element is not None:
                    yield element
                    continue
                left.discard(number)
                if stop_on_empty_dataset or not any(total[i] > (total[i - 1] if i else 0) for i in left):
                    return

        first = datasets[0]
        return first.derived("SampleFromDatasets", sampled, lambda: first.element_spec, UNKNOWN_CARDINALITY)

    def rejection_resample(self, class_func, target_dist, initial_dist=None, seed=None, name=None):
        """Pairs of a class and an element, of which some are left out, so that the classes occur as often as wanted.

        Args:
            class_func: gives an element's class, a whole number from 0 on.
            target_dist: how often each class shall occur, in proportion.
            initial_dist: how often it occurs; found by counting, with each element, where it is None.
            seed: an int that makes the choice repeat from one run of the program to the next.
        """
        wanted = np.asarray(target_dist, np.float64) / np.sum(target_dist)
        counts = np.zeros(len(wanted)) if initial_dist is None else None
        known = None if initial_dist is None else np.asarray(initial_dist, np.float64) / np.sum(initial_dist)
        seeds, call = order.Dealer(seed, True), structure.calling(class_func)

        def chosen():
            words = order.stream(seeds.deal())
            for element in self.stream():
                kind = structure.to_element(call(element))
                if known is None:
                    counts[int(kind)] += 1
                share = counts / counts.sum() if known is None else known
                ratios = np.divide(wanted, share, out=np.zeros(len(wanted)), where=share > 0)
                if next(words) < ratios[int(kind)] / ratios.max() * 2**32:
                    yield kind, element

        return self.derived("RejectionResample", chosen, lambda: (
            streams.spec_through(self, lambda element: structure.to_element(call(element))), self.element_spec),
            UNKNOWN_CARDINALITY)

    def ignore_errors(self, log_warning=False, name=None):
        """The elements that can be made; what raises an error on the way is left out."""
        return self.alike("IgnoreErrors", lambda: streams.without_errors(self.stream()), streams.unknown(self.length))
