"""Floor 1: the element types, under TensorFlow's names."""

import difflib

import numpy as np

CODES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
         "float16", "float32", "float64")  # in the order of tn_dtype in csrc/tinynn.h
OPAQUE = len(CODES)


class DType:
    """An element type. It equals, and can be given as, its name, its NumPy dtype or its NumPy scalar type."""

    __slots__ = ("as_numpy_dtype", "code", "dtype", "name")

    def __init__(self, name, dtype, code):
        self.name, self.dtype, self.code = name, dtype, code
        self.as_numpy_dtype = dtype.type

    @property
    def size(self):
        """Bytes of one element."""
        return self.dtype.itemsize

    @property
    def base_dtype(self):
        """Itself; TensorFlow's reference types do not exist here."""
        return self

    @property
    def real_dtype(self):
        """The type of the real part of complex numbers; of another type itself."""
        return {"complex64": _BY_NAME["float32"], "complex128": _BY_NAME["float64"]}.get(self.name, self)

    is_quantized = False

    @property
    def limits(self):
        """(smallest, largest) value that pixels of this type have: (0, 1) of floating-point numbers."""
        return (0, 1) if self.is_floating else (self.min, self.max)

    @property
    def as_datatype_enum(self):
        """The tn_dtype code."""
        return self.code

    @property
    def is_floating(self):
        """Whether it is a real floating-point type."""
        return self.dtype.kind == "f"

    @property
    def is_complex(self):
        """Whether it is a complex type."""
        return self.dtype.kind == "c"

    @property
    def is_integer(self):
        """Whether it is a signed or unsigned integer type."""
        return self.dtype.kind in "iu"

    @property
    def is_unsigned(self):
        """Whether it is an unsigned integer type."""
        return self.dtype.kind == "u"

    @property
    def is_bool(self):
        """Whether it is the type of truth values."""
        return self.dtype.kind == "b"

    @property
    def is_numeric(self):
        """Whether it is an integer, floating-point or complex type."""
        return self.dtype.kind in "iufc"

    @property
    def min(self):
        """The smallest value (the most negative finite one for a floating-point type)."""
        return self._limits().min

    @property
    def max(self):
        """The largest finite value."""
        return self._limits().max

    def _limits(self):
        if not (self.is_integer or self.is_floating):
            raise TypeError(f"{self.name} has no smallest and largest value")
        return np.iinfo(self.dtype) if self.is_integer else np.finfo(self.dtype)

    def is_compatible_with(self, other):
        """Whether `other` is the same type."""
        return self == other

    def __eq__(self, other):
        if self is other:
            return True
        if other is None:
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return NotImplemented

    def __hash__(self):
        return hash(self.name)

    def __reduce__(self):
        return as_dtype, (self.name,)

    def __str__(self):
        return f"<dtype: {self.name!r}>"

    def __repr__(self):
        return f"tf.{self.name}"


BY_CODE = [DType(name, np.dtype(name), code) for code, name in enumerate(CODES)]
_BY_NAME = {d.name: d for d in BY_CODE}
_BY_NAME.update(
    {
        "complex64": DType("complex64", np.dtype("complex64"), OPAQUE),
        "complex128": DType("complex128", np.dtype("complex128"), OPAQUE),
        "string": DType("string", np.dtype(object), OPAQUE),
    }
)
_BY_NAME.update(half=_BY_NAME["float16"], float=_BY_NAME["float32"], double=_BY_NAME["float64"])
_BY_NUMPY = {d.dtype: d for d in _BY_NAME.values()}
_BY_TYPE = {
    bool: _BY_NAME["bool"],
    int: _BY_NAME["int32"],
    float: _BY_NAME["float32"],
    complex: _BY_NAME["complex128"],
    str: _BY_NAME["string"],
}
globals().update(_BY_NAME)


def as_dtype(value):
    """The DType for a DType, a name, a NumPy dtype or scalar type, or a Python type.

    Raises:
        TypeError: for anything else, naming the nearest type.
    """
    if isinstance(value, DType):
        return value
    if isinstance(value, str):
        if value in _BY_NAME:
            return _BY_NAME[value]
        nearest = difflib.get_close_matches(value, _BY_NAME, 1)
        raise TypeError(f"unknown dtype {value!r}" + (f"; did you mean {nearest[0]!r}?" if nearest else ""))
    if isinstance(value, type) and value in _BY_TYPE:
        return _BY_TYPE[value]
    try:
        return from_numpy(np.dtype(value))
    except TypeError:
        raise TypeError(f"cannot make a dtype of {value!r}; give a name as 'float32' or tf.float32") from None


def from_numpy(dtype):
    """The DType of a NumPy dtype."""
    found = _BY_NUMPY.get(dtype)
    if found is None:
        found = _BY_NUMPY.get(dtype.newbyteorder("="))
    if found is None and dtype.kind in "SUOT":
        found = _BY_NAME["string"]
    if found is None:
        raise TypeError(f"NumPy's {dtype} has no tensor type")
    return found
