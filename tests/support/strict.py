"""A stand-in for CuPy on the CPU, as strict as CuPy is: what it refuses here, CuPy refuses on a GPU.

An array of it never becomes a NumPy array by itself, its namespace takes its own arrays and plain numbers only, and has
no function and no keyword that CuPy has not. So a reference body that silently leaves the GPU fails on every machine.
Checked against the sources of CuPy 13 and 14: cupy/_core/core.pyx, _kernel.pyx, _routines_indexing.pyx, linalg/.

`gets` counts how often values went to the host.
"""

import contextlib

import numpy as np

NUMBERS = (bool, int, float, complex, np.number, np.bool_)
gets = 0
current = 0     # the device of new arrays
capturing = False
overwritten = []    # (values, what they were) of what was written while `capturing`


class ndarray:
    """An array whose values are out of NumPy's reach."""

    __array_priority__ = 100
    __hash__ = None

    def __init__(self, values, base=None, place=None):
        self._values, self.base, self.place = values, base, current if place is None else place

    shape = property(lambda self: self._values.shape)
    dtype = property(lambda self: self._values.dtype)
    ndim = property(lambda self: self._values.ndim)
    size = property(lambda self: self._values.size)
    nbytes = property(lambda self: self._values.nbytes)
    strides = property(lambda self: self._values.strides)
    flags = property(lambda self: self._values.flags)
    real = property(lambda self: _out(self._values.real, self))
    imag = property(lambda self: _out(self._values.imag, self))
    T = property(lambda self: self.transpose())

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy "
                        "array explicitly.")

    def __array_function__(self, function, types, args, kwargs):
        raise TypeError(f"np.{function.__name__} was called on the device's array: use xp")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method != "__call__" or kwargs or any(isinstance(x, np.ndarray) for x in inputs):
            raise TypeError(f"np.{ufunc.__name__}: Unsupported type <class 'numpy.ndarray'>")
        return _call(ufunc, *inputs)

    def get(self):
        """A copy of the values, on the host."""
        global gets
        if capturing:
            raise RuntimeError("the current stream is capturing, so synchronous API calls are not allowed")
        gets += 1
        return np.array(self._values)

    def item(self):
        return self.get().item()

    def tolist(self):
        return self.get().tolist()

    def __bool__(self):
        return bool(self.get())

    def __int__(self):
        return int(self.get())

    def __float__(self):
        return float(self.get())

    def __index__(self):
        return self.get().__index__()

    def __len__(self):
        return len(self._values)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __repr__(self):
        return f"strict({self._values!r})"

    def __getitem__(self, key):
        return _out(self._values[_key(key)], self)

    def __setitem__(self, key, value):
        if isinstance(value, (np.ndarray, list, tuple)):
            raise TypeError("non-scalar numpy.ndarray cannot be used for fill")
        self._written()[_key(key)] = _in(value)

    def _written(self):
        if capturing:
            overwritten.append((self._values, self._values.copy()))
        return self._values

    def _method(self, name, *args, **kwargs):
        return _out(getattr(self._values, name)(*map(_in, args), **kwargs), self)

    def astype(self, dtype, order="K", casting=None, subok=None, copy=True):
        return self._method("astype", dtype)

    def view(self, dtype=None):
        return self._method("view") if dtype is None else self._method("view", dtype)

    def reshape(self, *shape, order="C"):
        return self._method("reshape", *shape)

    def transpose(self, *axes):
        return self._method("transpose", *axes)

    def squeeze(self, axis=None):
        return self._method("squeeze", axis)

    def copy(self, order="C"):
        return self._method("copy")

    def ravel(self, order="C"):
        return self._method("ravel")

    def fill(self, value):
        self._written().fill(_in(value))

    def take(self, indices, axis=None, out=None):
        return self._method("take", indices, axis)

    def sum(self, axis=None, dtype=None, out=None, keepdims=False):
        return self._method("sum", axis=axis, dtype=dtype, keepdims=keepdims)

    def max(self, axis=None, out=None, keepdims=False):
        return self._method("max", axis=axis, keepdims=keepdims)

    def min(self, axis=None, out=None, keepdims=False):
        return self._method("min", axis=axis, keepdims=keepdims)

    def all(self, axis=None, out=None, keepdims=False):
        return self._method("all", axis=axis, keepdims=keepdims)

    def any(self, axis=None, out=None, keepdims=False):
        return self._method("any", axis=axis, keepdims=keepdims)


