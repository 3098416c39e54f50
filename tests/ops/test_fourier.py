"""Fourier and cosine transforms against NumPy's and direct sums."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError
from tinynn.testing import check_gradients

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 4, 6))
Z = X + 1j * RNG.normal(size=X.shape)
signal = tf.signal


def close(got, expected, atol=1e-12):
    np.testing.assert_allclose(np.asarray(got), expected, atol=atol, rtol=1e-10)


def test_transforms_are_numpys():
    for ours, numpys in ((signal.fft, np.fft.fft), (signal.ifft, np.fft.ifft), (signal.fft2d, np.fft.fft2),
                         (signal.ifft2d, np.fft.ifft2), (signal.fft3d, np.fft.fftn), (signal.ifft3d, np.fft.ifftn)):
        close(ours(Z), numpys(Z))
    close(signal.rfft(X), np.fft.rfft(X)), close(signal.rfft2d(X), np.fft.rfft2(X))
    for n in (3, 6, 9):
        close(signal.rfft(X, [n]), np.fft.rfft(X, n)), close(signal.irfft(Z, [n]), np.fft.irfft(Z, n))
    close(signal.rfft2d(X, [3, 8]), np.fft.rfft2(X, (3, 8))), close(signal.irfft2d(Z, [3, 8]), np.fft.irfft2(Z, (3, 8)))
    close(signal.irfft(signal.rfft(X)), X), close(signal.irfft2d(signal.rfft2d(X)), X)
    for axes in (None, 1, [0, 2]):
        close(signal.fftshift(X, axes), np.fft.fftshift(X, axes))
        close(signal.ifftshift(X[:, :, :5], axes), np.fft.ifftshift(X[:, :, :5], axes))


def test_types():
    assert signal.fft([1.0, 2.0]).dtype == signal.rfft(np.ones(4, "float32")).dtype == tf.complex64
    assert signal.irfft(tf.ones(3, tf.complex64)).dtype == tf.float32
    with pytest.raises(InvalidArgumentError, match="complex numbers, not float32"):
        signal.fft(tf.ones(4))
    with pytest.raises(InvalidArgumentError, match="2 axes"):
        signal.fft2d([1.0])


def test_gradients_of_spectra():
    power = lambda x: tf.abs(signal.rfft(x)) ** 2
    check_gradients(power, [X[0]])
    check_gradients(lambda x, y: tf.abs(signal.fft2d(tf.complex(x, y))), [X[0], X[1]], order=1)
    check_gradients(lambda x, y: tf.math.imag(signal.fft(tf.complex(x, y)) ** 3), [X[0], X[1]])
    check_gradients(lambda x, y: signal.irfft(tf.complex(x, y), [9]) ** 3, [X[0], X[1]])
    check_gradients(lambda x: tf.math.real(signal.rfft2d(x)) ** 2, [X[0]])


@pytest.mark.parametrize("n", [4, 5])
def test_cosine_transforms(n):
    x = RNG.normal(size=(3, n))
    j, k = np.arange(n), np.arange(n)[:, None]
    second = 2 * np.cos(np.pi * k * (2 * j + 1) / (2 * n))
    close(signal.dct(x), x @ second.T)
    close(signal.idct(signal.dct(x)), 2 * n * x), close(signal.dct(x, 3), signal.idct(x))
    for kind in (2, 3, 4):
        close(signal.idct(signal.dct(x, kind, norm="ortho"), kind, norm="ortho"), x)
        matrix = np.asarray(signal.dct(np.eye(n), kind, norm="ortho"))
        close(matrix @ matrix.T, np.eye(n))
    close(signal.dct(x, 4), x @ (2 * np.cos(np.pi * (2 * k + 1) * (2 * j + 1) / (4 * n))).T)
    close(signal.dct(signal.dct(x, 1), 1), 2 * (n - 1) * x)
    close(signal.dct(x, n=n - 1), signal.dct(x[:, :-1]))
    close(signal.dct(x, n=n + 1), signal.dct(np.pad(x, [(0, 0), (0, 1)])))
    check_gradients(signal.dct, [x])
    with pytest.raises(ValueError, match="types 1 to 4"):
        signal.dct(x, 5)
