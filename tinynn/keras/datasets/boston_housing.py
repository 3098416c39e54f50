"""Boston housing: 13 figures of 506 districts and the price of houses there, from 1978.

One of the columns is built on an assumption about race; for new work take california_housing.
"""

import numpy as np

from tinynn.keras.datasets import files

HASH = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path="boston_housing.npz", test_split=0.2, seed=113):
    """The table, mixed.

    Args:
        path: the file's name in ~/.keras/datasets.
        test_split: the share held out.
        seed: of the order.

    Returns:
        ((x_train, y_train), (x_test, y_test)): float64 of shapes (404, 13), (404,), (102, 13), (102,); prices in
        1,000 dollars.

    Raises:
        OSError: where the file is neither there nor to be downloaded; the message says where to put it.
    """
    path = files.get_file(path, files.ORIGIN + "boston_housing.npz", file_hash=HASH)
    with np.load(path, allow_pickle=False) as file:
        return files.split(file["x"], file["y"], test_split, seed)
