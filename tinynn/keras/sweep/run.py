"""Floor 7: all the seeds of a sweep, one after another or on several threads."""

import queue
import threading
import time
import warnings
from collections.abc import Iterable
from numbers import Integral

from tinynn._bridge import num_threads, set_num_threads
from tinynn.core.errors import TinynnHint
from tinynn.keras.sweep.begin import Copied, Made, SweepError
from tinynn.keras.sweep.chance import Chance
from tinynn.keras.sweep.replica import Replica, difference
from tinynn.keras.sweep.result import Sweep
from tinynn.keras.sweep.solved import judge_of
from tinynn.keras.sweep.training import Training
from tinynn.keras.training import loop

LARGEST_SEED = 2**32 - 1    # that NumPy takes
PATIENCE = 1.0              # seconds that interrupted threads have for the end of their epoch


def sweep(make_model, x, y=None, seeds=100, epochs=1, batch_size=None, solved=None, threads=None, **arguments):
    """Trains the same model from many initialisations, and says how many of them solve the task.

    For each seed the result is, to the last bit, that of

        keras.utils.set_random_seed(seed)
        model = make_model()
        model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0, ...)

    but the model is made, and its step recorded, only once per thread: for the other seeds its variables begin anew.
    Where that does not give the same bits, or the steps run in Python, every seed gets a new model, one after the
    other; `Sweep.why_slow` is the reason.

    Args:
        make_model: a function without arguments that gives a compiled model.
        x, y: arrays, as for `fit`.
        seeds: how many (0, 1, 2, ...), or the seeds themselves.
        epochs, batch_size: as for `fit`.
        solved: when a seed counts as solved: its last loss is below this number; or a function of the predictions for
            x says so; by default, for targets that are classes, when every training sample is classified right.
        threads: how many seeds are trained at the same time; by default as many as `tinynn.num_threads()`.
        **arguments: further arguments of `fit`. Callbacks are copied for each seed.

    Returns:
        A `Sweep`; print it.

    Raises:
        TypeError, ValueError: wrong arguments, or what `fit` raises for the first seed.

    Example:
        >>> result = tinynn.sweep(make_xor, x, y, seeds=1000, epochs=1500, batch_size=1)
        >>> print(result)
        >>> result.share, result.best, result.weights(result.best)
    """
    training = Training(x, y, {"epochs": epochs, "batch_size": batch_size, **arguments})
    with Chance():
        return run(Made(make_model), training, seeds, solved, _threads(threads))


def sweep_model(model, journal, training, seeds, solved=None, threads=None, tell=None):
    """`sweep` for a model that exists, and was not trained yet.

    Args:
        model, journal: the compiled model, and the Journal that was open while it was made.
        training: a Training.
        seeds, solved, threads: as for `sweep`.
        tell: called with the Sweep whenever another seed is done.
    """
    with Chance():
        return run(Copied(model, journal, training.source), training, seeds, solved, _threads(threads), tell)


def run(begin, training, seeds, solved, threads, tell=None):
    """Trains all seeds; the Sweep, which `tell` knows from the first seed on."""
    seeds, judge = _seeds(seeds), judge_of(solved, training)
    result = Sweep(seeds, training.epochs, solved, Rebuild(begin, training))
    started = lambda seed: Replica(begin, seed, training, judge)

    def done(seed, outcome):
        result.add(seed, outcome)
        if tell is not None:
            tell(result)

    first = started(seeds[0])
    done(seeds[0], first.first())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TinynnHint)     # the first seed gave them
        if len(seeds) > 1:
            second = started(seeds[1])
            done(seeds[1], second.first())
            result.same_start = first.start is not None and first.start == second.start
        left = seeds[2:]
        if not left:
            return result
        result.why_slow = first.why_not(second)
        if result.why_slow is None:
            replicas = [first, second, *_more(started, left[:max(threads, 2) - 2])][:threads]
            result.threads = len(replicas)
            _again(replicas, left, done)
        else:
            if not begin.trusted:
                _must_repeat(started(seeds[0]), first.outcome)
            for seed in left:
                done(seed, started(seed).first())
    return result


def _more(started, seeds):
    """Further replicas, ready to train again. Models are made while none is trained, since that looks to all of them
    like a change."""
    replicas = [started(seed) for seed in seeds]
    for replica in replicas:
        replica.warm_up()
    return replicas


def _must_repeat(replica, expected):
    different = difference(replica.first(), expected)
    if different:
        raise SweepError(f"two copies of the model that begin from the same seed differ: {different}. The program "
                         "keeps something outside the model that training changes; write a function that makes "
                         "everything anew, for tinynn.sweep")


def _again(replicas, seeds, done):
    """Trains the seeds with replicas, each on a thread of its own; one replica needs none."""
    if len(replicas) == 1:
        for seed in seeds:
            done(seed, replicas[0].train(seed))
        return
    kernels = num_threads()
    set_num_threads(1)
    crew = Crew(replicas, seeds)
    try:
        for _ in seeds:
            done(*crew.next())
    finally:
        crew.dismiss()
        set_num_threads(kernels)


class Crew:
    """Threads that train a list of seeds together, each with a replica."""

    def __init__(self, replicas, seeds):
        self.replicas, self.seeds = replicas, iter(seeds)      # a step of a list's iterator is one step of Python
        self.results, self.over = queue.SimpleQueue(), False
        self.threads = [threading.Thread(target=self._work, args=(replica,), daemon=True) for replica in replicas]
        for thread in self.threads:
            thread.start()

    def _work(self, replica):
        try:
            for seed in self.seeds:
                if self.over:
                    return
                self.results.put((seed, replica.train(seed)))
        except BaseException as error:
            self.results.put(error)

    def next(self):
        """(seed, Outcome) of the next one that is done; raises what was raised on a thread."""
        item = self.results.get()
        if isinstance(item, BaseException):
            raise item
        return item

    def dismiss(self):
        """Ends the threads; those that train finish their epoch."""
        self.over = True
        end = time.monotonic() + PATIENCE
        while any(thread.is_alive() for thread in self.threads) and time.monotonic() < end:
            for replica in self.replicas:
                replica.model.stop_training = True      # again, as `fit` begins by taking it back
            for thread in self.threads:
                thread.join(0.01)


class Rebuild:
    """Makes the model of a seed once more, with the weights that it was trained to."""

    def __init__(self, begin, training):
        self.begin, self.training = begin, training

    def __call__(self, seed, weights):
        with Chance():
            model, _ = self.begin(seed)
        if not model.built:
            loop.build(model, next(iter(self.training.source))[0])
        model.set_weights(weights)
        return model


def _seeds(seeds):
    """The seeds as a list of ints."""
    if isinstance(seeds, Integral) and not isinstance(seeds, bool):
        if seeds < 1:
            raise ValueError(f"a sweep needs at least one seed, got seeds={seeds}")
        return list(range(seeds))
    given = list(seeds) if isinstance(seeds, Iterable) else []
    if not given or not all(isinstance(s, Integral) and 0 <= s <= LARGEST_SEED for s in given):
        raise ValueError(f"seeds are whole numbers from 0 to {LARGEST_SEED}, or how many, got {seeds!r}")
    if len(set(given)) < len(given):
        raise ValueError("every seed comes once; the same seed gives the same result")
    return [int(s) for s in given]


def _threads(threads):
    if threads is None:
        return num_threads()
    if not isinstance(threads, Integral) or threads < 1:
        raise ValueError(f"threads is a whole number above 0, got {threads!r}")
    return int(threads)
