"""Floor 7: `keras.utils`, small helpers."""

from tinynn.keras.backend import clear_session
from tinynn.keras.random import set_random_seed
from tinynn.keras.saving import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from tinynn.keras.utils.arrays import normalize, to_categorical
from tinynn.keras.utils.splits import split_dataset

__all__ = [
    "CustomObjectScope",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "normalize",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "to_categorical",
]
