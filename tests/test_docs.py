"""The documentation tells the truth: its Python runs, its links lead somewhere, every hint has its page."""

import pathlib
import re

import pytest
from pages import programs
from processes import python

ROOT = pathlib.Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "benchmarks" / "README.md",
         ROOT / "examples" / "from_scratch" / "README.md"]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
BLOCKS = {page: re.findall(r"```python\n((?!>>> ).*?)```", text, re.DOTALL) for page, text in TEXTS.items()}
PROGRAMS = {page: programs(text) for page, text in TEXTS.items()}
KOREAN = sorted((ROOT / "docs" / "ko").glob("*.md"))


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", [page for page in PAGES if BLOCKS[page]], ids=name)
def test_the_python_of_a_page_runs(page):
    out, _ = python("-W", "error", "-c", "\n".join(BLOCKS[page]))
    if page.name == "README.md":
        line, acceleration = out.splitlines()
        slope, offset, loss = map(float, re.findall(r"-?\d+\.\d+", line))
        assert abs(slope - 3) < 0.05
        assert abs(offset + 1) < 0.05
        assert loss < 0.02
        assert acceleration.startswith("acceleration 9.8")


@pytest.mark.parametrize("page", [page for page in PAGES if PROGRAMS[page]], ids=name)
def test_programs_print_what_the_page_shows(page):
    python(ROOT / "tests" / "support" / "pages.py", page, MPLBACKEND="Agg", TINYNN_LANG="")


def test_lessons_in_korean_have_the_same_programs():
    pairs = [(page, ROOT / "docs" / page.name) for page in KOREAN if PROGRAMS[page]]
    assert pairs
    for korean, english in pairs:
        said = [(p.name, [re.sub(r'(, )?lang="ko"', "", line) for line in p.lines]) for p in PROGRAMS[korean]]
        assert said == [(p.name, p.lines) for p in PROGRAMS[english]]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", TEXTS[page]):
        assert target.startswith("http") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_headings_that_are_linked_are_there(page):
    for file, anchor in re.findall(r"\]\((?!http)([^)#]*)#([^)]+)\)", TEXTS[page]):
        headings = re.findall(r"^#+ (.+)$", (page.parent / file if file else page).read_text(encoding="utf-8"), re.M)
        assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}, anchor


def test_every_hint_is_explained():
    files = [p for p in (ROOT / "tinynn").rglob("*.py*") if p.suffix in (".py", ".pyx")]
    codes = {code for p in files for code in re.findall(r'\bhint\(\s*"([\w-]+)"', p.read_text())}
    pages = set(re.findall(r"^## ([\w-]+)$", (ROOT / "docs" / "hints.md").read_text(), re.MULTILINE))
    assert codes
    assert codes == pages
