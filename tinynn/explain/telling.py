"""Floor 6: the parts of an explanation of a tape, as lines of text."""

import re

import numpy as np

from tinynn.explain import text
from tinynn.explain.formulas import formula as in_language
from tinynn.explain.why import located
from tinynn.explain.words import Words

say = Words({
    "HOW {target} = {value} CAME ABOUT: {count} operations, in the order they ran":
        "{target} = {value}의 계산 과정: 연산 {count}개, 실행된 순서대로",
    "HOW THE GRADIENT CAME BACK: in the order it ran. Each operation takes the gradient g of the target by its "
    "result, and makes of it the gradient by its input.":
        "기울기가 거꾸로 흐른 과정: 실행된 순서대로. 각 연산은 자기 결과에 대한 기울기 g를 받아, "
        "자기 입력에 대한 기울기로 바꿉니다.",
    "start: the gradient of {target} by itself is 1": "시작: {target} 자신에 대한 기울기는 1",
    "{op}, to {name}": "{op}, {name} 쪽으로",
    "all of it becomes 0 here": "여기에서 전부 0이 됩니다",
    "{count} of {size} entries become 0 here": "여기에서 {size}개 중 {count}개가 0이 됩니다",
    "adds to what came before: {name} is used more than once":
        "앞에서 온 값에 더합니다: {name}이(가) 두 번 이상 쓰였습니다",
    "broadcasting made {count} copies of {name}: their gradients are added up":
        "브로드캐스팅으로 {name}이(가) {count}번 복사되었습니다: 복사본의 기울기를 모두 더합니다",
    "not kept": "보관하지 않음",
    "{count} operations in between are left out here; .text(steps=None) shows all.":
        "중간의 연산 {count}개는 생략했습니다. .text(steps=None)이면 전부 보입니다.",
    "GRADIENTS": "기울기",
    "none: {reason}": "없음: {reason}",
    "see tape.why({target}, {name})": "tape.why({target}, {name})을(를) 보세요",
    "0 everywhere: operation {number}, {op} ({rule}) at {place}, let nothing through":
        "모두 0: {place}의 {number}번 연산 {op}({rule})에서 아무것도 통과하지 못했습니다",
    "CHECKED BY MEASURING: (f(x + h) - f(x - h)) / 2h in float64":
        "수치 미분으로 확인: float64로 계산한 (f(x + h) - f(x - h)) / 2h",
    "entry": "원소", "gradient": "기울기", "measured": "측정값", "now": "지금", "after": "다음",
    "agrees": "일치", "differs": "불일치", "at a kink: no derivative here": "꺾인 점: 미분할 수 없음",
    "Not checked: the tape did not keep a large array that no gradient needs.":
        "확인하지 않음: 기울기에 필요 없는 큰 배열을 테이프가 보관하지 않았습니다.",
    "THE NEXT STEP of gradient descent, x <- x - {rate} gradient":
        "경사 하강법의 다음 스텝, x <- x - {rate} 기울기",
    "{target}: {before} -> {after}; by the gradient alone it would be {before} - {rate} x {square} = {predicted}":
        "{target}: {before} -> {after}; 기울기만으로 예상하면 {before} - {rate} x {square} = {predicted}",
})

LONGEST = 24            # operations that are shown before the middle is left out


