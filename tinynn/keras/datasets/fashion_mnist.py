"""Fashion-MNIST: 70,000 pictures of clothes of 28 x 28 pixels, by Zalando Research, MIT license."""

import gzip

import numpy as np

from tinynn.keras.datasets.files import fetch

LABELS = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
FOLDER = "datasets/fashion-mnist"


def load_data():
    """The pictures.

    Returns:
        ((x_train, y_train), (x_test, y_test)): images as uint8 of shapes (60000, 28, 28) and (10000, 28, 28), and
        labels 0 to 9 (their names stand in LABELS) as uint8.

    Raises:
        OSError: where a file is neither there nor to be downloaded; the message says where to put it.
    """
    return tuple((_read(f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28),
                  _read(f"{part}-labels-idx1-ubyte.gz", 8)) for part in ("train", "t10k"))


def _read(fname, header):
    """The bytes behind the header. Keras gives no hash for these files; gzip's own check sum tells broken ones."""
    with gzip.open(fetch(fname, None, FOLDER)) as file:
        return np.frombuffer(file.read(), np.uint8, offset=header).copy()