def _binary(ufunc):
    def forward(self, other):
        return NotImplemented if not isinstance(other, (ndarray, *NUMBERS)) else _call(ufunc, self, other)

    def backward(self, other):
        return NotImplemented if not isinstance(other, (ndarray, *NUMBERS)) else _call(ufunc, other, self)

    def in_place(self, other):
        ufunc(self._values, _in(other), out=self._written())
        return self

    return forward, backward, in_place


for _name, _ufunc in {"add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide,
                      "floordiv": np.floor_divide, "mod": np.remainder, "pow": np.power, "matmul": np.matmul,
                      "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "lshift": np.left_shift,
                      "rshift": np.right_shift}.items():
    for _prefix, _function in zip(("", "r", "i"), _binary(_ufunc), strict=True):
        setattr(ndarray, f"__{_prefix}{_name}__", _function)
for _name, _ufunc in {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal,
                      "ne": np.not_equal}.items():
    setattr(ndarray, f"__{_name}__", _binary(_ufunc)[0])
for _name, _ufunc in {"neg": np.negative, "abs": np.absolute, "invert": np.invert}.items():
    setattr(ndarray, f"__{_name}__", lambda self, _ufunc=_ufunc: _call(_ufunc, self))


def _in(x):
    """NumPy's array of a strict one; plain numbers as they are; TypeError for anything that lives on the host."""
    if isinstance(x, ndarray):
        return x._values
    if isinstance(x, np.ndarray) or (hasattr(x, "__array__") and not isinstance(x, (type, *NUMBERS))):
        raise TypeError(f"Unsupported type {type(x)}")
    return x


def _out(result, *inputs):
    """A strict array of a result: of scalars too. A view keeps its base alive."""
    if isinstance(result, (tuple, list)):
        return type(result)(_out(r, *inputs) for r in result) if type(result) in (tuple, list) else tuple(
            _out(r, *inputs) for r in result)
    values = np.asarray(result)
    base = next((x if x.base is None else x.base for x in inputs
                 if isinstance(x, ndarray) and np.may_share_memory(x._values, values)), None)
    place = next((x.place for x in inputs if isinstance(x, ndarray)), None)
    if any(isinstance(x, ndarray) and x.place != place for x in inputs):
        raise ValueError("the arrays are on different devices")
    return ndarray(values, base, place)


def _key(key):
    if isinstance(key, tuple):
        return tuple(map(_key, key))
    if isinstance(key, list):
        return np.asarray(key)
    return _in(key)


def _call(function, *args, **kwargs):
    return _out(function(*map(_in, args), **{k: _in(v) for k, v in kwargs.items()}),
                *(x for x in args if isinstance(x, ndarray)))


# ---- the namespace ---------------------------------------------------------------------------------------------------


AT = {"add": ("int32", "uint32", "uint64", "float16", "float32", "float64"),      # and int64 from CuPy 15 on
      **dict.fromkeys(("maximum", "minimum"), ("int32", "int64", "uint32", "uint64", "float32", "float64"))}


class Ufunc:
    """An elementwise function; `at` for the types that CUDA adds atomically."""


    def __init__(self, ufunc):
        self.ufunc, self.__name__ = ufunc, ufunc.__name__

    def __call__(self, *args, dtype=None):
        for x in args:
            if not isinstance(x, (ndarray, *NUMBERS)):
                raise TypeError(f"Unsupported type {type(x)}")
        return _call(self.ufunc, *args, **({} if dtype is None else {"dtype": np.dtype(dtype)}))

    def at(self, a, indices, b=None):
        name = self.__name__
        if name not in AT:
            raise NotImplementedError(f"`cupy_{name}.at` is not supported yet")
        if a.dtype.name not in AT[name]:
            raise TypeError(f"cupy.{name}.at does not support {a.dtype} as data type")
        self.ufunc.at(a._written(), _key(indices), _in(b))

    def accumulate(self, array, axis=0, dtype=None, out=None):
        if self.__name__ not in ("add", "multiply"):
            raise NotImplementedError(f"`cupy_{self.__name__}.accumulate` is not supported yet")
        return _call(self.ufunc.accumulate, array, axis=axis, dtype=dtype)


