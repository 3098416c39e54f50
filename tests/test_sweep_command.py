"""`tinynn sweep`: the model of a program, unedited, from many initialisations."""

import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest
from processes import python

from tinynn.cli.sweep import Progress

XOR = pathlib.Path(__file__).parent / "programs" / "p6_mlp_xor.py"
LAYERS = """
import numpy as np, tensorflow as tf
from tensorflow.keras import layers
{first}
model = tf.keras.Sequential([layers.Dense(4, activation="tanh"), {middle}layers.Dropout(0.2), layers.Dense(1)])
model.compile(optimizer="adam", loss="mse")
x = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
y = x[:, :1] * x[:, 1:]
{fit}
"""
FIT = "model.fit(x, y, batch_size=5, epochs=4, verbose=2)"


@pytest.fixture
def program(tmp_path):
    """Writes a program to a folder of its own."""
    def write(text="", first="", middle="", fit=FIT):
        path = tmp_path / "program.py"
        path.write_text(text or LAYERS.format(first=first, middle=middle, fit=fit))
        return path

    return write


def sweep(*args, code=0):
    """What `python -m tinynn sweep` wrote to stdout and stderr."""
    return python("-m", "tinynn", "sweep", *args, code=code)


def test_xor():
    out, error = sweep(XOR, "--seeds", "40")
    lines = out.splitlines()
    assert lines[0] == "40 initialisations (seeds 0-39), epochs each: 1,500"
    solved = int(re.match(r"(\d+) of 40 solved", lines[1])[1])
    assert 14 <= solved <= 33       # 57 % of many; so far off once in a thousand such tests
    assert error == ""      # of a terminal alone there would be progress
    assert sweep(XOR, "--seeds", "40", "--threads", "1")[0].splitlines()[:-1] == lines[:-1]     # but for the time
    assert sweep(XOR, "--seeds", "3", "--solved", "1.0", "--epochs", "2")[0].startswith(
        "3 initialisations (seeds 0-2), epochs each: 2\n3 of 3 solved")


def test_a_seed_means_that_seed_in_front_of_the_first_layer(program):
    other = "tf.keras.Sequential([tf.keras.Input((2,)), layers.Dense(3)]); "        # draws before the model does
    out, _ = sweep(program(first=other), "--seeds", "9")
    best, worst = re.search(r"least (\S+) \(seed \d\).* largest (\S+) \(", out).groups()
    losses = []
    for seed in range(9):
        path = program(first=f"{other}tf.keras.utils.set_random_seed({seed})",
                       fit=f"history = {FIT}\nprint('last', history.history['loss'][-1])")
        losses.append(float(python("-m", "tinynn", "run", path)[0].split("last ")[1]))
    assert (best, worst) == (f"{min(losses):.4g}", f"{max(losses):.4g}")


@pytest.mark.parametrize(("change", "says"), [
    ({"fit": ""}, "ended without calling fit"),
    ({"text": "raise SystemExit"}, "ended without calling fit"),
    ({"text": "import sys; sys.exit(3)"}, "ended without calling fit"),
    ({"fit": "model.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(2))"}, "a sweep trains on arrays"),
    ({"fit": "raise ArithmeticError('in the program')"}, "ArithmeticError: in the program"),
    ({"first": "matrix = tf.Variable(tf.random.normal((4, 4)))", "middle": "layers.Lambda(lambda x: x @ matrix), ",
      "fit": "model.matrix = matrix\n" + FIT}, "got its values from no initializer"),
    ({"first": "count = tf.Variable(0.0)", "middle": "layers.Lambda(lambda x: x + count.assign_add(1.0)), "},
     "keeps something outside the model"),
    ({"fit": FIT.replace("y,", "y[:3],")}, "same number of samples"),
])
def test_what_cannot_be_swept(program, change, says):
    out, error = sweep(program(**change), "--seeds", "4", code=1)
    assert says in error
    assert "initialisations" not in out


def test_usage(program):
    assert "cannot read" in sweep(program().parent / "missing.py", code=2)[1]
    assert "invalid int value" in sweep(program(), "--seeds", "many", code=2)[1]
    assert "lang is 'xx'" in python("-m", "tinynn", "sweep", program(), code=2, TINYNN_LANG="xx")[1]
    assert "at least one seed" in sweep(program(), "--seeds", "0", code=1)[1]
    assert "tinynn sweep xor.py --seeds 1000" in sweep("--help")[0]


def test_models_that_cannot_begin_again_are_copied_for_every_seed(program):
    path = program(fit="model.run_eagerly = True\n" + FIT)
    out, _ = sweep(path, "--seeds", "4")
    assert "one after the other: steps run in Python" in out
    assert least(out) == least(sweep(program(), "--seeds", "4")[0])


def least(out):
    """The least loss that a report names, within the rounding of fused calls."""
    return pytest.approx(float(re.search(r"least (\S+) ", out)[1]), rel=1e-3)


def test_an_interrupt_shows_what_is_done(program):
    path = program(fit="print('now', flush=True)\n" + FIT)
    process = subprocess.Popen([sys.executable, "-m", "tinynn", "sweep", path, "--seeds", "1000000", "--threads", "2"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=path.parent)
    assert process.stdout.readline() == "now\n"
    time.sleep(2)       # for the first seeds
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert re.search(r"interrupted: [\d,]+ of 1,000,000 are done", out)
    assert "2 at a time" in out
    assert "Traceback" not in error


def test_progress_is_for_terminals():
    class Stream:
        def __init__(self, terminal):
            self.text, self.isatty = "", lambda: terminal

        def write(self, text):
            self.text += text

        def flush(self):
            pass

    class Done:
        def progress(self):
            return "3 of 4 seeds"

    for terminal in (False, True):
        stream = Stream(terminal)
        progress = Progress(stream)
        progress(Done())
        progress(Done())        # too soon
        progress.clear()
        assert stream.text.count("3 of 4 seeds") == terminal
        assert stream.text.endswith("\r\x1b[K") == terminal
