"""`tinynn compare`, from the command line to the exit code. The other side is tinynn too, or a stand-in."""

import importlib.util
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import time

import pytest
from processes import python

import tinynn

ROOT = str(pathlib.Path(tinynn.__file__).parent.parent)
LOOP = """
import os
import numpy as np
import tensorflow as tf

x = tf.random.normal((64, 3))
y = x @ np.array([[1.0], [2.0], [3.0]], "float32") + 0.1 * np.random.randn(64, 1)
y = tf.cast(y, tf.float32)
model = tf.keras.Sequential([tf.keras.layers.Dense(4, activation="tanh"), tf.keras.layers.Dense(1)])
optimizer = tf.keras.optimizers.SGD(float(os.environ.get("RATE", 0.05)))
data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(64).batch(16)
for epoch in range(5):
    for a, b in data:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(a) - b) ** 2)
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    print(f"{epoch}번째 손실 {float(loss):.5f}")
"""
FIT = """
import os, sys
import numpy as np
from tensorflow import keras

x, y = np.random.randn(40, 3), np.random.default_rng().normal(size=(40, 1))
model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(float(os.environ.get("RATE", 0.01))), "mse")
model.fit(x, y, batch_size=16, epochs=int(sys.argv[1]), verbose=0, validation_split=0.25)
print(sys.argv[1:])
"""


@pytest.fixture
def program(tmp_path):
    """Writes a program to a folder of its own."""
    def write(text, name="program.py"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def interpreter(tmp_path):
    """Makes an interpreter that sets variables of the environment."""
    def make(**settings):
        path = tmp_path / "bin" / "python"
        path.parent.mkdir(exist_ok=True)
        lines = [f"export {name}='{value}'" for name, value in settings.items()]
        path.write_text("\n".join(["#!/bin/sh", *lines, f'exec "{sys.executable}" "$@"\n']))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


@pytest.fixture
def stand_in(tmp_path, interpreter):
    """An interpreter in which `tensorflow` and `keras` are packages that offer what tinynn has under their names."""
    packages = tmp_path / "packages"
    files = {
        "tensorflow/__init__.py": "from tinynn import *\nfrom tinynn import data, random, GradientTape, Variable\n"
                                  "import keras\nfrom tinynn.graph.function import function\n__version__ = '9.9'\n",
        "keras/__init__.py": "from tinynn.keras import *\nfrom tinynn.keras import Model, Sequential, layers, "
                             "optimizers, initializers, utils\n__version__ = '9.9'\nModel.train_function = None\n"
                             "Model.make_train_function = lambda self: None\n"
                             "original = utils.set_random_seed\ndef set_random_seed(seed):\n    import tensorflow\n"
                             "    original(seed), tensorflow.random.set_seed(seed)\n"
                             "utils.set_random_seed = set_random_seed\n",
        "keras/src/trainers/data_adapters/array_data_adapter.py":
            "class ArrayDataAdapter:\n    def get_tf_dataset(self):\n        pass\n"}
    for name, text in files.items():
        path = packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return interpreter(PYTHONPATH=f"{packages}:{ROOT}:{os.environ.get('PYTHONPATH', '')}")


def compare(*arguments, code=0):
    """What `tinynn compare` writes to stdout and stderr."""
    return python("-m", "tinynn", "compare", *arguments, code=code, TINYNN_TENSORFLOW_PYTHON="")


def again(*arguments, code=0):
    """The same, with tinynn on the other side too, and its numbers only."""
    return compare("--against", "tinynn", "--repeat", 0, *arguments, code=code)


# ---- two equal sides -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "found"), [
    (LOOP, ["the loop at program.py:16: 5 epochs, 20 steps", "in 2 draws", "of 5 values", "of 21 numbers"]),
    (FIT, ["fit 1: 3 epochs, 6 steps", "in 2 draws", "val_loss", "of 3 values"])])
def test_tinynn_against_itself_differs_by_nothing(program, text, found):
    out, _ = again("--repeat", 1, program(text), "--", "3", "한글", "--html")
    assert all(part in out for part in found)
    assert len(set(re.findall(r"largest difference (.*?)[;,\n]", out))) == 1
    assert "largest difference 0 (the same bits)" in out
    assert "the same, character by character" in out
    assert "The numbers agree; the printed outputs agree." in out
    for what in ("whole process", "imports of the engine", "first step", "later step", "an epoch", "memory"):
        assert re.search(rf"{what}.* \d", out)


def test_unseeded_programs_differ_where_nothing_is_injected(program):
    out, _ = again("--no-inject", program(LOOP), code=4)
    assert "Random numbers: each side's own (--no-inject)" in out
    assert "The numbers DIFFER; the printed outputs DIFFER." in out


