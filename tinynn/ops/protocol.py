"""Floor 4: what stands behind the operators of tensors and variables, and behind NumPy's functions of them."""

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.operand import attach
from tinynn.ops import bitwise, complex, elementary, logic, math, trig
from tinynn.ops.broadcast import reshape
from tinynn.ops.gather import gather_nd
from tinynn.ops.index import assign_item, getitem
from tinynn.ops.layout import cast, identity, stack
from tinynn.ops.linalg import matmul
from tinynn.ops.placement import move
from tinynn.ops.slices import update_at
from tinynn.ops.update import assign, assign_add, assign_sub

# NumPy's functions under other names than ours; the rest have the same.
_OTHER = {
    "power": math.pow, "true_divide": math.divide, "floor_divide": math.floordiv, "remainder": math.floormod,
    "absolute": elementary.abs, "conjugate": complex.conj, "positive": identity,
    "arcsin": trig.asin, "arccos": trig.acos, "arctan": trig.atan,
    "arctan2": trig.atan2, "arcsinh": trig.asinh, "arccosh": trig.acosh, "arctanh": trig.atanh,
    "isnan": logic.is_nan, "isinf": logic.is_inf, "isfinite": logic.is_finite, "matmul": matmul,
}
_SAME = {name: op for module in (elementary, math, trig, logic)
         for name, op in vars(module).items() if callable(op) and isinstance(getattr(np, name, None), np.ufunc)}
_UFUNCS = {name: op for name, op in {**_SAME, **_OTHER}.items() if not name.startswith("logical")}


def ufunc(function, method, inputs, options):
    """NumPy's function of tensors: the op of that name, which a tape sees; without one, NumPy's on plain arrays."""
    op = _UFUNCS.get(function.__name__)
    if op is not None and method == "__call__" and not options and _takes(op, inputs):
        return op(*inputs)
    outputs = options.get("out", ())
    if any(isinstance(out, Array) for out in outputs):
        raise TypeError(f"np.{function.__name__} cannot write into a tensor; a tf.Variable has assign()")
    return getattr(function, method)(*[np.asarray(x) if isinstance(x, Array) else x for x in inputs], **options)


def _takes(op, inputs):
    """Whether an op of floating-point numbers has some."""
    return getattr(op, "kinds", None) != "fc" or any(isinstance(x, Array) and x.dtype.is_floating for x in inputs)


def attach_operators():
    """Gives tensors and variables their operators."""
    attach(add=math.add, subtract=math.subtract, multiply=math.multiply, divide=math.divide, floordiv=math.floordiv,
           floormod=math.floormod, pow=math.pow, matmul=matmul, negative=elementary.negative, abs=elementary.abs,
           equal=logic.equal, not_equal=logic.not_equal, less=logic.less, less_equal=logic.less_equal,
           greater=logic.greater, greater_equal=logic.greater_equal, logical_and=bitwise.and_,
           logical_or=bitwise.or_, logical_xor=bitwise.xor, logical_not=bitwise.not_,
           getitem=getitem, stack=stack, cast=cast, ufunc=ufunc, assign=assign, assign_add=assign_add,
           assign_sub=assign_sub, scatter=assign_item, identity=identity, reshape=reshape,
           move=move, conj=complex.conj, gather_nd=gather_nd, update_at=update_at)
