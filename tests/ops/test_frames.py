"""Signals in frames: windows, short-time transforms and mel frequencies against NumPy's and direct sums."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.testing import check_gradients

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 4, 6))
signal = tf.signal


def close(got, expected, atol=1e-12):
    np.testing.assert_allclose(np.asarray(got), expected, atol=atol, rtol=1e-10)


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
    close(signal.kaiser_window(5, 3.0, dtype=tf.float64), np.kaiser(5, 3.0))
    # overlapping by half, the squares of Vorbis's window add up to 1
    vorbis = np.asarray(signal.vorbis_window(8, dtype=tf.float64))
    close(vorbis[:4] ** 2 + vorbis[4:] ** 2, np.ones(4))


def test_short_transforms():
    x = RNG.normal(size=(2, 20))
    pieces = np.stack([x[:, i:i + 6] for i in (0, 4, 8, 12)], 1)
    close(signal.stft(x, 6, 4), np.fft.rfft(pieces * np.hanning(7)[:6], 8))
    close(signal.stft(x, 6, 4, fft_length=6, window_fn=None), np.fft.rfft(pieces))


@pytest.mark.parametrize(("length", "step", "size", "window"), [
    (16, 4, None, signal.hann_window), (16, 8, 32, signal.hann_window), (12, 5, None, signal.hamming_window),
    (20, 4, 32, lambda n, dtype: np.linspace(0.5, 1, n).astype(dtype.dtype))])
def test_signals_come_back(length, step, size, window):
    x = RNG.normal(size=(2, 64))
    transforms = signal.stft(x, length, step, size, window_fn=window)
    back = signal.inverse_stft(transforms, length, step, size, signal.inverse_stft_window_fn(step, window))
    assert back.dtype == "float64" and back.shape == (2, (64 - length) // step * step + length)
    close(back[:, length:-length], x[:, length:back.shape[1] - length])


def test_signals_come_back_without_windows():
    x = RNG.normal(size=(3, 20))
    transforms = signal.stft(x, 5, 5, window_fn=None)
    close(signal.inverse_stft(transforms, 5, 5, window_fn=None), x)
    shorter = signal.inverse_stft(signal.stft(x, 5, 5, fft_length=4, window_fn=None), 5, 5, 4, window_fn=None)
    assert np.asarray(shorter)[:, 4::5].tolist() == [[0] * 4] * 3


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
