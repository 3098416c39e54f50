"""Floor 6: the text of a function of Python, where it stands, and what it calls."""

import ast
import functools
import inspect
import pathlib
import re
import textwrap
import types
from dataclasses import dataclass

from tinynn.core.primitive import Primitive

PACKAGE = pathlib.Path(__file__).parents[1]


@dataclass(frozen=True)
class Source:
    """Lines of a file."""

    text: str
    path: str       # as tinynn/ops/linalg.py
    line: int       # of the first one

    @property
    def place(self):
        """As tinynn/ops/linalg.py:27, which editors and terminals open."""
        return f"{self.path}:{self.line}"


def shown_path(path):
    """A path as it is shown: from the package's name on, or from where Python was started."""
    path = pathlib.Path(path)
    for base in (PACKAGE.parent, pathlib.Path.cwd()):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return str(path)


@functools.lru_cache(1000)
def source_of(function, docstring=True):
    """The definition of a function, without its decorators; None where there is no text of it.

    Args:
        function: a plain function of Python; of one that wraps another, the other is meant.
        docstring: whether the docstring is a part.
    """
    function = inspect.unwrap(function)
    try:
        lines, first = inspect.getsourcelines(function)
        lines = textwrap.dedent("".join(lines)).splitlines()
        node = ast.parse("\n".join(lines)).body[0]
    except (OSError, TypeError, SyntaxError):   # compiled, or typed at a prompt
        return None
    if not isinstance(node, ast.FunctionDef):   # a lambda
        return None
    kept = set(range(node.lineno, node.end_lineno + 1))
    if not docstring and ast.get_docstring(node) is not None and len(node.body) > 1:
        kept -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    text = "\n".join(line for number, line in enumerate(lines, 1) if number in kept)
    return Source(text, shown_path(inspect.getsourcefile(function)), first + node.lineno - 1)


def called_by(function):
    """What of tinynn a function names, in order: {name as it is written: op or function}."""
    function = inspect.unwrap(function)
    source = source_of(function)
    if source is None:
        return {}
    nodes = sorted([n for n in ast.walk(ast.parse(source.text)) if isinstance(n, (ast.arg, ast.Name, ast.Attribute))],
                   key=lambda n: (n.lineno, n.col_offset, -n.end_col_offset))
    seen = {**function.__globals__, **_enclosed(function)}
    for node in nodes:      # its own variables hide what is outside
        if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)):
            seen.pop(node.arg if isinstance(node, ast.arg) else node.id, None)
    names = {}
    for node in nodes:
        value = _value_of(node, seen)
        if isinstance(value, Primitive) or (_is_function(value) and value.__module__.startswith("tinynn.")):
            names.setdefault(ast.unparse(node), value)
    return names


def _enclosed(function):
    """The variables of the functions around a function."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {name: cell.cell_contents for name, cell in cells}


def _value_of(node, names):
    """What a name, or an attribute of a module, stands for; None where it is not known without running anything."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        base = _value_of(node.value, names)
        return vars(base).get(node.attr) if isinstance(base, types.ModuleType) else None
    return None


def _is_function(value):
    """Whether it is a function, of Python or compiled."""
    return isinstance(value, types.FunctionType) or type(value).__name__ == "cython_function_or_method"


def paragraph(docstring):
    """The first paragraph of a docstring, in one line; Cython puts the signature before it."""
    paragraphs = re.sub(r"\A\w+\(.*\)\n", "", docstring or "").strip().split("\n\n")
    return " ".join(paragraphs[0].split())


def stands_for(function):
    """The op that a function of the same name puts the arguments in order for: `_matmul` for `matmul`; else None."""
    if not isinstance(function, types.FunctionType):
        return None
    function = inspect.unwrap(function)
    op = function.__globals__.get(f"_{function.__name__}")
    return op if isinstance(op, Primitive) else None


def said_of(value):
    """(what an op or a function computes, where it stands), in a line each."""
    op = value if isinstance(value, Primitive) else stands_for(value)
    source = source_of(op.body if op else value) if op or isinstance(value, types.FunctionType) else None
    return op.formula if op else paragraph(value.__doc__), source.place if source else value.__module__
