"""Floor 7: the layers that everything is made of."""

import inspect
import warnings

from tinynn import ops
from tinynn.keras import activations, constraints, initializers, naming, regularizers
from tinynn.keras.config import floatx
from tinynn.keras.layers.absent import SetByBuild
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object
from tinynn.keras.symbolic import KerasTensor, Node
from tinynn.keras.variable import dtype_name

# Activations without options as the ops they are, for tensors that need no conversion.
_PLAIN = {activations.relu: ops.relu, activations.tanh: ops.tanh}


class InputLayer(Layer):
    """The entry of a model; `keras.Input` makes it and gives its symbolic tensor.

    Args:
        shape: without the batch axis; None for unknown extents.
        batch_size: the extent of the batch axis.
        dtype: the type that inputs are cast to.
        batch_shape: the shape with the batch axis, instead of the first two.
        input_tensor: a symbolic tensor to stand for.
    """

    def __init__(self, shape=None, batch_size=None, dtype=None, sparse=None, ragged=None, batch_shape=None,
                 input_tensor=None, optional=False, name=None, input_shape=None, batch_input_shape=None, **kwargs):
        for old, new, value in (("input_shape", "shape", input_shape), ("batch_input_shape", "batch_shape",
                                                                        batch_input_shape)):
            if value is not None:
                warnings.warn(f"Argument `{old}` is deprecated. Use `{new}` instead.", stacklevel=3)
        shape = input_shape if shape is None else shape
        batch_shape = batch_input_shape if batch_shape is None else batch_shape
        for name_, value in (("shape", shape), ("batch_size", batch_size)):
            if value is not None and batch_shape is not None:
                raise ValueError(f"You cannot pass both `{name_}` and `batch_shape` at the same time.")
        if input_tensor is not None:
            batch_shape, dtype = _of_tensor(input_tensor, shape, batch_size, batch_shape, dtype, sparse)
        if batch_shape is None:
            if shape is None:
                raise ValueError("Input needs a shape: you must pass a `shape` argument. It has no batch axis, as in "
                                 "keras.Input(shape=(784,))")
            batch_shape = (batch_size, *as_shape(shape))
        super().__init__(name=naming.auto_name("input_layer") if name is None else name)
        self.batch_shape = tuple(batch_shape)
        self._input_dtype = dtype_name(dtype or floatx())
        self.sparse, self.ragged, self.optional = bool(sparse), bool(ragged), optional
        self.supports_masking = True
        self._build_at_init()
        tensor = KerasTensor(self.batch_shape, self._input_dtype, name=name) if input_tensor is None else input_tensor
        Node(self, (), {}, tensor)

    dtype = property(lambda self: self._input_dtype)

    def call(self):
        """Nothing: an input layer computes nothing."""

    @property
    def output(self):
        """Its symbolic tensor."""
        return self.inbound_nodes[0].result

    def get_config(self):
        """The arguments of the constructor."""
        return {"batch_shape": self.batch_shape, "dtype": str(self.dtype), "sparse": self.sparse,
                "ragged": self.ragged, "name": self.name, "optional": self.optional}


def _of_tensor(tensor, shape, batch_size, batch_shape, dtype, sparse):
    """The batch shape and the dtype of a symbolic tensor, with which all that was given must agree."""
    if not isinstance(tensor, KerasTensor):
        raise ValueError(f"Argument `input_tensor` must be a KerasTensor. Received invalid type: {type(tensor)}")
    wanted = {"shape": (shape and as_shape(shape), tensor.shape[1:]), "batch_size": (batch_size, tensor.shape[0]),
              "batch_shape": (batch_shape and tuple(batch_shape), tensor.shape),
              "dtype": (dtype and dtype_name(dtype), tensor.dtype), "sparse": (sparse, tensor.sparse)}
    for name, (given, own) in wanted.items():
        if given is not None and given != own:
            raise ValueError(f"When providing the `input_tensor` keyword argument to `InputLayer`, you cannot provide "
                             f"an incompatible `{name}` argument: got {given}, the tensor has {own}")
    return tensor.shape, tensor.dtype


def Input(shape=None, batch_size=None, dtype=None, sparse=None, ragged=None, batch_shape=None, name=None,
          tensor=None, optional=False):
    """The symbolic tensor with which a functional model begins.

    Args:
        shape: without the batch axis; None for unknown extents.
        batch_size: the extent of the batch axis, where it is fixed.
        dtype: the type that inputs are cast to.
        batch_shape: the shape with the batch axis, instead of the first two.
        name: the name under which a dict of inputs holds it.
        tensor: a symbolic tensor to stand for.

    Returns:
        A KerasTensor of shape (batch_size, *shape).

    Example:
        >>> x = keras.Input(shape=(32,))
        >>> model = keras.Model(x, keras.layers.Dense(10)(x))
    """
    layer = InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name)
    return layer.output


