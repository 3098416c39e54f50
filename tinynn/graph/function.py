"""Floor 5: tf.function."""

import functools
import inspect

import numpy as np

from tinynn.autodiff.tensor import Tensor, convert
from tinynn.autodiff.variable import Variable
from tinynn.core import nest
from tinynn.graph.capture import Captured
from tinynn.graph.recorder import kind_of

SIMPLE = (bool, int, float, complex, str, bytes, type(None))


def function(func=None, input_signature=None, autograph=True, jit_compile=None, reduce_retracing=False, **options):
    """Makes a function of tensors one step of a program: its first call is recorded, later ones run in C.

    A call with other shapes, dtypes or Python arguments is recorded anew. Python numbers are constants of the program;
    what shall change is a tensor argument or a `tf.Variable`. Where a tensor's value is read in between (`if x > 0`,
    `float(x)`, print), the function runs op by op instead, as it is written; `explain_capture()` says why. Within a
    `GradientTape` of the caller it runs op by op too, so that the tape sees every op.

    Args:
        func: the function; None to use `tf.function(...)` with options as a decorator.
        input_signature: a list of `tf.TensorSpec`, one per positional argument.
        autograph, jit_compile, reduce_retracing: accepted.

    Returns:
        A `Function`, called as `func` is.

    Example:
        >>> @tf.function
        ... def double(x):
        ...     return x + x
        >>> int(double(tf.constant(3)))
        6
    """
    if func is None:
        return lambda f: Function(f, input_signature)
    return Function(func, input_signature)


class Function:
    """What `tf.function` makes of a Python function."""

    def __init__(self, python_function, input_signature=None):
        functools.update_wrapper(self, python_function)
        self.python_function = python_function
        self.input_signature = input_signature
        self._captured = Captured(getattr(python_function, "__name__", "the function"))
        self._kept = []     # what a key names by its id

    def __call__(self, *args, **kwargs):
        if not kwargs:
            key = kind_of(args)
            if key is not None and self.input_signature is None:
                return self._captured.call(key, lambda tensors: self.python_function(*tensors), args)
        return self._general_call(args, kwargs)

    def _general_call(self, args, kwargs):
        if self.input_signature is not None:
            args = self._by_signature(args)
        leaves = nest.flatten((args, kwargs)) if kwargs else nest.flatten(args)
        tensors, key = [], []
        for i, leaf in enumerate(leaves):
            if isinstance(leaf, (np.ndarray, np.generic)):
                leaves[i] = leaf = convert(leaf)
            if type(leaf) is Tensor:
                tensors.append(leaf)
                key.append((leaf.extents, leaf.dtype.name, leaf.place))
            elif isinstance(leaf, SIMPLE):
                exact = isinstance(leaf, (float, complex))      # -0.0 is not 0.0
                key.append((type(leaf), repr(leaf) if exact else leaf))
            else:
                key.append(id(leaf))
                self._keep(leaf)
        key = (tuple(key), _outline((args, kwargs)))

        def run(tensors):
            given = iter(tensors)
            filled = [next(given) if type(leaf) is Tensor else leaf for leaf in leaves]
            if not kwargs:
                return self.python_function(*nest.pack_sequence_as(args, filled))
            positional, named = nest.pack_sequence_as((args, kwargs), filled)
            return self.python_function(*positional, **named)

        return self._captured.call(key, run, tuple(tensors))

    def _by_signature(self, args):
        specs = self.input_signature
        given = [_converted(a, s) for a, s in zip(args, specs, strict=False)]
        for tensor, spec in zip(nest.flatten(given), nest.flatten(list(specs[:len(given)])), strict=True):
            if not spec.shape.is_compatible_with(tensor.shape):
                raise TypeError(f"{self.__name__} takes a tensor of shape {spec.shape} by its input_signature, got "
                                f"{tuple(tensor.shape)}")
        return (*given, *args[len(given):])

    def _keep(self, leaf):
        if not any(leaf is kept for kept in self._kept):
            self._kept.append(leaf)

    def __get__(self, instance, owner):
        return self if instance is None else functools.partial(self, instance)

    def get_concrete_function(self, *args, **kwargs):
        """The function for arguments like these: the function itself."""
        return self

    def experimental_get_tracing_count(self):
        """How many kinds of arguments it was called with."""
        return len(self._captured.kinds)

    def explain_capture(self):
        """Whether calls run in C, per kind of arguments, and if not, why; as text."""
        return "\n".join(self._captured.explained()) or f"{self.__name__} was not called yet"

    @property
    def program(self):
        """What was recorded last, a `Report`, or None; its `show()` gives the lines."""
        return self._captured.report()

    @property
    def function_spec(self):
        """The signature."""
        return inspect.signature(self.python_function)


def _converted(given, spec):
    """Tensors of the types that a TensorSpec, or a structure of them, asks for."""
    if isinstance(spec, dict):
        return {key: _converted(given[key], one) for key, one in spec.items()}
    if nest.is_nested(spec):
        return [_converted(a, s) for a, s in zip(given, spec, strict=True)]
    return given if isinstance(given, Variable) else convert(given, spec.dtype)


def _outline(structure):
    """The nesting of a structure, as a key."""
    if isinstance(structure, dict):
        return ("d", *((key, _outline(structure[key])) for key in structure))
    if isinstance(structure, (list, tuple)):
        return (type(structure).__name__, *map(_outline, structure))
    return None

