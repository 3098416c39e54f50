"""Floor 4: Fourier and cosine transforms."""

import numpy as np

from tinynn.autodiff.tensor import operand
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import ints_of, on_extents
from tinynn.ops.array import pad, roll
from tinynn.ops.broadcast import _reshape
from tinynn.ops.complex import _real
from tinynn.ops.layout import _transpose
from tinynn.ops.linalg import matmul


def _example(rand):
    return (rand(2, 4, 3) + 1j * rand(2, 4, 3),), {"axes": (1, 2)}


def _as_complex(x):
    if x.dtype.kind != "c":
        raise ValueError(f"it transforms complex numbers, not {x.dtype.name}; write tf.cast(x, tf.complex64)")
    return x


@primitive("yₖ = Σ xⱼ exp(-2πi j k / n)", example=_example)
def _fft(xp, input, *, axes):
    """The discrete Fourier transform over axes."""
    return xp.fft.fftn(_as_complex(input), axes=axes).astype(input.dtype)


@_fft.vjp("Σ gₖ exp(-2πi j k / n)")
def _(g, axes):
    return _fft(g, axes)


@primitive("yₖ = Σ xⱼ exp(2πi j k / n) / n", example=_example)
def _ifft(xp, input, *, axes):
    """The inverse of the discrete Fourier transform over axes."""
    return xp.fft.ifftn(_as_complex(input), axes=axes).astype(input.dtype)


@_ifft.vjp("Σ gₖ exp(2πi j k / n) / n")
def _(g, axes):
    return _ifft(g, axes)


@primitive("yₖ = Σ xⱼ exp(-2πi j k / n), k = 0, ..., n / 2",
           example=lambda rand: [((rand(2, 4),), {}), ((rand(5),), {})])
def _rfft(xp, input):
    """The first half of the discrete Fourier transform of real numbers along the last axis; the rest mirrors it."""
    return xp.fft.rfft(input).astype("complex64" if input.dtype == "float32" else "complex128")


@_rfft.vjp("Re Σ gₖ exp(-2πi j k / n)")
def _(g, input_shape):
    longer = [[0, 0]] * (len(input_shape) - 1) + [[0, input_shape[-1] - g.shape[-1]]]
    return _real(_fft(pad(g, longer), (len(input_shape) - 1,)))


@primitive("yⱼ = Re Σ wₖ xₖ exp(2πi j k / n) / n, w = 1, 2, 2, ...", example=lambda rand: [
    ((rand(2, 3) + 1j * rand(2, 3),), {"length": length}) for length in (4, 5)])
def _irfft(xp, input, *, length):
    """The real numbers of which `input` is the first half of the discrete Fourier transform, along the last axis."""
    return xp.fft.irfft(_as_complex(input), length).astype("float32" if input.dtype == "complex64" else "float64")


