"""Floor 8: one engine's side of a training workload, run by its path: `python run_training.py ENGINE [SECONDS]`.

It is asked in two words: a job (jobs.py) and what to do or to tell.

    W1 first    builds the network, trains the first epochs without shuffling; the seconds of that call
    W1 loss     the loss after them, from the weights
    W1 time     goes back to the first weights and trains, shuffled; seconds per step
    W1 cpu      seconds of processor time per step of the last timed call, all threads together
    W1 total    the same, all epochs of the job; seconds
    W1 rss      bytes of this process in memory; `peak` the most so far
    W1 held     bytes that the engine's arrays hold on the device that was asked for, or none if it does not tell
"""

import importlib
import sys
import time

import jobs
import worker
from engines import ENGINES

SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 0.5      # that a timed call aims to take, if all would take more


def start(engine):
    """A line about the engine, {} and its Session, as worker.main wants them."""
    module = importlib.import_module(engine.module)
    if engine.module == "by_keras":
        about, make = module.start(engine.name)
    else:
        about, make = module.about(), getattr(module, engine.kind)
    return about, {}, Session(lambda job, x, y: make(job, x, y) if engine.does(job.name) else None)


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
        if getattr(self.rival, "whole", False):
            self.seconds(self.job.epochs, shuffle=True)
            return self.job.epochs
        if worker.DEVICE:
            return self.filling()
        if self.job.epochs == 1:
            return 1
        for few in (1, 4):
            taken = self.seconds(few, shuffle=True)
        return max(1, min(self.job.epochs, int(SECONDS / taken * few)))

    def filling(self):
        """As many epochs as take SECONDS, also more than the job has: on a GPU what a call costs by itself is large
        beside a step."""
        few, taken = 1, self.seconds(1, shuffle=True)
        while taken < SECONDS / 4:
            few *= 4
            taken = self.seconds(few, shuffle=True)
        return max(1, int(SECONDS / taken * few))

    def seconds(self, epochs, shuffle):
        """Of training, until the device has done it."""
        begin = time.perf_counter()
        self.rival.run(epochs, shuffle)
        if hasattr(self.rival, "wait"):
            self.rival.wait()
        return time.perf_counter() - begin

    def held(self):
        """Bytes on the device."""
        return self.rival.held() if worker.DEVICE and hasattr(self.rival, "held") else None

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


if __name__ == "__main__":
    worker.main({engine.name: lambda engine=engine: start(engine) for engine in ENGINES.values()}, warm=False)
