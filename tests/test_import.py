"""`import tinynn`: light, quiet, and free of what it does not need."""

from processes import python


def test_prints_nothing():
    assert python("-W", "error", "-c", "import tinynn") == ("", "")


def test_imports_little():
    heavy = {"matplotlib", "tensorflow", "torch", "jax", "cupy", "scipy", "pandas", "Cython", "setuptools",
             "tinynn.keras", "tinynn.explain", "tinynn.data", "inspect", "asyncio"}
    numpys = set(python("-c", "import sys, numpy; print(*sys.modules)")[0].split())
    ours = set(python("-c", "import sys, tinynn; print(*sys.modules)")[0].split())
    assert not (ours - numpys) & heavy
