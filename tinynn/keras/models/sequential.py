"""Floor 7: a model that is a row of layers."""

import inspect

from tinynn.core import nest
from tinynn.keras.context import structure
from tinynn.keras.layers.core import InputLayer
from tinynn.keras.layers.graph_view import is_shape
from tinynn.keras.layers.layer import Layer
from tinynn.keras.models.functional import Functional
from tinynn.keras.models.model import Model
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object
from tinynn.keras.symbolic import KerasTensor


class Sequential(Model, hot=True):
    """Layers one after another, each with one input and one output.

    It is built when it is first called, or at once where it begins with `keras.Input(shape)`.

    Args:
        layers: a list of layers.
        trainable: whether training changes them.
        name: by default numbered.

    Example:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)])
        >>> model.count_params()
        49
    """

    _untracked = Model._untracked | {"_graph"}
    only_layers = True

    def __new__(cls, *args, **kwargs):
        return Layer.__new__(cls, *args, **kwargs)

    def __init__(self, layers=None, trainable=True, name=None):
        Layer.__init__(self, trainable=trainable, name=name)
        self._graph = None
        self._layers = []
        for layer in layers or []:
            self.add(layer, rebuild=False)
        self._rebuild()

    def add(self, layer, rebuild=True):
        """Puts a layer (or the result of `keras.Input`) at the end.

        Raises:
            ValueError: for something that is no layer, a name that is taken, or a second Input.
        """
        if isinstance(layer, KerasTensor):
            layer = layer.history.operation
        if not isinstance(layer, Layer):
            raise ValueError(f"Only instances of keras.layers.Layer can be added to a Sequential model, got "
                             f"{type(layer).__name__}: {layer!r}"
                             + ("; make an object of the class, as in keras.layers.Dense(1)"
                                if isinstance(layer, type) else ""))
        if not self._layers and layer._input_shape_argument is not None:
            self._layers.append(InputLayer(batch_shape=layer._input_shape_argument))
        if isinstance(layer, InputLayer) and self._layers and isinstance(self._layers[0], InputLayer):
            raise ValueError(f"the model {self.name!r} has already been configured to use an Input, of shape "
                             f"{self._layers[0].batch_shape}")
        if any(other.name == layer.name for other in self._layers):
            raise ValueError(f"the model {self.name!r} already has a layer named {layer.name!r}; "
                             "its layers should have unique names")
        self._layers.append(layer)
        if rebuild:
            self._rebuild()
        else:
            self._forget()

    def pop(self, rebuild=True):
        """Takes away the last layer and returns it."""
        layer = self._layers.pop()
        if rebuild:
            self._rebuild()
        else:
            self._forget()
        return layer

    def _forget(self):
        self.built, self._graph = False, None
        structure.changed()

    def _rebuild(self):
        self._forget()
        if len(self._layers) > 1 and isinstance(self._layers[0], InputLayer):
            self.build(self._layers[0].batch_shape)
        elif len(self._layers) > 1 and isinstance(self._layers[0], Functional) and not nest.is_nested(
                self._layers[0].input):
            self.build(self._layers[0].input_shape)

    def build(self, input_shape=None):
        """Builds all layers for a shape of the input, with the batch axis."""
        if not is_shape(input_shape):
            return
        if not self._layers:
            raise ValueError(f"the model {self.name!r} has no layers; add some with model.add(layer)")
        if not isinstance(self._layers[0], InputLayer):
            kind = self._layers[0].compute_dtype
            self._layers.insert(0, InputLayer(batch_shape=tuple(input_shape), dtype=kind))
        elif self._layers[0].batch_shape != tuple(input_shape):
            raise ValueError(f"the model {self.name!r} has already been configured to use input of shape "
                             f"{self._layers[0].batch_shape}, it cannot be built for {tuple(input_shape)}")
        x = self._layers[0].output
        for layer in self._layers[1:]:
            _check_single(layer)
            try:
                x = layer(x)
            except NotImplementedError:     # a layer of the user's does not say what it gives: no graph, calls alone
                return
        self._graph = Functional(self._layers[0].output, x)
        self._graph.owner = self
        self._build_shapes = tuple(input_shape)

    def __call__(self, inputs, *args, training=None, **kwargs):
        graph = self._graph
        if graph is not None and not args and not kwargs and type(self).call is Sequential.call \
                and self.activity_regularizer is None and not isinstance(inputs, KerasTensor):
            return graph(inputs, training=training)
        return self._full_call((inputs, *args), {**kwargs, **({} if training is None else {"training": training})})

    def _full_call(self, args, kwargs):
        if self._graph is not None:     # the inner model casts to the type of its Input
            self.autocast = False
        return super()._full_call(args, kwargs)

    def call(self, inputs, training=None, mask=None):
        """Applies the layers one after another."""
        if self._graph is not None:
            return self._graph.call(inputs, training=training)
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def _build_for(self, args, kwargs):
        Layer._build_for(self, args, kwargs)

    def sublayers(self):
        """The layers, the Input among them."""
        return self.collected("sublayers", lambda: self.parts(Layer))

    @property
    def layers(self):
        """The layers, without the Input."""
        layers = list(self._layers)
        return layers[1:] if layers and isinstance(layers[0], InputLayer) else layers

    @layers.setter
    def layers(self, _):
        raise AttributeError("`layers` of a Sequential model is not set. Use `add()` and `pop()` to change them")

    def _shown(self, what):
        if self._graph is None:
            raise AttributeError(f"the Sequential model {self.name!r} has no {what} yet: it is not built. Begin it "
                                 "with keras.Input(shape), or call it on data")
        return getattr(self._graph, what)

    input = property(lambda self: self._shown("input"))
    output = property(lambda self: self._shown("output"))
    inputs = property(lambda self: self._shown("inputs"))
    outputs = property(lambda self: self._shown("outputs"))
    input_shape = property(lambda self: self._shown("input_shape"))
    output_shape = property(lambda self: self._shown("output_shape"))
    input_names = property(lambda self: self._shown("input_names"))
    output_names = property(lambda self: self._shown("output_names"))

    def get_config(self):
        """The configurations of the layers."""
        config = {"name": self.name, "trainable": self.trainable,
                  "dtype": serialize_keras_object(self.dtype_policy),
                  "layers": [serialize_keras_object(layer) for layer in self._layers]}
        if self._graph is not None:
            config["build_input_shape"] = self._layers[0].batch_shape
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model from its configuration; it has weights of its own."""
        model = cls(name=config.get("name"))
        for layer in config["layers"]:
            model.add(deserialize_keras_object(layer, custom_objects), rebuild=False)
        model._rebuild()
        if model._graph is None and config.get("build_input_shape"):
            model.build(tuple(config["build_input_shape"]))
        return model


def _check_single(layer):
    """Raises ValueError for a layer that needs more than the output of the layer before."""
    required = [p.name for p in list(inspect.signature(layer.call).parameters.values())[1:]
                if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if required:
        raise ValueError(f"Layers in a Sequential model can only have a single positional argument; {layer.name!r} "
                         f"needs {required} as well. Make the model of keras.Input and calls instead")
