"""Floor 5: traces the body of an op: it runs with arrays that only note what is done with them, and becomes nodes.

So a CUDA kernel comes from the same lines of NumPy that define the op. What a body cannot say this way (it looks at a
value, or uses a function that is not here) is NotTraceable, and CuPy runs that body instead.
"""

import math
import operator

import numpy as np

from tinynn.backends import checks, reference
from tinynn.graph.cuda.nodes import (
    Applied,
    Checked,
    Constant,
    Counting,
    Index,
    Joined,
    Moved,
    NotTraceable,
    Pasted,
    Picked,
    Product,
    Reduced,
    Stacked,
    Taken,
)
from tinynn.graph.cuda.reductions import REDUCTIONS

NUMBERS = (bool, int, float, np.number, np.bool_)

# Per function of NumPy what C computes of operands of one type; {0} may stand there more than once: it is a name.
FLOATS = {name: f"{c or name}({{0}})" for name, c in {
    "exp": "", "exp2": "", "expm1": "", "log": "", "log2": "", "log10": "", "log1p": "", "sqrt": "", "sin": "",
    "cos": "", "tan": "", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "", "cosh": "", "tanh": "",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "floor": "", "ceil": "", "trunc": "", "rint": "",
}.items()} | {
    "arctan2": "atan2({0}, {1})", "hypot": "hypot({0}, {1})", "power": "pow({0}, {1})", "fmod": "fmod({0}, {1})",
    "copysign": "copysign({0}, {1})", "true_divide": "({0} / {1})", "divide": "({0} / {1})", "absolute": "fabs({0})",
    "reciprocal": "(1 / {0})", "sign": "({0} != {0} ? {0} : ({0} > 0) - ({0} < 0))",
    "isfinite": "(fabs({0}) < INFINITY)", "isinf": "(fabs({0}) == INFINITY)", "isnan": "({0} != {0})",
}
INTEGERS = {
    "absolute": "({0} < 0 ? -{0} : {0})", "sign": "(({0} > 0) - ({0} < 0))", "bitwise_and": "({0} & {1})",
    "bitwise_or": "({0} | {1})", "bitwise_xor": "({0} ^ {1})", "invert": "(~{0})", "left_shift": "({0} << {1})",
    "right_shift": "({0} >> {1})",
}
TRUTHS = {"bitwise_and": "({0} && {1})", "bitwise_or": "({0} || {1})", "bitwise_xor": "({0} != {1})",
          "invert": "(!{0})", "add": "({0} || {1})", "multiply": "({0} && {1})"}
NUMERIC = {"add": "({0} + {1})", "subtract": "({0} - {1})", "multiply": "({0} * {1})", "negative": "(-{0})",
           "square": "({0} * {0})", "maximum": "({0} != {0} || {0} >= {1} ? {0} : {1})",
           "minimum": "({0} != {0} || {0} <= {1} ? {0} : {1})"}
ALL = {"greater": "({0} > {1})", "greater_equal": "({0} >= {1})", "less": "({0} < {1})", "less_equal": "({0} <= {1})",
       "equal": "({0} == {1})", "not_equal": "({0} != {1})", "logical_and": "({0} && {1})",
       "logical_or": "({0} || {1})", "logical_xor": "(!{0} != !{1})", "logical_not": "(!{0})"}
BY_KIND = {"f": FLOATS | NUMERIC | ALL, "i": INTEGERS | NUMERIC | ALL, "u": INTEGERS | NUMERIC | ALL,
           "b": TRUTHS | ALL}
NEUTRAL = {"add": 0, "subtract": 0, "multiply": 1}     # what changes nothing
UNSIGNED_REST = {"remainder": "({0} % {1})", "floor_divide": "({0} / {1})"}     # where nothing is negative


def node_of(x, dtype=None):
    """The node of a traced array or a number."""
    if isinstance(x, Traced):
        return x.node
    if isinstance(x, NUMBERS):
        return Constant((), dtype or getattr(x, "dtype", None) or np.result_type(x), x)
    raise NotTraceable(f"a {type(x).__name__} in a body")


