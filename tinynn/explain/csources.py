"""Floor 6: the C sources: what they define, piece by piece, with macros written out."""

import functools
import re
import textwrap
from dataclasses import dataclass, replace

from tinynn.explain.sources import PACKAGE, Source, shown_path

ROW = re.compile(r"^((?:UNARY|BINARY)(?:_A)?|TERNARY|COMPARE|KERNEL|VIEW)\((\w+),\s*(.*)\)")
PER_TYPE = r"\b(?:K|VM|V)\(\w+\)"               # the name of something that there is once per element type
MACRO = re.compile(r"#define\s+(\w+)(?:\(([^)]*)\))?(.*)", re.S)
INVOCATION = re.compile(r"([A-Z][A-Z0-9_]*)\((.*)\)$", re.S)


@dataclass(frozen=True)
class Row:
    """A line of ops.def: UNARY(relu, FLOATS, x <= 0 ? (T)0 : x)."""

    kind: str
    arguments: tuple        # those after the name and the dtypes; of a VIEW, after the name
    source: Source

    @property
    def elementwise(self):
        """Whether the line is the kernel."""
        return self.kind not in ("KERNEL", "VIEW")


@dataclass(frozen=True)
class Piece:
    """A definition: a function, a type, a table."""

    source: Source          # with the comment above it
    comment: str = ""       # what is said of it, there or where it is declared, in one line
    origin: str = ""        # the invocation of a macro that it was written out from

    @property
    def lines(self):
        """How many it has."""
        return self.source.text.count("\n") + 1


def folder():
    """Where the C sources are: in the installed package, or beside it in a checkout; None where there are none."""
    for place in (PACKAGE / "csrc", PACKAGE.parent / "csrc"):
        if (place / "ops.def").is_file():
            return place
    return None


