"""The page of a trace in a real Chromium: stepped, pointed at, guessed; large ones, and hostile ones."""

import re

import numpy as np
import pytest
import traces

from tinynn.explain.page import framed, page


def texts(tab, selector):
    return tab.locator(selector).all_inner_texts()


def cell(tab, key, number):
    return tab.locator(f"button[data-key={key}][data-cell='{number}']")


def products(tab):
    return [re.split(r"\s*\t\s*", row) for row in texts(tab, "#work tbody tr")]


# ---- stepping --------------------------------------------------------------------------------------------------------


def test_buttons_step_forward_and_back(opened, line):
    tab = opened(line)
    assert tab.locator("#previous").is_disabled()
    seen = [tab.inner_text("#where")]
    for _ in range(13):
        tab.click("#next")
        seen.append(tab.inner_text("#where"))
    assert seen == ["Start: what goes in",
                    "Forward 1 of 6: matmul", "Forward 2 of 6: add", "Forward 3 of 6: relu", "Forward 4 of 6: subtract",
                    "Forward 5 of 6: square", "Forward 6 of 6: reduce_mean", "Backward 1 of 6: reduce_mean",
                    "Backward 2 of 6: square", "Backward 3 of 6: subtract", "Backward 4 of 6: relu",
                    "Backward 5 of 6: add", "Backward 6 of 6: matmul", "End: the gradients"]
    assert tab.locator("#next").is_disabled()
    tab.click("#previous")
    assert tab.inner_text("#panel h2").endswith("Backward 6 of 6: matmul")


def test_keys_and_the_slider_step_too(opened, line):
    tab = opened(line)
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowLeft")
    assert tab.inner_text("#where") == "Forward 1 of 6: matmul"
    tab.keyboard.press("End")
    assert tab.inner_text("#where") == "End: the gradients"
    tab.focus("#slider")
    tab.keyboard.press("ArrowLeft")
    assert tab.get_attribute("#slider", "aria-valuetext") == "Backward 6 of 6: matmul"
    tab.fill("#slider", "4")
    assert tab.inner_text("#where") == "Forward 4 of 6: subtract"


def test_the_panel_tells_formula_program_and_check(opened, line):
    tab = opened(line)
    tab.keyboard.press("ArrowRight")
    about = dict(zip(texts(tab, "#panel dt"), texts(tab, "#panel dd"), strict=True))
    assert tab.inner_text(".call") == "t1 = matmul(x, W)"
    assert about["Formula"] == "c = a b with a: x, b: W, c: t1"
    assert about["Gradient"] == "∂loss/∂W = aᵀ g"
    assert re.fullmatch(r"traces.py:\d+ p = tf.nn.relu\(tf.matmul\(x, W\) \+ b\)", about["Program"])
    assert about["Check"] == "✓ 4 of 4 entries agree with central differences"
    assert texts(tab, "#panel caption") == ["x constant (1, 2)", "W variable (2, 2)", "t1 result (1, 2)"]


def test_the_graph_shows_where_the_computation_stands(opened, line):
    tab = opened(line)
    marked = lambda style: [t.partition(" = ")[0] for t in tab.eval_on_selector_all(
        f"#graph g.{style} > title", "titles => titles.map(t => t.textContent)")]
    tab.evaluate("go(3)")
    assert marked("now") == ["p"] and marked("todo") == ["error", "t3", "loss"] and marked("has-slope") == []
    tab.evaluate("go(9)")
    assert marked("now") == ["error"] and marked("todo") == [] and marked("has-slope") == ["p", "error", "t3", "loss"]
    flowing = tab.eval_on_selector_all("#graph .edge.back", "edges => edges.map(e => e.dataset.step)")
    assert flowing == ["3"]                                     # only the way to p: y is a constant
    style = tab.eval_on_selector("#graph .edge.back", "e => [getComputedStyle(e).markerStart, "
                                                      "getComputedStyle(e).animationName]")
    assert "tip-back" in style[0] and style[1] == "none"        # the arrow points left; motion is not wanted
    tab.evaluate("go(13)")
    assert {"W", "b"} <= set(marked("has-slope"))


