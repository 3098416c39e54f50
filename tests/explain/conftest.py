"""A real browser for the tests of pages."""

import shutil

import pytest
import traces

from tinynn.explain.page import page


@pytest.fixture(scope="session")
def browser():
    """Chromium, driven by Playwright; tests that ask for it are skipped where either is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: pip install playwright")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("there is no Chromium on the PATH")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=chromium, args=[
            "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync"])
        yield running
        running.close()


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


@pytest.fixture(scope="session")
def line():
    """The page of `traces.line`."""
    trace = traces.line()
    return page(trace, checks=traces.line_checks(trace))
