"""What runs the programs of the documentation can fail."""

import pathlib
import textwrap

import pytest
from pages import Checker, programs
from processes import python

PAGES = pathlib.Path(__file__).parent / "support" / "pages.py"


@pytest.mark.parametrize(("want", "got"), [
    ("loss 0.2841", "loss 0.2841\n"),
    ("loss 0.2841", "loss   0.28412"),
    ("[ 0.5688, -0.9038]", "[0.56883, -0.9039]"),
    ("4.0 -1e-05", "4 -1.0003e-05"),
    ("손실 0.25이고", "손실 0.2501이고"),
    ("a\n\nb", "a\n b"),
    ("one ... four", "one two three four"),
    ("... 2 ...", "1 2 3"),
    ("1 ... 2 3 ...", "1 2 9 2 3"),
    ("...", ""),
    ("wait...", "wait..."),
])
def test_outputs_that_are_the_same(want, got):
    assert Checker().check_output(want, got)


@pytest.mark.parametrize(("want", "got"), [
    ("loss 0.2841", "loss 0.2847"),             # a number off by 0.2 %
    ("loss 0.2841", "cost 0.2841"),             # a word
    ("loss 0.2841", "loss 0.2841 now"),
    ("loss 0.2841 now", "loss 0.2841"),
    ("-0.5", "0.5"),
    ("0", "1e-09"),
    ("W[1, 2]", "W[1, 3]"),                     # whole numbers are places, not measurements
    ("1000 samples", "1001 samples"),
    ("apple.py:10", "apple.py:11"),
    ("relu", "re lu"),
    ("손실", "손 실"),
    ("one ... four", "one two three"),
    ("one ... four five", "one four"),
    ("1 2 ... 2 3", "1 2 3"),                   # what is left out cannot make one word of two
    ("... 4 ...", "1 2 3"),
    ("nan", "0.1"),
])
def test_outputs_that_differ(want, got):
    assert not Checker().check_output(want, got)


PAGE = textwrap.dedent('''
    ```python
    print("a plain block, which is no program")
    ```

    ```python
    >>> # one.py
    >>> import sys, warnings
    >>> def double(x):
    ...     print("in line", sys._getframe().f_lineno)
    ...     return 2 * x
    >>> double(4)
    in line 4
    8
    ```

    Words in between.

    ```python
    >>> double(0.1)         # one program goes on
    in line 4
    0.2
    >>> print("a\\n\\n...")
    a

    ...
    >>> warnings.warn("mind this")
    one.py:9: UserWarning: mind this
      warnings.warn("mind this")
    >>> 1 / 0
    ZeroDivisionError: division by zero
    ```

    ```python
    >>> # two.py
    >>> double
    NameError: name 'double' is not defined
    ```

    ```python
    >>> # one.py
    >>> double(1)
    in line 4
    2
    ```
''')


def test_programs_of_a_page(tmp_path):
    one, two = programs(PAGE)
    assert (one.name, two.name) == ("one.py", "two.py")
    assert one.lines[3:5] == ["    print(\"in line\", sys._getframe().f_lineno)\n", "    return 2 * x\n"]
    assert [PAGE.splitlines()[s.page_line - 1] for s in one.statements] == [
        ">>> " + s.source.splitlines()[0] for s in one.statements]
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert python(PAGES, page) == ("", "")


@pytest.mark.parametrize(("right", "wrong"), [("\n8\n", "\n9\n"), ("a\n\n...", "a\n\nb"), ("one.py:9", "one.py:8"),
                                              ("division by", "division of"), ("0.2\n", "0.21\n"),
                                              ('f_lineno)\n', 'f_lineno, "!")\n')])
def test_a_wrong_page_fails(right, wrong, tmp_path):
    page = tmp_path / "page.md"
    assert right in PAGE
    page.write_text(PAGE.replace(right, wrong, 1))
    _, told = python(PAGES, page, code=1)
    assert f"{page}:" in told
    assert "Differences" in told
