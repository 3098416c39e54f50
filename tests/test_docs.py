"""The documentation tells the truth: its Python runs, its links lead somewhere, every hint has its page."""

import pathlib
import re

import pytest
from processes import python

ROOT = pathlib.Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "benchmarks" / "README.md",
         ROOT / "examples" / "from_scratch" / "README.md"]
WITH_PYTHON = [page for page in PAGES if "```python" in page.read_text()]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.name)
def test_the_python_of_a_page_runs(page):
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    out, _ = python("-W", "error", "-c", "\n".join(blocks))
    if page.name == "README.md":
        line, acceleration = out.splitlines()
        slope, offset, loss = map(float, re.findall(r"-?\d+\.\d+", line))
        assert abs(slope - 3) < 0.05
        assert abs(offset + 1) < 0.05
        assert loss < 0.02
        assert acceleration.startswith("acceleration 9.8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_every_hint_is_explained():
    files = [p for p in (ROOT / "tinynn").rglob("*.py*") if p.suffix in (".py", ".pyx")]
    codes = {code for p in files for code in re.findall(r'\bhint\(\s*"([\w-]+)"', p.read_text())}
    pages = set(re.findall(r"^## ([\w-]+)$", (ROOT / "docs" / "hints.md").read_text(), re.MULTILINE))
    assert codes
    assert codes == pages