@functools.cache
def rows():
    """{kernel: its Row of ops.def}."""
    if folder() is None:
        return {}
    path, found = folder() / "ops.def", {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        match = ROW.match(line)
        if match:
            kind, name, rest = match.groups()
            after = rest.partition(",")[2].strip()
            arguments = [rest] if kind == "VIEW" else split(after) if kind == "KERNEL" else [after]
            found[name] = Row(kind, tuple(arguments), Source(line, shown_path(path), number))
    return found


@functools.cache
def pieces():
    """{name: Piece} of all that the C sources define, where K(name), VM(name) and V(name) are names as they stand.

    Where a name is defined in several ways (for floats and for whole numbers), the first is taken.
    """
    found, said, place = {}, {}, folder()
    for path in sorted(place.rglob("*.[ch]"), key=lambda p: (p.parent.name != "kernels", p)) if place else ():
        macros = {}
        for line, comment, code in chunks(path.read_text("utf-8")):
            _add(found, said, macros, Source(code, shown_path(path), line), comment, "")
    loops = {f"K({name}_row)": Piece(row.source) for name, row in rows().items() if row.elementwise}
    return {**loops, **{name: replace(piece, comment=_plain(said.get(name, ""))) for name, piece in found.items()}}


def _add(found, said, macros, source, comment, origin):
    """Adds one chunk: a macro to `macros`, anything else under its names to `found`, and to `said` the comment."""
    macro, invocation = MACRO.match(source.text), INVOCATION.match(source.text)
    if macro:
        name, parameters, body = macro.groups()
        body = "\n".join(line.rstrip("\\").rstrip() for line in body.split("\n"))
        macros[name] = (split(parameters or ""), _dedent(body))
    elif invocation and invocation[1] in macros:
        parameters, body = macros[invocation[1]]
        for _, inner, code in chunks(write_out(parameters, body, invocation[2])):
            _add(found, said, macros, Source(code, source.path, source.line), inner or comment, origin or source.text)
    else:
        text = f"{comment}\n{source.text}" if comment else source.text
        above = 0 if origin else text.count("\n") - source.text.count("\n")
        whole = Piece(Source(text, source.path, source.line - above), "", origin)
        for name in _names(source.text):
            if comment or "/*" in source.text.split("\n")[-1]:
                said.setdefault(name, comment or source.text.split("\n")[-1].partition("/*")[2])
            if "{" in source.text or "=" in source.text:        # otherwise it only declares
                found.setdefault(name, whole)


def write_out(parameters, body, arguments):
    """The body of a macro with its arguments in their places."""
    given = dict(zip(parameters, split(arguments, len(parameters)), strict=False))
    given["__VA_ARGS__"] = given.pop("...", "")
    symbols = re.compile(rf"/\*.*?\*/|\b(?:{'|'.join(given)})\b")      # a comment stays as it is
    lines = []
    for line in body.split("\n"):
        blanks = re.match(" *", line)[0]
        lines.append(symbols.sub(lambda match, blanks=blanks: _indented(given.get(match[0], match[0]), blanks), line))
    return re.sub(r"\s*##\s*", "", "\n".join(lines))


def _indented(text, blanks):
    """Lines of which the later ones begin with these blanks."""
    first, *others = text.split("\n")
    return "\n".join([first, *[blanks + line for line in textwrap.dedent("\n".join(others)).split("\n") if others]])


def split(text, most=None):
    """The arguments of a call, split at the commas outside of brackets; the last of `most` takes the rest."""
    parts, depth, part = [], 0, ""
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0 and len(parts) + 1 != most:
            parts.append(part.strip())
            part = ""
        else:
            part += letter
    return [*parts, part.strip()] if part.strip() or parts else parts


def chunks(text):
    """What stands at the top level of a file: (line, the comment above it, code)."""
    lines, at, comment = text.split("\n"), 0, ""
    while at < len(lines):
        first, line = at, lines[at]
        at += 1
        if line.startswith("/*"):
            while "*/" not in lines[at - 1]:
                at += 1
            comment = "\n".join(lines[first:at])
            continue
        if line.startswith("#define"):
            while lines[at - 1].endswith("\\"):
                at += 1
            yield first + 1, comment, "\n".join(lines[first:at])
        elif line[:1] not in ("", "#", " "):
            while not _complete(lines[first:at]) and at < len(lines):
                at += 1
            yield first + 1, comment, "\n".join(lines[first:at])
        comment = ""


def _complete(lines):
    """Whether a definition ends here: its brackets are closed, after a body, a semicolon or a macro's arguments."""
    code = re.sub(r"/\*.*?\*/", "", "\n".join(lines), flags=re.S).rstrip()
    balance = sum((c in "({") - (c in ")}") for c in code)
    return balance <= 0 and code.endswith(("}", ";", ")"))


def _plain(comment):
    """The first sentence of a comment, in one line; without the names of files."""
    text = " ".join(re.sub(r"^\s*/?\*+/?|\*/\s*$", "", line).strip() for line in comment.split("\n")).strip()
    text = re.sub(r"^([\w/]+\.[ch](, |: |$))+", "", text)
    return re.split(r"(?<=\.) ", text)[0]


def _dedent(body):
    """A macro's body as it would stand at the top level: less the four blanks of its lines."""
    return "\n".join(line[4:] if line.startswith("    ") else line.strip() for line in body.split("\n")).strip()


def _names(text):
    """The names that a chunk of code defines."""
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    head = re.split(r"[{;=]", code)[0]
    if head.strip() == "enum":
        return re.findall(PER_TYPE, code)
    function = re.search(rf"({PER_TYPE})\s*\(|\b(?!(?:K|VM|V)\()(\w+)\(", head)
    if function:
        return [function[1] or function[2]]
    return re.findall(PER_TYPE, head)[:1]


def used_by(piece):
    """The other pieces that a piece names, in order: {name: Piece}."""
    found = {}
    for name in re.findall(rf"{PER_TYPE}|\b\w+(?=\()", piece.source.text):
        other = pieces().get(name)
        shared = "(" in name or name.startswith(("tn_", "infer_"))      # other names are a file's own
        if other and other is not piece and (shared or other.source.path == piece.source.path):
            found[name] = other
    return found


def entry_of(kernel):
    """The name of the piece that a kernel begins with: K(name), or what describes the result of a view."""
    row = rows()[kernel]
    return row.arguments[0] if row.kind == "VIEW" else f"K({kernel})"


def readable(expression):
    """An expression of ops.def without its casts and per-type names: VM(exp)((T)2 * x) as exp(2 * x)."""
    plain = re.sub(r"\((?:T|U)\)\s*", "", expression)
    return re.sub(r"\b(?:K|VM)\((\w+)\)", r"\1", plain)
