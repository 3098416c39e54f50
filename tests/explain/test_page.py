"""The page of a trace, before a browser shows it: its numbers, its words, and what it leaves out."""

import json
import re
import sys
from html.parser import HTMLParser
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest
import traces

import tinynn as tf
from tinynn.explain.page import framed, page
from tinynn.explain.page.arrays import View
from tinynn.explain.page.graph import Graph
from tinynn.explain.page.story import MOST, Story, call
from tinynn.explain.page.words import say
from tinynn.explain.trace import Trace

SOURCES = {path.name: path.read_text(encoding="utf-8") for path in files("tinynn.explain.page").iterdir()
           if path.name.endswith((".js", ".html", ".css", ".py"))}


class Elements(HTMLParser):
    """The elements of a page: [(tag, attributes)], and the text in each kind of element."""

    def __init__(self, html):
        super().__init__()
        self.found, self.texts, self.inside = [], {}, []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, text):
        self.texts.setdefault(self.inside[-1] if self.inside else "", []).append(text)


def told(html):
    """The story in a page."""
    return json.loads(re.search(r'<script type="application/json" id="story">(.*?)</script>', html, re.S)[1])


def near(text, number):
    """Whether a text is a number to its four digits."""
    return np.isclose(float(text), number, rtol=6e-4, atol=1e-12)


def placed(array):
    """{cell: text} of an array of a story."""
    width = array["shape"][-1] if array["shape"] else 1
    return {r * width + c: array["text"][r * array["columns"] + c]
            for r in range(array["rows"]) for c in range(array["columns"])}


# ---- numbers ---------------------------------------------------------------------------------------------------------


def test_the_gradients_are_those_of_central_differences():
    trace = traces.line()
    story = Story(trace).json()
    for check in traces.line_checks(trace):
        node = story["nodes"][story["sources"][trace.sources.index(check.node)]]
        cell = int(np.ravel_multi_index(check.place, check.node.shape))
        assert near(placed(story["arrays"][node["slope"]])[cell], check.measured) or abs(check.measured) < 1e-6


@pytest.mark.parametrize("make", traces.ALL, ids=lambda f: f.__name__)
def test_products_add_up_to_the_entry_that_they_explain(make):
    """The texts of the page are multiplied and added here once more."""
    story, seen = Story(make()).json(), 0
    for moment in story["moments"]:
        for pull in moment.get("pulls", ()):
            seen += _sums(placed(story["arrays"][pull["given"]]), pull["terms"]) if pull["terms"] != "rule" else 1
        if (moment.get("work") or {}).get("kind") == "products":
            outputs = story["steps"][moment["step"]]["outputs"]
            for k, node in enumerate(outputs):
                terms = {int(key[2:]): found for key, found in moment["work"]["cells"].items() if key[0] == str(k)}
                seen += _sums(placed(story["arrays"][story["nodes"][node]["value"]]), terms)
    assert seen or make is traces.unconnected


def _sums(cells, terms):
    assert set(terms) == set(cells)
    for cell, text in cells.items():
        if not np.isfinite(float(text)):
            continue
        products = [float(term[-1]) for term in terms[cell]]
        for *_, a, b, product in (term for term in terms[cell] if len(term) > 2):
            assert np.isclose(float(a) * float(b), float(product), rtol=2e-3, atol=1e-12)
        assert np.isclose(sum(products), float(text), rtol=2e-3, atol=2e-3 * sum(map(abs, products)) + 1e-30)
    return len(cells)


def test_a_gradient_says_which_entries_it_came_from():
    """dL/dW[i, j] of matmul comes from column j of dL/dy alone, times x[:, i]."""
    trace = traces.xor()
    story = Story(trace).json()
    last = next(m for m in reversed(story["moments"]) if m["way"] == "backward")
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    for cell, terms in last["pulls"][0]["terms"].items():
        i, j = divmod(cell, 4)
        assert [[term[1], float(term[3])] for term in terms] == [[4 * n + j, 1.0] for n in range(4) if x[n, i]]


def test_a_product_says_which_entries_it_came_from():
    story = Story(traces.xor()).json()
    work = story["moments"][1]["work"]
    assert work["kind"] == "products"
    assert [term[:2] for term in work["cells"]["0:13"]] == [[0, 6], [0, 7]]     # t1[3, 1] from x[3, :]
    assert work["also"]["0:13"] == [[1, 1], [1, 5]]                             # and W1[:, 1]


