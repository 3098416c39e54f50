"""Floor 6: why a gradient is None: where the way from a source to the target breaks, and how to mend it."""

import os
from dataclasses import dataclass

from tinynn.autodiff.variable import Variable
from tinynn.core.dtypes import as_dtype
from tinynn.explain import text
from tinynn.explain.formulas import formula
from tinynn.explain.names import Names, statement
from tinynn.explain.trace import Node
from tinynn.explain.words import Words, language

say = Words({
    "The gradient of {target} by {name} is not None: it has shape {shape}.":
        "{name}에 대한 {target}의 기울기는 None이 아닙니다. 모양은 {shape}입니다.",
    "The gradient of {target} by {name} is None.": "{name}에 대한 {target}의 기울기는 None입니다.",
    "{name} is of type {dtype}, and whole numbers have no gradient: a derivative needs steps as small as one likes.":
        "{name}의 자료형은 {dtype}입니다. 정수에는 기울기가 없습니다. "
        "미분하려면 값을 아주 조금씩 바꿀 수 있어야 합니다.",
    "Make it of floating-point numbers: 3.0 for 3, or tf.cast(x, tf.float32) inside the `with`.":
        "실수로 만드세요. 3 대신 3.0이라고 쓰거나, `with` 안에서 tf.cast(x, tf.float32)를 쓰세요.",
    "{name} is a variable with trainable=False, which a tape does not watch by itself.":
        "{name}은(는) trainable=False인 변수입니다. 테이프가 저절로 지켜보지 않습니다.",
    "Make it with trainable=True, or call tape.watch({name}) inside the `with`, before it is used.":
        "trainable=True로 만들거나, `with` 안에서 쓰기 전에 tape.watch({name})을 부르세요.",
    "{name} was not read inside the `with` block: the target was computed before it, or from something else.":
        "`with` 블록 안에서 {name}을(를) 읽지 않았습니다. 목표 값이 블록 밖에서, 또는 다른 값으로 계산되었습니다.",
    "Move the computation of the target into the `with` block, and use {name} there.":
        "목표 값의 계산을 `with` 블록 안으로 옮기고, 그 안에서 {name}을(를) 쓰세요.",
    "The tape does not watch {name}: it is a tensor, and only trainable variables are watched by themselves.":
        "테이프가 {name}을(를) 지켜보지 않습니다. 텐서는 저절로 지켜보지 않고, trainable 변수만 지켜봅니다.",
    "Call tape.watch({name}) inside the `with`, before it is used; or make it a tf.Variable.":
        "`with` 안에서 쓰기 전에 tape.watch({name})을 부르거나, tf.Variable로 만드세요.",
    "{name} was read, but nothing was computed from it on the tape.":
        "{name}을(를) 읽었지만, 테이프 위에서 그것으로 계산한 것이 없습니다.",
    "The way from {name} leads over: {way}.": "{name}에서 나온 길: {way}.",
    "There it ends:": "거기에서 길이 끊깁니다:",
    "The way from {name} ends at the first operation:": "{name}에서 나온 길은 첫 연산에서 끊깁니다:",
    "{op} at {place} lets no gradient through: it is there to stop it.":
        "{place}의 {op}: 기울기를 멈추려고 있는 연산입니다.",
    "{op} at {place} makes {dtype} numbers, and whole numbers have no gradient.":
        "{place}의 {op}: 결과가 {dtype}형입니다. 정수에는 기울기가 없습니다.",
    "{op} at {place} has no gradient: {formula}.": "{place}의 {op}: 기울기가 없는 연산입니다. {formula}.",
    "{result} = {op} at {place} is the last the tape saw of it. Its value then left the tape, through NumPy, .numpy(), "
    "float() or a new tf.constant, or was not used for the target.":
        "{place}의 {result} = {op}까지만 테이프가 보았습니다. 그 뒤로 값이 NumPy, .numpy(), float(), "
        "새 tf.constant 등으로 테이프를 떠났거나, 목표 값에 쓰이지 않았습니다.",
    "Leave stop_gradient away where the gradient is wanted.": "기울기가 필요한 곳에서는 stop_gradient를 빼세요.",
    "Keep floating-point numbers up to the target, and convert only what is printed.":
        "목표 값까지 실수를 유지하고, 출력할 것만 변환하세요.",
    "Use a smooth function in its place: tf.nn.softmax or tf.sigmoid for argmax, rounding and comparisons.":
        "매끄러운 함수로 바꾸세요. argmax, 반올림, 비교 대신 tf.nn.softmax나 tf.sigmoid를 쓰세요.",
    "Compute with tf functions inside the `with`: tf.reduce_mean(x) for np.mean(x.numpy()).":
        "`with` 안에서는 tf 함수로 계산하세요. np.mean(x.numpy()) 대신 tf.reduce_mean(x)를 쓰세요.",
    "The target itself is a constant for this tape: it was computed outside the `with`, or through NumPy.":
        "목표 값 자체가 이 테이프에는 상수입니다. `with` 밖에서, 또는 NumPy로 계산되었습니다.",
    "What to do: {remedy}": "고치는 법: {remedy}",
})

