"""keras.ops against NumPy, its dtypes, and its functions on symbolic tensors."""

import math

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import ops

RNG = np.random.default_rng(5)
X, Y = RNG.uniform(0.1, 0.9, size=(2, 3, 4)).astype("float32")
N = RNG.integers(1, 9, size=(3, 4)).astype("int32")
TRUTHS = X > 0.5
SQUARE = RNG.normal(size=(3, 3)).astype("float32") + 3 * np.eye(3, dtype="float32")
HOLES = np.where(TRUTHS, np.float32("nan"), Y)

# Functions that are NumPy's under the same name, with the arguments to try them on.
SAME = {
    "abs": (-X,), "absolute": (-X,), "add": (X, Y), "all": (TRUTHS, 0), "allclose": (X, Y), "amax": (X, 1),
    "amin": (X, 1), "any": (TRUTHS, 1), "append": (X, Y, 0), "arccos": (X,), "arccosh": (1 + X,), "arcsin": (X,),
    "arcsinh": (X,), "arctan": (X,), "arctan2": (X, Y), "arctanh": (X,), "argmax": (X, 1), "argmin": (X,),
    "argsort": (X,), "array_split": (X, 3, 1), "average": (X, 0), "bincount": (N[0],), "bitwise_and": (N, N[::-1]),
    "bitwise_or": (N, N[::-1]), "bitwise_xor": (N, N[::-1]), "broadcast_to": (X[0], (2, 4)), "cbrt": (X,),
    "ceil": (X * 5,), "clip": (X, 0.3, 0.6), "corrcoef": (X,), "cos": (X,), "cosh": (X,),
    "count_nonzero": (TRUTHS, 0), "cross": (X[:, :3], Y[:, :3]), "cumprod": (X, 0), "cumsum": (X, 1),
    "deg2rad": (X,), "diag": (X[0], 1), "diagflat": (X,), "diagonal": (X, 1), "diff": (X,), "digitize": (X, [0.3, 0.6]),
    "divide": (X, Y), "dot": (X, Y.T), "equal": (N, N[::-1]), "exp": (X,), "exp2": (X,), "expand_dims": (X, 1),
    "expm1": (X,), "eye": (3, 4, 1), "flip": (X, 1), "fliplr": (X,), "flipud": (X,), "floor": (X * 5,),
    "floor_divide": (N, 3), "fmax": (HOLES, X), "fmin": (HOLES, X), "fmod": (-N, 3), "gcd": (N, N[::-1]),
    "greater": (X, Y), "greater_equal": (X, Y), "heaviside": (X - 0.5, Y), "hypot": (X, Y), "inner": (X, Y),
    "isclose": (X, X + 1e-9), "isfinite": (HOLES,), "isin": (N, [1, 2]), "isinf": (np.float32([1, np.inf]),),
    "isnan": (HOLES,), "kron": (X, Y), "lcm": (N, N[::-1]), "less": (X, Y), "less_equal": (X, Y),
    "linspace": (0.0, 1.0, 5), "log": (X,), "log10": (X,), "log1p": (X,), "log2": (X,), "logaddexp": (X, Y),
    "logaddexp2": (X, Y), "logical_and": (TRUTHS, X > 0.3), "logical_not": (TRUTHS,),
    "logical_or": (TRUTHS, X > 0.3), "logical_xor": (TRUTHS, X > 0.3), "logspace": (0.0, 2.0, 4),
    "matmul": (X, Y.T), "max": (X, 0), "maximum": (X, Y), "mean": (X, (0, 1)), "median": (X, 1), "min": (X, 0),
    "minimum": (X, Y), "mod": (-N, 3), "moveaxis": (X, 0, 1), "multiply": (X, Y), "nan_to_num": (HOLES,),
    "nanargmax": (HOLES,), "nanargmin": (HOLES,), "nancumprod": (HOLES, 1), "nancumsum": (HOLES, 1),
    "nanmax": (HOLES,), "nanmean": (HOLES,), "nanmedian": (HOLES, 1), "nanmin": (HOLES,),
    "nanpercentile": (HOLES, 30.0, 1), "nanprod": (HOLES,), "nanquantile": (HOLES, [0.2, 0.9], 1), "nanstd": (HOLES,),
    "nansum": (HOLES, 0), "nanvar": (HOLES,), "nextafter": (X, Y), "negative": (X,), "nonzero": (TRUTHS,),
    "not_equal": (N, N[::-1]), "ones_like": (X,), "outer": (X[0], Y[0]), "percentile": (X, 30.0, 1),
    "power": (X, Y), "prod": (X, 1),
    "ptp": (X, 1), "quantile": (X, 0.3), "rad2deg": (X,), "ravel": (X,), "reciprocal": (X,), "repeat": (X, 2, 1),
    "reshape": (X, (2, 6)), "roll": (X, 2, 1), "rot90": (X,), "round": (X * 9,), "searchsorted": (X[0] * 0 + 1, X[1]),
    "sign": (X - 0.5,), "signbit": (X - 0.5,), "sin": (X,), "sinc": (X,), "sinh": (X,), "sort": (X, 0),
    "split": (X, 2, 1), "sqrt": (X,), "square": (X,), "squeeze": (X[None],), "std": (X, 1), "subtract": (X, Y),
    "sum": (X, 0), "swapaxes": (X, 0, 1), "take": (X, [2, 0], 1), "tan": (X,), "tanh": (X,), "tensordot": (X, Y.T, 1),
    "tile": (X, (2, 1)), "trace": (X,), "transpose": (X,), "tri": (3, 4), "tril": (X,), "triu": (X, 1),
    "true_divide": (X, Y), "trunc": (-X * 5,), "vander": (X[0],), "var": (X, 0), "vdot": (X, Y),
    "where": (TRUTHS, X, Y), "zeros_like": (X,), "hstack": ([X, Y],), "vstack": ([X, Y],), "dstack": ([X, Y],),
    "stack": ([X, Y], 1), "concatenate": ([X, Y], 1), "meshgrid": (X[0], Y[1]), "unravel_index": (N[0], (4, 5)),
    "take_along_axis": (X, N % 3, 0), "hanning": (5,), "blackman": (5,), "pad": (X, 1), "trapezoid": (X,),
}
LINALG = {"cholesky": SQUARE @ SQUARE.T, "det": SQUARE, "inv": SQUARE, "norm": X, "pinv": X, "matrix_rank": X}


