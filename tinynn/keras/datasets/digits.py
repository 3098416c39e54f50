"""Handwritten digits: 1,797 images of 8 x 8 pixels, from the UCI Machine Learning Repository.

E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, https://doi.org/10.24432/C50P49, CC BY 4.0. Each
pixel counts the inked ones among 4 x 4 of a 32 x 32 scan. The file is the repository's `optdigits.tes`.
"""

import gzip
import pathlib

import numpy as np

FILE = pathlib.Path(__file__).parent / "data" / "digits.csv.gz"
HOLD_OUT = 359      # 20 % of 1,797
SEED = 0


def load_data():
    """The digits, mixed once and for all, with the last 20 % held out.

    The order is `np.random.RandomState(0).permutation(1797)`, which NumPy keeps fixed for all its versions.

    Returns:
        ((x_train, y_train), (x_test, y_test)): images as uint8 of shapes (1438, 8, 8) and (359, 8, 8), from 0 (white)
        to 16 (black), and labels 0 to 9 as uint8 of shapes (1438,) and (359,).

    Example:
        >>> (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
        >>> x_train.shape, x_test.shape
        ((1438, 8, 8), (359, 8, 8))
    """
    with gzip.open(FILE, "rt") as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.uint8)
    table = table[np.random.RandomState(SEED).permutation(len(table))]
    x, y = np.ascontiguousarray(table[:, :64]).reshape(-1, 8, 8), np.ascontiguousarray(table[:, 64])
    return (x[:-HOLD_OUT], y[:-HOLD_OUT]), (x[-HOLD_OUT:], y[-HOLD_OUT:])