def test_the_gradient_flows_where_motion_is_welcome(opened, line):
    tab = opened(line, reduced_motion="no-preference")
    tab.evaluate("go(9)")
    assert tab.eval_on_selector("#graph .edge.back", "e => getComputedStyle(e).animationName") == "flow"


def test_an_op_of_the_graph_and_a_line_of_the_list_lead_to_their_step(opened, line):
    tab = opened(line)
    tab.locator("#graph g.op").nth(2).click()
    assert tab.inner_text("#where") == "Forward 3 of 6: relu"
    tab.locator(".lists > div").nth(1).locator("button").nth(1).click()
    assert tab.inner_text("#where") == "Backward 2 of 6: square"
    assert tab.locator("[aria-current=step]").inner_text().startswith("square: ∂loss/∂error")
    tab.locator("#graph g.op").nth(2).click()
    assert tab.inner_text("#where") == "Backward 4 of 6: relu"


def test_the_end_shows_gradients_and_checks(opened, line):
    tab = opened(line)
    tab.evaluate("go(13)")
    assert texts(tab, "#panel h3") == ["W", "b"]
    assert tab.locator("#panel table").nth(1).locator("tbody td").all_inner_texts() == ["3.5", "0", "3.5", "0"]
    tab.locator("#panel summary").first.click()
    assert texts(tab, "#panel .checks tbody th")[:2] == ["∂loss/∂W[0, 0]", "∂loss/∂W[0, 1]"]
    assert texts(tab, "#panel .checks tbody td")[0] == "3.5" and "✓ yes" in texts(tab, "#panel .checks tbody td")


# ---- where a number comes from ---------------------------------------------------------------------------------------


def lit(tab):
    """Texts of the cells that are lit, by table."""
    return tab.evaluate("""Object.fromEntries(Object.entries(tables).map(([key, table]) =>
        [key, Object.entries(table.cells).filter(([, cell]) => cell.classList.contains("lit")).map(([c]) => Number(c))])
        .filter(([, cells]) => cells.length))""")


def test_pointing_at_a_gradient_lights_up_its_origins_and_writes_out_the_products(opened):
    trace = traces.xor()
    tab = opened(page(trace))
    tab.evaluate("go(18)")                                      # the last step back: matmul(x, W1)
    cell(tab, "given0", 5).hover()                              # dL/dW1[1, 1] = Σ x[n, 1] dL/dt1[n, 1]
    assert lit(tab) == {"arriving0": [5, 13]}                   # x[:, 1] is 0 1 0 1
    arriving = trace.pulls[-1].arriving.numpy()
    rows = products(tab)
    assert [row[0] for row in rows] == ["t1[1, 1]", "t1[3, 1]"]
    for row, n in zip(rows, (1, 3), strict=True):
        assert np.isclose(float(row[1]), arriving[n, 1], rtol=1e-3) and row[2] == "× 1"
        assert np.isclose(float(row[3].strip("= ")), arriving[n, 1], rtol=1e-3)
    assert tab.inner_text("#work tfoot td") == "= " + cell(tab, "given0", 5).inner_text()
    assert tab.inner_text("#work caption") == f"∂loss/∂W1[1, 1] = {cell(tab, 'given0', 5).inner_text()}"
    tab.hover("h1")
    assert lit(tab) == {} and "Point at a number" in tab.inner_text("#work")


def test_pointing_at_a_result_shows_what_was_multiplied(opened):
    tab = opened(page(traces.xor()))
    tab.keyboard.press("ArrowRight")
    cell(tab, "out0", 13).hover()
    assert lit(tab) == {"in0": [6, 7], "in1": [1, 5]}
    assert [row[0] for row in products(tab)] == ["x[3, 0]", "x[3, 1]"]
    tab.evaluate("go(3)")
    cell(tab, "out0", 0).hover()
    assert tab.inner_text("#work .formula") == "y = 1 / (1 + e⁻ˣ), with t2[0, 0] = 0"


