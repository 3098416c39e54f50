"""The page of a trace in a real Chromium: opened, stepped, pointed at, guessed, read aloud, in both languages."""

import re
import shutil

import numpy as np
import pytest
import traces

from tinynn.explain.page import framed, page

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync"])
        yield chromium
        chromium.close()


class Opened:
    """Opens pages; at the end every one must have been silent, and have asked for nothing but itself."""

    def __init__(self, browser, folder):
        self.browser, self.folder, self.trouble, self.contexts = browser, folder, [], []

    def __call__(self, html, **options):
        file = self.folder / f"page{len(self.contexts)}.html"
        file.write_text(html, encoding="utf-8")
        options = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        context = self.browser.new_context(offline=True, **options)
        self.contexts.append(context)
        tab = context.new_page()
        tab.on("request", lambda r: r.url in (file.as_uri(), "about:srcdoc") or self.trouble.append(r.url))
        tab.on("console", lambda m: self.trouble.append(m.text))
        tab.on("pageerror", lambda e: self.trouble.append(str(e)))
        tab.on("dialog", lambda d: self.trouble.append(d.message))
        tab.goto(file.as_uri())
        return tab


@pytest.fixture
def opened(browser, tmp_path):
    opener = Opened(browser, tmp_path)
    yield opener
    for context in opener.contexts:
        context.close()
    assert opener.trouble == []


@pytest.fixture(scope="module")
def line():
    trace = traces.line()
    return page(trace, checks=traces.line_checks(trace))


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


# ---- two languages ---------------------------------------------------------------------------------------------------

# Everything that is read or read aloud, at every moment, with a number pointed at, and in `guessing` with an answer to
# every other question; but code, and the names of ops and tensors in the graph.
VISIBLE = """(guessing) => moments.map((moment, place) => {
    go(place);
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
    if (guessing && moment.guess && place % 2)
        settle({ text: "1", verdict: ["right", "near", "wrong", "shown"][(place - 1) / 2 % 4] });
    const button = panel.querySelector("button[data-cell]");
    if (button) showWork(button.dataset.key, Number(button.dataset.cell));
    const found = [];
    const walk = (node) => {
        if (node.nodeType === 3) found.push(node.textContent);
        if (node.nodeType !== 1 || node.matches("script, style, code, noscript, #language, svg g > title")) return;
        if (node.matches("#graph .name, #graph .leaf-name, #graph .small")) return;
        for (const name of ["aria-label", "title", "placeholder", "aria-valuetext", "alt"])
            if (node.hasAttribute(name)) found.push(node.getAttribute(name));
        node.childNodes.forEach(walk);
    };
    walk(document.documentElement);
    return found.join(" | ");
})"""
# What is the same in both languages: functions, names of inputs in formulas, numbers, keys.
SAME = set(re.findall(r"\w+", """tanh max min sin cos ln softmax log_softmax one_hot label labels logits start step
count indices sigmoid nan inf float64 Home End Tab Enter"""))


def english(text, names):
    """The English words of a text, other than names."""
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", " ", text)
    return set(re.findall(r"[A-Za-z_]{2,}[0-9]*(?!\w*\.\.\.)", text)) - SAME


SMALL_ONES = {traces.chain: lambda: traces.chain(12), traces.diamonds: lambda: traces.diamonds(8)}


@pytest.mark.parametrize("make", traces.ALL, ids=lambda f: f.__name__)
def test_nothing_stays_english_in_korean(opened, make):
    trace = SMALL_ONES.get(make, make)()
    names = {node.name for node in trace.nodes} | {step.op.name for step in trace.steps}
    checks = traces.line_checks(trace, wrong=True) if make is traces.line else ()
    tab = opened(page(trace, checks=checks))
    tab.click("#language")
    assert tab.get_attribute("html", "lang") == "ko" and tab.title().endswith("의 기울기")
    told = tab.evaluate(VISIBLE, False)
    tab.click("#guess")
    told += tab.evaluate(VISIBLE, True)
    assert {"순전파", "역전파"} <= set(re.findall("[가-힣]+", told[1]))
    for place, text in enumerate(told):
        assert english(text, names) == set(), place
    tab.click("#language")
    assert tab.get_attribute("html", "lang") == "en"
    assert make is traces.korean or not re.search("[가-힣]", "".join(tab.evaluate(VISIBLE, True)))


def test_a_korean_page_starts_in_korean(opened):
    tab = opened(page(traces.korean(), lang="ko"))
    assert tab.inner_text("#where") == "시작: 들어가는 값" and tab.inner_text("h1") == "손실의 기울기"
    tab.keyboard.press("ArrowRight")
    assert tab.inner_text("#where") == "순전파 1/4: matmul"


# ---- for everybody ---------------------------------------------------------------------------------------------------

