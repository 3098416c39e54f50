"""Floor 7: hints that the package gave meanwhile, as findings: their detection stands where they are given."""

from tinynn.explain.text import number
from tinynn.explain.words import Words
from tinynn.keras.insight.findings import Finding

# code: (severity, what, evidence with the facts of the hint, remedy)
_KNOWN = {
    "softmax-twice": (
        "error", "a softmax or sigmoid is applied twice: probabilities of probabilities are nearly equal",
        "{first}, and then {second}", "take one of the two away: the layer's activation, or from_logits=True"),
    "not-probabilities": (
        "error", "the loss takes the predictions for probabilities, and they are none",
        "predictions from {low} to {high}",
        "from_logits=True in the loss, or activation='softmax' ('sigmoid') in the last layer"),
    "no-weights": (
        "error", "the model has no trainable weights, so it learns nothing", "{weights} weights, none trainable",
        "a layer with weights, as Dense; or trainable=True on what is frozen"),
    "early-stopping": (
        "warning", "the callback watches a value that there is not, so it never acts",
        "{callback} watches {monitor}; there are {names}", "validation_data=... in fit, or another monitor"),
}

say = Words({
    "a softmax or sigmoid is applied twice: probabilities of probabilities are nearly equal":
        "softmax나 sigmoid가 두 번 적용됩니다: 확률의 확률은 거의 같아집니다",
    "{first}, and then {second}": "{first} 다음에 {second}",
    "take one of the two away: the layer's activation, or from_logits=True":
        "층의 활성화 함수와 from_logits=True 중 하나를 빼세요",
    "the loss takes the predictions for probabilities, and they are none":
        "손실은 예측을 확률로 여기지만, 예측이 확률이 아닙니다",
    "predictions from {low} to {high}": "예측의 범위 {low} ~ {high}",
    "from_logits=True in the loss, or activation='softmax' ('sigmoid') in the last layer":
        "손실에 from_logits=True, 또는 마지막 층에 activation='softmax'('sigmoid')를 쓰세요",
    "the model has no trainable weights, so it learns nothing": "모델에 학습할 가중치가 없어 아무것도 배우지 않습니다",
    "{weights} weights, none trainable": "가중치 {weights}개 중 학습할 것이 없음",
    "a layer with weights, as Dense; or trainable=True on what is frozen":
        "Dense처럼 가중치가 있는 층을 넣거나, 고정된 층에 trainable=True를 주세요",
    "the callback watches a value that there is not, so it never acts":
        "콜백이 없는 값을 지켜보고 있어 결코 작동하지 않습니다",
    "{callback} watches {monitor}; there are {names}": "{callback}이(가) 지켜보는 값: {monitor}; 있는 값: {names}",
    "validation_data=... in fit, or another monitor": "fit에 validation_data=...를 주거나 다른 monitor를 쓰세요",
})


def heard(case):
    """The hints that need no check of the doctor's own."""
    for code, (severity, what, evidence, remedy) in _KNOWN.items():
        if code in case.hints:
            facts = {name: number(value) for name, value in case.hints[code][1].items()}
            yield Finding(code, severity, say(case.lang, what), say(case.lang, evidence, **facts),
                          say(case.lang, remedy))
