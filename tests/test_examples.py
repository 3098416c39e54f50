"""The examples run, and fail where they promise to."""

import pathlib
import re
import subprocess
import sys

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"


def run(path):
    return subprocess.run([sys.executable, "-W", "error", str(path)], capture_output=True, text=True, timeout=300)


def test_digits_are_read():
    done = run(EXAMPLES / "digits.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Epoch ") == 40
    assert float(re.search(r"test accuracy: ([\d.]+)%", done.stdout)[1]) >= 97
    assert len(re.findall(r"label (\d) *\n.*answer (\d)", done.stdout)) == 4


def test_digits_says_when_the_goal_is_missed(tmp_path):
    text = (EXAMPLES / "digits.py").read_text()
    path = tmp_path / "digits.py"
    path.write_text(text.replace("epochs=40", "epochs=1"))
    done = run(path)
    assert done.returncode == 1
    assert done.stderr == "the goal was 97%\n"