@_irfft.vjp("wₖ Σ gⱼ exp(-2πi j k / n) / n")
def _(g, length):
    weights = np.full(length // 2 + 1, 2.0 / length)
    weights[0] = 1.0 / length
    if length % 2 == 0:
        weights[-1] = 1.0 / length
    return _rfft(g) * weights.astype(g.dtype.dtype)


# ---- the public transforms -------------------------------------------------------------------------------------------


def _numbers(x):
    """A complex operand; Python's numbers become complex64."""
    return operand(x, "complex64" if isinstance(x, (list, tuple, int, float)) else None)


def _last(x, count):
    """The last axes."""
    if x.ndim < count:
        raise InvalidArgumentError(f"this needs at least {count} axes, got shape {tuple(x.shape)}")
    return tuple(range(x.ndim - count, x.ndim))


def fft(input, name=None):
    """The discrete Fourier transform of complex numbers along the last axis.

    Example:
        >>> tf.signal.fft(tf.constant([1.0, 2.0], tf.complex64))
    """
    x = _numbers(input)
    return _fft(x, _last(x, 1))


def fft2d(input, name=None):
    """The discrete Fourier transform of complex numbers over the last two axes."""
    x = _numbers(input)
    return _fft(x, _last(x, 2))


def fft3d(input, name=None):
    """The discrete Fourier transform of complex numbers over the last three axes."""
    x = _numbers(input)
    return _fft(x, _last(x, 3))


def ifft(input, name=None):
    """The inverse of `fft`."""
    x = _numbers(input)
    return _ifft(x, _last(x, 1))


def ifft2d(input, name=None):
    """The inverse of `fft2d`."""
    x = _numbers(input)
    return _ifft(x, _last(x, 2))


def ifft3d(input, name=None):
    """The inverse of `fft3d`."""
    x = _numbers(input)
    return _ifft(x, _last(x, 3))


@on_extents
def rfft(input_tensor, fft_length=None, name=None):
    """The first half, fft_length // 2 + 1 numbers, of the Fourier transform of real numbers along the last axis.

    Args:
        input_tensor: float32 or float64.
        fft_length: the length to cut to, or to fill up to with zeros.

    Example:
        >>> tf.signal.rfft([1.0, 2.0, 3.0, 4.0])
    """
    x = operand(input_tensor)
    _last(x, 1)
    return _rfft(x if fft_length is None else _to_length(x, *ints_of(fft_length)))


@on_extents
def irfft(input_tensor, fft_length=None, name=None):
    """The inverse of `rfft`: fft_length real numbers (by default twice the length of the last axis, less 2)."""
    x = operand(input_tensor)
    _last(x, 1)
    length = 2 * (x.shape[-1] - 1) if fft_length is None else ints_of(fft_length)[0]
    return _irfft(_to_length(x, length // 2 + 1), length)


@on_extents
def rfft2d(input_tensor, fft_length=None, name=None):
    """`rfft` along the last axis, then `fft` along the one before it; fft_length names both lengths."""
    x = operand(input_tensor)
    rows = _last(x, 2)[0]
    if fft_length is not None:
        height, width = ints_of(fft_length)
        x = _to_length(_swap(_to_length(_swap(x), height)), width)
    return _fft(_rfft(x), (rows,))


@on_extents
def irfft2d(input_tensor, fft_length=None, name=None):
    """The inverse of `rfft2d`."""
    x = operand(input_tensor)
    rows = _last(x, 2)[0]
    if fft_length is None:
        return irfft(_ifft(x, (rows,)))
    height, width = ints_of(fft_length)
    return irfft(_ifft(_swap(_to_length(_swap(x), height)), (rows,)), [width])


def _swap(x):
    return _transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _to_length(x, n):
    """x cut to a length, or filled up with zeros."""
    missing = n - x.shape[-1]
    return x[..., :n] if missing <= 0 else pad(x, [[0, 0]] * (x.ndim - 1) + [[0, missing]])


@on_extents
def fftshift(x, axes=None, name=None):
    """The halves along axes (all by default) exchanged, so that frequency 0 stands in the middle."""
    x = operand(x)
    axes = list(range(x.ndim)) if axes is None else list(ints_of(axes))
    return roll(x, [x.shape[a] // 2 for a in axes], axes) if axes else x


@on_extents
def ifftshift(x, axes=None, name=None):
    """The inverse of `fftshift`."""
    x = operand(x)
    axes = list(range(x.ndim)) if axes is None else list(ints_of(axes))
    return roll(x, [-(x.shape[a] // 2) for a in axes], axes) if axes else x


@on_extents
def dct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The discrete cosine transform along the last axis.

    Args:
        input: real numbers.
        type: 1, 2, 3 (the inverse of 2, but for a factor) or 4.
        n: the length to cut to, or to fill up to with zeros.
        norm: None, or "ortho", which makes the transform orthogonal.

    Example:
        >>> tf.signal.dct([1.0, 2.0, 3.0], norm="ortho")
    """
    x = operand(input)
    x = x if n is None else _to_length(x, int(n))
    return _rows(x, _cosines(x.shape[-1], int(type), norm).astype(x.dtype.dtype))


@on_extents
def idct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The inverse of `dct` of that type; without norm="ortho" times 2 n, as in TensorFlow."""
    return dct(input, {1: 1, 2: 3, 3: 2, 4: 4}[int(type)], n, axis, norm)


def _cosines(n, kind, norm):
    """The matrix of a cosine transform: y = matrix x."""
    k, j = np.arange(n)[:, None], np.arange(n)
    if kind == 1:
        if norm is not None or n < 2:
            raise ValueError("the cosine transform of type 1 needs two numbers at least, and norm=None")
        matrix = 2 * np.cos(np.pi * k * j / (n - 1))
        matrix[:, [0, -1]] /= 2
        return matrix
    if kind not in (2, 3, 4) or norm not in (None, "ortho"):
        raise ValueError(f"dct knows the types 1 to 4 and the norms None and 'ortho', got {kind} and {norm!r}")
    scale = np.sqrt(2 / n) if norm else 2.0
    if kind == 4:
        return scale * np.cos(np.pi * (2 * k + 1) * (2 * j + 1) / (4 * n))
    matrix = scale * np.cos(np.pi * k * (2 * j + 1) / (2 * n))
    if norm:
        matrix[0] /= np.sqrt(2)
    if kind == 3:
        matrix = matrix.T.copy()
        if not norm:
            matrix[:, 0] /= 2
    return matrix


def _rows(x, matrix):
    """The matrix times every vector along the last axis."""
    return _reshape(matmul(_reshape(x, (-1 if x.ndim == 0 else x.shape[:-1].num_elements(), x.shape[-1])), matrix.T),
                    (*x.shape[:-1], len(matrix)))
