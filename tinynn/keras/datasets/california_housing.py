"""California housing: 8 figures of 20,640 districts and the median price of houses there, from the census of 1990."""

import numpy as np

from tinynn.keras.datasets import files

HASH = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"


def load_data(version="large", path="california_housing.npz", test_split=0.2, seed=113):
    """The table, mixed.

    Args:
        version: "large" for all rows, "small" for the first 600.
        path: the file's name in ~/.keras/datasets.
        test_split: the share held out.
        seed: of the order.

    Returns:
        ((x_train, y_train), (x_test, y_test)): float32 of shapes (16512, 8), (16512,), (4128, 8), (4128,); prices in
        dollars.

    Raises:
        OSError: where the file is neither there nor to be downloaded; the message says where to put it.
    """
    if version not in ("small", "large"):
        raise ValueError(f"Argument `version` is 'small' or 'large', got {version!r}")
    path = files.get_file(path, files.ORIGIN + "california_housing.npz", file_hash=HASH)
    rows = 600 if version == "small" else None
    with np.load(path, allow_pickle=False) as file:
        return files.split(file["x"][:rows], file["y"][:rows], test_split, seed)
