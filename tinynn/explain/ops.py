"""Floor 6: what an op is: its mathematics, its gradient rules, its sources in Python and in C, and an example.

    tf.matmul.show()                print(tf.explain.op("matmul"))
"""

import difflib
import inspect
import types

from tinynn import linalg, math, nn, ops, random
from tinynn.autodiff.bind import silence
from tinynn.core.primitive import Primitive, registry
from tinynn.explain import examples, text
from tinynn.explain.formulas import formula
from tinynn.explain.kernels import kernel_of
from tinynn.explain.sheet import ROOM, Section, Sheet, legend, nearest
from tinynn.explain.sources import called_by, paragraph, said_of, source_of, stands_for
from tinynn.explain.words import Words, language

PLACES = {"math": math, "nn": nn, "linalg": linalg, "random": random}
HELPER_LINES = 30       # of the functions that a function calls, so many lines are shown; the others are named

say = Words({
    "Gradient rules (g is the gradient of the result)": "기울기 규칙 (g는 결과의 기울기)",
    "all inputs": "모든 입력",
    "no rule; {reason}": "규칙 없음: {reason}",
    "the op changes {names} in place, and a change in place is not differentiated":
        "연산이 {names}을(를) 제자리에서 바꾸고, 제자리 변경은 미분하지 않습니다",
    "it holds whole numbers, which do not change little by little": "정수이므로 조금씩 변할 수 없습니다",
    "it holds truth values, which do not change little by little": "참/거짓이므로 조금씩 변할 수 없습니다",
    "the result is whole numbers, which change in jumps": "결과가 정수이므로 뛰어서만 변합니다",
    "the result is truth values, which change in jumps": "결과가 참/거짓이므로 뛰어서만 변합니다",
    "the result is flat between jumps: the slope is 0 wherever there is one":
        "결과가 계단처럼 변합니다: 계단 사이는 평평해서 기울기가 0입니다",
    "the tape ends here: what lies before the input gets no gradient through this op":
        "테이프가 여기서 끝납니다: 기울기가 이 연산을 지나 입력 쪽으로 가지 않습니다",
    "It has no rule of its own: the tape follows each op that it runs, by the chain rule.":
        "자체 규칙은 없습니다. 테이프가 안에서 실행되는 연산마다 연쇄 법칙으로 따라갑니다.",
    "How the function calls the op": "함수가 연산을 부르는 방법",
    "Source": "소스",
    "each op has a page of its own, as tf.explain.op({name})": "연산마다 설명이 따로 있습니다: tf.explain.op({name})",
    "NumPy body: what the op means (xp is numpy)": "NumPy 본문: 연산의 뜻 (xp는 numpy)",
    "C kernel": "C 커널",
    "Example": "예",
    "computed by the C kernel": "C 커널로 계산했습니다",
    "computed by the NumPy body": "NumPy 본문으로 계산했습니다",
    "{name} afterwards": "연산 후 {name}",
    "result": "결과",
    "gradient of {name}": "{name}의 기울기",
    "none arrives": "오지 않습니다",
    "It ran": "실행된 연산",
    "the example fails with {error}": "예를 실행하지 못했습니다: {error}",
    "The source is not in a file.": "소스가 파일에 없습니다.",
})


def op(what, lang=None):
    """What an op is, for `print` and for notebooks.

    Args:
        what: an op (`tf.nn.relu`), a function of tinynn that is made of ops (`tf.nn.moments`), or a name ("matmul").
        lang: "en" or "ko"; by default what TINYNN_LANG says, otherwise English.

    Returns:
        A `Sheet`; `str(sheet)` is what `tf.matmul.show()` prints.

    Raises:
        TypeError, ValueError: it is neither an op nor a function of tinynn, or there is none of that name.

    Example:
        >>> print(tf.explain.op("softmax"))
    """
    lang, what = language(lang), found(what)
    core = what if isinstance(what, Primitive) else stands_for(what)
    if core is None:
        return _of_function(what, lang)
    run, trouble = _tried(examples.run_op, core)
    sections = [Section(say(lang, "Gradient rules (g is the gradient of the result)"), _rules(core, run, lang))]
    if core is not what:
        sections.append(Section(say(lang, "How the function calls the op"), _source(what, lang, core, helpers=0)))
    sections += [
        Section(say(lang, "NumPy body: what the op means (xp is numpy)"),
                _source(core.body, lang, core, docstring=core is not what)),
        Section(say(lang, "C kernel"), kernel_of(core, lang)),
        Section(say(lang, "Example"), _example(run, lang, core) if run else _failed(trouble, lang)),
    ]
    about = inspect.getdoc(core) if core is what else paragraph(what.__doc__)
    return Sheet(_title(what), formula(lang, core.formula), about, sections, run)


