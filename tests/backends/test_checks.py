"""Checks of indices: at once, and inside graphs, where they leave a note."""

import numpy as np
import pytest
import strict

from tinynn.backends import checks, gpu
from tinynn.core.errors import InvalidArgumentError


@pytest.fixture(autouse=True)
def platform():
    """The stand-in for CuPy."""
    with gpu.substituted(strict.Strict(graphs=True)) as found:
        yield found


def wrong(index):
    return InvalidArgumentError(f"wrong: {index}")


def noted(platform, *arrays, n=4):
    """Notes of a program that checks these arrays; and what it goes on with."""
    notes = checks.Notes(platform, 0)
    notes.call = lambda error: error
    with notes:
        safe = [checks.inside(platform.xp, platform.put(np.asarray(a), 0), n, wrong) for a in arrays]
    notes.launched()
    return notes, [s.get() for s in safe]


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8", "uint64"])
def test_the_first_index_that_lies_outside_is_told(platform, dtype):
    bad = -3 if dtype.startswith("i") else 9
    array = np.array([[1, bad], [7, 2]]).astype(dtype)
    with pytest.raises(InvalidArgumentError, match=f"wrong: {bad}"):
        checks.inside(np, array, 4, wrong)
    with pytest.raises(InvalidArgumentError, match=f"wrong: {bad}"):
        checks.inside(platform.xp, platform.put(array, 0), 4, wrong)
    _, safe = noted(platform, np.arange(4), array, [5, 5])
    np.testing.assert_array_equal(safe[1], [[1, 0], [0, 2]])
    with pytest.raises(InvalidArgumentError, match=f"wrong: {bad}"):
        gpu.moved(platform.put(np.ones(2), 0), gpu.CPU)
    gpu.moved(platform.put(np.ones(2), 0), gpu.CPU)      # it was told


def test_what_is_right_is_left_alone(platform):
    for array in (np.arange(4), np.array(3), np.zeros((0, 2), int)):
        assert checks.inside(np, array, 4, wrong) is array
        np.testing.assert_array_equal(noted(platform, array)[1][0], array)
    checks.look(0)


def test_each_program_has_a_note_and_each_gpu_is_looked_at(platform):
    noted(platform, [4]), noted(platform, [1]), noted(platform, [5])
    checks.look(1)
    for bad in (4, 5):
        with pytest.raises(InvalidArgumentError, match=f"wrong: {bad}"):
            checks.look(0)
    checks.look(0)


def test_a_look_that_fails_loses_no_note(platform):
    noted(platform, [4])
    with pytest.raises(RuntimeError, match="capturing"):
        platform.recorded(lambda: gpu.moved(platform.put(np.float64(1), 0), gpu.CPU))
    with pytest.raises(InvalidArgumentError, match="wrong: 4"):
        checks.look(0)


def test_an_axis_without_elements_cannot_be_indexed_in_a_graph(platform):
    with pytest.raises(RuntimeError, match="an axis without elements"):
        noted(platform, [0], n=0)
    noted(platform, np.zeros(0, int), n=0)
