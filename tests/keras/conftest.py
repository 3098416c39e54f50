"""What the Keras tests share."""

import numpy as np
import pytest

from tinynn import keras


@pytest.fixture(autouse=True)
def fresh_names():
    """Every test starts with unused names and the same seed."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)


@pytest.fixture
def data():
    """40 samples: x (40, 3), y (40, 2)."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 3)).astype("float32"), rng.normal(size=(40, 2)).astype("float32")
