"""Programs for tests: what a recorder makes of a function, and the ways to run it."""

import numpy as np

import tinynn as tf
from tinynn.autodiff.tensor import alias, convert
from tinynn.core import nest
from tinynn.graph.building import build
from tinynn.graph.executable import Executable
from tinynn.graph.interpret import interpret
from tinynn.graph.recorder import Recorder


def record(function, *inputs):
    """The Recorder of a call, what the call was given, and the tensors that it gave."""
    given = tuple(alias(convert(x)) for x in inputs)
    with Recorder(given) as recorder:
        outcome = function(*given)
    return recorder, given, [leaf for leaf in nest.flatten(outcome) if type(leaf) is tf.Tensor]


def program_of(function, *inputs):
    """The program of a call, which must not break the recording. Variables are as before afterwards."""
    record(function, *inputs)       # what is made at a first call only is there now
    recorder, given, results = record(function, *inputs)
    assert recorder.broken is None, recorder.broken
    return build(recorder, given, results)


class kept:
    """A context after which variables have the values that they had before."""

    def __init__(self, variables):
        self.variables = variables

    def __enter__(self):
        self.before = [v.numpy() for v in self.variables]

    def __exit__(self, *exception):
        for variable, value in zip(self.variables, self.before, strict=True):
            variable.assign(value)


def outcome(run, variables, calls=2):
    """Results and variables after some calls of `run()`, as arrays; variables are as before afterwards."""
    seen = []
    with kept(variables):
        for _ in range(calls):
            seen.extend(np.array(r) for r in nest.flatten(run()) if r is not None)
            seen.extend(v.numpy() for v in variables)
    return seen


def interpreted(program, inputs, calls=2):
    """The outcome of a program in Python."""
    given = [convert(x) for x in inputs]
    return outcome(lambda: interpret(program, given), in_order(program.variables), calls)


def executed(program, inputs, calls=2):
    """The outcome of a program in C."""
    given, executable = tuple(convert(x) for x in inputs), Executable(program)
    return outcome(lambda: executable.run(given), in_order(program.variables), calls)


def in_order(variables):
    """Variables in an order that no pass changes."""
    return sorted(variables, key=lambda v: v.name)


def same_bits(got, expected):
    """Asserts that two outcomes are equal to the last bit; one NaN is like any other, and a zero has no sign."""
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        assert g.dtype == e.dtype and g.shape == e.shape
        np.testing.assert_array_equal(g, e)


def close(got, expected, rtol=1e-5):
    """Asserts that two outcomes are equal within the rounding of fused calls."""
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        assert g.dtype == e.dtype and g.shape == e.shape
        if g.dtype.kind != "f":
            np.testing.assert_array_equal(g, e)
            continue
        scale = np.abs(e[np.isfinite(e)]).max(initial=0.0)
        np.testing.assert_allclose(g, e, rtol=rtol, atol=rtol * max(scale, 1e-3))
