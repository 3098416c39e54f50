"""Floor 7: layers."""

from tinynn.core.namespace import namespace
from tinynn.keras.layers.core import Activation, Dense, Identity, Input, InputLayer, Lambda
from tinynn.keras.layers.input_spec import InputSpec
from tinynn.keras.layers.layer import Layer
from tinynn.keras.layers.merging import (
    Add,
    Average,
    Concatenate,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    maximum,
    minimum,
    multiply,
    subtract,
)
from tinynn.keras.layers.regularization import ActivityRegularization, Dropout
from tinynn.keras.layers.reshaping import Flatten, Permute, RepeatVector, Reshape
from tinynn.keras.saving import Catalogue

_catalogue = Catalogue("layer", "keras.layers", [
    Activation, ActivityRegularization, Add, Average, Concatenate, Dense, Dropout, Flatten, Identity, InputLayer,
    Lambda, Layer, Maximum, Minimum, Multiply, Permute, RepeatVector, Reshape, Subtract], base=Layer)
deserialize, serialize = _catalogue.deserialize, _catalogue.serialize

__all__ = [
    "Activation", "ActivityRegularization", "Add", "Average", "Concatenate", "Dense", "Dropout", "Flatten", "Identity",
    "Input", "InputLayer", "InputSpec", "Lambda", "Layer", "Maximum", "Minimum", "Multiply", "Permute", "RepeatVector",
    "Reshape", "Subtract", "add", "average", "concatenate", "deserialize", "maximum", "minimum", "multiply",
    "serialize", "subtract",
]

__getattr__, __dir__ = namespace(__name__)
