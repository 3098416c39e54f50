"""What runs on either side of a comparison, as far as it needs no process of its own."""

import numpy as np
import pytest

from tinynn import keras
from tinynn.cli.peer import notes, same_numbers
from tinynn.keras.training import order


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_orders_are_those_that_tinynn_draws_in_c(size):
    ours, theirs = order.Order(2**31 - 5), same_numbers.Order(2**31 - 5)
    for _ in range(3):
        np.testing.assert_array_equal(theirs.permutation(size), ours.permutation(size))
    theirs.restart()
    np.testing.assert_array_equal(theirs.permutation(size), order.Order(2**31 - 5).permutation(size))


def test_numbers_of_a_kind_do_not_depend_on_other_kinds():
    alone, beside = same_numbers.Numbers(3), same_numbers.Numbers(3)
    drawn = [alone.seed("a", 1) for _ in range(3)]
    assert len(set(drawn)) == 3
    again = []
    for i in range(3):
        beside.seed("b", i)
        again.append(beside.seed("a", 1))
    assert again == drawn
    beside.restart(3)
    assert beside.seed("a", 1) == drawn[0]
    beside.restart(-4)
    assert beside.seed("a", 1) != drawn[0]


def test_a_loop_is_a_training_only_where_its_variables_change():
    first, second = keras.Variable([1.0, 2.0]), keras.Variable(5.0)
    book = notes.Notes(0.0, exact=True)
    for value in (3.0, 2.0, 1.0):
        book.stepped(lambda value=value: value, [first, second])
        second.assign_sub(1.0)
    for _ in range(3):
        book.stepped(lambda: 0.0, [first])
    loop, still = book.trainings.values()
    assert loop["losses"] == [3.0, 2.0, 1.0]
    assert book.learnt(loop)
    assert not book.learnt(still)


def test_weights_are_kept_in_the_order_in_which_they_were_met(tmp_path):
    variables = [keras.Variable([float(i)], name=f"v{i}") for i in range(3)]
    book = notes.Notes(0.0, exact=True)
    for v in (variables[2], variables[0], variables[2]):
        book.keep([v])
    written = book.written(tmp_path)
    assert written["weights"] == ["v2", "v0"]
    with np.load(tmp_path / "weights.npz") as saved:
        assert [float(saved[name][0]) for name in saved.files] == [2.0, 0.0]


def test_undisturbed_runs_keep_nothing(tmp_path):
    book = notes.Notes(0.0, exact=False)
    book.keep([keras.Variable(1.0)])
    book.stepped(lambda: 1 / 0, [keras.Variable(1.0)])
    assert "weights" not in book.written(tmp_path)
    assert not list(tmp_path.iterdir())


def test_fits_are_numbered_and_loops_have_lines():
    book = notes.Notes(0.0, exact=False)
    book.stepped(lambda: 0.0)
    for _ in range(2):
        book.fitted(0.0, 1.0, None, keras.callbacks.History(), 3, [])
    assert [line.split(":")[0] for line in book.trainings] == ["test_peer.py", "fit 1", "fit 2"]
