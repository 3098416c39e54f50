"""Fourier and cosine transforms against NumPy's and direct sums; frames, windows, mel frequencies."""

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


def test_frames():
    x = np.arange(10.0)
    close(signal.frame(x, 4, 3), [x[0:4], x[3:7], x[6:10]])
    padded = np.asarray(signal.frame(x, 4, 4, pad_end=True, pad_value=-1))
    close(padded[2], [8, 9, -1, -1])
    assert signal.frame(X, 2, 1, axis=1).shape == (2, 3, 2, 6)
    assert signal.frame(x, 11, 1).shape == (0, 11)
    close(signal.overlap_and_add(signal.frame(x, 4, 4, pad_end=True), 4)[:10], x)
    close(signal.overlap_and_add([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 2), [1, 2, 7, 5, 6])
    check_gradients(lambda x: signal.overlap_and_add(signal.frame(x, 4, 2) ** 2, 2), [x])


def test_windows():
    close(signal.hann_window(8, dtype=tf.float64), np.hanning(9)[:8])
    close(signal.hann_window(7, dtype=tf.float64), np.hanning(7))
    close(signal.hamming_window(8, periodic=False, dtype=tf.float64), np.hamming(8))
    assert signal.hann_window(1).numpy().tolist() == [1]


def test_short_transforms():
    x = RNG.normal(size=(2, 20))
    pieces = np.stack([x[:, i:i + 6] for i in (0, 4, 8, 12)], 1)
    close(signal.stft(x, 6, 4), np.fft.rfft(pieces * np.hanning(7)[:6], 8))
    close(signal.stft(x, 6, 4, fft_length=6, window_fn=None), np.fft.rfft(pieces))


def test_mel_frequencies():
    matrix = np.asarray(signal.linear_to_mel_weight_matrix(4, 33, 8000, 100.0, 3000.0, tf.float64))
    mel = 1127 * np.log1p(np.linspace(0, 4000, 33) / 700)
    edges = np.linspace(1127 * np.log1p(100 / 700), 1127 * np.log1p(3000 / 700), 6)
    expected = [[max(0, min((m - a) / (b - a), (c - m) / (c - b)))
                 for a, b, c in zip(edges[:-2], edges[1:-1], edges[2:], strict=True)] for m in mel]
    expected[0] = [0, 0, 0, 0]
    close(matrix, expected)
    close(signal.mfccs_from_log_mel_spectrograms(X), np.asarray(signal.dct(X)) / np.sqrt(12))
    with pytest.raises(ValueError, match="edges"):
        signal.linear_to_mel_weight_matrix(4, 33, 8000, 100.0, 5000.0)
