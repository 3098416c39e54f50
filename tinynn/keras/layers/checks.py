"""Floor 7: checks of arguments that several layers share."""

from tinynn.keras import config


def not_negative(value, what):
    """The value, where it is a number from 0 on."""
    if value is None or value < 0:
        raise ValueError(f"{what} cannot be None or a negative value, got {value}")
    return value


def share(value, name="rate"):
    """The value, where it is a number from 0 to 1."""
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(f"Invalid value received for argument `{name}`. Expected a float value between 0 and 1. "
                         f"Received: {name}={value!r}")
    return value


def above_zero(value, name):
    """The value as an int, where it is a whole number from 1 on."""
    if not hasattr(value, "__index__") or value <= 0:
        raise ValueError(f"Invalid value for argument `{name}`. Expected a strictly positive value. Received "
                         f"{name}={value!r}.")
    return value.__index__()


def one_of(value, options, name):
    """The value in lower case, where it is one of the options."""
    if not isinstance(value, str) or value.lower() not in options:
        raise ValueError(f"The `{name}` argument must be one of {sorted(options)}. Received: {name}={value!r}")
    return value.lower()


def positive(value, what):
    """The value as an int, where it is a whole number from 1 on.

    Raises:
        TypeError: no whole number.
        ValueError: below 1.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"Expected an integer value for {what}, which must be a positive integer; got {value!r} of "
                        f"type {type(value).__name__}")
    if value.__index__() <= 0:
        raise ValueError(f"{what} should be a positive integer, got {value}")
    return value.__index__()


def several(value, count, name, least=0):
    """A tuple of `count` whole numbers from `least` on: of one number, or of that many."""
    given = (value,) * count if hasattr(value, "__index__") else value
    fits = isinstance(given, (tuple, list)) and len(given) == count and all(hasattr(v, "__index__") for v in given)
    wrong = {v for v in given if v < least} if fits else ()
    if not fits or wrong:
        more = f", including values {wrong} that do not satisfy `value >{'=' * (not least)} 0`" if wrong else ""
        raise ValueError(f"The `{name}` argument must be a tuple of {count} integers. Received {name}={value!r}{more}")
    return tuple(v.__index__() for v in given)


def pairs(value, count, name):
    """A tuple of `count` pairs of whole numbers: of one number, of one per axis, or of a pair per axis."""
    if hasattr(value, "__index__") or (isinstance(value, (tuple, list)) and count == 1 and len(value) == 2):
        value = ((value, value),) * count if hasattr(value, "__index__") else (value,)
    if not isinstance(value, (tuple, list)) or len(value) != count:
        raise ValueError(f"`{name}` should have {count} elements, one per axis, or be an integer; got {value!r}")
    return tuple(several(one, 2, f"{name}[{i}]") for i, one in enumerate(value))


def axis_or_axes(axis):
    """An axis as it is, several as a list.

    Raises:
        TypeError: something else.
    """
    if isinstance(axis, (list, tuple)):
        return list(axis)
    if isinstance(axis, int):
        return axis
    raise TypeError("Expected an int or a list/tuple of ints for the argument 'axis', but received: " + repr(axis))


def axes_within(axis, shape):
    """The axes, counted from 0 and in order.

    Raises:
        ValueError: one that the shape does not have, or twice the same.
    """
    axes = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    for one in axes:
        if not -len(shape) <= one < len(shape):
            raise ValueError(f"Axis {one} is out of bounds for input shape {tuple(shape)}. Received: axis={axis}")
    found = sorted(one % len(shape) for one in axes)
    if len(set(found)) < len(found):
        raise ValueError(f"Duplicate axes in axis={axis} for input shape {tuple(shape)}")
    return found


def broadcastable(mask, inputs):
    """Raises ValueError where a mask does not broadcast to the inputs."""
    shape, wanted = tuple(mask.shape), tuple(inputs.shape)
    if len(shape) > len(wanted):
        raise ValueError(f"The `mask` must be broadcastable to `inputs` and must not have more dimensions; got mask "
                         f"of shape {shape} for inputs of shape {wanted}")
    for n, m in zip(reversed(shape), reversed(wanted), strict=False):
        if n not in (1, m):
            raise ValueError(f"The `mask` must be broadcastable to `inputs`; got mask of shape {shape} for inputs of "
                             f"shape {wanted}")


def data_format(given):
    """"channels_last" or "channels_first", by default Keras's setting."""
    given = config.image_data_format() if given is None else str(given).lower()
    if given not in ("channels_last", "channels_first"):
        raise ValueError(f"The `data_format` argument must be 'channels_last' or 'channels_first', got {given!r}")
    return given
