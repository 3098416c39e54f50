"""Floor 5: whole epochs of training in C: batches gathered by a shuffled order, steps, results, with no Python between."""
from cpython.mem cimport PyMem_Free
from libc.stdint cimport int64_t, uint64_t
from tinynn._bridge cimport TN_OK, run_epochs, tn_array, tn_epochs, tn_feed, tn_status, tn_step
from tinynn.graph.executable cimport Executable

import numpy as np

from tinynn.core.errors import InvalidArgumentError

class Busy(Exception):
    """A program is in use: on another thread, or in Epochs that are not closed."""


cdef class Epochs:
    """Epochs of training that run in C: their steps, and what runs before and after them.

    Args:
        whole, rest: Executables of a step for batches of `batch` samples, and for those that are left (or None).
        begin, end: Executables without inputs, or None: one that runs before an epoch, and one that gives its results,
            which are numbers.
        arrays: the samples, per input of a step.
        batch: samples per step.
        epochs: how many epochs.
        random: an array of one uint64, the state that shuffles; None to keep the order.
        takes: an array per result of a step, which gets the rows of all samples; or nothing.
        samples, first: how many samples, and the one to begin with; by default all, from the first on.

    Raises:
        Busy: one of them is in use. From here on they are, until `close`.

    Attributes:
        log: an array (epochs, results of `end`).
    """
    cdef tn_epochs state
    cdef tn_feed *feeds     # of a whole step, of the rest; and the same of what is taken
    cdef const tn_array **results
    cdef list lasting
    cdef readonly object log
    cdef Executable whole, rest
    cdef list parts
    cdef bint holds         # the executables are its own

    def __cinit__(self, Executable whole, Executable rest, Executable begin, Executable end, arrays, batch, epochs,
                  random, takes=(), samples=None, first=0):
        cdef int64_t[::1] order
        cdef uint64_t[::1] number
        cdef double[:, ::1] log
        cdef Py_ssize_t n = len(arrays), m = len(takes)
        self.whole, self.rest = whole, rest
        self.parts = [part for part in (whole, rest, begin, end) if part is not None]
        self.lasting = [arrays, random, takes]
        self.state.samples = (len(arrays[0]) if n else 0) if samples is None else samples
        left = self.state.samples % batch
        self.feeds = <tn_feed *>whole.cleared(2 * (n + m), sizeof(tn_feed))
        self.state.whole = self.step(whole, self.feeds, arrays, takes, batch)
        if rest is not None:
            self.state.rest = self.step(rest, self.feeds + n + m, arrays, takes, left)
        self.state.n_feeds, self.state.n_takes = n, m
        if begin is not None:
            self.state.begin, self.state.n_begin = begin.calls, begin.n_calls
        results = [] if end is None else end.program.results
        self.results = <const tn_array **>whole.cleared(len(results), sizeof(tn_array *))
        for i, value in enumerate(results):
            self.results[i] = &end.arrays[<Py_ssize_t>end.number[value]]
        if end is not None:
            self.state.end, self.state.n_end = end.calls, end.n_calls
        self.state.results, self.state.n_results = self.results, len(results)
        self.log = np.zeros((epochs, len(results)))
        if self.log.size:
            log = self.log
            self.state.log = &log[0, 0]
        self.state.epochs, self.state.sample = epochs, first
        if random is not None:
            order = kept = np.empty(self.state.samples, np.int64)
            number = random
            self.lasting.append(kept)
            self.state.order, self.state.random = &order[0], &number[0]
        self.open()

    cdef tn_step step(self, Executable step, tn_feed *feeds, arrays, takes, int64_t batch) except *:
        """The step for batches of one size: its inputs in memory of this object, its results where they are."""
        cdef tn_step made
        cdef unsigned char[::1] to
        cdef const unsigned char[::1] source
        cdef Py_ssize_t i, n = len(arrays)
        for i in range(n):
            memory = np.empty(max(step.bytes_of_value(step.program.inputs[i]), 1), np.uint8)
            flat = arrays[i].reshape(-1).view(np.uint8) if arrays[i].nbytes else memory
            self.lasting.extend((memory, flat))
            source, to = flat, memory
            feeds[i].source, feeds[i].to = &source[0], &to[0]
            feeds[i].row_bytes = arrays[i].nbytes // len(arrays[i])
        for i in range(len(takes)):
            to = flat = takes[i].reshape(-1).view(np.uint8) if takes[i].nbytes else np.empty(1, np.uint8)
            self.lasting.append(flat)
            feeds[n + i].source = step.arrays[<Py_ssize_t>step.number[step.program.results[i]]].data
            feeds[n + i].to, feeds[n + i].row_bytes = &to[0], takes[i].nbytes // len(takes[i])
        made.calls, made.n_calls, made.batch = step.calls, step.n_calls, batch
        made.feeds, made.takes = feeds, feeds + n
        return made

    def open(self):
        """Takes the executables, whose inputs then lie in memory of this object.

        Raises:
            Busy: one of them is in use.
        """
        cdef Executable part
        cdef Py_ssize_t i, n = self.state.n_feeds
        if any(part.busy for part in self.parts):
            raise Busy()
        for part in self.parts:
            part.busy = self.holds = True
        for i in range(n):
            self.whole.point(i, self.state.whole.feeds[i].to)
            if self.rest is not None:
                self.rest.point(i, self.state.rest.feeds[i].to)

    def close(self):
        """Gives the executables back; `open` takes them again."""
        cdef Executable part
        if self.holds:
            for part in self.parts:
                part.busy = self.holds = False

    def __del__(self):
        self.close()

    def __dealloc__(self):
        PyMem_Free(self.feeds)
        PyMem_Free(self.results)

    @property
    def epoch(self):
        """How many epochs are done."""
        return self.state.epoch

    @property
    def sample(self):
        """How many samples of the next one are done."""
        return self.state.sample

    def run(self, double seconds, int64_t until):
        """Goes on for so many seconds, or until so many epochs are done or the first result of one is NaN."""
        cdef tn_status status
        cdef Executable part
        self.state.epochs = min(until, len(self.log))
        for part in self.parts:
            part.prepare_variables()
        for part in self.parts:
            part.hold_variables()
        with nogil:
            status = run_epochs(&self.state, seconds)
        for part in self.parts:
            part.let_go()
        if status != TN_OK:
            for part in self.parts:
                part.blame(self.state.call)
            raise InvalidArgumentError("a call of the program refused its data")
