"""Floor 7: gradients that die out, grow or do not arrive, and steps that are too large or too small."""

import math

from tinynn.explain.text import number
from tinynn.explain.words import Words
from tinynn.keras.insight.findings import Finding
from tinynn.keras.training.decay import spent

VANISHED = 1e-3     # of the last layer's. A sigmoid takes at least 3/4 away: five of them leave a thousandth.
EXPLODED = 1e3      # times the last layer's
GROWN = 2.0         # a step that doubles the loss of its own batch has gone past what it aimed at
STILL = 1e-6        # of its norm: a weight that moves so little takes a million steps to change. 1e-3 is usual.

say = Words({
    "the loss does not depend on it, so it never changes": "손실이 이것에 의존하지 않아서 결코 변하지 않습니다",
    "no gradient for {names}": "{names}의 기울기가 없습니다",
    "use the layer's output in what the model returns, without .numpy(), argmax or round on the way":
        "모델이 돌려주는 값에 이 층의 출력을 쓰고, 도중에 .numpy(), argmax, round를 쓰지 마세요",
    "the gradient dies out on the way back to the first layers": "기울기가 앞쪽 층으로 돌아가며 사라집니다",
    "the gradient grows on the way back to the first layers": "기울기가 앞쪽 층으로 돌아가며 커집니다",
    "norm of the gradient by the output: {last} at {last_name}, {here} at {name}, {times} times as much":
        "출력에 대한 기울기의 노름: {last_name}에서 {last}, {name}에서 {here} ({times}배)",
    "relu with kernel_initializer='he_normal' in place of sigmoid or tanh; BatchNormalization; fewer layers":
        "sigmoid나 tanh 대신 relu와 kernel_initializer='he_normal'; BatchNormalization; 더 적은 층",
    "smaller initial weights (he_normal, glorot_uniform), clipnorm=1.0 in the optimizer, or BatchNormalization":
        "더 작은 초기 가중치(he_normal, glorot_uniform), 옵티마이저에 clipnorm=1.0, 또는 BatchNormalization",
    "the step makes the loss of its own batch larger: it goes too far":
        "스텝이 그 배치 자신의 손실을 키웁니다: 너무 멀리 갑니다",
    "loss {before} before the step, {after} after it; {name} changes by {ratio} of its norm":
        "스텝 전 손실 {before}, 스텝 후 {after}; {name}이(가) 노름의 {ratio}만큼 변합니다",
    "a smaller learning rate: now it is {rate}, try {less}": "학습률을 낮추세요: 지금은 {rate}, {less}(으)로 해 보세요",
    "the weights hardly move": "가중치가 거의 움직이지 않습니다",
    "the largest change of a weight is {ratio} of its norm ({name}), at learning rate {rate}; usual is 1e-3":
        "가장 큰 변화가 노름의 {ratio}입니다({name}, 학습률 {rate}); 보통은 1e-3입니다",
    "a larger learning rate: 0.001 is usual for Adam, 0.01 to 0.1 for SGD":
        "학습률을 높이세요: Adam은 0.001, SGD는 0.01~0.1이 보통입니다",
})


def _weighted(step):
    """The layers with weights of their own and a gradient."""
    return [] if step is None else [row for row in step.layers if row.weights and row.gradient is not None]


def no_gradient(case):
    """Layers whose weights the loss does not depend on."""
    what = say(case.lang, "the loss does not depend on it, so it never changes")
    remedy = say(case.lang, "use the layer's output in what the model returns, without .numpy(), argmax or round on "
                 "the way")
    if case.failure is not None and case.failure[0] == "no-gradient":
        yield Finding("no-gradient", "error", what, str(case.failure[1]), remedy, case.model.name)
    if case.seen is None or not any(w.gradient is not None for row in case.step.layers for w in row.weights):
        return      # a step whose gradients are not known, or none at all
    for row in case.step.layers:
        names = [w.name for w in row.weights if w.gradient is None]
        if names:
            evidence = say(case.lang, "no gradient for {names}", names=", ".join(names))
            yield Finding("no-gradient", "error", what, evidence, remedy, row.name)


