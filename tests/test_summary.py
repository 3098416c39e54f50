"""tf.summary: what tensorboardX is given, and when."""

import sys
import types

import numpy as np
import pytest

import tinynn as tf


@pytest.fixture
def written(monkeypatch):
    """A stand-in for tensorboardX that notes what it is given."""
    notes = []

    class Writer:
        def __init__(self, folder, filename_suffix=""):
            notes.append(("open", folder))

        def __getattr__(self, name):
            return lambda *args, **kwargs: notes.append((name, *args))

    module = types.ModuleType("tensorboardX")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "tensorboardX", module)
    return notes


def test_values_go_to_the_writer_in_use(written):
    assert not tf.summary.scalar("loss", 1.0, step=0)      # nobody writes
    one, other = tf.summary.create_file_writer("a"), tf.summary.create_file_writer("b")
    with one.as_default():
        assert tf.summary.scalar("loss", tf.constant(0.5), step=tf.constant(3))
        with other.as_default(step=7):
            assert tf.summary.text("note", ["x", tf.constant("y").numpy()])
    assert written == [("open", "a"), ("open", "b"), ("add_scalar", "loss", 0.5, 3), ("add_text", "note", "x  \ny", 7),
                       ("flush",), ("flush",)]
    one.close()
    with one.as_default():
        assert not tf.summary.scalar("loss", 1.0, step=0)
    with tf.summary.create_noop_writer().as_default():
        assert not tf.summary.scalar("loss", 1.0, step=0)


def test_pictures_and_histograms(written):
    with tf.summary.create_file_writer("a").as_default(step=1):
        assert tf.summary.image("digits", np.zeros((5, 2, 2, 1)), max_outputs=2)
        assert tf.summary.histogram("weights", tf.ones((2, 3)))
    assert [note[:2] for note in written[1:3]] == [("add_image", "digits"), ("add_image", "digits/1")]
    assert written[3][0] == "add_histogram" and written[3][2].shape == (6,)


def test_steps_and_conditions(written):
    step = tf.Variable(5)
    with tf.summary.create_file_writer("a").as_default():
        with pytest.raises(ValueError, match="set_step"):
            tf.summary.scalar("loss", 1.0)
        tf.summary.experimental.set_step(step)
        tf.summary.scalar("loss", 1.0), step.assign_add(1), tf.summary.scalar("loss", 2.0)
        with tf.summary.record_if(lambda: step % 2 == 1):
            assert not tf.summary.should_record_summaries() and not tf.summary.scalar("loss", 3.0)
        assert tf.summary.should_record_summaries()
    assert [note[2:] for note in written if note[0] == "add_scalar"] == [(1.0, 5), (2.0, 6)]
    assert tf.summary.experimental.get_step() is None


def test_what_does_not_fit(written):
    with pytest.raises(ValueError, match=r"one number, got shape \(2,\)"):
        tf.summary.scalar("loss", [1.0, 2.0], step=0)
    with pytest.raises(ValueError, match="batch, height, width"):
        tf.summary.image("x", np.zeros((2, 2)), step=0)


def test_without_tensorboardX(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r"tinynn-engine\[tensorboard\]"):
        tf.summary.create_file_writer("a")


def test_real_files(tmp_path):
    pytest.importorskip("tensorboardX")
    writer = tf.summary.create_file_writer(tmp_path)
    with writer.as_default():
        tf.summary.scalar("loss", 1.0, step=0)
        tf.summary.image("x", np.zeros((1, 4, 4, 1), "float32"), step=0)
        tf.summary.histogram("h", [1.0, 2.0], step=0)
    writer.close()
    assert sum(f.stat().st_size for f in tmp_path.iterdir()) > 100
