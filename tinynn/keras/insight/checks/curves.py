"""Floor 7: what the curve of a loss tells: it stands still, or only the training data is learnt."""

import numpy as np

from tinynn.core import nest
from tinynn.explain.text import number
from tinynn.explain.words import Words
from tinynn.keras.insight.findings import Finding

ON_IT = 0.95            # a loss of so much of a constant answer's is no better than that
FEWEST = 10             # epochs that a plateau lasts at least
LONG = 1 / 3            # a share of the epochs: a plateau that was left later than that took too long
STILL = 0.01            # of the loss: it has changed by less since the second third of the training
WORSE = 1.2             # times the best val_loss
LEARNT_ON = 0.8         # of the loss where val_loss was best: training has gone on since then

say = Words({
    "the loss stands on a plateau: one answer for everything would do as well":
        "손실이 고원에 머물러 있습니다: 무엇을 물어도 같은 답을 하는 것과 다름없습니다",
    "the loss left a plateau only late, and the task is not solved yet":
        "손실이 고원을 늦게야 벗어나 문제가 아직 풀리지 않았습니다",
    "loss {last} at the end; the best constant answer costs {constant}, and {count} of {epochs} epochs were no better":
        "마지막 손실 {last}; 가장 좋은 상수 답의 손실은 {constant}이고, "
        "에포크 {epochs}개 중 {count}개가 그보다 낫지 않았습니다",
    "a larger step: Adam(0.01), or SGD with momentum=0.9; tanh for sigmoid; more epochs":
        "더 큰 스텝: Adam(0.01) 또는 momentum=0.9인 SGD; sigmoid 대신 tanh; 더 많은 에포크",
    "the loss stands still, though the model has weights enough to fit these samples":
        "모델의 가중치가 이 샘플들을 맞히기에 충분한데도 손실이 멈춰 있습니다",
    "loss {last} at the end, {percent} off the second third of {epochs} epochs; {weights} weights, {samples} samples":
        "마지막 손실 {last}, 에포크 {epochs}개의 중간 3분의 1과 {percent} 차이; 가중치 {weights}개, 샘플 {samples}개",
    "another start, more hidden units, elu or tanh for relu; more epochs do not help":
        "다른 시작점, 더 많은 은닉 유닛, relu 대신 elu나 tanh; 에포크를 늘려도 소용없습니다",
    "the model learns the training data by heart": "모델이 훈련 데이터를 외웁니다",
    "val_loss was {best} in epoch {epoch} and is {last} at the end, while the loss fell from {then} to {now}":
        "val_loss는 에포크 {epoch}에서 {best}였고 마지막에는 {last}인데, 손실은 {then}에서 {now}(으)로 내려갔습니다",
    "EarlyStopping(restore_best_weights=True), more data, Dropout, or a smaller model":
        "EarlyStopping(restore_best_weights=True), 더 많은 데이터, Dropout, 또는 더 작은 모델",
})


def plateau(case):
    """A loss that is, or was for long, that of the best constant answer."""
    losses, constant = case.history.get("loss", ()), case.constant_loss
    if case.solved or not constant or len(losses) < FEWEST or case.model.losses:
        return      # with penalties in it, a loss is not to be compared
    on_it = [loss > ON_IT * constant for loss in losses]
    count = sum(on_it)
    if all(on_it[-FEWEST:]):
        what = "the loss stands on a plateau: one answer for everything would do as well"
    elif count >= max(FEWEST, LONG * len(losses)) and not on_it[-1]:
        what = "the loss left a plateau only late, and the task is not solved yet"
    else:
        return
    evidence = say(case.lang, "loss {last} at the end; the best constant answer costs {constant}, and {count} of "
                   "{epochs} epochs were no better", last=number(losses[-1]), constant=number(constant), count=count,
                   epochs=len(losses))
    yield Finding("plateau", "warning", say(case.lang, what), evidence,
                  say(case.lang, "a larger step: Adam(0.01), or SGD with momentum=0.9; tanh for sigmoid; more epochs"))


def stuck(case):
    """A loss that has come to rest above that of a constant answer, in a model that could fit every sample."""
    losses = case.history.get("loss", ())
    if case.solved or not case.constant_loss or len(losses) < 3 * FEWEST or case.model.losses or case.rate_spent:
        return      # without a learning rate every loss comes to rest
    third, samples = len(losses) // 3, len(case.targets[0])
    before, after = np.mean(losses[third:2 * third]), np.mean(losses[-third:])
    weights = sum(v.size for v in case.model.trainable_weights)
    if after > ON_IT * case.constant_loss or not abs(before - after) < STILL * after:
        return
    if weights >= case.targets[0].size and _all_differ(case.batch[0]):
        evidence = say(
            case.lang, "loss {last} at the end, {percent} off the second third of {epochs} epochs; {weights} weights, "
            "{samples} samples", last=number(losses[-1]), percent=f"{abs(before / after - 1):.1%}", epochs=len(losses),
            weights=weights, samples=samples)
        yield Finding("stuck", "warning",
                      say(case.lang, "the loss stands still, though the model has weights enough to fit these samples"),
                      evidence, say(case.lang, "another start, more hidden units, elu or tanh for relu; more epochs do "
                                    "not help"))


def _all_differ(x):
    """Whether no two samples of an array are the same, so that each can have an answer of its own."""
    if nest.is_nested(x):
        return False
    rows = np.asarray(x).reshape(x.shape[0], -1)
    return len(np.unique(rows, axis=0)) == len(rows)


def overfitting(case):
    """A val_loss that rises while the loss falls on."""
    losses, validation = case.history.get("loss", ()), case.history.get("val_loss", ())
    if len(losses) != len(validation) or len(losses) < FEWEST:
        return
    best = min(range(len(losses)), key=lambda epoch: validation[epoch])
    if validation[-1] > WORSE * validation[best] > 0 and losses[-1] < LEARNT_ON * losses[best]:
        evidence = say(case.lang, "val_loss was {best} in epoch {epoch} and is {last} at the end, while the loss fell "
                       "from {then} to {now}", best=number(validation[best]), epoch=best + 1,
                       last=number(validation[-1]), then=number(losses[best]), now=number(losses[-1]))
        what = say(case.lang, "the model learns the training data by heart")
        remedy = say(case.lang, "EarlyStopping(restore_best_weights=True), more data, Dropout, or a smaller model")
        yield Finding("overfitting", "warning", what, evidence, remedy)
