"""Floor 7: steps of a model, recorded by floor 5 and replayed."""

import numpy as np

from tinynn.autodiff.tensor import Tensor
from tinynn.backends.gpu import CPU, in_use
from tinynn.core import dtypes, nest
from tinynn.graph.capture import MOST_TRIES, Captured, Recorded
from tinynn.graph.recorder import kind_of
from tinynn.keras.context import structure
from tinynn.keras.placement import brought, home_of
from tinynn.ops.placement import at


class Steps:
    """A step of a model as a function of a batch (x, y, sample_weight), recorded where it can be.

    Args:
        model: the model; its `run_eagerly` turns recording off.
        what: what the step is for: "train", "test" or "predict"; each has its recordings.
        step: the step as a Python function of a batch.
    """

    def __init__(self, model, what, step):
        self.model, self.what, self.step, self.eager = model, what, step, model.run_eagerly
        self.place = home_of(model) if in_use() else None
        recordings = recordings_of(model)
        self.captured = recordings.get(what)
        if self.captured is None:
            self.captured = recordings[what] = Captured(f"the {what} step of {model.name!r}", checked=True)

    def __call__(self, batch):
        if self.place is None:
            return self._run(batch)
        with at(self.place):
            return self._run(brought(batch, self.place))

    def _run(self, batch):
        if self.eager:
            return self.step(batch)
        if type(batch[0]) is Tensor and batch[1] is batch[2] is None:       # inputs alone, as predict has them
            leaves, tensors = batch, batch[:1]
        else:
            leaves = nest.flatten(batch)
            tensors = tuple([leaf for leaf in leaves if leaf is not None])
        if self.captured.version != structure.version:
            self.captured.holds_for(structure.version)
        run = lambda given: self.step(filled(batch, leaves, given))
        return self.captured.call(key_of(leaves, tensors), run, tensors)

    def again(self):
        """What was recorded is tried against one run op by op: a step at the next batch of each kind."""
        for what in (self.what, "begin", "end"):
            if what in recordings_of(self.model):
                recordings_of(self.model)[what].doubt()

    def is_current(self, version):
        """Whether the model is what it was at that version."""
        return version == structure.version

    def executable_for(self, arrays, n):
        """The program of batches of n samples of these arrays, which may be None, ready to run; or None."""
        kind = self.captured.kinds.get(key_of_arrays(arrays, n, CPU if self.place is None else self.place))
        return None if kind is None or not self.is_current(self.captured.version) else kind.executable

    def plain_logs(self):
        """Whether steps give nothing, or what the model's metrics give anyway."""
        for kind in self.captured.kinds.values():
            logs = kind.structure
            if logs is not None and (not isinstance(logs, dict) or set(logs) != self.own_names()):
                return False
        return True

    def own_names(self):
        """The names of the model's own results."""
        return set(self.model.get_metrics_result())


def recordings_of(model):
    """{what for: Captured} of the steps of a model that were run since `compile`."""
    return vars(model).setdefault("_recordings", {})


def key_of(leaves, tensors):
    """The kind of a batch: shapes and dtypes, and what is missing."""
    kind = kind_of(tensors) or tuple([(t.extents, t.dtype.name, t.place) for t in tensors])
    return kind, *[leaf is None for leaf in leaves]


def key_of_arrays(arrays, n, place):
    """The same for batches of n samples of these arrays, which may be None, at a place."""
    missing = [array is None for array in arrays]
    arrays = [(dtypes.from_numpy(array.dtype), (n, *array.shape[1:])) for array in arrays if array is not None]
    if place == CPU:
        described = [number for dtype, shape in arrays for number in (dtype.code * 16 + len(shape), *shape)]
        return np.array(described, np.int64).tobytes(), *missing
    return tuple([(shape, dtype.name, place) for dtype, shape in arrays]), *missing


def filled(batch, leaves, tensors):
    """The batch with other tensors."""
    given = iter(tensors)
    return nest.pack_sequence_as(batch, [leaf if leaf is None else next(given) for leaf in leaves])


def recorded_once(model, what, function):
    """A function of nothing but the model's state, as a Recorded that is ready; None where it cannot be recorded."""
    captured = recordings_of(model).setdefault(what, Captured(what, checked=True))
    captured.holds_for(structure.version)
    recorded = captured.kinds.setdefault((), Recorded(checked=True))
    for _ in range(MOST_TRIES + 1):
        if recorded.executable is None and recorded.broken is None:
            recorded.call(lambda _: function(), ())
    return recorded if recorded.executable is not None else None
