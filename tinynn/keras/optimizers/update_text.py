"""Floor 7: an explained update as text, in English or Korean."""

from math import prod

import numpy as np

from tinynn.explain.text import WIDTH, fold, number, pad, table, width
from tinynn.explain.words import Words

say = Words({
    "{optimizer}, the last update (number {step}) of {variable}, {dtype} of shape {shape}":
        "{optimizer}, {variable}의 마지막 갱신({step}번째), 모양이 {shape}인 {dtype}",
    "{optimizer}, the next update (number {step}) of {variable}, {dtype} of shape {shape}":
        "{optimizer}, {variable}의 다음 갱신({step}번째), 모양이 {shape}인 {dtype}",
    "The numbers are those of the entry {entry}.": "숫자는 원소 {entry}의 값입니다.",
    "The numbers are those of the entry {entry}, which moves most.":
        "숫자는 가장 크게 움직이는 원소 {entry}의 값입니다.",
    "The numbers are those of the entry {entry}, the largest.": "숫자는 가장 큰 원소 {entry}의 값입니다.",
    "gradient": "기울기",
    "gradient of the loss": "손실의 기울기",
    "sum of the gradients": "기울기의 합",
    "mean of the gradients": "기울기의 평균",
    "clipped gradient": "클리핑한 기울기",
    "learning rate": "학습률",
    "weight decay": "가중치 감쇠",
    "weight": "가중치",
    "constraint": "제약",
    "step": "갱신량",
    "velocity": "속도",
    "moving mean of g": "g의 이동 평균",
    "moving mean of g^2": "g^2의 이동 평균",
    "largest v so far": "지금까지 가장 큰 v",
    "sum of g^2": "g^2의 합",
    "variance of g": "g의 분산",
    "sum of steps": "갱신량의 누적",
    "moving mean of s^2": "s^2의 이동 평균",
    "moving maximum of |g|": "|g|의 이동 최댓값",
    "bias correction of m": "m의 편향 보정",
    "bias correction of v": "v의 편향 보정",
    "momentum at step t": "스텝 t의 모멘텀",
    "momentum at step t + 1": "스텝 t + 1의 모멘텀",
    "product of the momenta": "모멘텀의 곱",
    "mean, one step ahead": "한 스텝 앞을 본 평균",
    "direction": "방향",
    "state": "상태",
    "rule": "규칙",
    "whole variable": "변수 전체",
    "the step has norm {step}: {share} of the weights' norm {weights}":
        "갱신량의 노름 {step}: 가중치의 노름 {weights}의 {share}",
    "check": "검산",
    "the formulas in float64": "식을 float64로 계산",
    "the optimizer's own step, in {dtype}": "옵티마이저의 스텝, {dtype}",
    "what is there now": "현재 값",
    "They agree but for rounding: w differs by at most {difference}, over all entries ({count}).":
        "반올림 오차 안에서 일치합니다. w의 차이는 모든 원소({count}개)에서 최대 {difference}입니다.",
    "They differ by more than rounding explains, in w by up to {difference}: trust the optimizer's own step, not the "
    "formulas.": "반올림 오차보다 크게 다릅니다. w의 차이는 최대 {difference}입니다. "
                 "식이 아니라 옵티마이저의 스텝을 믿으세요.",
    "Nothing has been changed: this is what the gradient would do.":
        "바뀐 것은 없습니다. 이 기울기로 갱신하면 이렇게 됩니다.",
    "The moving average of the weights (use_ema) is not shown.": "가중치의 이동 평균(use_ema)은 표시하지 않습니다.",
    "With use_ema the variable may hold a moving average by now, so the weight is not known (?).":
        "use_ema를 쓰면 변수가 지금 이동 평균을 담고 있을 수 있으므로 가중치는 알 수 없습니다(?).",
    "The gradient is a sum of slices (tf.IndexedSlices), as an embedding's is, each squared by "
    "itself as in TensorFlow: q is the sum of their g^2, z of their |g|.":
        "기울기는 임베딩처럼 슬라이스들(tf.IndexedSlices)의 합입니다. TensorFlow와 같이 슬라이스마다 따로 제곱합니다: "
        "q는 슬라이스들의 g^2의 합, z는 |g|의 합입니다.",
    "Gradient {count} of {steps} is only added up; the last one makes a step.":
        "기울기 {steps}개 가운데 {count}번째는 더해 두기만 합니다. 마지막 기울기에서 갱신합니다.",
    "A step that runs in C keeps no gradient.": "C에서 도는 스텝은 기울기를 남기지 않습니다.",
    "The sum of the gradients is cleared after a step.": "기울기의 합은 스텝 뒤에 지워집니다.",
    "The gradients of so many weights are not kept after a step.":
        "가중치가 이렇게 많으면 스텝 뒤에 기울기를 남기지 않습니다.",
    "What is not known is a ?. explain(v, gradient) shows the next update in full.":
        "알 수 없는 값은 ?로 적었습니다. explain(v, gradient)는 다음 갱신을 모두 보여 줍니다.",
    "The learning rate is taken to be what it is now.": "학습률은 지금 값으로 계산했습니다.",
    "What was before is worked back from what is there now: right if nothing else has changed it since.":
        "갱신 전 값은 현재 값에서 거꾸로 계산했습니다. 그 뒤에 다른 것이 값을 바꾸지 않았다면 맞는 값입니다.",
})


