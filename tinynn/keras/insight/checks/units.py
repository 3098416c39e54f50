"""Floor 7: units that have stopped to answer: dead relus, saturated sigmoids."""

from tinynn.explain.text import number
from tinynn.explain.words import Words
from tinynn.keras.insight.findings import Finding

DEAD = 0.5          # more dead units than living ones. (A healthy relu layer has some: see docs/doctor.md.)
ENOUGH = 32         # samples, where these are not all; a unit that answers to one in ten is silent for few of them
SATURATED = 0.5     # most outputs at a bound, where the slope is below a twenty-fifth of the largest

say = Words({
    "{dead} of {units} units are 0 for every sample, so they pass no gradient back and cannot recover":
        "{units}개 유닛 중 {dead}개가 모든 샘플에서 0이어서, 기울기를 전하지 못하고 되살아날 수 없습니다",
    "{activation} over {samples} samples: {share} of the units dead, {zeros} of all outputs 0, mean {mean}":
        "샘플 {samples}개에 대한 {activation}: 유닛의 {share}가 죽음, 출력의 {zeros}가 0, 평균 {mean}",
    "a smaller learning rate, kernel_initializer='he_normal', or activation='leaky_relu'; make the model anew":
        "학습률을 낮추거나, kernel_initializer='he_normal' 또는 activation='leaky_relu'를 쓰고 모델을 새로 만드세요",
    "{share} of the outputs are within 1 % of a bound of {activation}, where the slope is nearly 0":
        "출력의 {share}가 {activation}의 한계에서 1 % 이내에 있고, 그곳의 기울기는 거의 0입니다",
    "mean {mean}, std {std}, from {low} to {high}, over {samples} samples":
        "샘플 {samples}개에 대해 평균 {mean}, 표준편차 {std}, 범위 {low} ~ {high}",
    "inputs scaled to about 1, smaller initial weights (glorot_uniform), or BatchNormalization before it":
        "입력을 1 정도의 크기로 맞추고, 초기 가중치를 작게 하거나(glorot_uniform), 앞에 BatchNormalization을 두세요",
})


def dead_units(case):
    """Relu layers more than half of whose units are 0 for every sample."""
    if case.seen is None or case.solved:
        return
    for layer in case.seen.layers:
        if layer.dead is not None and layer.dead > DEAD and _is_sure(case, layer):
            what = say(case.lang, "{dead} of {units} units are 0 for every sample, so they pass no gradient back and "
                       "cannot recover", dead=round(layer.dead * layer.units), units=layer.units)
            evidence = say(
                case.lang, "{activation} over {samples} samples: {share} of the units dead, {zeros} of all outputs 0, "
                "mean {mean}", activation=layer.activation, samples=case.step.samples, share=f"{layer.dead:.0%}",
                zeros=f"{layer.zeros:.0%}", mean=number(layer.mean, 3))
            remedy = say(case.lang, "a smaller learning rate, kernel_initializer='he_normal', or "
                         "activation='leaky_relu'; make the model anew")
            yield Finding("dead-units", "error" if layer.dead == 1 else "warning", what, evidence, remedy, layer.name)


def _is_sure(case, layer):
    """Whether a unit that is 0 for every sample of the batch is 0 for others as well."""
    samples = case.seen.samples
    return samples >= ENOUGH or case.has_all or (layer.dead == 1 and samples * layer.units >= ENOUGH)


def saturated_units(case):
    """Sigmoid and tanh layers most of whose outputs lie at a bound."""
    if case.seen is None or case.solved:
        return
    for layer in case.seen.layers:
        is_answer = layer is case.seen.layers[-1] and case.predictions is not None
        if layer.saturated is None or layer.saturated <= SATURATED or is_answer:
            continue    # answers belong at the bounds; those that are wrong show in the loss
        what = say(case.lang, "{share} of the outputs are within 1 % of a bound of {activation}, where the slope is "
                   "nearly 0", share=f"{layer.saturated:.0%}", activation=layer.activation)
        evidence = say(case.lang, "mean {mean}, std {std}, from {low} to {high}, over {samples} samples",
                       mean=number(layer.mean, 3), std=number(layer.std, 3), low=number(layer.min, 3),
                       high=number(layer.max, 3), samples=case.step.samples)
        remedy = say(case.lang, "inputs scaled to about 1, smaller initial weights (glorot_uniform), or "
                     "BatchNormalization before it")
        yield Finding("saturated-units", "warning", what, evidence, remedy, layer.name)
