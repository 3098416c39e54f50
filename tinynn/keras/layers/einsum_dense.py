"""Floor 7: a Dense layer for any axes, described by an equation."""

import re

from tinynn import ops
from tinynn.keras import activations, constraints, initializers, regularizers
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer
from tinynn.keras.saving import serialize_keras_object


class EinsumDense(Layer):
    """activation(einsum(equation, inputs, kernel) + bias).

    Args:
        equation: "ab,bc->ac" and the like; "..." may stand for axes on the left or on the right.
        output_shape: the shape of the output without batch and without what "..." stands for; None for extents that
            the input gives.
        activation: a name or a function; none by default.
        bias_axes: letters of the output that the bias has; None for no bias.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint:
            as Dense's.

    Example:
        >>> keras.layers.EinsumDense("abc,cd->abd", output_shape=(None, 6), bias_axes="d")(tf.ones((2, 3, 4))).shape
        TensorShape([2, 3, 6])
    """

    leaf = True
    floats = True
    unlisted = ("output_shape", "lora_rank", "lora_alpha", "gptq_unpacked_column_size")

    def __init__(self, equation, output_shape, activation=None, bias_axes=None, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, kernel_constraint=None,
                 bias_constraint=None, lora_rank=None, lora_alpha=None, gptq_unpacked_column_size=None,
                 quantization_config=None, **kwargs):
        if lora_rank is not None or quantization_config is not None:
            raise NotImplementedError("tinynn's EinsumDense has no LoRA and no quantization")
        super().__init__(**kwargs)
        self.equation, self.bias_axes = equation, bias_axes
        self.partial_output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.activation = activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape):
        """Makes the kernel, whose axes the equation names, and the bias."""
        kernel, bias, self.full_output_shape, *axes = _shapes(
            self.equation, self.bias_axes, tuple(input_shape), self.partial_output_shape)
        self.input_spec = InputSpec(ndim=len(input_shape))
        self.kernel = self.add_weight(name="kernel", shape=kernel, initializer=self._initializer(*axes),
                                      regularizer=self.kernel_regularizer, constraint=self.kernel_constraint)
        self.bias = None
        if bias is not None:
            self.bias = self.add_weight(name="bias", shape=bias, initializer=self.bias_initializer,
                                        regularizer=self.bias_regularizer, constraint=self.bias_constraint)

    def _initializer(self, input_axes, output_axes):
        """The kernel's initializer, told which axes are inputs and which are outputs where it can use that."""
        own = self.kernel_initializer
        if getattr(own, "input_axes", 0) is None or getattr(own, "output_axes", 0) is None:
            return type(own)(**{**own.get_config(), "seed": own.seed, "input_axes": input_axes,
                                "output_axes": output_axes})
        return own

    def call(self, inputs):
        """The outputs."""
        x = ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            x = x + self.bias
        return self.activation(x)

    def compute_output_shape(self, input_shape):
        """The shape of the output."""
        return _shapes(self.equation, self.bias_axes, tuple(input_shape), self.partial_output_shape)[2]

    def get_config(self):
        """The arguments of the constructor."""
        return {**super().get_config(), "output_shape": self.partial_output_shape,
                "activity_regularizer": serialize_keras_object(self.activity_regularizer)}


_FORMS = {"left": r"\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)$",
          "right": r"([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\.$",
          "none": r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$"}


def _shapes(equation, bias_axes, shape, partial):
    """The shapes of kernel, bias (or None) and output, and which axes of the kernel are inputs and which outputs."""
    form, match = next(((form, match) for form, pattern in _FORMS.items() if (match := re.match(pattern, equation))),
                       (None, None))
    if match is None:
        raise ValueError(f"Invalid einsum equation '{equation}'. Equations must be in the form [X],[Y]->[Z], "
                         "...[X],[Y]->...[Z], or [X]...,[Y]->[Z]....")
    inputs, kernel, outputs = match.groups()
    hidden = len(shape) - len(inputs)       # axes that "..." stands for
    output = [shape[0], *partial]
    if form == "left":
        output[1:1] = shape[1:hidden]
        shape, lead = shape[hidden:], hidden
    else:
        output += shape[len(inputs):] if hidden > 0 else ()
        lead = 0
    given = dict(zip(inputs, shape, strict=False))
    made = dict(zip(outputs, output[lead:], strict=False))
    _agree(given, made, inputs, kernel, outputs)
    for i, letter in enumerate(outputs):
        output[lead + i] = made[letter] = given.get(letter) if made[letter] is None else made[letter]
    extents = [made[letter] if letter in made else given[letter] for letter in kernel]
    return (tuple(extents), _bias_shape(bias_axes, outputs, made, hidden if form == "right" else 0), tuple(output),
            [i for i, letter in enumerate(kernel) if letter not in made],
            [i for i, letter in enumerate(kernel) if letter in made])


def _agree(given, made, inputs, kernel, outputs):
    """Raises ValueError where the letters do not fit together."""
    for letter in inputs:
        if made.get(letter) is not None and made[letter] != given.get(letter):
            raise ValueError(f"Input shape and output shape do not match at shared dimension '{letter}'. Input shape "
                             f"is {given.get(letter)}, and output shape is {made[letter]}.")
    for letter in outputs:
        if letter not in inputs and letter not in kernel:
            raise ValueError(f"Dimension '{letter}' was specified in the output '{outputs}' but has no corresponding "
                             f"dim in the input spec '{inputs}' or weight spec '{kernel}'")
    for letter in kernel:
        if letter not in made and letter not in given:
            raise ValueError(f"Weight dimension '{letter}' did not have a match in either the input spec '{inputs}' or "
                             f"the output spec '{outputs}'. For this layer, the weight must be fully specified.")


def _bias_shape(bias_axes, outputs, made, behind):
    if bias_axes is None:
        return None
    for letter in bias_axes:
        if letter not in outputs:
            raise ValueError(f"Bias dimension '{letter}' was requested, but is not part of the output spec '{outputs}'")
    first = min(outputs.index(letter) for letter in bias_axes)
    return (*(made[letter] if letter in bias_axes else 1 for letter in outputs[first:]), *(1,) * behind)
