"""Programs in C: every op of the registry, the arena, and what is not C's."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from op_examples import has_complex
from recordings import executed, interpreted, program_of, same_bits

import tinynn as tf
from tinynn.autodiff.tensor import convert
from tinynn.core.primitive import registry
from tinynn.graph import executable, passes, plan

DTYPES = ("float32", "float64")
SHAPED_BY_VALUES = {"nonzero", "unique"}     # of which no program can be made


def rand():
    rng = np.random.default_rng(1)
    return lambda *shape: rng.normal(size=shape)


def examples(op, dtype):
    """(arguments, attributes): Variables for what is written, tensors for the rest; floats are of `dtype`."""
    given = op.example(rand()) if op.example else ([rand()(4, 3) + i for i in range(len(op.inputs))], {})
    for inputs, attributes in given if isinstance(given, list) else [given]:
        names = op.inputs * len(inputs) if op.variadic else op.inputs
        arrays = [np.asarray(x) for x in inputs]
        arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays]
        arguments = [tf.Variable(a) if n in op.mutates else convert(a) for n, a in zip(names, arrays, strict=True)]
        yield arguments, attributes


def outcomes(op, arguments, attributes, captured):
    """What four calls give, and the variables after each; then how they ran."""
    start = [np.array(a) for a in arguments]
    variables = [a for a in arguments if isinstance(a, tf.Variable)]

    def call(*tensors):
        given = iter(tensors)
        return op(*[a if isinstance(a, tf.Variable) else next(given) for a in arguments], **attributes)

    function, seen = tf.function(call) if captured else call, []
    for _ in range(4):
        made = function(*[a for a in arguments if not isinstance(a, tf.Variable)])
        seen.extend(np.array(t) for t in tf.nest.flatten(made) if t is not None)
        seen.extend(v.numpy() for v in variables)
    for variable, value in zip(arguments, start, strict=True):
        if isinstance(variable, tf.Variable):
            variable.assign(value)
    return seen, function.explain_capture() if captured else ""


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(name for name in set(registry) - SHAPED_BY_VALUES
                                        if not has_complex(registry[name])))
def test_every_op_gives_the_same_bits_captured(name, dtype):
    op = registry[name]
    for arguments, attributes in examples(op, dtype):
        expected, _ = outcomes(op, arguments, attributes, False)
        got, explained = outcomes(op, arguments, attributes, True)
        same_bits(got, expected)
        assert "runs in C" in explained
        if op.native and dtype == "float32" and not op.mutates:
            assert explained.endswith("runs in C"), explained


@pytest.mark.parametrize("name", sorted(SHAPED_BY_VALUES))
def test_what_is_shaped_by_values_is_not_replayed(name):
    function = tf.function({"nonzero": lambda x: tf.where(x > 0), "unique": lambda x: tf.unique(x)[0]}[name])
    with pytest.warns(tf.TinynnHint, match=f"{name} gives depends on values"):
        function(tf.constant([1, 2, 3]))
    for x in ([1, 2, 3], [1, 1, 1], [-1, 2, -1]):
        x = tf.constant(x)
        np.testing.assert_array_equal(function(x), function.python_function(x))


@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 0), (5,), (2, 3), (2, 1, 3)])
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "int64", "float16", "float32", "float64"])
def test_shapes_and_dtypes(shape, dtype):
    x = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 9, size=shape).astype(dtype)

    def function(x):
        one = tf.cast(tf.ones_like(x), x.dtype)
        if x.dtype == tf.bool:
            return tf.logical_and(x, one), tf.where(x, 1.0, 2.0), tf.logical_not(x)
        return x * x + one, x > one, tf.where(x > one, x, one), tf.reduce_sum(x), tf.cast(x, "float32")[..., None]

    program = program_of(function, x)
    same_bits(executed(program, [x]), interpreted(program, [x]))
    same_bits(executed(passes.optimize(program), [x]), interpreted(program, [x]))


def a_layered_step():
    rng = np.random.default_rng(0)
    w, b = tf.Variable(rng.normal(size=(7, 7)).astype("float32")), tf.Variable(np.zeros(7, "float32"))

    def step(x, y):
        with tf.GradientTape() as tape:
            for _ in range(3):
                x = tf.nn.relu(tf.matmul(x, w) + b) + tf.transpose(tf.transpose(x))
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, x))
        for v, g in zip((w, b), tape.gradient(loss, (w, b)), strict=True):
            v.assign_sub(0.1 * g)
        return loss, x

    return step, [rng.normal(size=(5, 7)).astype("float32"), np.eye(7, dtype="float32")[:5]]


def test_nothing_reads_memory_that_was_not_written(monkeypatch):
    step, inputs = a_layered_step()
    program = passes.optimize(program_of(step, *inputs))
    expected = executed(program, inputs)
    monkeypatch.setitem(executable.poison, "on", True)
    same_bits(executed(program, inputs), expected)


def test_the_arena_of_a_step_is_smaller_than_all_its_results():
    step, inputs = a_layered_step()
    program = program_of(step, *inputs)
    made = executable.Executable(program)
    results = {v for line in program.lines for v in line.outputs if not line.is_view}
    assert 0 < made.arena_bytes < sum(-(-made.bytes_of_value(v) // 64) * 64 for v in results)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 3000)), max_size=30))
def test_values_in_use_at_the_same_time_never_overlap(drawn):
    spans = {i: (min(a, b), max(a, b)) for i, (a, b, _) in enumerate(drawn)}
    size_of = lambda i: drawn[i][2]
    offsets, total = plan.arena(spans, size_of)
    assert set(offsets) == set(spans)
    for i, (first, last) in spans.items():
        assert offsets[i] % plan.ALIGN == 0 and offsets[i] + size_of(i) <= total
        for j, (begin, end) in spans.items():
            if i < j and first <= end and begin <= last and size_of(i) and size_of(j):
                assert offsets[i] + size_of(i) <= offsets[j] or offsets[j] + size_of(j) <= offsets[i]


def test_lifetimes_reach_from_the_line_that_makes_to_the_last_use_of_a_view():
    program = program_of(lambda x: tf.transpose(tf.exp(x))[0] + tf.reduce_sum(tf.square(x)), np.ones((2, 2), "float32"))
    places = {line.op.name: i for i, line in enumerate(program.lines)}
    made = next(line.outputs[0] for line in program.lines if line.op.name == "exp")
    base = {line.outputs[0]: made for line in program.lines if line.is_view}
    spans = plan.lifetimes(program, base)
    assert spans[made] == (places["exp"], places["add"])
    assert not set(base) & set(spans)
    assert spans[program.results[0]][1] == len(program.lines)


def test_an_error_in_a_program_is_the_ops_own_and_changes_no_variable_twice():
    v, x = tf.Variable(0.0), tf.constant([1.0, 2.0])

    @tf.function
    def function(i):
        v.assign_add(1.0)
        return tf.gather(x, i)

    for _ in range(3):
        function(tf.constant([1]))
    assert "runs in C" in function.explain_capture()
    with pytest.raises(tf.errors.InvalidArgumentError, match="gather: index 7 lies outside"):
        function(tf.constant([7]))
    assert float(v) == 4.0
    assert function(tf.constant([0])).numpy() == [1.0]


def test_the_least_time_of_each_line_is_told_and_variables_stay():
    step, inputs = a_layered_step()
    program = program_of(step, *inputs)
    made = executable.Executable(program)
    made.run(tuple(map(convert, inputs)))
    before = [v.numpy() for v in program.variables]
    seconds = made.profile(3)
    assert len(seconds) == len(program.lines) and all(0 <= s < 10 for s in seconds)
    for v, value in zip(program.variables, before, strict=True):
        np.testing.assert_array_equal(v, value)
