"""Floor 7: what happens around `build`, and what the signature of `call` says."""

import functools
import inspect

from tinynn.autodiff.tensor import Tensor
from tinynn.core import nest, restoring
from tinynn.keras import symbolic
from tinynn.keras.context import context, scope


@functools.cache
def signature_of(function):
    """(names of the parameters, whether one is `training`, whether one is `mask`, the parameters, those of several
    inputs that have a mask of their own, as `query` has `query_mask`) of a `call` method."""
    parameters = inspect.signature(function).parameters
    names = tuple(parameters)[1:]
    masked = tuple(name for name in names if f"{name}_mask" in names)
    return names, "training" in names, "mask" in names, parameters, masked


def build_once(build):
    """Wraps a `build` method: sets the path of the weights made in it, and what is known afterwards."""

    @functools.wraps(build)
    def wrapper(self, *args, **kwargs):
        if self.__dict__.get("_building"):
            return build(self, *args, **kwargs)
        object.__setattr__(self, "_building", True)
        try:
            with scope(self.name):
                result = build(self, *args, **kwargs)
        finally:
            object.__setattr__(self, "_building", False)
        if self._build_shapes is None:
            self._build_shapes = args[0] if args else next(iter(kwargs.values()), None)
            given = inspect.signature(build).bind(self, *args, **kwargs).arguments
            shapes = {name: shape for name, shape in given.items() if name.endswith("_shape") and shape is not None}
            self._named_shapes = shapes if len(shapes) > 1 else None
        self.built = True
        restoring.built(self)
        return result

    wrapper.is_wrapped = True
    return wrapper


def shape_of(value):
    """The shape of a tensor as a tuple, in the structure of nested ones. A placeholder's batch is not known."""
    if nest.is_nested(value):
        return nest.map_structure(shape_of, value)
    shape = tuple(getattr(value, "shape", ()))
    if context.placeholder and shape and shape[0] in symbolic.SAMPLES[0]:
        return (None, *shape[1:])
    return shape


def with_shapes(method, given, shape_of):
    """Calls a method that takes shapes: `a_shape, b_shape` by the names of the arguments, or one, the first's.

    Args:
        method: `build` or `compute_output_shape` of a layer.
        given: the arguments of `call` by their names.
        shape_of: gives the shape of a tensor.
    """
    shapes = {name: nest.map_structure(shape_of, value) for name, value in given.items()
              if any(hasattr(leaf, "shape") for leaf in nest.flatten(value))}
    wanted = [name for name, p in inspect.signature(method).parameters.items()
              if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    if len(wanted) > 1:
        _check_names(method, wanted)
        return method(**{f"{name}_shape": shape for name, shape in shapes.items() if f"{name}_shape" in wanted})
    return method(next(iter(shapes.values()), None))


def _check_names(method, wanted):
    """Raises ValueError where a method of several shapes has a parameter that no argument of `call` belongs to."""
    arguments = signature_of(type(method.__self__).call)[0]
    for name in wanted:
        where = (f"of {method.__qualname__}(), which has several, does not fit: each is named as an argument of "
                 "call(), with _shape behind it, as in build(self, foo_shape, bar_shape)")
        if not name.endswith("_shape"):
            raise ValueError(f"The argument `{name}`, which does not end in `_shape`, {where}")
        if name.removesuffix("_shape") not in arguments:
            raise ValueError(f"The argument `{name}`, but `call()` does not have argument "
                             f"`{name.removesuffix('_shape')}`, {where}")


def with_specs(method, args, kwargs):
    """Calls `compute_output_spec` with symbolic tensors in place of placeholders, and with the keywords it takes."""
    parameters = inspect.signature(method).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        kwargs = {key: value for key, value in kwargs.items() if key in parameters}
    args, kwargs = nest.map_structure(
        lambda x: symbolic.KerasTensor(x.shape, x.dtype, name="placeholder") if isinstance(x, Tensor) else x,
        (tuple(args), dict(kwargs)))
    return method(*args, **kwargs)