def applied(name, *operands):
    """What a ufunc of NumPy gives, with NumPy's types."""
    ufunc = getattr(np, name)
    name = ufunc.__name__       # np.abs is "absolute"
    known = [x.dtype if isinstance(x, Traced) else getattr(x, "dtype", None) or type(x) for x in operands]
    try:
        *kinds, dtype = ufunc.resolve_dtypes((*known, None))
    except (TypeError, ValueError) as error:
        raise NotTraceable(str(error)) from None
    kind = kinds[0].kind
    template = BY_KIND.get(kind, {}).get(name) or (UNSIGNED_REST.get(name) if kind == "u" else None)
    if template is None:
        raise NotTraceable(f"no text for {name} of {kinds[0]}")
    nodes = [node_of(x, None if isinstance(x, Traced) else k) for x, k in zip(operands, kinds, strict=True)]
    return Traced(Applied(template, nodes, kinds, dtype))


def cast(x, dtype):
    """The numbers as those of another type."""
    node, dtype = node_of(x), np.dtype(dtype)
    return Traced(node if node.dtype == dtype else Applied("{0}", [node], [dtype], dtype))


def moved(x, shape, places, **facts):
    """A view: other places for the same elements."""
    made = Traced(Moved(x.node, shape, places, **facts))
    made.is_view = True
    return made


def reduced(name, x, axis=None, keepdims=False, dtype=None):
    """One value of many along axes."""
    node = node_of(x)
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(sorted(operator.index(a) % max(x.ndim, 1) for a in axes)) if x.ndim else ()
    if dtype is None:
        dtype = getattr(np, name)(np.ones((1,), node.dtype)).dtype
    if name not in ("any", "all"):
        node = node_of(cast(x, dtype)) if not name.startswith("arg") else node
    if name.startswith("arg") and axis is None and x.ndim != 1:
        raise NotTraceable(f"{name} over all axes")
    whole = Traced(Reduced(REDUCTIONS[name], node, axes, dtype))
    return whole if keepdims else whole.reshape([n for a, n in enumerate(x.shape) if a not in axes])