_REMEDIES = {
    "stop": "Leave stop_gradient away where the gradient is wanted.",
    "whole": "Keep floating-point numbers up to the target, and convert only what is printed.",
    "rule": "Use a smooth function in its place: tf.nn.softmax or tf.sigmoid for argmax, rounding and comparisons.",
    "value": "Compute with tf functions inside the `with`: tf.reduce_mean(x) for np.mean(x.numpy()).",
}
_SOURCE = {
    "integer": ("{name} is of type {dtype}, and whole numbers have no gradient: a derivative needs steps as small as "
                "one likes.",
                "Make it of floating-point numbers: 3.0 for 3, or tf.cast(x, tf.float32) inside the `with`."),
    "not trainable": ("{name} is a variable with trainable=False, which a tape does not watch by itself.",
                      "Make it with trainable=True, or call tape.watch({name}) inside the `with`, before it is used."),
    "unread": ("{name} was not read inside the `with` block: the target was computed before it, or from something "
               "else.", "Move the computation of the target into the `with` block, and use {name} there."),
    "unwatched": ("The tape does not watch {name}: it is a tensor, and only trainable variables are watched by "
                  "themselves.",
                  "Call tape.watch({name}) inside the `with`, before it is used; or make it a tf.Variable."),
}


@dataclass(frozen=True)
class End:
    """Where a way ends: `kind` "stop", "whole" (integers), "rule" (an op without one) or "value" (it left the tape)."""

    kind: str
    op: str
    place: tuple | None
    formula: str = ""
    dtype: str = ""
    result: str = ""


