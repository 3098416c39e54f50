"""`import tinynn`: light, quiet, and free of what it does not need."""

import subprocess
import sys


def run(code):
    return subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120,
                          check=True)


def test_prints_nothing():
    done = run("import tinynn")
    assert done.stdout == ""
    assert done.stderr == ""


def test_imports_little():
    heavy = {"matplotlib", "tensorflow", "torch", "jax", "cupy", "scipy", "pandas", "Cython", "setuptools",
             "tinynn.keras", "tinynn.explain", "tinynn.data", "inspect", "asyncio"}
    numpys = set(run("import sys, numpy; print(*sys.modules)").stdout.split())
    ours = set(run("import sys, tinynn; print(*sys.modules)").stdout.split())
    assert not (ours - numpys) & heavy
