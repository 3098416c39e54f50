"""Floor 7: one training step of a model, layer by layer, taken and taken back."""

import warnings

import numpy as np

from tinynn import ops
from tinynn.autodiff.listener import Listener
from tinynn.core import nest
from tinynn.core.errors import hearing
from tinynn.explain.words import language
from tinynn.keras import notes
from tinynn.keras.insight.case import Case
from tinynn.keras.insight.checks import STEP_CHECKS, run
from tinynn.keras.insight.listening import Trace
from tinynn.keras.insight.report import StepReport
from tinynn.keras.insight.rows import layer_steps
from tinynn.keras.insight.snapshot import Snapshot
from tinynn.keras.losses import probabilities
from tinynn.keras.placement import brought, home_of
from tinynn.keras.training import loop
from tinynn.keras.training.data import batches_of
from tinynn.keras.training.logs import numbers
from tinynn.keras.training.origin import Origin

_WHOLE = 1 << 62    # a batch size that no array reaches


def explain_step(model, x, y=None, sample_weight=None, apply=False, lang=None):
    """See `Model.explain_step`."""
    lang = language(lang)
    return explained(model, first_batch(batches_of(x, y, sample_weight, batch_size=_WHOLE)), apply, lang)


def first_batch(source):
    """The first batch (x, y, sample_weight) of a source.

    Raises:
        ValueError: there is none.
    """
    batch = next(iter(source), None)
    if batch is None:
        raise ValueError("there is no data: x gave no batch")
    return batch


def explained(model, batch, apply=False, lang="en"):
    """The StepReport of a compiled model and a batch (x, y, sample_weight); with `apply` the step stays taken."""
    build(model, batch[0])
    batch = brought(batch, home_of(model))
    before, taken, hints = Snapshot(model), None, {}
    try:
        with hearing(hints, silent=True), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Gradients do not exist")     # the weights say so
            probabilities.look_again()
            step = Step(model, batch, with_metrics=apply)
            taken = Snapshot(model) if apply else None
            before.restore()        # the same random numbers, and the same averages of a BatchNormalization
            for variable, values in step.after:
                variable.assign(values)
            report = StepReport(lang, step, Step(model, batch).loss, layer_steps(step), apply, hints)
    finally:
        (taken or before).restore()
    report.findings = run(STEP_CHECKS, Case(model, lang, step=report, hints=hints, batch=batch))
    return report


def build(model, x):
    """Builds a model that is not built, as `fit` does; a real call builds what placeholders cannot, or says why."""
    if not model.built:
        loop.build(model, x)
    if not model.built:
        model(x, training=False)


class Step:
    """A training step that was taken, and what was seen of it.

    Args:
        model: a compiled model.
        batch: (x, y, sample_weight).
        with_metrics: whether the metrics of `compile` take part.

    Attributes:
        loss: of the batch; None where a `train_step` of the user's tells none.
        learning_rate: the rate that the update took.
        before, after: (variable, values) of the weights before and after it.
        trace: the Trace, which has the calls of the layers.
        gradients, by_output: {id of a weight or of a tensor: the gradient of the loss, an array}.
        raw: the ids of what no weight comes before.
        origin: an Origin, which knows the first op that made a NaN or an infinity.
    """

    def __init__(self, model, batch, with_metrics=False):
        self.model, self.samples, self.trace = model, nest.flatten(batch[0])[0].shape[0], Trace(model)
        self.before = [(v, v.numpy()) for v in model.trainable_weights]
        self.learning_rate = float(model.optimizer.learning_rate)
        self.gradients, self.by_output, self.raw = {}, {}, set()
        self.origin = Origin()
        measured = vars(model)["_compile_metrics"]
        try:
            if not with_metrics:
                vars(model)["_compile_metrics"] = None      # not set as an attribute: recorded steps stay valid
            model.reset_metrics()
            with self.trace, Listener(self.origin.hear):
                logs = self._run(batch)
            told = logs if isinstance(logs, dict) and "loss" in logs else model.get_metrics_result()
            self.loss = numbers(told).get("loss")
        finally:
            vars(model)["_compile_metrics"] = measured
        self.after = [(v, v.numpy()) for v, _ in self.before]

    def _run(self, batch):
        """Takes the step: the built-in one with a look at its tape, or the user's with a look at its gradients."""
        if type(self.model).train_step is type(self.model).built_in_train_step:
            return self.model.train_once(*batch, gradient=self._gradient)
        optimizer = self.model.optimizer
        apply = optimizer.apply

        def heard(grads, trainable_variables=None):
            known = optimizer._trainable_variables if trainable_variables is None else trainable_variables
            self._note(dict(zip(map(id, known), grads, strict=False)))
            return apply(grads, trainable_variables)

        vars(optimizer)["apply"] = heard
        try:
            return loop.python_step(self.model, "train")(batch)
        finally:
            del vars(optimizer)["apply"]

    def _gradient(self, tape, loss, weights):
        """The gradients by the weights, as the tape gives them; those by what layers gave are kept."""
        outputs = {id(t): t for call in self.trace.calls for t in call.outputs}
        logits = {id(t): t for t in map(notes.logits.get, outputs.values()) if t is not None}
        inputs = {id(t): t for call in self.trace.calls for t in call.inputs}
        self.raw = {key for key, t in inputs.items() if not tape.follows(t)}
        tensors = {**outputs, **logits}
        tape.begin_walk()
        found = tape.walk([loss], [None], [*weights, *tensors.values()], last=True)
        tape.end_walk()
        by_weight = found[:len(weights)]
        self._note(dict(zip(map(id, weights), by_weight, strict=True)))
        self.by_output = {key: self._unscaled(g) for key, g in zip(tensors, found[len(weights):], strict=True)
                          if g is not None}
        return by_weight

    def _note(self, gradients):
        self.gradients.update({key: self._unscaled(g) for key, g in gradients.items() if g is not None})

    def _unscaled(self, gradient):
        """The gradient of the loss, where the optimizer asked for that of the loss times a scale."""
        optimizer = self.model.optimizer
        if optimizer.loss_scale_factor is None:
            return np.asarray(gradient)
        return np.asarray(gradient) / float(optimizer.scale_loss(ops.constant(1.0)))