def significant(dtype):
    """The digits that tell any two numbers of a floating-point type apart."""
    return min(np.finfo(dtype).precision + 3, 17)


def text_of(e):
    """The text of an Explained."""

    def speak(template, **values):
        return say(e.lang, template, **values)

    title = f"{{optimizer}}, the {e.when} update (number {{step}}) of {{variable}}, {{dtype}} of shape {{shape}}"
    lines = fold(speak(title, optimizer=e.optimizer, step=e.step, variable=e.variable, dtype=e.dtype, shape=e.shape))
    if e.shape:
        lines += fold(speak(f"The numbers are those of the entry {{entry}}{e.chosen}.", entry=list(e.entry)))
    lines += ["", *_in_rows([*_given(e, speak), *_formulas(e, speak), *_ends(e, speak)])]
    if e.float64 is not None:
        lines += ["", *_check(e, speak)]
    notes = [speak(sentence, **values) for sentence, values in e.notes]
    return "\n".join([*lines, "", *(line for note in notes for line in fold(note))]).rstrip()


def _in_rows(rows):
    """(name, text) as lines, the texts aligned and folded."""
    left = max(width(name) for name, _ in rows) + 2
    for name, text in rows:
        indent = len(text) - len(text.lstrip())
        for piece in fold(text.lstrip(), WIDTH - left - indent, "  "):
            yield pad(name, left + indent) + piece
            name = ""


def _given(e, speak):
    """The gradient and the learning rate."""
    yield speak("gradient"), f"g = {_number(e.gradient)}"
    yield speak("learning rate"), f"r = {f'{e.schedule} = ' if e.schedule else ''}{_number(e.learning_rate)}"


def _formulas(e, speak):
    """Each formula, and below it the numbers."""
    for line in e.lines:
        meaning = speak(line.meaning) if line.meaning in say.korean else line.meaning
        sign = "<-" if line.keeps else "="
        yield meaning, f"{line.symbol} {sign} {line.formula}"
        yield "", f"{' ' * (len(line.symbol) + len(sign) - 1)} = {line.numbers}"
    if e.rule:
        yield speak("rule"), e.rule


def _ends(e, speak):
    """Values before and after where no formula shows them, and the step of the whole variable."""
    if not any(line.symbol == "w" for line in e.lines):
        for name, (before, after) in e.slots.items():
            yield speak("state"), f"{name}: {_number(before)} -> {_number(after)}"
        yield speak("weight"), f"w: {_number(e.before, 9)} -> {_number(e.after, 9)}"
    if e.step_norm is not None:
        share = f"{_number(100 * e.step_norm / e.weight_norm, 3)}%" if e.weight_norm else "inf"
        yield speak("whole variable"), speak("the step has norm {step}: {share} of the weights' norm {weights}",
                                             step=_number(e.step_norm), share=share, weights=_number(e.weight_norm))


def _check(e, speak):
    """The entry by the formulas and by the optimizer's own step, and whether all entries agree."""
    digits, ends = significant(e.dtype), [e.float64, e.kernel]
    names = [speak("check"), speak("the formulas in float64"),
             speak("the optimizer's own step, in {dtype}", dtype=e.dtype)]
    if e.when == "last":
        names.append(speak("what is there now"))
        ends.append({**{symbol: after for symbol, (_, after) in e.slots.items()}, "w": e.after})
    yield from table([names, *([symbol, *(number(end[symbol], digits) for end in ends)] for symbol in e.float64)])
    yield from fold(speak(
        "They agree but for rounding: w differs by at most {difference}, over all entries ({count})." if e.agrees else
        "They differ by more than rounding explains, in w by up to {difference}: trust the optimizer's own step, not "
        "the formulas.", count=prod(e.shape), difference=number(e.difference, 2)))


def _number(x, digits=6):
    return "?" if x is None else number(x, digits)
