"""Floor 7: `keras.preprocessing.sequence`."""

from tinynn.keras.utils import pad_sequences

__all__ = ["pad_sequences"]
