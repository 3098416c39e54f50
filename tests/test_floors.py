"""Imports point down: the floors of docs/architecture.md, checked by reading every import of the package."""

import ast
import pathlib
import re

import pytest

import tinynn

PACKAGE = pathlib.Path(tinynn.__file__).parent
FLOORS = [
    ["_bridge"],
    ["core"],
    ["backends"],
    ["autodiff"],
    ["ops"],
    ["graph"],
    ["nn", "math", "random", "linalg", "data"],
    ["explain", "plot"],
    ["keras"],
    ["interop", "cli", "testing", "compat", "__init__", "__main__"],
]
FLOOR_OF = {name: i for i, names in enumerate(FLOORS) for name in names}
FILES = sorted(p for p in PACKAGE.rglob("*.py*") if p.suffix in (".py", ".pyx", ".pxd"))


def part(module):
    """The floor's name that a module below tinynn belongs to."""
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else "__init__"


def module_of(path):
    pieces = list(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    return ".".join(pieces)


def imported(path):
    """The tinynn modules that a file imports, wherever in the file."""
    text = path.read_text()
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                yield from (a.name for a in node.names if a.name.split(".")[0] == "tinynn")
            elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "tinynn":
                yield from (f"{node.module}.{a.name}" if node.module == "tinynn" else node.module for a in node.names)
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"
    else:
        for match in re.finditer(r"^\s*from (tinynn[\w.]*) c?import (\w+)", text, re.M):
            yield f"{match[1]}.{match[2]}" if match[1] == "tinynn" else match[1]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path):
    here = part(module_of(path))
    for module in imported(path):
        there = part(module)
        assert there in FLOOR_OF, f"{path} imports {module}, which stands on no floor"
        assert FLOOR_OF[there] <= FLOOR_OF[here], f"{path} (floor {FLOOR_OF[here]}) climbs to {module}"


def test_every_part_stands_on_a_floor():
    for path in PACKAGE.iterdir():
        if (path.is_dir() and any(path.rglob("*.py"))) or path.suffix in (".py", ".pyx"):
            assert path.stem in FLOOR_OF, f"{path.name} stands on no floor"


def test_c_library_knows_no_python():
    files = list((pathlib.Path(__file__).parent.parent / "csrc").rglob("*.[ch]"))
    assert files
    for path in files:
        assert "Python.h" not in path.read_text(), path