def as_shape(shape):
    """A shape as a tuple; a number becomes one axis."""
    return (shape,) if isinstance(shape, int) else tuple(shape)


class Dense(Layer, hot=True):
    """activation(inputs @ kernel + bias).

    Args:
        units: the size of the output's last axis.
        activation: a name or a function; none by default.
        use_bias: whether there is a bias.
        kernel_initializer, bias_initializer: how the weights start.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: a penalty on the output.
        kernel_constraint, bias_constraint: functions applied to the weights after every update.

    Input: shape (batch, ..., features). Output: shape (batch, ..., units).

    Example:
        >>> keras.layers.Dense(3, activation="relu")(tf.ones((2, 4))).shape
        TensorShape([2, 3])
    """

    kernel, bias = SetByBuild(), SetByBuild()
    leaf = True
    floats = True
    unlisted = ("lora_rank", "lora_alpha")

    def __init__(self, units, activation=None, use_bias=True, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, lora_rank=None, lora_alpha=None,
                 quantization_config=None, **kwargs):
        if lora_rank is not None or quantization_config is not None:
            raise NotImplementedError("tinynn's Dense has no LoRA and no quantization")
        if not hasattr(units, "__index__") or units <= 0:
            raise ValueError(f"Dense takes a positive integer for units, got {units!r}")
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = units.__index__()
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape):
        """Makes kernel (features, units) and bias (units,)."""
        features = input_shape[-1]
        if features is None:
            raise ValueError(f"Dense {self.name!r} got input of shape {tuple(input_shape)}; it needs to know the last "
                             "axis. Give it in keras.Input(shape=(..., features)).")
        self.kernel = self.add_weight(name="kernel", shape=(features, self.units), initializer=self.kernel_initializer,
                                      regularizer=self.kernel_regularizer, constraint=self.kernel_constraint)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.units,), initializer=self.bias_initializer,
                                        regularizer=self.bias_regularizer, constraint=self.bias_constraint)
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs):
        """The outputs of shape (batch, ..., units)."""
        x = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            x = ops.bias_add(x, self.bias)
        activation = self.activation
        return x if activation is activations.linear or activation is None else _PLAIN.get(activation, activation)(x)

    def get_config(self):
        """The arguments of the constructor."""
        config = super().get_config()
        if self.activity_regularizer is None:
            config.pop("activity_regularizer")
        return config


class Activation(Layer):
    """An activation as a layer of its own.

    Args:
        activation: a name or a function.
    """

    leaf = True

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        """activation(inputs)."""
        return self.activation(inputs)


class Identity(Layer):
    """Gives back its input."""

    leaf = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        """The inputs."""
        return inputs


class Lambda(Layer):
    """Any function as a layer. It keeps no weights; what changes belongs into a Layer of one's own.

    Args:
        function: called with the inputs, and with `mask` and `training` where it has such parameters.
        output_shape: not needed here.
        mask: a mask, or a function that makes it.
        arguments: more keyword arguments of the function.
    """

    def __init__(self, function, output_shape=None, mask=None, arguments=None, **kwargs):
        if not callable(function):
            raise TypeError(f"Lambda takes a function, got {function!r}")
        super().__init__(**kwargs)
        self.function, self.mask = function, mask
        self.arguments = dict(arguments or {})
        self._output_shape = output_shape
        self._wants = set(inspect.signature(function).parameters) & {"mask", "training"} \
            if inspect.isfunction(function) or inspect.ismethod(function) else set()
        self.supports_masking = mask is not None
        self._build_at_init()

    def call(self, inputs, mask=None, training=None):
        """function(inputs)."""
        extra = {name: value for name, value in (("mask", mask), ("training", training)) if name in self._wants}
        return self.function(inputs, **self.arguments, **extra)

    def compute_mask(self, inputs, mask=None):
        """The mask that was given."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self):
        """The arguments of the constructor."""
        is_lambda = getattr(self.function, "__name__", "") == "<lambda>"     # it can be copied, but not be saved
        return {"name": self.name, "trainable": self.trainable,
                "function": self.function if is_lambda else serialize_keras_object(self.function),
                "arguments": self.arguments}

    @classmethod
    def from_config(cls, config, custom_objects=None, safe_mode=None):
        """A layer from its configuration."""
        function = config["function"]
        if not callable(function):
            function = deserialize_keras_object(function, custom_objects=custom_objects)
        return cls(**{**config, "function": function})

