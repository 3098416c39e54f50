"""Programs in a page: lines behind `>>>`, and below them what they print, which a run must print as well.

A block that begins with a comment such as

    >>> # apple.py
    >>> import tinynn as tf
    >>> tf.ones(2).shape
    TensorShape([2])

begins a program of that name, or goes on with it; so do the blocks after it that name none. A run is as that of a file
of these lines, of which `apple.py:2` is the import. What it prints may hold empty lines, and "..." for any text.
Numbers may differ in their last digits, since other instruction sets round otherwise, and columns with them. Warnings
and errors are printed as in a terminal.

    python tests/support/pages.py docs/backprop.md      exits with 1 where something else is printed
"""

import contextlib
import doctest
import importlib.util
import io
import linecache
import pathlib
import re
import sys
import traceback
import warnings
from dataclasses import dataclass, field

TOLERANCE = 1e-3        # relative, of numbers that have a point or an exponent
_WORD = re.compile(r"\.\.\.|(?<![A-Za-z0-9_.])[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?(?![A-Za-z0-9_])|\w+|\S")
_BLOCK = re.compile(r"```python\n(>>> .*?)```", re.DOTALL)
_NAME = re.compile(r">>> # (\w+\.py)\b")


class Checker(doctest.OutputChecker):
    """Compares outputs word by word: blanks do not count, and numbers need only be nearly the same."""

    def check_output(self, want, got, optionflags=0):
        """Whether an output is the one that is wanted."""
        parts, words = [[]], _WORD.findall(got)
        for word in _WORD.findall(want):
            if word == "...":
                parts.append([])
            else:
                parts[-1].append(word)
        if len(parts) == 1:
            return _same(parts[0], words)
        first, *middle, last = parts
        at, end = len(first), len(words) - len(last)
        for part in middle:     # each at the first place where it fits, as leaves most room for the others
            places = range(at, end - len(part) + 1)
            at = next((i + len(part) for i in places if _same(part, words[i:i + len(part)])), end + 1)
        return at <= end and _same(first, words[:len(first)]) and _same(last, words[end:])


def _same(want, got):
    return len(want) == len(got) and all(map(_alike, want, got))


def _alike(want, got):
    """Whether two words are the same, or numbers that differ by no more than rounding."""
    if want == got:
        return True
    try:
        a, b = float(want), float(got)
    except ValueError:
        return False
    exact = not any(mark in word for word in (want, got) for mark in ".e")
    return not exact and abs(a - b) <= TOLERANCE * max(abs(a), abs(b))


@dataclass
class Statement:
    """A statement, its line in the program and in the page, and the output that is wanted."""

    line: int
    page_line: int
    source: str = ""
    wanted: str = ""


@dataclass
class Program:
    """The blocks of a page that are one program."""

    name: str
    lines: list = field(default_factory=list)
    statements: list = field(default_factory=list)

    def add(self, block, page_line):
        """A block that begins at a line of the page."""
        printed = False
        for number, text in enumerate(block.splitlines(), page_line):
            begins = text.startswith(">>> ")
            printed = not begins and (printed or not text.startswith("... "))
            if printed:
                self.statements[-1].wanted += text + "\n"
                continue
            self.lines.append(text[4:] + "\n")
            if begins:
                self.statements.append(Statement(len(self.lines), number))
            self.statements[-1].source += self.lines[-1]

    def run(self):
        """Runs it: (statement, output) one after the other."""
        linecache.cache[self.name] = (0, None, self.lines, self.name)
        names = {"__name__": "__main__"}
        for statement in self.statements:
            if not statement.source.startswith("#"):
                padded = "\n" * (statement.line - 1) + statement.source
                yield statement, _printed(compile(padded, self.name, "single"), names)


def _printed(code, names):
    """What a statement prints when it runs."""
    with contextlib.redirect_stdout(io.StringIO()) as out, warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda *what: print(warnings.formatwarning(*what[:4]), end="")
        try:
            exec(code, names)
        except Exception as error:
            print("".join(traceback.format_exception_only(error)), end="")
    return out.getvalue()


def programs(page):
    """The Programs of a page, which is a text."""
    found, name = {}, "example.py"
    for block in _BLOCK.finditer(page):
        named = _NAME.match(block[1])
        name = named[1] if named else name
        found.setdefault(name, Program(name)).add(block[1], page.count("\n", 0, block.start(1)) + 1)
    return list(found.values())


def differences(path):
    """Per statement of a page that prints something else than is wanted: a text that shows it."""
    checker, flags = Checker(), doctest.REPORT_NDIFF | doctest.DONT_ACCEPT_BLANKLINE
    for program in programs(pathlib.Path(path).read_text(encoding="utf-8")):
        if "plot" in "".join(program.lines) and importlib.util.find_spec("matplotlib") is None:
            continue
        for statement, got in program.run():
            if not checker.check_output(statement.wanted, got):
                shown = checker.output_difference(doctest.Example(statement.source, statement.wanted), got, flags)
                yield f"{path}:{statement.page_line}: {statement.source}{shown}"


if __name__ == "__main__":
    sys.exit("\n".join(differences(sys.argv[1])) or 0)