def test_a_program_that_trains_nothing(program):
    out, _ = again(program("import tensorflow as tf\nprint(tf.ones((2,)))\n"
                           "v = tf.Variable(3.0)\nwith tf.GradientTape() as tape:\n    y = v * v\n"
                           "print(tape.gradient(y, v))\n"))
    assert "step" not in out
    assert "the same, character by character" in out


@pytest.mark.parametrize(("body", "said"), [
    ("""
@tf.function
def step():
    with tf.GradientTape() as tape:
        loss = (v - 5.0) ** 2
    v.assign_sub(0.1 * tape.gradient(loss, v))
    return loss
for i in range(4):
    step()
""", "program.py:10: 4 steps"), ("""
model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile("sgd", "mse")
for i in range(3):
    model.train_on_batch(tf.ones((4, 2)), tf.ones((4, 1)))
""", "program.py:6: 3 steps")])
def test_other_ways_to_train_are_noticed(program, body, said):
    out, _ = again(program(f"import tensorflow as tf\nv = tf.Variable(1.0){body}"))
    assert said in out
    assert re.search(r"^ +1 +[\d.]+ +[\d.]+ +0$", out, re.MULTILINE)


def test_several_programs_are_written_to_files(program, tmp_path):
    page, text = tmp_path / "out.html", tmp_path / "out.md"
    again(program(LOOP, "a.py"), program(FIT, "b.py"), "--html", page, "--markdown", text, "--", "2")
    assert page.read_text().count("<svg") == 2
    assert re.findall(r"^\| ([ab].py) \|", text.read_text(), re.MULTILINE) == ["a.py", "b.py"]
    assert re.findall(r"^## (.*)", text.read_text(), re.MULTILINE) == ["a.py", "b.py"]


# ---- planted differences ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [LOOP, FIT])
def test_another_learning_rate_is_found(program, interpreter, text):
    out, _ = again("--python", interpreter(RATE=0.06), program(text), "--", "3", code=4)
    assert re.search(r"initial weights +largest difference 0", out)
    assert re.search(r"loss +largest difference [\d.]+ at epoch", out)
    assert re.search(r"final weights +largest difference [\d.e-]+ in", out)
    assert "The numbers DIFFER" in out


def test_a_branch_that_prints_something_else_is_shown(program, interpreter):
    text = "import os, tensorflow\nprint('하나')\nprint('여기' if os.environ.get('SIDE') else '저기')\n"
    out, _ = again("--python", interpreter(SIDE=1), program(text), code=4)
    assert re.search(r"line 2 differs\n  tinynn +저기\n  tinynn again +여기\n", out)
    assert "The numbers agree; the printed outputs DIFFER." in out


def test_other_draws_are_found(program, interpreter):
    text = ("import os, tensorflow as tf\nif os.environ.get('SIDE'):\n    tf.random.uniform((2, 2))\n"
            "print(tf.random.uniform((3,)).numpy().sum())\n")
    out, _ = again("--python", interpreter(SIDE=1), program(text))
    assert "they part at number 1: tinynn tf.random.uniform (3,) at program.py:4" in out


DRAWS = """
import numpy as np
import tensorflow as tf

x = tf.random.uniform((4000,), -2.0, 5.0)
assert x.dtype == tf.float32 and -2.0 <= min(x) and max(x) < 5.0 and abs(np.mean(x) - 1.5) < 0.15
assert set(tf.random.uniform((400,), 3, 9, tf.int32).numpy().tolist()) == {3, 4, 5, 6, 7, 8}
x = tf.random.normal((4000,), 10.0, 2.0, tf.float64)
assert x.dtype == tf.float64 and abs(np.mean(x) - 10.0) < 0.2 and abs(np.std(x) - 2.0) < 0.1
x = tf.random.truncated_normal((4000,), 10.0, tf.constant(2.0)).numpy()
assert x.min() >= 6.0 and x.max() <= 14.0 and abs(x.std() - 2.0 * 0.8796) < 0.1
x = tf.random.shuffle(tf.range(50)).numpy()
assert (np.sort(x) == np.arange(50)).all() and (x != np.arange(50)).any()
x = tf.random.categorical(tf.math.log([[0.1, 0.9]]), 4000)
assert x.shape == (1, 4000) and x.dtype == tf.int64 and abs(np.mean(x) - 0.9) < 0.03
generators = [tf.random.Generator.from_seed(1) for _ in range(2)]
assert len({float(g.normal(())) for g in generators for _ in range(2)}) == 4
once = lambda: (tf.random.set_seed(7), float(tf.random.normal(())))[1]
assert once() == once() != float(tf.random.normal(()))
tf.keras.utils.set_random_seed(7)
assert float(tf.random.normal(())) == once()
step = tf.function(lambda: tf.random.normal((2,)))
assert len({float(step()[0]) for _ in range(4)}) == 4
print(x.numpy().sum(), np.random.rand(), np.random.default_rng().random(), np.random.default_rng(3).random())
"""