def test_an_elementwise_op_says_what_goes_into_its_formula():
    story = Story(traces.line()).json()
    moments = [m for m in story["moments"] if m["way"] == "forward"]
    assert moments[1]["work"] == {"kind": "entries", "cells": {"0:0": [[0, 0, "4"], [1, 0, "0.5"]],
                                                               "0:1": [[0, 1, "-2"], [1, 1, "0.25"]]}}
    assert moments[2]["work"]["cells"]["0:1"] == [[0, 1, "-1.75"]]              # though relu is flat there


def test_the_moments_are_the_steps_and_then_the_walk_back():
    trace = traces.xor()
    moments = Story(trace).moments
    assert [m["way"] for m in moments] == ["start", *["forward"] * 9, *["backward"] * 9, "end"]
    assert [m["step"] for m in moments[1:10]] == list(range(9))
    assert [m["step"] for m in moments[10:19]] == list(range(9))[::-1]
    assert [m["number"] for m in moments[1:19]] == [*range(1, 10), *range(1, 10)]


def test_parts_of_a_gradient_are_counted():
    """x is read by a sine, a cosine and a sum."""
    story = Story(traces.diamonds(4)).json()
    x = story["sources"][0]
    parts = [pull["part"] for m in story["moments"] for pull in m.get("pulls", ()) if pull["node"] == x]
    assert parts == [[1, 3], [2, 3], [3, 3]]


def test_the_number_to_guess_is_a_clear_one():
    story = Story(traces.line()).json()
    first, last = story["moments"][1], story["moments"][-2]
    assert list(first["guess"]) == [0, 0]
    k, cell = last["guess"]
    assert placed(story["arrays"][last["pulls"][k]["given"]])[cell] == "3.5"


def test_numbers_that_are_not_finite_are_neither_coloured_nor_asked_for():
    story = Story(traces.unbounded()).json()
    arrays = [array for array in story["arrays"] if "nan" in array["text"]]
    assert arrays
    for array in story["arrays"]:
        for text, heat in zip(array["text"], array["heat"], strict=True):
            assert (heat is None) == (text in ("nan", "inf", "-inf"))
    for moment in story["moments"]:
        if moment["way"] == "forward":
            k, cell = moment["guess"] or (None, None)
            node = story["nodes"][story["steps"][moment["step"]]["outputs"][k or 0]]
            assert k is None or np.isfinite(float(placed(story["arrays"][node["value"]])[cell]))


def test_a_rule_that_leaves_the_tape_is_not_given_products():
    trace = traces.own_gradient()
    np.testing.assert_array_equal(trace.sources[0].slope, [5.0, 5.0])
    told = [pull["terms"] for m in Story(trace).moments for pull in m.get("pulls", ()) if pull["node"] == 0]
    assert told[0] == "rule"
    assert [term[-1] for term in told[1][1]] == ["2"]


def test_heat_is_in_percent_of_the_largest():
    view = View.of(np.array([[1.0, -4.0], [0.0, np.inf]])).json()
    assert view["heat"] == [25, -100, 0, None]
    assert View.of(np.array([True, False])).json()["heat"] == [0, 0]


@pytest.mark.parametrize(("shape", "rows", "columns"), [
    ((), 1, 1), ((10,), 1, 10), ((11,), 1, 6), ((12, 10), 12, 10), ((13, 10), 6, 10), ((2, 3, 4), 6, 4),
    ((0,), 1, 0), ((0, 3), 0, 3), ((3, 0), 3, 0)])
def test_arrays_are_cut_where_they_are_large(shape, rows, columns):
    values = np.arange(int(np.prod(shape)), dtype="float32").reshape(shape)
    view = View.of(values)
    described = view.json()
    assert (described["rows"], described["columns"]) == (rows, columns)
    assert [float(t) for t in described["text"]] == [float(values[view.place(cell)]) for cell in view.cells]
    assert ("facts" in described) == (rows * columns < values.size)


