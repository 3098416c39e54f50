"""Floor 7: `keras.datasets`, each a module with `load_data()` -> ((x_train, y_train), (x_test, y_test)).

`digits` lies in data/, inside the package. The others are Keras's files: read from ~/.keras/datasets (or
$KERAS_HOME/datasets), downloaded to there where there is a network, with their hashes checked.
"""

from tinynn.keras.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    digits,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)

__all__ = ["boston_housing", "california_housing", "cifar10", "cifar100", "digits", "fashion_mnist", "imdb", "mnist",
           "reuters"]