def test_a_tap_keeps_the_products(opened, line):
    tab = opened(line, viewport={"width": 390, "height": 844}, has_touch=True)
    tab.evaluate("go(12)")
    cell(tab, "given0", 2).tap()
    tab.locator("#panel h2").tap()
    assert lit(tab) == {"arriving0": [0]} and products(tab) == [["t1[0, 0]", "3.5", "× 1", "= 3.5"]]
    assert "∂loss/∂W[1, 0] = 3.5" in tab.locator("#spoken").text_content()
    tab.keyboard.press("Escape")
    assert lit(tab) == {}


def test_arrow_keys_walk_in_a_table(opened, line):
    tab = opened(line)
    tab.evaluate("go(12)")
    cell(tab, "given0", 0).focus()
    for key, place in (("ArrowRight", "[0, 1]"), ("ArrowDown", "[1, 1]"), ("ArrowLeft", "[1, 0]"),
                       ("ArrowLeft", "[1, 0]")):
        tab.keyboard.press(key)
        assert f"∂loss/∂W{place}" in tab.inner_text("#work")
    assert tab.inner_text("#where") == "Backward 6 of 6: matmul"
    assert tab.locator("#panel button[data-cell][tabindex='0']").count() == 1


def test_a_dead_relu_says_so(opened, line):
    tab = opened(line)
    tab.evaluate("go(10)")
    cell(tab, "given0", 1).hover()
    assert "Every local derivative is 0" in tab.inner_text("#work")


def test_of_many_products_the_largest_are_listed_and_the_rest_is_one_sum(opened):
    tab = opened(page(traces.classifier()))
    tab.evaluate("go(10)")
    cell(tab, "given0", 1).hover()
    rows = products(tab)
    assert len(rows) == 9 and rows[-1][0] == "and 1992 more"
    total = sum(float(row[-1].strip("= ")) for row in rows)
    assert np.isclose(total, float(cell(tab, "given0", 1).inner_text()), rtol=1e-3)
    summary = tab.locator("#panel .summary").first.inner_text()
    assert summary.startswith("The first 6 of 2000 rows. Of all: mean ")


# ---- guess first -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("guess", "said"), [
    ("3.5", "✓ Right: ∂loss/∂W[0, 0] = 3.5."), ("7/2", "✓ Right: ∂loss/∂W[0, 0] = 3.5."),
    ("3,52", "✓ Right: ∂loss/∂W[0, 0] = 3.5."), ("3.2", "≈ Near: ∂loss/∂W[0, 0] = 3.5; your guess was 3.2."),
    ("−3.5", "✗ Not this time: ∂loss/∂W[0, 0] = 3.5; your guess was −3.5.")])
def test_a_guess_is_judged_when_it_is_committed(opened, line, guess, said):
    tab = opened(line)
    tab.click("#guess")
    assert tab.get_attribute("#guess", "aria-pressed") == "true" and tab.inner_text("#where").startswith("Forward 1")
    tab.evaluate("go(12)")
    hidden = tab.locator("#panel td.hidden")
    assert hidden.inner_text() == "?" and tab.inner_text("label[for=guessed]") == "What is ∂loss/∂W[0, 0]?"
    hidden.hover()
    assert tab.inner_text("#work") == "Guess it first." and lit(tab) == {}
    tab.fill("#guessed", guess)
    tab.keyboard.press("Enter")
    assert tab.inner_text("#outcome") == said
    assert tab.locator("#panel td.hidden").count() == 0
    assert products(tab) == [["t1[0, 0]", "3.5", "× 1", "= 3.5"]]
    score = {"✓": "Right 1, near 0, wrong 0", "≈": "Right 0, near 1, wrong 0", "✗": "Right 0, near 0, wrong 1"}[said[0]]
    assert tab.inner_text("#score").startswith(score)
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("ArrowRight")
    assert tab.inner_text("#outcome") == said                   # once settled, it stays so


