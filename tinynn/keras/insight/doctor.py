"""Floor 7: the training doctor: looks at a model, its history and a step on its data, and says what is wrong."""

from html import escape
from typing import NamedTuple

import numpy as np

from tinynn.autodiff.tensor import convert
from tinynn.core import nest
from tinynn.core.errors import hearing
from tinynn.explain.text import WIDTH, fold
from tinynn.explain.words import Words, language
from tinynn.keras.insight.case import Case, takes_the_compiled_loss
from tinynn.keras.insight.checks import CHECKS, run
from tinynn.keras.insight.findings import listed, listed_in_html
from tinynn.keras.insight.snapshot import Snapshot
from tinynn.keras.insight.step import build, explained, first_batch
from tinynn.keras.models import Model
from tinynn.keras.placement import brought, home_of
from tinynn.keras.training.data import ArrayBatches, batches_of

SAMPLES = 256       # of arrays, so many go into the step that is looked at: enough for shares of a percent

say = Words({
    "healthy: nothing stands in the way of {model}": "건강함: {model}의 학습을 가로막는 것이 없습니다",
    "nothing found about {model}, as far as it was looked at":
        "살펴본 한에서는 {model}에서 찾은 것이 없습니다",
    "{count} findings about {model}": "{model}에서 찾은 것 {count}가지",
    "1 finding about {model}": "{model}에서 찾은 것 1가지",
    "looked at: {things}": "살펴본 것: {things}",
    "not looked at: {things}": "살펴보지 못한 것: {things}",
    "the model": "모델",
    "the optimizer ({optimizer})": "옵티마이저({optimizer})",
    "the losses of {epochs} epochs": "에포크 {epochs}개의 손실",
    "a training step on {samples} samples": "샘플 {samples}개의 훈련 스텝",
    "the order of the dataset": "데이터셋의 순서",
    "losses (give history)": "손실 (history를 주세요)",
    "gradients and activations (give x and y)": "기울기와 활성값 (x와 y를 주세요)",
    "gradients (compile the model with its optimizer and loss)":
        "기울기 (모델을 옵티마이저와 손실로 compile하세요)",
})


class Report(list):
    """The Findings of the doctor, errors first; empty where all is well. `print` shows it.

    Attributes:
        step: the StepReport that was looked at, or None.
        looked_at, missing: what was looked at and what was not, in words.
    """

    def __init__(self, findings, lang, model, step, looked_at, missing):
        super().__init__(findings)
        self.lang, self.model, self.step, self.looked_at, self.missing = lang, model, step, looked_at, missing

    @property
    def codes(self):
        """The codes of the findings, each once."""
        return list(dict.fromkeys(finding.code for finding in self))

    def _head(self):
        if len(self) > 1:
            return say(self.lang, "{count} findings about {model}", count=len(self), model=self.model)
        if self:
            return say(self.lang, "1 finding about {model}", model=self.model)
        return say(self.lang, "nothing found about {model}, as far as it was looked at" if self.step is None
                   else "healthy: nothing stands in the way of {model}", model=self.model)

    def _scope(self):
        yield say(self.lang, "looked at: {things}", things=", ".join(self.looked_at))
        if self.missing:
            yield say(self.lang, "not looked at: {things}", things=", ".join(self.missing))

    def __str__(self):
        return "\n".join([*fold(self._head()), *listed(self, self.lang),
                          *(line for text in self._scope() for line in fold(text, WIDTH, "  "))])

    __repr__ = __str__

    def _repr_html_(self):
        return (f"<p>{escape(self._head())}</p>{listed_in_html(self, self.lang)}"
                f"<p>{'<br>'.join(map(escape, self._scope()))}</p>")


class Sample(NamedTuple):
    """Data to look at.

    Attributes:
        batch: (x, y, sample_weight), tensors.
        targets: (y, sample_weight) of all samples, or None where only the batch is known.
        recipe: the kinds of a Dataset.
    """

    batch: tuple
    targets: tuple | None
    recipe: tuple


def sample_of(source, first=None):
    """The Sample of a source of batches: evenly spaced rows of arrays; of a stream one batch.

    Args:
        source: ArrayBatches or another source of batches.
        first: the batch of a stream; by default it is read.

    Raises:
        ValueError: the stream is empty.
    """
    if isinstance(source, ArrayBatches):
        rows = np.linspace(0, source.size - 1, min(source.size, SAMPLES)).astype(int)
        leaves = [None if a is None else convert(a[rows]) for a in source.leaves]
        return Sample(nest.pack_sequence_as(source.structure, leaves), source.structure[1:], ())
    batch = first_batch(source) if first is None else first
    return Sample(batch, None, getattr(source.source, "recipe", ()))


