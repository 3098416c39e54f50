"""A stand-in for CuPy on the CPU, as strict as CuPy is: what it refuses here, CuPy refuses on a GPU.

An array of it never becomes a NumPy array by itself, its namespace takes its own arrays and plain numbers only, and has
no function and no keyword that CuPy has not. So a reference body that silently leaves the GPU fails on every machine.
Checked against the sources of CuPy 13 and 14: cupy/_core/core.pyx, _kernel.pyx, _routines_indexing.pyx, linalg/.

`gets` counts how often values went to the host, `made` how many arrays took memory outside of graphs.

Copies on a stream of their own come late: what they bring is there when an event after them was waited for.
"""

import contextlib
import weakref

import cuda_on_cpu
import numpy as np

NUMBERS = (bool, int, float, complex, np.number, np.bool_)
gets = made = 0
current = 0     # the device of new arrays
capturing = replaying = False
overwritten = []    # (values, what they were) of what was written while `capturing`
addressed = {}  # {address that Strict.address gave: weak reference to the NumPy array whose memory it is}
written = []        # addresses that a graph writes to, but for its own memory: they are part of it


class ndarray:
    """An array whose values are out of NumPy's reach."""

    __array_priority__ = 100
    __hash__ = None

    read_at = 0     # when a kernel read it last, by the clock of its Strict

    def __init__(self, values, base=None, place=None):
        global made
        self.of_graph = capturing or replaying if base is None else base.of_graph
        made += base is None and not self.of_graph
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

    def get(self, stream=None, order="C", out=None, blocking=True):
        """A copy of the values, on the host."""
        global gets
        if capturing:
            raise RuntimeError("the current stream is capturing, so synchronous API calls are not allowed")
        gets += 1
        if out is None:
            return np.array(self._values)
        if out.dtype != self.dtype or out.shape != self.shape or not out.flags.c_contiguous:
            raise ValueError(f"Shape mismatch. Expected shape: {self.shape}, actual shape: {out.shape}")
        out[...] = self._values
        return out

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
        if (capturing or replaying) and not self.of_graph:
            written.append(self._values.__array_interface__["data"][0])
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
    if capturing and isinstance(key, ndarray) and key.dtype == bool:
        raise RuntimeError("the current stream is capturing, so synchronous API calls are not allowed")
    if isinstance(key, tuple):
        return tuple(map(_key, key))
    if isinstance(key, list):
        return np.asarray(key)
    return _in(key)


def _call(function, *args, **kwargs):
    return _out(function(*map(_in, args), **{k: _in(v) for k, v in kwargs.items()}),
                *(x for x in args if isinstance(x, ndarray)))


# ---- kernels in CUDA C -----------------------------------------------------------------------------------------------


class RawModule:
    """cupy.RawModule, of kernels that C and C++ share: cuda_on_cpu runs them.

    An array of uint64 whose values are addresses, of Strict.address, is a table of pointers: what they point to, the
    kernel may use as it likes, unguarded.
    """

    OPTIONS = ("-D", "-std=", "--std=", "--use_fast_math", "-use_fast_math", "--fmad=", "-fmad=", "--extra-device-vec",
               "-lineinfo", "--generate-line-info", "--ftz=", "-ftz=", "--prec-", "-prec-", "--restrict", "-restrict")

    def __init__(self, *, code=None, path=None, options=(), backend="nvrtc", translate_cucomplex=False,
                 enable_cooperative_groups=False, name_expressions=None, jitify=None):
        if (code is None) == (path is None):
            raise TypeError("Exactly one of `code` and `path` keyword arguments must be given.")
        if not isinstance(code, str) or not isinstance(options, tuple):
            raise TypeError(f"the stand-in takes code as a str and options as a tuple, got {type(code)}, {options!r}")
        if (backend, name_expressions, jitify) != ("nvrtc", None, None) or (
                translate_cucomplex or enable_cooperative_groups):
            raise NotImplementedError("the stand-in has RawModule(code=, options=) only")
        for option in options:
            if not option.startswith(self.OPTIONS):
                raise cuda_on_cpu.CompileError(f"nvrtc: error: unrecognized option {option}")
        self.code, self.options = code, options

    def compile(self, log_stream=None):
        cuda_on_cpu.compiled(self.code, self.options)

    def get_function(self, name):
        found = cuda_on_cpu.compiled(self.code, self.options).get(name)
        if found is None or not found.extern:
            raise RuntimeError(f"CUDA_ERROR_NOT_FOUND: named symbol not found: {name!r}" + (
                ' (it is not extern "C")' if found else ""))
        return RawKernel(found)


