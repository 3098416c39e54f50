"""Floor 4: signals in frames: windows, short-time Fourier transforms, mel frequencies."""

import numpy as np

from tinynn.autodiff.tensor import convert, operand
from tinynn.core.dtypes import as_dtype
from tinynn.ops.arguments import axis_of, on_extents
from tinynn.ops.array import pad
from tinynn.ops.fourier import dct, irfft, rfft
from tinynn.ops.gather import gather, gather_grad

# ---- windows ---------------------------------------------------------------------------------------------------------


def _window(length, periodic, dtype, a):
    n = int(length)
    if n < 2:
        return convert(np.ones(n), dtype)
    period = n if periodic and n % 2 == 0 else n - 1       # as in TensorFlow, an odd window is symmetric anyway
    return convert(a - (1 - a) * np.cos(2 * np.pi * np.arange(n) / period), dtype)


def hann_window(window_length, periodic=True, dtype="float32", name=None):
    """Hann's window: (1 - cos(2π j / n)) / 2.

    Example:
        >>> tf.signal.hann_window(4)
    """
    return _window(window_length, periodic, dtype, 0.5)


def hamming_window(window_length, periodic=True, dtype="float32", name=None):
    """Hamming's window: 0.54 - 0.46 cos(2π j / n)."""
    return _window(window_length, periodic, dtype, 0.54)


def kaiser_window(window_length, beta=12.0, dtype="float32", name=None):
    """Kaiser's window, I0(beta sqrt(1 - (2 j / (n - 1) - 1)^2)) / I0(beta); a larger beta makes it narrower."""
    return convert(np.kaiser(int(window_length), float(beta)), dtype)


def vorbis_window(window_length, dtype="float32", name=None):
    """Vorbis's window: sin(π/2 sin^2(π (j + 1/2) / n))."""
    n = int(window_length)
    return convert(np.sin(np.pi / 2 * np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2), dtype)


# ---- frames ----------------------------------------------------------------------------------------------------------