class Why:
    """The answer of `tape.why`; print it.

    Attributes:
        cause: None where there is a gradient; else "integer", "not trainable", "unread", "unwatched" (all of the source
            itself), "outside" (the target is a constant for the tape) or "no path".
        ends: the Ends of the ways that lead from the source, for "outside" and "no path": those on the way to the
            target, if they are known; otherwise all, first those where a value left the tape.
        way: the names of the ops from the source to there.
    """

    def __init__(self, tape, target, source, frame=None, lang=None):
        self.lang = language(lang)
        records = tape.recorded()
        names = Names(tape, frame)
        self.name = _name(names, source, "v" if isinstance(source, Variable) else "x")
        self.target = _name(names, target, "target")
        self.dtype, self.shape = as_dtype(source.dtype).name, tuple(source.shape)
        self.ends, self.way, self.leads = [], [], False
        goal = tape.serials(target) if isinstance(target, Variable) else [tape.number(target)]
        reached = self._walk(tape, records, source, goal)
        self.cause = None if goal and tape.follows(target) and goal[-1] in reached else tape.cause([target], source)
        if self.cause is None:
            self.ends = []

    def _walk(self, tape, records, source, goal):
        """The serials that the source leads to; notes where its ways end."""
        reached, used, results = set(tape.serials(source)), set(), []
        for record, place in records:
            inputs = reached.intersection(record.inputs)
            if inputs:
                used |= inputs
                reached.update(record.serials())
                results.append((record, place))
                self.way.append(record.op.name)
        ends = [end for end in tape.ends if reached.intersection(end[2])]
        leading = [end for end in ends if self._leads(tape, records, end[3], goal)]
        if leading:
            used.update(serial for _, _, read, _, _ in tape.ends for serial in read)
        left = [End("value", record.op.name, place, result=_assigned(place) or "t") for record, place in results
                if used.isdisjoint(record.serials())]
        ended = [_end(op, place, dtype) for op, place, _, _, dtype in leading or ends]
        self.ends = [*ended, *left] if leading else [*left, *ended]
        self.leads = bool(leading)
        return reached

    @staticmethod
    def _leads(tape, records, made, goal):
        """Whether the target was computed from what an end made."""
        reached = set(made)
        edges = [(read, out) for _, _, read, out, _ in tape.ends] + [(r.inputs, r.serials()) for r, _ in records]
        while True:
            more = {s for read, out in edges if reached.intersection(read) for s in out} - reached
            if not more or reached.intersection(goal):
                return bool(reached.intersection(goal))
            reached |= more

    def __str__(self):
        values = {"name": self.name, "target": self.target, "dtype": self.dtype, "shape": self.shape}
        tell = lambda template, **more: say(self.lang, template, **values, **more)
        if self.cause is None:
            return tell("The gradient of {target} by {name} is not None: it has shape {shape}.")
        lines = [tell("The gradient of {target} by {name} is None.")]
        if self.cause in _SOURCE:
            fact, remedy = _SOURCE[self.cause]
            return "\n".join(_folded([*lines, tell(fact), tell("What to do: {remedy}", remedy=tell(remedy))]))
        if self.cause == "outside" and not self.leads:
            lines.append(tell("The target itself is a constant for this tape: it was computed outside the `with`, or "
                              "through NumPy."))
        if self.way:
            lines.append(tell("The way from {name} leads over: {way}.", way=" -> ".join(self.way[:12])))
            lines += [tell("There it ends:")] if self.ends else []
        else:
            lines.append(tell("The way from {name} ends at the first operation:" if self.ends else
                              "{name} was read, but nothing was computed from it on the tape."))
        for end in self.ends[:5]:
            lines.append("  " + self._told(end))
        kinds = dict.fromkeys(end.kind for end in self.ends) or {"value": None}
        lines += [tell("What to do: {remedy}", remedy=tell(_REMEDIES[kind])) for kind in kinds]
        return "\n".join(_folded(lines))

    def _told(self, end):
        template = {
            "stop": "{op} at {place} lets no gradient through: it is there to stop it.",
            "whole": "{op} at {place} makes {dtype} numbers, and whole numbers have no gradient.",
            "rule": "{op} at {place} has no gradient: {formula}.",
            "value": "{result} = {op} at {place} is the last the tape saw of it. Its value then left the tape, through "
                     "NumPy, .numpy(), float() or a new tf.constant, or was not used for the target.",
        }[end.kind]
        return say(self.lang, template, op=end.op, place=located(end.place), dtype=end.dtype, result=end.result,
                   formula=formula(self.lang, end.formula))

    __repr__ = __str__


def located(place):
    """A place as file:line, or "?"."""
    return "?" if place is None else f"{os.path.basename(place[0])}:{place[1]}"


def _end(op, place, dtype):
    if op.name == "stop_gradient":
        return End("stop", op.name, place)
    return End("whole" if op.differentiable else "rule", op.name, place, op.formula, dtype)


def _assigned(place):
    return statement(place).name if place else None


def _name(names, x, otherwise):
    node = Node("variable" if isinstance(x, Variable) else "input", tensor=None if isinstance(x, Variable) else x,
                variable=x if isinstance(x, Variable) else None)
    return names.known(node) or otherwise


def _folded(lines):
    return [piece for line in lines for piece in text.fold(line, indent="  ")]
