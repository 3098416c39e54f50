"""Floor 7: convolutions. An image is (batch, height, width, channels), a sequence (batch, steps, features)."""

from tinynn import ops
from tinynn.keras import activations, constraints, initializers, regularizers
from tinynn.keras.context import context
from tinynn.keras.layers.checks import above_zero, one_of, several
from tinynn.keras.layers.checks import data_format as standard_format
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer


class Sliding(Layer):
    """Base of the layers whose windows slide over `count` axes between batch and channels."""

    leaf = True
    count = 2
    _stated_by = "compute_output_shape"

    def _extents(self, extents):
        """Those of the output."""
        raise NotImplementedError

    def _channels(self, channels):
        """How many the output has."""
        return channels

    def compute_output_shape(self, input_shape):
        """The shape of the output."""
        last = self.data_format == "channels_last"
        batch, *extents, channels = input_shape if last else (input_shape[0], *input_shape[2:], input_shape[1])
        found = self._extents(tuple(extents))
        if any(n is not None and n <= 0 for n in found):
            if not context.placeholder:
                raise ValueError(f"Computed output size would be zero or negative. {type(self).__name__} {self.name!r} "
                                 f"got input of shape {tuple(input_shape)}: take a smaller window, fewer layers that "
                                 "shrink, or padding='same'")
            found = tuple(max(n, 1 + context.run) for n in found)   # what stands for an unknown extent is small
        channels = self._channels(channels)
        return (batch, *found, channels) if last else (batch, channels, *found)

    def accepts(self, shape):
        """Raises ValueError where no window fits."""
        self.compute_output_shape(shape)


