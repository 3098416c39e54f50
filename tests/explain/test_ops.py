"""What an op is: every op and every function of ops can be shown, and what is shown is so."""

import inspect
import pathlib
import re
import types

import numpy as np
import pytest
from op_examples import has_complex

import tinynn as tf
from tinynn import ops
from tinynn.autodiff.listener import Listener
from tinynn.autodiff.tensor import convert
from tinynn.backends import native
from tinynn.core import nest
from tinynn.core.primitive import Primitive, primitive, registry
from tinynn.explain import csources, examples, text
from tinynn.explain.ops import names, op
from tinynn.explain.sources import PACKAGE, Source, called_by, source_of, stands_for

NAMES = sorted(names())
OPS = sorted(registry)
PURE = [name for name in OPS if not registry[name].mutates]
NAMESPACES = {"tf": tf, "tf.math": tf.math, "tf.nn": tf.nn, "tf.linalg": tf.linalg, "tf.random": tf.random}
_sheets = {}


def sheet(name, lang="en"):
    """The sheet of a name; an op of the registry by its own name is meant."""
    if (name, lang) not in _sheets:
        _sheets[name, lang] = op(registry.get(name, name), lang)
    return _sheets[name, lang]


def section(shown, title):
    """The parts below the heading that begins so."""
    (found,) = [s.parts for s in shown.sections if s.title.startswith(title)]
    return found


def sources(parts):
    return [part for part in parts if isinstance(part, Source)]


def prose(parts):
    return "\n".join(line for part in parts if not isinstance(part, Source) for line in part)


@pytest.fixture
def mine():
    """A decorator as `primitive`, whose ops leave the registry after the test."""
    before = set(registry)
    yield primitive
    for name in set(registry) - before:
        del registry[name]


# ---- every name ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_fits_a_terminal(name):
    for shown in (op(name), op(name, lang="ko")):
        code = "\n".join(source.text for s in shown.sections for source in sources(s.parts))
        lines = str(shown).split("\n")
        assert len(lines) > 5
        for line in lines:
            assert text.width(line) <= (120 if line.strip() in code else 100), line
            assert line == line.rstrip()


@pytest.mark.parametrize("name", NAMES)
def test_places_are_where_the_text_stands(name):
    for part in sources(part for s in sheet(name).sections for part in s.parts):
        line = (PACKAGE.parent / part.path).read_text().split("\n")[part.line - 1]
        first = part.text.split("\n")[0]
        assert line.split() == first.split() or re.match(r"[A-Z_]+\(", line)    # which is where a macro wrote it


@pytest.mark.parametrize("place", NAMESPACES)
def test_every_public_op_has_show(place, capsys):
    functions = [v for n, v in vars(NAMESPACES[place]).items() if isinstance(v, (Primitive, types.FunctionType))
                 and not n.startswith("_") and vars(ops).get(v.__name__) is v]
    assert len(functions) > 5
    assert all(callable(function.show) for function in functions)
    for function in functions[:3]:
        assert function.show() is None
        assert capsys.readouterr().out == f"{op(function)}\n"


def test_show_speaks_korean(capsys):
    tf.matmul.show(lang="ko")
    tf.nn.relu.show(lang="ko")
    assert capsys.readouterr().out.count("기울기 규칙") == 2


def test_ops_of_keras_have_show(capsys):
    for name, function in vars(tf.keras.ops).items():
        if not name.startswith("_") and getattr(function, "__module__", "").startswith("tinynn.keras.ops."):
            assert len(str(op(function)).split("\n")) > 5
            assert function.show.__name__ == "show"
    tf.keras.ops.square.show()
    assert "y = x²" in capsys.readouterr().out
    assert "max(0, x)" in str(op(tf.keras.activations.relu))


def test_showing_moves_no_state():
    tf.random.set_seed(3)
    expected = tf.random.normal((2,)).numpy(), tf.random.normal((2,), seed=1).numpy()
    tf.random.set_seed(3)
    for name in ("normal", "dropout", "categorical", "random_normal", "set_seed"):
        str(op(name))
    assert (tf.random.normal((2,)).numpy() == expected[0]).all()
    assert (tf.random.normal((2,), seed=1).numpy() == expected[1]).all()


def test_showing_is_not_recorded():
    seen = []
    with Listener(lambda name, read, made: seen.append(name)):
        for name in ("matmul", "moments", "floor"):
            str(op(name))
    assert seen == []


def test_notebooks_get_html():
    page = op("less")._repr_html_()
    assert page.startswith("<div>")
    assert "x &lt; y" in page
    assert page.count("<pre>") == page.count("</pre>") > 3


