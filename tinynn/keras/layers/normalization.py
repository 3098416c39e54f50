"""Floor 7: layers that bring what passes through them to a common scale."""

from tinynn import ops
from tinynn.keras import config, constraints, initializers, regularizers
from tinynn.keras.layers.checks import axes_within, axis_or_axes
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer


class Normalizer(Layer):
    """Base: a scale gamma and an offset beta, with what Keras lets one choose about them."""

    leaf = True

    def __init__(self, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
                 gamma_regularizer, beta_constraint, gamma_constraint, **kwargs):
        super().__init__(**kwargs)
        self.epsilon, self.center, self.scale = epsilon, center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.gamma = self.beta = None
        self.supports_masking = True

    def add_gamma_and_beta(self, shape, scale=True, center=True):
        """Makes the two weights, where they are wanted."""
        if scale:
            self.gamma = self.add_weight(name="gamma", shape=shape, initializer=self.gamma_initializer, autocast=False,
                                         regularizer=self.gamma_regularizer, constraint=self.gamma_constraint)
        if center:
            self.beta = self.add_weight(name="beta", shape=shape, initializer=self.beta_initializer, autocast=False,
                                        regularizer=self.beta_regularizer, constraint=self.beta_constraint)

    def compute_output_shape(self, input_shape):
        """The shape of the input."""
        axes_within(self.axis, input_shape)
        return tuple(input_shape)


def _scaled(x, mean, variance, gamma, beta, epsilon):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, as TensorFlow computes it."""
    return ops.batch_normalization(x, mean, variance, beta, gamma, epsilon)


def _wide(x):
    """x in float32 where it is a half."""
    return x if x.dtype.size >= 4 else ops.cast(x, "float32")


class BatchNormalization(Normalizer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, per feature.

    In training, mean and variance are those of the batch, and moving averages of them are kept:
    moving = moving momentum + batch (1 - momentum). In inference, and where `trainable` is False, the moving ones are
    used.

    Args:
        axis: the axis of the features.
        momentum: how slowly the moving averages follow.
        epsilon: a small number against divisions by 0.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: how the four start.
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: as for every weight.

    Call arguments:
        inputs: a tensor.
        training: whether to use the statistics of the batch.
        mask: which steps count in the statistics, one axis less than the inputs.

    Source: Ioffe, Szegedy: Batch normalization (2015).
    """

    def __init__(self, axis=-1, momentum=0.99, epsilon=1e-3, center=True, scale=True, beta_initializer="zeros",
                 gamma_initializer="ones", moving_mean_initializer="zeros", moving_variance_initializer="ones",
                 beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
                 renorm=False, renorm_clipping=None, renorm_momentum=0.99, synchronized=False, **kwargs):
        if renorm:
            raise NotImplementedError("tinynn's BatchNormalization has no renorm")
        super().__init__(float(epsilon), center, scale, beta_initializer, gamma_initializer, beta_regularizer,
                         gamma_regularizer, beta_constraint, gamma_constraint, **kwargs)
        self.axis, self.momentum, self.synchronized = int(axis), float(momentum), synchronized
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def build(self, input_shape):
        """Makes gamma, beta, moving_mean and moving_variance, one number per feature each."""
        axis, = axes_within(self.axis, input_shape)
        features = input_shape[axis]
        self.add_gamma_and_beta((features,), self.scale, self.center)
        self.moving_mean = self.add_weight(name="moving_mean", shape=(features,), trainable=False, autocast=False,
                                           initializer=self.moving_mean_initializer)
        self.moving_variance = self.add_weight(name="moving_variance", shape=(features,), trainable=False,
                                               autocast=False, initializer=self.moving_variance_initializer)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: features})
        self._others = [i for i in range(len(input_shape)) if i != axis]
        last = axis == len(input_shape) - 1
        self._broadcast = None if last else tuple(features if i == axis else 1 for i in range(len(input_shape)))

    def call(self, inputs, training=None, mask=None):
        """The normalized inputs."""
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(f"The mask provided should be one dimension less than the inputs; got mask of shape "
                             f"{tuple(mask.shape)} for inputs of shape {tuple(inputs.shape)}")
        x = _wide(inputs)
        if training and self.trainable:
            mean, variance = self._moments(x, mask)
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        parts = [self._spread(part) for part in (mean, variance, self.gamma, self.beta)]
        y = _scaled(x, *parts, self.epsilon)
        return y if y.dtype == self.compute_dtype else ops.cast(y, self.compute_dtype)

    def _follow(self, moving, value):
        moving.assign(moving * self.momentum + ops.cast(value, moving.dtype) * (1.0 - self.momentum))

    def _spread(self, part):
        return part if part is None or self._broadcast is None else ops.reshape(part, self._broadcast)

    def _moments(self, x, mask):
        if mask is None:
            return ops.moments(x, self._others)
        counts = ops.broadcast_to(ops.cast(ops.expand_dims(mask, -1), "bool"), tuple(x.shape))
        total = ops.reduce_sum(ops.cast(counts, x.dtype), self._others, keepdims=True) + config.epsilon()
        mean = ops.reduce_sum(ops.where(counts, x, ops.zeros_like(x)), self._others, keepdims=True) / total
        distance = ops.where(counts, x - mean, ops.zeros_like(x))
        variance = ops.reduce_sum(ops.square(distance), self._others) / ops.squeeze(total, self._others)
        return ops.squeeze(mean, self._others), variance


