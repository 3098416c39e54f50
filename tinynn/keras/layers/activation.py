"""Floor 7: activations that have options or weights, as layers."""

from tinynn import ops
from tinynn.keras import activations, constraints, initializers, regularizers
from tinynn.keras.layers.checks import broadcastable, not_negative
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer

_HIDDEN = {"float16": -3e4}     # what stands for minus infinity before a softmax; -1e9 in wider types


class ReLU(Layer):
    """max(inputs, 0); with its options, a slope below the threshold and a ceiling.

    Args:
        max_value: the largest output; None for no limit.
        negative_slope: the slope below the threshold.
        threshold: where the output begins to be the input.

    Example:
        >>> keras.layers.ReLU(max_value=3.0)(tf.constant([-2.0, 1.0, 5.0])).numpy()
        array([0., 1., 3.], dtype=float32)
    """

    leaf = True

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0:
            raise ValueError(f"max_value of a ReLU layer cannot be a negative value, got {max_value}")
        self.max_value = max_value
        self.negative_slope = not_negative(negative_slope, "negative_slope of a ReLU layer")
        self.threshold = not_negative(threshold, "threshold of a ReLU layer")
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        """The rectified inputs."""
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """The inputs where they are positive, negative_slope times them elsewhere.

    Args:
        negative_slope: the slope for negative inputs. (Keras 2 calls it `alpha`, which works as well.)
    """

    leaf = True

    def __init__(self, negative_slope=0.3, **kwargs):
        negative_slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        self.negative_slope = not_negative(negative_slope, "The negative_slope value of a Leaky ReLU layer")
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        """The inputs with a slope below 0."""
        return activations.leaky_relu(inputs, self.negative_slope)


class PReLU(Layer):
    """The inputs where they are positive, alpha times them elsewhere; alpha is learned, one for every feature.

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: for the weight alpha.
        shared_axes: axes (the first after the batch is 1) along which one alpha serves all; for images (1, 2).

    Source: He, Zhang, Ren, Sun: Delving deep into rectifiers (2015).
    """

    leaf = True

    def __init__(self, alpha_initializer="Zeros", alpha_regularizer=None, alpha_constraint=None, shared_axes=None,
                 **kwargs):
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if shared_axes is not None:
            shared_axes = list(shared_axes) if isinstance(shared_axes, (list, tuple)) else [shared_axes]
        self.shared_axes = shared_axes
        self.supports_masking = True

    def build(self, input_shape):
        """Makes alpha, of the shape of one example, with 1 at the shared axes."""
        shared = self.shared_axes or ()
        shape = tuple(1 if axis in shared else n for axis, n in enumerate(input_shape))[1:]
        self.alpha = self.add_weight(name="alpha", shape=shape, initializer=self.alpha_initializer,
                                     regularizer=self.alpha_regularizer, constraint=self.alpha_constraint)
        axes = {axis: n for axis, n in enumerate(input_shape) if axis and axis not in shared} if shared else {}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)

    def call(self, inputs):
        """The inputs with the learned slopes below 0."""
        return ops.relu(inputs) - self.alpha * ops.relu(-inputs)


class ELU(Layer):
    """The inputs where they are positive, alpha (e^x - 1) elsewhere.

    Args:
        alpha: where the outputs end for inputs far below 0, times -1.

    Source: Clevert, Unterthiner, Hochreiter: Fast and accurate deep network learning by ELUs (2016).
    """

    leaf = True

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = alpha
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        """The inputs, bent below 0."""
        return activations.elu(inputs, self.alpha)


class Softmax(Layer):
    """e^x / sum e^x along an axis; entries that a mask leaves out get 0.

    Args:
        axis: the axis, or a list of axes, along which the outputs add up to 1.

    Call arguments:
        inputs: a tensor.
        mask: truth values, or numbers above 1/2 for true, that broadcast to the inputs: which entries count.
    """

    leaf = True

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs, mask=None):
        """The shares."""
        if mask is None:
            return activations.softmax(inputs, self._axis())
        broadcastable(mask, inputs)
        mask = mask if mask.dtype == "bool" else mask > 0.5
        hidden = ops.zeros_like(inputs) + _HIDDEN.get(str(inputs.dtype), -1e9)
        shares = activations.softmax(ops.where(mask, inputs, hidden), self._axis())
        return ops.where(mask, shares, ops.zeros_like(shares))

    def _axis(self):
        axis = self.axis
        return axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
