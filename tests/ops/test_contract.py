"""What every op in the registry must keep, found by walking the registry: a new op is covered before its own tests."""

import numpy as np
import pytest
from op_examples import complete, examples

import tinynn as tf
from tinynn import _bridge
from tinynn.autodiff.tensor import convert
from tinynn.backends import native
from tinynn.core.primitive import registry
from tinynn.testing import check_gradients

OPS = sorted(registry)
PURE = [name for name in OPS if not registry[name].mutates]
ELEMENTWISE = [name for name in PURE if registry[name].example is None and not registry[name].variadic]
DIFFERENTIABLE = [name for name in PURE if registry[name].differentiable]
NATIVE = [name for name in OPS if registry[name].native]
NATIVE_ELEMENTWISE = [name for name in NATIVE if name in ELEMENTWISE]    # they mean the same for every dtype
TOLERANCE = {"float32": 4e-6, "float64": 1e-13}


def call(op, inputs, attributes):
    """The outputs as a list of arrays; for an op that writes, the variables after it."""
    written = op.mutates
    names = op.inputs * len(inputs) if op.variadic else op.inputs
    arguments = [tf.Variable(x) if n in written else convert(x) for n, x in zip(names, inputs, strict=True)]
    result = op(*arguments, **attributes)
    if written:
        return [np.array(a) for n, a in zip(names, arguments, strict=True) if n in written]
    return [np.array(r) for r in (result if isinstance(result, tuple) else (result,))]


def reference(op, inputs, attributes):
    before = native.enable(False)
    try:
        return call(op, inputs, attributes)
    finally:
        native.enable(before)


def assert_close(got, expected, dtype, what):
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        assert g.dtype == e.dtype, what
        assert g.shape == e.shape, what
        if e.dtype.kind in "fc":
            scale = np.abs(e[np.isfinite(e)]).max(initial=1.0)
            tolerance = max(TOLERANCE[dtype], TOLERANCE[e.real.dtype.name])
            np.testing.assert_allclose(g, e, rtol=tolerance, atol=tolerance * scale, err_msg=what)
        else:
            np.testing.assert_array_equal(g, e, err_msg=what)


@pytest.fixture(params=_bridge.available_isas())
def isa(request):
    before = _bridge.isa()
    _bridge.set_isa(request.param)
    yield request.param
    _bridge.set_isa(before)


@pytest.mark.parametrize("name", OPS)
def test_says_what_it_computes(name):
    op = registry[name]
    assert op.formula
    assert op.body.__doc__
    for rule in op.rules:
        assert rule is None or rule.formula


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NATIVE)
def test_kernel_agrees_with_reference(name, dtype, isa):
    op = registry[name]
    for inputs, attributes in examples(op, dtype):
        if not op.mutates:
            tensors = tuple(convert(x) for x in inputs)
            values = tuple(attributes[a] for a in op.attributes)
            assert native.takes(op, tensors, values), "the kernel declines its own example"
        assert_close(call(op, inputs, attributes), reference(op, inputs, attributes), dtype, f"{name} in {isa}")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPS)
def test_device_agrees_with_reference(name, dtype, device):
    op = registry[name]
    for inputs, attributes in examples(op, dtype):
        with tf.device("CPU:0"):
            expected = reference(op, inputs, attributes)
        assert_close(call(op, inputs, attributes), expected, dtype, f"{name} on {device}")


@pytest.mark.parametrize("name", NATIVE_ELEMENTWISE)
def test_kernel_takes_the_integers_it_lists(name):
    op = registry[name]
    for code in _bridge.kernels()[name]:
        dtype = tf.dtypes.as_dtype(("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
                                    "float16", "float32", "float64")[code])
        if dtype.is_floating:
            continue
        inputs = [(np.arange(12).reshape(4, 3) * (k + 1) % 7 - 3).astype(dtype.dtype) for k in range(len(op.inputs))]
        assert_close(call(op, inputs, {}), reference(op, inputs, {}), "float64", f"{name} of {dtype.name}")