# ---- mathematics and gradients ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPS)
def test_every_input_has_a_rule_or_a_reason(name):
    primitive, parts = registry[name], section(sheet(name), "Gradient rules")
    for given, rule in zip(primitive.inputs, primitive.rules, strict=True):
        lines = [line for part in parts if not isinstance(part, Source) for line in part[:1]]
        if rule is None:
            assert any(given in line.split(":")[0].split(", ") and ": no rule; " in line for line in lines), given
        else:
            label = "all inputs" if primitive.variadic else given
            assert any(line.startswith(f"{label}: {rule.formula[:60]}") for line in lines), given
            first = inspect.getsource(rule.function).rstrip().split("\n")[-1].strip()
            assert any(first in source.text for source in sources(parts)), given


@pytest.mark.parametrize(("name", "reason"), [
    ("gather", "indices: no rule; it holds whole numbers"), ("where", "condition: no rule; it holds truth values"),
    ("argmax", "input: no rule; the result is whole numbers"), ("less", "x, y: no rule; the result is truth values"),
    ("floor", "x: no rule; the result is flat"), ("floordiv", "x, y: no rule; the result is flat"),
    ("stop_gradient", "input: no rule; the tape ends here"), ("sqrtm", "input: no rule; the tape ends here"),
    ("adam_update", "w, m, v, g, rate, step: no rule; the op changes w, m, v in place")])
def test_reasons(name, reason):
    assert reason in prose(section(sheet(name), "Gradient rules"))


def test_a_page_in_full():
    shown = str(op(tf.matmul))
    for piece in ("matmul(a, b, transpose_a=False", "c = a b", "The matrix product", "a: g bᵀ", "b: aᵀ g",
                  "unbroadcast(da, a_shape)", "tinynn/ops/linalg.py:", "return xp.matmul(a, b)",
                  "KERNEL(matmul, FLOATS", "static tn_status K(matmul)(const tn_args *args) {", "gradient of b = ["):
        assert piece in shown, piece
    order = [shown.index(piece) for piece in ("c = a b", "Gradient rules", "How the function", "NumPy body", "C kernel",
                                              "Example")]
    assert order == sorted(order)


def test_functions_name_the_op_they_stand_for():
    for name in names():
        if name in registry and not isinstance(names()[name], Primitive):
            assert stands_for(names()[name]) is registry[name]
            called = called_by(names()[name])
            within = [called, *[called_by(f) for f in called.values() if isinstance(f, types.FunctionType)]]
            assert any(registry[name] in found.values() for found in within), name
            assert op(name).formula == registry[name].formula


# ---- kernels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPS)
def test_kernel(name):
    parts = section(sheet(name), "C kernel")
    if not registry[name].native:
        assert not sources(parts)
        assert "runs as its NumPy body" in prose(parts)
        return
    row, *behind = sources(parts)
    assert f"({name}," in row.text
    if csources.rows()[name].elementwise:
        assert "out[i] = " in prose(parts)
    elif csources.rows()[name].kind == "VIEW":
        assert "tn_status infer_" in behind[0].text
    else:
        assert f"static tn_status K({name})(const tn_args *args) {{" in behind[0].text
    for source in behind:
        code = re.sub(r"/\*.*?\*/", "", source.text, flags=re.S)
        assert code.count("{") == code.count("}")
        assert "{" in code or source.path.endswith("ops.def"), code


# ---- the example -----------------------------------------------------------------------------------------------------


def exact(primitive, run):
    """The body on the example's inputs in float64, without a kernel."""
    before = native.enable(False)
    try:
        arrays = [x.astype("float64") if x.dtype == "float32" else x for _, x in run.inputs]
        return outputs(primitive, arrays, run.attributes)
    finally:
        native.enable(before)


def outputs(primitive, arrays, attributes):
    tensors = [tf.Variable(x) if n in primitive.mutates else convert(x.copy())
               for n, x in zip(primitive.inputs * len(arrays) if primitive.variadic else primitive.inputs, arrays,
                               strict=False)]
    result = primitive(*tensors, **attributes)
    if primitive.mutates:
        return [np.array(t) for n, t in zip(primitive.inputs, tensors, strict=True) if n in primitive.mutates]
    return [np.array(x) for x in nest.flatten(result)]


@pytest.mark.parametrize("name", OPS)
def test_example_equals_the_reference(name):
    run = sheet(name).run
    expected = exact(registry[name], run)
    assert len(run.outputs) == len(expected) > 0
    for got, want in zip(run.outputs, expected, strict=True):
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    written = " ".join(str(sheet(name)).split())      # lines may be broken
    for got in [*run.outputs, *[g for g in run.gradients.values() if g is not None]]:
        assert " ".join(text.block(got)[-1].split("\n")[0].split())[:80] in written


@pytest.mark.parametrize("name", [name for name in PURE if registry[name].differentiable and name != "custom"
                                  and not has_complex(registry[name])])