def _of_function(function, lang):
    """The sheet of a function that is made of several ops."""
    run, trouble = _tried(examples.run_documented, function)
    sections = [Section(say(lang, "Source"), [*_source(function, lang), *_next_page(function, lang)]),
                Section(say(lang, "Gradient rules (g is the gradient of the result)"),
                        [[say(lang, "It has no rule of its own: the tape follows each op that it runs, by the chain "
                                    "rule.")]])]
    if run or trouble:
        sections.append(Section(say(lang, "Example"), _example(run, lang) if run else _failed(trouble, lang)))
    return Sheet(_title(function), "", paragraph(function.__doc__), sections, run)


def _next_page(function, lang):
    """Where to go on: the page of the first op that a function calls."""
    for value in called_by(function).values():
        core = value if isinstance(value, Primitive) else stands_for(value)
        if core:
            return [[say(lang, "each op has a page of its own, as tf.explain.op({name})", name=repr(core.name))]]
    return []


def _tried(example, function):
    """(the example, None), or (None, the error): an op that does not work yet is worth a look, too.

    Tapes and recorders around are not told of it.
    """
    try:
        with silence():
            return example(function), None
    except Exception as error:
        return None, error


def _failed(error, lang):
    """What stands in the place of an example that cannot be run."""
    error = f"{type(error).__name__}: {error}".split()
    return [text.fold(say(lang, "the example fails with {error}", error=" ".join(error)), ROOM)]


# ---- which op is meant -----------------------------------------------------------------------------------------------


def names():
    """{name: op or function}: what `tinynn.ops` and tf's namespaces have, then the ops that only the registry has."""
    known = {}
    for place in (ops, *PLACES.values()):
        for name, value in vars(place).items():
            if not name.startswith("_") and _is_op(value):
                known.setdefault(name.rstrip("_"), value)
    return {**registry, **known}


def _is_op(value):
    """Whether it is an op, or a function of tinynn."""
    return isinstance(value, Primitive) or (isinstance(value, types.FunctionType) and value.__name__ != "<lambda>"
                                            and value.__module__.startswith("tinynn."))


def found(what):
    """The op or function that is meant.

    Raises:
        ValueError: there is none of that name.
        TypeError: it is something else.
    """
    if isinstance(what, str):
        place, _, name = what.removeprefix("tinynn.").removeprefix("tf.").rpartition(".")
        known = names()
        value = vars(PLACES[place]).get(name) if place in PLACES else known.get(name)
        if _is_op(value):
            return value
        near = difflib.get_close_matches(name, known, 4)
        meant = f"did you mean {', '.join(near)}?" if near else "a name is, for instance, 'matmul'"
        raise ValueError(f"there is no op {what!r}; {meant}")
    if _is_op(what):
        return what
    raise TypeError(f"{_described(what)}; tf.explain.op takes an op, a function of tinynn that is made of ops, or a "
                    "name, as tf.explain.op(tf.matmul) or tf.explain.op('matmul')")


def _described(what):
    """What was given instead of an op."""
    kind = what if isinstance(what, type) else type(what)
    if kind.__module__.startswith("tinynn.keras.layers"):
        return f"{kind.__name__} is a layer, which runs ops in its method call()"
    name = getattr(what, "__name__", None)
    if name == "<lambda>":
        return "a lambda is not an op"
    if name is None:
        return f"an object of type {kind.__name__} is not an op"
    near = f" (there is one named {name!r})" if name in names() else ""
    return f"{name} of {getattr(what, '__module__', None) or 'another library'} is not an op of tinynn{near}"


# ---- the sections ----------------------------------------------------------------------------------------------------


def _title(what):
    """The name with the arguments."""
    return what.__name__.strip("_") + (what.usage() if isinstance(what, Primitive) else str(inspect.signature(what)))


