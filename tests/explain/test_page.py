"""The page of a trace, before a browser shows it: what stands in the file, its words, and what it leaves out."""

import json
import re
import sys
from html.parser import HTMLParser
from importlib.resources import files
from itertools import combinations

import pytest
import traces

import tinynn as tf
from tinynn.explain.page import framed, page
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
