"""Floor 7: a layer that can be trained."""

import contextlib
import json

from tinynn.core import nest
from tinynn.keras.layers.building import shape_of, signature_of
from tinynn.keras.layers.graph_view import map_shapes
from tinynn.keras.layers.layer import Layer
from tinynn.keras.models import files, graph_config
from tinynn.keras.models.summary import print_summary
from tinynn.keras.saving import custom_object_scope, serialize_keras_object
from tinynn.keras.symbolic import KerasTensor
from tinynn.keras.training.trainer import Trainer


class Model(Trainer, Layer, hot=True):
    """A layer with `compile`, `fit`, `evaluate` and `predict`.

    There are three ways to make one: `keras.Model(inputs, outputs)` from symbolic tensors; a subclass that makes its
    layers in `__init__` and uses them in `call`; and `keras.Sequential([...])`.

    Args:
        inputs, outputs: symbolic tensors, or lists or dicts of them.
        name: by default the class's name, numbered.

    Example:
        >>> x = keras.Input((4,))
        >>> model = keras.Model(x, keras.layers.Dense(3)(x))
        >>> model.compile("sgd", "mse")
    """

    _shapes_of_call = None
    functional = None  # the class of models made of symbolic tensors; its module sets it

    def __new__(cls, *args, **kwargs):
        if cls is Model and _is_functional(args, kwargs):
            cls = cls.functional
        return Layer.__new__(cls, *args, **kwargs)

    def __init__(self, *args, **kwargs):
        if _is_functional(args, kwargs):
            self.__class__ = _with_graph(type(self))
            Model.functional.__init__(self, *args, **kwargs)
        else:
            Layer.__init__(self, *args, **kwargs)

    def call(self, *args, **kwargs):
        """Computes the output."""
        raise NotImplementedError(f"the model {self.name!r} has no call(self, inputs) method; write one, or make the "
                                  "model of symbolic tensors: keras.Model(inputs, outputs)")

    @property
    def layers(self):
        """The layers directly inside the model."""
        return [layer for layer in self.sublayers() if isinstance(layer, Layer)]

    @layers.setter
    def layers(self, _):
        raise AttributeError("`Model.layers` attribute is reserved: a model's layers are found by themselves; keep "
                             "yours under another name")

    def get_layer(self, name=None, index=None):
        """The layer of a name, or of a place in `layers`.

        Raises:
            ValueError: where there is none.
        """
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"the model {self.name!r} has {len(layers)} layers, there is none at index {index}")
            return layers[index]
        if name is None:
            raise ValueError("get_layer takes a name or an index")
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}. Existing layers are: {[layer.name for layer in layers]}")

    def summary(self, line_length=None, positions=None, print_fn=None, expand_nested=False, show_trainable=False,
                layer_range=None):
        """Prints a table of the layers, their output shapes and their numbers of weights.

        Args:
            line_length: the width of the table; by default that of the terminal.
            positions: where the columns end, as shares of the width.
            print_fn: called with the text instead of `print`.
            expand_nested: whether to list the layers of inner models.
            show_trainable: whether to add a column that tells what training changes.
            layer_range: names (or patterns) of the first and the last layer to show.
        """
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)

    def count_params(self):
        """The number of numbers in all weights."""
        if not self.built:
            raise ValueError(f"the model {self.name!r} is not built, so its weights are not known yet; "
                             "call it on data, or call model.build(input_shape)")
        return super().count_params()

    def build(self, input_shape=None):
        """Builds the model for a shape of the input, with the batch axis."""
        if input_shape is None or type(self).call is Model.call:
            return
        self.compute_output_shape(input_shape)

    def _build_for(self, args, kwargs):
        if type(self).build is not Model.build:
            super()._build_for(args, kwargs)
            return
        given = {**dict(zip(signature_of(type(self).call)[0], args, strict=False)), **kwargs}
        shapes = {name: shape_of(x) for name, x in given.items() if any(hasattr(i, "shape") for i in nest.flatten(x))}
        self._build_shapes = next(iter(shapes.values()), None)
        self._shapes_of_call = shapes if len(shapes) > 1 else None

    def get_build_config(self):
        """What `build_from_config` needs: the shape of the input, or of each input of a `call` that takes several."""
        return {"shapes_dict": self._shapes_of_call} if self._shapes_of_call else super().get_build_config()

    def build_from_config(self, config):
        """Builds for the shapes of a configuration."""
        if "shapes_dict" in config and type(self).build is Model.build:
            self.compute_output_spec(**{name: map_shapes(lambda shape: KerasTensor(shape, self.compute_dtype), shapes)
                                        for name, shapes in config["shapes_dict"].items()})
        else:
            super().build_from_config(config)

    # ---- files and configurations ------------------------------------------------------------------------------------

    def save_weights(self, filepath, overwrite=True):
        """Writes all weights to a file.

        Args:
            filepath: a name that ends in .npz (added where there is no ending), .safetensors (needs the package
                safetensors) or .weights.h5 (needs h5py).
            overwrite: whether a file of that name is replaced.
        """
        files.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath, skip_mismatch=False):
        """Reads all weights from a file of `save_weights`, in their order.

        Args:
            filepath: its name.
            skip_mismatch: whether arrays of another shape are left out, with a warning.

        Raises:
            ValueError: another number of arrays, or another shape.
        """
        files.load_weights(self, filepath, skip_mismatch)

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Writes the model, with its weights and the state of its optimizer, to a .keras file.

        Args:
            filepath: a name that ends in .keras (or .h5, with h5py); `keras.models.load_model` reads it.
            overwrite: whether a file of that name is replaced.
        """
        files.save_model(self, filepath, overwrite, zipped, **kwargs)

    def to_json(self, **kwargs):
        """The configuration as JSON text, for `keras.models.model_from_json`; `kwargs` go to json.dumps."""
        return json.dumps(serialize_keras_object(self), **kwargs)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model from its configuration; it has weights of its own."""
        if graph_config.is_graph(config) and (cls is Model or "__init__" not in cls.__dict__):
            return graph_config.restore(cls, config, custom_objects)
        with custom_object_scope(custom_objects) if custom_objects else contextlib.nullcontext():
            return super().from_config(config)


_graph_classes = {}     # a subclass of Model -> the same with a graph


def _with_graph(cls):
    """A user's subclass of Model as a class of functional models; it keeps its name, also in configurations."""
    if issubclass(cls, Model.functional):
        return cls
    if cls not in _graph_classes:
        made = type(cls.__name__, (cls, Model.functional), {"__module__": cls.__module__, "__doc__": cls.__doc__,
                                                            "__qualname__": cls.__qualname__, "plain_class": cls})
        _graph_classes[cls] = made
    return _graph_classes[cls]


def _is_functional(args, kwargs):
    return len(args) >= 2 or (len(args) == 1 and "outputs" in kwargs) or ("inputs" in kwargs and "outputs" in kwargs)