def _rules(core, run, lang):
    """Per input its gradient rule; at last the inputs that have none, and why."""
    parts, called, without = [], {}, {}
    for name, rule in zip(core.inputs, core.rules, strict=True):
        if rule is None:
            without.setdefault(_reason(core, name, run, lang), []).append(name)
            continue
        label = say(lang, "all inputs") if core.variadic else name
        parts.append(text.fold(f"{label}: {formula(lang, rule.formula)}", ROOM, "    "))
        shown, named = nearest(rule.function, _private, HELPER_LINES)
        parts += [source_of(f) or [say(lang, "The source is not in a file.")] for f in shown]
        called.update(named)
    for reason, inputs in without.items():
        parts.append(text.fold(f"{', '.join(inputs)}: {say(lang, 'no rule; {reason}', reason=reason)}", ROOM, "    "))
    return [*parts, _legend(called, core)]


def _legend(called, known=None):
    """A line on each op and function, but for the op whose sheet it is."""
    return legend([(name, *said_of(value)) for name, value in called.items() if value is not known])


def _reason(core, name, run, lang):
    """Why an input has no gradient rule, from what the op does with its example."""
    kinds = {"i": "whole numbers", "u": "whole numbers", "b": "truth values"}
    ends = say(lang, "the tape ends here: what lies before the input gets no gradient through this op")
    if core.mutates:
        return say(lang, "the op changes {names} in place, and a change in place is not differentiated",
                   names=", ".join(core.mutates))
    if run is None or core.variadic:
        return ends
    given = kinds.get(dict(run.inputs)[name].dtype.kind)
    if given:
        return say(lang, f"it holds {given}, which do not change little by little")
    made = kinds.get(run.outputs[0].dtype.kind)
    if made:
        return say(lang, f"the result is {made}, which change in jumps")
    flat, _ = _tried(lambda core: examples.is_flat(core, name), core)
    return say(lang, "the result is flat between jumps: the slope is 0 wherever there is one") if flat else ends


def _source(function, lang, known=None, docstring=False, helpers=HELPER_LINES):
    """A function's text, that of what serves it alone, and a line on whatever else it calls."""
    shown, named = nearest(function, _private, helpers)
    sources = [source_of(function, docstring), *[source_of(f) for f in shown[1:]]]
    if sources[0] is None:
        return [[say(lang, "The source is not in a file.")]]
    return [*sources, _legend(named, known)]


def _private(function):
    """What a function calls, and the lines of what serves it alone: {name: (what, lines or None)}."""
    def lines(name, value):
        if not isinstance(value, types.FunctionType) or stands_for(value) or source_of(value) is None:
            return None
        alone = name.startswith("_") or "xp" in value.__code__.co_varnames[:1]
        return source_of(value).text.count("\n") + 1 if alone else None

    return {name: (value, lines(name, value)) for name, value in called_by(function).items()}


def _example(run, lang, core=None):
    """The call, its inputs, its value and its gradients."""
    lines = run.call.split("\n") if "\n" in run.call else text.fold(run.call, ROOM, "    ")
    for name, value in run.inputs if core else ():
        lines += _equals(name, value)
    if core is not None:
        lines.append(say(lang, "computed by the C kernel" if run.native else "computed by the NumPy body"))
    for i, value in enumerate(run.outputs):
        number = f"[{i}]" if len(run.outputs) > 1 else ""
        name = say(lang, "{name} afterwards", name=run.written[i]) if run.written else say(lang, "result") + number
        lines += _equals(name, value)
    for i, g in enumerate(run.upstream or ()):
        lines += _equals(f"g[{i}]" if len(run.upstream) > 1 else "g", g)
    for name, value in run.gradients.items():
        name = say(lang, "gradient of {name}", name=name)
        lines += [f"{name}: {say(lang, 'none arrives')}"] if value is None else _equals(name, value)
    if core is None and run.ran:
        return [lines, [say(lang, "It ran"), *_legend({name: registry[name] for name in run.ran})]]
    return [lines]


def _equals(name, value):
    """name = array, over several lines where it is a matrix."""
    first, *others = text.block(value)
    blanks = " " * (text.width(name) + 3)
    lines = [f"{name} = {first}", *[blanks + line for line in others]]
    return [part for line in lines for part in text.fold(line, ROOM, "    ")] if len(lines) == 1 else lines
