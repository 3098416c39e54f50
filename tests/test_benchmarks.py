"""The scripts of benchmarks/ are thin, and keep their command lines."""

import csv
import importlib
import pathlib
import sys
from collections import defaultdict

import pytest
from processes import python

FOLDER = pathlib.Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """Imports a script of the folder, which is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for path in FOLDER.glob("*.py"):
        monkeypatch.delitem(sys.modules, path.stem, raising=False)
    yield importlib.import_module
    for path in FOLDER.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.mark.parametrize("name", ["kernels", "overhead", "predict", "convolution", "scaling", "memory", "train_step"])
def test_a_script_has_its_command_line(name, script, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--help"])
    with pytest.raises(SystemExit) as end:
        script(name).main()
    assert end.value.code == 0
    assert f"python benchmarks/{name}.py" in capsys.readouterr().out


def test_train_step_prints_a_table_with_the_floor(script, monkeypatch, capsys, tmp_path):
    path = tmp_path / "steps.csv"
    monkeypatch.setattr(script("peak"), "measure", lambda threads: defaultdict(float, {
        ("fma", "float32", sys.modules["tinynn"]._bridge.isa(), 1): 1.0, ("memory", "copy", "-", 1): 1.0}))
    monkeypatch.setattr(sys, "argv", ["train_step.py", "--only", "W3", "--engines", "tinynn", "numpy", "--rounds", "1",
                                      "--threads", "1", "--csv", str(path)])
    script("train_step").main()
    out = capsys.readouterr().out
    assert "W3: 2-1, batch 2000 of 2000, sgd" in out
    assert "floor 16.0 us: multiply-adds 16.0, memory 0.00000" in out       # 2 * 2 * 2000 * 2 * 1 at 1 GFLOP/s
    with path.open() as file:
        lines = list(csv.DictReader(file))
    assert {line["engine"] for line in lines} == {"tinynn", "numpy"}
    assert all(float(line["rss_last"]) > 1 << 20 for line in lines)


def test_a_script_of_engines_prints_their_table():
    out, _ = python(FOLDER / "overhead.py", "--engines", "tinynn", "numpy", "--rounds", "1", "--threads", "1")
    head, engines = out.split("\n\n")[0].splitlines()[1:], out.split("microseconds")[1].split("\n")[0].split()
    assert [line.split(":")[0].strip() for line in head] == ["tinynn", "numpy"]
    assert engines == ["tinynn", "numpy"]
