"""Floor 2: runs an op's reference body, with NumPy or CuPy as `xp`."""

import numpy as np

from tinynn.core.errors import InvalidArgumentError


def run(op, xp, arrays, attributes, body=None):
    """What the body of `op`, or another function in its place, gives for `arrays`.

    Raises:
        InvalidArgumentError: where the arrays do not fit, with NumPy's reason and the shapes.
    """
    try:
        kinds = getattr(op, "kinds", None)
        if kinds and arrays[0].dtype.kind not in kinds:
            raise ValueError(_refusal(kinds, arrays[0].dtype))
        with np.errstate(all="ignore"):
            return (body or op.body)(xp, *arrays, **dict(zip(op.attributes, attributes, strict=True)))
    except (ValueError, IndexError) as error:
        if isinstance(error, InvalidArgumentError):
            raise
        names = op.inputs * len(arrays) if op.variadic else op.inputs
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(names, arrays, strict=False))
        constants = ", ".join(f"{name}={value!r}" for name, value in zip(op.attributes, attributes, strict=True))
        raise InvalidArgumentError(f"{op.name}: {error}. Got {shapes}{'; ' if constants else ''}{constants}") from None


def _refusal(kinds, dtype):
    name = "text" if dtype.kind == "O" else dtype.name
    if "i" in kinds:
        return f"it takes numbers, not {name}" + ("; write tf.cast(x, tf.int32)" if dtype.kind == "b" else "")
    return f"it takes floating-point numbers, not {name}; write 2.0 for 2, or tf.cast(x, tf.float32)"