def test_example_gradients_are_the_slopes(name):
    """Those of the sum of g times the result, by differences; at a kink both sides differ, and it is not asked."""
    primitive, run = registry[name], sheet(name).run
    arrays = [x.astype("float64") if x.dtype == "float32" else x for _, x in run.inputs]
    assert run.gradients

    def total(arrays):
        made = [y for y in outputs(primitive, arrays, run.attributes) if y.dtype.kind == "f"]
        return sum(float((g * y).sum()) for g, y in zip(run.upstream, made, strict=True))

    asked, step = 0, 1e-6
    for k, (given, x) in enumerate(run.inputs):
        for place in np.ndindex(*x.shape) if given in run.gradients else ():
            def at(by, k=k, place=place):
                moved = [a.copy() for a in arrays]
                moved[k][place] += by
                return total(moved)

            ahead, behind = (at(step) - at(0)) / step, (at(0) - at(-step)) / step
            if abs(ahead - behind) < 1e-3 * max(1, abs(ahead)):
                scale = max(1.0, float(np.abs(run.gradients[given]).max()))
                assert abs(run.gradients[given][place] - (ahead + behind) / 2) < 1e-3 * scale, (given, place)
                asked += 1
    assert asked > 0


@pytest.mark.parametrize("name", [n for n in NAMES if ">>>" in (names()[n].__doc__ or "")
                                  and n not in ("constant", "custom_gradient")])
def test_documented_examples_run(name):
    run = op(name).run
    assert run is not None
    assert run.outputs
    assert run.call in str(op(name)) or "\n" in run.call


def test_a_function_names_the_ops_that_it_ran():
    shown = op(tf.math.reduce_variance)
    assert shown.run.ran == ["reduce_mean", "subtract", "square", "reduce_mean"]
    np.testing.assert_allclose(shown.run.outputs[0], np.var([[1, 3], [2, 8]], axis=1))
    np.testing.assert_allclose(shown.run.gradients["input_tensor"], [[-1, 1], [-6, 6]])
    assert "subtract     z = x - y" in str(shown)
    assert "tf.explain.op('reduce_mean')" in str(shown)


# ---- what a user brings ----------------------------------------------------------------------------------------------


def test_an_op_of_ones_own(mine, capsys):
    @mine("y = 3 x")
    def thrice(xp, x):
        """Three times x."""
        return 3 * x

    @thrice.vjp("3 g")
    def _(g):
        return g * 3.0

    thrice.show()
    shown = capsys.readouterr().out
    for piece in ("y = 3 x", "Three times x.", "x: 3 g", "return g * 3.0", "return 3 * x", "no C kernel",
                  "gradient of x = [3, 6, 9]", pathlib.Path(__file__).name):
        assert piece in shown, piece


def test_an_op_that_does_not_work_yet(mine):
    @mine("y = x / 0")
    def broken(xp, x):
        """Not yet."""
        return xp.no_such_function(x)

    shown = str(op(broken))
    assert "no_such_function" in shown
    assert "the example fails with AttributeError" in shown
    assert "x: no rule; the tape ends here" in shown


def test_an_op_typed_at_a_prompt(mine):
    place = {"mine": mine}
    exec("@mine('y = x')\ndef typed(xp, x):\n    'x.'\n    return x", place)
    shown = str(op(place["typed"]))
    assert "The source is not in a file." in shown
    assert "result = [1, -0.5, 2]" in shown


def test_parameters_are_not_taken_for_functions():
    assert "cond" not in called_by(tf.while_loop)
    assert "operand" in called_by(tf.while_loop)
    assert "rank" not in called_by(_with_a_variable_of_its_own)


def _with_a_variable_of_its_own(x):
    return [rank + 1 for rank in x]


rank = tf.rank      # which the function above does not mean


def test_source_begins_at_def():
    assert source_of(registry["matmul"].body).text.startswith("def _matmul(xp, a, b, *, transpose_a")
    assert '"""' not in source_of(tf.matmul, docstring=False).text
    assert source_of(lambda x: x) is None


@pytest.mark.parametrize(("what", "error", "said"), [
    ("matmull", ValueError, "did you mean matmul"), ("xyzzy", ValueError, "there is no op 'xyzzy'"),
    (lambda x: x, TypeError, "a lambda is not an op"), (np.matmul, TypeError, "matmul of numpy.*one named 'matmul'"),
    (3, TypeError, "type int"), (tf.constant(1.0), TypeError, "type Tensor"), (print, TypeError, "print of builtins"),
    (tf.GradientTape, TypeError, "GradientTape")])
def test_what_is_no_op(what, error, said):
    with pytest.raises(error, match=said):
        op(what)


def test_a_layer_is_no_op():
    with pytest.raises(TypeError, match="Dense is a layer"):
        op(tf.keras.layers.Dense(3))


def test_names_as_tensorflow_writes_them():
    for name in ("matmul", "tf.matmul", "tinynn.linalg.matmul", "linalg.matmul"):
        assert op(name).title == op(tf.matmul).title
    assert op("tf.linalg.transpose").title != op("tf.transpose").title
    assert op("tf.slice").title.startswith("slice(")


def test_small_numbers_differ():
    rand = examples.small_numbers()
    assert rand(3).tolist() != rand(3).tolist()
    assert len(set(examples.NUMBERS)) >= len(examples.NUMBERS) - 1
