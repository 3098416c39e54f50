"""Floor 7: a model that is trained from one seed after another, without being made or recorded again."""

import collections
import threading

import numpy as np

from tinynn.keras.context import structure
from tinynn.keras.random import set_random_seed
from tinynn.keras.sweep.chance import Chance
from tinynn.keras.training.order import Order
from tinynn.keras.training.recorded import recordings_of
from tinynn.keras.training.trainer import Trainer

Outcome = collections.namedtuple("Outcome", "history weights solved")   # {name: values per epoch}, arrays, bool or None

_one_draws = threading.Lock()       # random numbers have global sources: one thread at a time begins


class Replica:
    """A model, and how it begins.

    Args:
        begin: a function from a seed to (model, Journal).
        seed: the seed it begins with.
        training: the Training.
        judge: a function of (model, history), for `Outcome.solved`.
    """

    def __init__(self, begin, seed, training, judge):
        self.model, self.journal = begin(seed)
        self.seed, self.training, self.judge = seed, training, judge
        self.source, self.validation = training.batches()
        self.was_built = self.model.built
        self.start = self._start()
        self.in_fit = len(self.journal.entries)     # from this entry on, things were made by `fit`

    def first(self):
        """The Outcome of the first training, an ordinary `fit`."""
        with self.journal:
            history = self.training.anew(self.model)
        self.left = Chance()
        self.journal.forget_values()
        self.outcome = self._outcome(history)
        return self.outcome

    def warm_up(self):
        """Records the steps."""
        with self.journal:
            self.training.warm_up(self.model)
        self.journal.forget_values()

    def train(self, seed):
        """The Outcome of training from another seed; the same bits as those of a new model."""
        with _one_draws:
            self._begin_again(seed)
        return self._outcome(self.training.again(self.model, self.source, self.validation))

    def _begin_again(self, seed):
        set_random_seed(seed)
        for entry in self.journal.entries[:self.in_fit]:
            entry.again()
        if self.source.shuffle:
            self.source.random = Order()
        for entry in self.journal.entries[self.in_fit:]:
            entry.again()
        for captured in recordings_of(self.model).values():
            captured.rewind(structure.version)

    def _outcome(self, history):
        if "loss" not in history:
            raise ValueError(f"a sweep compares losses; the training gives {', '.join(history) or 'nothing'} and no "
                             "'loss': a train_step of one's own returns it by that name")
        return Outcome(history, self.model.get_weights(), self.judge(self.model, history))

    # ---- whether that is right ---------------------------------------------------------------------------------------

    def why_not(self, other):
        """None where training again gives what new models gave, and may go on beside other threads; otherwise the
        reason in one sentence. To be asked of two replicas after their `first`."""
        reason = self.training.in_python or self._unrecorded()
        if reason:
            return reason
        self._begin_again(self.seed)
        if Chance() != self.left or self.start != self._start():    # `first` drew or set more than this
            return "making or training the model draws random numbers, or sets seeds, of its own"
        different = difference(self.train(other.seed), other.outcome)
        if different:
            return f"trained again from seed {other.seed}, the model differs from a new one: {different}"
        return self._unrecorded()

    def _start(self):
        """The weights to be trained, as bits; None where they are not made yet."""
        return [_bits(v) for v in self.model.trainable_weights] if self.was_built else None

    def _unrecorded(self):
        """None where all steps run in C on variables that begin anew; otherwise the reason."""
        if type(self.model).fit is not Trainer.fit:
            return f"{type(self.model).__name__} has a fit of its own"
        kinds = [kind for captured in recordings_of(self.model).values() for kind in captured.kinds.values()]
        broken = [kind.why() for kind in kinds if kind.broken is not None]
        if broken or not recordings_of(self.model)["train"].kinds:
            return f"steps run in Python, since {broken[0]}" if broken else "steps run in Python"
        foreign = [kind for kind in kinds if kind.program and not self.journal.covers(kind.program.variables)]
        return "steps use a variable that is not the model's own" if foreign else None


def difference(a, b):
    """What differs between two Outcomes, in words; None where every bit is the same."""
    for name, values in b.history.items():
        if _bits(values) != _bits(a.history.get(name)):
            return name
    for i, (x, y) in enumerate(zip(a.weights, b.weights, strict=True)):
        if _bits(x) != _bits(y):
            return f"weight {i}"
    return None


def _bits(values):
    return np.asarray(values).tobytes()