def leaves(value):
    return value if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("name", sorted(SAME))
def test_as_numpy(name):
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(*SAME[name])
    got = getattr(ops, name)(*SAME[name])
    for mine, theirs in zip(leaves(got), leaves(expected), strict=True):
        assert tuple(mine.shape) == np.shape(theirs)
        np.testing.assert_allclose(np.asarray(mine), theirs, rtol=2e-5, atol=2e-6)


ROWS = np.sort(X, axis=1)


@pytest.mark.parametrize("name, args", [
    ("quantile", (np.float32([1, np.nan, 2]), 0.5)),
    ("median", (np.float32([1, np.inf, 2]),)),
    ("nanmedian", (np.float32([np.inf, np.nan, -np.inf, 2, 3]),)),
    ("cumsum", (np.int16([1, 2]), 0, "int16")),
    ("trapezoid", (X, ROWS[:, :3].T[:, 0], 1.0, 0)),
    ("trapezoid", (X, ROWS, 1.0, 1)),
    ("trapezoid", (N,)),
    ("bincount", (np.uint8([1, 1, 3]),)),
    ("bincount", (np.uint8([]),)),
    ("diff", (TRUTHS,)),
    ("round", (np.int32([123, 345]), -1)),
    ("full", ((2,), 1, "bool")),
    ("argsort", (np.float32(3),)),
    ("searchsorted", (ROWS[0], X)),
])
def test_special_cases_as_numpy(name, args):
    np.testing.assert_allclose(getattr(ops, name)(*args), getattr(np, name)(*args), rtol=1e-5)


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("axis", [None, 0, (0, 2)])
def test_quantiles_without_nan(method, axis):
    x = RNG.normal(size=(4, 3, 5)).astype("float32")
    x[x > 0.7] = np.nan
    args = [0.2, 0.5, 0.93], axis
    np.testing.assert_allclose(ops.nanquantile(x, *args, method, True),
                               np.nanquantile(x.astype("float64"), *args, method=method, keepdims=True), rtol=1e-5)


