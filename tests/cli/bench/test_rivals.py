"""The engines' training loops do the same work: each that is always here reaches the same loss."""

import subprocess
import sys

import numpy as np
import pytest

from tinynn.cli.bench.harness import KERNELS, TRAINING, environment
from tinynn.cli.bench.rivals import jobs
from tinynn.cli.bench.rivals.engines import ENGINES, GPU_PACKAGES, PACKAGES, package


def answers(script, engine, *questions, device=None):
    """What an engine's process answers, one number for each question; None where it has none."""
    done = subprocess.run([sys.executable, str(script), engine], input="\n".join(questions), capture_output=True,
                          text=True, timeout=300, check=True, env=environment(engine, sys.executable, 1, device))
    about, *lines = done.stdout.splitlines()
    assert about.startswith(engine)
    assert about.endswith("1 thread")
    return [None if line == "none" else float(line) for line in lines]


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


def test_on_a_device_the_same_is_computed_and_memory_told():
    questions = "W3 first", "W3 loss", "W3 time", "W3 held"
    ours = answers(TRAINING, "tinynn", *questions)
    there = answers(TRAINING, "tinynn", *questions, device="CPU:0")
    assert there[1] == ours[1]
    assert ours[3] is None
    assert there[3] >= 2000 * 3 * 4     # the samples
    assert answers(TRAINING, "numpy", *questions, device="CPU:0")[3] is None


def test_a_gpu_is_the_only_one_that_its_engine_sees(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    seen = environment("jax", "python", None, "GPU:1")
    assert (seen["CUDA_VISIBLE_DEVICES"], seen["TINYNN_BENCH_DEVICE"], seen["JAX_PLATFORMS"]) == ("1", "GPU:0", "cuda")
    assert (seen["NVIDIA_TF32_OVERRIDE"], seen["JAX_DEFAULT_MATMUL_PRECISION"]) == ("0", "highest")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    assert environment("torch", "python", None, "GPU:1")["CUDA_VISIBLE_DEVICES"] == "7"
    with pytest.raises(ValueError, match="there is no GPU:2: CUDA_VISIBLE_DEVICES is '5,7'"):
        environment("torch", "python", None, "GPU:2")
    for device in (None, "CPU:0"):
        seen = environment("jax", "python", None, device)
        assert (seen["CUDA_VISIBLE_DEVICES"], seen["JAX_PLATFORMS"]) == ("", "cpu")


def test_every_engine_has_a_package_and_does_something():
    assert {package(name) for name in ENGINES} == set(PACKAGES)
    for engine in ENGINES.values():
        assert any(engine.does(job) for job in jobs.JOBS)
        assert engine.only | engine.without <= set(jobs.JOBS)
    assert set(GPU_PACKAGES) <= set(PACKAGES)
