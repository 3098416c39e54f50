"""MNIST: 70,000 handwritten digits of 28 x 28 pixels, by Y. LeCun, C. Cortes and C. J. C. Burges."""

import numpy as np

from tinynn.keras.datasets.files import ORIGIN, get_file

HASH = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path="mnist.npz"):
    """The digits.

    Args:
        path: the file's name in ~/.keras/datasets.

    Returns:
        ((x_train, y_train), (x_test, y_test)): images as uint8 of shapes (60000, 28, 28) and (10000, 28, 28), from 0
        (black) to 255 (white), and labels 0 to 9 as uint8.

    Raises:
        OSError: where the file is neither there nor to be downloaded; the message says where to put it.
    """
    with np.load(get_file(path, ORIGIN + "mnist.npz", file_hash=HASH), allow_pickle=False) as file:
        return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])
