"""Learning curves and learning rates: what is drawn is what was measured."""

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from processes import python

import tinynn as tf
from tinynn import keras
from tinynn.keras.optimizers import SGD, schedules

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 3)), RNG.normal(size=(40, 1))


def fitted(**options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model.fit(X, Y, verbose=0, **options)


def lines(ax):
    return {line.get_label(): line for line in ax.lines}


def test_training_and_validation_share_an_axes():
    history = fitted(epochs=5, validation_split=0.25)
    axes = history.plot()
    assert [ax.get_ylabel() for ax in axes] == ["loss", "mae"]
    for ax, name in zip(axes, ("loss", "mae"), strict=True):
        drawn = lines(ax)
        np.testing.assert_array_equal(drawn["training"].get_ydata(), history.history[name])
        np.testing.assert_array_equal(drawn["validation"].get_ydata(), history.history[f"val_{name}"])
        np.testing.assert_array_equal(drawn["training"].get_xdata(), [1, 2, 3, 4, 5])
        assert drawn["training"].get_color() != drawn["validation"].get_color()
        assert drawn["training"].get_linestyle() != drawn["validation"].get_linestyle()
        assert ax.get_xlabel() == "epoch" and ax.get_legend() is not None
        assert all(tick == round(tick) for tick in ax.get_xticks())
    assert len({line.get_color() for ax in axes for line in ax.lines}) == 2


@pytest.mark.parametrize("options, epochs", [
    ({"epochs": 5, "validation_freq": 3}, [3]), ({"epochs": 5, "validation_freq": [2, 5]}, [2, 5]),
    ({"epochs": 5, "initial_epoch": 3}, [4, 5])])
def test_values_stand_at_their_epochs(options, epochs):
    ax = fitted(validation_split=0.25, **options).plot("loss")[0]
    np.testing.assert_array_equal(lines(ax)["validation"].get_xdata(), epochs)
    np.testing.assert_array_equal(lines(ax)["training"].get_xdata(), np.arange(options.get("initial_epoch", 0), 5) + 1)


def test_no_validation_and_axes_of_the_caller():
    history = fitted(epochs=2)
    figure, axes = plt.subplots(1, 2)
    got = history.plot(ax=axes)
    assert list(got) == list(axes) and plt.get_fignums() == [figure.number]
    assert len(axes[0].lines) == 1 and axes[0].get_legend() is None
    only = history.plot("mae", ax=figure.add_subplot())
    assert only[0].get_ylabel() == "mae"
    with pytest.raises(ValueError, match="needs 2 axes, for loss, mae; got 1"):
        history.plot(ax=axes[0])


@pytest.mark.parametrize("values, scale", [
    ([100.0, 1.0, 0.1, 0.01], "log"), ([1.0, 0.5, 0.2], "linear"), ([0.001, 0.5, 0.9], "linear"),     # accuracy
    ([100.0, 1.0, 0.0], "linear"), ([100.0, 1.0, -0.1], "linear"), ([100.0, np.nan, 0.1], "log")])
def test_the_scale_follows_the_range(values, scale):
    assert tf.plot.history({"loss": values})[0].get_yscale() == scale


def test_nan_is_told():
    ax = tf.plot.history({"loss": [3.0, 2.0, np.nan, np.nan]})[0]
    assert ax.get_legend().get_texts()[0].get_text() == "training: nan from epoch 3 on"


def test_mistakes_with_histories():
    with pytest.raises(ValueError, match="the history is empty"):
        keras.callbacks.History().plot()
    with pytest.raises(ValueError, match="no 'acc'; it has loss, mae"):
        fitted(epochs=1).plot(["loss", "acc"])


# ---- learning rates --------------------------------------------------------------------------------------------------


def test_a_schedule_is_drawn_step_by_step():
    schedule = schedules.CosineDecay(0.1, 40)
    ax = tf.plot.schedule(schedule, 50)
    steps = np.arange(50)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), steps)
    expected = 0.05 * (1 + np.cos(np.pi * np.minimum(steps, 40) / 40))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), expected, atol=1e-8)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("step (batch)", "learning rate", "linear")
    assert tf.plot.schedule(schedules.CosineDecay(0.1, 500), 500).get_yscale() == "linear"     # its end is near 0
    assert tf.plot.schedule(schedules.ExponentialDecay(0.1, 10, 0.5), 100).get_yscale() == "log"


def test_several_schedules_are_told_apart():
    decay = schedules.ExponentialDecay
    ax = tf.plot.schedule([decay(0.1, 10, 0.5), decay(0.1, 10, 0.9, staircase=True), 0.05, lambda s: 0.1 / (1 + s),
                           SGD(0.02), SGD(schedules.CosineDecay(0.1, 20))], 20)
    assert list(lines(ax)) == ["ExponentialDecay\n  decay_rate=0.5",
                               "ExponentialDecay\n  decay_rate=0.9\n  staircase=True",
                               "0.05", "<lambda>", "SGD, 0.02", "CosineDecay"]
    at_ten = [line.get_ydata()[10] for line in ax.lines]
    np.testing.assert_allclose(at_ten, [0.05, 0.09, 0.05, 0.1 / 11, 0.02, 0.05], rtol=1e-6)
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines}) == 6
    ax = plt.subplots()[1]
    assert tf.plot.schedule({"a": 0.1, "b": 0.2}, 3, ax=ax) is ax
    assert list(lines(ax)) == ["a", "b"]
    assert list(lines(tf.plot.schedule([0.1, 0.1], 3))) == ["0.1 (0)", "0.1 (1)"]


def test_long_schedules_are_sampled_and_short_ones_are_a_point():
    ax = tf.plot.schedule(schedules.PiecewiseConstantDecay([500_000], [1.0, 0.1]), 10**6)
    assert ax.lines[0].get_xdata()[[0, -1]].tolist() == [0, 999_999]
    assert len(ax.lines[0].get_xdata()) < 5000
    assert tf.plot.schedule(0.1, 1).lines[0].get_marker() == "o"


def test_mistakes_with_schedules():
    with pytest.raises(TypeError, match="a function of a step, an optimizer or a number; got str"):
        tf.plot.schedule({"a": "cosine"}, 10)
    with pytest.raises(ValueError, match="at least 1; got 0"):
        tf.plot.schedule(0.1, 0)
    with pytest.raises(ValueError, match="empty list"):
        tf.plot.schedule([], 10)


# ---- matplotlib ------------------------------------------------------------------------------------------------------


def test_matplotlib_is_imported_when_something_is_drawn(monkeypatch):
    code = "import sys, tinynn; tinynn.plot.history; tinynn.keras.callbacks.History; print('matplotlib' in sys.modules)"
    assert python("-c", code)[0].strip() == "False"
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"a history is drawn by matplotlib.*pip install 'tinynn-engine\[plot\]'"):
        tf.plot.history({"loss": [1.0]})
