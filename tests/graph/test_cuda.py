"""CUDA kernels made of the ops' bodies: run on the CPU, held against the bodies, compiled by CUDA's own compiler."""

import functools

import cuda_on_cpu
import numpy as np
import nvrtc
import pytest
import strict
from op_examples import examples

import tinynn as tf
from tinynn.autodiff.tensor import convert
from tinynn.backends import gpu
from tinynn.core.primitive import registry
from tinynn.graph.cuda import plan
from tinynn.graph.cuda.block import Block
from tinynn.graph.cuda.lowering import Call
from tinynn.graph.on_gpu import OnGPU
from tinynn.ops.conv import max_pooled, mean_pooled

pytestmark = pytest.mark.skipif(bool(cuda_on_cpu.why_not()), reason=str(cuda_on_cpu.why_not()))

# Ops that no kernel is made of; CuPy runs their bodies.
BY_CUPY = {
    # sorts and scans
    "argsort", "cumprod", "cumsum", "cumulative_logsumexp", "searchsorted", "random_truncated_normal",
    # numbers are drawn until they are accepted
    "random_gamma", "random_poisson",
    # linear algebra
    "cholesky", "det", "eig", "eigh", "einsum", "inv", "qr", "solve", "sqrtm", "svd",
    # rows are added up by index
    "gather_grad", "rows_update", "segment_max", "segment_min", "segment_prod", "take_along_grad",
    # quotients and neighbours of numbers, as Python rounds
    "floordiv", "floormod", "truncatediv", "truncatemod", "nextafter",
    # complex numbers
    "complex", "conj", "imag", "real", "fft", "ifft", "rfft", "irfft",
}
ELSEWHERE = {"move", "nonzero", "unique"}   # to another device; in no program, since their shapes depend on values
TOLERANCE = {"float32": 3e-5, "float64": 1e-12}


@pytest.fixture(autouse=True)
def platform():
    """Tensors are made on the stand-in for a GPU."""
    found = strict.Strict()
    with gpu.substituted(found), tf.device("GPU:0"):
        yield found


def on_gpu(function, tensors, monkeypatch, way):
    """(the OnGPU of a function as it was recorded, its results): in one block where it is small, or as many kernels."""
    if way == "kernels":
        monkeypatch.setattr(plan, "one_block", lambda *given: None)
    wrapped = tf.function(function)
    for _ in range(3):
        wrapped(*tensors)
    made = OnGPU(wrapped.program.recorded, 0)
    return made, [t.numpy() for t in made.run(tensors)]


def works_of(made):
    return [work for step in made.plan.steps for work in getattr(step.item, "works", ())]


# ---- every op --------------------------------------------------------------------------------------------------------


@functools.cache
def cases(dtype):
    """[(op, inputs, attributes)] of all ops but those without a kernel."""
    return [(op, inputs, attributes) for name, op in sorted(registry.items()) if name not in BY_CUPY | ELSEWHERE
            for inputs, attributes in examples(op, dtype)]


