"""Floor 6: what `tape.explain` gives: the walk back, op by op, with the numbers put into the formulas, as text."""

import re

import numpy as np

from tinynn.core import nest
from tinynn.explain import text
from tinynn.explain.checks import checks, descent
from tinynn.explain.entries import Entry, shown
from tinynn.explain.trace import Trace
from tinynn.explain.why import located
from tinynn.explain.words import Words, language

say = Words({
    "HOW {target} = {value} CAME ABOUT: {count} operations, in the order they ran":
        "{target} = {value}의 계산 과정: 연산 {count}개, 실행된 순서대로",
    "HOW THE GRADIENT CAME BACK: in the order it ran. Each operation takes the gradient g of the target by its "
    "result, and makes of it the gradient by its input.":
        "기울기가 거꾸로 흐른 과정: 실행된 순서대로. 각 연산은 자기 결과에 대한 기울기 g를 받아, 자기 입력에 대한 기울기로 바꿉니다.",
    "start: the gradient of {target} by itself is 1": "시작: {target} 자신에 대한 기울기는 1",
    "{op}, to {name}": "{op}, {name} 쪽으로",
    "all of it becomes 0 here": "여기에서 전부 0이 됩니다",
    "{count} of {size} entries become 0 here": "여기에서 {size}개 중 {count}개가 0이 됩니다",
    "adds to what came before: {name} is used more than once": "앞에서 온 값에 더합니다: {name}이(가) 두 번 이상 쓰였습니다",
    "not kept": "보관하지 않음",
    "{count} operations in between are left out here; .text(steps=None) shows all.":
        "중간의 연산 {count}개는 생략했습니다. .text(steps=None)이면 전부 보입니다.",
    "GRADIENTS": "기울기",
    "none: {reason}": "없음: {reason}",
    "see tape.why({target}, {name})": "tape.why({target}, {name})을(를) 보세요",
    "0 everywhere: operation {number}, {op} at {place}, let nothing through":
        "모두 0: {number}번 연산 {op}({place})에서 아무것도 통과하지 못했습니다",
    "CHECKED BY MEASURING: (f(x + h) - f(x - h)) / 2h in float64":
        "수치 미분으로 확인: float64로 계산한 (f(x + h) - f(x - h)) / 2h",
    "entry": "원소", "gradient": "기울기", "measured": "측정값", "now": "지금", "after": "다음",
    "agrees": "일치", "differs": "불일치", "at a kink: no derivative here": "꺾인 점: 미분할 수 없음",
    "Not checked: the tape did not keep a large array that no gradient needs.":
        "확인하지 않음: 기울기에 필요 없는 큰 배열을 테이프가 보관하지 않았습니다.",
    "THE NEXT STEP of gradient descent, x <- x - {rate} gradient": "경사 하강법의 다음 한 걸음, x <- x - {rate} 기울기",
    "{target}: {before} -> {after}; by the gradient alone it would be {before} - {rate} x {square} = {predicted}":
        "{target}: {before} -> {after}; 기울기만으로 예상하면 {before} - {rate} x {square} = {predicted}",
    "WHY {name} HAS THE GRADIENT {value}": "{name}의 기울기가 {value}인 이유",
    "through operation {number}, {op}": "{number}번 연산 {op}을(를) 거쳐",
    "and {count} smaller terms, together {total}": "그리고 더 작은 항 {count}개, 합쳐서 {total}",
    "nothing: no derivative of a result by this entry is other than 0": "없음: 이 원소에 대한 결과의 도함수가 모두 0입니다",
    "it is the target itself": "목표 값 자신입니다",
    "gradient by the result x derivative of the result by this entry = term":
        "결과에 대한 기울기 x 이 원소에 대한 결과의 도함수 = 항",
    "term": "항", "sum": "합",
})

LONGEST = 24            # operations that are shown before the middle is left out


