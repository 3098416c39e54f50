"""What a sweep says: which runs are solved, the interval of their share, the histogram."""

import math
from fractions import Fraction

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.explain.text import width
from tinynn.keras import layers
from tinynn.keras.sweep import bins
from tinynn.keras.sweep.replica import Outcome
from tinynn.keras.sweep.result import Sweep
from tinynn.keras.sweep.solved import Z, all_right, judge_of, wilson
from tinynn.keras.sweep.training import Training


def swept(losses, solved=None, seeds=None, done=None, criterion=None):
    """A Sweep with these last losses."""
    seeds = list(range(len(losses))) if seeds is None else seeds
    result = Sweep(seeds, 2, criterion, None)
    for i, seed in enumerate(seeds[:done]):
        judged = None if solved is None else solved[i]
        result.add(seed, Outcome({"loss": [1.0, losses[i]]}, [np.array([float(seed)])], judged))
    return result


def array(values):
    """Values as targets or predictions."""
    return np.array(values, "float32")


@pytest.mark.parametrize(("y", "predicted", "logits", "expected"), [
    ([0, 1, 1, 0], [[0.4], [0.6], [0.9], [0.1]], False, True),
    ([[0], [1]], [[0.4], [0.5]], False, False),         # half way is no decision
    ([0, 1], [[-2.0], [0.3]], True, True),
    ([0, 1], [[-2.0], [0.3]], False, False),
    ([-1, 1], [[-0.2], [0.1]], False, True),
    ([-1, 1], [[0.2], [0.1]], False, False),
    ([[0, 1], [1, 0]], [[0.3, 0.4], [0.2, 0.1]], False, True),          # one-hot: the largest counts
    ([[1, 1], [1, 0]], [[0.6, 0.7], [0.9, 0.4]], False, True),          # several labels: each counts
    ([[1, 1], [1, 0]], [[0.6, 0.7], [0.9, 0.6]], False, False),
    ([2, 0], [[0.1, 0.2, 0.3], [0.5, 0.1, 0.1]], False, True),
    ([1, 0], [[0.1, 0.2, 0.3], [0.5, 0.1, 0.1]], False, False),
    ([3, 0], [[0.1, 0.2, 0.3], [0.5, 0.1, 0.1]], False, None),          # there is no class 3
    ([3, 7], [[3.0], [7.0]], False, None),
    ([0, 1], [[np.nan], [1.0]], False, False),
    ([0, 1], [[[0.1, 0.2], [0.3, 0.4]], [[0.1, 0.2], [0.3, 0.4]]], False, None),
])
def test_classification_is_solved_where_every_sample_is_right(y, predicted, logits, expected):
    assert all_right(array(y), array(predicted), logits) is expected


def test_several_outputs_are_not_judged():
    assert all_right(array([1]), [array([[1.0]]), array([[1.0]])]) is None


@pytest.mark.parametrize("y", [None, [0.5, 0.1], [[1.0, 0.0], [0.3, 0.7]], [np.nan, 1.0]])
def test_what_is_no_class_is_not_predicted(y):
    training = Training(array([[1], [2]]), None if y is None else array(y), {})
    assert judge_of(None, training)(None, {}) is None


@pytest.mark.parametrize(("count", "total"), [(0, 10), (1, 10), (7, 10), (10, 10), (564, 1000), (1, 1)])
def test_wilson_limits_are_where_the_share_is_just_likely_enough(count, total):
    """The limits solve (share - p)² = Z² p (1 - p) / total, which defines the interval."""
    low, high = wilson(count, total)
    share = count / total
    for p in {low, high} - {0.0, 1.0}:
        assert (share - p) ** 2 == pytest.approx(Z * Z * p * (1 - p) / total, rel=1e-9)
    assert 0 <= low <= share <= high <= 1
    assert (low == 0) == (count == 0) and (high == 1) == (count == total)


def test_the_95_percent_of_the_interval():
    assert math.erf(Z / math.sqrt(2)) == pytest.approx(0.95, abs=1e-12)
    covered = Fraction(0)       # how often the interval of 20 draws holds the true share 1/2: exactly, by counting
    for k in range(21):
        low, high = wilson(k, 20)
        covered += math.comb(20, k) * (low <= 0.5 <= high)
    assert 0.93 < covered / 2**20 < 0.98


@pytest.mark.parametrize("values", [
    [0.0145, 0.2565], [1e-6, 3e-6], [1e-5, 0.3], [1e-9, 1e9], [5, 5], [0, 0], [0, 1e5], [-3, -2.5], [1e-30, 1e30],
    [2.0001, 2.0002], [1e7, 1.00001e7], [0, 1e-300], [1e38, 3e38], [1e-300, 1e308], [-1e300, 1e300], [0.1, 0.3, 0.2],
])
def test_every_value_lies_in_one_bin(values):
    values = np.array(values * 40, "float64")
    edges = bins.limits(values)
    assert edges == sorted(set(edges))
    assert edges[0] <= values.min() and values.max() < edges[-1]
    assert len(edges) - 1 <= bins.MOST + 1
    assert np.histogram(values, edges)[0].sum() == len(values)
    assert len(bins.written(edges)) == len(edges)


