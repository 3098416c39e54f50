"""Floor 7: the recurrent layers that make their cell themselves, and both directions at once."""

import inspect

from tinynn import ops
from tinynn.keras.layers.building import signature_of
from tinynn.keras.layers.cells import GRUCell, LSTMCell, SimpleRNNCell
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer
from tinynn.keras.layers.rnn import RNN
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object


class Recurrent(RNN):
    """Base: an RNN over a cell that it makes of its own arguments."""

    cell_class = None
    floats = True

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in inspect.signature(cls.cell_class.__init__).parameters if cls.cell_class else ():
            if name not in ("self", "kwargs") and name not in vars(cls):
                setattr(cls, name, property(lambda self, name=name: getattr(self.cell, name)))

    def _make(self, given):
        """Becomes an RNN over the cell that the arguments of `__init__` describe."""
        more = {**given["kwargs"]}
        cell = {name: given[name] for name in inspect.signature(self.cell_class.__init__).parameters
                if name not in ("self", "kwargs")}
        cell.update({key: more[key] for key in ("dtype", "trainable") if more.get(key) is not None})
        cell.update({"implementation": more.pop("implementation")} if "implementation" in more else {})
        own = {name: given[name] for name in ("return_sequences", "return_state", "go_backwards", "stateful", "unroll",
                                              "activity_regularizer")}
        RNN.__init__(self, self.cell_class(**cell), **own, **more)
        self.input_spec, self.use_cudnn = InputSpec(ndim=3), given.get("use_cudnn")

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer from its configuration."""
        return super(RNN, cls).from_config(config)


class SimpleRNN(Recurrent):
    """A recurrent layer: h' = activation(x kernel + h recurrent_kernel + bias) at every step.

    Args:
        units: the size of the state.
        activation: a name or a function.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights start.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
            recurrent_constraint, bias_constraint: as Dense's.
        dropout: in training, the share of the inputs that is left out, the same at all steps.
        recurrent_dropout: in training, the share of the state that is left out.
        seed: an int for a dropout that repeats.
        return_sequences, return_state, go_backwards, stateful, unroll: see RNN.

    Input: shape (batch, steps, features). Output: shape (batch, units), or (batch, steps, units).

    Source: Elman: Finding structure in time (1990).
    """

    cell_class = SimpleRNNCell

    def __init__(self, units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
                 recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
                 recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
                 recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0,
                 return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False,
                 seed=None, **kwargs):
        self._make(locals())


class LSTM(Recurrent):
    """A recurrent layer with a carry, which gates write, keep and read: it remembers over many steps.

    Args:
        units: the size of the state and of the carry.
        activation: of what is written and read.
        recurrent_activation: of the gates.
        use_bias: whether there is a bias.
        unit_forget_bias: whether the bias of the forget gate starts with 1.
        kernel_initializer and the others: as SimpleRNN's.
        use_cudnn: without meaning here.

    Input: shape (batch, steps, features). Output: shape (batch, units), or (batch, steps, units); the states are h and
        the carry.

    Example:
        >>> keras.layers.LSTM(4)(tf.ones((2, 10, 8))).shape
        TensorShape([2, 4])

    Source: Hochreiter, Schmidhuber: Long short-term memory (1997).
    """

    cell_class = LSTMCell

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal", bias_initializer="zeros",
                 unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None,
                 activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None,
                 dropout=0.0, recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False,
                 go_backwards=False, stateful=False, unroll=False, use_cudnn="auto", **kwargs):
        self._make(locals())

    unlisted = ("use_cudnn",)


class GRU(Recurrent):
    """A recurrent layer with two gates: how much of the state stays, and how much of it the candidate sees.

    Args:
        units: the size of the state.
        activation: of the candidate.
        recurrent_activation: of the gates.
        reset_after: whether the gate is applied after the product with the state (as in cuDNN), or before.
        kernel_initializer and the others: as SimpleRNN's.
        use_cudnn: without meaning here.

    Input: shape (batch, steps, features). Output: shape (batch, units), or (batch, steps, units).

    Source: Cho et al.: Learning phrase representations using RNN encoder-decoder (2014).
    """

    cell_class = GRUCell

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal", bias_initializer="zeros",
                 kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0,
                 recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False, go_backwards=False,
                 stateful=False, unroll=False, reset_after=True, use_cudnn="auto", **kwargs):
        self._make(locals())

    unlisted = ("use_cudnn",)


_MERGES = {"sum": lambda a, b: a + b, "mul": lambda a, b: a * b, "ave": lambda a, b: (a + b) / 2.0,
           "concat": lambda a, b: ops.concat([a, b], axis=-1), None: lambda a, b: (a, b)}
_COMMON = ("stateful", "return_sequences", "return_state")


class Bidirectional(Layer):
    """A recurrent layer from both ends of the sequences.

    Args:
        layer: the layer, as LSTM(16); a copy of it runs forwards, and one with weights of its own backwards.
        merge_mode: how the two outputs become one: "concat", "sum", "mul", "ave", or None for a tuple.
        weights: the first weights of both, as a list of arrays.
        backward_layer: another layer for the backward direction, with go_backwards=True.

    Call arguments: as RNN's; `initial_state` holds the states of both.

    Source: Schuster, Paliwal: Bidirectional recurrent neural networks (1997).
    """

    floats = True

    def __init__(self, layer, merge_mode="concat", weights=None, backward_layer=None, **kwargs):
        if not isinstance(layer, Layer) or not isinstance(backward_layer, Layer | None):
            raise ValueError("Please initialize `Bidirectional` layer with a `keras.layers.Layer` instance. Received: "
                             f"{layer!r}, backward_layer={backward_layer!r}")
        if merge_mode not in _MERGES:
            raise ValueError(f"Invalid merge mode. Received: {merge_mode!r}. Merge mode should be one of "
                             f"{set(_MERGES)}")
        super().__init__(**kwargs)
        self.forward_layer = _copy(layer, "forward_")
        self.backward_layer = _copy(layer, "backward_", go_backwards=True) if backward_layer is None else backward_layer
        ahead, back = self.forward_layer, self.backward_layer
        if ahead.go_backwards == back.go_backwards:
            raise ValueError("Forward layer and backward layer should have different `go_backwards` value, both have "
                             f"{ahead.go_backwards}")
        for name in _COMMON:
            if getattr(ahead, name) != getattr(back, name):
                raise ValueError("Forward layer and backward layer are expected to have the same value for attribute "
                                 f"{name!r}, got {getattr(ahead, name)} and {getattr(back, name)}")
            setattr(self, name, getattr(layer, name))
        for one in (ahead, back):
            if hasattr(one, "zero_output_for_mask"):
                one.zero_output_for_mask = one.return_sequences
        self.merge_mode, self.supports_masking, self.input_spec = merge_mode, True, layer.input_spec
        self._first_weights = weights

    def build(self, sequences_shape, initial_state_shape=None):
        """Builds both layers."""
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
        if self._first_weights:
            self.set_weights(self._first_weights)

    def call(self, sequences, initial_state=None, mask=None, training=None):
        """The merged outputs, and the states of both where they are wanted."""
        both = []
        for i, layer in enumerate((self.forward_layer, self.backward_layer)):
            _, has_training, has_mask, *_ = signature_of(type(layer).call)
            more = {"training": training} if has_training else {}
            more.update({"mask": mask} if has_mask and mask is not None else {})
            if initial_state is not None:
                half = len(initial_state) // 2
                more["initial_state"] = initial_state[half * i:half * (i + 1)]
            both.append(layer(sequences, **more))
        (ahead, *states), (back, *more) = both if self.return_state else ((both[0],), (both[1],))
        back = ops.reverse(back, [1]) if self.return_sequences else back
        merged = _MERGES[self.merge_mode](ops.cast(ahead, self.compute_dtype), ops.cast(back, self.compute_dtype))
        if not self.return_state:
            return merged
        return (*(merged if self.merge_mode is None else (merged,)), *states, *more)

    def reset_state(self):
        """Of stateful layers: the next batch begins with zeros."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    def compute_mask(self, inputs, mask=None):
        """The mask of the sequences where these are given back; states have none."""
        mask = (mask if self.return_sequences else None)
        outputs = [mask, mask] if self.merge_mode is None else mask
        if not self.return_state:
            return outputs
        states = [None] * (2 * len(self.forward_layer.state_size))
        return [*(outputs if self.merge_mode is None else (outputs,)), *states]

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        """The shape of the merged output, and those of the states."""
        shapes = self.forward_layer.compute_output_shape(sequences_shape)
        shape, *states = shapes if self.return_state else (shapes,)
        if self.merge_mode == "concat":
            shape = (*shape[:-1], 2 * shape[-1])
        merged = (shape, shape) if self.merge_mode is None else (shape,)
        return (*merged, *states, *states) if self.return_state or self.merge_mode is None else shape

    def get_config(self):
        """The arguments of the constructor."""
        return {"name": self.name, "trainable": self.trainable, "dtype": serialize_keras_object(self.dtype_policy),
                "merge_mode": self.merge_mode, "layer": serialize_keras_object(self.forward_layer),
                "backward_layer": serialize_keras_object(self.backward_layer)}


def _copy(layer, prefix, **changes):
    """A layer with the same arguments, and weights of its own."""
    described = serialize_keras_object(layer)
    described["config"] = {**described["config"], "name": prefix + layer.name.removeprefix(prefix), **changes}
    return deserialize_keras_object(described)