def test_nothing_but_nan():
    x = np.full((2, 3), np.nan, "float32")
    assert np.isnan(ops.nanmax(x)) and np.isnan(ops.nanmin(x)) and np.isnan(ops.nanmedian(x))
    assert ops.nanargmax(x, 1).numpy().tolist() == ops.nanargmin(x, 1).numpy().tolist() == [-1, -1]


@pytest.mark.parametrize("name, args, dtype", [
    ("cumsum", (np.int8([1, 2]),), "int8"), ("cumprod", (np.uint16([1, 2]),), "uint16"),
    ("cumsum", (TRUTHS,), "int32"), ("abs", (TRUTHS,), "bool"), ("trapezoid", (N,), "float32"),
    ("matmul", (np.int8([[100]]), np.int8([[100]])), "int32"),
    ("einsum", ("i,i->", TRUTHS[0], np.int8([1] * 4)), "int8"),
    ("ldexp", (np.float16([1]), N[0]), "float16"), ("arange", (3, None, None, int), "int64"),
    ("psnr", (X.astype("float64"), Y.astype("float64"), 1.0), "float64"), ("where", (TRUTHS, N, 1.5), "float32"),
])
def test_dtypes_of_results(name, args, dtype):
    assert ops.dtype(getattr(ops, name)(*args)) == dtype


def test_the_sum_of_a_mean_may_be_too_large_for_its_type():
    assert float(ops.mean(np.full(3, 65504, "float16"))) == 65504
    assert float(ops.moments(np.float16([-1807, 1099]), [0])[1]) == np.finfo("float16").max


def test_what_differs_counts_once():
    assert len(ops.unique([1.0, np.nan, 2.0, np.nan, 1.0])) == 4


