"""Floor 7: what a layer consists of: its variables, and the layers in its attributes, lists and dicts."""

import numpy as np

from tinynn.autodiff.variable import Variable as EngineVariable
from tinynn.core import dtypes
from tinynn.core.errors import hint
from tinynn.keras import constraints, initializers, regularizers
from tinynn.keras.context import context, structure
from tinynn.keras.placement import where_made
from tinynn.keras.random import SeedGenerator
from tinynn.keras.variable import Variable, path_of

_OF_WEIGHTS = ("_initializer", "_regularizer", "_constraint")  # arguments that are used when weights are made


class TrackedList(list):
    """A list in which a layer notices new layers."""

    def append(self, item):
        list.append(self, item)
        structure.changed()

    def extend(self, items):
        list.extend(self, items)
        structure.changed()

    def insert(self, index, item):
        list.insert(self, index, item)
        structure.changed()

    def pop(self, index=-1):
        structure.changed()
        return list.pop(self, index)

    def __setitem__(self, index, item):
        list.__setitem__(self, index, item)
        structure.changed()

    def __delitem__(self, index):
        list.__delitem__(self, index)
        structure.changed()


class TrackedDict(dict):
    """A dict in which a layer notices new layers."""

    def __setitem__(self, key, item):
        dict.__setitem__(self, key, item)
        structure.changed()

    def update(self, *args, **kwargs):
        dict.update(self, *args, **kwargs)
        structure.changed()


def is_metric(thing):
    """Whether it keeps a statistic in variables, as `keras.metrics.Metric` does."""
    return hasattr(thing, "update_state") and hasattr(thing, "variables")


