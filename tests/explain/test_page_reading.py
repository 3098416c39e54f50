"""The page of a trace in a real Chromium, for everybody: two languages, light and dark, read aloud, by keys, narrow."""

import re

import pytest
import traces

from tinynn.explain.page import page

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
    tab.locator("button[data-key=given0]").first.hover()
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
    assert tab.locator("ol li").count() == 12 and tab.locator("#graph").is_visible()


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
