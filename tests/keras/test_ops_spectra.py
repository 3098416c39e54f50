"""keras.ops' Fourier transforms and complex numbers against NumPy."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.keras import ops

RNG = np.random.default_rng(6)
X = RNG.normal(size=(2, 3, 16)).astype("float32")
Z = (X + 1j * RNG.normal(size=X.shape)).astype("complex64")
PAIR = (Z.real, Z.imag)


def whole(pair):
    return np.asarray(pair[0]) + 1j * np.asarray(pair[1])


def test_transforms():
    np.testing.assert_allclose(whole(ops.fft(PAIR)), np.fft.fft(Z), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(whole(ops.fft2(PAIR)), np.fft.fft2(Z), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(whole(ops.ifft2(ops.fft2(PAIR))), Z, rtol=1e-4, atol=1e-5)
    for n in (None, 10, 20):
        np.testing.assert_allclose(whole(ops.rfft(X, n)), np.fft.rfft(X, n), rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(ops.irfft(ops.rfft(X), n), np.fft.irfft(np.fft.rfft(X), n), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("window", ["hann", "hamming", None, np.linspace(0.5, 1.0, 8)])
@pytest.mark.parametrize("center", [True, False])
def test_short_time_transforms(window, center):
    factors = {"hann": np.hanning(9)[:-1], "hamming": np.hamming(9)[:-1]}.get(window) if isinstance(window, str) else (
        window)
    signal = np.pad(X, ((0, 0), (0, 0), (5, 5)), mode="reflect") if center else X
    count = (signal.shape[-1] - 10) // 3 + 1
    frames = np.stack([signal[..., 3 * i:3 * i + 10] for i in range(count)], -2)
    expected = np.fft.rfft(frames if window is None else frames * np.pad(factors, 1))
    found = ops.stft(X, 8, 3, 10, window, center)
    np.testing.assert_allclose(whole(found), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("window", ["hann", "hamming"])
def test_the_way_back_of_short_time_transforms(window):
    x = RNG.normal(size=(2, 64)).astype("float32")
    again = ops.istft(ops.stft(x, 16, 4, 16, window), 16, 4, 16, window=window)
    np.testing.assert_allclose(again[:, 4:-4], x[:, 4:-4], rtol=1e-4, atol=1e-4)    # fewer pieces reach the ends
    assert ops.istft(ops.stft(x, 16, 4, 16, window), 16, 4, 16, 50, window).shape == (2, 50)


def test_complex_numbers():
    for name in ("real", "imag", "conj", "conjugate", "angle", "isreal", "abs", "square", "exp"):
        np.testing.assert_allclose(getattr(ops, name)(Z), getattr(np, name)(Z), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ops.add(Z, X), Z + X)
    assert ops.dtype(ops.multiply(Z, X.astype("float64"))) == "complex128"
    np.testing.assert_array_equal(ops.view_as_real(Z), np.stack(PAIR, -1))
    np.testing.assert_array_equal(ops.view_as_complex(np.stack(PAIR, -1)), Z)
    np.testing.assert_allclose(ops.polar(np.abs(Z), np.angle(Z)), Z, rtol=1e-5, atol=1e-6)
    assert ops.isreal(np.complex64([1, 1j])).numpy().tolist() == [True, False]


def test_gradients_pass():
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        real, imag = ops.rfft(x)
        energy = tf.reduce_sum(real[..., 1:-1] ** 2 + imag[..., 1:-1] ** 2) * 2
        energy += tf.reduce_sum(real[..., 0] ** 2 + real[..., -1] ** 2)
    np.testing.assert_allclose(tape.gradient(energy, x), 2 * 16 * X, rtol=1e-3, atol=1e-3)  # Parseval


@pytest.mark.parametrize("call, words", [
    (lambda: ops.fft(X), "tuple of two"), (lambda: ops.fft((X, X[:1])), "same shape"),
    (lambda: ops.fft((np.ones(3, int), np.ones(3, int))), "float"), (lambda: ops.fft2((X[0, 0], X[0, 0])), "rank >= 2"),
    (lambda: ops.stft(X, 9, 3, 8), "fft_length"), (lambda: ops.stft(X, 8, 0, 8), "sequence_stride"),
    (lambda: ops.stft(X, 8, 3, 8, "blackman"), "blackman"), (lambda: ops.stft(X, 8, 3, 8, np.ones(3)), "window"),
    (lambda: ops.view_as_complex(X), "size 2"),
])
def test_mistakes(call, words):
    with pytest.raises(ValueError, match=words):
        call()
    with pytest.raises(TypeError, match="float32"):
        ops.stft(np.arange(16), 8, 2, 8)