UFUNCS = """add subtract multiply divide true_divide floor_divide power mod remainder fmod negative absolute rint sign
exp exp2 log log2 log10 expm1 log1p sqrt square reciprocal sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh
arcsinh arccosh arctanh hypot logaddexp maximum minimum greater greater_equal less less_equal equal not_equal
logical_and logical_or logical_xor logical_not isfinite isinf isnan floor ceil trunc bitwise_and bitwise_or
bitwise_xor invert left_shift right_shift copysign nextafter conjugate"""

# Per function CuPy's own parameters; those of NumPy that are missing here, CuPy does not take.
FUNCTIONS = {
    "sum": "a axis dtype out keepdims", "prod": "a axis dtype out keepdims", "max": "a axis out keepdims",
    "min": "a axis out keepdims", "any": "a axis out keepdims", "all": "a axis out keepdims",
    "mean": "a axis dtype out keepdims", "argmax": "a axis dtype out keepdims", "argmin": "a axis dtype out keepdims",
    "cumsum": "a axis dtype out", "cumprod": "a axis dtype out", "clip": "a a_min a_max out",
    "transpose": "a axes", "reshape": "a newshape order", "swapaxes": "a axis1 axis2",
    "moveaxis": "a source destination",
    "squeeze": "a axis", "expand_dims": "a axis", "flip": "a axis", "broadcast_to": "array shape subok",
    "concatenate": "tup axis out dtype casting", "stack": "tup axis out dtype casting", "matmul": "x1 x2",
    "take": "a indices axis out", "take_along_axis": "a indices axis", "argwhere": "a", "nonzero": "a",
    "searchsorted": "a v side sorter", "argsort": "a axis kind", "sort": "a axis kind", "where": "condition x y",
    "zeros_like": "a dtype order subok shape", "ones_like": "a dtype order subok shape",
    "empty_like": "prototype dtype order subok shape", "full_like": "a fill_value dtype order subok shape",
    "unique": "ar return_index return_inverse return_counts axis equal_nan", "einsum": None, "tril": "m k",
    "triu": "m k", "copy": "a order", "repeat": "a repeats axis", "tile": "A reps", "ravel": "a order",
}
MAKERS = ("zeros", "ones", "empty", "full", "arange", "eye", "linspace", "tri")
TYPES = """bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 dtype
finfo iinfo inf nan pi e newaxis result_type promote_types"""


class Namespace:
    """The functions of CuPy that the bodies use, or could use."""

    ndarray = ndarray

    def __init__(self):
        for name in UFUNCS.split():
            setattr(self, name, Ufunc(getattr(np, name)))
        self.abs, self.conj = self.absolute, self.conjugate
        for name, parameters in FUNCTIONS.items():
            setattr(self, name, _function(name, parameters))
        for name in MAKERS:
            setattr(self, name, _maker(name))
        for name in TYPES.split():
            setattr(self, name, getattr(np, name))
        self.linalg, self.ogrid, self.fft = Linalg(), Grid(), Transforms()

    def __getattr__(self, name):
        raise AttributeError(f"module 'cupy' has no attribute {name!r}" if not hasattr(np, name) else
                             f"the strict stand-in has no {name!r}; add it to tests/support/strict.py if CuPy has it")

    def array(self, x, dtype=None, copy=True):
        """From anything: this is how values come to the device."""
        if isinstance(x, (list, tuple)) and any(isinstance(item, ndarray) for item in x):
            return self.stack([item if dtype is None else item.astype(dtype) for item in x])
        return ndarray(np.array(x._values if isinstance(x, ndarray) else x, dtype))

    def asarray(self, x, dtype=None):
        return x if isinstance(x, ndarray) and dtype in (None, x.dtype) else self.array(x, dtype)

    ascontiguousarray = asarray

    def diag(self, v, k=0):
        return _call(np.diag, v, k)


def _maker(name):
    make = getattr(np, name)
    return lambda *args, **kwargs: ndarray(make(*map(_in, args), **kwargs))


