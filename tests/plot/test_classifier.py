"""Decision boundaries: the regions are the classes that the model predicts."""

import matplotlib.colors
import matplotlib.pyplot as plt
import numpy as np
import pytest

import tinynn as tf
from tinynn import keras

RNG = np.random.default_rng(1)
X = RNG.normal(size=(60, 2)).astype("float32")


def regions(ax):
    """The class map, and the points of the plane where it was asked for."""
    image = ax.images[0]
    classes = np.asarray(image.get_array())
    left, right, bottom, top = image.get_extent()
    n = len(classes)
    xs, ys = (low + (np.arange(n) + 0.5) * (high - low) / n for low, high in ((left, right), (bottom, top)))
    assert image.origin == "lower"
    return classes, np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2).astype("float32")


def groups(ax):
    return {c.get_label(): np.asarray(c.get_offsets()) for c in ax.collections if c.get_label()[0] != "_"}


def net(units, activation, **options):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, "tanh", kernel_initializer="random_normal"),
                              keras.layers.Dense(units, activation, bias_initializer="random_normal")])
    model.layers[0].kernel.assign(RNG.normal(size=(2, 8)))
    model.layers[1].kernel.assign(RNG.normal(size=(8, units)))
    if options:
        model.compile("sgd", **options)
    return model


@pytest.mark.parametrize("one_hot", [False, True])
def test_softmax(one_hot):
    model, labels = net(3, "softmax"), RNG.integers(0, 3, len(X))
    y = np.eye(3)[labels] if one_hot else labels[:, None]
    ax = tf.plot.boundary(model, X, y, resolution=50)
    classes, plane = regions(ax)
    assert classes.shape == (50, 50)
    np.testing.assert_array_equal(classes.reshape(-1), model.predict(plane, verbose=0).argmax(1))
    assert len(np.unique(classes)) == 3
    drawn = groups(ax)
    for i in range(3):
        np.testing.assert_array_equal(drawn[f"class {i}"], X[labels == i])
    wrong = model.predict(X, verbose=0).argmax(1) != labels
    np.testing.assert_array_equal(drawn[f"wrong: {wrong.sum()} of 60"], X[wrong])
    low, high = X.min(0), X.max(0)
    assert np.all(plane.min(0) < low) and np.all(plane.max(0) > high)


def test_colours_of_regions_are_those_of_their_points():
    ax = tf.plot.boundary(net(3, "softmax"), X, RNG.integers(0, 3, len(X)), resolution=20)
    for i in range(3):
        pale = np.array(ax.images[0].get_cmap()(i)[:3])
        points = next(c for c in ax.collections if c.get_label() == f"class {i}")
        colour = np.array(matplotlib.colors.to_rgb(points.get_facecolor()[0]))
        np.testing.assert_allclose((1 - pale) / (1 - pale).max(), (1 - colour) / (1 - colour).max(), atol=0.02)


@pytest.mark.parametrize("activation, options, labels, threshold", [
    ("sigmoid", {}, (0, 1), 0.5), ("sigmoid", {"loss": "binary_crossentropy"}, (0, 1), 0.5),
    (None, {"loss": "mse"}, (0, 1), 0.5), (None, {"loss": "mse"}, (-1, 1), 0.0), (None, {"loss": "mse"}, (1, 2), 1.5),
    (None, {"loss": "hinge"}, (0, 1), 0.0), (None, {"loss": keras.losses.SquaredHinge()}, (0, 1), 0.0),
    (None, {"loss": keras.losses.BinaryCrossentropy(from_logits=True)}, (0, 1), 0.0)])
def test_one_score(activation, options, labels, threshold):
    model = net(1, activation, **options)
    truth = RNG.integers(0, 2, len(X))
    ax = tf.plot.boundary(model, X, np.array(labels)[truth], resolution=40)
    classes, plane = regions(ax)
    np.testing.assert_array_equal(classes.reshape(-1), model.predict(plane, verbose=0)[:, 0] > threshold)
    np.testing.assert_array_equal(groups(ax)[f"class {labels[1]}"], X[truth == 1])
    shifted, _ = regions(tf.plot.boundary(model, X, np.array(labels)[truth], resolution=40, threshold=threshold + 0.1))
    np.testing.assert_array_equal(shifted.reshape(-1), model.predict(plane, verbose=0)[:, 0] > threshold + 0.1)


