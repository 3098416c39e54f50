"""keras.ops' convolutions and pooling against sums over windows in NumPy."""

import itertools

import numpy as np
import pytest

from tinynn import keras
from tinynn.keras import ops

RNG = np.random.default_rng(4)


def windows(x, size, stride, padding, fill):
    """(place, window) for every window of an array (batch, *extents, channels)."""
    if padding == "same":
        totals = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(x.shape[1:], size, stride, strict=False)]
        x = np.pad(x, [(0, 0), *((t // 2, t - t // 2) for t in totals), (0, 0)], constant_values=fill)
    counts = [(n - k) // s + 1 for n, k, s in zip(x.shape[1:], size, stride, strict=False)]
    for place in itertools.product(*map(range, counts)):
        at = [slice(p * s, p * s + k) for p, s, k in zip(place, stride, size, strict=True)]
        yield place, counts, x[(slice(None), *at)]


def over_windows(function, x, size, stride, padding, fill=0.0):
    for place, counts, window in windows(x, size, stride, padding, fill):
        value = function(window)
        if not any(place):
            y = np.empty((len(x), *counts, value.shape[-1]))
        y[(slice(None), *place)] = value
    return y


CASES = [((7,), (3,), (1,)), ((7, 9), (3, 2), (2, 1)), ((4, 5, 6), (2, 2, 3), (2, 1, 2))]


def back(y):
    return np.moveaxis(np.asarray(y), 1, -1)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("extents, size, stride", CASES)
def test_convolutions(extents, size, stride, padding):
    x = RNG.normal(size=(2, *extents, 3)).astype("float32")
    kernel, every = RNG.normal(size=(*size, 3, 5)).astype("float32"), len(size) + 1
    expected = over_windows(lambda w: np.tensordot(w, kernel, [range(1, every + 1), range(every)]), x, size, stride,
                            padding)
    np.testing.assert_allclose(ops.conv(x, kernel, stride, padding), expected, rtol=1e-4, atol=1e-5)
    first = ops.conv(np.moveaxis(x, -1, 1), kernel, stride, padding, "channels_first")
    np.testing.assert_allclose(back(first), expected, rtol=1e-4, atol=1e-5)
    deep = RNG.normal(size=(*size, 3, 2)).astype("float32")
    expected = over_windows(
        lambda w: (w[..., None] * deep).sum(tuple(range(1, every))).reshape(2, 6), x, size, stride, padding)
    np.testing.assert_allclose(ops.depthwise_conv(x, deep, stride, padding), expected, rtol=1e-4, atol=1e-5)
    point = RNG.normal(size=(*(1,) * len(size), 6, 4)).astype("float32")
    np.testing.assert_allclose(ops.separable_conv(x, deep, point, stride, padding), expected @ point.reshape(6, 4),
                               rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("extents, size, stride", CASES)
def test_pooling(extents, size, stride, padding):
    x = RNG.normal(size=(2, *extents, 3)).astype("float32")
    axes = tuple(range(1, len(size) + 1))
    for pool, reduce, fill in ((ops.max_pool, np.nanmax, -np.inf), (ops.average_pool, np.nanmean, np.nan)):
        expected = over_windows(lambda w, reduce=reduce: reduce(w, axes), x, size, stride, padding, fill)
        np.testing.assert_allclose(pool(x, size, stride, padding), expected, rtol=1e-5, atol=1e-6)
        first = pool(np.moveaxis(x, -1, 1), size, stride, padding, "channels_first")
        np.testing.assert_allclose(back(first), expected, rtol=1e-5, atol=1e-6)
    assert ops.max_pool(x, 2).shape == (2, *(n // 2 for n in extents), 3)


def test_as_many_windows_as_asked_for():
    x = RNG.normal(size=(2, 7, 5, 3)).astype("float32")
    for pool, reduce in ((ops.adaptive_max_pool, np.max), (ops.adaptive_average_pool, np.mean)):
        y = pool(x, (3, 2))
        rows, columns = [(0, 3), (2, 5), (4, 7)], [(0, 3), (2, 5)]      # floor(i n / m) to ceil((i + 1) n / m)
        expected = [[reduce(x[:, a:b, c:d], (1, 2)) for c, d in columns] for a, b in rows]
        np.testing.assert_allclose(y, np.transpose(expected, (2, 0, 1, 3)), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(back(pool(np.moveaxis(x, -1, 1), (3, 2), "channels_first")), y, rtol=1e-6)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_transposed_convolution_is_the_transposed_matrix(padding):
    """<conv(x), y> = <x, conv_transpose(y)>."""
    kernel = RNG.normal(size=(3, 2, 4, 5)).astype("float32")
    x, y = (RNG.normal(size=n).astype("float32") for n in ((2, 7, 8, 4), (2, 3, 4, 5) if padding == "valid" else
                                                           (2, 4, 4, 5)))
    forth = ops.conv(x, kernel, 2, padding)
    away = ops.conv_transpose(y, kernel, 2, padding)
    rows = min(x.shape[1], away.shape[1])
    if padding == "valid":
        np.testing.assert_allclose(np.sum(forth * y), np.sum(x[:, :rows] * away[:, :rows]), rtol=1e-3)
    else:
        assert away.shape == (2, 8, 8, 4)


def test_dilation_groups_and_models():
    x = RNG.normal(size=(2, 9, 4)).astype("float32")
    kernel = RNG.normal(size=(3, 2, 6)).astype("float32")
    y = ops.conv(x, kernel, dilation_rate=2, padding="causal")
    padded = np.pad(x, ((0, 0), (4, 0), (0, 0)))
    places = np.stack([padded[:, i:i + 9] for i in (0, 2, 4)], 2)
    expected = np.concatenate([np.einsum("nikc,kcf->nif", places[..., 2 * g:2 * g + 2], kernel[..., 3 * g:3 * g + 3])
                               for g in (0, 1)], -1)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    inputs = keras.Input((None, 4))
    model = keras.Model(inputs, ops.conv(inputs, kernel, dilation_rate=2, padding="causal"))
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("call, words", [
    (lambda x: ops.conv(x, np.ones((2, 2, 3, 1)), (1, 1, 1)), "strides"),
    (lambda x: ops.conv(x, np.ones((2, 2, 5, 1))), "channels"), (lambda x: ops.max_pool(x, (2, 2, 2)), "pool_size"),
    (lambda x: ops.max_pool(x, 2, padding="full"), "padding"), (lambda x: ops.unfold(x[0], 2), "4D"),
    (lambda x: ops.fold(x, 2, 2), "3D"), (lambda x: ops.adaptive_max_pool(x, (1, 2, 3)), "output_size"),
    (lambda x: ops.unfold(x, 0), "kernel_size")])
def test_mistakes(call, words):
    with pytest.raises(ValueError, match=words):
        call(np.ones((1, 4, 4, 3)))


@pytest.mark.parametrize("settings", [{}, {"stride": 2, "padding": (1, 0)}, {"dilation": (2, 1)}])
def test_windows_as_columns_and_back(settings):
    x = RNG.normal(size=(2, 3, 6, 7)).astype("float32")
    stride, dilation, (top, left) = (settings.get(name, default) for name, default in (
        ("stride", 1), ("dilation", (1, 1)), ("padding", (0, 0))))
    padded = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)))
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, (2, 3), strict=True)]
    places = [range(0, n - span + 1, stride) for n, span in zip(padded.shape[2:], spans, strict=True)]
    parts = [padded[:, :, i:i + spans[0]:dilation[0], j:j + spans[1]:dilation[1]].reshape(2, -1)
             for i, j in itertools.product(*places)]
    columns = ops.unfold(x, (2, 3), **settings)
    np.testing.assert_array_equal(columns, np.stack(parts, -1))
    ones = ops.unfold(np.ones_like(x), (2, 3), **settings)
    counts = np.asarray(ops.fold(ones, (6, 7), (2, 3), **settings))     # how often each pixel was taken
    np.testing.assert_allclose(ops.fold(columns, (6, 7), (2, 3), **settings), x * counts, rtol=1e-5)
    assert counts.min() >= 0 and counts.max() > 1
