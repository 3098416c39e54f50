"""What a recorder writes down, and what makes it give up."""

import copy
import linecache
import pickle

import numpy as np
import pytest
from recordings import program_of, record

import tinynn as tf
from tinynn.graph.building import build

X = np.float32([1.0, 2.0])


def text_at(where):
    """The line of this file at (path, number)."""
    path, number = where
    assert path == __file__
    return linecache.getline(path, number)


def test_values_are_inputs_constants_variables_or_results():
    v, c = tf.Variable([3.0, 4.0], name="v"), tf.constant([5.0, 6.0])
    program = program_of(lambda x: (x + v) * c, X)
    add, multiply = program.lines
    assert [value.kind for value in program.inputs] == ["input"]
    assert [value.kind for value in add.inputs] == ["input", "variable"]
    assert [value.kind for value in multiply.inputs] == ["result", "constant"]
    assert add.inputs[1].source is v and multiply.inputs[1].source is c
    assert program.results == list(multiply.outputs)
    assert program.variables == [v] and program.written == []


def test_what_depends_on_constants_alone_is_a_constant():
    program = program_of(lambda x: x * tf.exp(tf.constant([1.0, 2.0]) + 1.0), X)
    assert [line.op.name for line in program.lines] == ["multiply"]
    np.testing.assert_allclose(program.lines[0].inputs[1].source, np.exp([2.0, 3.0]), rtol=1e-6)


def test_an_unused_input_is_an_input_still():
    recorder, given, results = record(lambda x, y: x * 2.0, X, X)
    assert len(build(recorder, given, results).inputs) == 2


def test_a_write_of_constants_is_written_down():
    v = tf.Variable([1.0, 2.0])
    program = program_of(lambda: v.assign([7.0, 8.0]))
    assert [line.op.name for line in program.lines] == ["assign"]
    assert program.written == [v] and program.lines[0].changes


def test_the_place_is_the_users_line():
    program = program_of(lambda x: tf.nn.softmax(x), X)
    assert "softmax" in text_at(program.lines[0].where)


READS = {
    "numpy": lambda x: tf.constant(x.numpy()) * x,
    "float": lambda x: x * float(x[0]),
    "int": lambda x: x * tf.cast(int(x[0]), "float32"),
    "bool": lambda x: x * 2.0 if bool(x[0] > 0) else x,
    "if": lambda x: x * 2.0 if x[0] > 0 else x,
    "print": lambda x: (f"{x}", x * 1.0)[1],
    "asarray": lambda x: x * np.asarray(x),
    "item": lambda x: x * x[0].numpy().item(),
    "a result": lambda x: x * float(tf.reduce_sum(x * 2.0)),
    "equal": lambda x: x * 2.0 if (x == x).numpy().all() else x,
    "tolist": lambda x: x * x.numpy().tolist(),
    "numpy function": lambda x: tf.constant(np.median(x)) * x,
    "index": lambda x: x[: tf.argmax(x)],
}


@pytest.mark.parametrize("how", sorted(READS))
def test_a_value_read_breaks_the_recording_and_names_the_line(how):
    recorder, _, _ = record(READS[how], X)
    assert recorder.broken is not None, how
    reason, where = recorder.broken
    assert "was read" in reason and not recorder.expected
    assert how == "numpy function" or f'"{how}"' in text_at(where)      # which NumPy itself reads


def test_a_variable_read_breaks_the_recording_and_is_named():
    v = tf.Variable(2.0, name="rate")
    for read in (float, lambda v: v.numpy(), np.asarray, bool, str, repr, "{}".format, pickle.dumps, copy.deepcopy,
                 lambda v: v > 1.0 or None, lambda v: v.read_value().numpy(), lambda v: memoryview(v.value())):
        recorder, _, _ = record(lambda x, read=read: (read(v), x)[1], X)
        assert recorder.broken is not None or recorder.made_variables
    assert record(lambda x: x * float(v), X)[0].broken[0] == "the variable 'rate:0' was read"


@pytest.mark.parametrize("harmless", [
    lambda x: tf.add_n(list(x)), lambda x: x * len(x), lambda x: x * x.shape[0], lambda x: tf.zeros(tf.shape(x)) + x,
    lambda x: x * float(tf.constant(2.0)), lambda x: x * np.float32(2.0), lambda x: x[0] * x if x.ndim else x,
    lambda x: tf.cast(x, "int32") if x.dtype == tf.float32 else x, lambda x: tf.unstack(x)[0]])
def test_what_no_value_decides_is_recorded(harmless):
    assert record(harmless, X)[0].broken is None


def test_variables_made_inside_belong_to_the_first_call():
    made = []

    def function(x):
        if not made:
            made.append(tf.Variable([1.0, 1.0]))
        return x * made[0]

    assert record(function, X)[0].made_variables
    assert not record(function, X)[0].made_variables


def test_recordings_inside_recordings_are_told_of_the_same_calls():
    seen = []

    def outer(x):
        recorder, given, results = record(lambda y: y * 2.0, x)
        seen.append(build(recorder, given, results))
        return x + results[0]

    recorder, _, _ = record(outer, X)
    assert [line.op.name for line in seen[0].lines] == ["multiply"]
    assert recorder.broken is None


def test_an_exception_ends_the_recording():
    with pytest.raises(ZeroDivisionError):
        record(lambda x: x / (1 // 0), X)
    recorder, _, _ = record(lambda x: x * 2.0, X)
    assert len(recorder.calls) == 1


def test_other_threads_are_not_recorded():
    import threading

    def function(x):
        thread = threading.Thread(target=lambda: float(tf.reduce_sum(tf.ones(3))))
        thread.start(), thread.join()
        return x * 2.0

    recorder, _, _ = record(function, X)
    assert recorder.broken is None and len(recorder.calls) == 1


def test_a_program_is_shown_line_by_line():
    v = tf.Variable([3.0, 4.0], name="weight")
    shown = program_of(lambda x: v.assign_add(tf.reduce_sum(x) * 2.0 * x), X).show().splitlines()
    assert shown[0].split() == ["x0", "=", "input", "float32", "(2,)"]
    assert "reduce_sum(x0" in shown[1] and "weight <- assign_add(weight, " in shown[-2]
    assert shown[-2].split()[-1].startswith("test_recorder.py:")


def test_the_checker_finds_what_cannot_run():
    program = program_of(lambda x: tf.exp(x) * 2.0, X)
    for lines in ([program.lines[1]], program.lines[::-1], [*program.lines, program.lines[0]]):
        with pytest.raises(AssertionError):
            program.using(lines).check()
