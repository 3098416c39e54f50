"""Floor 7: convolutions of every channel for itself."""

from tinynn import ops
from tinynn.keras.layers.checks import above_zero
from tinynn.keras.layers.convolution import Convolution


class DepthwiseConv(Convolution):
    """Base of DepthwiseConv1D and DepthwiseConv2D."""

    def __init__(self, kernel_size, strides=1, padding="valid", depth_multiplier=1, data_format=None, dilation_rate=1,
                 activation=None, use_bias=True, depthwise_initializer="glorot_uniform", bias_initializer="zeros",
                 depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 depthwise_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
                         bias_initializer, bias_regularizer, bias_constraint,
                         activity_regularizer=activity_regularizer, **kwargs)
        self.depth_multiplier = above_zero(depth_multiplier, "depth_multiplier")
        self._keep("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)

    def build(self, input_shape):
        """Makes kernel (*kernel_size, channels, depth_multiplier) and bias (channels depth_multiplier,)."""
        channels = self._depth(input_shape)
        self._add_kernel("kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise")
        self._add_bias(channels * self.depth_multiplier)
        self.compute_output_shape(input_shape)

    def _channels(self, channels):
        return channels * self.depth_multiplier

    def _product(self, x):
        return ops.depthwise_convolve(x, self.kernel, self.strides, self.padding, self.dilation_rate)


class DepthwiseConv1D(DepthwiseConv):
    """A convolution of every channel for itself; see DepthwiseConv2D."""

    count = 1


class DepthwiseConv2D(DepthwiseConv):
    """A convolution of every channel for itself: far fewer weights than Conv2D.

    Args:
        kernel_size, strides, padding: as Conv2D's.
        depth_multiplier: how many outputs each channel has.
        data_format, dilation_rate, activation, use_bias: as Conv2D's.
        depthwise_initializer, depthwise_regularizer, depthwise_constraint: for the kernel.
    """


class SeparableConv(Convolution):
    """Base of SeparableConv1D and SeparableConv2D."""

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
                 depth_multiplier=1, activation=None, use_bias=True, depthwise_initializer="glorot_uniform",
                 pointwise_initializer="glorot_uniform", bias_initializer="zeros", depthwise_regularizer=None,
                 pointwise_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 depthwise_constraint=None, pointwise_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
                         bias_initializer, bias_regularizer, bias_constraint,
                         activity_regularizer=activity_regularizer, **kwargs)
        self.filters = above_zero(filters, "filters")
        self.depth_multiplier = above_zero(depth_multiplier, "depth_multiplier")
        self._keep("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self._keep("pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint)

    def build(self, input_shape):
        """Makes a kernel per channel, one that mixes the channels, and the bias."""
        channels = self._depth(input_shape)
        self._add_kernel("depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise")
        self._add_kernel("pointwise_kernel", (*(1,) * self.count, channels * self.depth_multiplier, self.filters),
                         "pointwise")
        self._add_bias(self.filters)
        self.compute_output_shape(input_shape)

    def _product(self, x):
        x = ops.depthwise_convolve(x, self.depthwise_kernel, self.strides, self.padding, self.dilation_rate)
        return ops.convolve(x, self.pointwise_kernel, (1,) * self.count)


class SeparableConv1D(SeparableConv):
    """A convolution of every channel for itself, then a mix of the channels; see SeparableConv2D."""

    count = 1


class SeparableConv2D(SeparableConv):
    """A convolution of every channel for itself, then a mix of the channels at every pixel.

    Args:
        filters: the number of output channels.
        kernel_size, strides, padding, data_format, dilation_rate: as Conv2D's.
        depth_multiplier: how many outputs each channel has in between.
        activation, use_bias: as Conv2D's.
        depthwise_initializer, pointwise_initializer and the others: for the two kernels and the bias.

    Source: Chollet: Xception (2017).
    """
