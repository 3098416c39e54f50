"""Floor 7: epochs that run without Python, in C or on a GPU, from their first batch to their last; of `fit` many at a
time where nobody looks."""

import time

import numpy as np

from tinynn._bridge import release_cached_memory
from tinynn.core import nest
from tinynn.graph.epochs import Busy
from tinynn.graph.epochs_on_gpu import epochs_of
from tinynn.graph.executable import Unsupported
from tinynn.keras.callbacks.callback import Callback
from tinynn.keras.callbacks.history import History
from tinynn.keras.training.data import ArrayBatches
from tinynn.keras.training.logs import numbers
from tinynn.keras.training.recorded import recorded_once

SLICE = 0.05    # seconds between two looks at signals and progress
KEEPING = 0.02  # of the time may go to keeping the variables, in case the loss turns to NaN


class RecordedEpochs:
    """The epochs of a `fit` whose steps are recorded.

    Args:
        model, steps, source: the model, its recorded training steps, and its ArrayBatches.
        whole, rest: the ready programs of a step for a whole batch and for the last, shorter one (or None).
        begin, end: what resets and what reads the metrics, as `recorded_once` gives it.
        epochs: how many epochs are left.
    """

    def __init__(self, model, steps, source, whole, rest, begin, end, epochs):
        self.model, self.steps, self.source = model, steps, source
        self.version, self.structure = steps.captured.version, end.structure
        self.parts = whole, rest, begin.executable, end.executable
        self.arrays = [np.ascontiguousarray(a) for a in source.leaves if a is not None]
        self.random = source.random.state if source.shuffle else None
        release_cached_memory()     # of the steps that ran op by op; these epochs need nothing but the programs' arenas
        self.running = self._epochs(epochs)

    def _epochs(self, epochs):
        batch = min(self.source.batch_size, self.source.size)
        return epochs_of(*self.parts, self.arrays, batch, epochs, self.random, kept=self.source.kept)

    @classmethod
    def of(cls, model, steps, training, hooks, epochs, before=None):
        """Such epochs in place of those before; None where Python is needed for each batch, or something is not
        recorded (yet)."""
        if before is not None:
            before.close()
        source = training.source
        if not isinstance(source, ArrayBatches) or source.shuffle not in (True, False) or hooks.batches:
            return None
        if training.wanted is not None or training.group != 1 or steps.eager or not steps.plain_logs():
            return None
        size, batch = source.size, min(source.batch_size, source.size)
        whole, rest = (steps.executable_for(source.leaves, n) for n in (batch, size % batch))
        if whole is None or (size % batch and rest is None):
            return None
        begin = recorded_once(model, "begin", model.reset_metrics)
        end = recorded_once(model, "end", model.get_metrics_result)
        if begin is None or end is None or not _are_numbers(end):
            return None
        try:
            return cls(model, steps, source, whole, rest, begin, end, epochs)
        except (Busy, Unsupported):
            return None

    @property
    def holds(self):
        """Whether the model is still what it was when its steps were recorded."""
        return self.steps.is_current(self.version)

    def close(self):
        """Gives the recorded steps back."""
        self.running.close()

    def finish(self):
        """The same at the end of `fit`: the samples leave the GPU."""
        self.close()
        self.source.kept.clear()

    def one(self, hooks, watch):
        """The results of the next epoch. The progress bar moves meanwhile."""
        watch.epoch_begins()
        watch.first_batch()
        done = self.running.epoch
        while self.running.epoch == done:
            self.running.run(SLICE, done + 1)
            batch = self.running.sample // self.source.batch_size - 1
            if batch >= 0 and hooks.shows(batch):
                hooks.on_train_batch_end(batch, numbers(self.model.get_metrics_result()))
        return self.logs(done)

    def many(self, epoch, watch, history):
        """Runs all epochs that are left, the first of which has the number `epoch`; returns the last results."""
        running, total, due = self.running, len(self.running.log), 0.0
        first = begun = seen = running.epoch
        while seen < total:
            start = time.perf_counter()
            if running.sample == 0 and start >= due:     # between two epochs
                watch.epoch_begins()
                watch.first_batch()
                begun, due = seen, start + (time.perf_counter() - start) / KEEPING
            running.run(SLICE, total)
            done = running.epoch
            if self.model.stop_training:    # by a signal or another thread; the epoch is finished
                total = done + (running.sample > 0)
            if done == seen:
                continue
            self._tell(history, epoch - first, seen, done)
            for stop in self._stops(seen, done, watch):
                if watch.loss_is_fine and np.isnan(running.log[stop - 1, 0]):
                    self._return_to(stop - 1 - begun, watch)
                left = (done - stop) * self.source.steps + running.sample // self.source.batch_size
                watch.epochs_end(range(epoch - first + seen, epoch - first + stop), self.logs(stop - 1), left)
                seen = stop
        return self.logs(seen - 1)

    def _stops(self, seen, done, watch):
        """Up to which epochs `watch` looks at a time: to the first whose loss is NaN, and then to the last."""
        bad = np.flatnonzero(np.isnan(self.running.log[seen:done, 0])) if watch.loss_is_fine else ()
        return sorted({seen + int(bad[0]) + 1, done}) if len(bad) else [done]

    def _tell(self, history, offset, start, stop):
        """The history of the epochs from start to stop."""
        columns = numbers(nest.pack_sequence_as(self.structure, range(self.running.log.shape[1])))
        values = self.running.log[start:stop].T.tolist()
        history.extend(range(offset + start, offset + stop), {name: values[int(i)] for name, i in columns.items()})

    def logs(self, number):
        """{name: value} at the end of an epoch, counted from the first that ran here."""
        return numbers(nest.pack_sequence_as(self.structure, self.running.log[number].tolist()))

    def _return_to(self, epochs, watch):
        """Lets `watch` have the variables and the order as they were `epochs` after it last kept them."""
        if not watch.state or not epochs:
            return
        now, order = watch.keep(), None if self.random is None else self.random.copy()
        watch.restore()
        self.close()
        again = self._epochs(epochs)
        while again.epoch < epochs:
            again.run(SLICE, epochs)
        again.close()
        self.running.open()
        watch.epoch_begins()
        watch.state = watch.keep()
        for variable, value in now:
            variable.assign(value)
        if order is not None:
            self.random[:] = order


