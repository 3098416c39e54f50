"""Four programs of the course, each explained: how its gradient came about, and why one number of it is what it is.

    python examples/explained.py                     prints them
    python examples/explained.py xor --lang ko       one of them, in Korean
    python examples/explained.py --write docs/explained    writes them all, as text in both languages and as pages
"""

import argparse
import pathlib

import numpy as np

import tinynn as tf
from tinynn import keras


def apple():
    """A falling apple: its speed is the derivative of how far it has fallen."""
    time = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        position = 4.9 * time**2
    return tape.explain(position, time), [()]


def classifier():
    """A linear classifier of two clouds of points, before its first step."""
    rng = np.random.default_rng(0)
    cloud = lambda mean: rng.multivariate_normal(mean, [[1, 0.5], [0.5, 1]], size=1000)
    inputs = np.vstack((cloud([0, 3]), cloud([3, 0]))).astype("float32")
    targets = np.vstack((np.zeros((1000, 1), "float32"), np.ones((1000, 1), "float32")))
    W = tf.Variable(np.array([[0.4], [0.7]], "float32"))
    b = tf.Variable(np.zeros(1, "float32"))
    with tf.GradientTape() as tape:
        predictions = tf.matmul(inputs, W) + b
        loss = tf.reduce_mean(tf.square(targets - predictions))
    return tape.explain(loss, [W, b], learning_rate=0.1), [("W", 0, 0), ("W", 1, 0)]


def xor():
    """The network of nine weights and more, on all four points."""
    keras.utils.set_random_seed(2)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4, activation="sigmoid", name="hidden"),
                              keras.layers.Dense(1, activation="sigmoid", name="output")])
    points = tf.constant([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    labels = tf.constant([[0.0], [1.0], [1.0], [0.0]])
    with tf.GradientTape() as tape:
        loss = keras.losses.MeanSquaredError()(labels, model(points))
    return tape.explain(loss, learning_rate=0.1), [("hidden/kernel", 0, 2), ("output/kernel", 3, 0)]


def regression():
    """Two hidden layers of 40 rectified units, on a batch of ten."""
    keras.utils.set_random_seed(3)
    rng = np.random.default_rng(3)
    init = keras.initializers.HeNormal
    model = keras.Sequential([keras.Input((10,)),
                              keras.layers.Dense(40, activation="relu", kernel_initializer=init(1), name="first"),
                              keras.layers.Dense(40, activation="relu", kernel_initializer=init(2), name="second"),
                              keras.layers.Dense(5, kernel_initializer=init(3), name="output")])
    x_batch, y_batch = (tf.constant(rng.normal(size=(10, n)).astype("float32")) for n in (10, 5))
    with tf.GradientTape() as tape:
        pred = model(x_batch, training=True)
        loss = keras.losses.MeanSquaredError()(y_batch, pred)
    return tape.explain(loss, learning_rate=0.01), [("first/kernel", 0, 0), ("output/bias", 4)]


PROGRAMS = {"apple": apple, "classifier": classifier, "xor": xor, "regression": regression}


def told(name, lang):
    """The explanation of a program, and of some of its entries, as text."""
    explained, entries = PROGRAMS[name]()
    reasons = [explained.entry(*place[1:], of=place[0] if place else None) for place in entries]
    return "\n\n\n".join([explained.text(lang), *(reason.text(lang) for reason in reasons)]) + "\n"


def main():
    """Prints or writes the explanations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="*", choices=[*PROGRAMS, []], help="which; by default all")
    parser.add_argument("--lang", choices=["en", "ko"], default="en")
    parser.add_argument("--write", metavar="FOLDER", type=pathlib.Path, help="write files instead")
    options = parser.parse_args()
    for name in options.program or PROGRAMS:
        if options.write is None:
            print(f"# {name}: {PROGRAMS[name].__doc__}\n\n{told(name, options.lang)}")
            continue
        options.write.mkdir(parents=True, exist_ok=True)
        for lang in ("en", "ko"):
            (options.write / f"{name}.{lang}.txt").write_text(told(name, lang), encoding="utf-8")
        PROGRAMS[name]()[0].to_html(options.write / f"{name}.html")


if __name__ == "__main__":
    main()
