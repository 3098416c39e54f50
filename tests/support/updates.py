"""A variable and its gradients, for tests that explain updates."""

import numpy as np

import tinynn as tf
from tinynn import keras

RNG = np.random.default_rng(7)
START = RNG.normal(size=(3, 2)).astype("float32")
GRADIENTS = [RNG.normal(size=START.shape).astype("float32") for _ in range(3)]
R, ENTRY = 0.125, (1, 0)    # a rate that float32 has exactly


def trained(optimizer, steps=GRADIENTS, dtype="float32", **options):
    """A variable after these steps, op by op."""
    v = keras.Variable(START, dtype=dtype, name="kernel", **options)
    for g in steps:
        optimizer.apply_gradients([(tf.constant(g, dtype), v)])
    return v