def test_numbers_that_are_injected_have_the_distributions_that_were_asked_for(program, stand_in):
    compare("--python", stand_in, "--repeat", 0, program(DRAWS))


# ---- the other engine ------------------------------------------------------------------------------------------------


def test_the_other_engine_is_hooked_as_tensorflow_is(program, stand_in):
    out, _ = compare("--python", stand_in, "--repeat", 1, program(LOOP))
    assert "tensorflow 9.9 (Python" in out
    assert "not made equal" not in out
    assert "the loop at program.py:16: 5 epochs, 20 steps" in out
    assert "The numbers agree; the printed outputs agree." in out


def test_what_could_not_be_hooked_is_told(program, stand_in):
    adapter = stand_in.parent.parent / "packages/keras/src/trainers/data_adapters/array_data_adapter.py"
    adapter.write_text("")
    out, _ = compare("--python", stand_in, "--repeat", 0, program(LOOP))
    assert re.search(r"not made equal, tensorflow +keras: ImportError: cannot import name 'ArrayDataAdapter'", out)


# ---- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is not None, reason="TensorFlow is installed here")
def test_a_missing_engine_is_named_and_tinynn_is_measured_all_the_same(program):
    out, error = compare("--repeat", 1, program(LOOP), code=3)
    assert re.search(r"whole process +\d", out)
    assert "pip install tensorflow" in error
    assert "--python tf/bin/python" in error


def test_a_program_that_fails_on_one_side(program, interpreter):
    text = "import os, tensorflow\nprint('begun')\nif os.environ.get('SIDE'):\n    1 / 0\n"
    out, _ = again("--repeat", 1, "--python", interpreter(SIDE=1), program(text), code=1)
    assert re.search(r"whole process +\d", out)
    assert "tinynn again failed:\n  Traceback (most recent call last):\n    File" in out
    assert "program.py\", line 4, in <module>" in out
    assert "/peer/" not in out


@pytest.mark.parametrize(("line", "said"), [
    ("sys.exit(7)", "the program ended with the exit code 7"), ("sys.exit('no data')", "no data"),
    ("def", "SyntaxError"), ("os._exit(3)", "it ended with the exit code 3"),
    ("os.kill(os.getpid(), 9)", "it was ended by SIGKILL: there may have been too little memory")])
def test_other_ends(program, line, said):
    out, _ = again(program(f"import os, sys, tensorflow\n{line}\n"), code=1)
    assert said in out


def test_exit_code_0_is_no_failure(program):
    again(program("import sys, tensorflow\nsys.exit(0)\n"))


def test_wrong_command_lines(program):
    assert "there is no program 'missing.py'" in again("missing.py", code=2)[1]
    assert "No such file" in again("--python", "/no/such/python", program(LOOP), code=2)[1]
    assert "no folder 'none' for a.html" in again("--html", "none/a.html", program(LOOP), code=2)[1]
    assert "-1 is not 0 or more" in again("--repeat", "-1", program(LOOP), code=2)[1]
    assert "invalid int value: 'many'" in again("--threads", "many", program(LOOP), code=2)[1]
    assert "nan is not above 0" in again("--tolerance", "nan", program(LOOP), code=2)[1]


def gone(pid, seconds=10):
    """Whether a process ends within some seconds."""
    for _ in range(int(seconds / 0.05)):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


SLEEPS = """
import os, subprocess, tensorflow
child = subprocess.Popen(["sleep", "600"])
with open("{pids}.part", "w") as file:
    file.write(f"{{os.getpid()}} {{child.pid}}")
os.rename("{pids}.part", "{pids}")
child.wait()
"""


def test_a_program_that_takes_too_long(program, interpreter, tmp_path):
    waits = SLEEPS.format(pids=tmp_path / "pids").replace("\n", "\n    ")
    path = program(f"import os\nif os.environ.get('SIDE'):\n    {waits}\n")
    out, _ = again("--timeout", 4, "--python", interpreter(SIDE=1), path, code=1)
    assert "tinynn again failed:\n  it was stopped after 4 s (--timeout)" in out
    assert all(gone(int(pid)) for pid in (tmp_path / "pids").read_text().split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_process_behind(program, tmp_path, number):
    path = program(SLEEPS.format(pids=tmp_path / "pids"))
    command = [sys.executable, "-m", "tinynn", "compare", "--against", "tinynn", str(path)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for _ in range(1200):
            if (tmp_path / "pids").exists():
                break
            time.sleep(0.05)
        pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        process.send_signal(number)
        out, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in out + error
    assert all(map(gone, pids))
