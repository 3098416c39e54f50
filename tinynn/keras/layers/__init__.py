"""Floor 7: layers."""

import inspect

from tinynn.core.namespace import namespace
from tinynn.keras.layers.activation import ELU, LeakyReLU, PReLU, ReLU, Softmax
from tinynn.keras.layers.core import Activation, Dense, Identity, Input, InputLayer, Lambda
from tinynn.keras.layers.einsum_dense import EinsumDense
from tinynn.keras.layers.embedding import Embedding, Masking
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer
from tinynn.keras.layers.merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from tinynn.keras.layers.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from tinynn.keras.layers.preprocessing import Normalization, Rescaling
from tinynn.keras.layers.regularization import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from tinynn.keras.layers.reshaping import Flatten, Permute, RepeatVector, Reshape
from tinynn.keras.layers.resizing import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from tinynn.keras.layers.wrappers import SpectralNormalization, TimeDistributed, Wrapper
from tinynn.keras.saving import Catalogue

_catalogue = Catalogue("layer", "keras.layers", [
    thing for thing in list(globals().values()) if inspect.isclass(thing) and issubclass(thing, Layer)], base=Layer)
deserialize, serialize = _catalogue.deserialize, _catalogue.serialize

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "Concatenate",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Dense",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "Subtract",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Wrapper",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]

__getattr__, __dir__ = namespace(__name__)
