"""Floor 7: `keras.ops`: NumPy's functions and those of networks, under Keras 3's names, on arrays, tensors, variables
and symbolic tensors. Dtypes that differ meet as Keras has it: whole numbers become floats beside floats."""

import inspect

from tinynn.core.namespace import namespace
from tinynn.explain import doors
from tinynn.keras.ops import (
    binary,
    convolution,
    core,
    creation,
    elementwise,
    indexing,
    linalg,
    math,
    nn,
    not_nan,
    products,
    rearranging,
    reductions,
    shaping,
    spectra,
    windows,
)


def _public(family):
    """What a family defines, but for what it imports."""
    return {name: value for name, value in vars(family).items()
            if inspect.isfunction(value) and not name.startswith("_") and value.__module__ == family.__name__}


for _family in (elementwise, binary, reductions, not_nan, shaping, creation, indexing, products, linalg, math, nn,
                rearranging, core, convolution, windows, spectra):
    for _name, _value in _public(_family).items():
        globals()[_name] = _value
        doors.attach(_value)

__getattr__, __dir__ = namespace(__name__, {"image": "tinynn.keras.ops.image"})
