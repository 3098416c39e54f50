"""The threads of OpenMP wait for each other briefly, unless the environment says otherwise."""

import pytest
from processes import python

PROGRAM = "import tinynn, os; print(sorted({'GOMP_SPINCOUNT', 'OMP_WAIT_POLICY'} & set(os.environ)))"


@pytest.mark.parametrize(("environment", "told", "left"), [
    ({}, "GOMP_SPINCOUNT = '10000'", "[]"),
    ({"GOMP_SPINCOUNT": "77"}, "GOMP_SPINCOUNT = '77'", "['GOMP_SPINCOUNT']"),
    ({"OMP_WAIT_POLICY": "PASSIVE"}, "OMP_WAIT_POLICY = 'PASSIVE'", "['OMP_WAIT_POLICY']")])
def test_what_openmp_was_told(environment, told, left, monkeypatch):
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"OMP_DISPLAY_ENV": "verbose", **environment}.items():
        monkeypatch.setenv(name, value)
    output, shown = python("-c", PROGRAM)
    assert output.strip() == left
    if "GOMP_SPINCOUNT" not in shown:
        pytest.skip("the C part was not built with GCC's OpenMP")
    assert told in shown
