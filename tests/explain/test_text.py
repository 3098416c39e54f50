"""Large arrays in a few words."""

import numpy as np

from tinynn.explain import text


def test_facts_of_a_large_array():
    values = np.array([[3.0, -4.0], [0.0, 12.0]])
    assert text.facts(values) == {"mean": "2.75", "norm": "13", "min": "-4", "max": "12", "bad": 0,
                                  "largest": [("[1, 1]", "12"), ("[0, 1]", "-4"), ("[0, 0]", "3")]}
    assert text.summary(values) == "mean 2.75, norm 13, min -4, max 12; largest [1,1] 12, [0,1] -4, [0,0] 3"


def test_facts_where_numbers_are_not_finite_or_not_there():
    found = text.facts(np.array([np.inf, -np.inf, np.nan, 1e200]))
    assert (found["bad"], found["mean"], found["norm"]) == (3, "nan", "nan")
    assert text.facts(np.zeros((0, 3))) == {"bad": 0} and text.summary(np.zeros(0)) == "0 x float64"
    assert text.summary(np.array(["a", "b"])) == "2 x <U1"
