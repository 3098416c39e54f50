"""What all tests share."""

import pytest

from tinynn import _bridge


@pytest.fixture(autouse=True)
def same_machine_settings():
    """Every test starts and ends with the same tier and thread count."""
    isa, threads = _bridge.isa(), _bridge.num_threads()
    yield
    _bridge.set_isa(isa)
    _bridge.set_num_threads(threads)