class RawKernel:
    """cupy.RawKernel, as RawModule.get_function gives it."""

    def __init__(self, kernel):
        self._kernel, self.name, self.__name__ = kernel, kernel.name, kernel.name

    def compile(self, log_stream=None):
        pass

    def __call__(self, grid, block, args, *, shared_mem=0):
        kernel = self._kernel
        if not isinstance(args, (tuple, list)) or len(args) != len(kernel.parameters):
            raise TypeError(f"{self.name} takes {len(kernel.parameters)} arguments ("
                            f"{', '.join(f'{p.text} {p.name}' for p in kernel.parameters)}), got {args!r}")
        pairs = list(zip(kernel.parameters, args, strict=True))
        for parameter, x in pairs:
            self._check(parameter, x)
        reached = [array for _, x in pairs if isinstance(x, ndarray) and x.dtype == np.uint64
                   for array in self._pointed(x._values)]
        if capturing:
            overwritten.extend((array, array.copy()) for array in reached)
        kernel.launch(grid, block, [x if not isinstance(x, ndarray) else x._written() if p.written else x._values
                                    for p, x in pairs], reached, shared_mem)

    def _check(self, parameter, x):
        wanted = f"{self.name}: the parameter {parameter.name!r} is {parameter.text!r}"
        if parameter.pointer:
            if x is not None and not isinstance(x, ndarray):
                raise TypeError(f"{wanted} and takes the device's array, got {type(x)}")
            if x is not None and parameter.dtype not in (None, x.dtype):
                raise TypeError(f"{wanted} and takes an array of {parameter.dtype}, got one of {x.dtype}")
            if x is not None and not x.flags.c_contiguous:
                raise ValueError(f"{wanted}; kernels ignore strides, and this array, of shape {x.shape} and strides "
                                 f"{x.strides}, is not contiguous")
            if x is not None and x.place != current:
                raise ValueError(f"{wanted}; the array is on device {x.place}, the current device is {current}")
        elif not isinstance(x, np.generic) or x.dtype != parameter.dtype:
            raise TypeError(f"{wanted} and takes np.{parameter.dtype.name}(...), got {type(x)}")

    def _pointed(self, table):
        """The arrays whose addresses are in a table."""
        for address in set(table.ravel().tolist()) & addressed.keys():
            array = addressed[address]()
            if array is None:
                raise RuntimeError(f"{self.name} was given the address of an array that is gone")
            yield array


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
    "concatenate": "tup axis out dtype casting", "stack": "tup axis out dtype casting",
    "take": "a indices axis out", "take_along_axis": "a indices axis", "argwhere": "a", "nonzero": "a",
    "searchsorted": "a v side sorter", "argsort": "a axis kind", "sort": "a axis kind", "where": "condition x y",
    "zeros_like": "a dtype order subok shape", "ones_like": "a dtype order subok shape",
    "empty_like": "prototype dtype order subok shape", "full_like": "a fill_value dtype order subok shape",
    "unique": "ar return_index return_inverse return_counts axis equal_nan", "einsum": None, "tril": "m k",
    "triu": "m k", "copy": "a order", "repeat": "a repeats axis", "tile": "A reps", "ravel": "a order",
}
READING = ("argwhere", "nonzero", "unique")     # what they give has a size that the host reads
MAKERS = ("zeros", "ones", "empty", "full", "arange", "eye", "linspace", "tri")
TYPES = """bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 dtype
finfo iinfo inf nan pi e newaxis result_type promote_types"""