class Teller:
    """Puts the parts of an explanation into lines."""

    def __init__(self, trace, lang, steps=LONGEST):
        self.trace, self.lang, self.steps = trace, lang, steps

    def say(self, template, **values):
        """A sentence in the language."""
        return say(self.lang, template, **values)

    def forward(self):
        """The operations with their inputs and results."""
        target = self.trace.target
        lines = text.fold(self.say("HOW {target} = {value} CAME ABOUT: {count} operations, in the order they ran",
                                   target=target.name, value=_brief(target.value), count=len(self.trace.steps)))
        for step in self._shown(self.trace.steps, lines):
            code = self.trace.code(step)
            lines += ["", *self._heading(step.number, _call(step), step.op.formula, step.place)]
            if code:
                lines.append(text.cut(f"     {code}", text.WIDTH))
            rows = [(node.name, node) for node in dict.fromkeys(step.inputs)]
            lines += self._values([*rows, *((f"= {node.name}", node) for node in step.outputs)])
        return lines

    def backward(self):
        """The applications of gradient rules, in the order of the walk."""
        if not self.trace.pulls:
            return []
        lines = text.fold(self.say("HOW THE GRADIENT CAME BACK: in the order it ran. Each operation takes the gradient "
                                   "g of the target by its result, and makes of it the gradient by its input."))
        start = self.say("start: the gradient of {target} by itself is 1", target=self.trace.target.name)
        lines += ["", "     " + start]
        met = set()
        for pull in self._shown(self.trace.pulls, lines):
            step, name = pull.step, pull.node.name
            lines += ["", *self._heading(step.number, self.say("{op}, to {name}", op=step.op.name, name=name),
                                         pull.rule.formula, step.place)]
            lines += self._values([*_operands(pull), (f"= {_slope(name)}", pull.given)])
            lines += [f"     {note}" for note in self._notes(pull, met)]
            met.add(pull.node)
        return lines

    def _shown(self, items, lines):
        """The items; of many, the first and the last, with a line that says so in between."""
        if self.steps is None or len(items) <= self.steps:
            yield from items
            return
        half = self.steps // 2
        yield from items[:half]
        left_out = self.say("{count} operations in between are left out here; .text(steps=None) shows all.",
                            count=len(items) - 2 * half)
        lines += ["", *text.fold("     " + left_out)]
        yield from items[-half:]

    def _heading(self, number, call, formula, place):
        """Lines: the call, its formula beside it or, where that is long, below it, and at the right the place."""
        where, formula = "" if place is None else located(place), in_language(self.lang, formula)
        room = text.WIDTH - text.width(where) - 2
        line, below = f"{number:3}  {call}", []
        if max(46, text.width(call)) + 7 + text.width(formula) <= room:
            line = f"{number:3}  {text.pad(call, 46)}  {formula}"
        else:
            below = text.fold("     " + formula)
        return [(text.pad(text.cut(line, room), text.WIDTH - text.width(where)) + where).rstrip(), *below]

    def _values(self, rows):
        """Lines of name, shape and value."""
        cells = []
        for name, node in rows:
            value = node if isinstance(node, str) else getattr(node, "value", node)
            if value is None:
                cells.append([name, "", [self.say("not kept")]])
            elif isinstance(value, str):
                cells.append([name, "", [value]])
            else:
                cells.append([name, _shape(np.shape(value)), text.block(value)])
        lines = text.table([cell[:2] for cell in cells])
        start = max(map(text.width, lines), default=0) + 2
        filled = []
        for line, (_, _, values) in zip(lines, cells, strict=True):
            first, *rest = [piece for value in values for piece in text.fold(value, text.WIDTH - 5 - start, " ")]
            filled += [f"     {text.pad(line, start)}{first}", *(" " * (5 + start) + more for more in rest)]
        return filled

    def _notes(self, pull, met):
        given = np.asarray(pull.given)
        arriving = np.asarray(pull.arriving) if not isinstance(pull.arriving, tuple) else None
        if given.size and arriving is not None and arriving.any():
            lost = int((given == 0).sum() - (arriving == 0).sum()) if given.shape == arriving.shape else 0
            if not given.any():
                yield self.say("all of it becomes 0 here")
            elif lost > 0:
                yield self.say("{count} of {size} entries become 0 here", count=lost, size=given.size)
        copies = _copies(pull)
        if copies > 1:
            yield self.say("broadcasting made {count} copies of {name}: their gradients are added up", count=copies,
                           name=pull.node.name)
        if pull.node in met:
            yield self.say("adds to what came before: {name} is used more than once", name=pull.node.name)

    def gradients(self):
        """The gradient of each source."""
        lines, rows = [self.say("GRADIENTS")], []
        for node in self.trace.sources:
            if node.slope is None:
                hint = self.say("see tape.why({target}, {name})", target=self.trace.target.name, name=node.name)
                rows.append((node.name, self.say("none: {reason}", reason=hint)))
            else:
                rows.append((node.name, node.slope))
        lines += self._values(rows)
        dead = [f"     {node.name}: {reason}" for node in self.trace.sources for reason in self._dead(node)]
        return lines + [piece for line in dead for piece in text.fold(line, indent="  ")]

    def _dead(self, node):
        """Which operation made a gradient 0 everywhere."""
        if node.slope is None or not node.slope.size or node.slope.any():
            return
        reached = {node}
        for step in self.trace.steps:
            if step.live and not reached.isdisjoint(step.inputs):
                reached.update(step.outputs)
        for pull in self.trace.pulls:
            through = [g for g in _tuple(pull.arriving) if np.asarray(g).any()]
            if pull.node in reached and through and not np.asarray(pull.given).any():
                yield self.say("0 everywhere: operation {number}, {op} ({rule}) at {place}, let nothing through",
                               number=pull.step.number, op=pull.step.op.name, place=located(pull.step.place),
                               rule=in_language(self.lang, pull.rule.formula))

    def checked(self, found):
        """The measured entries of the sources."""
        if not self.trace.pulls:
            return []
        if not found:
            return text.fold(self.say("Not checked: the tape did not keep a large array that no gradient needs."))
        rows = [[self.say("entry"), self.say("gradient"), self.say("measured"), ""]]
        for check in found:
            if check.node.source:
                word = "agrees" if check.agrees else "at a kink: no derivative here" if check.kink else "differs"
                rows.append([entry_name(check.node, check.place), text.number(check.gradient, 6),
                             text.number(check.measured, 6), self.say(word)])
        heading = self.say("CHECKED BY MEASURING: (f(x + h) - f(x - h)) / 2h in float64")
        return [heading, *("     " + line for line in text.table(rows, right=(1, 2)))]

    def step(self, found):
        """What a step of gradient descent does to the largest entries and to the target."""
        if not found.values:
            return []
        rows = [[self.say(word) for word in ("entry", "now", "gradient", "after")]]
        for node, after in found.values.items():
            largest = text.largest(node.slope, text.LARGEST + 1)
            for place in sorted(tuple(np.unravel_index(int(flat), node.shape)) for flat in largest):
                rows.append([entry_name(node, place), *(text.number(array[place], 6)
                                                    for array in (node.value, node.slope, after))])
        rate = text.number(found.rate)
        lines = [self.say("THE NEXT STEP of gradient descent, x <- x - {rate} gradient", rate=rate)]
        lines += ["     " + line for line in text.table(rows, right=(1, 2, 3))]
        numbers = {name: text.number(value, 6) for name, value in (
            ("before", found.before), ("predicted", found.predicted),
            ("square", (found.before - found.predicted) / found.rate if found.rate else 0.0))}
        after = "?" if found.after is None else text.number(found.after, 6)
        return lines + text.fold("     " + self.say(
            "{target}: {before} -> {after}; by the gradient alone it would be {before} - {rate} x {square} = "
            "{predicted}", target=self.trace.target.name, after=after, rate=rate, **numbers))


