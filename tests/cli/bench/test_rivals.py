"""The engines' training loops do the same work: each that is always here reaches the same loss."""

import subprocess
import sys

import numpy as np
import pytest

from tinynn.cli.bench.harness import KERNELS, TRAINING, environment
from tinynn.cli.bench.rivals import jobs
from tinynn.cli.bench.rivals.engines import ENGINES, PACKAGES, package


def answers(script, engine, *questions):
    """What an engine's process answers, one number for each question."""
    done = subprocess.run([sys.executable, str(script), engine], input="\n".join(questions), capture_output=True,
                          text=True, timeout=300, check=True, env=environment(engine, sys.executable, 1))
    about, *lines = done.stdout.splitlines()
    assert about.startswith(engine)
    assert about.endswith("1 thread")
    return list(map(float, lines))


def test_tinynn_reaches_the_losses_of_numpy_by_hand():
    names = ["W1", "W2", "W3", "W4", "P0"]
    questions = [f"{name} {what}" for name in names for what in ("first", "loss")]
    ours, theirs = (answers(TRAINING, engine, *questions)[1::2] for engine in ("tinynn", "numpy"))
    assert ours == pytest.approx(theirs, rel=1e-4)
    untrained = [job.loss_of(job.weights(), *job.data()) for job in map(jobs.job, names)]
    assert all(abs(a - b) > 1e-3 * b for a, b in zip(ours, untrained, strict=True))     # the check can fail


def test_a_product_is_as_exact_as_float32_allows():
    found = [answers(KERNELS, engine, *(f"matmul {form} float32 20 300 30 error" for form in ("nn", "tn", "nt")))
             for engine in ("tinynn", "numpy")]
    assert np.max(found) < 1e-6
    assert np.min(found) > 0


def test_every_engine_has_a_package_and_does_something():
    assert {package(name) for name in ENGINES} == set(PACKAGES)
    for engine in ENGINES.values():
        assert any(engine.does(job) for job in jobs.JOBS)
        assert engine.only | engine.without <= set(jobs.JOBS)
