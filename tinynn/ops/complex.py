"""Floor 4: complex numbers: their parts, and what they are made of.

A gradient rule gives g f'(x), as anywhere; the tape conjugates around it, so that the gradient of a real function is,
as in TensorFlow, the direction in which it grows fastest.
"""

from tinynn.autodiff.tensor import operand
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import numbers
from tinynn.ops.broadcast import unbroadcast
from tinynn.ops.create import zeros_like
from tinynn.ops.elementary import negative
from tinynn.ops.layout import cast
from tinynn.ops.trig import atan2


def _numbers(rand):
    return (rand(4, 3) + 1j * rand(4, 3),), {}


@primitive("z = x + i y")
def _complex(xp, real, imag):
    """The complex numbers of two parts: complex64 of float32, complex128 of float64."""
    if real.dtype not in ("float32", "float64"):
        raise ValueError(f"the parts of complex numbers are float32 or float64, not {real.dtype.name}")
    return real + xp.asarray(1j, "complex64" if real.dtype == "float32" else "complex128") * imag


@_complex.vjp("Re g", wrt="real")
def _(g, real_shape):
    return unbroadcast(_real(g), real_shape)


@_complex.vjp("Re(i g)", wrt="imag")
def _(g, imag_shape):
    return unbroadcast(negative(_imag(g)), imag_shape)


def complex(real, imag, name=None):
    """Complex numbers of their real and imaginary parts, which are of one floating-point type.

    Example:
        >>> tf.complex([1.0, 2.0], [3.0, 4.0])
    """
    return _complex(real, imag)


@primitive("y = Re z", example=_numbers)
def _real(xp, input):
    """The real part of complex numbers."""
    return input.real.copy()


@_real.vjp("g")
def _(g, input_dtype):
    return cast(g, input_dtype)


@primitive("y = Im z", example=_numbers)
def _imag(xp, input):
    """The imaginary part of complex numbers."""
    return input.imag.copy()


@_imag.vjp("i g")
def _(g):
    return _complex(g * 0.0, g)


def real(input, name=None):
    """The real part; real numbers are their own.

    Example:
        >>> tf.math.real(tf.constant([1.0 + 2.0j]))
    """
    input = operand(input)
    return _real(input) if input.dtype.is_complex else input


def imag(input, name=None):
    """The imaginary part; of real numbers 0.

    Example:
        >>> tf.math.imag(tf.constant([1.0 + 2.0j]))
    """
    input = operand(input)
    return _imag(input) if input.dtype.is_complex else zeros_like(input)


@numbers
@primitive("y = conj z", example=_numbers)
def conj(xp, x):
    """The complex conjugate; real numbers are their own."""
    return xp.conj(x)


@conj.vjp("conj g")
def _(g):
    return conj(g)


def angle(input, name=None):
    """The angle of complex numbers in radians, from -π to π; of real numbers 0, or π below 0."""
    input = operand(input)
    return atan2(imag(input), real(input))
