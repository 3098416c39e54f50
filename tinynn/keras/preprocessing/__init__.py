"""Floor 7: `keras.preprocessing`, older names of helpers in `keras.utils`."""

from tinynn.core.namespace import namespace
from tinynn.keras.preprocessing import sequence
from tinynn.keras.utils import timeseries_dataset_from_array

__all__ = ["sequence", "timeseries_dataset_from_array"]

__getattr__, __dir__ = namespace(__name__)
