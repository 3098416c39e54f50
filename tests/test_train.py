"""tf.train: variables in files and back, also before they are made; numbered files; moving averages."""

import os

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.core import restoring
from tinynn.core.errors import NotFoundError

X, Y = tf.constant(np.random.default_rng(0).normal(size=(8, 2)).astype("float32")), tf.zeros((8, 1))


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(3, activation="tanh")
        self.out = keras.layers.Dense(1)

    def call(self, x):
        return self.out(self.hidden(x))


class Line(tf.Module):
    def __init__(self, slope):
        super().__init__()
        self.w, self.parts = tf.Variable(slope), [tf.Variable([1.0]), {"b": tf.Variable(2.0)}]
        self.name_of_it = "a line"


def step(net, optimizer):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((net(X) - Y) ** 2)
    optimizer.apply_gradients(zip(tape.gradient(loss, net.trainable_variables), net.trainable_variables, strict=True))
    return float(loss)


def test_variables_and_modules(tmp_path):
    line, count = Line(3.0), tf.Variable(7, dtype=tf.int64)
    path = tf.train.Checkpoint(line=line, count=count).write(tmp_path / "here")
    assert path == str(tmp_path / "here") and os.listdir(tmp_path) == ["here.npz"]
    assert tf.train.list_variables(path) == [("count", []), ("line/parts/0", [1]), ("line/parts/1/b", []),
                                             ("line/w", []), ("save_counter", [])]
    assert tf.train.load_variable(path, "line/w") == 3.0
    other, later = Line(0.0), tf.Variable(0, dtype=tf.int64)
    status = tf.train.Checkpoint(line=other, count=later).read(path)
    assert float(other.w) == 3 and int(later) == 7
    assert status.assert_consumed() is status.expect_partial() is status.assert_nontrivial_match() is status


def test_what_is_not_built_yet_gets_its_values_when_it_is(tmp_path):
    net, optimizer = Net(), keras.optimizers.Adam(0.1)
    for _ in range(3):
        step(net, optimizer)
    path = tf.train.Checkpoint(net=net, optimizer=optimizer).save(tmp_path / "ckpt")
    expected = [step(net, optimizer) for _ in range(3)]
    net, optimizer = Net(), keras.optimizers.Adam(0.1)
    waiting = len(restoring._waiting)
    status = tf.train.Checkpoint(net=net, optimizer=optimizer).restore(path)
    with pytest.raises(AssertionError, match="net/hidden/kernel"):
        status.assert_consumed()
    assert [step(net, optimizer) for _ in range(3)] == expected
    status.assert_consumed()
    assert len(restoring._waiting) == waiting       # and nobody looks for more


def test_names_are_those_of_attributes(tmp_path):
    net, optimizer = Net(), keras.optimizers.SGD(0.1)
    step(net, optimizer)
    path = tf.train.Checkpoint(net=net, optimizer=optimizer).write(tmp_path / "x")
    reader = tf.train.load_checkpoint(path)
    shapes = reader.get_variable_to_shape_map()
    assert shapes["net/hidden/kernel"] == [2, 3] and shapes["net/out/bias"] == [1] and "optimizer/0" in shapes
    assert reader.has_tensor("net/out/bias") and not reader.has_tensor("net/out")
    assert reader.get_variable_to_dtype_map()["net/out/bias"] == tf.float32
    np.testing.assert_array_equal(reader.get_tensor("net/out/bias"), net.out.bias)
    bias = tf.Variable(tf.zeros(1))         # a part alone, by the same way
    part = tf.train.Checkpoint(net=tf.train.Checkpoint(out=tf.train.Checkpoint(bias=bias)))
    part.restore(path).assert_existing_objects_matched()
    np.testing.assert_array_equal(bias, net.out.bias)


def test_attributes_that_are_set_later(tmp_path):
    save, new = tf.train.Checkpoint(), tf.train.Checkpoint()
    save.listed = [tf.Variable(1.0), tf.Variable(2.0)]
    save.mapped = {"two": save.listed[1]}
    path = save.save(tmp_path / "x")
    new.mapped = {"two": tf.Variable(0.0)}
    new.restore(path)
    assert float(new.mapped["two"]) == 2


def test_an_iterator_goes_on_where_it_was(tmp_path):
    numbers = tf.data.Dataset.range(10).shuffle(10, seed=3, reshuffle_each_iteration=False)
    expected = [int(x) for x in numbers]
    first, second = iter(numbers), iter(numbers)
    for _ in range(4):
        next(first)
    path = tf.train.Checkpoint(iterator=first).write(tmp_path / "x")
    next(second)
    tf.train.Checkpoint(iterator=second).read(path)
    assert [int(x) for x in second] == expected[4:]


