"""Floor 7: what is known about a model in training, for checks to look at."""

import functools
import math

import numpy as np

from tinynn.backends.gpu import CPU
from tinynn.core import nest
from tinynn.core.errors import hearing
from tinynn.keras import losses
from tinynn.keras.insight import constant
from tinynn.keras.insight.snapshot import Snapshot
from tinynn.keras.placement import brought, home_of
from tinynn.keras.training.decay import spent_early
from tinynn.ops.placement import at

SOLVED_LOSS = 0.1       # a loss of a tenth of what a constant answer costs: the task is all but solved
SOLVED_ERRORS = 0.05    # or so many wrong answers, and at most half of those that a constant answer gives


def takes_the_compiled_loss(model):
    """Whether the loss of a step is that of `compile`, and not one that a method of the user's computes."""
    own = type(model)
    is_built_in = own.compute_loss is own.built_in_compute_loss and own.train_step is own.built_in_train_step
    return model.compiled and is_built_in


class Case:
    """All that a check may look at. What is not known is None or empty.

    Args:
        model: a model.
        lang: the language to speak.
        history: {name: [value per epoch]}.
        step: a StepReport.
        hints: {code: (message, facts)}: those that were given in `fit` and in the step.
        batch: (x, y, sample_weight) of the step, tensors.
        targets: (y, sample_weight) of all samples, arrays; by default those of the batch.
        recipe: the kinds of a Dataset, as `Stream.recipe` has them.
        failure: (code, exception) of what the step ended with: "wrong-targets" or "no-gradient".
    """

    def __init__(self, model, lang, history=None, step=None, hints=None, batch=None, targets=None, recipe=(),
                 failure=None):
        self.model, self.lang, self.history, self.step = model, lang, history or {}, step
        self.hints, self.batch, self.recipe, self.failure = hints or {}, batch, recipe, failure
        self._targets = targets

    @property
    def seen(self):
        """The step, where its loss is a number, so that activations and gradients tell something; else None."""
        step = self.step
        return step if step is not None and (step.loss is None or math.isfinite(step.loss)) else None

    @functools.cached_property
    def loss(self):
        """The Loss object of a model that has one output and one loss, and steps as Keras has them; or None."""
        wanted = nest.flatten(self.model.loss) if takes_the_compiled_loss(self.model) else []
        if len(wanted) != 1 or self.targets is None or self.predictions is None:
            return None
        return losses.resolve(wanted[0], self.targets[0].shape, self.predictions.shape)

    @functools.cached_property
    def targets(self):
        """(y, sample_weight) as arrays, or None where there are several y, or none."""
        found = self._targets if self._targets is not None else self.batch[1:] if self.batch is not None else (None,)
        if found[0] is None or nest.is_nested(found[0]):
            return None
        return tuple(None if part is None else np.asarray(part) for part in found)

    @property
    def has_all(self):
        """Whether the batch is all the data there is."""
        return self._targets is not None and self.targets is not None and len(self.targets[0]) == self.step.samples

    @functools.cached_property
    def predictions(self):
        """What the model answers for the batch, an array; None where it gives several things."""
        if self.batch is None or self.step is None:
            return None
        with Snapshot(self.model), np.errstate(all="ignore"), hearing({}, silent=True):
            found = self.model(brought(self.batch[0], home_of(self.model)), training=False)
        return None if nest.is_nested(found) else found.numpy()

    @functools.cached_property
    def constant_loss(self):
        """The loss of the best answer that is the same for all samples; None where that is not known."""
        if self.loss is None or self.model._compile_loss.loss_weights is not None:
            return None
        with hearing({}, silent=True):
            return constant.loss_of_constant(self.loss, *self.targets, self.predictions.shape)

    @functools.cached_property
    def present_loss(self):
        """The loss of the batch without what only happens in training, as Dropout; None where it is not known."""
        if self.loss is None:
            return None
        y, weight = brought(self.batch[1:], CPU)    # beside the predictions
        with at(CPU), np.errstate(all="ignore"), hearing({}, silent=True):
            return float(self.loss(y, self.predictions, weight))

    @functools.cached_property
    def wrong(self):
        """(share of wrong answers in the batch, that of a constant answer), where answers are classes; else None."""
        if self.loss is None or self.batch[1] is None:
            return None
        return constant.wrong_answers(self.loss, np.asarray(self.batch[1]), self.predictions)

    @functools.cached_property
    def rate_spent(self):
        """Whether the schedule has brought the learning rate to an end before half of the training was over."""
        optimizer = self.model.optimizer
        return "decay-steps" in self.hints or (optimizer is not None and spent_early(optimizer) is not None)

    @functools.cached_property
    def solved(self):
        """Whether the model does what it is trained for, so that nothing can stand in its way; False if unknown."""
        if self.wrong is not None and self.wrong[0] <= min(SOLVED_ERRORS, self.wrong[1] / 2):
            return True
        return bool(self.constant_loss and self.present_loss < SOLVED_LOSS * self.constant_loss)
