"""Floor 7: `keras.utils`, small helpers."""

from tinynn.core.namespace import namespace
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
from tinynn.keras.utils.io_utils import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from tinynn.keras.utils.progbar import Progbar
from tinynn.keras.utils.py_dataset import PyDataset, Sequence
from tinynn.keras.utils.sequence_utils import pad_sequences
from tinynn.keras.utils.source_inputs import get_source_inputs, is_keras_tensor
from tinynn.keras.utils.splits import split_dataset

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]

# loaded when they are asked for: training.data uses these helpers itself, and the others need much that few programs do
__getattr__, __dir__ = namespace(__name__, {
    "get_file": "tinynn.keras.utils.file_utils:get_file",
    "model_to_dot": "tinynn.keras.utils.plotting:model_to_dot",
    "plot_model": "tinynn.keras.utils.plotting:plot_model",
    "timeseries_dataset_from_array": "tinynn.keras.utils.timeseries:timeseries_dataset_from_array",
    "pack_x_y_sample_weight": "tinynn.keras.training.data:pack",
    "unpack_x_y_sample_weight": "tinynn.keras.training.data:unpack",
})