@pytest.mark.parametrize("name", PURE)
def test_float32_follows_float64(name, device):
    op = registry[name]
    for (inputs, attributes), (wide, _) in zip(examples(op, "float32"), examples(op, "float64"), strict=True):
        if any(np.asarray(v).dtype.kind == "f" for v in inputs):
            got = call(op, inputs, attributes)
            expected = call(op, wide, attributes)
            assert_close([g.astype(e.dtype) for g, e in zip(got, expected, strict=True)], expected, "float32", name)


@pytest.mark.parametrize("name", PURE)
def test_leaves_its_inputs_alone(name, device):
    op = registry[name]
    for inputs, attributes in examples(op, "float32"):
        tensors = [convert(x) for x in inputs]
        before = [np.array(t) for t in tensors]
        op(*tensors, **attributes)
        for tensor, value in zip(tensors, before, strict=True):
            np.testing.assert_array_equal(np.asarray(tensor), value)


@pytest.mark.parametrize("name", PURE)
def test_strides_do_not_matter(name, device):
    op = registry[name]
    for inputs, attributes in examples(op, "float32"):
        expected = call(op, inputs, attributes)
        for layout in (spread, transposed, reversed_rows):
            tensors = [layout(x) for x in inputs]
            got = op(*tensors, **attributes)
            got = [np.array(r) for r in (got if isinstance(got, tuple) else (got,))]
            assert_close(got, expected, "float32", f"{name} of {layout.__name__} inputs")


def spread(x):
    """Every second element of a larger array."""
    if x.ndim == 0:
        return convert(x)
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return convert(wide)[..., ::2]


def transposed(x):
    """The transpose of a transposed copy."""
    axes = tuple(reversed(range(x.ndim)))
    return tf.transpose(convert(np.ascontiguousarray(x.transpose(axes))), axes)


def reversed_rows(x):
    """An array that is walked backwards."""
    return convert(x) if x.ndim == 0 else convert(np.ascontiguousarray(x[::-1]))[::-1]


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0), (2, 1, 3), (1,) * 9])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_of_any_shape(name, shape, device):
    op = registry[name]
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=shape).astype("float32") for _ in op.inputs]
    attributes = complete(op, {})
    assert_close(call(op, inputs, attributes), reference(op, inputs, attributes), "float32", name)
    assert call(op, inputs, attributes)[0].shape == shape


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_derivatives(name, device):
    op = registry[name]
    for inputs, attributes in examples(op):
        moving = [i for i, x in enumerate(inputs) if x.dtype.kind in "fc"]
        split = [part for i in moving for part in parts(inputs[i])]

        def f(*tensors, inputs=inputs, moving=moving, attributes=attributes):
            arguments, given = list(map(convert, inputs)), iter(tensors)
            for i in moving:
                t = next(given)
                t = tf.complex(t, next(given)) if inputs[i].dtype.kind == "c" else t
                if op.variadic or op.rules[i] is not None:
                    arguments[i] = t
            return [part for y in tf.nest.flatten(op(*arguments, **attributes)) for part in (
                (tf.math.real(y), tf.math.imag(y)) if y.dtype.is_complex else (y,))]

        check_gradients(f, split, order=2)


def parts(x):
    """A complex array as two real ones."""
    return (x.real, x.imag) if x.dtype.kind == "c" else (x,)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_have_the_inputs_dtype(name, device):
    op = registry[name]
    for inputs, attributes in examples(op, "float32"):
        tensors = [convert(x) for x in inputs]
        moving = [t for i, t in enumerate(tensors) if t.dtype.is_floating and (op.variadic or op.rules[i])]
        with tf.GradientTape() as tape:
            tape.watch(moving)
            out = op(*tensors, **attributes)
        for g, t in zip(tape.gradient(out, moving), moving, strict=True):
            assert g.dtype == t.dtype
            assert g.shape == t.shape


def test_example_draws_are_not_degenerate():
    for name in OPS:
        for inputs, _ in examples(registry[name]):
            for x in inputs:
                if x.dtype.kind == "f" and x.size > 1:
                    assert np.ptp(x) > 0, name