def test_the_line_is_where_the_score_is_the_threshold():
    ax = tf.plot.boundary(lambda p: p[:, :1] - 2 * p[:, 1:], X, X[:, 0] > 2 * X[:, 1], threshold=0.0)
    line = np.concatenate([path.vertices for c in ax.collections for path in c.get_paths()
                           if c.get_label()[0] == "_" and len(path.vertices)])
    assert len(line) > 50
    np.testing.assert_allclose(line[:, 0], 2 * line[:, 1], atol=1e-5)
    assert not any("wrong" in label for label in groups(ax))


def test_functions_that_give_classes():
    steps = lambda p: np.floor(p[:, 0]).clip(-1, 1).astype(int)
    ax = tf.plot.boundary(steps, X, steps(X), resolution=30)
    classes, plane = regions(ax)
    np.testing.assert_array_equal(classes.reshape(-1) - 1, steps(plane))
    names = lambda p: np.where(p[:, 0] > 0, "right", "left")
    assert {"class left", "class right"} <= groups(tf.plot.boundary(names, X, names(X), resolution=30)).keys()
    linear = lambda p: tf.sigmoid(p @ tf.constant([[1.0], [2.0]]))     # of tensors
    classes, plane = regions(tf.plot.boundary(linear, X, X[:, 0] > 0, resolution=30))
    np.testing.assert_array_equal(classes.reshape(-1), plane @ [1, 2] > 0)


def test_one_region_and_one_class():
    ax = tf.plot.boundary(lambda p: np.zeros(len(p)), X, np.zeros(len(X)), resolution=20)
    assert np.unique(regions(ax)[0]).tolist() == [0]
    ax = tf.plot.boundary(lambda p: np.zeros(len(p)), [[1.0, 1.0]], [1], resolution=5)
    assert "wrong: 1 of 1" in groups(ax)


def test_axes_of_the_caller_and_names_of_columns():
    figure, ax = plt.subplots()

    class Table(np.ndarray):
        columns = ("length", "width")

    assert tf.plot.boundary(net(1, "sigmoid"), X.view(Table), X[:, 0] > 0, ax=ax, resolution=10) is ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("length", "width")
    assert plt.get_fignums() == [figure.number]


def test_mistakes():
    model, y = net(1, "sigmoid"), np.zeros(len(X))
    with pytest.raises(ValueError, match=r"x has shape \(n, 2\); got \(60, 3\).*x\[:, :2\]"):
        tf.plot.boundary(model, np.zeros((60, 3)), y)
    with pytest.raises(ValueError, match=r"x has 60 points and y has shape \(59,\)"):
        tf.plot.boundary(model, X, y[1:])
    with pytest.raises(ValueError, match=r"one score a point.*y holds 3"):
        tf.plot.boundary(model, X, np.arange(60) % 3)
    with pytest.raises(ValueError, match=r"tells 3 classes apart.*from 0 to 2; got \[1, 2, 3\]"):
        tf.plot.boundary(net(3, "softmax"), X, np.arange(60) % 3 + 1)
    with pytest.raises(ValueError, match=r"gives an array of shape \(40000, 2, 2\)"):
        tf.plot.boundary(lambda p: np.zeros((len(p), 2, 2)), X, y)
    with pytest.raises(ValueError, match="nan"):
        tf.plot.boundary(lambda p: np.log(p[:, 0] * np.nan), X, y)
    with pytest.raises(ValueError, match=r"one class only, \[7\.0\]"):
        tf.plot.boundary(model, X, y + 7)


def test_classes_are_named_as_one_writes_them():
    y = np.arange(len(X)) % 2
    for labels, names in ((y.astype("float32"), ["class 0", "class 1"]), (y - 0.5, ["class -0.5", "class 0.5"]),
                          (y, ["class 0", "class 1"]), (np.array(["no", "yes"])[y], ["class no", "class yes"])):
        ax = tf.plot.boundary(lambda p: p[:, 0], X, labels, threshold=0.0, resolution=5)
        assert [name for name in groups(ax) if name.startswith("class")] == names
