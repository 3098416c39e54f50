"""Floor 7: a last layer that cannot give what the loss compares it with."""

import numpy as np

from tinynn.explain.text import number
from tinynn.explain.words import Words
from tinynn.keras.insight.findings import Finding

# What an activation can give; a target beyond it stays out of reach. (relu is listed for targets below 0.)
_RANGES = {"sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0),
           "relu": (0.0, np.inf), "relu6": (0.0, 6.0), "softplus": (0.0, np.inf)}
OUT_OF_REACH = 0.05     # a share of targets; a few that lie beyond may be outliers

say = Words({
    "softmax over one unit is 1 for every input": "유닛이 하나인 softmax는 어떤 입력에도 1입니다",
    "output of shape {shape}, from {low} to {high}": "출력 모양 {shape}, 범위 {low} ~ {high}",
    "Dense(1, activation='sigmoid') with 'binary_crossentropy'; or a unit for each class":
        "Dense(1, activation='sigmoid')와 'binary_crossentropy'; 또는 클래스마다 유닛 하나",
    "{activation} gives {low} to {high}, and {share} of the targets lie beyond":
        "{activation}의 출력은 {low} ~ {high}인데, 타깃의 {share}가 그 밖에 있습니다",
    "targets from {low} to {high}, mean {mean}": "타깃의 범위 {low} ~ {high}, 평균 {mean}",
    "no activation in the last layer (activation=None), or targets scaled into that range":
        "마지막 층에 활성화 함수를 쓰지 않거나(activation=None), 타깃을 그 범위로 맞추세요",
})


def _last(case):
    """The last LayerStep that has a gradient, and what it gave."""
    rows = [] if case.step is None else [row for row in case.step.layers if row.gradient is not None or row.activation]
    return rows[-1] if rows else None


def softmax_of_one(case):
    """A softmax over a single unit, which is always 1."""
    for row in case.step.layers if case.step is not None else ():
        if row.activation == "softmax" and row.units == 1:
            yield Finding("softmax-of-one", "error", say(case.lang, "softmax over one unit is 1 for every input"),
                          say(case.lang, "output of shape {shape}, from {low} to {high}", shape=row.output_shape,
                              low=number(row.min), high=number(row.max)),
                          say(case.lang, "Dense(1, activation='sigmoid') with 'binary_crossentropy'; or a unit for "
                              "each class"), row.name)


def output_range(case):
    """Targets that the activation of the last layer cannot reach."""
    row = _last(case)
    if row is None or row.activation not in _RANGES or case.targets is None or case.predictions is None:
        return
    y = case.targets[0]
    if y.shape[1:] != case.predictions.shape[1:] and y[..., None].shape[1:] != case.predictions.shape[1:]:
        return      # class numbers
    low, high = _RANGES[row.activation]
    beyond = float(((y < low) | (y > high)).mean())
    if beyond > OUT_OF_REACH:
        what = say(case.lang, "{activation} gives {low} to {high}, and {share} of the targets lie beyond",
                   activation=row.activation, low=number(low), high=number(high), share=f"{beyond:.0%}")
        evidence = say(case.lang, "targets from {low} to {high}, mean {mean}", low=number(y.min()),
                       high=number(y.max()), mean=number(y.mean()))
        remedy = say(case.lang, "no activation in the last layer (activation=None), or targets scaled into that range")
        yield Finding("output-range", "error", what, evidence, remedy, row.name)