# ---- the file --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", traces.ALL, ids=lambda f: f.__name__)
def test_a_page_stands_alone(make):
    html = page(make())
    elements = Elements(html)
    assert not re.search(r"https?://|//[a-z]+\.|@import|url\((?!#)", html)
    assert {"link", "img", "iframe", "object"}.isdisjoint({tag for tag, _ in elements.found})
    assert [attributes.get("src") for tag, attributes in elements.found if tag == "script"] == [None, None]
    assert not re.search(r"\{\{.*?\}\}", html)
    identities = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(identities) == len(set(identities))
    policy = next(a["content"] for t, a in elements.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_a_small_trace_makes_a_small_file():
    assert len(page(traces.xor()).encode()) < 150_000
    assert len(page(traces.fall()).encode()) < 80_000


def test_names_are_text_and_nothing_else():
    trace = traces.hostile()
    html = page(trace, title="<b>&amp;</b>")
    elements = Elements(html)
    assert sum(tag == "script" for tag, _ in elements.found) == 2
    assert "img" not in [tag for tag, _ in elements.found] and "b" not in [tag for tag, _ in elements.found]
    assert {node["name"] for node in told(html)["nodes"]} >= {node.name for node in trace.sources}
    assert "<b>&amp;</b>" in elements.texts["h1"]


def test_the_list_of_steps_stands_in_the_file_itself():
    """What is read where no script runs."""
    trace = traces.line()
    text = "".join(Elements(page(trace)).texts["code"])
    for step in trace.steps:
        assert call(step) in text
    assert "matmul: ∂loss/∂W" in text


def test_the_program_is_named_without_its_folder():
    step = told(page(traces.line()))["steps"][0]
    assert step["place"]["file"] == "traces.py"
    assert step["place"]["code"] == "p = tf.nn.relu(tf.matmul(x, W) + b)"
    assert step["call"] == "t1 = matmul(x, W)"


def test_letters_of_a_formula_are_named():
    steps = told(page(traces.line()))["steps"]
    assert steps[0]["letters"] == [["a", "x"], ["b", "W"], ["c", "t1"]]
    assert steps[2]["letters"] == [["x", "t2"], ["y", "p"]]


def test_a_frame_holds_the_page():
    html = page(traces.fall())
    (tag, attributes), = Elements(framed(html, height=500)).found
    assert tag == "iframe" and attributes["srcdoc"] == html and "500px" in attributes["style"]
    assert attributes["sandbox"] == "allow-scripts"


def test_a_target_that_is_its_own_source_has_no_steps():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
    story = told(page(Trace(tape, x, [x])))
    assert [m["way"] for m in story["moments"]] == ["start", "end"]
    assert story["arrays"][story["nodes"][0]["slope"]]["text"] == ["1", "1"]


def test_a_target_that_no_source_leads_to():
    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = tf.constant(3.0) * 2.0
    story = told(page(Trace(tape, y, [x])))
    assert [m["way"] for m in story["moments"]] == ["start", "end"] and story["nodes"][0]["slope"] is None


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_numbers_of_any_precision_are_explained(dtype):
    x = tf.Variable(np.linspace(-1, 1, 12).reshape(3, 4), dtype=dtype)
    with tf.GradientTape() as tape:
        y = tf.reduce_mean(tf.matmul(x, x, transpose_b=True))
    for moment in told(page(Trace(tape, y, [x])))["moments"]:
        assert all(isinstance(pull["terms"], dict) for pull in moment.get("pulls", ()))
        assert moment.get("work", {"kind": "products"})["kind"] == "products"


def test_empty_arrays():
    x = tf.Variable(tf.zeros((0, 3)))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(x * 2.0)
    story = told(page(Trace(tape, y, [x], sys._getframe())))
    assert story["arrays"][story["nodes"][story["sources"][0]]["slope"]]["text"] == []


# ---- checks ----------------------------------------------------------------------------------------------------------


def test_an_op_wears_a_badge_where_its_gradient_was_checked():
    trace = traces.line()
    svg = Graph(Story(trace, traces.line_checks(trace)), "en").svg
    boxes = dict(re.findall(r'<g class="(?:op|leaf \w+)"[^>]*><title>([^<]*)</title>(.*?)<g class="arrived">', svg))
    assert {name for name, box in boxes.items() if "badge good" in box} == {
        "W", "b", "t1 = matmul(x, W)", "t2 = add(t1, b)"}
    assert "badge" not in Graph(Story(trace), "en").svg
    assert Graph(Story(trace, traces.line_checks(trace, wrong=True)), "en").svg.count("badge poor") == 4


def test_checks_are_listed_with_what_was_measured():
    trace = traces.line()
    story = told(page(trace, checks=traces.line_checks(trace)))
    W = story["nodes"][story["sources"][0]]
    assert W["checks"][0][:2] == ["[0, 0]", "3.5"] and W["checks"][0][3] is True
    assert float(W["checks"][0][2]) == pytest.approx(3.5, abs=1e-4)
    assert [step["checked"] for step in story["steps"]] == [[4, 4], [2, 2], *[[0, 0]] * 4]
    assert "differs from" in page(trace, checks=traces.line_checks(trace, wrong=True)).split("<script")[0]


# ---- large ones ------------------------------------------------------------------------------------------------------


def notes(html):
    return re.findall(r'<p class="note" data-en="([^"]*)"', html.split("</noscript>")[1])


def test_a_page_says_what_it_leaves_out():
    assert notes(page(traces.line())) == []
    assert notes(page(traces.classifier())) == ["Large arrays are summarised: their first rows and columns, and "
                                                "figures of all entries."]
    assert notes(page(traces.chain(20))) == ["Drawn anew beside each op that reads it: w."]
    html = page(traces.chain(MOST + 100))
    assert "100 of the 500 steps are left out, in the middle; their numbers are not in this page." in notes(html)
    story = told(html)
    assert [len(story["steps"]), story["forward"], len(story["moments"])] == [MOST, MOST + 100, 2 * MOST + 2]
    assert [m["number"] for m in story["moments"][MOST // 2:MOST // 2 + 2]] == [MOST // 2, MOST // 2 + 101]
    assert "100 steps not shown" in html


@pytest.mark.parametrize("trace", [traces.chain(200), traces.diamonds(200), traces.chain(MOST + 20), traces.pieces()],
                         ids=["chain", "diamonds", "cut", "pieces"])
def test_boxes_do_not_overlap_and_arrows_lead_right(trace):
    graph = Graph(Story(trace), "en")
    boxes = [tuple(map(float, found)) for found in re.findall(
        r'<rect x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"', graph.svg)]
    assert len(boxes) == len(graph.boxes) >= min(len(trace.steps), MOST)
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(boxes, 2):
        assert x + w < x2 or x2 + w2 < x or y + h < y2 or y2 + h2 < y
    paths = re.findall(r'<path class="edge" d="([^"]*)"', graph.svg)
    assert len(paths) == sum(len(box.arrows) for box in graph.boxes)
    for path in paths:
        ends = [float(x) for x in re.findall(r"M([-\d.]+),", path) + re.findall(r"([-\d.]+),[-\d.]+$", path)]
        assert ends[0] < ends[1]


def test_derivatives_are_asked_for_within_a_budget():
    """Many small arrays: the later ones say that they are too many, and the page is made all the same."""
    x = tf.Variable(np.ones((12, 10), "float32"))
    with tf.GradientTape() as tape:
        h = x
        for _ in range(120):
            h = tf.tanh(h)
    moments = Story(Trace(tape, h, [x])).moments
    told = [pull["terms"] for m in moments for pull in m.get("pulls", ())]
    assert isinstance(told[0], dict) and told[-1] == "large"


# ---- words -----------------------------------------------------------------------------------------------------------


def test_every_word_of_the_page_is_in_its_table_and_none_is_idle():
    used = {"variable", "input", "constant"}
    for name, text in SOURCES.items():
        if name.endswith(".js"):
            text = re.sub(r'"\s*\n\s*\+ "', "", text)
            used |= set(re.findall(r'\bsay\(\s*"((?:[^"\\]|\\.)*)"', text))
        elif name.endswith(".html"):
            used |= set(re.findall(r"\{\{(?:say|label):(.*?)\}\}", text))
        elif name.endswith(".py") and name != "words.py":
            joined = re.sub(r'"\s*\n\s*"', "", text)
            used |= set(re.findall(r'\b(?:content|say)\((?:lang|self\.lang),\s*"([^"]*)"', joined))
            used |= {word for word in re.findall(r'"([^"]*)"', joined) if word in say.korean}
    assert used | {"Forward", "Backward"} == set(say.korean)


@pytest.mark.parametrize("english", say.korean)
def test_korean_words_take_the_same_values(english):
    korean = say.korean[english]
    assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", korean))
    allowed = {"Home", "End", "Tab", "Enter", "float"}
    assert set(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", korean))) <= allowed


def test_a_page_starts_in_the_language_that_was_asked_for(monkeypatch):
    trace = traces.line()
    assert '<html lang="en">' in page(trace) and "<title>The gradient of loss</title>" in page(trace)
    assert '<html lang="ko">' in page(trace, lang="ko") and "<title>loss의 기울기</title>" in page(trace, lang="ko")
    monkeypatch.setenv("TINYNN_LANG", "ko")
    assert '<html lang="ko">' in page(trace)
    with pytest.raises(ValueError, match="'fr'"):
        page(trace, lang="fr")


def test_formulas_with_words_travel_in_korean_too():
    assert told(page(traces.line()))["formulas"] == {"g / n, repeated": "되풀이한 g / n",
                                                     "g where y > 0": "y > 0이면 g"}
