"""Floor 7: `keras.preprocessing`, older names of helpers in `keras.utils`."""

from tinynn.core.namespace import namespace
from tinynn.keras.preprocessing import image, sequence
from tinynn.keras.utils import (
    image_dataset_from_directory,
    text_dataset_from_directory,
    timeseries_dataset_from_array,
)

__all__ = ["image", "image_dataset_from_directory", "sequence", "text_dataset_from_directory",
           "timeseries_dataset_from_array"]

__getattr__, __dir__ = namespace(__name__)