def _function(name, parameters):
    function, allowed = getattr(np, name), None if parameters is None else parameters.split()

    def call(*args, **kwargs):
        if allowed is not None:
            for keyword in kwargs:
                if keyword not in allowed:
                    raise TypeError(f"cupy.{name}() got an unexpected keyword argument {keyword!r}")
            if len(args) > len(allowed):
                raise TypeError(f"cupy.{name}() takes {len(allowed)} arguments")
        if name == "argsort" and kwargs.get("kind") not in (None, "stable"):
            raise ValueError("kind can only be None or 'stable'")
        if name in ("concatenate", "stack"):
            parts = [_in(x) if isinstance(x, ndarray) else _refuse(x) for x in args[0]]
            return _out(function(parts, *args[1:], **kwargs), *args[0])
        if name == "where" and len(args) == 3 and not isinstance(args[0], ndarray):
            raise TypeError("cupy.where takes an array as its condition")
        if name == "searchsorted" and (args[0].ndim != 1 or not isinstance(args[1], ndarray)):
            raise ValueError("cupy.searchsorted takes one sorted row and an array")
        if name != "einsum" and name != "where" and not isinstance(args[0], ndarray):
            _refuse(args[0])
        return _call(function, *args, **kwargs)

    return call


def _refuse(x):
    raise TypeError(f"Unsupported type {type(x)}")


class Linalg:
    """cupy.linalg: no check for singular matrices unless asked for, and no broadcasting of right-hand sides."""

    raises = False

    def __getattr__(self, name):
        if name not in ("inv", "det", "solve", "cholesky", "eigh", "svd", "qr", "eigvalsh", "norm", "pinv", "slogdet",
                        "eig"):
            raise AttributeError(f"module 'cupy.linalg' has no attribute {name!r}")

        def call(*args, **kwargs):
            for x in args:
                if not isinstance(x, ndarray):
                    _refuse(x)
            if name == "solve" and args[0].shape[:-1] != args[1].shape[:-1]:
                raise ValueError("a must have (..., M, M) shape and b must have (..., M, K)")
            try:
                return _out(tuple(r) if isinstance(r := getattr(np.linalg, name)(*map(_in, args), **kwargs), tuple)
                            else r, *args)
            except np.linalg.LinAlgError:
                if Linalg.raises:
                    raise
                return _out(np.full(args[-1].shape, np.nan, args[-1].dtype), *args)

        return call


class Transforms:
    """cupy.fft, which computes float32 and complex64 in their own precision, as NumPy 2 does."""

    def __getattr__(self, name):
        if name not in ("fftn", "ifftn", "rfft", "irfft"):
            raise AttributeError(f"module 'cupy.fft' has no attribute {name!r}")
        return lambda *args, **kwargs: _call(getattr(np.fft, name), *args, **kwargs)


class Grid:
    """cupy.ogrid"""

    def __getitem__(self, key):
        return _out(tuple(np.ogrid[key])) if isinstance(key, tuple) else _out(np.ogrid[key])


class Strict:
    """The stand-in as tinynn.backends.gpu takes it: two devices of the same memory.

    Args:
        graphs: whether calls can be recorded as one graph, of which `launches` counts the launches.
    """

    array = ndarray

    def __init__(self, graphs=False):
        self.graphs = graphs
        self.xp, self.kernels, self.states, self.launches = Namespace(), {}, {}, 0

    def count(self):
        return 2

    def place(self, array):
        return array.place

    def put(self, array, place):
        return ndarray(np.array(array._values if isinstance(array, ndarray) else array), None, place)

    def get(self, array):
        return array.get()

    @contextlib.contextmanager
    def at(self, place):
        global current
        before, current = current, place
        try:
            yield
        finally:
            current = before

    def address(self, array):
        return array._values.__array_interface__["data"][0]

    def wait(self):
        pass

    def memory(self, place):
        return 0, 0

    def allow_tf32(self, allowed):
        self.tf32 = allowed

    def recorded(self, run):
        """A launch computes in the arrays of the recording; nothing may be read while it is recorded."""
        global capturing
        capturing = True
        try:
            results = run()
        finally:
            capturing = False
            while overwritten:      # a recording computes nothing
                values, before = overwritten.pop()
                values[...] = before

        def launch():
            self.launches += 1
            for kept, new in zip(results, run(), strict=True):
                kept._values[...] = new._values

        return launch, results

    @contextlib.contextmanager
    def linalg_errors(self):
        before, Linalg.raises = Linalg.raises, True
        try:
            yield
        finally:
            Linalg.raises = before

    def described(self, place):
        return f"the strict stand-in of the tests, number {place}"
