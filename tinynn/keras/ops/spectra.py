"""Floor 7: Fourier transforms under Keras's names: of, and to, pairs of real and imaginary parts."""

import numpy as np

from tinynn import ops
from tinynn.keras.ops.dispatch import floating, op, tensor


def _complex(x, axes=1):
    """The complex numbers of a pair (real, imaginary) with at least so many axes."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(f"Input `x` should be a tuple of two tensors - real and imaginary. Received: x={x}")
    real, imag = (tensor(part) for part in x)
    if len(real.shape) < axes:
        raise ValueError(f"Input should have rank >= {axes}. Received: input.shape = {tuple(real.shape)}")
    if tuple(real.shape) != tuple(imag.shape):
        raise ValueError("Input `x` should be a tuple of two tensors - real and imaginary. Both the real and imaginary "
                         f"parts should have the same shape. Received: {tuple(real.shape)} and {tuple(imag.shape)}")
    if not real.dtype.is_floating or not imag.dtype.is_floating:
        raise ValueError("At least one tensor in input `x` is not of type float. Received: "
                         f"{real.dtype.name} and {imag.dtype.name}")
    return ops.complex(real, imag)


def _pair(z):
    return ops.real(z), ops.imag(z)


@op
def fft(x):
    """The Fourier transform along the last axis: sum_n x_n e^(-2 pi i k n / N), of and to pairs (real, imaginary)."""
    return _pair(ops.fft(_complex(x)))


@op
def fft2(x):
    """The Fourier transform along the last two axes, of and to pairs (real, imaginary)."""
    return _pair(ops.fft2d(_complex(x, 2)))


@op
def ifft2(x):
    """The inverse of `fft2`."""
    return _pair(ops.ifft2d(_complex(x, 2)))


@op
def rfft(x, fft_length=None):
    """The Fourier transform of real numbers along the last axis, without its second half, which mirrors the first.

    Args:
        x: real numbers.
        fft_length: how many are taken, more being cut off and fewer filled up with 0; all by default.

    Returns:
        A pair (real, imaginary) with fft_length / 2 + 1 numbers along the last axis.
    """
    return _pair(ops.rfft(floating(x), None if fft_length is None else [fft_length]))


@op
def irfft(x, fft_length=None):
    """The inverse of `rfft`: fft_length real numbers, by default twice the length of the last axis, less 2."""
    return ops.irfft(_complex(x), None if fft_length is None else [fft_length])


def _window(window, length, fft_length, dtype):
    """The factors of a piece: a window in the middle of zeros; without one, ones."""
    if window is None:
        return np.ones(fft_length, dtype.name)
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ValueError('If a string is passed to `window`, it must be one of `"hann"`, `"hamming"`. Received: '
                             f"window={window}")
        share = {"hann": 0.5, "hamming": 0.54}[window]
        window = share - (1 - share) * np.cos(2 * np.pi * np.arange(length) / length)
    window = np.asarray(window)
    if window.shape != (length,):
        raise ValueError("The shape of `window` must be equal to [sequence_length]. Received: window "
                         f"shape={window.shape}")
    before = (fft_length - length) // 2
    return np.pad(window, (before, fft_length - length - before)).astype(dtype.name)


def _check_lengths(length, stride, fft_length):
    if not isinstance(stride, int) or stride < 1:
        raise ValueError(f"`sequence_stride` must be a positive integer. Received: sequence_stride={stride!r}")
    if fft_length < length:
        raise ValueError("`fft_length` must equal or larger than `sequence_length`. Received: "
                         f"sequence_length={length}, fft_length={fft_length}")


@op
def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """The short-time Fourier transform: that of every piece of the last axis, times a window.

    Args:
        x: real numbers.
        sequence_length: the length of the window.
        sequence_stride: from the start of a piece to that of the next.
        fft_length: the length of the pieces; the window stands in their middle, between zeros.
        window: "hann", "hamming", `sequence_length` factors, or None for pieces as they are.
        center: whether x is continued at both ends as in a mirror, so that piece k lies around k sequence_stride.

    Returns:
        A pair (real, imaginary) of shape (..., pieces, fft_length / 2 + 1).
    """
    _check_lengths(sequence_length, sequence_stride, fft_length)
    x = tensor(x)
    if x.dtype not in ("float32", "float64"):
        raise TypeError(f"Invalid input type. Expected `float32` or `float64`. Received: input type={x.dtype.name}")
    if center:
        x = ops.pad(x, [(0, 0)] * (len(x.shape) - 1) + [(fft_length // 2,) * 2], "REFLECT")
    factors = _window(window, sequence_length, fft_length, x.dtype)
    count = (x.shape[-1] - fft_length) // sequence_stride + 1
    places = np.arange(max(count, 0))[:, None] * sequence_stride + np.arange(fft_length)
    return _pair(ops.rfft(ops.gather(x, places, axis=-1) * factors, [fft_length]))


@op
def istft(x, sequence_length, sequence_stride, fft_length, length=None, window="hann", center=True):
    """The inverse of `stft`.

    Args:
        x: a pair (real, imaginary) of shape (..., pieces, fft_length / 2 + 1).
        length: how many numbers there are; by default as many as the pieces say.
        sequence_length, sequence_stride, fft_length, window, center: as of `stft`.
    """
    _check_lengths(sequence_length, sequence_stride, fft_length)
    spectra = _complex(x, 2)
    pieces = ops.irfft(spectra, [fft_length])
    factors = _window(window, sequence_length, fft_length, pieces.dtype)
    if window is not None:
        factors = factors / _overlapping(factors ** 2, sequence_stride)
    whole = ops.overlap_and_add(pieces * factors, sequence_stride)
    start = fft_length // 2 if center else 0
    if length is not None:
        end = start + length
    else:
        end = -(fft_length // 2) if center else fft_length + sequence_stride * (spectra.shape[-2] - 1)
    return whole[..., start:end]


def _overlapping(squares, stride):
    """At every place of a piece, what the squared windows of all pieces that reach it add up to."""
    n = len(squares)
    padded = np.pad(squares, (0, -n % stride))
    sums = padded.reshape(-1, stride).sum(0)
    return np.tile(sums, len(padded) // stride)[:n]
