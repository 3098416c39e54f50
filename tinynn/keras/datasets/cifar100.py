"""CIFAR-100: 60,000 colour pictures of 32 x 32 pixels in 100 classes, by A. Krizhevsky."""

import os

from tinynn.keras.datasets.cifar10 import read
from tinynn.keras.datasets.files import get_file

ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
HASH = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode="fine"):
    """The pictures.

    Args:
        label_mode: "fine" for 100 classes, "coarse" for 20 groups of them.

    Returns:
        ((x_train, y_train), (x_test, y_test)): images as uint8 of shapes (50000, 32, 32, 3) and (10000, 32, 32, 3),
        labels as uint8 of shapes (50000, 1) and (10000, 1).

    Raises:
        OSError: where the archive is neither there nor to be downloaded; the message says where to put it.
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f"`label_mode` is 'fine' or 'coarse', got {label_mode!r}")
    folder = os.path.join(get_file("cifar-100-python-target", ORIGIN, extract=True, file_hash=HASH), "cifar-100-python")
    return tuple(read(os.path.join(folder, part), f"{label_mode}_labels") for part in ("train", "test"))
