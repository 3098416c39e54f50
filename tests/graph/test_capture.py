"""Captured functions that begin anew."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.graph.capture import Captured

X = np.array([1.0, 2.0], "float32")


def steps(captured, total, n):
    """Calls it n times; per call the sum so far, and "python", "plain" or "passes": how the call ran."""
    seen = []
    for _ in range(n):
        kind = captured.kinds.get("key")
        before = (0, None) if kind is None else (kind.op_by_op, kind.rewound)
        result = captured.call("key", lambda inputs: add(total, inputs[0]), (tf.constant(X),))
        kind = captured.kinds["key"]
        seen.append("python" if kind.op_by_op > before[0] else "plain" if before[1] else "passes")
        assert result.numpy() == total.numpy()
    return seen


def add(total, x):
    """Adds to a variable, and gives what it is then."""
    total.assign_add(tf.reduce_sum(x * 1.0))
    return total.read_value()


@pytest.mark.parametrize("checked", [False, True])
def test_rewound_calls_run_as_the_first_ones_did_and_then_with_passes(checked):
    total, function = tf.Variable(0.0), Captured("f", checked)
    first = ["python"] * (2 if checked else 1)
    assert steps(function, total, 4) == first + ["passes"] * (4 - len(first))
    for _ in range(2):
        function.rewind(function.version)
        assert steps(function, total, 1) == ["plain"]       # and rewound before it came to an end
        function.rewind(function.version)
        assert steps(function, total, 4) == ["plain"] * len(first) + ["passes"] * (4 - len(first))
    assert total.numpy() == 3.0 * 14


def test_calls_count_over_the_versions_of_a_function():
    total, function = tf.Variable(0.0), Captured("f", checked=True)
    function.holds_for(1)
    assert steps(function, total, 1) == ["python"]
    function.holds_for(2)
    assert steps(function, total, 3) == ["python", "python", "passes"]
    function.rewind(3)
    function.holds_for(3)
    assert steps(function, total, 4) == ["plain"] * 3 + ["passes"]


def test_plain_calls_run_no_pass():
    total, function = tf.Variable(0.0), Captured("f")
    steps(function, total, 2)
    kind = function.kinds["key"]
    function.rewind(None)
    assert len(kind.plain.program.lines) > len(kind.rewound[0].program.lines)
    assert kind.plain.program is kind.program
