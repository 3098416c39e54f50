"""Floor 7: a training step as text: the layers, the weights, and what stands out."""

import itertools
from html import escape

from tinynn.explain.text import WIDTH, cut, fold, number, table, width
from tinynn.explain.words import Words
from tinynn.keras.insight.findings import listed, listed_in_html

_NAMES = 12     # columns that the names of layers and weights have at least

say = Words({
    "one training step of {model}: {samples} samples, {optimizer}, learning rate {rate}":
        "{model}의 훈련 스텝: 샘플 {samples}개, {optimizer}, 학습률 {rate}",
    "loss {before}, and {after} on the same batch after the step, which was taken":
        "손실 {before}, 스텝 후 같은 배치에서 {after} (스텝을 적용함)",
    "loss {before}, and {after} on the same batch after the step, which was taken back":
        "손실 {before}, 스텝 후 같은 배치에서 {after} (스텝을 되돌림)",
    "layer": "층", "output": "출력", "mean": "평균", "std": "표준편차", "min": "최소", "max": "최대", "zero": "0",
    "dead": "죽음", "sat.": "포화", "|dL/dy|": "|dL/dy|",
    "weight": "가중치", "shape": "모양", "norm": "노름", "|dL/dw|": "|dL/dw|", "update": "변화",
    "update/norm": "변화/노름",
    "call {n}": "호출 {n}", "not called": "호출되지 않음",
    "zero: share of zeros; dead: share of units that are 0 for every sample; sat.: share within 1 % of a bound; "
    "|dL/dy|: norm of the gradient of the loss by the output":
        "0: 0의 비율; 죽음: 모든 샘플에서 0인 유닛의 비율; 포화: 한계에서 1 % 이내의 비율; "
        "|dL/dy|: 출력에 대한 손실 기울기의 노름",
    "* by what the activation was computed from, since the loss takes that":
        "* 활성화 함수의 입력에 대한 기울기 (손실이 그것을 쓰므로)",
    "update/norm of about 1e-3 is usual": "변화/노름은 보통 1e-3쯤입니다",
    "what stands out:": "눈에 띄는 것:",
    "nothing stands out": "눈에 띄는 문제가 없습니다",
})


class StepReport:
    """One training step; made by `Model.explain_step`.

    Attributes:
        model, optimizer: the model's name, and the class of its optimizer.
        loss, loss_after: of the batch before the step, and after it with the same random numbers. None where a
            `train_step` of the user's tells no loss.
        learning_rate, samples, applied: of the step.
        layers: LayerSteps in the order of the forward pass.
        findings: what stands out, Findings.
        hints: those that were given in the step: {code: (message, facts)}.
        origin: an Origin, which knows the first op that made a NaN or an infinity.
    """

    def __init__(self, lang, step, loss_after, layers, applied, hints):
        self.lang, self.model, self.optimizer = lang, step.model.name, type(step.model.optimizer).__name__
        self.loss, self.loss_after, self.learning_rate, self.applied = (
            step.loss, loss_after, step.learning_rate, applied)
        self.samples, self.layers, self.origin, self.hints, self.findings = step.samples, layers, step.origin, hints, []

    def __getitem__(self, name):
        """The LayerStep of a layer's first call, by its name."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(f"no layer {name!r} in this step; there are {[layer.name for layer in self.layers]}")

    def _heads(self):
        loss = ("loss {before}, and {after} on the same batch after the step, which was taken" if self.applied else
                "loss {before}, and {after} on the same batch after the step, which was taken back")
        yield say(self.lang, "one training step of {model}: {samples} samples, {optimizer}, learning rate {rate}",
                  model=self.model, samples=self.samples, optimizer=self.optimizer, rate=number(self.learning_rate))
        yield say(self.lang, loss, before=_number(self.loss, 6), after=_number(self.loss_after, 6))

    def _layer_rows(self):
        """The cells of the first table, its head first."""
        yield [say(self.lang, word) for word in
               ("layer", "output", "mean", "std", "min", "max", "zero", "dead", "sat.", "|dL/dy|")]
        for row in self.layers:
            kind = ", ".join(dict.fromkeys([row.kind, *([row.activation] if row.activation else [])]))
            name = row.name if row.name == kind else f"{row.name} ({kind})"
            if row.call != 1:
                name += f" {say(self.lang, 'call {n}', n=row.call) if row.call else say(self.lang, 'not called')}"
            gradient = _number(row.gradient) + ("*" if row.of_logits else "")
            numbers = [_number(x) for x in (row.mean, row.std, row.min, row.max)]
            shares = [_share(x) for x in (row.zeros, row.dead, row.saturated)]
            yield [name, _shape(row.output_shape), *numbers, *shares, gradient]

    def _weight_rows(self):
        """The cells of the second table, its head first."""
        yield [say(self.lang, word) for word in ("weight", "shape", "norm", "|dL/dw|", "update", "update/norm")]
        for row in self.layers:
            for w in row.weights:
                yield [w.name, _shape(w.shape), *map(_number, (w.norm, w.gradient, w.update, w.ratio))]

    def _legend(self):
        yield say(self.lang, "zero: share of zeros; dead: share of units that are 0 for every sample; sat.: share "
                  "within 1 % of a bound; |dL/dy|: norm of the gradient of the loss by the output")
        if any(row.of_logits for row in self.layers):
            yield say(self.lang, "* by what the activation was computed from, since the loss takes that")

    def _end(self):
        return say(self.lang, "what stands out:" if self.findings else "nothing stands out")

    def __str__(self):
        lines = [line for head in self._heads() for line in fold(head)]
        lines += ["", *_fitted(list(self._layer_rows()))]
        lines += [line for text in self._legend() for line in fold(text)]
        if any(row.weights for row in self.layers):
            lines += ["", *_fitted(list(self._weight_rows())), say(self.lang, "update/norm of about 1e-3 is usual")]
        return "\n".join([*lines, "", self._end(), *listed(self.findings, self.lang)])

    __repr__ = __str__

    def _repr_html_(self):
        legend = "<br>".join(map(escape, self._legend()))
        return "".join([f"<p>{'<br>'.join(map(escape, self._heads()))}</p>", _table(self._layer_rows()),
                        f"<p>{legend}</p>", _table(self._weight_rows()),
                        f"<p>{escape(say(self.lang, 'update/norm of about 1e-3 is usual'))}</p>"
                        f"<p>{escape(self._end())}</p>", listed_in_html(self.findings, self.lang)])


def _number(x, digits=3):
    return "-" if x is None else number(x, digits)


def _share(x):
    return "-" if x is None else f"{x:.0%}"


def _shape(shape):
    if isinstance(shape, list):
        return ", ".join(map(_shape, shape))
    return str(shape).replace(" ", "")


def _fitted(rows):
    """The lines of a table, its first column cut so that they fit."""
    gap, right = 2, range(2, len(rows[0]))
    others = [max(width(row[i]) for row in rows) for i in range(1, len(rows[0]))]
    shown = max(_NAMES, WIDTH - sum(others) - gap * len(others))
    return [cut(line, WIDTH) for line in table([[cut(row[0], shown), *row[1:]] for row in rows], gap, right)]


def _table(rows):
    tags = itertools.chain(["th"], itertools.repeat("td"))
    lines = ["".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) for tag, row in zip(tags, rows, strict=False)]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