class Traced:
    """An array of a body that is traced. It can be written in place, as the body's own arrays can."""

    __array_ufunc__ = None      # NumPy's numbers leave operators to this class
    __hash__ = object.__hash__      # == compares elements
    is_view = is_written = False
    base = None     # of x[key]: x

    def __init__(self, node):
        self.node = node

    shape = property(lambda self: self.node.shape)
    dtype = property(lambda self: self.node.dtype)
    ndim = property(lambda self: len(self.node.shape))
    size = property(lambda self: self.node.size)
    T = property(lambda self: self.transpose())

    def _refuse(self, *args, **kwargs):
        raise NotTraceable("the body looks at a value")

    __bool__ = __int__ = __float__ = __index__ = __array__ = item = tolist = get = _refuse

    def __getattr__(self, name):
        raise NotTraceable(f"an array that is traced has no {name}")

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
        return cast(self, dtype)

    def copy(self, order="C"):
        return Traced(self.node)

    def reshape(self, *shape, order="C"):
        shape = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        if -1 in shape:
            shape = tuple([self.size // max(-math.prod(shape), 1) if n == -1 else n for n in shape])
        if math.prod(shape) != self.size:
            raise ValueError(f"cannot reshape array of size {self.size} into shape {shape}")
        if shape == self.shape:
            return self
        return moved(self, shape, lambda w, index, inner=self.shape: index.reshaped(w, inner), keeps_order=True)

    def ravel(self, order="C"):
        return self.reshape(-1)

    def transpose(self, *axes):
        axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        axes = tuple([a % self.ndim for a in axes]) if axes else tuple(range(self.ndim))[::-1]
        inner, back, same = self.shape, np.argsort(axes), tuple(range(self.ndim))
        if axes == same:
            return self
        return moved(self, [inner[a] for a in axes], lambda w, index: Index(inner, [index.along(w, i) for i in back]),
                     turns=axes == (*same[:-2], *same[:-3:-1]))

    def swapaxes(self, axis1, axis2):
        order = list(range(self.ndim))
        order[axis1], order[axis2] = order[axis2], order[axis1]
        return self.transpose(order)

    def squeeze(self, axis=None):
        axes = axis if isinstance(axis, (tuple, list)) else None if axis is None else (axis,)
        axes = {a for a, n in enumerate(self.shape) if n == 1} if axes is None else {a % self.ndim for a in axes}
        return self.reshape([n for a, n in enumerate(self.shape) if a not in axes])

    def view(self, dtype=None):
        if dtype is None:
            return self
        dtype = np.dtype(dtype)
        if dtype.itemsize != self.dtype.itemsize or self.dtype.kind == "b" or dtype.kind == "b":
            raise NotTraceable(f"{self.dtype} seen as {dtype}")
        if "f" not in self.dtype.kind + dtype.kind:
            return cast(self, dtype)
        return Traced(Applied(f"bits_of_{self.dtype}_as_{dtype}({{0}})", [self.node], [self.dtype], dtype))

    def __getitem__(self, key):
        shape, plan = _plan(self.shape, key)
        inner = self.shape
        made = moved(self, shape, lambda w, index: Index(inner, [_place(w, index, *one) for one in plan]),
                     keeps_order=math.prod(shape) == self.size and all(step >= 0 for _, step, _ in plan))
        made.base = self
        return made

    def __setitem__(self, key, value):
        if key is Ellipsis or key == slice(None) or key == ():
            self.put(value)
            return
        if self.is_view:
            raise NotTraceable("a part of a view is written")
        shape, plan = _plan(self.shape, key)
        update = checks.noting().owed.pop(value, None) if isinstance(value, Traced) else None
        if update is None:
            self._set(Pasted(self.node, _fitting(value, self.dtype, shape), plan))
            return
        name, operand = update      # as in x[key] += value
        if name not in NEUTRAL:
            raise NotTraceable(f"a part of an array is changed by {name}")
        neutral = Constant(self.shape, self.dtype, NEUTRAL[name])
        pasted = Traced(Pasted(neutral, _fitting(operand, self.dtype, shape), plan))
        self._set(cast(applied(name, self, pasted), self.dtype).node)

    def fill(self, value):
        self.put(value)

    def put(self, value):
        """Replaces all elements."""
        if self.is_view:
            raise NotTraceable("a view is written")
        self._set(_fitting(value, self.dtype, self.shape))

    def _set(self, node):
        self.node, self.is_written = node, True


def _fitting(value, dtype, shape):
    """The node of what is written into an array of this type and shape."""
    value = cast(value, dtype) if isinstance(value, Traced) else Traced(node_of(value, dtype))
    return XP.broadcast_to(value, shape).node


def _plan(extents, key):
    """(the shape of x[key], per axis of x: the first index, the step, the axis of the result or None)."""
    key = list(key) if isinstance(key, tuple) else [key]
    if any(isinstance(k, (Traced, list, bool, np.ndarray)) for k in key):
        raise NotTraceable("an index that is an array")
    count = sum(k is not None and k is not Ellipsis for k in key)
    at = key.index(Ellipsis) if Ellipsis in key else len(key)
    key[at:at + (Ellipsis in key)] = [slice(None)] * (len(extents) - count)
    shape, plan, axis = [], [], 0
    for k in key:
        if k is None:
            shape.append(1)
        elif isinstance(k, slice):
            places = range(*k.indices(extents[axis]))
            plan.append((places.start, places.step, len(shape)))
            shape.append(len(places))
            axis += 1
        else:
            k, n = operator.index(k), extents[axis]
            if not -n <= k < n:
                raise IndexError(f"index {k} is out of bounds for axis {axis} with size {n}")
            plan.append((k % n, 0, None))
            axis += 1
    return tuple(shape), plan


def _place(writer, index, first, step, axis):
    """The index along an axis of which a slice, or one place, was taken."""
    if axis is None:
        return str(first)
    along = index.along(writer, axis)
    if along == "0" or (first, step) == (0, 1):
        return str(first) if along == "0" else along
    return writer.name("int", f"{first} + {along} * {step}" if step != 1 else f"{along} + {first}")


def _operators():
    names = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide", "mod": "remainder",
             "floordiv": "floor_divide", "pow": "power", "and": "bitwise_and", "or": "bitwise_or",
             "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift"}
    for short, name in names.items():
        setattr(Traced, f"__{short}__", lambda self, other, name=name: applied(name, self, other))
        setattr(Traced, f"__r{short}__", lambda self, other, name=name: applied(name, other, self))
        setattr(Traced, f"__i{short}__", lambda self, other, name=name: _in_place(self, name, other))
    for short, name in {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal",
                        "ne": "not_equal"}.items():
        setattr(Traced, f"__{short}__", lambda self, other, name=name: applied(name, self, other))
    for short, name in {"neg": "negative", "abs": "absolute", "invert": "invert"}.items():
        setattr(Traced, f"__{short}__", lambda self, name=name: applied(name, self))
    for name in ("sum", "max", "min", "any", "all", "prod", "argmax", "argmin"):
        setattr(Traced, name, lambda self, axis=None, dtype=None, out=None, keepdims=False, name=name:
                reduced(name, self, axis, keepdims, dtype))


def _in_place(array, name, other):
    """array (name)= other. Of x[key] += other the view comes here, and then goes to x.__setitem__."""
    result = applied(name, array, other)
    if array.base is None:
        array.put(result)
        return array
    checks.noting().owed[result] = name, other
    return result


_operators()


class Namespace:
    """NumPy's functions for arrays that are traced: what bodies know as `xp`."""

    ndarray = Traced

    def __getattr__(self, name):
        if hasattr(np, name) and isinstance(getattr(np, name), np.ufunc):
            return lambda *operands, dtype=None: (applied(name, *operands) if dtype is None else
                                                  cast(applied(name, *operands), dtype))
        if name in REDUCTIONS:
            return lambda a, axis=None, dtype=None, out=None, keepdims=False: reduced(name, a, axis, keepdims, dtype)
        if name in ("bool_", "dtype", "finfo", "iinfo", "inf", "nan", "pi", "e", "newaxis", "result_type",
                    "promote_types") or (isinstance(getattr(np, name, None), type)
                                         and issubclass(getattr(np, name), np.generic)):
            return getattr(np, name)
        raise NotTraceable(f"xp.{name} is not traced")

    def mean(self, a, axis=None, dtype=None, out=None, keepdims=False):
        total = reduced("sum", a, axis, keepdims, dtype)
        if total.dtype.kind != "f":
            raise NotTraceable("the mean of whole numbers")
        return total / total.dtype.type(a.size // max(total.size, 1))

    def where(self, condition, x, y):
        kinds = [v.dtype if isinstance(v, Traced) else v for v in (x, y)]
        dtype = np.result_type(*kinds)
        nodes = [node_of(condition), node_of(x, None if isinstance(x, Traced) else dtype),
                 node_of(y, None if isinstance(y, Traced) else dtype)]
        return Traced(Applied("({0} ? {1} : {2})", nodes, [np.dtype(bool), dtype, dtype], dtype))

    def clip(self, a, a_min=None, a_max=None, out=None):
        a = a if a_min is None else self.maximum(a, a_min)
        return a if a_max is None else self.minimum(a, a_max)

    def broadcast_to(self, array, shape):
        shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
        if np.broadcast_shapes(array.shape, shape) != shape:
            raise ValueError(f"an array of shape {array.shape} does not broadcast to {shape}")
        inner = array.shape
        return array if shape == inner else moved(array, shape, lambda w, index: index.of(w, inner))

    def full(self, shape, fill_value, dtype=None):
        if isinstance(fill_value, Traced):
            return self.broadcast_to(cast(fill_value, dtype or fill_value.dtype), shape)
        shape = shape if isinstance(shape, (tuple, list)) else (shape,)
        return Traced(Constant(shape, dtype or np.result_type(fill_value), fill_value))

    def zeros(self, shape, dtype=float):
        return self.full(shape, 0, dtype)

    def ones(self, shape, dtype=float):
        return self.full(shape, 1, dtype)

    empty = zeros

    def full_like(self, a, fill_value, dtype=None):
        return self.full(a.shape, fill_value, dtype or a.dtype)

    def zeros_like(self, a, dtype=None):
        return self.full(a.shape, 0, dtype or a.dtype)

    def ones_like(self, a, dtype=None):
        return self.full(a.shape, 1, dtype or a.dtype)

    def arange(self, *bounds, dtype=None):
        if not all(isinstance(b, (int, np.integer)) for b in bounds):
            raise NotTraceable("a range of numbers that are not whole")
        numbers = range(*map(int, bounds))
        return Traced(Counting(len(numbers), dtype or np.int64, numbers.start, numbers.step))

    def reshape(self, a, newshape, order="C"):
        return a.reshape(newshape)

    def ravel(self, a, order="C"):
        return a.reshape(-1)

    def transpose(self, a, axes=None):
        return a.transpose() if axes is None else a.transpose(axes)

    def swapaxes(self, a, axis1, axis2):
        return a.swapaxes(axis1, axis2)

    def moveaxis(self, a, source, destination):
        order = [n for n in range(a.ndim) if n != source % a.ndim]
        order.insert(destination % a.ndim, source % a.ndim)
        return a.transpose(order)

    def squeeze(self, a, axis=None):
        return a.squeeze(axis)

    def expand_dims(self, a, axis):
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        n = a.ndim + len(axes)
        left = iter(a.shape)
        return a.reshape([1 if i in {x % n for x in axes} else next(left) for i in range(n)])

    def flip(self, a, axis=None):
        axes = range(a.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
        axes = {x % a.ndim for x in axes}
        return a[tuple([slice(None, None, -1) if i in axes else slice(None) for i in range(a.ndim)])]

    def stack(self, tup, axis=0):
        nodes = [node_of(x) for x in tup]
        return Traced(Stacked(nodes, axis % (len(nodes[0].shape) + 1)))

    def concatenate(self, tup, axis=0):
        nodes = [x.node for x in tup if x.shape[axis]]
        if len(nodes) != len(tup) or len({n.dtype for n in nodes}) != 1:
            raise NotTraceable("arrays without elements, or of several types, are joined")
        return Traced(Joined(nodes, axis % len(nodes[0].shape)))

    def take(self, a, indices, axis=None):
        a, axis = (a.reshape(-1), 0) if axis is None else (a, axis)
        return Traced(Taken(node_of(a), node_of(indices), axis % a.ndim))

    def take_along_axis(self, a, indices, axis):
        return Traced(Picked(node_of(a), node_of(indices), axis % a.ndim))

    def matmul(self, x1, x2):
        if x1.ndim < 2 or x2.ndim < 2:
            raise NotTraceable("a product of a vector")
        return Traced(Product(node_of(x1), node_of(x2)))

    def copy(self, a, order="C"):
        return a.copy()

    def array(self, x, dtype=None):
        return Traced(node_of(x, dtype)) if not isinstance(x, Traced) else x.astype(dtype or x.dtype)

    asarray = ascontiguousarray = array


XP = Namespace()


class Checks:
    """Where checks of indices go while a body is traced: into the kernel.

    Args:
        keep: function(error) -> the number of a check, where error(index) is the exception.

    Attributes:
        owed: {what x[key] has become: (the ufunc, the operand)} until it is written back into x.
    """

    def __init__(self, keep):
        self.keep, self.call, self.owed = keep, None, {}

    def inside(self, indices, n, error):
        """The indices, checked in the kernel."""
        if n <= 0:
            raise NotTraceable("an axis without elements is indexed")
        explain = self.call
        return Traced(Checked(indices.node, n, self.keep(lambda index: explain(error(index)))))


def trace(op, nodes, attributes, keep):
    """(the results of a body as nodes, {number of an input: what is written into it}).

    Args:
        op: the Primitive.
        nodes: a Node per input.
        attributes: the call's constants.
        keep: see Checks.

    Raises:
        NotTraceable: the body cannot become nodes.
    """
    arrays, found = [Traced(node) for node in nodes], Checks(keep)
    shapes = [node.shape for node in nodes]
    found.call = lambda error: reference.explained(op, shapes, attributes, error)
    try:
        with checks.left_to(found), np.errstate(all="ignore"):
            result = op.body(XP, *arrays, **dict(zip(op.attributes, attributes, strict=True)))
    except (TypeError, ValueError, AttributeError, IndexError) as error:    # something that arrays have and these not
        raise NotTraceable(f"{type(error).__name__}: {error}") from error
    if found.owed:
        raise NotTraceable("a view is changed")
    results = () if result is None else result if isinstance(result, (tuple, list)) else (result,)
    made = tuple([node_of(x) for x in results])
    return made, {i: array.node for i, array in enumerate(arrays) if array.is_written}
