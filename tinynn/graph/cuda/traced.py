"""Floor 5: arrays that only note what is done with them, as nodes. They can be written in place, as arrays can."""

import math
import operator

import numpy as np

from tinynn.backends import checks
from tinynn.graph.cuda.index import Index
from tinynn.graph.cuda.nodes import Applied, Constant, Moved, NotTraceable, Pasted, Reduced
from tinynn.graph.cuda.reductions import REDUCTIONS
from tinynn.graph.cuda.ufuncs import in_c

NUMBERS = (bool, int, float, np.number, np.bool_)
NEUTRAL = {"add": 0, "subtract": 0, "multiply": 1}     # what changes nothing


def node_of(x, dtype=None):
    """The node of a traced array or a number."""
    if isinstance(x, Traced):
        return x.node
    if isinstance(x, NUMBERS):
        return Constant((), dtype or getattr(x, "dtype", None) or np.result_type(x), x)
    raise NotTraceable(f"a {type(x).__name__} in a body")


def applied(name, *operands):
    """What a ufunc of NumPy gives."""
    known = [x.dtype if isinstance(x, Traced) else getattr(x, "dtype", None) or type(x) for x in operands]
    template, kinds, dtype = in_c(name, known)
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


def broadcast(x, shape):
    """The array, repeated along new axes and axes of length 1."""
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if np.broadcast_shapes(x.shape, shape) != shape:
        raise ValueError(f"an array of shape {x.shape} does not broadcast to {shape}")
    inner = x.shape
    return x if shape == inner else moved(x, shape, lambda w, index: index.of(w, inner))


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
        long = [a for a in axes if inner[a] != 1]
        if long == sorted(long):    # only axes of length 1 change places
            return self.reshape([inner[a] for a in axes])
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
    return broadcast(value, shape).node


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
