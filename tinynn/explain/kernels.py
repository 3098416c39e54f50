"""Floor 6: the C kernel of an op: its line of ops.def, what that means, and the functions behind it."""

import re

from tinynn import _bridge
from tinynn.core.dtypes import BY_CODE
from tinynn.explain import csources, text
from tinynn.explain.sheet import ROOM, legend, nearest
from tinynn.explain.sources import Source
from tinynn.explain.words import Words

LINES = 50          # of the functions behind a kernel, so many lines are shown; the others are named
SHORT = 20          # the same of an elementwise kernel, which needs none
LETTERS = "xyz"     # what the inputs are called in a line of ops.def; `a` is the first attribute

say = Words({
    "There is no C kernel of this name: the op runs as its NumPy body.":
        "이 이름의 C 커널은 없습니다. 연산은 NumPy 본문으로 실행됩니다.",
    "The C sources are not in this installation.": "이 설치에는 C 소스가 없습니다.",
    "for every element: {line}": "원소마다: {line}",
    "where {names}": "여기서 {names}",
    "compiled for {name} of {types}": "컴파일된 자료형: {types} ({name}의 자료형)",
    "a view: no element moves, only shape and strides are described anew; any type":
        "뷰: 원소는 움직이지 않고 모양과 보폭만 새로 적습니다; 모든 자료형",
    "instruction set in use: {isa} (this machine runs {isas})":
        "사용 중인 명령어 집합: {isa} (이 기계에서 가능: {isas})",
    "{macro}, written out:": "{macro}, 펼친 것:",
    "T is the type of an element": "T는 원소의 자료형",
    "U is the unsigned type as wide as T, whose sums wrap round; T itself for floats":
        "U는 T와 너비가 같은 부호 없는 자료형 (합이 넘치면 0부터 다시 셉니다); 부동소수점이면 T 자신",
    "K(f) is f compiled for T and an instruction set": "K(f)는 T와 명령어 집합 하나를 위해 컴파일된 f",
    "VM(f) is the function f of one element": "VM(f)는 원소 하나의 함수 f",
    "TV is a vector of several T, V(f) the function f of vectors (csrc/simd.h)":
        "TV는 T 여러 개의 벡터, V(f)는 벡터의 함수 f (csrc/simd.h)",
    "inputs {n_in}, outputs {n_out} (-1: any number); shape of the result by {infer}":
        "입력 {n_in}, 출력 {n_out} (-1: 몇 개든); 결과의 모양: {infer}",
    "A is the type of a sum (double for floats)": "A는 합의 자료형 (부동소수점이면 double)",
})
NOTES = {r"\bT\b": "T is the type of an element",
         r"\bU\b": "U is the unsigned type as wide as T, whose sums wrap round; T itself for floats",
         r"\bA\b": "A is the type of a sum (double for floats)",
         r"\bK\(": "K(f) is f compiled for T and an instruction set",
         r"\bVM\(": "VM(f) is the function f of one element",
         r"\bTV\b|\bV\(": "TV is a vector of several T, V(f) the function f of vectors (csrc/simd.h)"}


def kernel_of(op, lang):
    """The parts of a `Section`: lists of lines and `Source`s."""
    if not op.native:
        return [[say(lang, "There is no C kernel of this name: the op runs as its NumPy body.")]]
    if csources.folder() is None:
        return [[say(lang, "The C sources are not in this installation.")]]
    row = csources.rows()[op.name]
    line = Source(re.sub(" +", " ", row.source.text), row.source.path, row.source.line)
    shown, named = behind(op.name)
    sources = _parts(shown, lang)
    said = " ".join([line.text, *[part.text for part in sources if isinstance(part, Source)]])
    notes = [say(lang, note) for symbol, note in NOTES.items() if re.search(symbol, said)]
    rows = [(csources.readable(name), piece.comment, piece.source.place) for name, piece in named.items()]
    return [line, [*_meaning(op, row, lang), *_where(op, row, lang)], *sources, legend(rows), notes]


def behind(name):
    """The pieces of C that a kernel is made of, and {name: piece} of what else they use."""
    row, pieces = csources.rows()[name], csources.pieces()

    def calls(piece):
        used = csources.used_by(piece)
        order = sorted(used, key=lambda other: not other.startswith(f"K({name}"))     # what is the op's own comes first
        own = "VM(" if row.elementwise else "K("
        return {other: (used[other], used[other].lines if other.startswith(own) else None) for other in order}

    if row.elementwise:
        shown, named = nearest(csources.Piece(row.source), calls, SHORT)
        return shown[1:], named
    shown, named = nearest(pieces[csources.entry_of(name)], calls, LINES)
    besides = {other: pieces[other] for other in row.arguments[4:] if other in pieces}
    return shown, {**besides, **named}


def _parts(shown, lang):
    """The pieces, and before those that a macro makes the line that it is written with."""
    parts, before = [], ""
    for piece in shown:
        if piece.origin not in ("", before):
            macro = re.sub(r"\s+", " ", piece.origin)
            macro = macro if len(macro) < ROOM - 20 else f"{macro.partition(',')[0]}, ...)"
            parts.append([say(lang, "{macro}, written out:", macro=macro)])
        parts.append(piece.source)
        before = piece.origin
    return parts


def _meaning(op, row, lang):
    """An elementwise line as a formula."""
    if not row.elementwise:
        return []
    names = [f"{letter} = {name}[i]" for letter, name in zip(LETTERS, op.inputs, strict=False)]
    if row.kind.endswith("_A"):
        names.append(f"a = {op.attributes[0]}")
    formula = f"out[i] = {csources.readable(row.arguments[0])}"
    return [*text.fold(say(lang, "for every element: {line}", line=formula), ROOM, "    "),
            *text.fold(say(lang, "where {names}", names=", ".join(names)), ROOM, "    ")]


def _where(op, row, lang):
    """The types and the instruction set that it is compiled for."""
    if row.kind == "VIEW":
        return [say(lang, "a view: no element moves, only shape and strides are described anew; any type")]
    deciding = op.inputs[int(row.arguments[2]) if row.kind == "KERNEL" and not op.variadic else 0]
    types = ", ".join(BY_CODE[code].name for code in _bridge.kernels()[op.name])
    counts = [say(lang, "inputs {n_in}, outputs {n_out} (-1: any number); shape of the result by {infer}",
                  n_in=row.arguments[0], n_out=row.arguments[1], infer=row.arguments[4])] if not row.elementwise else []
    return [*counts, say(lang, "compiled for {name} of {types}", name=deciding, types=types),
            say(lang, "instruction set in use: {isa} (this machine runs {isas})", isa=_bridge.isa(),
                isas=", ".join(_bridge.available_isas()))]
