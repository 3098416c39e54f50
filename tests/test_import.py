"""`import tinynn`: light, quiet, and free of what it does not need."""

import pathlib

from processes import python

import tinynn


def test_prints_nothing():
    assert python("-W", "error", "-c", "import tinynn") == ("", "")


def test_imports_little():
    heavy = {"matplotlib", "tensorflow", "torch", "jax", "cupy", "scipy", "pandas", "Cython", "setuptools",
             "tinynn.keras", "tinynn.explain.ops", "tinynn.explain.text", "tinynn.data", "inspect", "asyncio"}
    numpys = set(python("-c", "import sys, numpy; print(*sys.modules)")[0].split())
    ours = set(python("-c", "import sys, tinynn; print(*sys.modules)")[0].split())
    assert not (ours - numpys) & heavy


def test_unbuilt_sources_say_what_to_do(tmp_path):
    package = pathlib.Path(tinynn.__file__).parent
    for path in package.rglob("*.py"):
        copy = tmp_path / "tinynn" / path.relative_to(package)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import tinynn"
    _, error = python("-c", code, code=1)
    assert "pip install -e ." in error.splitlines()[-1]
