"""Floor 5: whole epochs of training on a GPU: CUDA graphs that gather their batches, with no Python between kernels.

What changes from step to step lies on the GPU: the sample that comes next, the row of the log. So every step is the
same graph, and an epoch of few steps is one graph. The host draws the orders of the samples, gives the GPU some
milliseconds of graphs, and waits.
"""

import functools
import time

import numpy as np

from tinynn.backends import checks
from tinynn.graph.epochs import Busy, Epochs
from tinynn.graph.executable import Unsupported
from tinynn.graph.feeds import OnCard, feed_of
from tinynn.graph.on_gpu import OnGPU

AIM = 0.01              # seconds of work that the GPU is given at a time
CALLS_AT_ONCE = 2048    # an epoch of at most so many calls may be one graph
RECORDING = 3           # what it takes to record a call, measured in what a launch takes: an estimate
FEW = 32                # batches of `evaluate` and `predict` for which new graphs are not worth their recording
ORDERS = 1 << 20        # so many samples have their order on the GPU at a time, where epochs are shorter
TAKEN = 1 << 26         # bytes of results that lie on the GPU before they are brought to the host


def epochs_of(whole, rest, begin, end, arrays, batch, epochs, random, takes=(), samples=None, first=0, kept=None):
    """Whole epochs on the device of their programs. For the arguments see `Epochs`.

    Args:
        kept: a dict, in which what lies on a GPU stays for more epochs over the same arrays.

    Raises:
        Busy: one of the programs is in use.
        Unsupported: the programs belong to different devices, it is not worth the effort, or memory is short.
    """
    arguments = whole, rest, begin, end, arrays, batch, epochs, random, takes, samples, first
    places = {getattr(part, "place", None) for part in (whole, rest, begin, end) if part is not None}
    if len(places) > 1:
        raise Unsupported("its programs are on different devices")
    if not isinstance(whole, OnGPU):
        return Epochs(*arguments)
    kept = {} if kept is None else kept
    if end is not None:
        return _made(arguments, kept)
    key = whole, batch, samples, len(takes)
    kept["batches"] = kept.get("batches", 0) + (samples - first) // batch
    if kept["batches"] < FEW:
        raise Unsupported("its batches are few")
    if key in kept:
        kept[key].restart(takes, first)
    else:
        kept[key] = _made(arguments, kept)
    return kept[key]


def _made(arguments, kept):
    try:
        return EpochsOnGPU(*arguments, kept)
    except MemoryError as error:
        kept.clear()
        raise Unsupported(" ".join(str(error).split())) from None