def test_a_guess_that_is_no_number_is_asked_for_again(opened, line):
    tab = opened(line)
    tab.click("#guess")
    for text in ("", "about 3", "1/2/3", "1/0"):
        tab.fill("#guessed", text)
        tab.click("form.guess button[type=submit]")
        assert tab.inner_text("#guess-help") == "That is no number. Type one such as 0.25, -3 or 1/3."
        assert tab.evaluate("document.activeElement.id") == "guessed"
    tab.fill("#guessed", "-3")
    tab.keyboard.press("ArrowLeft")                             # moves in the field, not to another step
    assert tab.inner_text("#where").startswith("Forward 1")


def test_a_number_may_be_shown_without_a_guess(opened, line):
    tab = opened(line)
    tab.click("#guess")
    assert cell(tab, "out0", 0).inner_text() == "?"
    tab.click("text=Show it")
    assert tab.inner_text("#outcome") == "t1[0, 0] = 4." and cell(tab, "out0", 0).inner_text() == "4"
    assert tab.inner_text("#score").startswith("Right 0, near 0, wrong 0")
    tab.click("#guess")
    tab.keyboard.press("ArrowRight")
    assert tab.locator("td.hidden").count() == 0 and not tab.locator("#score").is_visible()


def test_what_is_to_be_guessed_stands_nowhere_in_the_panel(opened):
    """At every step the hidden number is absent from the tables that hold its entry, and from what is read aloud."""
    tab = opened(page(traces.diamonds(4)))
    tab.click("#guess")
    for place in range(1, tab.evaluate("moments.length - 1")):
        tab.evaluate(f"go({place})")
        key, number = tab.evaluate("[asking().key, asking().cell]")
        button = cell(tab, key, number)
        assert button.inner_text() == "?" and button.get_attribute("aria-label").endswith(" = ?")
        entry = button.get_attribute("aria-label").removesuffix(" = ?")
        told = tab.locator("#panel").inner_text()
        assert not re.search(rf"{re.escape(entry)} = [-\d]", told)


# ---- large, and hostile ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [traces.chain, traces.diamonds], ids=lambda f: f.__name__)
def test_two_hundred_ops_can_be_walked_through(opened, make):
    tab = opened(page(make(200)))
    shown = lambda: tab.evaluate("""(() => {
        const box = document.querySelector('#graph .now rect').getBoundingClientRect();
        const view = viewport.getBoundingClientRect();
        return box.left >= view.left && box.right <= view.right && box.top >= view.top && box.bottom <= view.bottom;
    })()""")
    assert tab.evaluate("moments.length") >= 402
    for place in (1, 57, 120, 200, 201, 290, 400):
        tab.fill("#slider", str(place))
        assert shown(), place
    tab.fill("#slider", "290")
    for button in ("#smaller", "#fit", "#larger", "#larger"):
        tab.click(button)
        assert shown(), button
    tab.focus("#viewport")
    before = tab.evaluate("viewport.scrollLeft")
    for _ in range(50):
        tab.keyboard.press("ArrowRight")
        if tab.evaluate("viewport.scrollLeft") > before:
            break
        tab.wait_for_timeout(20)
    assert tab.evaluate("viewport.scrollLeft") > before
    assert tab.inner_text("#where").startswith("Backward")


def test_names_cannot_become_elements(opened):
    tab = opened(page(traces.hostile(), title="<img src=x onerror=alert(3)>"))
    assert tab.inner_text("h1") == "<img src=x onerror=alert(3)>" == tab.title()
    for place in range(tab.evaluate("moments.length")):
        tab.evaluate(f"go({place})")
    assert tab.locator("img").count() == 0 and tab.locator("script").count() == 2


def test_in_a_notebook_it_stands_in_a_frame(opened, line):
    tab = opened(f"<!doctype html><h1>notebook</h1>{framed(line)}")
    frame = tab.frame_locator("iframe")
    frame.locator("#next").click()
    assert frame.locator("#where").inner_text() == "Forward 1 of 6: matmul"
    assert tab.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == "32px"