class Namespace:
    """The functions of CuPy that the bodies use, or could use."""

    ndarray, RawModule = ndarray, RawModule

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
        if capturing and not isinstance(x, ndarray) and np.ndim(x):
            raise RuntimeError("the current stream is capturing, so H2D transfers are disallowed")
        return ndarray(np.array(x._values if isinstance(x, ndarray) else x, dtype))

    def matmul(self, x1, x2, /, out=None):
        if out is None:
            return _call(np.matmul, x1, x2)
        if out.dtype != np.result_type(_in(x1), _in(x2)) or np.may_share_memory(_in(out), _in(x1)):
            raise TypeError(f"the stand-in multiplies into an array of the product's type beside the factors, got "
                            f"{out.dtype}")
        np.matmul(_in(x1), _in(x2), out=out._written())
        return out

    def asarray(self, x, dtype=None):
        return x if isinstance(x, ndarray) and dtype in (None, x.dtype) else self.array(x, dtype)

    def ascontiguousarray(self, x, dtype=None):
        x = self.asarray(x, dtype)
        return x if x.flags.c_contiguous else ndarray(x._values.copy("C"), None, x.place)

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
        if name in READING and capturing:
            raise RuntimeError("the current stream is capturing, so synchronous API calls are not allowed")
        if name in ("concatenate", "stack"):
            parts = [_in(x) if isinstance(x, ndarray) else _refuse(x) for x in args[0]]
            if capturing and len(parts) > 8 and len({p.dtype for p in parts}) == 1 and (
                    sum(p.nbytes for p in parts) < len(parts) << 21):       # one kernel, which is sent their addresses
                raise RuntimeError("the current stream is capturing, so H2D transfers are disallowed")
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
            if Linalg.raises and capturing:     # CuPy reads whether it succeeded
                raise RuntimeError("the current stream is capturing, so synchronous API calls are not allowed")
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


class Stream:
    """A queue of copies: each is (array, pinned, what it held when the copy was asked for)."""

    def __init__(self):
        self.copies, self.knows = [], 0     # `knows`: up to when it has waited for the kernels

    def arrive(self, count):
        """The first copies are done, for the GPU."""
        for to, _, values in self.copies[:count]:
            to._written().reshape(-1).view(np.uint8)[...] = values

    def known(self, count):
        """The first copies are done, for the host: now their sources may change."""
        self.arrive(count)
        for _, pinned, values in self.copies[:count]:
            if not np.array_equal(pinned.reshape(-1).view(np.uint8), values):
                raise RuntimeError("a pinned buffer was overwritten before its copy was done")
        del self.copies[:count]


class Event:
    """What a stream was given so far."""

    def __init__(self, stream, clock):
        self.stream, self.clock = stream, clock
        self.last = stream.copies[-1] if stream.copies else None

    def count(self):
        """How many of the copies that wait are part of it."""
        return next((i + 1 for i, copy in enumerate(self.stream.copies) if copy is self.last), 0)


