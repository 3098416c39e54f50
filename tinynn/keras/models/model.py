"""Floor 7: a layer that can be trained."""

import numpy as np

from tinynn.keras.layers.layer import Layer
from tinynn.keras.models.summary import print_summary
from tinynn.keras.training.trainer import Trainer


class Model(Trainer, Layer):
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

    functional = None  # the class of models made of symbolic tensors; its module sets it
    _untracked = Layer._untracked | Trainer.private

    def __new__(cls, *args, **kwargs):
        if cls is Model and _is_functional(args, kwargs):
            cls = cls.functional
        return Layer.__new__(cls, *args, **kwargs)

    def __init__(self, *args, **kwargs):
        if _is_functional(args, kwargs):
            self.__class__ = type(type(self).__name__, (type(self), Model.functional), {"__module__": __name__})
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
        raise AttributeError("a model's `layers` are found by themselves; keep yours under another name")

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

    # ---- files -------------------------------------------------------------------------------------------------------

    def save_weights(self, filepath, overwrite=True):
        """Writes all weights to an .npz file."""
        np.savez(_npz(filepath), **{f"{i:04d}": w for i, w in enumerate(self.get_weights())})

    def load_weights(self, filepath, skip_mismatch=False):
        """Reads all weights from a file of `save_weights`."""
        with np.load(_npz(filepath)) as file:
            self.set_weights([file[key] for key in sorted(file.files)])


def _npz(path):
    path = str(path)
    return path if path.endswith(".npz") else path + ".npz"


def _is_functional(args, kwargs):
    return len(args) >= 2 or (len(args) == 1 and "outputs" in kwargs) or ("inputs" in kwargs and "outputs" in kwargs)
