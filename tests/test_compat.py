"""`tinynn run`: TensorFlow programs, unedited."""

import importlib.metadata
import pathlib
import re
import sys
import types

import pytest
from processes import python

import tinynn
from tinynn import cli, compat
from tinynn.cli import info

PROGRAMS = pathlib.Path(__file__).parent / "programs"
NEEDS_MATPLOTLIB = {"p3_linear_classifier"}
RANDOM = {"p0_regression_loop", "p0b_regression_schedule", "p1_tensors", "p3_linear_classifier"}


def command(*args, code=0):
    """What `python -m tinynn *args` wrote to stdout and stderr; it must exit with `code`."""
    return python("-m", "tinynn", *args, code=code)


@pytest.fixture
def program(tmp_path):
    """Writes a program to a folder of its own."""
    def write(text):
        path = tmp_path / "program.py"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("path", sorted(PROGRAMS.glob("p*.py")), ids=lambda path: path.stem)
def test_programs_of_learners_print_what_tensorflow_prints(path):
    if path.stem in NEEDS_MATPLOTLIB:
        pytest.importorskip("matplotlib")
    out, report = command("run", "--report", path)
    assert report.endswith("tinynn has every name of tensorflow and keras that the program asked for.\n")
    recorded = PROGRAMS / "expected" / f"{path.stem}.txt"
    if not recorded.exists():       # times stand in its progress bars
        assert out.strip()
    elif path.stem in RANDOM:
        assert without_numbers(out) == without_numbers(recorded.read_text())
    else:
        assert out == recorded.read_text()


def without_numbers(text):
    """The text with # for every run of floating-point numbers, however they are spaced."""
    return re.sub(r" *-?\d+\.\d*(e[+-]\d+)? *", " # ", text)


def test_the_regression_loop_learns():
    out, _ = command("run", PROGRAMS / "p0_regression_loop.py")
    losses = [float(line.rsplit(" ", 1)[1]) for line in out.splitlines()]
    assert len(losses) == 100
    assert losses[-1] < losses[0] / 2


def test_names_arguments_and_path(program):
    path = program("""
import os, sys
import tensorflow as tf, tensorflow.keras as k, keras
from tensorflow.keras import layers
from tensorflow.keras.layers import Dense
import tensorflow.keras.layers as again
import helper
import tinynn
assert tf is tinynn and k is keras is tinynn.keras and again is layers is tinynn.keras.layers
assert tinynn.__spec__.name == "tinynn" and keras.__spec__.name == "tinynn.keras" and layers.Dense is Dense
assert tf.__version__.split(".")[0] == "2" and keras.__version__.split(".")[0] == "3"
assert __name__ == "__main__" and sys.modules["__main__"].tf is tf
assert sys.argv == [__file__, "--epochs", "3", "-h"], sys.argv
assert os.path.samefile(sys.path[0], os.path.dirname(__file__))
print("ok")
""")
    (path.parent / "helper.py").write_text("import tensorflow\n")
    assert command("run", path, "--epochs", "3", "-h")[0] == "ok\n"


def test_exit_codes_pass_through(program):
    command("run", program("import sys; sys.exit(7)"), code=7)
    assert command("run", program("raise SystemExit('bye')"), code=1)[1] == "bye\n"
    command("run", program("raise KeyboardInterrupt"), code=130)
    command("run", program("").parent / "missing.py", code=2)
    command("unknown", code=2)


def test_tracebacks_begin_in_the_program(program):
    path = program("def f():\n    return 1 / 0\n\nf()\n")
    lines = command("run", path, code=1)[1].splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1] == f'  File "{path}", line 4, in <module>'
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert f'File "{path}", line 1' in command("run", program("def\n"), code=1)[1]


def test_a_missing_module_is_named(program):
    error = command("run", program("import tensorflow.no_such_thing"), code=1)[1]
    assert "tinynn has no 'tensorflow.no_such_thing'" in error


def test_the_names_end_with_the_context(monkeypatch):
    real = types.ModuleType("keras")
    monkeypatch.setitem(sys.modules, "keras", real)
    version, path = tinynn.__version__, list(sys.meta_path)
    with compat.as_tensorflow():
        import keras
        import tensorflow

        assert (keras, tensorflow) == (tinynn.keras, tinynn)
    assert sys.modules["keras"] is real
    assert "tensorflow" not in sys.modules
    assert (tinynn.__version__, sys.meta_path) == (version, path)
    assert not vars(real).get("layers")