def test_numbers_of_files(tmp_path):
    v = tf.Variable(0.0)
    checkpoint = tf.train.Checkpoint(v=v)
    assert tf.train.latest_checkpoint(tmp_path) is None
    assert checkpoint.restore(tf.train.latest_checkpoint(tmp_path)).assert_consumed()
    for k in range(3):
        v.assign(float(k))
        assert checkpoint.save(tmp_path / "run" / "ckpt") == str(tmp_path / "run" / f"ckpt-{k + 1}")
    assert tf.train.latest_checkpoint(tmp_path / "run") == str(tmp_path / "run" / "ckpt-3")
    assert len(tf.train.get_checkpoint_state(tmp_path / "run").all_model_checkpoint_paths) == 3
    fresh = tf.train.Checkpoint(v=tf.Variable(9.0))
    fresh.restore(tmp_path / "run" / "ckpt-2")
    assert float(fresh.v) == 1 and int(fresh.save_counter) == 2
    fresh.read(tmp_path / "run")        # a folder stands for its latest
    assert float(fresh.v) == 2


def test_a_manager_keeps_some(tmp_path):
    v = tf.Variable(0.0)
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), tmp_path, max_to_keep=2, checkpoint_name="c")
    assert manager.latest_checkpoint is None and manager.restore_or_initialize() is None
    for k in range(4):
        v.assign(float(k))
        manager.save()
    assert sorted(os.listdir(tmp_path)) == ["c-3.npz", "c-4.npz", "checkpoint"]
    w = tf.Variable(0.0)
    again = tf.train.CheckpointManager(tf.train.Checkpoint(v=w), tmp_path, max_to_keep=2, checkpoint_name="c")
    assert again.checkpoints == manager.checkpoints
    assert again.restore_or_initialize() == str(tmp_path / "c-4") and float(w) == 3
    assert again.save() == str(tmp_path / "c-5")
    assert again.save(checkpoint_number=50) == str(tmp_path / "c-50") == again.latest_checkpoint


def test_a_manager_waits(tmp_path):
    count, made = tf.Variable(0), []
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(count=count), tmp_path, None, step_counter=count,
                                         checkpoint_interval=3, init_fn=lambda: made.append(1))
    manager.restore_or_initialize()
    saved = [manager.save() is not None for _ in range(7) if count.assign_add(1) is not None]
    assert saved == [True, False, False, True, False, False, True] and made == [1]


def test_generators_lists_and_metrics(tmp_path):
    generator, metric = tf.random.Generator.from_seed(1), keras.metrics.Mean()
    generator.normal((3,)), metric.update_state([2.0, 4.0])
    path = tf.train.Checkpoint(generator=generator, metrics=[metric]).write(tmp_path / "x")
    other, mean = tf.random.Generator.from_seed(5), keras.metrics.Mean()
    tf.train.Checkpoint(generator=other, metrics=[mean]).read(path).assert_consumed()
    np.testing.assert_array_equal(other.normal((3,)), generator.normal((3,)))
    assert float(mean.result()) == 3


def test_what_does_not_fit(tmp_path):
    path = tf.train.Checkpoint(a=tf.Variable([1.0, 2.0]), b=tf.Variable(1.0)).write(tmp_path / "x")
    with pytest.raises(ValueError, match=r"a has the shape \(3,\), and the checkpoint has \(2,\)"):
        tf.train.Checkpoint(a=tf.Variable(tf.zeros(3))).read(path)
    status = tf.train.Checkpoint(b=tf.Variable(0.0), c=tf.Variable(0.0)).read(path)
    with pytest.raises(AssertionError, match="no value for c"):
        status.assert_existing_objects_matched()
    status = tf.train.Checkpoint(b=tf.Variable(0.0)).read(path)
    with pytest.raises(AssertionError, match="no variable: a"):
        status.assert_consumed()
    with pytest.raises(AssertionError, match="found a variable"):
        tf.train.Checkpoint(z=tf.Variable(0.0)).read(path).assert_nontrivial_match()
    with pytest.raises(NotFoundError, match="no checkpoint"):
        tf.train.Checkpoint().read(tmp_path / "nothing")
    with pytest.raises(NotFoundError, match="no 'z'; it has a, b, save_counter"):
        tf.train.load_variable(path, "z")
    with pytest.raises(ValueError, match="'f' is a function"):
        tf.train.Checkpoint(f=lambda: 1)
    with pytest.raises(ValueError, match="max_to_keep"):
        tf.train.CheckpointManager(tf.train.Checkpoint(), tmp_path, 0)


def test_moving_averages():
    w, average = tf.Variable([1.0, 2.0]), tf.train.ExponentialMovingAverage(0.75)
    assert average.average(w) is None
    average.apply([w])
    for new in ([3.0, 2.0], [5.0, 0.0]):
        average.apply([w.assign(new)])
    np.testing.assert_allclose(average.average(w), [0.75 * 1.5 + 0.25 * 5, 0.75 * 2])
    early = tf.train.ExponentialMovingAverage(0.9, num_updates=0)
    v = tf.Variable(0.0)
    early.apply([v]), early.apply([v.assign(10.0)])
    assert float(early.average(v)) == 9        # the decay is 1 / 10 at first