class Stateful:
    """The part of a layer that knows its variables and sublayers."""

    _untracked = frozenset({"inbound_nodes", "_losses", "_lossy", "_arguments", "_cache", "_named_shapes"})

    def __setattr__(self, name, value):
        if name[0] != "_":
            self.__dict__["_swift"] = None
            if name.endswith(_OF_WEIGHTS) and self.__dict__.get("built") and name in self.__dict__:
                hint("set-after-build", f"{type(self).__name__} {self.name!r} has its weights already, so setting "
                     f"{name} changes nothing. Write {type(self).__name__}(..., {name}=...), or assign to the weights")
        kind = type(value)
        if kind is list and name not in self._untracked:
            value = TrackedList(value)
        elif kind is dict and name not in self._untracked:
            value = TrackedDict(value)
        if isinstance(value, (Stateful, EngineVariable, SeedGenerator, TrackedList, TrackedDict)) or is_metric(value):
            structure.changed()
        object.__setattr__(self, name, value)

    def __delattr__(self, name):
        structure.changed()
        object.__delattr__(self, name)

    def parts(self, kind):
        """The parts of a kind (a type, or a test) directly in this layer, in the order in which they were set."""
        test = (lambda thing: isinstance(thing, kind)) if isinstance(kind, type) else kind
        found, seen = [], set()
        for name, value in self.__dict__.items():
            if name not in self._untracked:
                _collect(value, test, found, seen)
        return found

    def collected(self, key, compute):
        """`compute()`, kept until the structure of any layer changes."""
        cache = self.__dict__.setdefault("_cache", {})
        entry = cache.get(key)
        if entry is None or entry[0] != structure.version:
            value = compute()
            entry = cache[key] = (structure.version, value)
        return entry[1]

    def sublayers(self):
        """The layers directly inside this one."""
        return self.collected("sublayers", lambda: self.parts(Stateful))

    def _flatten_layers(self, include_self=True, recursive=True):
        layers, seen = [], set()
        todo = [self] if include_self else list(self.sublayers())
        while todo:
            layer = todo.pop(0)
            if id(layer) not in seen:
                seen.add(id(layer))
                layers.append(layer)
                if recursive or layer is self:
                    todo = list(layer.sublayers()) + todo
        return layers

    # ---- variables ---------------------------------------------------------------------------------------------------

    def own_variables(self):
        """The variables directly in this layer: the trainable ones first."""
        own = self.collected("own", lambda: self.parts(EngineVariable))
        return [v for v in own if v.trainable] + [v for v in own if not v.trainable]

    @property
    def weights(self):
        """All variables of this layer and those inside, but for random states."""
        return list(self.collected("weights", self._weights))

    def _weights(self):
        return _once([*self.own_variables(), *(v for layer in self.sublayers() for v in layer.weights)])

    @property
    def variables(self):
        """All variables of this layer and those inside, random states included."""
        return list(self.collected("variables", self._variables))

    def _variables(self):
        states = [generator.state for generator in self.parts(SeedGenerator)]
        return _once([*self.own_variables(), *states, *(v for layer in self.sublayers() for v in layer.variables)])

    def _own_metrics(self):
        return self.parts(lambda thing: is_metric(thing) and not isinstance(thing, Stateful))

    @property
    def metrics(self):
        """The metrics of this layer and those inside."""
        return [m for layer in self._flatten_layers() for m in layer._own_metrics()]

    @property
    def metrics_variables(self):
        """The variables of `metrics`."""
        return [v for metric in self.metrics for v in metric.variables]

    @property
    def trainable_variables(self):
        """The variables that training changes."""
        return list(self.collected("trainable", lambda: [v for v in self.variables if v.trainable]
                                   if self.trainable else []))

    @property
    def non_trainable_variables(self):
        """The variables that training leaves alone."""
        return [v for v in self.variables if not v.trainable] if self.trainable else self.variables

    @property
    def trainable_weights(self):
        """The weights that training changes."""
        return list(self.collected("trainable_weights", lambda: [v for v in self.weights if v.trainable]
                                   if self.trainable else []))

    @property
    def non_trainable_weights(self):
        """The weights that training leaves alone."""
        return [v for v in self.weights if not v.trainable] if self.trainable else self.weights

    @property
    def trainable(self):
        """Whether training changes this layer; setting it holds for all layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        value = bool(value)
        for variable in self.own_trainable():
            variable.trainable, variable.frozen = value, not value
        self._trainable = value
        for layer in self.sublayers():
            layer.trainable = value
        structure.changed()

    def own_trainable(self):
        """The variables of this layer that were made to be trained."""
        own = self.collected("own", lambda: self.parts(EngineVariable))
        return [v for v in own if v.trainable or getattr(v, "frozen", False)]

    # ---- weights -----------------------------------------------------------------------------------------------------

    def add_weight(self, *args, shape=None, initializer=None, dtype=None, trainable=True, autocast=True,
                   regularizer=None, constraint=None, aggregation="none", overwrite_with_gradient=False, layout=None,
                   name=None, **legacy):
        """Makes a variable of this layer.

        Args:
            shape: its shape; a scalar by default.
            initializer: a name, an initializer, or `f(shape, dtype=...)`; glorot_uniform, or zeros for integers.
            dtype: the layer's own by default.
            trainable: whether training changes it.
            regularizer: a penalty that is added to the loss.
            constraint: a function applied after every update.
            name: the last part of its path. (Keras 2's order, `add_weight("kernel", shape)`, works as well.)

        Returns:
            The variable.
        """
        if args and isinstance(args[0], str):
            name, args = args[0], args[1:]
        given = dict(zip(("shape", "initializer", "dtype"), args, strict=False))
        shape = given.get("shape", shape)
        initializer = given.get("initializer", initializer)
        dtype = given.get("dtype", dtype) or self.variable_dtype
        shape = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        if None in shape:
            raise ValueError(f"{type(self).__name__} {self.name!r}: the weight {name!r} of shape {shape} needs every "
                             "extent; give the Input a fixed size there")
        initializer = initializers.get(initializer or ("glorot_uniform" if "float" in str(dtype) else "zeros"))
        scopes = context.scopes if self.name in context.scopes else (*context.scopes, self.name)
        before, context.scopes = context.scopes, scopes
        try:
            with where_made(self):
                variable = Variable(initializer, shape=shape, dtype=dtype, trainable=trainable and self._trainable,
                                    autocast=autocast, aggregation=aggregation, name=name)
        finally:
            context.scopes = before
        self._set_autocast(variable)
        variable.frozen = trainable and not self._trainable
        variable.regularizer, variable.constraint = regularizers.get(regularizer), constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._weights_made.append(variable)
        return variable

    add_variable = add_weight

    def _set_autocast(self, variable):
        """Says as which type this layer's call reads one of its variables: in mixed precision as the narrow one."""
        mixed = self.compute_dtype != self.variable_dtype and self.autocast and getattr(variable, "autocast", False)
        if isinstance(variable, Variable):
            variable.cast_to = self.compute_dtype if mixed and dtypes.as_dtype(variable.dtype).is_floating else None

    def count_params(self):
        """The number of numbers in all weights."""
        return sum(int(np.prod(tuple(v.shape))) for v in self.weights)

    def get_weights(self):
        """The values of all weights, as a list of NumPy arrays."""
        return [np.asarray(v.numpy()) for v in self.weights]

    def set_weights(self, weights):
        """Sets all weights.

        Args:
            weights: arrays in the order and with the shapes of `get_weights()`.

        Raises:
            ValueError: another number of arrays, or another shape.
        """
        own = self.weights
        arrays = [np.asarray(w) for w in weights]
        if len(arrays) != len(own):
            raise ValueError(f"set_weights got {len(arrays)} arrays of shapes {[a.shape for a in arrays]}; "
                             f"{self.name!r} has {len(own)} weights of shapes {[tuple(v.shape) for v in own]}")
        for variable, array in zip(own, arrays, strict=True):
            if tuple(variable.shape) != array.shape:
                raise ValueError(f"set_weights got an array of shape {array.shape} for {path_of(variable)!r}, "
                                 f"which has shape {tuple(variable.shape)}")
        for variable, array in zip(own, arrays, strict=True):
            variable.assign(array)


def _collect(value, test, found, seen):
    if isinstance(value, (list, tuple, dict)):
        if id(value) not in seen:       # a list may hold itself
            seen.add(id(value))
            for item in value.values() if isinstance(value, dict) else value:
                _collect(item, test, found, seen)
    elif id(value) not in seen and test(value):
        seen.add(id(value))
        found.append(value)


def _once(things):
    return list({id(thing): thing for thing in things}.values())
