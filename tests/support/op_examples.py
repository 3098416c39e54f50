"""Arguments to call every op with: its own example, or random matrices."""

import numpy as np


def rand(seed=0):
    rng = np.random.default_rng(seed)
    return lambda *shape: rng.normal(size=shape)


def examples(op, dtype="float64"):
    """(inputs as arrays, attributes) to call the op with; floating-point inputs are of `dtype`."""
    if op.example is None:
        given = [((rand()(4, 3), rand(1)(4, 3), rand(2)(4, 3))[: len(op.inputs)], {})]
    else:
        given = op.example(rand())
    for inputs, attributes in given if isinstance(given, list) else [given]:
        yield [cast(x, dtype) for x in inputs], complete(op, attributes)


def has_complex(op):
    """Whether the op takes or gives complex numbers in its example."""
    for inputs, attributes in [] if op.mutates else examples(op):
        made = op(*inputs, **attributes)
        if any(np.asarray(x).dtype.kind == "c" for x in (*inputs, *(made if isinstance(made, tuple) else (made,)))):
            return True
    return False


def cast(x, dtype):
    array = np.asarray(x)
    return array.astype(dtype) if array.dtype.kind == "f" else array


def complete(op, attributes):
    return {**dict(zip(op.attributes, op.defaults, strict=True)), **attributes}
