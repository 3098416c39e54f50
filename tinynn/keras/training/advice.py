"""Floor 7: what `fit` notices about the results of its epochs: a rate that dies early, a loss that turns to NaN."""

import itertools
import math

import numpy as np

from tinynn.autodiff.listener import Listener
from tinynn.core.errors import hint
from tinynn.keras.context import structure
from tinynn.keras.placement import brought, copy_of, home_of
from tinynn.keras.training import causes
from tinynn.keras.training.decay import spent
from tinynn.keras.training.origin import Origin

_KEEP_AT_MOST = 1 << 26     # bytes of variables that are kept from the start of an epoch, to run it again


class Watch:
    """Looks at each epoch of a `fit`, and gives at most one hint of each kind.

    So that the op that made a NaN can be found, the variables (of small models) and the order of the samples are kept
    from the start of each epoch. Where the loss of the epoch is NaN, the epoch runs again up to the step where that
    happens, with a listener on every op.

    Args:
        model: the model.
        training: the Epochs.
        first, last: the numbers of the first epoch and of the one after the last.
        step: a function of a batch, which trains.
        results: the function of (model, what a step gives) that reads the metrics.
    """

    def __init__(self, model, training, first, last, step, results):
        self.model, self.training, self.first, self.last = model, training, first, last
        self.step, self.results = step, results
        self.rate_is_fine = self.loss_is_fine = True
        self.orders = self.state = self.known = self.order = None
        self.variables, self.optimizer_was_built = [], False
        model.optimizer.lifetime = math.inf     # epochs tell more than a number of steps
        self.orders = getattr(training.source, "random", None)

    def epoch_begins(self):
        """Keeps what the order of the epoch follows from."""
        if self.orders is not None:
            self.order = self.orders.state.copy()

    def first_batch(self):
        """Keeps the variables, which by now are there."""
        if self.loss_is_fine:
            self.optimizer_was_built = self.model.optimizer.built
            if self.known != (structure.version, self.optimizer_was_built):
                self.known = structure.version, self.optimizer_was_built
                self.variables = self._variables()
            self.state = None       # not two of them at a time
            self.state = self.keep()

    def keep(self):
        """The variables with the values that they have now; those on a GPU stay there."""
        return [(v, copy_of(v)) for v in self.variables]

    def restore(self):
        """Gives the variables and the order what they had when they were kept."""
        _assign(self.state)
        if self.orders is not None:
            self.orders.state[:] = self.order

    def _variables(self):
        """What is kept: all variables, or none where they are large or not there yet."""
        variables = [*self.model.variables, *self.model.optimizer.variables]
        small = sum(v.size * v.dtype.size for v in variables) <= _KEEP_AT_MOST
        return variables if small and self.model.built else []

    def epoch_ends(self, epoch, logs):
        """Looks at the rate and the loss after an epoch."""
        self.epochs_end(range(epoch, epoch + 1), logs, 0)

    def epochs_end(self, epochs, logs, steps_since):
        """Looks at the rate and the loss after some epochs.

        Args:
            epochs: their numbers.
            logs: the results of the last one.
            steps_since: how many steps have run since then.
        """
        half = self.first + (self.last - self.first) // 2       # epochs before this one are the first half
        if self.rate_is_fine and epochs[0] < half:
            steps = self.training.steps or 0
            since = lambda e: steps_since + (epochs[-1] - e) * steps
            if self._rate_at(since(min(epochs[-1], half - 1))) is not None:     # it only falls
                self.rate_is_fine = not any(self._rate_died(e, since(e)) for e in epochs if e < half)
        loss = logs.get("loss")
        if self.loss_is_fine and isinstance(loss, float) and loss != loss:
            self.loss_is_fine = False
            self._explain_nan(epochs[-1])
            self.state = None

    def _rate_at(self, steps_since):
        """(rate at the start, rate so many steps ago) where it had all but ended the training; else None."""
        optimizer = self.model.optimizer
        return spent(optimizer, int(optimizer._iterations) - steps_since)

    def _rate_died(self, epoch, steps_since):
        """Whether a decay has all but ended the training, which is not yet half over."""
        found = self._rate_at(steps_since)
        if found is None:
            return False
        decay_steps, steps, (start, then) = (
            self.model.optimizer._learning_rate.decay_steps, self.training.steps, found)
        hint("decay-steps", f"after epoch {epoch + 1} of {self.last} the learning rate has fallen from {start:.3g} to "
             f"{then:.3g}. decay_steps={decay_steps} counts batches, not epochs: an epoch has {steps}, so "
             f"for n epochs write decay_steps=n * {steps}",
             epoch=epoch + 1, epochs=self.last, start=start, then=then, decay_steps=decay_steps, steps=steps)
        return True

    # ---- NaN ---------------------------------------------------------------------------------------------------------

    def _explain_nan(self, epoch):
        why = None
        if self.state and getattr(self.training.source, "restarts", True):
            why = self._run_again()
        why = why or causes.UNKNOWN
        hint("nan-loss", f"the loss is NaN in epoch {epoch + 1}. {why('en')}", epoch=epoch + 1, why=why)

    def _run_again(self):
        """The Cause of the NaN, or None. Everything is left as it was."""
        model, source = self.model, self.training.source
        variables = {id(v): v for v in [*(v for v, _ in self.state), *model.variables, *model.optimizer.variables]}
        now = [(v, v.numpy()) for v in variables.values()]
        optimizer, order = model.optimizer, None if self.orders is None else self.orders.state.copy()
        try:
            if not self.optimizer_was_built:    # then a new one runs again
                model.optimizer = type(optimizer).from_config(optimizer.get_config())
            _assign(self.state)
            model.reset_metrics()
            if self.orders is not None:
                self.orders.state[:] = self.order
            return self._first_cause(itertools.islice(iter(source), self.training.steps))
        except Exception:   # the hint is a service: a step that cannot be repeated must not end the training
            return None
        finally:
            model.optimizer = optimizer
            _assign(now)
            if self.orders is not None:
                self.orders.state[:] = order

    def _first_cause(self, batches):
        cause, before = causes.of_state(self.state), None
        if cause is not None:
            return cause
        for number, batch in enumerate((brought(batch, home_of(self.model)) for batch in batches), 1):
            cause = causes.of_data(batch, number)
            if cause is not None:
                return cause
            origin = Origin()
            with Listener(origin.hear), np.errstate(all="ignore"):
                logs = self.step(batch)
            if np.isnan(self.results(self.model, logs)["loss"]):
                return causes.of_step(origin, before, number)
            before = origin
        return None


def _assign(state):
    for variable, value in state:
        variable.assign(value)
