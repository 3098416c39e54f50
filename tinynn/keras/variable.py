"""Floor 7: the variable as Keras shows it."""

import numpy as np

from tinynn import ops
from tinynn.autodiff import variable as engine
from tinynn.autodiff.bind import is_casting
from tinynn.autodiff.operand import Operand
from tinynn.autodiff.tensor import Tensor
from tinynn.core import dtypes
from tinynn.keras import journal, naming
from tinynn.keras.context import context, structure

_engine_trainable = engine.Variable.trainable


class DTypeName(str):
    """A dtype as Keras 3 gives it, the string 'float32', which also answers to what a tf.DType does."""

    __slots__ = ()

    def __getattr__(self, attribute):
        return getattr(dtypes.as_dtype(str(self)), attribute)


_NAMES = {d.name: DTypeName(d.name) for d in dtypes.BY_CODE}


def dtype_name(dtype):
    """The dtype as a string; Python's int is int64."""
    if dtype is int or (type(dtype) is str and dtype == "int"):
        dtype = "int64"
    name = dtypes.as_dtype(dtype).name
    return _NAMES.get(name) or DTypeName(name)


class Variable(engine.Variable):
    """A weight or a piece of state of a layer, a metric or an optimizer.

    Args:
        initializer: an array, or a function `f(shape, dtype=...)`.
        shape: needed with a function.
        dtype: the element type; the value's own, or float32.
        trainable: whether a tape watches it and an optimizer changes it.
        name: the last part of its path.
        constraint, regularizer: functions of the value.
    """

    def __init__(self, initializer, shape=None, dtype=None, trainable=True, autocast=True, aggregation=None,
                 layout=None, synchronization=None, name=None, constraint=None, regularizer=None):
        if callable(initializer) and not isinstance(initializer, (Tensor, engine.Variable)):
            if shape is None:
                raise ValueError(f"a Variable made by the initializer {initializer!r} needs shape=...")
            value = journal.started(self, initializer, tuple(shape), dtype or "float32")
        else:
            value = _of_dtype(initializer, dtype)
        name = name or naming.auto_name("variable")
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"a variable's name is a string without '/', got {name!r}")
        super().__init__(value, dtype=dtype, name=name, constraint=constraint, shape=shape)
        self.trainable = trainable
        self.name = name
        self.path = "/".join((*context.scopes, name))
        self.regularizer = regularizer
        self.autocast = autocast
        self.aggregation, self.synchronization = aggregation, synchronization

    # The type as which a layer's call reads it, where that is not its own.
    cast_to = None

    @property
    def dtype(self):
        """The element type as a string; in the call of its layer, the type as which it is read there."""
        return self.cast_to if self.cast_to is not None and is_casting() else self._kept

    @property
    def _kept(self):
        return dtype_name(engine.Variable.dtype.__get__(self))

    @property
    def value(self):
        """The present value as a tensor; gradients flow through it to the variable."""
        return self.read_value()

    @property
    def trainable(self):
        """Whether a tape watches it by itself."""
        return _engine_trainable.__get__(self)

    @trainable.setter
    def trainable(self, trainable):
        _engine_trainable.__set__(self, bool(trainable))
        structure.changed()

    def assign(self, value, **kwargs):
        """Replaces the values; `value` must have the variable's shape and becomes its dtype.

        Raises:
            ValueError: another shape.
        """
        shape = value.extents if isinstance(value, Operand) else np.shape(value)
        if shape != self.extents:
            raise ValueError(f"the variable {self.path!r} has shape {self.shape}, cannot assign a value of shape "
                             f"{shape}")
        return super().assign(_of_dtype(value, self._kept))

    def __deepcopy__(self, memo):
        copy = super().__deepcopy__(memo)
        copy.__dict__.update(self.__dict__)
        return copy

    def __reduce__(self):
        return _restore, (type(self), self.numpy(), self.trainable, self.name, self.path)

    def __repr__(self):
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self.numpy()}>"


def _of_dtype(value, dtype):
    """`value`, floating-point and integer tensors and arrays cast to `dtype`."""
    if dtype is None:
        return value
    if isinstance(value, (Tensor, engine.Variable)):
        return value if value.dtype == dtype else ops.cast(value, dtype)
    return np.asarray(value, dtypes.as_dtype(dtype).dtype)


def _restore(cls, value, trainable, name, path):
    variable = cls(value, trainable=trainable, name=name)
    variable.path = path
    return variable