def vanishing_gradients(case):
    """A gradient that is a thousand times smaller at some layer than at the last."""
    rows = _weighted(case.seen)
    if case.solved or len(rows) < 2 or any(row.dead == 1 for row in case.seen.layers):
        return      # behind a layer of dead units there is no gradient at all
    last, least = rows[-1], min(rows[:-1], key=lambda row: row.gradient)
    if 0 < last.gradient < math.inf and least.gradient < VANISHED * last.gradient:
        yield Finding("vanishing-gradients", "warning",
                      say(case.lang, "the gradient dies out on the way back to the first layers"),
                      _compared(case, last, least),
                      say(case.lang, "relu with kernel_initializer='he_normal' in place of sigmoid or tanh; "
                          "BatchNormalization; fewer layers"), least.name)


def exploding_gradients(case):
    """A gradient that is a thousand times larger at some layer than at the last."""
    rows = _weighted(case.seen)
    if case.solved or len(rows) < 2:
        return
    last, most = rows[-1], max(rows[:-1], key=lambda row: row.gradient)
    if last.gradient > 0 and EXPLODED * last.gradient < most.gradient < math.inf:
        yield Finding("exploding-gradients", "error",
                      say(case.lang, "the gradient grows on the way back to the first layers"),
                      _compared(case, last, most),
                      say(case.lang, "smaller initial weights (he_normal, glorot_uniform), clipnorm=1.0 in the "
                          "optimizer, or BatchNormalization"), most.name)


def _compared(case, last, here):
    return say(case.lang, "norm of the gradient by the output: {last} at {last_name}, {here} at {name}, {times} times "
               "as much", last=number(last.gradient, 3), last_name=last.name, here=number(here.gradient, 3),
               name=here.name, times=number(here.gradient / last.gradient, 2))


def _largest(step):
    """The weight that changes most for its norm, or None. A bias begins at 0: what counts is kernels, where there are.
    """
    weights = [w for row in step.layers for w in row.weights if w.ratio is not None]
    weights = [w for w in weights if len(w.shape) > 1] or weights
    return max(weights, key=lambda w: w.ratio, default=None)


def step_too_large(case):
    """A step after which the loss of the same batch is twice what it was."""
    step = case.seen
    if step is None or case.solved or step.loss is None:
        return
    weight = _largest(step)
    if weight is not None and (step.loss_after > GROWN * step.loss > 0 or not math.isfinite(step.loss_after)):
        evidence = say(case.lang, "loss {before} before the step, {after} after it; {name} changes by {ratio} of its "
                       "norm", before=number(step.loss), after=number(step.loss_after), name=weight.name,
                       ratio=number(weight.ratio, 2))
        remedy = say(case.lang, "a smaller learning rate: now it is {rate}, try {less}",
                     rate=number(step.learning_rate, 3), less=number(step.learning_rate / 10, 3))
        yield Finding("step-too-large", "warning",
                      say(case.lang, "the step makes the loss of its own batch larger: it goes too far"),
                      evidence, remedy, step.optimizer)


def step_too_small(case):
    """A step that changes no weight by more than a millionth of its norm, though there is a gradient."""
    step, optimizer = case.seen, case.model.optimizer
    if step is None or case.solved or optimizer.gradient_accumulation_steps:
        return
    weight = _largest(step)
    if weight is None or not weight.ratio < STILL or not weight.gradient or spent(optimizer, optimizer.iterations):
        return
    evidence = say(case.lang, "the largest change of a weight is {ratio} of its norm ({name}), at learning rate "
                   "{rate}; usual is 1e-3", ratio=number(weight.ratio, 2), name=weight.name,
                   rate=number(step.learning_rate, 3))
    yield Finding("step-too-small", "warning", say(case.lang, "the weights hardly move"), evidence,
                  say(case.lang, "a larger learning rate: 0.001 is usual for Adam, 0.01 to 0.1 for SGD"),
                  step.optimizer)
