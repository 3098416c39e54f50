"""CIFAR-10: 60,000 colour pictures of 32 x 32 pixels in 10 classes, by A. Krizhevsky."""

import os

import numpy as np

from tinynn.keras import config
from tinynn.keras.datasets.files import ArrayUnpickler, get_file

ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
HASH = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data():
    """The pictures.

    Returns:
        ((x_train, y_train), (x_test, y_test)): images as uint8 of shapes (50000, 32, 32, 3) and (10000, 32, 32, 3),
        labels 0 to 9 as uint8 of shapes (50000, 1) and (10000, 1).

    Raises:
        OSError: where the archive is neither there nor to be downloaded; the message says where to put it.
    """
    folder = get_file("cifar-10-batches-py-target", ORIGIN, extract=True, file_hash=HASH)
    folder = os.path.join(folder, "cifar-10-batches-py")
    batches = [read(os.path.join(folder, f"data_batch_{i}")) for i in range(1, 6)]
    train = tuple(np.concatenate(part) for part in zip(*batches, strict=True))
    return train, read(os.path.join(folder, "test_batch"))


def read(path, labels="labels"):
    """(images, labels) of one of the files in the archive."""
    with open(path, "rb") as file:
        content = {key.decode(): value for key, value in ArrayUnpickler(file, encoding="bytes").load().items()}
    images = content["data"].reshape(-1, 3, 32, 32)
    if config.image_data_format() == "channels_last":
        images = images.transpose(0, 2, 3, 1)
    return images, np.array(content[labels], "uint8")[:, None]