def doctor(model, history=None, x=None, y=None, sample_weight=None, lang=None):
    """Looks for what stands in the way of a model's training.

    With data it takes one training step, and takes it back: the model stays as it is. docs/doctor.md tells what is
    looked for, and where the thresholds come from.

    Args:
        model: a Keras model; compiled, where gradients are to be looked at.
        history: what `fit` gave, its dict of lists, or a list of losses; by default that of the last `fit`.
        x, y, sample_weight: what `fit` was given: arrays, or a Dataset alone. Of arrays 256 samples are looked at.
        lang: the language of the report, "en" or "ko".

    Returns:
        A Report: a list of Findings, which `print` shows.

    Raises:
        TypeError: no Keras model, or no history.

    Example:
        >>> model.fit(x, y, epochs=10)
        >>> print(tinynn.doctor(model, x=x, y=y))
    """
    lang = language(lang)
    if not isinstance(model, Model):
        raise TypeError(f"doctor looks at a keras model, got {type(model).__name__}: {model!r}; for a loop of your own "
                        "give the keras.Model that it trains")
    if x is None and (y is not None or sample_weight is not None):
        raise ValueError("doctor got y without x; give both, as in doctor(model, x=x, y=y)")
    sample = None if x is None else sample_of(batches_of(x, y, sample_weight))
    return examined(model, getattr(model, "history", None) if history is None else history, sample, lang)


def examined(model, history, sample, lang):
    """The Report on a model, its history (or None) and a Sample (or None)."""
    losses, hints = _losses(history), dict(getattr(history, "hints", {}))
    step, failure = _step(model, sample.batch, lang) if sample is not None and model.compiled else (None, None)
    if step is not None:
        hints = {**step.hints, **hints}
    batch, targets, recipe = sample or (None, None, ())
    case = Case(model, lang, losses, step, hints, batch, targets, recipe, failure)
    return Report(run(CHECKS, case), lang, model.name, step, *_scope(case, sample))


def _losses(history):
    if history is None:
        return {}
    found = getattr(history, "history", history)
    if isinstance(found, dict):
        return {name: list(values) for name, values in found.items()}
    if isinstance(found, (list, tuple, np.ndarray)) and np.ndim(found) == 1:
        return {"loss": [float(loss) for loss in found]}
    raise TypeError(f"history is what fit returned, its dict of lists, or a list of losses; got "
                    f"{type(history).__name__}: {history!r}")


def _step(model, batch, lang):
    """(a StepReport, None); where the step cannot be made (None, (code, exception))."""
    build(model, batch[0])
    x, y, weight = batch = brought(batch, home_of(model))
    with Snapshot(model), hearing({}, silent=True), np.errstate(all="ignore"):
        prediction = model(x, training=False)
        try:
            if y is not None and model.loss is not None and takes_the_compiled_loss(model):
                model._compile_loss(y, prediction, weight)
        except (ValueError, TypeError) as error:
            return None, ("wrong-targets", error)
    try:
        return explained(model, batch, lang=lang), None
    except ValueError as error:
        if "No gradients provided" not in str(error):
            raise
        return None, ("no-gradient", error)


def _scope(case, sample):
    """(what was looked at, what was not), in words."""
    model, lang = case.model, case.lang
    looked, missing = [say(lang, "the model")], []
    if model.compiled:
        looked.append(say(lang, "the optimizer ({optimizer})", optimizer=type(model.optimizer).__name__))
    if case.history.get("loss"):
        looked.append(say(lang, "the losses of {epochs} epochs", epochs=len(case.history["loss"])))
    else:
        missing.append(say(lang, "losses (give history)"))
    if case.step is not None:
        looked.append(say(lang, "a training step on {samples} samples", samples=case.step.samples))
    elif not model.compiled:
        missing.append(say(lang, "gradients (compile the model with its optimizer and loss)"))
    elif sample is None:
        missing.append(say(lang, "gradients and activations (give x and y)"))
    if case.recipe:
        looked.append(say(lang, "the order of the dataset"))
    return looked, missing
