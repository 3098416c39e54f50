"""Learn to read handwritten digits: 1,438 images to learn from, 359 that the network has never seen to test it.

    python examples/digits.py
"""

import sys

import numpy as np

from tinynn import keras
from tinynn.keras import layers

GOAL = 0.97
SHADES = " .:-=+*#%@"   # from paper to ink

keras.utils.set_random_seed(1)      # the same start and the same batches on every run

# An image is 8 x 8 numbers from 0 (paper) to 16 (ink). The network wants them flat and between 0 and 1.
(x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
images = x_test
x_train = x_train.reshape(-1, 64).astype("float32") / 16
x_test = x_test.reshape(-1, 64).astype("float32") / 16

# 64 pixels -> 128 features that the network finds by itself -> 10 probabilities, one for each digit.
model = keras.Sequential([
    keras.Input(shape=(64,)),
    layers.Dense(128, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
model.summary()

# The loss says how wrong the probabilities are; Adam moves the weights downhill, one batch of 32 images at a time.
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=32, epochs=40, verbose=2)

# The test that counts: images it did not learn from.
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"\ntest accuracy: {accuracy:.2%} of {len(x_test)} images (loss {loss:.3f})\n")

# Three that it gets right, and one that it does not.
probabilities = model.predict(x_test, verbose=0)
answers = probabilities.argmax(axis=1)
wrong = np.flatnonzero(answers != y_test)
for i in [0, 1, 2, *wrong[:1]]:
    captions = [f"label {y_test[i]}", f"answer {answers[i]}", f"{probabilities[i].max():.0%} sure"]
    for row, caption in zip(images[i], captions + [""] * 5, strict=True):
        print("   ", "".join(2 * SHADES[pixel * 9 // 16] for pixel in row), " ", caption)
    print()

if accuracy < GOAL:
    sys.exit(f"the goal was {GOAL:.0%}")