class LayerNormalization(Normalizer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, with mean and variance of every example along its axes.

    Args:
        axis: the axis, or a list of axes, that are normalized together.
        epsilon: a small number against divisions by 0.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint:
            as for every weight.
        rms_scaling: divide by the standard deviation only, without centering. (Keras calls it deprecated; see
            RMSNormalization.)

    Source: Ba, Kiros, Hinton: Layer normalization (2016).
    """

    def __init__(self, axis=-1, epsilon=1e-3, center=True, scale=True, beta_initializer="zeros",
                 gamma_initializer="ones", beta_regularizer=None, gamma_regularizer=None, beta_constraint=None,
                 gamma_constraint=None, rms_scaling=False, **kwargs):
        super().__init__(epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
                         gamma_regularizer, beta_constraint, gamma_constraint, **kwargs)
        self.axis, self.rms_scaling = axis_or_axes(axis), rms_scaling

    def build(self, input_shape):
        """Makes gamma and beta, of the shape of the normalized axes."""
        self.axis = self._axes = axes_within(self.axis, input_shape)
        shape = tuple(input_shape[axis] for axis in self._axes)
        self.add_gamma_and_beta(shape, self.scale or self.rms_scaling, self.center and not self.rms_scaling)
        rank, axes = len(input_shape), self._axes
        trailing = axes == list(range(rank - len(axes), rank))
        self._broadcast = None if trailing else tuple(n if i in axes else 1 for i, n in enumerate(input_shape))

    def call(self, inputs):
        """The normalized inputs."""
        x = _wide(inputs)
        gamma, beta = (part if part is None or self._broadcast is None else ops.reshape(part, self._broadcast)
                       for part in (self.gamma, self.beta))
        mean, variance = ops.moments(x, self._axes, keepdims=True)
        if self.rms_scaling:
            y = x * ops.rsqrt(variance + self.epsilon) * gamma
        else:
            y = _scaled(x, mean, variance, gamma, beta, self.epsilon)
        return y if y.dtype == self.compute_dtype else ops.cast(y, self.compute_dtype)


class GroupNormalization(Normalizer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, with mean and variance of every example and every group of
    features.

    Args:
        groups: into how many groups the features are divided; -1 for one group per feature.
        axis: the axis of the features.
        epsilon, center, scale and the others: as LayerNormalization's.

    Source: Wu, He: Group normalization (2018).
    """

    def __init__(self, groups=32, axis=-1, epsilon=1e-3, center=True, scale=True, beta_initializer="zeros",
                 gamma_initializer="ones", beta_regularizer=None, gamma_regularizer=None, beta_constraint=None,
                 gamma_constraint=None, **kwargs):
        if not isinstance(groups, int) or isinstance(groups, bool) or (groups <= 0 and groups != -1):
            raise ValueError(f"Received an invalid value for argument `groups`, expected a positive integer (or `-1` "
                             f"for one group per channel), got {groups!r}")
        super().__init__(epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
                         gamma_regularizer, beta_constraint, gamma_constraint, **kwargs)
        self.groups, self.axis = groups, axis

    def build(self, input_shape):
        """Makes gamma and beta, one number per feature each."""
        axis, = axes_within(self.axis, input_shape)
        features = input_shape[axis]
        if features is None:
            raise ValueError(f"Axis {self.axis} of input tensor should have a defined dimension but the layer received "
                             f"an input with shape {tuple(input_shape)}")
        if self.groups == -1:
            self.groups = features
        if features < self.groups:
            raise ValueError(f"Number of groups ({self.groups}) cannot be more than the number of channels "
                             f"({features})")
        if features % self.groups:
            raise ValueError(f"Number of groups ({self.groups}) must be a multiple of the number of channels "
                             f"({features})")
        self.add_gamma_and_beta((features,), self.scale, self.center)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: features})
        self._axis = axis

    def call(self, inputs):
        """The normalized inputs."""
        shape, axis = tuple(inputs.shape), self._axis
        inner = (self.groups, shape[axis] // self.groups)
        x = ops.reshape(_wide(inputs), (*shape[:axis], *inner, *shape[axis + 1:]))
        together = [i for i in range(1, len(shape) + 1) if i != axis]
        mean, variance = ops.moments(x, together, keepdims=True)
        broadcast = tuple(inner[i - axis] if i in (axis, axis + 1) else 1 for i in range(len(shape) + 1))
        gamma, beta = (None if part is None else ops.reshape(part, broadcast) for part in (self.gamma, self.beta))
        y = ops.reshape(_scaled(x, mean, variance, gamma, beta, self.epsilon), shape)
        return ops.cast(y, self.compute_dtype)


class RMSNormalization(Layer):
    """scale x / sqrt(mean x² + epsilon), along an axis.

    Args:
        axis: the axis, or a list of axes.
        epsilon: a small number against divisions by 0.

    Source: Zhang, Sennrich: Root mean square layer normalization (2019).
    """

    leaf = True

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.axis, self.epsilon = axis_or_axes(axis), epsilon

    def build(self, input_shape):
        """Makes the scale, of the shape of the normalized axes."""
        shape = tuple(input_shape[axis] for axis in axes_within(self.axis, input_shape))
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones", autocast=False)

    def call(self, inputs):
        """The inputs with a root mean square of 1, times the scale."""
        x, axes = _wide(inputs), axes_within(self.axis, inputs.shape)
        size = ops.rsqrt(ops.reduce_mean(ops.square(x), axes, keepdims=True) + self.epsilon)
        scale = ops.reshape(self.scale, [n if i in axes else 1 for i, n in enumerate(x.shape)])
        return ops.cast(x * size * scale, self.compute_dtype)

    compute_output_shape = Normalizer.compute_output_shape


class UnitNormalization(Layer):
    """x / |x|, along an axis: vectors of length 1.

    Args:
        axis: the axis, or a list of axes.
    """

    leaf = True

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError("Invalid value for `axis` argument: expected an int or a list/tuple of ints. "
                            f"Received: axis={axis!r}")
        self.axis = axis_or_axes(axis)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        """The inputs, divided by their norm."""
        return ops.l2_normalize(inputs, axis=self.axis, epsilon=1e-24)

    compute_output_shape = Normalizer.compute_output_shape
