"""What all tests share."""

import contextlib

import pytest
import strict

import tinynn as tf
from tinynn import _bridge
from tinynn.backends import gpu


@pytest.fixture(autouse=True)
def same_machine_settings():
    """Every test starts and ends with the same tier and thread count."""
    isa, threads = _bridge.isa(), _bridge.num_threads()
    yield
    _bridge.set_isa(isa)
    _bridge.set_num_threads(threads)


@pytest.fixture(params=["cpu", "gpu", "strict"])
def device(request):
    """Runs a test on the CPU, on a GPU, and on the stand-in that is as strict as a GPU; tensors are made there."""
    if request.param == "cpu":
        yield "cpu"
        return
    if request.param == "gpu" and gpu.why_not():
        pytest.skip(gpu.why_not())
    stand_in = gpu.substituted(strict.Strict()) if request.param == "strict" else contextlib.nullcontext()
    with stand_in, tf.device("GPU:0"):
        yield request.param
