"""Floor 2: runs an op's reference body, with NumPy or CuPy as `xp`."""

import numpy as np

from tinynn.backends import checks
from tinynn.core.errors import InvalidArgumentError


def run(op, xp, arrays, attributes):
    """What the body of `op` gives for `arrays`.

    Raises:
        InvalidArgumentError: where the arrays do not fit, with NumPy's reason and the shapes.
    """
    try:
        kinds = getattr(op, "kinds", None)
        if kinds and arrays[0].dtype.kind not in kinds:
            raise ValueError(_refusal(kinds, arrays[0].dtype))
        notes = checks.noting()
        if notes is not None:
            shapes = [array.shape for array in arrays]      # not the arrays: their memory is needed
            notes.call = lambda error: explained(op, shapes, attributes, error)
        with np.errstate(all="ignore"):
            return op.body(xp, *arrays, **dict(zip(op.attributes, attributes, strict=True)))
    except (ValueError, IndexError) as error:
        if isinstance(error, InvalidArgumentError):
            raise
        raise explained(op, [array.shape for array in arrays], attributes, error) from None


def explained(op, shapes, attributes, error):
    """What an op says of an error in its body."""
    names = op.inputs * len(shapes) if op.variadic else op.inputs
    given = ", ".join(f"{name} {shape}" for name, shape in zip(names, shapes, strict=False))
    constants = ", ".join(f"{name}={value!r}" for name, value in zip(op.attributes, attributes, strict=True))
    return InvalidArgumentError(f"{op.name}: {error}. Got {given}{'; ' if constants else ''}{constants}")


def _refusal(kinds, dtype):
    name = "text" if dtype.kind == "O" else dtype.name
    if "i" in kinds:
        return f"it takes numbers, not {name}" + ("; write tf.cast(x, tf.int32)" if dtype.kind == "b" else "")
    return f"it takes floating-point numbers, not {name}; write 2.0 for 2, or tf.cast(x, tf.float32)"
