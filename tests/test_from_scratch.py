"""The steps of examples/from_scratch run, and compute what tinynn computes."""

import ast
import pathlib
import re
import types

import numpy as np
import pytest
from from_scratch import COMPARISONS
from processes import python

ROOT = pathlib.Path(__file__).parent.parent
FOLDER = ROOT / "examples" / "from_scratch"
FILES = sorted(FOLDER.glob("step*.py"))
NAMES = [path.stem for path in FILES]


def load(name):
    """A step as a fresh module."""
    path = FOLDER / f"{name}.py"
    step = types.ModuleType(name)
    step.__file__ = str(path)
    exec(compile(path.read_text(), path, "exec"), vars(step))
    return step


@pytest.mark.parametrize("name", NAMES)
def test_a_step_computes_what_tinynn_computes(name):
    COMPARISONS[name](load(name))


# ---- the comparisons notice ------------------------------------------------------------------------------------------

UNUSED = {      # nothing that the step shows depends on these: gradients with respect to data, and step 4's last sum
    ("step04_diamond", "add", "value"), ("step06_matrices", "subtract", 1), ("step07_broadcasting", "matmul", 0),
    ("step08_momentum", "multiply", 1), ("step08_momentum", "subtract", 1), ("step09_mini_batches", "matmul", 0),
    ("step09_mini_batches", "subtract", 1), ("step10_tape", "multiply", 1), ("step10_tape", "subtract", 1),
    ("step12_digits", "cross_entropy", 1)}


def places(step):
    """Where a number of a step is made: the value of an op, and the gradient of each of its inputs."""
    for op, entry in step.OPS.items():
        yield op, "value"
        if isinstance(entry, tuple):
            yield from ((op, i) for i in range(entry[1].__code__.co_argcount - 1))


def plant(step, op, place):
    """Makes the number of one place wrong by a millionth."""
    wrong = lambda x: None if x is None else x * (1.0 + 1e-6)
    body, vjp = step.OPS[op] if isinstance(step.OPS[op], tuple) else (step.OPS[op], None)
    if vjp is None:
        step.OPS[op] = lambda *inputs: wrong(body(*inputs))
    elif place == "value":
        step.OPS[op] = lambda *inputs: wrong(body(*inputs)), vjp
    else:
        step.OPS[op] = body, lambda *inputs: [wrong(x) if i == place else x for i, x in enumerate(vjp(*inputs))]


CASES = [(name, op, place) for name in NAMES for op, place in places(load(name))]


@pytest.mark.parametrize(("name", "op", "place"), CASES, ids=str)
def test_a_number_that_is_wrong_by_a_millionth_is_noticed(name, op, place):
    step = load(name)
    for limit in {"EPOCHS", "STEPS"} & set(vars(step)):
        setattr(step, limit, 2)
    plant(step, op, place)
    if (name, op, place) in UNUSED:
        COMPARISONS[name](step)
    else:
        with pytest.raises(AssertionError):
            COMPARISONS[name](step)


# ---- the files -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_step_runs_by_itself(path):
    out, _ = python("-W", "error", path, PYTHONPATH="", PYTHONIOENCODING="utf-8")
    lines = out.splitlines()
    assert len(lines) > 5
    assert [line for line in lines if len(line) > 100 or line != line.rstrip()] == []
    last = path == FILES[-1]
    *_, closing = re.split(r"\n(?=Question: |Exercise: )", out.rstrip())
    assert closing.startswith("Exercise: " if last else "Question: ")
    assert last or closing.endswith(f"Step {FILES.index(path) + 2}.")


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_step_is_short_and_needs_nothing_of_tinynn(path):
    text, number = path.read_text(), FILES.index(path) + 1
    tree = ast.parse(text)
    assert len(text.splitlines()) < 100
    assert path.name.startswith(f"step{number:02}_")
    assert ast.get_docstring(tree).startswith(f"Step {number}: ")
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    modules = {alias.name for node in imports for alias in node.names}
    assert modules <= {"itertools", "pathlib", "numpy"} - ({"numpy"} if number < 6 else set())
    assert [node for node in imports if isinstance(node, ast.ImportFrom)] == []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_step_names_where_tinynn_does_it(path):
    doc = ast.get_docstring(ast.parse(path.read_text()))
    files = re.findall(r"\b(?:tinynn|examples|docs)/[\w/]+(?:\.\w+)?", doc.partition("In tinynn:")[2])
    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_importing_a_step_prints_nothing(capsys):
    for name in NAMES:
        load(name)
    assert capsys.readouterr().out == ""


def test_the_readme_lists_every_step_in_order():
    table = re.findall(r"^\| \[(.+)\]\((.+)\) \| .+ \| .*[가-힣].* \|$", (FOLDER / "README.md").read_text(), re.M)
    assert table == [(path.name, path.name) for path in FILES]
    assert list(COMPARISONS) == NAMES


# ---- what the texts say ----------------------------------------------------------------------------------------------

def test_the_chain_rule_alone_gets_the_diamond_wrong():
    step = load("step03_chain")
    x = step.Tensor(2.0)
    u = x * x
    assert step.backward(u * u + u)[x] == 2.0
    assert load("step04_diamond").numbers()["overwrite"][1] == 2.0


def test_the_search_for_an_order_fails_on_a_long_chain():
    step = load("step05_topological_order")
    x = step.Tensor(1.0)
    for _ in range(5000):
        x = x + x
    with pytest.raises(RecursionError):
        step.backward(x)


def test_without_unbroadcast_a_bias_becomes_a_matrix():
    step = load("step07_broadcasting")
    step.unbroadcast = lambda g, shape: g
    assert (np.array([5.0, 7.0]) - 0.1 * step.numbers()["gradient of b"]).shape == (3, 2)


def test_a_rate_can_be_too_large_for_descent_but_not_for_momentum():
    step = load("step08_momentum")
    step.RATE = 0.8
    plain, heavy = step.numbers().values()
    assert plain[-1][2] > plain[0][2]
    assert heavy[-1][2] < 1e-5
