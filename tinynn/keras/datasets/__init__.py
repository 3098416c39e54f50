"""Floor 7: `keras.datasets`, each a module with `load_data()` -> ((x_train, y_train), (x_test, y_test)).

`digits` lies in data/, inside the package; nothing is downloaded.
"""

from tinynn.keras.datasets import digits

__all__ = ["digits"]
