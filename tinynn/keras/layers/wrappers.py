"""Floor 7: layers around a layer."""

from tinynn import ops
from tinynn.keras import initializers
from tinynn.keras.layers.building import signature_of
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer


class Wrapper(Layer):
    """Base of layers around another one.

    Args:
        layer: the inner layer.
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ValueError(f"Layer {layer} supplied to Wrapper isn't a supported layer type. Please ensure wrapped "
                             "layer is a valid Keras layer.")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape=None):
        """Builds the inner layer."""
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True


class TimeDistributed(Wrapper):
    """Applies a layer to every step of sequences.

    Args:
        layer: the layer, for inputs of shape (batch, ...).

    Input: shape (batch, steps, ...).
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ValueError(f"Please initialize `TimeDistributed` layer with a `keras.layers.Layer` instance, got "
                             f"{layer!r}")
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        """Builds the inner layer for one step."""
        super().build(self._of_step(input_shape))

    def _of_step(self, shape):
        if not isinstance(shape, (tuple, list)) or len(shape) < 3:
            raise ValueError("`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, "
                             f"received: {shape}")
        return (shape[0], *shape[2:])

    def compute_output_shape(self, input_shape):
        """The shape of a step's output, with the steps put back."""
        batch, *rest = self.layer.compute_output_shape(self._of_step(input_shape))
        return (batch, input_shape[1], *rest)

    def call(self, inputs, training=None, mask=None):
        """The outputs of all steps."""
        if mask is not None and tuple(mask.shape[:2]) != tuple(inputs.shape[:2]):
            few = len(mask.shape) < 2
            raise ValueError(f"The `mask` passed to the `TimeDistributed` layer "
                             f"{'must be at least 2D' if few else 'has a shape that does not fit'}: mask of shape "
                             f"{tuple(mask.shape)} is incompatible with the input shape {tuple(inputs.shape)}")
        _, has_training, has_mask, *_ = signature_of(type(self.layer).call)
        more = {"training": training} if has_training else {}
        steps = []
        for i in range(inputs.shape[1]):
            if has_mask and mask is not None:
                more["mask"] = mask[:, i]
            steps.append(self.layer.call(ops.cast(inputs[:, i], self.layer.compute_dtype), **more))
        return ops.cast(ops.stack(steps, axis=1), self.compute_dtype)


class SpectralNormalization(Wrapper):
    """Divides the kernel of a layer by its largest singular value, at every training step.

    Args:
        layer: a layer with a `kernel` or `embeddings`.
        power_iterations: how many steps of the power method find the singular value.

    Source: Miyato et al.: Spectral normalization for generative adversarial networks (2018).
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ValueError("`power_iterations` should be greater than zero. Received: "
                             f"`power_iterations={power_iterations}`")
        self.power_iterations = power_iterations

    def build(self, input_shape):
        """Makes the vector that follows the largest singular value."""
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        kernel = getattr(self.layer, "kernel", None)
        self.kernel = getattr(self.layer, "embeddings", None) if kernel is None else kernel
        if self.kernel is None:
            raise ValueError(f"{type(self.layer).__name__} object has no attribute 'kernel' nor 'embeddings'")
        self.vector_u = self.add_weight(name="vector_u", shape=(1, self.kernel.shape[-1]), trainable=False,
                                        initializer=initializers.TruncatedNormal(stddev=0.02), dtype=self.kernel.dtype)

    def call(self, inputs, training=False):
        """What the layer makes of the inputs; in training its kernel is normalized first."""
        if training:
            self._normalize()
        return ops.cast(self.layer(inputs), inputs.dtype)

    def _normalize(self):
        """One application of the power method."""
        weights = ops.reshape(self.kernel, (-1, self.kernel.shape[-1]))
        u = self.vector_u
        for _ in range(self.power_iterations):
            v = _unit(ops.matmul(u, weights, transpose_b=True))
            u = _unit(ops.matmul(v, weights))
        largest = ops.matmul(ops.matmul(v, weights), u, transpose_b=True)
        scale = ops.where(ops.equal(largest, 0.0), ops.ones_like(largest), largest)
        self.vector_u.assign(u)
        self.kernel.assign(ops.reshape(weights / scale, tuple(self.kernel.shape)))

    def compute_output_shape(self, input_shape):
        """That of the inner layer."""
        return self.layer.compute_output_shape(input_shape)


def _unit(x):
    return ops.stop_gradient(ops.l2_normalize(x, epsilon=1e-24))
