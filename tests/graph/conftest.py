"""What tests of programs on a GPU share."""

import pytest
import strict

import tinynn as tf
from tinynn.backends import gpu


@pytest.fixture(params=["gpu", "call by call", "graph"])
def platform(request):
    """The package for GPUs; tensors are made there."""
    if request.param == "gpu" and gpu.why_not():
        pytest.skip(gpu.why_not())
    found = gpu.platform() if request.param == "gpu" else strict.Strict(graphs=request.param == "graph")
    with gpu.substituted(found), tf.device("GPU:0"):
        yield found