def slid(extents, size, stride, dilation, padding):
    """How many windows fit along every axis; None where the extent is unknown."""
    if padding == "valid":
        extents = [None if n is None else n - d * (k - 1) for n, k, d in zip(extents, size, dilation, strict=True)]
    return tuple(None if n is None else -(-n // s) for n, s in zip(extents, stride, strict=True))


class Convolution(Sliding):
    """Base of the convolutions: their settings, and what follows the product."""

    paddings = ("valid", "same")

    def __init__(self, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
                 bias_initializer, bias_regularizer, bias_constraint, **kwargs):
        super().__init__(**kwargs)
        self.kernel_size = several(kernel_size, self.count, "kernel_size", least=1)
        self.strides = several(strides, self.count, "strides", least=1)
        self.dilation_rate = several(dilation_rate, self.count, "dilation_rate", least=1)
        self.padding = one_of(padding, self.paddings, "padding")
        self.data_format = standard_format(data_format)
        if self.padding == "causal" and self.data_format == "channels_first":
            raise ValueError("`padding='causal'` takes data_format='channels_last'")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError("`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
                             f"strides={self.strides} and dilation_rate={self.dilation_rate}")
        self.activation, self.use_bias = activations.get(activation), use_bias
        self.bias_initializer = initializers.get(bias_initializer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(ndim=self.count + 2)

    def _keep(self, name, initializer, regularizer, constraint):
        """Keeps the settings of a kernel under Keras's names."""
        setattr(self, f"{name}_initializer", initializers.get(initializer))
        setattr(self, f"{name}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{name}_constraint", constraints.get(constraint))

    def _add_kernel(self, name, shape, kind="kernel"):
        """Makes a kernel with the settings kept for its kind."""
        settings = {part: getattr(self, f"{kind}_{part}") for part in ("initializer", "regularizer", "constraint")}
        setattr(self, name, self.add_weight(name=name, shape=shape, **settings))

    def _depth(self, input_shape):
        """The number of channels, from now on that of every input."""
        axis = -1 if self.data_format == "channels_last" else 1
        if input_shape[axis] is None:
            raise ValueError(f"{type(self).__name__} {self.name!r} got input of shape {tuple(input_shape)}; it needs "
                             "to know the number of channels")
        self.input_spec = InputSpec(ndim=self.count + 2, axes={axis: input_shape[axis]})
        return input_shape[axis]

    def _add_bias(self, filters):
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(filters,), initializer=self.bias_initializer,
                                        regularizer=self.bias_regularizer, constraint=self.bias_constraint)

    def call(self, inputs):
        """The outputs, with the channels where they are in the inputs."""
        y = self._product(ops.channels_last(inputs, self.data_format))
        if self.bias is not None:
            y = ops.bias_add(y, self.bias)
        y = ops.channels_back(y, self.data_format)
        return y if self.activation is None else self.activation(y)

    def _extents(self, extents):
        return slid(extents, self.kernel_size, self.strides, self.dilation_rate, self.padding)

    def _channels(self, channels):
        return self.filters


class Conv(Convolution):
    """Base of Conv1D, Conv2D and Conv3D."""

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, groups=1,
                 activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
                 bias_constraint=None, **kwargs):
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
                         bias_initializer, bias_regularizer, bias_constraint,
                         activity_regularizer=activity_regularizer, **kwargs)
        self.filters, self.groups = above_zero(filters, "filters"), groups
        if groups <= 0:
            raise ValueError(f"The number of groups must be a positive integer. Received: groups={groups}.")
        if filters % groups:
            raise ValueError("The number of filters must be evenly divisible by the number of groups. Received: "
                             f"groups={groups}, filters={filters}.")
        self._keep("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)

    def build(self, input_shape):
        """Makes kernel (*kernel_size, channels / groups, filters) and bias (filters,)."""
        channels = self._depth(input_shape)
        if channels % self.groups:
            raise ValueError("The number of input channels must be evenly divisible by the number of groups. Received "
                             f"groups={self.groups}, but the input has {channels} channels")
        self._add_kernel("kernel", (*self.kernel_size, channels // self.groups, self.filters))
        self._add_bias(self.filters)
        self.compute_output_shape(input_shape)

    def _product(self, x):
        return ops.convolve(x, self.kernel, self.strides, self.padding, self.dilation_rate)


class Conv1D(Conv):
    """A convolution over sequences: activation(product of a kernel with every window + bias).

    Args:
        filters: the number of output channels.
        kernel_size: the length of a window.
        strides: the step from a window to the next.
        padding: "valid" for windows inside the input, "same" for as many outputs as inputs (over the strides),
            "causal" for zeros in front, so that no output depends on later steps.
        data_format: "channels_last", (batch, steps, channels), or "channels_first", (batch, channels, steps).
        dilation_rate: the step between the places of a window.
        groups: into how many groups the channels are divided, each with filters of its own.
        activation: a name or a function; none by default.
        use_bias: whether there is a bias.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer,
            kernel_constraint, bias_constraint: as Dense's.

    Example:
        >>> keras.layers.Conv1D(8, 3)(tf.ones((2, 10, 4))).shape
        TensorShape([2, 8, 8])
    """

    count = 1
    paddings = ("valid", "same", "causal")


class Conv2D(Conv):
    """A convolution over images: activation(product of a kernel with every window + bias).

    Args:
        filters: the number of output channels.
        kernel_size: height and width of a window, or one number for both.
        strides: the steps from a window to the next, down and to the right, or one number for both.
        padding: "valid" for windows inside the image, "same" for zeros around it, so that the output has the extents
            of the input (divided by the strides).
        data_format: "channels_last", (batch, height, width, channels), or "channels_first".
        dilation_rate: the steps between the places of a window.
        groups and the others: as Conv1D's.

    Example:
        >>> keras.layers.Conv2D(8, 3, activation="relu")(tf.ones((2, 28, 28, 1))).shape
        TensorShape([2, 26, 26, 8])

    Source: LeCun et al.: Gradient-based learning applied to document recognition (1998).
    """


class Conv3D(Conv):
    """A convolution over volumes, (batch, depth, height, width, channels); see Conv2D."""

    count = 3


class ConvTranspose(Convolution):
    """Base of Conv1DTranspose, Conv2DTranspose and Conv3DTranspose."""

    def __init__(self, filters, kernel_size, strides=1, padding="valid", output_padding=None, data_format=None,
                 dilation_rate=1, activation=None, use_bias=True, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
                         bias_initializer, bias_regularizer, bias_constraint,
                         activity_regularizer=activity_regularizer, **kwargs)
        self.filters = above_zero(filters, "filters")
        self.output_padding = None if output_padding is None else several(output_padding, self.count, "output_padding")
        if self.output_padding and any(p >= s for p, s in zip(self.output_padding, self.strides, strict=True)):
            raise ValueError(f"`output_padding` must be strictly less than `strides`. Received: output_padding="
                             f"{self.output_padding}, strides={self.strides}")
        self._keep("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)

    def build(self, input_shape):
        """Makes kernel (*kernel_size, filters, channels) and bias (filters,)."""
        self._add_kernel("kernel", (*self.kernel_size, self.filters, self._depth(input_shape)))
        self._add_bias(self.filters)

    def _extents(self, extents):
        return ops.transposed_extents(extents, self.kernel_size, self.strides, self.padding, self.output_padding,
                                      self.dilation_rate)

    def _product(self, x):
        return ops.convolve_transposed(x, self.kernel, self.strides, self.padding, self.output_padding,
                                       self.dilation_rate)


class Conv1DTranspose(ConvTranspose):
    """A transposed convolution over sequences; see Conv2DTranspose."""

    count = 1


class Conv2DTranspose(ConvTranspose):
    """A transposed convolution: every pixel puts a copy of the kernel down, so that images become larger.

    Args:
        filters: the number of output channels.
        kernel_size: height and width of the kernel, or one number for both.
        strides: how far apart the copies of neighbours are.
        padding: "valid", or "same" for an output of the input's extents times the strides.
        output_padding: how much longer the output is; less than the strides.
        dilation_rate and the others: as Conv2D's.

    Example:
        >>> keras.layers.Conv2DTranspose(3, 3, strides=2, padding="same")(tf.ones((2, 7, 7, 8))).shape
        TensorShape([2, 14, 14, 3])
    """


class Conv3DTranspose(ConvTranspose):
    """A transposed convolution over volumes; see Conv2DTranspose."""

    count = 3
