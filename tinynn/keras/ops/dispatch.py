"""Floor 7: what all of `keras.ops` does with its arguments: symbolic tensors, and dtypes that differ."""

import functools

import numpy as np

from tinynn import ops
from tinynn.autodiff.operand import Operand
from tinynn.autodiff.tensor import Tensor, operand
from tinynn.core import dtypes, nest
from tinynn.keras.config import floatx
from tinynn.keras.symbolic import KerasTensor
from tinynn.ops.arguments import Composite

_SIGNED = {1: "int8", 2: "int16", 4: "int32", 8: "int64"}


def op(function):
    """Decorator: called on symbolic tensors, the function becomes one step of their graph, and runs when there are
    values."""
    step = Composite(function)

    @functools.wraps(function)
    def public(*args, **kwargs):
        for x in args:
            if type(x) is not Tensor and symbolic_inside(x):
                return step.defer(args, kwargs)
        if kwargs and symbolic_inside(kwargs):
            return step.defer(args, kwargs)
        return function(*args, **kwargs)

    return public


def symbolic_inside(x):
    """Whether x is a symbolic tensor, or a structure with one."""
    return isinstance(x, KerasTensor) or (isinstance(x, (list, tuple, dict))
                                          and any(isinstance(leaf, KerasTensor) for leaf in nest.flatten(x)))


# ---- dtypes ----------------------------------------------------------------------------------------------------------


def tensor(x, dtype=None):
    """x as a tensor (a variable stays one), of a dtype where one is given."""
    if dtype is None:
        return operand(x)
    if isinstance(x, Operand):
        return x if x.dtype == dtype else ops.cast(x, dtype)
    if type(x) in (int, float):
        return ops.convert_to_tensor(x, dtype)
    return ops.cast(operand(x), dtype)


def floating(x):
    """x as a tensor of a floating-point or complex type; whole numbers become Keras's float type."""
    x = operand(x)
    return x if x.dtype.is_floating or x.dtype.is_complex else ops.cast(x, floatx())


def counted(x):
    """x as a tensor of numbers: truth values become int32, as do shorter whole numbers."""
    x = operand(x)
    if x.dtype == "bool" or (x.dtype.is_integer and x.dtype.size < 4):
        return ops.cast(x, "int32" if x.dtype.name[0] != "u" else "uint32")
    return x


def kind_of(x):
    """The dtype's name of a value; of a Python number its type, which gives way to a dtype."""
    if type(x) in (bool, int, float):
        return type(x)
    if isinstance(x, (Operand, np.ndarray, np.generic)):
        return dtypes.as_dtype(str(x.dtype) if isinstance(x, np.generic | np.ndarray) else x.dtype).name
    return operand(x).dtype.name


def result_type(*kinds):
    """The dtype in which values of these dtypes (or Python types) meet, as Keras has it: a float wins over whole
    numbers, the wider over the narrower, a dtype over a Python number.

    Args:
        *kinds: names of dtypes, or `bool`, `int` and `float` for Python numbers.
    """
    names = [_known(kind) for kind in kinds if kind not in (int, float, bool)]
    weak = [kind for kind in kinds if kind in (int, float)]
    if any(dtypes.as_dtype(name).is_complex for name in names):
        return "complex128" if {"complex128", "float64"} & set(names) else "complex64"
    floats = {name for name in names if dtypes.as_dtype(name).is_floating}
    if floats:
        widest = max(floats, key=lambda name: dtypes.as_dtype(name).size)
        return "float32" if floats == {"float16", "bfloat16"} else widest
    if float in weak:
        return floatx()
    whole = [dtypes.as_dtype(name) for name in names if name != "bool"]
    if not whole:
        return "int32" if int in weak else "bool"
    signed = max((d.size for d in whole if d.name[0] == "i"), default=0)
    unsigned = max((d.size for d in whole if d.name[0] == "u"), default=0)
    if not signed or not unsigned:
        return ("u" if unsigned else "") + _SIGNED[signed or unsigned]
    size = signed if signed > unsigned else 2 * unsigned
    return _SIGNED[size] if size <= 8 else floatx()


def _known(kind):
    return dtypes.as_dtype(kind).name


def common(*values):
    """The values as tensors of the dtype in which they meet."""
    first = values[0]
    if type(first) is Tensor and all(type(v) is Tensor and v.dtype is first.dtype for v in values):
        return values
    dtype = result_type(*[kind_of(v) for v in values])
    return [tensor(v, dtype) for v in values]
