"""Floor 7: a loss that is not a number, and the first op that made it so."""

import math

from tinynn.explain.words import Words
from tinynn.keras.insight.findings import Finding
from tinynn.keras.training import causes

say = Words({
    "the loss is NaN or infinite, and so are the weights after it":
        "손실이 NaN이거나 무한대이고, 그 뒤의 가중치도 그렇습니다",
    "in epoch {epoch}": "에포크 {epoch}에서",
    "loss {before}, and {after} after the step": "손실 {before}, 스텝 후 {after}",
})


def nan_loss(case):
    """A loss that is NaN or infinite: what `fit` found out about it, or what this step shows."""
    where, cause = _in_fit(case) or _in_step(case) or _in_history(case) or (None, None)
    if cause is not None:
        seen = cause.seen(case.lang)
        yield Finding("nan-loss", "error",
                      say(case.lang, "the loss is NaN or infinite, and so are the weights after it"),
                      f"{where}: {seen}" if seen else where, cause.advice(case.lang))


def _in_fit(case):
    facts = case.hints.get("nan-loss", (None, None))[1]
    return facts and (say(case.lang, "in epoch {epoch}", epoch=facts["epoch"]), facts["why"])


def _in_step(case):
    step = case.step
    if step is None or step.loss is None or (math.isfinite(step.loss) and not math.isnan(step.loss_after)):
        return None
    cause = (causes.of_state((v, v.numpy()) for v in case.model.weights) or causes.of_data(case.batch)
             or causes.of_step(step.origin))
    return say(case.lang, "loss {before}, and {after} after the step", before=step.loss, after=step.loss_after), cause


def _in_history(case):
    for epoch, loss in enumerate(case.history.get("loss", ()), 1):
        if not math.isfinite(loss):
            return say(case.lang, "in epoch {epoch}", epoch=epoch), causes.UNKNOWN
    return None
