"""Floor 5: NumPy's functions for arrays that are traced: what bodies know as `xp`."""

import numpy as np

from tinynn.graph.cuda.nodes import Applied, Constant, Counting, Joined, NotTraceable, Picked, Product, Stacked, Taken
from tinynn.graph.cuda.reductions import REDUCTIONS
from tinynn.graph.cuda.traced import Traced, applied, broadcast, cast, node_of, reduced


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
        return broadcast(array, shape)

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