def expected(op, inputs, attributes):
    """What the body gives, then what it has written."""
    names = op.inputs * len(inputs) if op.variadic else op.inputs
    copies = [x.copy() for x in inputs]
    with np.errstate(all="ignore"):
        made = op.body(np, *copies, **attributes)
    made = () if made is None else made if isinstance(made, tuple) else (made,)
    return [*map(np.asarray, made), *(x for n, x in zip(names, copies, strict=True) if n in op.mutates)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("way", ["block", "kernels"])
def test_every_op_is_a_kernel_that_gives_what_its_body_gives(way, dtype, monkeypatch):
    found, wanted, tensors, given = [], [], [], []
    for op, inputs, attributes in cases(dtype):
        names = op.inputs * len(inputs) if op.variadic else op.inputs
        arguments = [tf.Variable(x) if n in op.mutates else convert(x) for n, x in zip(names, inputs, strict=True)]
        given.append((op, arguments, attributes))
        tensors += [x for x in arguments if type(x) is tf.Tensor]
        wanted += [(op.name, x) for x in expected(op, inputs, attributes)]

    def everything(*tensors):
        left, results = iter(tensors), []
        for op, arguments, attributes in given:
            arguments = [next(left) if type(x) is tf.Tensor else x for x in arguments]
            made = op(*arguments, **attributes)
            results += made if isinstance(made, tuple) else () if made is None else (made,)
            results += [v.read_value() for v in arguments if isinstance(v, tf.Variable)]
        return results

    before = [(v, v.numpy()) for _, arguments, _ in given for v in arguments if isinstance(v, tf.Variable)]
    wrapped = tf.function(everything)
    for _ in range(2):
        wrapped(*tensors)
    for variable, value in before:
        variable.assign(value)
    if way == "kernels":
        monkeypatch.setattr(plan, "one_block", lambda *given: None)
    else:
        monkeypatch.setattr("tinynn.graph.cuda.block.MOST_COST", 1 << 40)
    made = OnGPU(wrapped.program.recorded, 0)
    found = [t.numpy() for t in made.run(tuple(tensors))]
    assert [step.item.line.op.name for step in made.plan.steps if isinstance(step.item, Call)] == []
    assert isinstance(made.plan.steps[0].item, Block) == (way == "block")
    assert len(found) == len(wanted)
    for got, (name, value) in zip(found, wanted, strict=True):
        assert (got.dtype, got.shape) == (value.dtype, value.shape), name
        np.testing.assert_allclose(got, value, TOLERANCE[dtype], TOLERANCE[dtype], err_msg=name)
    if way == "kernels":
        compiles(made.plan.source)


def test_the_list_of_ops_without_a_kernel_is_right(monkeypatch):
    for name in sorted(BY_CUPY):
        for inputs, attributes in examples(registry[name], "float32"):
            op, names = registry[name], registry[name].inputs
            variables = [tf.Variable(x) for n, x in zip(names, inputs, strict=False) if n in op.mutates]
            tensors = tuple([convert(x) for n, x in zip(names * len(inputs) if op.variadic else names, inputs,
                                                         strict=True) if n not in op.mutates])
            made, _ = on_gpu(lambda *t, op=op, variables=variables, attributes=attributes:
                                 op(*variables, *t, **attributes), tensors, monkeypatch, "kernels")
            assert name in [step.item.line.op.name for step in made.plan.steps if isinstance(step.item, Call)]


def compiles(source):
    """CUDA's own compiler accepts it, where that is installed (test_cudas_compiler_is_here says whether)."""
    if nvrtc.why_not() is None:
        assert nvrtc.cubin(source, ("-arch=sm_80",))


def test_cudas_compiler_is_here():
    if nvrtc.why_not():
        pytest.skip(nvrtc.why_not())
    with pytest.raises(nvrtc.CompileError, match="expected a"):
        compiles("extern \"C\" __global__ void f( {}")


# ---- the four ways to share the work ---------------------------------------------------------------------------------

rng = np.random.default_rng(0)
ROWS = rng.normal(size=(40, 50)).astype("float32")
LONG = rng.normal(size=(3, 5000)).astype("float32")
WITH_NAN = np.where(np.arange(50) == 7, np.nan, ROWS[:5]).astype("float32")
TIES = np.array([[1, 3, 3, 0], [2, 2, 2, 2]], "float32").repeat(20, axis=1)
CUBE = rng.normal(size=(5, 7, 40)).astype("float32")
WHOLE = rng.integers(-9, 9, (30, 40)).astype("int32")


def softmax(x):
    e = np.exp(x.astype("f8") - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def gradient(function, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x)


def part_of_ones(x, key):
    found = np.zeros_like(x)
    found[key] = 1
    return found


WAYS = {
    "softmax of rows": (tf.nn.softmax, softmax, ROWS, "rows"),
    "softmax of long rows": (tf.nn.softmax, softmax, LONG, "blocks"),
    "log softmax": (tf.nn.log_softmax, lambda x: np.log(softmax(x)), CUBE, "rows"),
    "a sum over rows": (lambda x: tf.reduce_sum(x, axis=1), lambda x: x.sum(1, dtype="f8"), ROWS, "rows"),
    "a sum over columns": (lambda x: tf.reduce_sum(x, axis=0), lambda x: x.sum(0, dtype="f8"), ROWS, "columns"),
    "a sum over the first axes": (lambda x: tf.reduce_sum(x, axis=[0, 1]), lambda x: x.sum((0, 1), dtype="f8"), CUBE,
                                  "columns"),
    "a sum over the last axes": (lambda x: tf.reduce_sum(x, axis=[1, 2]), lambda x: x.sum((1, 2), dtype="f8"), CUBE,
                                 "rows"),
    "a sum over an axis in the middle": (lambda x: tf.reduce_sum(x, axis=1), lambda x: x.sum(1, dtype="f8"), CUBE,
                                         "rows"),
    "a norm without keepdims": (lambda x: x / tf.reduce_sum(x * x, axis=2)[:, :, None],
                                lambda x: x / (x * x).sum(2)[:, :, None], CUBE, "rows"),
    "a norm over an axis in the middle": (lambda x: x / tf.reduce_sum(x * x, axis=1, keepdims=True),
                                          lambda x: x / (x * x).sum(1, keepdims=True), CUBE, "rows"),
    "a maximum over columns": (lambda x: tf.reduce_max(x, axis=0), lambda x: x.max(0), LONG.T.copy(), "columns"),
    "a sum of all": (tf.reduce_sum, lambda x: x.sum(dtype="f8"), LONG, "blocks"),
    "a mean of squares": (lambda x: tf.reduce_mean(x * x), lambda x: (x.astype("f8") ** 2).mean(), LONG, "blocks"),
    "a sum of whole numbers": (lambda x: tf.reduce_sum(x, axis=1), lambda x: x.sum(1), WHOLE, "rows"),
    "a maximum with NaN": (lambda x: tf.reduce_max(x, axis=1), lambda x: x.max(1), WITH_NAN, "rows"),
    "a minimum with NaN": (lambda x: tf.reduce_min(x, axis=0), lambda x: x.min(0), WITH_NAN.T.copy(), "columns"),
    "the place of a maximum with NaN": (lambda x: tf.argmax(x, axis=1), lambda x: x.argmax(1), WITH_NAN, "rows"),
    "the first of equal places": (lambda x: tf.argmax(x, axis=1), lambda x: x.argmax(1), TIES, "rows"),
    "the first of equal places in columns": (lambda x: tf.argmin(x, axis=0), lambda x: x.argmin(0), TIES.T.copy(),
                                             "columns"),
    "whether any": (lambda x: tf.reduce_any(x > 2.0, axis=1), lambda x: (x > 2).any(1), ROWS, "rows"),
    "whether all": (lambda x: tf.reduce_all(x > -2.5, axis=0), lambda x: (x > -2.5).all(0), ROWS, "columns"),
    "a product": (lambda x: tf.reduce_prod(x, axis=1), lambda x: x.prod(1, dtype="f8"), CUBE[0], "rows"),
    "a transposed copy": (lambda x: tf.transpose(x, [2, 0, 1]) + 0.5, lambda x: x.transpose(2, 0, 1) + 0.5, CUBE,
                          "points"),
    "broadcasting": (lambda x: x[:, :1] * x[0] - x[:, -1:], lambda x: x[:, :1] * x[0] - x[:, -1:], ROWS, "points"),
    "a part is replaced": (lambda x: tf.tensor_scatter_nd_update(x, [[1], [3]], x[:2]),
                           lambda x: np.concatenate([x[:1], x[:1], x[2:3], x[1:2], x[4:]]), ROWS, None),
    "the gradient of a slice": (lambda x: gradient(lambda x: tf.square(x[1:7:2, ::-3]), x),
                                lambda x: 2 * x * part_of_ones(x, np.s_[1:7:2, ::-3]), ROWS, "points"),
    "windows": (lambda x: max_pooled(x, (3,), (2,)),
                lambda x: np.maximum(np.maximum(x[:, :5:2], x[:, 1:6:2]), x[:, 2::2]), CUBE, "points"),
    "the gradient of windows": (lambda x: gradient(lambda x: mean_pooled(x * x, (3,), (1,)), x),
                                lambda x: np.array([1, 2, 3, 3, 3, 2, 1])[:, None] / 3 * 2 * x, CUBE, None),
    "every second, backwards": (lambda x: x[::-2, 1::3] * 2.0, lambda x: x[::-2, 1::3] * 2, ROWS, "points"),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_ways_to_share_the_work(name, monkeypatch):
    function, reference, x, kind = WAYS[name]
    made, (found,) = on_gpu(function, (convert(x),), monkeypatch, "kernels")
    with np.errstate(all="ignore"):
        value = reference(x)
    np.testing.assert_allclose(found, value, 2e-5, 2e-5)
    assert kind in [None, *(work.kind for work in works_of(made))]
    assert kind is None or not any(isinstance(step.item, Call) for step in made.plan.steps)
    for _ in range(4):      # threads run in another order each time
        np.testing.assert_array_equal(made.run((convert(x),))[0].numpy(), found)
    compiles(made.plan.source)


@pytest.mark.parametrize("name", WAYS)
def test_the_same_in_one_block(name, monkeypatch):
    function, reference, x, _ = WAYS[name]
    made, (found,) = on_gpu(lambda x: function(x * 1.0 if x.dtype.is_floating else x), (convert(x),), monkeypatch,
                            "block")
    np.testing.assert_allclose(found, reference(x), 2e-5, 2e-5)
    assert isinstance(made.plan.steps[0].item, Block) == (len(made.plan.steps) == 1)


# ---- programs --------------------------------------------------------------------------------------------------------


def test_what_one_kernel_alone_uses_needs_no_memory(monkeypatch):
    made, _ = on_gpu(lambda x: tf.reduce_sum(tf.exp(x * 2.0) + 1.0, axis=1), (convert(ROWS),), monkeypatch, "kernels")
    assert len(works_of(made)) == 1


def test_kernels_that_need_nothing_of_each_other_are_one_launch(monkeypatch):
    def several(x, y):
        return tf.exp(x), tf.reduce_sum(y, axis=1), tf.tanh(y)

    made, found = on_gpu(several, (convert(ROWS), convert(CUBE[0])), monkeypatch, "kernels")
    assert len(made.plan.steps) == 1
    np.testing.assert_allclose(found[0], np.exp(ROWS), 1e-5)
    np.testing.assert_allclose(found[2], np.tanh(CUBE[0]), 1e-5)


@pytest.mark.parametrize("way", ["block", "kernels"])
def test_a_variable_is_read_before_it_is_written(way, monkeypatch):
    v = tf.Variable(ROWS[:, :40])
    before = v.numpy()

    def turned(x):
        v.assign(tf.transpose(v) + x)
        return v * 2.0

    _, (doubled,) = on_gpu(turned, (tf.constant(1.0),), monkeypatch, way)
    for _ in range(4):      # the recording and three runs of it: an even number of turns
        before = before.T + 1
    np.testing.assert_allclose(v.numpy(), before, 1e-6)
    np.testing.assert_allclose(doubled, before * 2, 1e-6)


@pytest.mark.parametrize("way", ["block", "kernels"])
def test_an_index_outside_is_found_in_the_kernel(way, monkeypatch):
    table = convert(ROWS)
    made, (found,) = on_gpu(lambda i: tf.gather(table, i) * 2.0, (tf.constant([3, 39, 0]),), monkeypatch, way)
    np.testing.assert_array_equal(found, ROWS[[3, 39, 0]] * 2)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"gather: index -41 lies outside an axis of length 40. "
                                                             r"Got params \(40, 50\), indices \(3,\)"):
        made.run((tf.constant([3, -41, 0]),))
    np.testing.assert_array_equal(made.run((tf.constant([3, 39, 0]),))[0].numpy(), found)


def test_a_descent_is_taken_off_by_cublas(monkeypatch):
    w, rate = tf.Variable(ROWS), tf.Variable(0.1)
    g, x = convert(ROWS[:7]), convert(ROWS[:7, :40])

    def step(x, g):
        w.assign_sub(rate * tf.matmul(x, g, transpose_a=True))

    wrapped = tf.function(step)
    before = w.numpy()
    monkeypatch.setattr(plan, "one_block", lambda *given: None)
    for _ in range(3):
        wrapped(x, g)
    np.testing.assert_allclose(w.numpy(), before - 3 * 0.1 * (ROWS[:7, :40].T @ ROWS[:7]), 1e-4, 1e-4)
    assert "matmul_update" in wrapped.program.show()
