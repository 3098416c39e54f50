"""Floor 7: `keras.dtype_policies`."""

from tinynn.keras.dtype_policy import DTypePolicy, get
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object

FloatDTypePolicy = DTypePolicy
serialize, deserialize = serialize_keras_object, deserialize_keras_object

__all__ = ["DTypePolicy", "FloatDTypePolicy", "deserialize", "get", "serialize"]
