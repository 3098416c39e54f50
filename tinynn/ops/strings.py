"""Floor 4: text, element by element. The elements are Python bytes, in UTF-8; none of it has a gradient."""

import re

import numpy as np

from tinynn.autodiff.tensor import operand, wrap
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError, UnimplementedError
from tinynn.ops.arguments import axes_of
from tinynn.ops.debug import shown


def _text(value, name="the argument"):
    """The values of a tensor of text."""
    tensor = operand(value)
    if tensor.dtype != "string":
        raise InvalidArgumentError(f"{name} must be text, got {as_dtype(tensor.dtype).name}")
    return np.asarray(tensor)


def _each(function, *arrays, dtype=object):
    """A tensor of function(element, ...) for the elements of arrays that broadcast."""
    arrays = np.broadcast_arrays(*arrays)
    out = np.empty(arrays[0].shape, dtype)
    for place in np.ndindex(out.shape):
        out[place] = function(*[a[place] for a in arrays])
    return wrap(out)


def _unit(unit):
    """Whether a unit is characters, not bytes."""
    if unit not in ("BYTE", "UTF8_CHAR"):
        raise ValueError(f"unit must be 'BYTE' or 'UTF8_CHAR', got {unit!r}")
    return unit == "UTF8_CHAR"


def length(input, unit="BYTE", name=None):
    """How many bytes, or characters (`unit="UTF8_CHAR"`), each text has; int32.

    Example:
        >>> tf.strings.length(["cat", "giraffe"])
    """
    count = (lambda text: len(text.decode())) if _unit(unit) else len
    return _each(count, _text(input), dtype=np.int32)


def lower(input, encoding="", name=None):
    """The text in lower case: ASCII letters, or with encoding="utf-8" all.

    Example:
        >>> tf.strings.lower("ABC")
    """
    return _each(lambda text: text.decode().lower().encode() if encoding else text.lower(), _text(input))


def upper(input, encoding="", name=None):
    """The text in upper case: ASCII letters, or with encoding="utf-8" all."""
    return _each(lambda text: text.decode().upper().encode() if encoding else text.upper(), _text(input))


def strip(input, name=None):
    """The text without white space at its ends."""
    return _each(bytes.strip, _text(input))


def join(inputs, separator="", name=None):
    """The texts of several tensors side by side, whose shapes broadcast.

    Example:
        >>> tf.strings.join([["a", "b"], "c"], separator="-")
    """
    between = separator.encode()
    return _each(lambda *parts: between.join(parts), *[_text(x) for x in inputs])


def reduce_join(inputs, axis=None, keepdims=False, separator="", name=None):
    """The texts along axes (None: all), one after the other.

    Example:
        >>> tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=1, separator=" ")
    """
    array, between = _text(inputs), separator.encode()
    axes = axes_of(axis, array.ndim)
    kept = [i for i in range(array.ndim) if i not in axes]
    rows = array.transpose(*kept, *axes).reshape(*[array.shape[i] for i in kept], -1)
    out = np.empty(rows.shape[:-1], object)
    for place in np.ndindex(out.shape):
        out[place] = between.join(rows[place])
    return wrap(out.reshape([1 if i in axes else n for i, n in enumerate(array.shape)]) if keepdims else out)


def substr(input, pos, len, unit="BYTE", name=None):
    """Of each text `len` bytes or characters from `pos` on; a negative `pos` counts from the end.

    Raises:
        InvalidArgumentError: `pos` lies outside a text.

    Example:
        >>> tf.strings.substr(["hello", "world"], 1, 3)
    """
    characters = _unit(unit)

    def part(text, start, count):
        text = text.decode() if characters else text
        if not -text.__len__() <= start <= text.__len__():
            raise InvalidArgumentError(f"pos {start} lies outside of a text of length {text.__len__()}")
        start = start + text.__len__() if start < 0 else start
        piece = text[start:start + count]
        return piece.encode() if characters else piece

    return _each(part, _text(input), np.asarray(operand(pos)), np.asarray(operand(len)))


def regex_replace(input, pattern, rewrite, replace_global=True, name=None):
    """The text with every match of a regular expression (or only the first) written anew; \\1 is its first group.

    Example:
        >>> tf.strings.regex_replace("hello", "l+", "L")
    """
    expression, new = _pattern(pattern), re.sub(rb"\\(\d)", rb"\\g<\1>", rewrite.encode())
    return _each(lambda text: expression.sub(new, text, count=0 if replace_global else 1), _text(input))