def test_a_report_names_what_the_program_asked_for_in_vain(program):
    path = program("""
import tensorflow as tf
from tensorflow import keras
print(hasattr(tf.nn, "reluu"), hasattr(keras.layers, "Dense"), hasattr(tf, "__wrapped__"))
try:
    from tensorflow.keras.layers import Densee
except ImportError as error:
    print(error)
try:
    import keras.applications
except ImportError:
    pass
keras.Sequential([keras.layers.Dense(1)]).fitt()
""")
    out, error = command("run", "--report", path, "--report", code=1)
    assert out.startswith("False True False\ncannot import name 'Densee' from 'tinynn.keras.layers'")
    traceback, report = error.split("Names that the program asked for and tinynn lacks:\n")
    assert "has no attribute 'fitt'" in traceback
    assert [line.split(maxsplit=2) for line in report.splitlines()] == [
        ["program.py:4", "tf.nn.reluu", "did you mean relu?"],
        ["program.py:6", "keras.layers.Densee", "did you mean Dense?"],
        ["program.py:10", "keras.applications", "did you mean activations?"],
        ["program.py:13", "Sequential.fitt", "did you mean fit?"]]


def test_a_report_of_a_program_that_lacks_nothing(program):
    path = program("import tensorflow as tf, sys\nfrom tensorflow.keras import Model\ntf.keras.losses\nsys.exit(3)")
    assert command("run", "--report", path, code=3)[1].startswith("tinynn has every name of tensorflow and keras")


def test_info_lists_the_optional_packages(monkeypatch):
    requirements = ["numpy>=2.0", 'pytest>=8; extra == "test"', 'numpy>=1.0; extra == "arrays"',
                    'tinynn-engine[plot]; extra == "all"', "no_such_package>=3,<4 ; extra == 'odd'"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: requirements)
    rows = info.packages()[1:]
    assert rows[0] == ["arrays", "numpy>=1.0", importlib.metadata.version("numpy")]
    assert rows[-1] == ["odd", "no_such_package>=3,<4", 'no; pip install "tinynn-engine[odd]"']
    assert len(rows) == 2


def test_info_without_metadata_says_so(monkeypatch):
    def requires(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", requires)
    assert "not installed by pip" in info.packages()[0][0]


def test_help_has_an_example_for_each_command():
    for name in cli.COMMANDS:
        text = command(name, "--help")[0]
        assert f"tinynn {name}" in text.split("example:")[1]
        assert max(map(len, text.splitlines())) <= 100
        assert "exit code" in text or name not in ("run", "compare", "info")
    assert "avx" in command("info")[0] or "baseline" in command("info")[0]


def test_names_of_other_versions():
    logger = tinynn.get_logger()
    before = logger.level
    try:
        tinynn.compat.v1.logging.set_verbosity(tinynn.compat.v1.logging.ERROR)
        assert logger.level == tinynn.compat.v1.logging.get_verbosity() == 40
    finally:
        logger.setLevel(before)
    tinynn.compat.v1.set_random_seed(3)
    first = tinynn.random.normal((2,)).numpy()
    tinynn.random.set_seed(3)
    assert (tinynn.random.normal((2,)).numpy() == first).all()
    assert tinynn.compat.as_bytes("é") == "é".encode() == tinynn.compat.as_bytes("é".encode())
    assert tinynn.compat.as_text("é".encode()) == tinynn.compat.as_str("é") == "é"
    assert tinynn.compat.v2.reduce_sum is tinynn.reduce_sum


def test_what_only_graphs_need():
    @tinynn.autograph.experimental.do_not_convert
    def twice(x):
        return x + x

    assert twice(2) == 4 and "return x + x" in tinynn.autograph.to_code(tinynn.function(twice))
    tinynn.autograph.set_verbosity(3), tinynn.config.optimizer.set_jit(True)
    assert tinynn.config.optimizer.get_experimental_options() == {} and not tinynn.inside_function()
    assert tinynn.dtypes.cast([1.5], tinynn.int32).numpy().tolist() == [1] and tinynn.dtypes.complex is tinynn.complex
