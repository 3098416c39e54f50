"""`tinynn bench`, with the engines that are always here."""

import csv
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from processes import python

from tinynn.cli import main
from tinynn.cli.bench.measuring import NAMES
from tinynn.cli.bench.rivals.engines import ENGINES
from tinynn.explain.text import WIDTH, width

ROOT = pathlib.Path(__file__).parents[3]


def bench(*arguments, code=0, **environment):
    """What `tinynn bench` wrote to stdout and stderr."""
    return python("-m", "tinynn", "bench", *arguments, code=code, **environment)


class Page(HTMLParser):
    """The cells of a page's tables, its charts, and whether its tags close."""

    def __init__(self, text):
        super().__init__()
        self.open, self.rows, self.charts, self.links = [], [], re.findall(r"<svg.*?</svg>", text, re.DOTALL), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        self.links += [value for name, value in attributes if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1].append(data)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One run on two numbers of threads, with all that it can write: (stdout, folder)."""
    folder = tmp_path_factory.mktemp("bench")
    out, error = bench("W3", "matmul-8x9x10", "--against", "numpy,sklearn,torch", "--rounds", "2", "--seconds", "0.01",
                       "--threads", "1,2", *(f"--{kind}={folder / name}" for kind, name in (
                           ("csv", "b.csv"), ("markdown", "b.md"), ("html", "b.html"), ("chart", "b.svg"))),
                       PYTHONPATH=os.environ.get("PYTHONPATH", ""))
    assert error == ""
    return out, folder


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_has_every_engine_and_what_was_measured_on(run):
    out, _ = run
    lines = out.splitlines()
    assert re.search(r"\d+ cores; .*; Python 3\.\d+\.\d+; rounds in turns: 2; \d{4}-\d\d-\d\d$", lines[0])
    for threads in ("1 thread", "2 threads"):
        assert sum(bool(re.fullmatch(rf"  (tinynn|numpy) .*, {threads}", line)) for line in lines) == 2
        assert any(line.startswith("W3: ") and line.endswith(threads) for line in lines)
    assert lines.count("8x9x10") == 2
    assert sum(line.startswith("tinynn  ") and "1.00x" in line for line in lines) == 4
    assert sum(line.startswith("numpy ") and "█" in line for line in lines) == 4
    assert max(map(width, lines)) <= WIDTH


def test_the_csv_has_the_figures(run):
    rows = rows_of(run[1] / "b.csv")
    assert [(r["workload"], r["threads"]) for r in rows[::2]] == [("W3", "1"), ("8x9x10", "1"), ("W3", "2"),
                                                                  ("8x9x10", "2")]
    for row in rows:
        least, median, most = (float(row[name]) for name in ("min_us", "median_us", "max_us"))
        assert 0 < least <= median <= most
        assert median == pytest.approx((least + most) / 2)      # of two rounds
        own = next(r for r in rows if (r["workload"], r["threads"], r["engine"]) ==
                   (row["workload"], row["threads"], "tinynn"))
        assert float(row["to_tinynn"]) == pytest.approx(median / float(own["median_us"]))
        assert (row["rounds"], row["failed"]) == ("2", "")
    losses = [float(row["value"]) for row in rows if row["check"] == "loss"]
    assert losses == pytest.approx([losses[0]] * 4, rel=1e-4)


def test_markdown_has_the_same_rows(run):
    text = (run[1] / "b.md").read_text(encoding="utf-8")
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) == 4
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1
    for row in rows_of(run[1] / "b.csv"):
        assert re.search(rf"^\| {row['engine']} \|", text, re.MULTILINE)


def test_the_page_needs_nothing_else_and_has_every_row(run):
    text = (run[1] / "b.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert page.links == []
    assert not re.search(r"url\(|@import|<script", text)
    assert [row[0] for row in page.rows if row[0] in ENGINES].count("tinynn") == 4
    assert len({len(row) for row in page.rows if row[0] == "tinynn"}) == 2       # GFLOP/s stand with products alone
    assert len(page.charts) == 4
    assert "prefers-color-scheme: dark" in text
    for chart in page.charts:
        texts = [e.text for e in ET.fromstring(chart).iter("{http://www.w3.org/2000/svg}text")]
        assert {"tinynn", "numpy"} <= set(texts)


def test_the_chart_is_an_svg_of_all_bars(run):
    drawing = ET.parse(run[1] / "b.svg").getroot()
    texts = [e.text for e in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("tinynn") == 4
    assert "W3, 1 thread" in texts
    assert "matmul 8x9x10, 2 threads" in texts


def test_peers_that_are_not_here_are_named_and_skipped(tmp_path):
    nothing = tmp_path / "python"
    nothing.write_text(f"#!/bin/sh\nexec {sys.executable} -S -I -c 'import torch'\n")
    nothing.chmod(0o755)
    nowhere = tmp_path / "nothing_here"
    nowhere.write_text(f"#!{sys.executable}\nimport sys\nsys.exit(3)\n")
    nowhere.chmod(0o755)
    out, _ = bench("W2", "--against", "torch,jax,sklearn", "--rounds", "1", "--seconds", "0.01",
                   "--python", f"jax={nowhere}", "--python", f"torch={nothing}")
    assert f"jax: not installed here: {nowhere} -m pip install jax, or --python jax=PATH" in " ".join(out.split())
    assert "torch: did not start: ModuleNotFoundError: No module named 'torch'" in out
    assert "sklearn: does none of these workloads" in out
    assert "1.00x" in out


def test_a_device_that_was_asked_for_is_said_and_its_memory_told(tmp_path):
    out, _ = bench("W2", "--device", "cpu", "--against", "numpy", "--rounds", "1", "--seconds", "0.01",
                   f"--csv={tmp_path / 'b.csv'}")
    assert re.search(r"^W2: .*; CPU:0$", out, re.MULTILINE)
    assert "Training on CPU:0: " in out
    assert re.search(r"^µs per step .* loss  on device, MB$", out, re.MULTILINE)
    assert max(map(width, out.splitlines())) <= WIDTH
    rows = {row["engine"]: row for row in rows_of(tmp_path / "b.csv")}
    assert {row["device"] for row in rows.values()} == {"CPU:0"}
    assert float(rows["tinynn"]["held_bytes"]) > 4 * 17       # W2's parameters
    assert rows["numpy"]["held_bytes"] == ""


def test_without_a_gpu_each_engine_says_why():
    out, error = bench("--device", "GPU:0", "--against", "numpy,torch", code=1, CUDA_VISIBLE_DEVICES="-1")
    assert error == ""
    text = " ".join(out.split())
    assert "numpy: computes on the processor only" in text
    assert "tinynn: did not start: tinynn.backends.gpu.NoGPU: " in text
    assert "per step" not in text


@pytest.mark.parametrize(("arguments", "reason"), [
    (["W1", "--device", "TPU:0"], "a device is named as in 'GPU:0' or '/device:CPU:0', got 'TPU:0'"),
    (["W1", "matmul", "--device", "GPU:0"], "--device is for training, 32x64x128 is no such workload"),
    (["W9"], "no workload 'W9'; did you mean 'W"),
    (["w4"], "did you mean 'W4'?"),
    (["torch"], "--against torch"),
    (["--against", "tensorflw"], "no engine 'tensorflw'; did you mean 'tensorflow'?"),
    (["--threads", "1,0"], "'1,0', expected whole numbers above 0"),
    (["--rounds", "0"], "--rounds 0"),
    (["--python", "torch"], "'torch', expected ENGINE=PATH"),
    (["--python", "torch=/none/python"], "no interpreter '/none/python' for torch"),
    (["--csv", "/none/b.csv"], "cannot write '/none/b.csv'"),
    (["--chart", "b.gif"], "'b.gif', expected a name that ends in .svg"),
])
def test_a_wrong_command_line_is_explained(arguments, reason, capsys):
    assert main(["bench", *arguments]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert reason in error
    assert error.startswith("tinynn bench: ")


def test_a_picture_without_matplotlib_is_refused_before_anything_is_measured(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["bench", "W1", "--chart", "b.png"]) == 2
    assert 'pip install "tinynn-engine[plot]"' in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_list_has_a_line_for_each(lang, capsys, monkeypatch):
    monkeypatch.setenv("TINYNN_LANG", lang)
    assert main(["bench", "--list"]) == 0
    out = capsys.readouterr().out
    assert max(map(width, out.splitlines())) <= WIDTH
    for name in [*NAMES, *ENGINES]:
        assert len(re.findall(rf"^  {name} .", out, re.MULTILINE)) == 1
    assert ("작업" in out) == (lang == "ko")
    assert lang == "ko" or indented(out) in (ROOT / "docs" / "benchmarks.md").read_text()


def indented(text):
    return "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())


def test_korean():
    out, _ = bench("W2", "--against", "numpy", "--rounds", "1", "--seconds", "0.01", TINYNN_LANG="ko")
    assert "중앙값" in out
    assert "tinynn 시간의" in out
    assert max(map(width, out.splitlines())) <= WIDTH


def test_ctrl_c_prints_what_there_is_and_leaves_no_child(tmp_path):
    ours, theirs = pty.openpty()        # progress is told to a terminal only
    command = [sys.executable, "-m", "tinynn", "bench", "W2", "--against", "numpy", "--rounds", "100000", "--seconds",
               "0.01", f"--csv={tmp_path / 'b.csv'}"]
    # elsewhere than beside the source, which may not be built
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True, cwd=tmp_path)
    os.close(theirs)
    told = b""
    while b"round 3 of 100000" not in told:
        told += os.read(ours, 1000)
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 130
    assert len(children) == 2
    assert not [child for child in children if os.path.exists(f"/proc/{child}")]
    assert re.search(r"^tinynn .* 1\.00x", out, re.MULTILINE)
    assert {row["engine"] for row in rows_of(tmp_path / "b.csv")} == {"tinynn", "numpy"}