def regex_full_match(input, pattern, name=None):
    """Whether a regular expression matches all of each text."""
    expression = _pattern(pattern)
    return _each(lambda text: expression.fullmatch(text) is not None, _text(input), dtype=bool)


def _pattern(pattern):
    try:
        return re.compile(pattern if isinstance(pattern, bytes) else pattern.encode(), re.DOTALL)
    except re.error as error:
        raise InvalidArgumentError(f"{pattern!r} is no regular expression: {error}") from None


def to_number(input, out_type="float32", name=None):
    """The numbers that the texts spell.

    Raises:
        InvalidArgumentError: a text spells none.

    Example:
        >>> tf.strings.to_number(["1.5", "2"])
    """
    dtype = as_dtype(out_type)

    def number(text):
        try:
            return int(text) if dtype.is_integer else float(text)
        except ValueError:
            raise InvalidArgumentError(f"{text.decode(errors='replace')!r} spells no {dtype.name}") from None

    return _each(number, _text(input), dtype=dtype.dtype)


def as_string(input, precision=-1, scientific=False, shortest=False, width=-1, fill="", name=None):
    """Numbers and truth values as text.

    Args:
        precision: how many digits follow the point.
        scientific, shortest: whether with an exponent, or in the shorter of both forms.
        width, fill: the least width, and what fills it up.

    Example:
        >>> tf.strings.as_string([1.5, 2.25], precision=1)
    """
    if scientific and shortest:
        raise ValueError("as_string takes scientific or shortest, and not both")
    array = np.asarray(operand(input))
    kind = "e" if scientific else "g" if shortest else "f"
    digits = "" if precision < 0 else f".{precision}"
    form = f"{fill or ''}{width if width > 0 else ''}"

    def text(value):
        if isinstance(value, bytes):
            return value
        if array.dtype.kind == "b":
            return format("true" if value else "false", f">{width}" if width > 0 else "").encode()
        return format(value.item(), f"{form}{digits}{kind}" if array.dtype.kind == "f" else f"{form}d").encode()

    return _each(text, array)


def split(input, sep=None, maxsplit=-1, name=None):
    """The pieces of one text, a tensor of text: between white space, or between `sep`.

    Raises:
        UnimplementedError: several texts, whose pieces would be rows of different lengths.

    Example:
        >>> tf.strings.split("a b c")
    """
    array = _text(input)
    if array.ndim:
        raise UnimplementedError("the pieces of several texts are rows of different lengths, and no tensor has those: "
                                 "split them one by one, as in [tf.strings.split(text) for text in texts]")
    return _pieces(array.item().split(None if not sep else sep.encode(), maxsplit))


def bytes_split(input, name=None):
    """The bytes of one text."""
    return _pieces([bytes([b]) for b in _one(input).item()])


def unicode_split(input, input_encoding, errors="replace", replacement_char=65533, name=None):
    """The characters of one text."""
    return _pieces([c.encode() for c in _one(input).item().decode(input_encoding, errors)])


def unicode_decode(input, input_encoding, errors="replace", replacement_char=65533, replace_control_characters=False,
                   name=None):
    """The code points of the characters of one text, int32."""
    return wrap(np.array([ord(c) for c in _one(input).item().decode(input_encoding, errors)], np.int32))


def unicode_encode(input, output_encoding, errors="replace", replacement_char=65533, name=None):
    """The text of code points along the last axis."""
    array = np.asarray(operand(input))
    out = np.empty(array.shape[:-1], object)
    for place in np.ndindex(out.shape):
        out[place] = "".join(map(chr, array[place])).encode(output_encoding.lower().replace("-be", "_be"), errors)
    return wrap(out)


def _one(input):
    array = _text(input)
    if array.ndim:
        raise UnimplementedError("this takes one text: those of several have different lengths, which a tensor cannot "
                                 "have")
    return array


def _pieces(pieces):
    out = np.empty(len(pieces), object)
    out[:] = pieces
    return wrap(out)


def format_(template, inputs, placeholder="{}", summarize=3, name=None):
    """A text with values as `tf.print` shows them in the place of every {}.

    Example:
        >>> tf.strings.format("x = {}", tf.constant([1, 2]))
    """
    inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    parts = template.split(placeholder)
    if len(parts) != len(inputs) + 1:
        raise ValueError(f"the template has {len(parts) - 1} times {placeholder!r} for {len(inputs)} values")
    text = parts[0] + "".join(shown(x, summarize) + part for x, part in zip(inputs, parts[1:], strict=True))
    return _each(lambda t: t, np.array(text.encode(), object))