# Per moment the least contrast of a visible text with what lies behind it: [ratio, text].
CONTRAST = """() => moments.map((moment, place) => {
    go(place);
    if (moment.guess && place % 2) settle({ text: "1", verdict: ["right", "near", "wrong"][(place - 1) / 2 % 3] });
    const button = [...panel.querySelectorAll("td:not(.hidden) > button")].at(-1);
    if (button) showWork(button.dataset.key, Number(button.dataset.cell));
    const numbers = (colour) => {
        const found = colour.match(/[\\d.]+/g).map(Number);
        return colour.startsWith("color(") ? found.map((x, i) => i < 3 ? 255 * x : x) : found;
    };
    const light = ([r, g, b]) => [r, g, b].map(x => x / 255)
        .map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
        .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (element) => {
        if (element.closest("svg")) {
            const shape = element.parentElement.querySelector("rect, circle");
            if (shape) return numbers(getComputedStyle(shape).fill);
        }
        for (let e = element; e; e = e.parentElement) {
            const colour = numbers(getComputedStyle(e).backgroundColor);
            if (colour.length < 4 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement, style = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        if (!walker.currentNode.textContent.trim() || !box.width || style.visibility === "hidden"
            || element.closest("script, style, noscript, title, desc, :disabled")) continue;
        const ink = light(numbers(element.closest("svg") ? style.fill : style.color)), paper = light(behind(element));
        found.push([(Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05), walker.currentNode.textContent]);
    }
    return found.sort((a, b) => a[0] - b[0])[0];
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("make", [traces.line, traces.xor, traces.unbounded, traces.classifier],
                         ids=lambda f: f.__name__)
def test_every_text_can_be_read_in_light_and_dark(opened, make, scheme):
    trace = make()
    tab = opened(page(trace, checks=traces.line_checks(trace) if make is traces.line else ()), color_scheme=scheme)
    lightness = tab.evaluate("getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number)[0]")
    assert (lightness > 128) == (scheme == "light")
    tab.click("#guess")
    for place, (ratio, text) in enumerate(tab.evaluate(CONTRAST)):
        assert ratio >= 4.5, (place, text)


def test_the_colours_can_be_chosen(opened, line):
    tab = opened(line, color_scheme="light")
    assert tab.inner_text("#theme") == "Dark colours"
    tab.click("#theme")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 16, 19)"
    assert tab.inner_text("#theme") == "Light colours"


def test_what_a_screen_reader_is_told(opened, line):
    tab = opened(line)
    tab.evaluate("go(12)")
    tree = tab.context.new_cdp_session(tab).send("Accessibility.getFullAXTree")["nodes"]
    by_role = {}
    for node in tree:
        if not node.get("ignored"):
            by_role.setdefault(node["role"]["value"], []).append(node)
    names = lambda role: [node.get("name", {}).get("value", "") for node in by_role.get(role, [])]
    assert names("slider") == ["Step"] and tab.get_attribute("#where", "aria-live") == "polite"
    assert names("main") and names("navigation") == ["Steps"] and names("banner") and names("contentinfo")
    assert {"The graph", "Backward 6 of 6: matmul", "All steps as a list"} <= set(names("heading"))
    image, = (node for node in tree if node["role"]["value"] in ("image", "img") and not node.get("ignored"))
    assert image["name"]["value"] == "The graph of the computation, from left to right"
    assert "6 ops lead from left to right to loss" in image["description"]["value"]
    assert {"∂loss/∂W (2, 2)", "∂loss/∂t1 (1, 2)"} <= set(names("table"))
    assert "∂loss/∂W[1, 0] = 3.5" in names("button")
    for role in ("button", "slider", "textbox", "link", "table", "region", "columnheader", "rowheader"):
        assert all(name.strip() for name in names(role)), role


def test_tables_have_captions_and_headers(opened, line):
    tab = opened(line)
    tab.evaluate("go(12)")
    cell(tab, "given0", 0).hover()
    for table in tab.locator("#panel table").all():
        assert table.locator("caption").count() == 1
        assert table.locator("th:not([scope])").count() == 0
        assert table.locator("th[scope=col]").count() >= 1


def test_everything_can_be_reached_with_the_tab_key(opened, line):
    tab = opened(line)
    tab.evaluate("go(12)")
    reached = set()
    for _ in range(60):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.id || document.activeElement.dataset.key || "
                                 "document.activeElement.tagName"))
        assert tab.evaluate("document.activeElement === document.body || "
                            "getComputedStyle(document.activeElement).outlineStyle !== 'none'")
    assert {"guess", "theme", "language", "smaller", "larger", "fit", "viewport", "previous", "slider", "next",
            "given0", "SUMMARY", "BUTTON"} <= reached


def test_without_scripts_there_is_a_list(opened, line):
    tab = opened(line, java_script_enabled=False)
    assert "without it, see the list of steps" in tab.inner_text("body")
    assert len(texts(tab, "ol li")) == 12 and tab.locator("#graph").is_visible()


@pytest.mark.parametrize("make", [traces.line, traces.xor, traces.regression, traces.pieces, traces.hostile],
                         ids=lambda f: f.__name__)
def test_a_telephone_is_wide_enough(opened, make):
    tab = opened(page(make()), viewport={"width": 390, "height": 844}, has_touch=True)
    rights = tab.evaluate("""() => moments.map((_, place) => {
        go(place);
        return Math.max(document.documentElement.scrollWidth,
            ...[...panel.querySelectorAll(".array, .work")].map((box) => box.getBoundingClientRect().right));
    })""")
    assert max(rights) <= 390


def test_texts_fit_into_their_boxes(opened):
    for make in (traces.line, traces.pieces, traces.korean, traces.classifier):
        tab = opened(page(make()))
        for _ in range(2):
            assert tab.evaluate("""[...document.querySelectorAll('#graph g.op, #graph g.leaf')].every(g => {
                const box = g.querySelector('rect').getBoundingClientRect();
                return [...g.querySelectorAll(':scope > text')].every(text => {
                    const { left, right } = text.getBoundingClientRect();
                    return left >= box.left && right <= box.right;
                });
            })""")
            tab.click("#language")


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