class EpochsOnGPU:
    """Epochs on a GPU, with the arguments, attributes and methods of `Epochs`, which are those in C.

    What cannot be part of a CUDA graph runs call by call.

    Args:
        kept: a dict, in which the samples on the card stay for more epochs over the same arrays.
    """

    holds = False

    def __init__(self, whole, rest, begin, end, arrays, batch, epochs, random, takes, samples, first, kept):
        self.platform, self.place = whole.platform, whole.place
        self.begin, self.end = begin, end
        self.parts = [part for part in (whole, rest, begin, end) if part is not None]
        self.samples = len(arrays[0]) if samples is None else samples
        self.extents = batch, self.samples % batch
        self.random, self.takes, self.epoch, self.sample, self.chunk = random, takes, 0, first, 1
        self.log = np.zeros((epochs, 0 if end is None else len(end.program.results)))
        self.orders = 0 if random is None else max(min(ORDERS // self.samples, epochs), 1)
        self.open()
        try:
            with self.platform.at(self.place):
                self.platform.release()     # what no array holds goes to the graphs
                self.feed = feed_of(self.platform, arrays, batch, self.samples, self.orders, kept.get("data"))
                kept["data"] = self.feed.data
                self.next = self.platform.xp.zeros(1, "int64")
                self.steps = [step and self.feed.step(step, n, self.next)
                              for step, n in zip((whole, rest), self.extents, strict=True)]
                self.running = [part for part in (*self.steps, begin, end) if part is not None]
                self._make()
                self._warm()
        except BaseException:
            self.close()
            raise

    def _make(self):
        """What lies on the GPU beside the samples."""
        xp = self.platform.xp
        self.row, self.filled = (xp.zeros(1, "int64") for _ in range(2))
        self.table, self.results = xp.zeros(self.log.shape, "float64"), xp.zeros((1, self.log.shape[1]), "float64")
        self.inputs = [[xp.empty(v.shape, v.dtype.dtype) for v in step.program.inputs] if step else ()
                       for step in self.steps]
        rows = min(max(TAKEN // max(sum(a.nbytes // len(a) for a in self.takes), 1), self.extents[0]), self.samples)
        self.taken = [xp.empty((rows, *a.shape[1:]), a.dtype) for a in self.takes]
        self.room = self.where = self.launches = None

    def open(self):
        """Takes the programs.

        Raises:
            Busy: one of them is in use.
        """
        if any(part.busy for part in self.parts):
            raise Busy()
        for part in self.parts:
            part.busy = self.holds = True

    def close(self):
        """Gives the programs back; `open` takes them again."""
        if self.holds:
            for part in self.parts:
                part.busy = self.holds = False

    def __del__(self):
        self.close()

    def restart(self, takes, first):
        """Begins anew, with arrays for the results and the sample to begin with."""
        self.open()
        self.takes, self.epoch, self.sample = takes, 0, first
        with self.platform.at(self.place):
            self._reset()

    # ---- what the graphs do; `compute` gives the results of a program for arrays -------------------------------------

    def _begin(self, compute):
        """Before an epoch."""
        if not self.orders:
            self.next.fill(0)
        if self.begin is not None:
            compute(self.begin, ())

    def _step(self, which, compute):
        """A step of a whole batch, or (`which` is 1) of the rest."""
        made = self.feed.compute(compute, self.steps[which], self.inputs[which], self.next, self.extents[which])
        for to, rows in zip(self.taken, made, strict=False):
            self.platform.store(to, rows, self.filled)
        if self.taken:
            self.filled += self.extents[which]

    def _end(self, compute):
        """After an epoch: a row of the log."""
        if self.end is not None and self.log.size:
            for i, value in enumerate(compute(self.end, ())):
                self.results[0, i] = value
            self.platform.store(self.table, self.results, self.row)
            self.row += 1

    def _epoch(self, compute):
        """All of an epoch."""
        self._begin(compute)
        for _ in range(self.samples // self.extents[0]):
            self._step(0, compute)
        if self.extents[1]:
            self._step(1, compute)
        self._end(compute)

    # ---- making the graphs -------------------------------------------------------------------------------------------

    def _warm(self):
        """Runs everything once, on copies of the variables: CUDA compiles and loads a kernel when it first runs, which
        must not fall into a recording. Programs that ran before need no run."""
        xp = self.platform.xp

        def compute(part, inputs):
            if part.runs:
                return [xp.zeros(v.shape, v.dtype.dtype) for v in part.program.results]
            part.runs = 1
            return part.compute(inputs, [array.copy() if writes else array for array, writes in
                                         zip(part.held_variables(), part.writes, strict=True)])

        self._begin(compute)
        for which, step in enumerate(self.steps):
            if step is not None:
                self._step(which, compute)
        self._end(compute)
        for part in self.running:
            part.notes.clear()      # these batches were none
        self._reset()

    def _reset(self):
        """The counters, as they are before the next step."""
        self.next.fill(self.sample)
        self.row.fill(self.epoch)
        self.filled.fill(0)

    def _ready(self):
        """Sees to it that there are graphs for the memory that the variables have now."""
        for part in self.running:
            part.prepare_variables()
        where = [part.where_variables_lie() for part in self.running]
        if where == self.where:
            return
        self.launches = self.room = None
        for part in {*self.parts, *self.running}:
            part.forget()
        self.room, self.where = self.platform.room(), None      # there are no graphs until all are recorded
        whole, rest = self.steps
        together = self._recorded(self._epoch, *self.running) if self._is_short() else None
        if together:
            self.launches = {"epoch": together}
        else:
            runs = {"begin": (self._begin, self.begin), 0: (functools.partial(self._step, 0), whole),
                    1: (functools.partial(self._step, 1), rest), "end": (self._end, self.end)}
            self.launches = {name: self._recorded(run, part) or functools.partial(run, plainly)
                             for name, (run, part) in runs.items() if part or name in ("begin", "end")}
        self.where = where

    def _is_short(self):
        """Whether an epoch is to be one graph."""
        steps = -(-self.samples // self.extents[0])
        calls, left = steps * len(self.steps[0].plan.steps), len(self.log) - self.epoch
        worth = left * (steps + 8) > RECORDING * calls      # per epoch, its launches and a wait are saved
        return worth and calls <= CALLS_AT_ONCE and isinstance(self.feed, OnCard) and not (self.takes or self.sample)

    def _recorded(self, run, *parts):
        """A function that launches run() as a graph; None where some part of it cannot be in one."""
        parts = [part for part in parts if part is not None]
        if any(part.why_no_graph for part in parts):
            return None
        try:
            launch, _ = self.platform.recorded(lambda: run(noting) or [], self.room)
        except Exception as error:      # whatever CUDA says: its errors are CuPy's own classes
            if len(parts) == 1:
                parts[0].say_why_no_graph(error)
            return None
        for part in parts:
            part.is_recorded()
        return launch

    # ---- running -----------------------------------------------------------------------------------------------------

    def run(self, seconds, until):
        """Goes on for about so many seconds, or until so many epochs are done.

        Raises:
            InvalidArgumentError: a batch had an index, or a class number, that does not exist.
        """
        first, stop = self.epoch, time.perf_counter() + seconds
        with self.platform.at(self.place):
            self._ready()
            try:
                self._go_on(stop, min(until, len(self.log)))
            except BaseException:       # Ctrl-C: the memory of these epochs may go when the GPU has done with it
                self.platform.wait()
                raise
            checks.look(self.place)
            if self.epoch > first and self.log.size:
                self.log[first:self.epoch] = self.platform.get(self.table[first:self.epoch])

    def _go_on(self, stop, until):
        """Runs chunks, each of which is to take some milliseconds, to a time or an epoch."""
        now = time.perf_counter()
        while self.epoch < until:
            start, since = now, self.sample
            samples = self._launch(until)
            self.platform.wait()
            now = time.perf_counter()
            self._take(since, samples)
            if now - start < AIM / 2:
                self.chunk *= 2
            elif now - start > 2 * AIM:
                self.chunk = max(self.chunk // 2, 1)
            if now >= stop:
                break

    def _launch(self, until):
        """Gives the GPU about `chunk` graphs; returns how many samples they are."""
        since, epoch = self.sample, self.launches.get("epoch")
        count = min(self.chunk, until - self.epoch, self.orders or self.chunk) if epoch else 1
        for part in self.running:
            part.notes.launched()
        if self.sample == 0:
            self._draw(count)
        if epoch:
            for _ in range(count):
                epoch()
            self.epoch += count
        else:
            self._steps()
        return (self.sample or self.samples) - since

    def _draw(self, epochs):
        if self.orders:
            self.feed.begin(epochs, self.random)
            self.next.fill(0)

    def _steps(self):
        """About `chunk` steps of an epoch, with its begin or its end."""
        launches, batch = self.launches, self.extents[0]
        if self.sample == 0:
            launches["begin"]()
        left = min(self.chunk, *(len(to) // batch for to in self.taken)) if self.taken else self.chunk
        if self.taken:
            self.filled.fill(0)
        while left and self.sample < self.samples:
            which = int(self.samples - self.sample < batch)
            self.feed.bring(self.sample, which, self.inputs[which])
            launches[which]()
            self.sample += self.extents[which]
            left -= 1
        if self.sample >= self.samples:
            launches["end"]()
            self.epoch, self.sample = self.epoch + 1, 0

    def _take(self, since, samples):
        """Brings results of some samples to the host."""
        for to, made in zip(self.takes, self.taken, strict=True):
            self.platform.get(made[:samples], to[since:since + samples])


def noting(part, inputs):
    """The results of a program inside a CUDA graph."""
    return part.compute(inputs)


def plainly(part, inputs):
    """The results of a program call by call."""
    return part.compute_now(inputs)
