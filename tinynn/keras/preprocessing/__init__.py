"""Floor 7: `keras.preprocessing`, older names of helpers in `keras.utils`."""

from tinynn.core.namespace import namespace
from tinynn.keras.preprocessing import sequence
from tinynn.keras.utils import timeseries_dataset_from_array

__all__ = ["image", "image_dataset_from_directory", "sequence", "text_dataset_from_directory",
           "timeseries_dataset_from_array"]

__getattr__, __dir__ = namespace(__name__, {
    "image": "tinynn.keras.preprocessing.image",
    **{f"{kind}_dataset_from_directory": f"tinynn.keras.utils.{kind}_dataset:{kind}_dataset_from_directory"
       for kind in ("image", "text")}})