@on_extents
def frame(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1, name=None):
    """Overlapping pieces of a signal.

    Args:
        signal: of any shape.
        frame_length, frame_step: how long a piece is, and how far apart two begin.
        pad_end: whether the end is filled up with `pad_value`, so that every element is in a piece.
        axis: along which axis; two stand in its place, of the pieces and of their elements.

    Example:
        >>> tf.signal.frame([1.0, 2.0, 3.0, 4.0], frame_length=2, frame_step=1)
    """
    x, length, step = operand(signal), int(frame_length), int(frame_step)
    axis = axis_of(axis, x.ndim)
    n = x.shape[axis]
    count = -(-n // step) if pad_end else max(0, (n - length) // step + 1)
    missing = max(0, (count - 1) * step + length - n) if pad_end else 0
    if missing:
        x = pad(x, [[0, missing if a == axis else 0] for a in range(x.ndim)], constant_values=pad_value)
    return gather(x, np.arange(count)[:, None] * step + np.arange(length), axis=axis)


@on_extents
def overlap_and_add(signal, frame_step, name=None):
    """The sums of overlapping pieces: what undoes `frame` where the windows add up to 1.

    Args:
        signal: of shape (..., pieces, length).
        frame_step: how far apart two pieces begin.
    """
    x, step = operand(signal), int(frame_step)
    count, length = x.shape[-2:]
    places = np.arange(count)[:, None] * step + np.arange(length)
    return gather_grad(x, places, x.ndim - 2, (*x.shape[:-2], max(0, count - 1) * step + length))


@on_extents
def stft(signals, frame_length, frame_step, fft_length=None, window_fn=hann_window, pad_end=False, name=None):
    """The Fourier transforms of overlapping, windowed pieces of signals.

    Args:
        signals: real numbers, of shape (..., samples).
        frame_length, frame_step, pad_end: as for `frame`.
        fft_length: the length of a transform; by default the power of 2 that has room for a piece.
        window_fn: a function of a length (and dtype) that gives a window; None for none.

    Returns:
        Complex numbers of shape (..., pieces, fft_length // 2 + 1).
    """
    x, length = operand(signals), int(frame_length)
    size = _room(length) if fft_length is None else int(fft_length)
    pieces = frame(x, length, frame_step, pad_end)
    return rfft(pieces if window_fn is None else pieces * window_fn(length, dtype=x.dtype), [size])


@on_extents
def inverse_stft(stfts, frame_length, frame_step, fft_length=None, window_fn=hann_window, name=None):
    """The signals that have these transforms, up to their ends, where few pieces overlap; see `stft`.

    Args:
        stfts: complex numbers of shape (..., pieces, fft_length // 2 + 1).
        frame_length, frame_step, fft_length: as for `stft`.
        window_fn: `inverse_stft_window_fn(frame_step)` undoes Hann's window of `stft`; None for no window.

    Returns:
        Real numbers, of shape (..., samples).
    """
    length, step = int(frame_length), int(frame_step)
    pieces = irfft(stfts, [_room(length) if fft_length is None else int(fft_length)])
    missing = length - pieces.shape[-1]
    pieces = pad(pieces, [[0, 0]] * (pieces.ndim - 1) + [[0, missing]]) if missing > 0 else pieces[..., :length]
    return overlap_and_add(pieces if window_fn is None else pieces * window_fn(length, dtype=pieces.dtype), step)


def inverse_stft_window_fn(frame_step, forward_window_fn=hann_window, name=None):
    """A function for `inverse_stft` that gives the window with which it undoes `stft`.

    Args:
        frame_step: how far apart two pieces begin.
        forward_window_fn: the window of `stft`.

    Source: Griffin and Lim, "Signal estimation from modified short-time Fourier transform", 1984.
    """
    step = int(frame_step)

    def window(frame_length, dtype="float32"):
        forward = np.asarray(forward_window_fn(frame_length, dtype=dtype))
        count = -(-len(forward) // step)
        sums = np.pad(forward ** 2, [0, count * step - len(forward)]).reshape(count, step).sum(axis=0)
        return convert(forward / np.tile(sums, count)[:len(forward)], as_dtype(dtype))

    return window


def _room(length):
    """The power of 2 that has room for so many."""
    return 1 << max(0, length - 1).bit_length()


# ---- mel frequencies -------------------------------------------------------------------------------------------------


def linear_to_mel_weight_matrix(num_mel_bins=20, num_spectrogram_bins=129, sample_rate=8000, lower_edge_hertz=125.0,
                                upper_edge_hertz=3800.0, dtype="float32", name=None):
    """The matrix (spectrogram bins, mel bins) that sums a spectrum up in triangles, evenly spaced in mel.

    mel = 1127 ln(1 + hertz / 700).

    Example:
        >>> tf.signal.linear_to_mel_weight_matrix(2, 5, 8000, 100.0, 3000.0)
    """
    if not 0 <= lower_edge_hertz < upper_edge_hertz <= sample_rate / 2:
        raise ValueError(f"the edges must be ascending, from 0 to half of the sample rate; got {lower_edge_hertz} and "
                         f"{upper_edge_hertz} at {sample_rate}")
    mel = lambda hertz: 1127.0 * np.log1p(hertz / 700.0)
    bins = mel(np.linspace(0.0, sample_rate / 2, num_spectrogram_bins)[1:, None])
    edges = np.linspace(mel(lower_edge_hertz), mel(upper_edge_hertz), num_mel_bins + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0, np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)))
    return convert(np.pad(weights, [(1, 0), (0, 0)]), as_dtype(dtype))      # the bin of frequency 0 has no mel


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms, name=None):
    """The mel-frequency cepstral coefficients: the cosine transform of logarithms of mel spectrograms, scaled."""
    x = operand(log_mel_spectrograms)
    return dct(x) * (0.5 / x.shape[-1]) ** 0.5