class RecordedBatches:
    """The whole batches of `evaluate` and `predict` that are left once their step is recorded.

    Args:
        steps, source: the recorded steps, and the ArrayBatches.
        hooks: the callbacks, for the progress bar.
        collect: whether the results of steps are kept, per output in an array of all samples.
    """

    def __init__(self, steps, source, hooks, collect):
        self.steps, self.source, self.hooks, self.collect = steps, source, hooks, collect
        self.outputs = []       # the rows of the batches that ran, per output

    @classmethod
    def of(cls, steps, epochs, hooks, collect=False):
        """Such batches, or None where Python is needed for each batch."""
        source = epochs.source
        if not isinstance(source, ArrayBatches) or source.shuffle or hooks.batches or steps.eager:
            return None
        return None if epochs.wanted or epochs.group != 1 else cls(steps, source, hooks, collect)

    def __call__(self, done, finished):
        """Runs the whole batches after the first `done`; returns how many.

        Args:
            finished: called as finished(number of the last batch) where the progress bar is due.
        """
        source, size = self.source, self.source.batch_size
        stop = source.size // size
        executable = self.steps.executable_for(source.leaves, size) if done < stop else None
        fits = executable is not None and (
            executable.takes(lambda shape: shape[:1] == (size,)) if self.collect else self.steps.plain_logs())
        if not fits:
            return 0
        takes = ()
        if self.collect:
            takes = [np.empty((stop * size, *v.shape[1:]), v.dtype.dtype) for v in executable.program.results]
            self.outputs = [a[done * size:] for a in takes]
        arrays = [np.ascontiguousarray(a) for a in source.leaves if a is not None]
        try:
            running = epochs_of(executable, None, None, None, arrays, size, 1, None, takes, stop * size, done * size,
                                source.kept)
        except (Busy, Unsupported):
            return 0
        try:
            while not running.epoch:
                running.run(SLICE, 1)
                last = running.sample // size - 1
                if not running.epoch and self.hooks.shows(last):
                    finished(last)
        finally:
            running.close()
        source.next = stop * size
        return stop - done


def nobody_looks(hooks):
    """Whether the results of epochs are only kept."""
    return all(type(c) is History or (isinstance(c, Callback) and not c.uses_epochs) for c in hooks.callbacks)


def _are_numbers(recorded):
    values = recorded.executable.program.results
    return len(values) == len(recorded.places) and all(
        v.shape == () and v.dtype.name in ("float32", "float64") for v in values)