class Explanation:
    """How a gradient came about; what `tape.explain` returns. Print it, or ask it.

    Attributes:
        trace: every operation and every application of a gradient rule, with their numbers.
        checks: the gradients that were measured.
        descent: what a step of gradient descent would do.
    """

    def __init__(self, tape, target, sources, *, learning_rate=0.01, lang=None, frame=None):
        self.lang = language(lang)
        self.trace = Trace(tape, target, nest.flatten(sources), frame)
        self.checks = checks(self.trace)
        self.descent = descent(self.trace, learning_rate)

    # ---- what it can be asked ----------------------------------------------------------------------------------------

    def entry(self, *place, of=None):
        """Why one entry of a gradient has its value.

        Args:
            *place: its index, as in `entry(2, 3)`.
            of: the source, by its number in the list of sources or its name; needed where there are several.

        Returns:
            A `Reason`: print it, or look at its `entry.terms`.

        Raises:
            IndexError: there is no such entry.
            ValueError: there are several sources and `of` names none.
        """
        return Reason(Entry(self.trace, self._source(of), place), self.lang)

    def _source(self, of):
        sources = self.trace.sources
        names = [node.name for node in sources]
        if of is None and len(sources) == 1:
            return sources[0]
        if of in names:
            return sources[names.index(of)]
        if isinstance(of, int) and -len(sources) <= of < len(sources):
            return sources[of]
        raise ValueError(f"the explanation is about {', '.join(names)}: say which one, as in entry(0, of={names[0]!r})"
                         + ("" if of is None else f"; got of={of!r}"))

    def to_html(self, path=None, lang=None):
        """The explanation as a page that needs no network: written to `path`, or returned where that is None."""
        from tinynn.explain.page import page

        html = page(self.trace, lang=language(lang or self.lang), checks=self.checks)
        if path is None:
            return html
        with open(path, "w", encoding="utf-8") as file:
            file.write(html)
        return None

    def _repr_html_(self):
        """In a notebook: the page, in a frame of its own."""
        import html

        return (f'<iframe srcdoc="{html.escape(self.to_html())}" width="100%" height="720" '
                'style="border:0" title="tinynn"></iframe>')

    def __str__(self):
        return self.text()

    def __repr__(self):
        return self.text()

    # ---- the text ----------------------------------------------------------------------------------------------------

    def text(self, lang=None, steps=LONGEST):
        """The whole explanation, in lines of at most 100 columns.

        Args:
            lang: "en" or "ko".
            steps: how many operations to show before the middle is left out; None for all.
        """
        tell = Teller(self.trace, language(lang or self.lang), steps)
        parts = [tell.forward(), tell.backward(), tell.gradients(), tell.checked(self.checks), tell.step(self.descent)]
        return "\n\n".join("\n".join(part) for part in parts if part)


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
            lines += ["", self._heading(step.number, _call(step), step.op.formula, step.place)]
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
        lines += ["", "     " + self.say("start: the gradient of {target} by itself is 1", target=self.trace.target.name)]
        met = set()
        for pull in self._shown(self.trace.pulls, lines):
            step, name = pull.step, pull.node.name
            lines += ["", self._heading(step.number, self.say("{op}, to {name}", op=step.op.name, name=name),
                                        pull.rule.formula, step.place)]
            lines += self._values([*_operands(pull), (f"= d{name}", pull.given)])
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
        lines += ["", *text.fold("     " + self.say("{count} operations in between are left out here; .text(steps=None) "
                                                    "shows all.", count=len(items) - 2 * half))]
        yield from items[-half:]

    def _heading(self, number, call, formula, place):
        where = "" if place is None else located(place)
        line = f"{number:3}  " + text.pad(text.cut(call, 46), 46) + "  " + formula
        line = text.cut(line, text.WIDTH - text.width(where) - 2)
        return (text.pad(line, text.WIDTH - text.width(where)) + where).rstrip()

    def _values(self, rows):
        """Lines of name, shape and value."""
        cells = []
        for name, node in rows:
            value = node if isinstance(node, str) else getattr(node, "value", node)
            if value is None:
                cells.append([name, "", self.say("not kept")])
            elif isinstance(value, str):
                cells.append([name, "", value])
            else:
                cells.append([name, _shape(np.shape(value)), text.array(value)])
        lines = text.table([cell[:2] for cell in cells])
        start = max(map(text.width, lines), default=0) + 2
        folded = []
        for line, (_, _, value) in zip(lines, cells, strict=True):
            first, *rest = text.fold(value, text.WIDTH - 5 - start)
            folded += [f"     {text.pad(line, start)}{first}", *(" " * (5 + start) + more for more in rest)]
        return folded

    def _notes(self, pull, met):
        given = np.asarray(pull.given)
        arriving = np.asarray(pull.arriving) if not isinstance(pull.arriving, tuple) else None
        if given.size and arriving is not None and arriving.any():
            lost = int((given == 0).sum() - (arriving == 0).sum()) if given.shape == arriving.shape else 0
            if not given.any():
                yield self.say("all of it becomes 0 here")
            elif lost > 0:
                yield self.say("{count} of {size} entries become 0 here", count=lost, size=given.size)
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
        return lines + [f"     {node.name}: {reason}" for node in self.trace.sources for reason in self._dead(node)]

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
                yield self.say("0 everywhere: operation {number}, {op} at {place}, let nothing through",
                               number=pull.step.number, op=pull.step.op.name, place=located(pull.step.place))

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
                rows.append([_entry(check.node, check.place), text.number(check.gradient, 6),
                             text.number(check.measured, 6), self.say(word)])
        heading = self.say("CHECKED BY MEASURING: (f(x + h) - f(x - h)) / 2h in float64")
        return [heading, *("     " + line for line in text.table(rows, right=(1, 2)))]

    def step(self, found):
        """What a step of gradient descent does to the largest entries and to the target."""
        if not found.values:
            return []
        rows = [[self.say(word) for word in ("entry", "now", "gradient", "after")]]
        for node, after in found.values.items():
            largest = np.argsort(-np.abs(node.slope.reshape(-1)), kind="stable")[:text.LARGEST + 1]
            for place in sorted(tuple(np.unravel_index(int(flat), node.shape)) for flat in largest):
                rows.append([_entry(node, place), *(text.number(array[place], 6)
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


class Reason:
    """Why one entry of a gradient has its value; what `entry` returns. Print it.

    Attributes:
        entry: the Entry, with its value and its terms.
    """

    def __init__(self, entry, lang):
        self.entry, self.lang = entry, lang

    def text(self, lang=None, terms=3, depth=12):
        """The sum over the paths that it came by, and of the largest terms the sums they come from in turn.

        Args:
            lang: "en" or "ko".
            terms: how many terms of each sum are written out.
            depth: how many operations deep to go.
        """
        self._lang = language(lang or self.lang)
        name, value = self.entry.name, text.number(self.entry.value)
        lines = [say(self._lang, "WHY {name} HAS THE GRADIENT {value}", name=name, value=value),
                 say(self._lang, "gradient by the result x derivative of the result by this entry = term"), ""]
        self._tell(self.entry, lines, "", terms, depth, set())
        return "\n".join(text.cut(line, text.WIDTH) for line in lines)

    def _tell(self, entry, lines, indent, terms, depth, told):
        lines.append(f"{indent}{entry.name}: {text.number(entry.value)}")
        if entry.node is entry.trace.target:
            lines[-1] += "   " + say(self._lang, "it is the target itself")
            return
        if not entry.terms:
            lines[-1] += "   " + say(self._lang, "nothing: no derivative of a result by this entry is other than 0")
            return
        told.add(entry.name)
        rows = []
        for term in entry.terms[:terms]:
            step = term.pull.step
            rows.append([f"{indent}  {_entry(term.node, term.place)}", shown(term),
                         f"{step.op.name}: {step.op.formula}"])
        lines += text.table(rows)
        rest = entry.terms[terms:]
        if rest:
            total = text.number(sum(term.product for term in rest))
            lines.append(indent + "  " + say(self._lang, "and {count} smaller terms, together {total}",
                                             count=len(rest), total=total))
        for term in entry.terms[:1 if len(entry.terms) > terms else terms]:
            if depth and _entry(term.node, term.place) not in told:
                self._tell(entry.because(term), lines, indent + "  ", terms, depth - 1, told)

    def __str__(self):
        return self.text()

    __repr__ = __str__


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)


def _entry(node, place):
    return node.name + (str([int(i) for i in place]) if len(place) else "")


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