class Strict:
    """The stand-in as tinynn.backends.gpu takes it: two devices of the same memory.

    Args:
        graphs: whether calls can be recorded as one graph, of which `launches` counts the launches.
    """

    array = ndarray

    def __init__(self, graphs=False):
        self.graphs = graphs
        self.xp, self.states, self.launches = Namespace(), {}, 0
        self.kernel_stream, self.clock, self.free = Stream(), 0, 1 << 34

    def count(self):
        return 2

    def place(self, array):
        return array.place

    def put(self, array, place):
        if capturing and not isinstance(array, ndarray) and array.ndim:
            raise RuntimeError("the current stream is capturing, so H2D transfers are disallowed")
        return ndarray(np.array(array._values if isinstance(array, ndarray) else array), None, place)

    def get(self, array, out=None):
        return array.get(out=out)

    def present(self):
        return current

    @contextlib.contextmanager
    def at(self, place):
        global current
        before, current = current, place
        try:
            yield
        finally:
            current = before

    def address(self, array):
        values, address = array._values, array._values.__array_interface__["data"][0]
        addressed[address] = weakref.ref(cuda_on_cpu.owner(values))
        return address

    def wait(self, event=None):
        if capturing:
            raise RuntimeError("operation not permitted when stream is capturing")
        stream = event.stream if event else self.kernel_stream
        stream.known(event.count() if event else len(stream.copies))

    def copy(self, to, array):
        if to.shape != array.shape or to.dtype != array.dtype or not (
                to.flags.c_contiguous and array.flags.c_contiguous):
            raise ValueError(f"{array.shape} is not copied as it lies to {to.shape}")
        self.clock += 1
        array.read_at = self.clock
        to._written()[...] = array._values

    def pinned(self, size):
        return np.zeros(size, np.uint8)

    def stream(self):
        return Stream()

    def upload(self, to, pinned, stream=None):
        if capturing:
            raise RuntimeError("the current stream is capturing, so H2D transfers are disallowed")
        if to.nbytes != pinned.nbytes or not (to.flags.c_contiguous and pinned.flags.c_contiguous):
            raise ValueError(f"{pinned.nbytes} bytes do not fill {to.dtype} {to.shape}")
        if stream is not None and to.read_at > stream.knows:
            raise RuntimeError("a copy on another stream writes to what kernels may still read")
        queue = stream or self.kernel_stream
        for _, earlier, values in queue.copies:
            if np.shares_memory(earlier, pinned) and not np.array_equal(earlier.reshape(-1).view(np.uint8), values):
                raise RuntimeError("a pinned buffer was overwritten before its copy was done")
        queue.copies.append((to, pinned, pinned.reshape(-1).view(np.uint8).copy()))
        if stream is None:
            queue.arrive(len(queue.copies))

    def mark(self, stream=None):
        return Event(stream or self.kernel_stream, self.clock)

    def after(self, event, stream=None):
        event.stream.arrive(event.count())
        if stream is not None and event.stream is self.kernel_stream:
            stream.knows = event.clock

    def gather(self, out, data, order, start):
        at, n = int(start._values[0]), len(out)
        rows = slice(at, at + n) if order is None else order._values[at:at + n]
        found = data._values[rows]
        if found.shape != out.shape or found.dtype != out.dtype or not out.flags.c_contiguous:
            raise ValueError(f"{found.dtype} {found.shape} for {out.dtype} {out.shape}")
        out._written()[...] = found

    def store(self, to, rows, start):
        at, n = int(start._values[0]), len(rows)
        if to._values[at:at + n].shape != rows.shape or to.dtype != rows.dtype or not to.flags.c_contiguous:
            raise ValueError(f"{rows.dtype} {rows.shape} at {at} of {to.dtype} {to.shape}")
        to._written()[at:at + n] = rows._values

    def checked(self, indices, n, notes, number):
        values = indices._values
        outside, note = (values < 0) | (values >= n), notes._written()
        if outside.any() and not note[0]:
            first = outside.reshape(-1).argmax()
            note[...] = 1, first, number, values.reshape(-1)[first]
        return _out(np.where(outside, values.dtype.type(0), values), indices)

    def room(self):
        return None

    def add_product(self, out, a, b, factor):
        if not (a.ndim == b.ndim == 2 and a.dtype == b.dtype == out.dtype == factor.dtype and factor.shape == ()
                and out.flags.c_contiguous):
            raise AssertionError("cupy.cublas.gemm takes matrices of one type, and a number of it")
        out += self.xp.matmul(a, b) * factor

    def free_memory(self):
        return self.free

    def release(self):
        pass

    def memory(self, place):
        return 0, 0

    def allow_tf32(self, allowed):
        self.tf32 = allowed

    def recorded(self, run, room=None):
        """A launch computes in the arrays of the recording; nothing may be read while it is recorded."""
        global capturing
        capturing = True
        written.clear()
        try:
            results = run()
        finally:
            capturing = False
            addresses = list(written)
            while overwritten:      # a recording computes nothing
                values, before = overwritten.pop()
                values[...] = before

        def launch():
            global replaying
            self.launches += 1
            replaying = True
            written.clear()
            try:
                for kept, new in zip(results, run(), strict=True):
                    kept._values[...] = new._values
            finally:
                replaying = False
            if written != addresses:
                raise RuntimeError("a graph writes to the memory that it was recorded with; it has moved")

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