def test_limits_are_short_numbers():
    assert bins.written(bins.limits(np.linspace(0.013, 0.2, 500)))[:3] == ["0.00", "0.02", "0.04"]
    assert bins.written(bins.limits(np.geomspace(1.5e-3, 9.0, 500)))[:4] == ["0.001", "0.002", "0.005", "0.01"]
    assert len(bins.limits(np.array([1.0, 2.0, 3.0, 4.0]))) <= 6


def test_the_report():
    text = str(swept([0.011, 0.012, 0.24, 0.25, 0.26], [True, True, False, False, True]))
    assert text.splitlines()[:3] == [
        "5 initialisations (seeds 0-4), epochs each: 2",
        "3 of 5 solved: 60.0 %, 95 % confidence interval 23.1 % to 88.2 %",
        "solved: every training sample is classified right"]
    first, last = [line for line in text.splitlines() if "█" in line and "█ solved" not in line]
    assert first.split()[:3] == ["0.0", "to", "0.1"] and first.split()[-1] == "2" and "░" not in first
    assert last.split()[-1] == "3" and last.count("█") == 19 and last.count("░") == 37
    assert "least 0.011 (seed 0), median 0.24, largest 0.26 (seed 4)" in text


def test_losses_that_are_not_finite():
    result = swept([0.1, np.nan, np.inf, 0.2], [True, False, False, False])
    assert [line.split()[-1] for line in str(result).splitlines() if "not finite" in line] == ["2"]
    assert result.worst in (1, 2) and result.best == 0
    assert "not finite" in str(swept([np.nan, np.nan]))


def test_nothing_says_what_solved_means():
    result = swept([0.1, 0.2])
    assert result.share is result.interval is result.solved is None
    assert "no share" in str(result) and "░" not in str(result)


def test_an_interrupted_sweep():
    result = swept([0.1, 0.2, 0.3, 0.4], [True] * 4, seeds=[9, 4, 6, 5], done=2)
    assert result.seeds == [9, 4]
    assert "2 initialisations (seeds 9, 4)" in str(result) and "interrupted: 2 of 4 are done" in str(result)
    assert result.progress().startswith("2 of 4 seeds, ")
    with pytest.raises(KeyError, match="no result for seed 6"):
        result.weights(6)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_report_fits_a_terminal(lang):
    losses = np.geomspace(1e-8, 1e8, 5000)
    result = swept(losses, losses < 1, criterion=1.0)
    result.why_slow, result.same_start = "a reason " * 20, True
    text = result.text(lang)
    assert max(map(width, text.splitlines())) <= 100
    assert ("해결" in text) == (lang == "ko")
    assert all(any("가" <= c <= "힣" for c in line) for line in text.splitlines()[:3]) == (lang == "ko")
    assert result.progress(lang)


def test_large_sweeps_keep_less(monkeypatch):
    monkeypatch.setattr("tinynn.keras.sweep.result.MOST_LOSSES", 7)
    monkeypatch.setattr("tinynn.keras.sweep.result.MOST_WEIGHTS", 31)
    result = swept([0.1, 0.2, 0.3, 0.4])
    assert result.losses.tolist() == [[0.1], [0.2], [0.3], [0.4]] == result.final[:, None].tolist()
    with pytest.raises(ValueError, match=r"sweep seeds=\[2\] alone"):
        result.weights(2)


def xor(last="sigmoid"):
    """(a function that makes a model for XOR, x, y)."""
    def make():
        model = keras.Sequential([keras.Input((2,)), layers.Dense(2, "tanh"), layers.Dense(1, last)])
        model.compile(keras.optimizers.Adam(0.05), "mse")
        return model

    return make, array([[0, 0], [0, 1], [1, 0], [1, 1]]), array([0, 1, 1, 0])


def test_what_counts_as_solved():
    make, x, y = xor()
    by_class = tf.sweep(make, x, y, seeds=12, epochs=100, batch_size=4)
    assert 0 < by_class.share < 1
    right = [np.array_equal(by_class.model(seed).predict(x, verbose=0)[:, 0] > 0.5, y > 0.5) for seed in by_class.seeds]
    assert by_class.solved.tolist() == right
    limit = float(np.median(by_class.final))
    by_loss = tf.sweep(make, x, y, seeds=12, epochs=100, batch_size=4, solved=limit)
    assert by_loss.solved.tolist() == (by_class.final < limit).tolist()
    assert f"the last loss is below {limit:g}" in str(by_loss)
    by_function = tf.sweep(make, x, y, seeds=12, epochs=100, batch_size=4, solved=lambda p: p[0, 0] < 0.5)
    assert by_function.share > by_class.share


def test_the_picture():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    axes = swept([0.1, 0.2, np.nan, 0.2], [True, False, False, False]).plot()
    assert sum(patch.get_height() for patch in axes.patches) >= 3
    assert axes.get_title() == "25.0 % solved"
    assert swept([1e-5, 2.0]).plot(lang="ko").get_xscale() == "log"
    pyplot.close("all")


def test_the_picture_without_matplotlib(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"tinynn-engine\[plot\]"):
        swept([0.1, 0.2]).plot()
