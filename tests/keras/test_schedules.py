"""Learning rate schedules against their formulas."""

import math

import numpy as np
import pytest

import tinynn as tf
from tinynn.keras.optimizers import schedules
from tinynn.keras.optimizers.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)


def cosine(share, alpha=0.1):
    return (1 - alpha) * 0.5 * (1 + math.cos(math.pi * share)) + alpha


def restarts(step, t_mul, m_mul):
    length, height = 4.0, 1.0
    while step >= length:
        step, length, height = step - length, length * t_mul, height * m_mul
    return 0.3 * (0.9 * 0.5 * height * (1 + math.cos(math.pi * step / length)) + 0.1)


CASES = {
    "exponential": (ExponentialDecay(0.3, 7, 0.4), lambda s: 0.3 * 0.4 ** (s / 7)),
    "staircase": (ExponentialDecay(0.3, 7, 0.4, staircase=True), lambda s: 0.3 * 0.4 ** (s // 7)),
    "inverse": (InverseTimeDecay(0.3, 7, 0.4), lambda s: 0.3 / (1 + 0.4 * s / 7)),
    "inverse_staircase": (InverseTimeDecay(0.3, 7, 0.4, True), lambda s: 0.3 / (1 + 0.4 * (s // 7))),
    "piecewise": (PiecewiseConstantDecay([3, 9], [0.1, 0.2, 0.3]), lambda s: 0.1 if s <= 3 else 0.2 if s <= 9 else 0.3),
    "polynomial": (PolynomialDecay(0.3, 10, 0.01, 2.0), lambda s: 0.29 * (1 - min(s, 10) / 10) ** 2 + 0.01),
    "cycle": (PolynomialDecay(0.3, 10, 0.01, cycle=True),
              lambda s: 0.29 * (1 - s / (10 * max(1, math.ceil(s / 10)))) + 0.01),
    "cosine": (CosineDecay(0.3, 10, 0.1), lambda s: 0.3 * cosine(min(s, 10) / 10)),
    "warmup": (CosineDecay(0.1, 10, 0.1, warmup_target=0.3, warmup_steps=4),
               lambda s: 0.1 + 0.2 * s / 4 if s < 4 else 0.3 * cosine(min(s - 4, 10) / 10)),
    "restarts": (CosineDecayRestarts(0.3, 4, 2.0, 0.8, 0.1), lambda s: restarts(s, 2.0, 0.8)),
    "equal_restarts": (CosineDecayRestarts(0.3, 4, 1.0, 0.8, 0.1), lambda s: restarts(s, 1.0, 0.8)),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_values(name):
    schedule, formula = CASES[name]
    steps = [s for s in range(31) if name != "restarts" or s not in (12, 28)]  # a rounding error from a restart
    np.testing.assert_allclose([schedule(s) for s in steps], [formula(s) for s in steps], rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("name", sorted(CASES))
def test_steps_of_any_kind_and_the_round_trip(name):
    schedule, _ = CASES[name]
    rate = schedule(5)
    assert rate.dtype == tf.float32 and rate.shape == ()
    for step in (tf.constant(5), tf.Variable(5, dtype="int64"), np.int64(5), 5.0):
        assert float(schedule(step)) == float(rate)
    again = schedules.deserialize(schedules.serialize(schedule))
    assert type(again) is type(schedule) and again.get_config() == schedule.get_config()


def test_errors():
    with pytest.raises(ValueError, match="decay_steps"):
        ExponentialDecay(0.1, 0, 0.5)
    with pytest.raises(ValueError, match="1 less"):
        PiecewiseConstantDecay([1, 2], [0.1, 0.2])
    with pytest.raises(NotImplementedError, match="__call__"):
        schedules.LearningRateSchedule()(1)
