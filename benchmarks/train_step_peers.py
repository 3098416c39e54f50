"""One rival's side of train_step.py.

It is asked in two words: a job (rivals/jobs.py) and what to do or to tell.

    W1 first    builds the network, trains the first epochs without shuffling; the seconds of that call
    W1 loss     the loss after them, from the weights
    W1 time     goes back to the first weights and trains, shuffled; seconds per step
    W1 cpu      seconds of processor time per step of the last timed call, all threads together
    W1 total    the same, all epochs of the job; seconds
    W1 rss      bytes of this process in memory; `peak` the most so far
"""

import importlib
import time

import worker
from rivals import jobs

SECONDS = 0.5       # that one timed call aims to take, if the job's epochs would take longer
SMALL = {"W1", "W2", "W3", "W4"}


def makers(tf, name):
    """The classes of tinynn or TensorFlow."""
    from rivals import by_keras as k
    linear = {"tinynn": tf.function, "tensorflow-tape": lambda f: f,
              "tensorflow-epoch": lambda f: tf.function(f, jit_compile=True)}
    usual = {"tinynn": k.Fit, "tensorflow-fit": k.Fit, "tensorflow-tuned": k.tuned, "tensorflow-tape": k.Tape,
             "tensorflow-epoch": k.Epoch}

    def make(job, x, y):
        if job.name == "W3":
            return k.Linear(tf, job, x, y, linear[name]) if name in linear else None
        if job.name == "P0":
            return k.Tape(tf, job, x, y) if name in ("tinynn", "tensorflow-tape") else None
        return usual[name](tf, job, x, y)

    return k.about(tf, name), make


def keras_like(name):
    """tinynn's or TensorFlow's line and maker."""
    return makers(importlib.import_module(name.split("-")[0]), name)


def other(module, kind="Rival", only=None, without=()):
    """The line and maker of an engine that has a module to itself."""
    def start(name):
        rival = importlib.import_module(f"rivals.{module}")

        def make(job, x, y):
            fits = (job.name in only) if only else job.name not in without
            return getattr(rival, kind)(job, x, y) if fits else None

        return rival.about(), make

    return start


RIVALS = {
    "tinynn": keras_like,
    "c": other("by_c", only=SMALL),
    "numpy": other("by_numpy"),
    "jax-scan-all": other("by_jax", "ScanAll", only=SMALL),
    "jax-scan": other("by_jax", "Scan", without={"W3", "P0"}),      # an epoch of W3 is one step
    "jax-step": other("by_jax", "Step"),
    "torch-eager": other("by_torch", "Eager"),
    "torch-compile": other("by_torch", "Compiled", without={"P0"}),
    "tensorflow-fit": keras_like,
    "tensorflow-tuned": keras_like,
    "tensorflow-tape": keras_like,
    "tensorflow-epoch": keras_like,
    "sklearn": other("by_sklearn", only={"W1", "W4"}),
}


class Session:
    """A rival in training; answers questions about one job."""

    def __init__(self, make):
        self.make, self.name, self.rival, self.epochs = make, None, None, None

    def get(self, question):
        """The function that answers, or None where the rival does not do this job."""
        name, what = question.split()
        if name != self.name:
            self.name, self.job, self.epochs = name, jobs.job(name), None
            x, y = self.job.data()
            self.check = x[:jobs.CHECK_ROWS].copy(), y[:jobs.CHECK_ROWS].copy()
            self.rival = self.make(self.job, x, y)
        return getattr(self, what) if self.rival else None

    def first(self):
        """Seconds of the first call."""
        return self.seconds(self.job.first, shuffle=False)

    def loss(self):
        """After the first call."""
        return self.job.loss_of(self.rival.weights(), *self.check)

    def time(self):
        """Seconds per step."""
        if self.epochs is None:
            self.epochs = self.affordable()
        self.rival.reset()
        steps, begin = self.epochs * self.job.steps, time.process_time()
        taken = self.seconds(self.epochs, shuffle=True) / steps
        self.processor = (time.process_time() - begin) / steps
        return taken

    def cpu(self):
        """Processor seconds per step of the last timed call: waiting for other programs does not count."""
        return self.processor

    def total(self):
        """Seconds of all epochs in one call, after a short one that is not counted."""
        if self.epochs is None:
            self.epochs = self.job.epochs
            self.seconds(1, shuffle=True)
        self.rival.reset()
        return self.seconds(self.epochs, shuffle=True)

    def affordable(self):
        """All epochs of the job, or as many as take SECONDS; also a first, uncounted, shuffled run."""
        if self.job.epochs == 1:
            return 1
        if getattr(self.rival, "whole", False):
            self.seconds(self.job.epochs, shuffle=True)
            return self.job.epochs
        for few in (1, 4):
            taken = self.seconds(few, shuffle=True)
        return max(1, min(self.job.epochs, int(SECONDS / taken * few)))

    def seconds(self, epochs, shuffle):
        """Of training."""
        begin = time.perf_counter()
        self.rival.run(epochs, shuffle)
        return time.perf_counter() - begin

    def rss(self):
        """Bytes of this process in memory."""
        return memory("VmRSS")

    def peak(self):
        """The most bytes so far."""
        return memory("VmHWM")


def memory(field):
    """A line of the process's status, in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def engine(name):
    """What worker.main wants."""
    about, make = RIVALS[name](name)
    return about, {}, Session(make)


if __name__ == "__main__":
    worker.main({name: lambda name=name: engine(name) for name in RIVALS}, warm=False)
