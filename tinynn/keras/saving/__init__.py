"""Floor 7: objects as plain dictionaries, and back."""

from tinynn.core.namespace import namespace
from tinynn.keras.saving.catalogue import Catalogue
from tinynn.keras.saving.registration import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from tinynn.keras.saving.serialization import (
    ObjectSharingScope,
    SafeModeScope,
    deserialize_keras_object,
    enable_unsafe_deserialization,
    serialize_keras_object,
)

__all__ = [
    "Catalogue",
    "CustomObjectScope",
    "ObjectSharingScope",
    "SafeModeScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "enable_unsafe_deserialization",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "register_keras_serializable",
    "serialize_keras_object",
]

__getattr__, __dir__ = namespace(__name__, {
    name: f"tinynn.keras.models.files:{name}" for name in ("load_model", "load_weights", "save_model", "save_weights")})
