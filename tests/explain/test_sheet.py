"""Prose and source as text: what is wide is broken, and nothing is lost."""

import numpy as np

from tinynn.explain import text
from tinynn.explain.sheet import ROOM, Section, Sheet, legend, nearest
from tinynn.explain.sources import Source


def shown(*parts):
    return str(Sheet("f(x)", "", "", [Section("Title", list(parts))])).split("\n")


def test_paragraphs_are_folded_one_by_one():
    lines = str(Sheet("f(x)", "y = x", "one " * 40 + "\n\ntwo", [])).split("\n")
    assert lines[:3] == ["f(x)", "", "    y = x"]
    assert lines[-1] == "    two"
    assert all(len(line) <= text.WIDTH for line in lines)
    assert sum(line.split().count("one") for line in lines) == 40


def test_source_keeps_its_blanks():
    lines = shown(Source("def f(x):\n    return x", "a.py", 3))
    assert lines == ["f(x)", "", "Title", "", "    a.py:3", "    def f(x):", "        return x"]


def test_wide_source_stands_further_left():
    assert shown(Source("x" * 118, "a.py", 3))[-1] == "  " + "x" * 118
    assert shown(Source("x" * 120, "a.py", 3))[-1] == "x" * 120


def test_source_that_is_too_wide_is_broken_at_blanks():
    lines = shown(Source("    " + "word " * 40, "a.c", 3))[5:]
    assert len(lines) == 2
    assert all(len(line) <= 120 for line in lines)
    assert lines[1].index("word") > lines[0].index("word")


def test_legend_folds_what_is_long():
    lines = legend([("f", "words " * 30, "a.py:1"), ("longer", "", "b.py:22")])
    assert all(len(line) <= ROOM for line in lines)
    assert sum(line.split().count("words") for line in lines) == 30
    assert lines[0].endswith("a.py:1")
    assert lines[-1].split() == ["longer", "b.py:22"]


def test_nearest_shows_near_things_first_and_names_the_rest():
    graph = {"a": {"b": 5, "c": 50, "d": None}, "b": {"e": 6, "a": 1}, "e": {"c": 1, "f": 1}, "f": {}}
    calls = lambda name: {other: (other, lines) for other, lines in graph[name].items()}
    assert nearest("a", calls, 11) == (["a", "b", "e"], {"c": "c", "d": "d", "f": "f"})


def test_block():
    assert text.block(np.float32(2.5)) == ["2.5"]
    assert text.block([1.0, -0.25]) == ["[1, -0.25]"]
    assert text.block([[1.0, -0.25], [100.0, 2.0]]) == ["[[    1, -0.25],", " [  100,     2]]"]
    assert text.block(np.zeros((0, 3))) == ["[]"]
    assert len(text.block(np.ones((10, 10)))) == 1
