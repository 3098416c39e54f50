"""The programs of the course, explained: docs/explained is what examples/explained.py writes, and its numbers are those
of float64."""

import importlib.util
import pathlib
import re

import numpy as np
import pytest

import tinynn as tf
from tinynn.explain.checks import H
from tinynn.explain.trace import Trace

ROOT = pathlib.Path(__file__).parent.parent
SPEC = importlib.util.spec_from_file_location("explained", ROOT / "examples" / "explained.py")
explained = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(explained)
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]\d+)?")


def doubled(trace):
    """The trace of the same program in float64: its sources and constants converted, its ops called again."""
    exact = lambda tensor: tf.cast(tensor, tf.float64) if tensor.dtype.is_floating else tensor
    sources = [tf.Variable(exact(node.tensor)) for node in trace.sources]
    values = {**{node: exact(node.tensor) for node in trace.nodes if node.maker is None},
              **dict(zip(trace.sources, sources, strict=True))}
    with tf.GradientTape() as tape:
        for step in trace.steps:
            made = step.op(*[values[node] for node in step.inputs], **step.attributes)
            values.update(zip(step.outputs, made if isinstance(made, tuple) else [made], strict=True))
    return Trace(tape, values[trace.target], sources)


@pytest.mark.parametrize("name", explained.PROGRAMS)
def test_every_number_is_that_of_float64(name):
    told, _ = explained.PROGRAMS[name]()
    single, double = told.trace, doubled(told.trace)
    assert len(single.nodes) == len(double.nodes)
    assert len(single.pulls) == len(double.pulls)
    same = dict(zip(single.nodes, double.nodes, strict=True))
    for node, exact in same.items():
        np.testing.assert_allclose(node.value, exact.value, rtol=2e-5, atol=2e-6)
        if exact.slope is not None:
            np.testing.assert_allclose(node.slope, exact.slope, rtol=1e-4, atol=1e-6)
    for pull, exact in zip(single.pulls, double.pulls, strict=True):
        assert pull.rule is exact.rule
        np.testing.assert_allclose(pull.given, exact.given, rtol=1e-4, atol=1e-6)
    for check in told.checks:
        assert check.agrees
        assert check.measured == pytest.approx(same[check.node].slope[check.place], rel=1e-5, abs=10 * H**2)
    for node, after in told.descent.values.items():
        np.testing.assert_allclose(after, same[node].value - told.descent.rate * same[node].slope, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("name", explained.PROGRAMS)
def test_the_kept_outputs_are_what_the_command_writes(name, lang):
    """Words exactly, numbers but for the last digits, which another instruction set may round differently."""
    kept = (ROOT / "docs" / "explained" / f"{name}.{lang}.txt").read_text(encoding="utf-8")
    now = explained.told(name, lang)
    assert NUMBER.sub("0", kept).split() == NUMBER.sub("0", now).split()
    for before, after in zip(NUMBER.findall(kept), NUMBER.findall(now), strict=True):
        assert float(after) == pytest.approx(float(before), rel=2e-3, abs=1e-7)


@pytest.mark.parametrize("name", explained.PROGRAMS)
def test_the_kept_pages_are_about_the_same_run(name):
    page = (ROOT / "docs" / "explained" / f"{name}.html").read_text(encoding="utf-8")
    now = explained.PROGRAMS[name]()[0].to_html()
    assert len(page) == pytest.approx(len(now), rel=0.05)
    assert page[:2000] == now[:2000]
