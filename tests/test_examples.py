"""The examples run, and fail where they promise to."""

import pathlib
import re

from processes import python

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"


def test_digits_are_read():
    out, _ = python("-W", "error", EXAMPLES / "digits.py")
    assert out.count("Epoch ") == 40
    assert float(re.search(r"test accuracy: ([\d.]+)%", out)[1]) >= 97
    assert len(re.findall(r"label (\d) *\n.*answer (\d)", out)) == 4


def test_digits_says_when_the_goal_is_missed(tmp_path):
    text = (EXAMPLES / "digits.py").read_text()
    path = tmp_path / "digits.py"
    path.write_text(text.replace("epochs=40", "epochs=1"))
    _, error = python("-W", "error", path, code=1)
    assert error == "the goal was 97%\n"