@pytest.mark.parametrize("call, words", [
    (lambda: ops.where(TRUTHS, X), "`x1` and `x2`"),
    (lambda: ops.histogram(X), "1-dimensional"),
    (lambda: ops.histogram(X[0], bins=-5), "`bins`"),
    (lambda: ops.histogram(X[0], range=(1,)), "two elements"),
    (lambda: ops.histogram(X[0], range=(2, 1)), "greater"),
    (lambda: ops.argpartition(X, (1, 2)), "`kth`"),
    (lambda: ops.quantile(X, 0.5, method="middle"), "middle"),
    (lambda: ops.segment_sum(X, [0, 1]), "leading"),
    (lambda: ops.normalize(X, order=0), "`order`"),
    (lambda: ops.slice(X, (0, 0), (1, 1, 1)), "dimensions"),
    (lambda: ops.associative_scan(lambda a, b: a, (X, X[:2])), "first dimension"),
    (lambda: ops.searchsorted(X, X), "one sequence"),
])
def test_what_is_wrong_is_said(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_types_that_are_wrong_are_said():
    with pytest.raises(TypeError, match="whole number"):
        ops.eye(3.0)
    with pytest.raises(TypeError, match="callable"):
        ops.scan(3, 0.0, X)


def test_a_softmax_needs_an_axis_that_is_there():
    with pytest.raises(ValueError, match="3"):
        ops.softmax(X, axis=3)


def test_segments_with_unsigned_numbers():
    assert ops.segment_sum([1.0, 2.0, 3.0], np.uint8([0, 0, 2])).numpy().tolist() == [3, 0, 3]


def test_truths_of_several_classes():
    assert ops.multi_hot([[1, 1]], 3, dtype="bool").numpy().tolist() == [[False, True, False]]


def test_a_softmax_of_one_number_warns():
    with pytest.warns(UserWarning, match="sigmoid"):
        ops.softmax(np.ones((2, 1), "float32"))


BLOCK = np.arange(2 * 4 * 6 * 8).reshape(2, 4, 6, 8).astype("float32")


@pytest.mark.parametrize("pattern, lengths, expected", [
    ("b h w c -> b c h w", {}, BLOCK.transpose(0, 3, 1, 2)),
    ("b (h p) w c -> b h w (p c)", {"p": 2}, BLOCK.reshape(2, 2, 2, 6, 8).swapaxes(2, 3).reshape(2, 2, 6, 16)),
    ("b h w (c d) -> (b h) w d c", {"d": 2}, BLOCK.reshape(8, 6, 4, 2).swapaxes(2, 3)),
    ("b ... c -> b c ...", {}, np.moveaxis(BLOCK, -1, 1)),
    ("b ... -> b (...)", {}, BLOCK.reshape(2, -1)),
    ("b h w c -> c 1 (b w) h", {}, BLOCK.transpose(3, 0, 2, 1).reshape(8, 1, 12, 4)),
    ("... -> ...", {}, BLOCK),
])
def test_rearrange(pattern, lengths, expected):
    np.testing.assert_array_equal(ops.rearrange(BLOCK, pattern, **lengths), expected)
    x = keras.Input(BLOCK.shape[1:])
    np.testing.assert_array_equal(keras.Model(x, ops.rearrange(x, pattern, **lengths)).predict(BLOCK, verbose=0),
                                  expected)


def test_a_list_is_rearranged_as_one_tensor():
    np.testing.assert_array_equal(ops.rearrange([X, Y], "n h w -> h (n w)"), np.concatenate([X, Y], 1))


@pytest.mark.parametrize("pattern, lengths, words", [
    ("a b c d", {}, "->"), ("a b c -> c b a", {}, "4"), ("a b c d -> a b c", {}, "same axes"),
    ("a b c c -> a b c", {}, "twice"), ("a b c (d e) -> a b c d e", {}, "lengths"),
    ("a b c (d e) -> a b c d e", {"d": 3}, "does not split"), ("a b c d? -> a b c d", {}, "understood"),
    ("a b c d e -> a b c d e", {}, "names 5"),
])
def test_patterns_that_do_not_fit(pattern, lengths, words):
    with pytest.raises(ValueError, match=words):
        ops.rearrange(BLOCK, pattern, **lengths)


@pytest.mark.parametrize("first", [False, True])
def test_blocks_become_channels_and_back(first):
    order = "channels_first" if first else "channels_last"
    deep = ops.space_to_depth(BLOCK.transpose(0, 3, 1, 2) if first else BLOCK, 2, order)
    last = ops.transpose(deep, (0, 2, 3, 1)) if first else deep
    np.testing.assert_array_equal(last[:, 1, 2], BLOCK[:, 2:4, 4:6].reshape(2, -1))
    back = ops.depth_to_space(deep, 2, order)
    np.testing.assert_array_equal(ops.transpose(back, (0, 2, 3, 1)) if first else back, BLOCK)
    for call, words in ((lambda: ops.space_to_depth(BLOCK, 5), "height and width"),
                        (lambda: ops.depth_to_space(BLOCK, 3), "channels"),
                        (lambda: ops.depth_to_space(BLOCK, 1), "block_size"),
                        (lambda: ops.depth_to_space(BLOCK, 2, "last"), "data_format"),
                        (lambda: ops.depth_to_space(BLOCK[0], 2), "four axes")):
        with pytest.raises(ValueError, match=words):
            call()


def test_jvp():
    def f(x, y):
        return x * y, ops.sin(x)

    (product, _), (d_product, d_sine) = ops.jvp(f, ([1.0, 2.0], [3.0, 4.0]), ([1.0, 0.5], [0.0, 1.0]))
    np.testing.assert_allclose(product, [3, 8])
    np.testing.assert_allclose(d_product, [3 * 1.0 + 0, 4 * 0.5 + 2 * 1.0])
    np.testing.assert_allclose(d_sine, np.cos([1.0, 2.0]) * [1.0, 0.5], rtol=1e-6)
    out, change, aux = ops.jvp(lambda x: (x * x, "more"), ([3.0],), ([1.0],), has_aux=True)
    assert (float(out[0]), float(change[0]), aux) == (9.0, 6.0, "more")
    assert ops.jvp(lambda x: x * 0 + 1.0, (1.0,), (1.0,))[1] == 0


@pytest.mark.parametrize("name", sorted(LINALG))
def test_linear_algebra(name):
    np.testing.assert_allclose(getattr(ops, name)(LINALG[name]), getattr(np.linalg, name)(LINALG[name]), rtol=1e-4,
                               atol=1e-5)


def test_decompositions_and_solutions():
    q, r = ops.qr(SQUARE)
    np.testing.assert_allclose(q @ r, SQUARE, atol=1e-5)
    u, s, v = ops.svd(X, full_matrices=False)
    np.testing.assert_allclose((u * s) @ v, X, atol=1e-5)
    np.testing.assert_allclose(SQUARE @ ops.solve(SQUARE, X).numpy(), X, atol=1e-5)
    np.testing.assert_allclose(SQUARE @ ops.solve(SQUARE, X[:, 0]).numpy(), X[:, 0], atol=1e-5)
    np.testing.assert_allclose(ops.solve_triangular(SQUARE, X, lower=True), np.linalg.solve(np.tril(SQUARE), X),
                               atol=1e-5)
    for order in (1, 2, -1, np.inf, "fro", "nuc"):
        np.testing.assert_allclose(ops.norm(X, order), np.linalg.norm(X, order), rtol=1e-5)


@pytest.mark.parametrize("first, second, meet", [
    ("int32", "float32", "float32"), ("int64", "float32", "float32"), ("uint8", "int8", "int16"),
    ("int32", "int64", "int64"), ("bool", "int32", "int32"), ("float32", "float64", "float64"),
    ("float16", "int32", "float16"), ("uint32", "int32", "int64"), ("bool", "bool", "bool")])
def test_dtypes_meet(first, second, meet):
    a, b = ops.ones((2,), first), ops.ones((2,), second)
    assert ops.add(a, b).dtype == ops.add(b, a).dtype == meet


def test_numbers_give_way_to_dtypes():
    assert ops.add(ops.ones(2, "int32"), 1.5).dtype == "float32"
    assert ops.add(ops.ones(2, "float16"), 1.5).dtype == "float16"
    assert ops.multiply(ops.ones(2, "float64"), 2).dtype == "float64"
    assert ops.exp(np.arange(3)).dtype == ops.mean(np.arange(3)).dtype == "float32"
    assert ops.sum(TRUTHS).dtype == "int32"
    assert ops.arange(3).dtype == "int32" and ops.arange(3.0).dtype == "float32"


def test_networks():
    np.testing.assert_allclose(ops.relu([-1.0, 2.0]), [0, 2])
    np.testing.assert_allclose(ops.sum(ops.softmax(X), -1), np.ones(3), rtol=1e-6)
    np.testing.assert_array_equal(ops.one_hot([2, 0], 3), [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(ops.multi_hot([[2, 0], [1, 1]], 3), [[1, 0, 1], [0, 1, 0]])
    mean, variance = ops.moments(X, [0])
    np.testing.assert_allclose(mean, X.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance, X.var(0), rtol=1e-4)
    np.testing.assert_allclose(ops.normalize(X), X / np.linalg.norm(X, axis=-1, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(ops.layer_normalization(X, epsilon=1e-5),
                               (X - X.mean(1, keepdims=True)) / np.sqrt(X.var(1, keepdims=True) + 1e-5), rtol=1e-3)
    np.testing.assert_allclose(ops.binary_crossentropy(np.ones((1, 1), "float32"), [[0.5]]), [[math.log(2)]], rtol=1e-6)
    q, k, v = (RNG.normal(size=(2, 5, 3, 4)).astype("float32") for _ in range(3))
    scores = np.einsum("btnh,bsnh->bnts", q, k) / 2
    shares = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    np.testing.assert_allclose(ops.dot_product_attention(q, k, v), np.einsum("bnts,bsnh->btnh", shares, v), atol=1e-5)


def test_mathematics():
    np.testing.assert_allclose(ops.segment_sum(X, [0, 1, 0]), [X[0] + X[2], X[1]], rtol=1e-6)
    np.testing.assert_allclose(ops.segment_prod(X, [0, 1, 0]), [X[0] * X[2], X[1]], rtol=1e-6)
    values, places = ops.top_k(X, 2)
    np.testing.assert_allclose(values, -np.sort(-X)[:, :2])
    np.testing.assert_array_equal(places, np.argsort(-X)[:, :2])
    np.testing.assert_allclose(ops.logsumexp(X, 1), np.log(np.exp(X).sum(1)), rtol=1e-5)
    np.testing.assert_allclose(ops.erf(ops.erfinv(X)), X, rtol=1e-5)
    assert ops.extract_sequences(np.arange(6.0), 3, 2).shape == (2, 3)


def test_slices_and_scatters():
    np.testing.assert_array_equal(ops.slice(X, (1, 1), (2, -1)), X[1:3, 1:])
    expected = X.copy()
    expected[1:2, 2:4] = 9
    np.testing.assert_array_equal(ops.slice_update(X, (1, 2), np.full((1, 2), 9.0)), expected)
    np.testing.assert_array_equal(ops.scatter([[1], [1], [3]], [1.0, 2.0, 4.0], (4,)), [0, 3, 0, 4])
    zeros = ops.zeros((4,)) + 1.0
    for reduction, result in ((None, [1, 2, 1, 5]), ("add", [1, 3, 1, 6]), ("max", [1, 2, 1, 5]),
                              ("mul", [1, 2, 1, 5])):
        np.testing.assert_array_equal(ops.scatter_update(zeros, [[1], [3]], [2.0, 5.0], reduction), result)


def test_loops_and_choices():
    assert int(ops.cond(ops.convert_to_tensor(True), lambda: 1, lambda: 2)) == 1
    assert int(ops.switch(1, [lambda x: x, lambda x: -x], 3)) == -3
    assert [int(v) for v in ops.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + i), (0, 0))] == [5, 10]
    assert int(ops.fori_loop(0, 5, lambda i, s: s + i, 0)) == 10
    np.testing.assert_allclose(ops.map(lambda row: ops.sum(row), X), X.sum(1), rtol=1e-6)
    np.testing.assert_allclose(ops.vectorized_map(lambda row: row * 2, X), X * 2)
    carry, steps = ops.scan(lambda c, x: (c + x, c), ops.zeros(4), X)
    np.testing.assert_allclose(carry, X.sum(0), rtol=1e-6)
    assert steps.shape == (3, 4)
    np.testing.assert_allclose(ops.associative_scan(ops.add, X), X.cumsum(0), rtol=1e-6)
    assert [tuple(part.shape) for part in ops.unstack(X, axis=1)] == [(3,)] * 4


def test_symbolic_tensors():
    x = keras.Input((4,))
    for y, shape in ((ops.add(x, 1), (None, 4)), (ops.sum(x, axis=1), (None,)), (ops.stack([x, x], 1), (None, 2, 4)),
                     (ops.reshape(x, (-1, 2, 2)), (None, 2, 2)), (ops.einsum("bi,bj->bij", x, x), (None, 4, 4)),
                     (ops.concatenate([x, ops.zeros_like(x)], axis=-1), (None, 8))):
        assert y.shape == shape
    assert ops.shape(x) == (None, 4) and ops.ndim(x) == 2 and ops.is_tensor(x)
    assert ops.inv(keras.Input((3, 3))).shape == (None, 3, 3)
    with pytest.raises(ValueError, match="square"):
        ops.det(keras.Input((3, 2)))


def test_in_a_model():
    x = keras.Input((4,))
    hidden = keras.layers.Dense(4)(x)
    out = ops.sum(ops.relu(hidden) * 2.0, axis=-1, keepdims=True)
    model = keras.Model(x, out)
    np.testing.assert_allclose(model(X), np.maximum(model.layers[1](X).numpy(), 0).sum(1, keepdims=True) * 2, rtol=1e-5)
    model.compile("sgd", "mse")
    model.fit(X, np.ones((3, 1)), verbose=0)


def test_gradients_flow():
    x = tf.Variable(X)
    with tf.GradientTape() as tape:
        y = ops.sum(ops.square(ops.softplus(x)) + ops.quantile(x, 0.5))
    assert np.isfinite(tape.gradient(y, x).numpy()).all()


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(AttributeError, match=r"did you mean tf\.keras\.ops\.concatenate"):
        ops.concatenat  # noqa: B018
