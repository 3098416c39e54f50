"""Floor 7: what happens around `build`, and what the signature of `call` says."""

import functools
import inspect

from tinynn.core import nest
from tinynn.keras import symbolic
from tinynn.keras.context import context, scope


@functools.cache
def signature_of(function):
    """(names of the parameters, whether one is `training`, whether one is `mask`) of a `call` method."""
    parameters = inspect.signature(function).parameters
    names = tuple(parameters)[1:]
    return names, "training" in names, "mask" in names, parameters


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
        self.built = True
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
