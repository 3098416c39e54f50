"""The numbers of a page: those of the run, and the products that they are made of."""

import numpy as np
import pytest
import traces

import tinynn as tf
from tinynn.explain.page.arrays import View
from tinynn.explain.page.story import Story
from tinynn.explain.trace import Trace


def near(text, number):
    """Whether a text is a number to its four digits."""
    return np.isclose(float(text), number, rtol=6e-4, atol=1e-12)


def placed(array):
    """{cell: text} of an array of a story."""
    width = array["shape"][-1] if array["shape"] else 1
    return {r * width + c: array["text"][r * array["columns"] + c]
            for r in range(array["rows"]) for c in range(array["columns"])}


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


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_numbers_of_any_precision_are_explained(dtype):
    x = tf.Variable(np.linspace(-1, 1, 12).reshape(3, 4), dtype=dtype)
    with tf.GradientTape() as tape:
        y = tf.reduce_mean(tf.matmul(x, x, transpose_b=True))
    for moment in Story(Trace(tape, y, [x])).moments:
        assert all(isinstance(pull["terms"], dict) for pull in moment.get("pulls", ()))
        assert moment.get("work", {"kind": "products"})["kind"] == "products"


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
