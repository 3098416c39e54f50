"""Convolutions and pooling against loops over every window, in float64."""

import itertools

import numpy as np
import pytest

import tinynn as tf
from tinynn import ops
from tinynn.testing import check_gradients

RNG = np.random.default_rng(0)


def padded(x, size, stride, dilation, padding, value=0.0):
    """x with what TensorFlow puts around it, by its documentation's formula."""
    pairs = [(0, 0)]
    for n, k, s, d in zip(x.shape[1:-1], size, stride, dilation, strict=True):
        k = d * (k - 1) + 1
        total = 0 if padding == "valid" else max(k - s, 0) if n % s == 0 else max(k - n % s, 0)
        pairs.append((total // 2, total - total // 2) if padding != "causal" else (k - 1, 0))
    return np.pad(x, [*pairs, (0, 0)], constant_values=value)


def each_window(x, size, stride, dilation):
    """(place of the window, its entries) of every window of x."""
    reach = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    counts = [(n - r) // s + 1 for n, r, s in zip(x.shape[1:-1], reach, stride, strict=True)]
    for place in itertools.product(*map(range, counts)):
        yield place, x[(slice(None), *(slice(i * s, i * s + r, d) for i, s, r, d in zip(
            place, stride, reach, dilation, strict=True)))]


def looped(x, kernel, stride, padding, dilation):
    size = kernel.shape[:-2]
    groups = x.shape[-1] // kernel.shape[-2]
    found = {}
    for place, window in each_window(padded(x, size, stride, dilation, padding), size, stride, dilation):
        parts = [np.tensordot(w, k, [list(range(1, len(size) + 2)), list(range(len(size) + 1))]) for w, k in zip(
            np.split(window, groups, -1), np.split(kernel, groups, -1), strict=True)]
        found[place] = np.concatenate(parts, -1)
    counts = [1 + max(place[i] for place in found) for i in range(len(size))]
    return np.stack([found[place] for place in itertools.product(*map(range, counts))], 1).reshape(
        len(x), *counts, kernel.shape[-1])


CASES = [((7,), (3,), (1,), "valid", (1,), 1), ((7,), (3,), (1,), "causal", (2,), 1),
         ((8,), (3,), (2,), "same", (1,), 2),
         ((6, 5), (3, 2), (1, 1), "valid", (1, 1), 1), ((6, 5), (3, 2), (2, 3), "same", (1, 1), 1),
         ((6, 5), (2, 3), (1, 1), "same", (2, 1), 2), ((5, 4), (1, 1), (1, 1), "valid", (1, 1), 1),
         ((4, 3, 5), (2, 1, 3), (1, 2, 2), "same", (1, 1, 1), 1)]


@pytest.mark.parametrize("extents, size, stride, padding, dilation, groups", CASES)
def test_convolve(extents, size, stride, padding, dilation, groups):
    x, kernel = RNG.normal(size=(2, *extents, 4)), RNG.normal(size=(*size, 4 // groups, 6))
    y = ops.convolve(x, kernel, stride, padding, dilation)
    np.testing.assert_allclose(y, looped(x, kernel, stride, padding, dilation), rtol=1e-12, atol=1e-12)
    check_gradients(lambda x, k: ops.convolve(x, k, stride, padding, dilation), [x, kernel])


@pytest.mark.parametrize("extents, size, stride, padding, dilation, groups", CASES)
def test_a_transposed_convolution_is_the_gradient_of_a_convolution(extents, size, stride, padding, dilation, groups):
    if padding == "causal":
        return
    x, kernel = RNG.normal(size=(2, *extents, 3)), RNG.normal(size=(*size, 5, 3))
    y = ops.convolve_transposed(x, kernel, stride, padding, None, dilation)
    with tf.GradientTape() as tape:
        image = tf.zeros(y.shape, "float64")
        tape.watch(image)
        back = ops.convolve(image, kernel, stride, padding, dilation)
    np.testing.assert_allclose(y, tape.gradient(back, image, x), rtol=1e-12, atol=1e-12)
    check_gradients(lambda x, k: ops.convolve_transposed(x, k, stride, padding, None, dilation), [x, kernel], order=1)


@pytest.mark.parametrize("extents, size, stride, padding, dilation, groups", CASES)
def test_depthwise_convolve(extents, size, stride, padding, dilation, groups):
    x, kernel = RNG.normal(size=(2, *extents, 3)), RNG.normal(size=(*size, 3, 2))
    channels = [looped(x[..., i:i + 1], kernel[..., i:i + 1, :], stride, padding, dilation) for i in range(3)]
    y = ops.depthwise_convolve(x, kernel, stride, padding, dilation)
    np.testing.assert_allclose(y, np.concatenate(channels, -1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("pool, reduce, value", [(ops.max_pooled, np.nanmax, -np.inf),
                                                 (ops.mean_pooled, np.nanmean, np.nan)])
@pytest.mark.parametrize("size, stride, padding", [((2, 2), (2, 2), "valid"), ((3, 2), (2, 1), "same"),
                                                   ((2, 3), (3, 3), "same"), ((1, 1), (1, 1), "valid")])
def test_pooling(pool, reduce, value, size, stride, padding):
    x, ones = RNG.permutation(2 * 7 * 5 * 3).reshape(2, 7, 5, 3) / 10.0, (1, 1)     # no two are near each other
    around = padded(x, size, stride, ones, padding, value)
    windows = [reduce(w, (1, 2)) for _, w in each_window(around, size, stride, ones)]
    y = pool(x, size, stride, padding)
    np.testing.assert_allclose(np.reshape(y, (2, -1, 3)), np.stack(windows, 1), rtol=1e-12)
    check_gradients(lambda x: pool(x, size, stride, padding), [x])


def test_the_first_of_equal_numbers_gets_the_gradient():
    x = tf.constant([[0.0, 3.0, 3.0, 1.0]])[..., None]
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = ops.max_pooled(x, (4,), (4,))
    np.testing.assert_array_equal(tape.gradient(y, x)[0, :, 0], [0, 1, 0, 0])
    assert np.isnan(ops.max_pooled(np.array([[[1.0], [np.nan]]]), (2,), (2,)).numpy()).all()


@pytest.mark.parametrize("call, message", [
    (lambda x: ops.convolve(x, np.ones((5, 5, 3, 2)), (1, 1)), "does not fit into an input"),
    (lambda x: ops.convolve(x, np.ones((1, 1, 2, 2)), (1, 1)), "multiple of 2 channels"),
    (lambda x: ops.convolve(x, np.ones((1, 1, 3, 2)), (1, 1), "full"), "'valid' or 'same'"),
    (lambda x: ops.depthwise_convolve(x, np.ones((1, 1, 2, 2)), (1, 1)), "takes inputs of 2 channels"),
    (lambda x: ops.convolve_transposed(x, np.ones((1, 1, 2, 2)), (1, 1)), "takes inputs of 2 channels")])
def test_what_does_not_fit_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.ones((1, 4, 4, 3)))


def test_the_names_of_tensorflow():
    x, kernel = RNG.normal(size=(2, 6, 5, 4)), RNG.normal(size=(3, 2, 4, 6))
    first = lambda y: np.moveaxis(np.array(y), -1, 1)
    y = looped(x, kernel, (2, 1), "same", (1, 1))
    np.testing.assert_allclose(tf.nn.conv2d(x, kernel, [1, 2, 1, 1], "SAME"), y, rtol=1e-12)
    np.testing.assert_allclose(tf.nn.conv2d(first(x), kernel, [2, 1], "SAME", "NCHW"), first(y), rtol=1e-12)
    pairs = [(0, 0), (1, 0), (0, 2), (0, 0)]
    np.testing.assert_allclose(tf.nn.conv2d(x, kernel, 1, pairs),
                               looped(np.pad(x, pairs), kernel, (1, 1), "valid", (1, 1)), rtol=1e-12)
    np.testing.assert_allclose(tf.nn.conv1d(x[:, 0], kernel[0], 1, "VALID"),
                               looped(x[:, 0], kernel[0], (1,), "valid", (1,)), rtol=1e-12)
    np.testing.assert_allclose(tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "VALID"),
                               ops.depthwise_convolve(x, kernel, (1, 1)), rtol=1e-12)
    np.testing.assert_allclose(tf.nn.max_pool2d(first(x), 2, 2, "VALID", "NCHW"),
                               first(ops.max_pooled(x, (2, 2), (2, 2))), rtol=1e-12)
    np.testing.assert_allclose(tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 1, 1, 1], "SAME"),
                               ops.mean_pooled(x, (2, 2), (1, 1), "same"), rtol=1e-12)
    for extents in ((11, 9), (12, 10)):
        with tf.GradientTape() as tape:
            image = tf.zeros((2, *extents, 6), "float64")
            tape.watch(image)
            back = tf.nn.conv2d(image, kernel.swapaxes(2, 3), 2, "SAME")
        np.testing.assert_allclose(tf.nn.conv2d_transpose(x, kernel.swapaxes(2, 3), image.shape, 2),
                                   tape.gradient(back, image, x), rtol=1e-12)
    with pytest.raises(ValueError, match="the output has other extents"):
        tf.nn.conv2d_transpose(x, kernel.swapaxes(2, 3), (2, 6, 5, 6), 2)
    with pytest.raises(ValueError, match="strides is 1 for batch and channels"):
        tf.nn.conv2d(x, kernel, [2, 1, 1, 1], "SAME")


def test_the_names_of_keras():
    from tinynn.keras import Input
    from tinynn.keras import ops as kops

    x, kernel = RNG.normal(size=(2, 6, 5, 4)), RNG.normal(size=(3, 2, 4, 6))
    np.testing.assert_allclose(kops.conv(x, kernel, 2, "same"), looped(x, kernel, (2, 2), "same", (1, 1)), rtol=1e-12)
    np.testing.assert_allclose(kops.conv_transpose(x, kernel.swapaxes(2, 3), (2, 1)),
                               ops.convolve_transposed(x, kernel.swapaxes(2, 3), (2, 1)), rtol=1e-12)
    wide = kops.depthwise_conv(x, kernel)
    point = RNG.normal(size=(1, 1, 24, 3))
    np.testing.assert_allclose(kops.separable_conv(x, kernel, point), np.array(wide) @ point[0, 0], rtol=1e-10)
    np.testing.assert_allclose(kops.max_pool(x, 2, padding="same"), ops.max_pooled(x, (2, 2), (2, 2), "same"))
    np.testing.assert_allclose(kops.average_pool(x, 2, 1), ops.mean_pooled(x, (2, 2), (1, 1)))
    assert kops.max_pool(Input((8, 8, 3)), 2).shape == (None, 4, 4, 3)
    with pytest.raises(ValueError, match="`strides` is one number, or 2"):
        kops.conv(x, kernel, (1, 1, 1))