def _copies(pull):
    """How many copies of an input an elementwise op worked with, as of b in W x + b; 1 for other ops."""
    if not pull.step.op.is_elementwise(pull.given.dtype):
        return 1
    return int(np.size(pull.arriving)) // max(int(np.size(pull.given)), 1)


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)


def entry_name(node, place):
    """An entry as it is written in Python: W[2, 3]."""
    return node.name + (str([int(i) for i in place]) if len(place) else "")


def _slope(name):
    """The gradient by what has this name: dW, d(hidden/kernel)."""
    return f"d{name}" if name.isidentifier() else f"d({name})"


def _shape(shape):
    return str(tuple(shape)) if len(shape) else ""


def _brief(value):
    return text.number(value[()]) if np.ndim(value) == 0 else f"array{_shape(np.shape(value))}"


def _call(step):
    made = ", ".join(node.name for node in step.outputs)
    given = [node.name for node in step.inputs]
    constants = [f"{name}={value!r}" for name, value in step.attributes.items() if value not in (False, None)]
    return f"{made} = {step.op.name}({', '.join(given + constants)})"


def _operands(pull):
    """What the rule was given, as rows (name, value): g, the inputs and the output that it asks for."""
    step, rows = pull.step, []
    letter = re.match(r"(\w+) =", step.op.formula)
    for name in pull.rule.arguments:
        if name == "g":
            rows.extend(("g" if i == 0 else f"g{i + 1}", g) for i, g in enumerate(_tuple(pull.arriving)))
        elif name == "out":
            rows.append((f"{letter[1] if letter else 'out'} = {step.outputs[0].name}", step.outputs[0]))
        elif name in step.op.inputs:
            nodes = step.inputs if step.op.variadic else [step.inputs[step.op.inputs.index(name)]]
            rows.extend((f"{_letter(step.op, name)} = {node.name}", node) for node in nodes)
        elif name in step.op.attributes and step.attributes[name] not in (False, None):
            rows.append((name, str(step.attributes[name])))
    return rows


def _letter(op, name):
    """An input as the formula spells it: its own name, or x where the formula of one input says x."""
    words = re.findall(r"\w+", op.formula)
    return name if name in words or len(op.inputs) != 1 or "x" not in words else "x"
