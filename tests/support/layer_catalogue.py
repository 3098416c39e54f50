"""Every class of keras.layers with arguments, an input and the shape of its output."""

import numpy as np

from tinynn import keras
from tinynn.keras import layers

RNG = np.random.default_rng(3)
VECTORS = RNG.normal(size=(4, 6)).astype("float32")
SERIES = RNG.normal(size=(4, 5, 6)).astype("float32")
IMAGES = RNG.normal(size=(4, 3, 5, 6)).astype("float32")
VOLUMES = RNG.normal(size=(4, 3, 5, 2, 6)).astype("float32")
NUMBERS = RNG.integers(0, 7, size=(4, 5)).astype("int32")
TWO = [VECTORS, VECTORS[::-1] * 2]
LOOKS = [SERIES, SERIES[::-1, :3] * 2]


@keras.saving.register_keras_serializable("test_layers_all")
def halved(x):
    """Half of x."""
    return x / 2.0


# class -> (arguments, input, shape of the output)
LAYERS = {
    "Activation": ({"activation": "tanh"}, VECTORS, (4, 6)),
    "ActivityRegularization": ({"l2": 0.1}, VECTORS, (4, 6)),
    "AdaptiveAveragePooling1D": ({"output_size": 3}, SERIES, (4, 3, 6)),
    "AdaptiveAveragePooling2D": ({"output_size": (2, 3)}, IMAGES, (4, 2, 3, 6)),
    "AdaptiveAveragePooling3D": ({"output_size": (2, 3, 1)}, VOLUMES, (4, 2, 3, 1, 6)),
    "AdaptiveMaxPooling1D": ({"output_size": 3}, SERIES, (4, 3, 6)),
    "AdaptiveMaxPooling2D": ({"output_size": 2}, IMAGES, (4, 2, 2, 6)),
    "AdaptiveMaxPooling3D": ({"output_size": 1}, VOLUMES, (4, 1, 1, 1, 6)),
    "Add": ({}, TWO, (4, 6)),
    "AdditiveAttention": ({}, LOOKS, (4, 5, 6)),
    "AlphaDropout": ({"rate": 0.3, "seed": 1}, VECTORS, (4, 6)),
    "Attention": ({"use_scale": True}, LOOKS, (4, 5, 6)),
    "Average": ({}, TWO, (4, 6)),
    "AveragePooling1D": ({"pool_size": 2, "padding": "same"}, SERIES, (4, 3, 6)),
    "AveragePooling2D": ({"pool_size": (2, 3), "strides": 1}, IMAGES, (4, 2, 3, 6)),
    "AveragePooling3D": ({"pool_size": (2, 2, 1)}, VOLUMES, (4, 1, 2, 2, 6)),
    "BatchNormalization": ({"momentum": 0.9}, SERIES, (4, 5, 6)),
    "Bidirectional": ({"layer": layers.LSTM(3, return_sequences=True), "merge_mode": "ave"}, SERIES, (4, 5, 3)),
    "Concatenate": ({}, TWO, (4, 12)),
    "Conv1D": ({"filters": 4, "kernel_size": 3, "padding": "causal", "activation": "tanh"}, SERIES, (4, 5, 4)),
    "Conv1DTranspose": ({"filters": 4, "kernel_size": 3, "strides": 2}, SERIES, (4, 11, 4)),
    "Conv2D": ({"filters": 4, "kernel_size": (2, 3), "strides": (1, 2), "groups": 2}, IMAGES, (4, 2, 2, 4)),
    "Conv2DTranspose": ({"filters": 4, "kernel_size": 2, "strides": (1, 2), "padding": "same"}, IMAGES, (4, 3, 10, 4)),
    "Conv3D": ({"filters": 4, "kernel_size": 2}, VOLUMES, (4, 2, 4, 1, 4)),
    "Conv3DTranspose": ({"filters": 4, "kernel_size": 2}, VOLUMES, (4, 4, 6, 3, 4)),
    "Cropping1D": ({"cropping": (1, 2)}, SERIES, (4, 2, 6)),
    "Cropping2D": ({"cropping": ((1, 1), (2, 0))}, IMAGES, (4, 1, 3, 6)),
    "Cropping3D": ({"cropping": ((1, 0), (1, 1), (0, 1))}, VOLUMES, (4, 2, 3, 1, 6)),
    "Dense": ({"units": 3, "activation": "relu", "kernel_regularizer": "l2"}, SERIES, (4, 5, 3)),
    "DepthwiseConv1D": ({"kernel_size": 2, "depth_multiplier": 2}, SERIES, (4, 4, 12)),
    "DepthwiseConv2D": ({"kernel_size": 2, "padding": "same"}, IMAGES, (4, 3, 5, 6)),
    "Dot": ({"axes": 1}, TWO, (4, 1)),
    "Dropout": ({"rate": 0.3, "seed": 1}, VECTORS, (4, 6)),
    "ELU": ({"alpha": 0.5}, VECTORS, (4, 6)),
    "EinsumDense": ({"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d"}, SERIES, (4, 5, 3)),
    "Embedding": ({"input_dim": 7, "output_dim": 3}, NUMBERS, (4, 5, 3)),
    "Flatten": ({}, SERIES, (4, 30)),
    "GRU": ({"units": 3, "reset_after": False, "return_sequences": True}, SERIES, (4, 5, 3)),
    "GaussianDropout": ({"rate": 0.3, "seed": 1}, VECTORS, (4, 6)),
    "GaussianNoise": ({"stddev": 0.3, "seed": 1}, VECTORS, (4, 6)),
    "GlobalAveragePooling1D": ({}, SERIES, (4, 6)),
    "GlobalAveragePooling2D": ({"keepdims": True}, IMAGES, (4, 1, 1, 6)),
    "GlobalAveragePooling3D": ({}, VOLUMES, (4, 6)),
    "GlobalMaxPooling1D": ({}, SERIES, (4, 6)),
    "GlobalMaxPooling2D": ({}, IMAGES, (4, 6)),
    "GlobalMaxPooling3D": ({}, VOLUMES, (4, 6)),
    "GroupNormalization": ({"groups": 3}, IMAGES, (4, 3, 5, 6)),
    "Identity": ({}, VECTORS, (4, 6)),
    "LSTM": ({"units": 3, "go_backwards": True}, SERIES, (4, 3)),
    "Lambda": ({"function": halved}, VECTORS, (4, 6)),
    "LayerNormalization": ({"axis": [1, 2]}, SERIES, (4, 5, 6)),
    "LeakyReLU": ({"negative_slope": 0.2}, VECTORS, (4, 6)),
    "Masking": ({"mask_value": 9.0}, SERIES, (4, 5, 6)),
    "MaxPooling1D": ({"pool_size": 3, "strides": 1}, SERIES, (4, 3, 6)),
    "MaxPooling2D": ({"padding": "same"}, IMAGES, (4, 2, 3, 6)),
    "MaxPooling3D": ({}, VOLUMES, (4, 1, 2, 1, 6)),
    "Maximum": ({}, TWO, (4, 6)),
    "Minimum": ({}, TWO, (4, 6)),
    "Multiply": ({}, TWO, (4, 6)),
    "Normalization": ({"mean": 1.0, "variance": 4.0}, VECTORS, (4, 6)),
    "PReLU": ({"shared_axes": 1, "alpha_initializer": "ones"}, SERIES, (4, 5, 6)),
    "Permute": ({"dims": (2, 1)}, SERIES, (4, 6, 5)),
    "RMSNormalization": ({}, SERIES, (4, 5, 6)),
    "RNN": ({"cell": layers.GRUCell(3)}, SERIES, (4, 3)),
    "ReLU": ({"max_value": 1.0, "negative_slope": 0.1}, VECTORS, (4, 6)),
    "RepeatVector": ({"n": 3}, VECTORS, (4, 3, 6)),
    "Rescaling": ({"scale": 0.5, "offset": 1.0}, VECTORS, (4, 6)),
    "Reshape": ({"target_shape": (-1, 10)}, SERIES, (4, 3, 10)),
    "SeparableConv1D": ({"filters": 4, "kernel_size": 3}, SERIES, (4, 3, 4)),
    "SeparableConv2D": ({"filters": 4, "kernel_size": 2}, IMAGES, (4, 2, 4, 4)),
    "SimpleRNN": ({"units": 3, "activation": "relu"}, SERIES, (4, 3)),
    "Softmax": ({}, VECTORS, (4, 6)),
    "SpatialDropout1D": ({"rate": 0.3, "seed": 1}, SERIES, (4, 5, 6)),
    "SpatialDropout2D": ({"rate": 0.3, "seed": 1}, IMAGES, (4, 3, 5, 6)),
    "SpatialDropout3D": ({"rate": 0.3, "seed": 1}, VOLUMES, (4, 3, 5, 2, 6)),
    "SpectralNormalization": ({"layer": layers.Dense(3)}, VECTORS, (4, 3)),
    "Subtract": ({}, TWO, (4, 6)),
    "TimeDistributed": ({"layer": layers.Dense(3)}, SERIES, (4, 5, 3)),
    "UnitNormalization": ({}, VECTORS, (4, 6)),
    "UpSampling1D": ({"size": 2}, SERIES, (4, 10, 6)),
    "UpSampling2D": ({"size": (2, 3)}, IMAGES, (4, 6, 15, 6)),
    "UpSampling3D": ({"size": 2}, VOLUMES, (4, 6, 10, 4, 6)),
    "ZeroPadding1D": ({"padding": (1, 2)}, SERIES, (4, 8, 6)),
    "ZeroPadding2D": ({"padding": 1}, IMAGES, (4, 5, 7, 6)),
    "ZeroPadding3D": ({"padding": ((0, 1), (1, 0), (2, 0))}, VOLUMES, (4, 4, 6, 4, 6)),
}


def make(name, **more):
    """A layer of that class; a layer inside comes new each time."""
    arguments, x, shape = LAYERS[name]
    arguments = {key: type(value).from_config(value.get_config()) if isinstance(value, layers.Layer) else value
                 for key, value in arguments.items()}
    return getattr(layers, name)(**arguments, **more), x, shape


def inputs_like(x):
    """Symbolic inputs for an array, or for a list of them."""
    if isinstance(x, list):
        return [inputs_like(one) for one in x]
    return keras.Input(x.shape[1:], dtype=x.dtype.name)
