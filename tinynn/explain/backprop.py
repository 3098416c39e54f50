"""Floor 6: what `tape.explain` gives: the walk back, op by op, with the numbers put into the formulas."""

from tinynn.core import nest
from tinynn.explain import text
from tinynn.explain.checks import checks, descent
from tinynn.explain.entries import Entry, shown
from tinynn.explain.formulas import formula
from tinynn.explain.telling import LONGEST, Teller, entry_name
from tinynn.explain.trace import Trace
from tinynn.explain.words import Words, language

say = Words({
    "WHY {name} HAS THE GRADIENT {value}": "{name}의 기울기가 {value}인 이유",
    "It is the sum of {count} terms: {terms}": "항 {count}개의 합입니다: {terms}",
    "Each result that the entry went into gives a term: the gradient by the result x the derivative of the result by "
    "the entry. The line below says where the first factor comes from in turn. A second factor below 0 turns the sign.":
        "원소가 들어간 결과마다 항이 하나 있습니다: 결과에 대한 기울기 x 원소에 대한 결과의 도함수. 첫 번째 인수가 "
        "어디에서 오는지는 바로 아래 줄에 있습니다. 두 번째 인수가 음수이면 부호가 바뀝니다.",
    "and smaller terms, {count} of them, together {total}": "그리고 더 작은 항 {count}개, 합쳐서 {total}",
    "{name} = {value}: here the derivative of {ops} is 0, so nothing comes through":
        "{name} = {value}: 여기서 {ops}의 도함수가 0이므로 아무것도 통과하지 못합니다",
    "these terms do not add up: a rule on the way computes outside of the tape":
        "이 항들의 합이 맞지 않습니다. 도중의 규칙 하나가 테이프 밖에서 계산합니다",
    "{name}: no operation of the target reads it": "{name}: 목표 값의 어떤 연산도 읽지 않습니다",
})


PARTS = ("forward", "backward", "gradients", "checks", "step")     # of the text


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
            of: the source itself, its name or its path in a model (or the end of that), or its number in the list of
                sources; needed where there are several.

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
        for node in sources:
            if of is not None and (of is node.variable or of is node.tensor):
                return node
        if isinstance(of, str):
            paths = [f"/{getattr(node.variable, 'path', '')}" for node in sources]
            found = [node for node, path in zip(sources, paths, strict=True) if path.endswith(f"/{of}")]
            if of in names or len(found) == 1:
                return sources[names.index(of)] if of in names else found[0]
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
        from tinynn.explain.page import framed

        return framed(self.to_html())

    def __str__(self):
        return self.text()

    def __repr__(self):
        return self.text()

    # ---- the text ----------------------------------------------------------------------------------------------------

    def text(self, lang=None, steps=LONGEST, parts=PARTS):
        """The explanation, in lines of at most 100 columns.

        Args:
            lang: "en" or "ko".
            steps: how many operations to show before the middle is left out; None for all.
            parts: which parts: names of "forward", "backward", "gradients", "checks" and "step"; by default all.

        Raises:
            ValueError: there is no such part.
        """
        names = [parts] if isinstance(parts, str) else list(parts)
        if unknown := set(names).difference(PARTS):
            raise ValueError(f"parts are {', '.join(map(repr, PARTS))}; got {', '.join(map(repr, sorted(unknown)))}")
        tell = Teller(self.trace, language(lang or self.lang), steps)
        told = {"forward": tell.forward, "backward": tell.backward, "gradients": tell.gradients,
                "checks": lambda: tell.checked(self.checks), "step": lambda: tell.step(self.descent)}
        return "\n\n".join("\n".join(lines) for lines in (told[name]() for name in names) if lines)


class Reason:
    """Why one entry of a gradient has its value; what `entry` returns. Print it.

    Attributes:
        entry: the Entry, with its value and its terms.
    """

    def __init__(self, entry, lang):
        self.entry, self.lang = entry, lang

    def text(self, lang=None, terms=3, depth=40):
        """The sum over the paths that it came by, and of the largest terms the sums they come from in turn.

        Args:
            lang: "en" or "ko".
            terms: how many terms of each sum are written out.
            depth: how many operations deep to go.
        """
        lang = language(lang or self.lang)
        tell = lambda template, **values: say(lang, template, **values)
        rows = []
        self._rows(self.entry, rows, "", terms, depth, lang, tell)
        value, count = text.number(self.entry.value), len(self.entry.terms)
        lines = [tell("WHY {name} HAS THE GRADIENT {value}", name=self.entry.name, value=value)]
        if count > 1:
            sums = f"{_sum(self.entry.terms, terms)} = {value}"
            lines += text.fold(tell("It is the sum of {count} terms: {terms}", count=count, terms=sums))
        lines += text.fold(tell(
            "Each result that the entry went into gives a term: the gradient by the result x the derivative of the "
            "result by the entry. The line below says where the first factor comes from in turn. A second factor below "
            "0 turns the sign."))
        return "\n".join(text.cut(line, text.WIDTH) for line in [*lines, "", *text.table(rows)])

    def _rows(self, entry, rows, indent, terms, depth, lang, tell):
        """A line per term, and below it those of its first factor; where a sum branches, they stand further right."""
        if entry.node is entry.trace.target:
            return
        if not entry.terms:
            ops = ", ".join(dict.fromkeys(pull.step.op.name for pull in entry.trace.pulls if pull.node is entry.node))
            template = ("{name} = {value}: here the derivative of {ops} is 0, so nothing comes through" if ops else
                        "{name}: no operation of the target reads it")
            value = "?" if entry.node.value is None else text.number(entry.node.value[entry.place])
            rows.append([indent + tell(template, name=entry.name, value=value, ops=ops)])
        branches = len(entry.terms) > 1
        for i, term in enumerate(entry.terms[:terms]):
            op = term.pull.step.op
            rows.append([indent + entry_name(term.node, term.place), shown(term),
                         f"{op.name}: {formula(lang, op.formula)}"])
            if depth and (i == 0 or len(entry.terms) <= terms):
                self._rows(entry.because(term), rows, indent + "  " * branches, terms, depth - 1, lang, tell)
        rest = entry.terms[terms:]
        if rest:
            total = text.number(sum(term.product for term in rest))
            rows.append([indent + tell("and smaller terms, {count} of them, together {total}", count=len(rest),
                                       total=total)])
        if not entry.adds_up:
            rows.append([indent + tell("these terms do not add up: a rule on the way computes outside of the tape")])

    def __str__(self):
        return self.text()

    __repr__ = __str__


def _sum(terms, shown):
    """The terms as a sum: 0.5 - 2 + 1; those that are not shown are together the last."""
    numbers = [term.product for term in terms]
    numbers = [*numbers[:shown], *([sum(numbers[shown:])] if numbers[shown:] else [])]
    first, *others = numbers
    return text.number(first) + "".join(f" - {text.number(-x)}" if x < 0 else f" + {text.number(x)}" for x in others)
