"""tf.train: checkpoints."""

import os

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers

X, Y = np.random.default_rng(0).normal(size=(8, 3)), np.random.default_rng(1).normal(size=(8, 2))


class Net(tf.Module):
    def __init__(self):
        super().__init__()
        self.w, self.each = tf.Variable(2.0), [tf.Variable(1.0), tf.Variable(5.0)]
        self.by_name = {"a": tf.Variable(7.0)}


class Branches(keras.Model):
    """Built by its first call."""

    def __init__(self):
        super().__init__()
        self.blocks, self.out = [layers.Dense(4), layers.Dense(4)], layers.Dense(2)

    def call(self, x):
        return self.out(self.blocks[0](x) + self.blocks[1](x))


def sequential():
    return keras.Sequential([layers.Dense(4), layers.BatchNormalization(), layers.Dense(2)])


def trained(make):
    model, optimizer = make(), keras.optimizers.Adam(0.05)
    model.compile(optimizer, "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    return model, optimizer


def test_values_come_back_by_the_names_of_attributes(tmp_path):
    net, step, generator = Net(), tf.Variable(3), tf.random.Generator.from_seed(1)
    checkpoint = tf.train.Checkpoint(net=net, step=step, generator=generator, more=[keras.metrics.Mean()])
    path = checkpoint.save(tmp_path / "deep" / "run")
    assert path == str(tmp_path / "deep" / "run-1")
    drawn = generator.normal((3,))
    for variable in (*net.variables, step):
        variable.assign(variable * 0)
    checkpoint.restore(path).assert_consumed()
    assert [float(v) for v in (net.w, *net.each, net.by_name["a"], step)] == [2, 1, 5, 7, 3]
    np.testing.assert_array_equal(generator.normal((3,)), drawn)
    assert ("net/each/1", []) in tf.train.list_variables(path)
    checkpoint.later = {"v": tf.Variable(8.0)}
    inner = tf.train.Checkpoint(inside=checkpoint)
    path = inner.save(tmp_path / "inner")
    checkpoint.later["v"].assign(0.0)
    inner.restore(path).assert_consumed()
    assert float(checkpoint.later["v"]) == 8
    path = checkpoint.save(tmp_path / "run")
    other = Net()
    other.w.assign(0.0)
    tf.train.Checkpoint(net=other).restore(path).expect_partial().assert_existing_objects_matched()
    assert float(other.w) == 2


@pytest.mark.parametrize("make", [sequential, Branches])
def test_a_model_goes_on_where_it_was_even_if_it_is_built_later(tmp_path, make):
    model, optimizer = trained(make)
    path = tf.train.Checkpoint(model=model, optimizer=optimizer).save(tmp_path / "run")
    again, rates = make(), keras.optimizers.Adam(0.05)
    status = tf.train.Checkpoint(model=again, optimizer=rates).restore(path)
    with pytest.raises(AssertionError, match="Unresolved objects in the checkpoint: nothing has taken"):
        status.assert_consumed()
    again.compile(rates, "mse")
    histories = [one.fit(X, Y, epochs=3, shuffle=False, verbose=0).history["loss"] for one in (model, again)]
    assert histories[0] == histories[1]
    status.assert_consumed()
    for a, b in zip(model.get_weights() + optimizer.get_weights(), again.get_weights() + rates.get_weights(),
                    strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_manager_keeps_the_latest(tmp_path):
    v, steps = tf.Variable(0.0), tf.Variable(0)
    checkpoint = tf.train.Checkpoint(v=v)
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=2, init_fn=lambda: v.assign(-1.0))
    assert manager.restore_or_initialize() is None and float(v) == -1
    for i in range(3):
        v.assign(float(i))
        assert manager.save() == str(tmp_path / f"ckpt-{i + 1}")
    assert manager.checkpoints == [str(tmp_path / "ckpt-2"), str(tmp_path / "ckpt-3")]
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "ckpt-2.npz", "ckpt-3.npz"]
    v.assign(9.0)
    later = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), tmp_path, max_to_keep=2)
    assert later.restore_or_initialize() == tf.train.latest_checkpoint(tmp_path) == str(tmp_path / "ckpt-3")
    assert float(v) == 2 and later.save() == str(tmp_path / "ckpt-4")
    every = tf.train.CheckpointManager(checkpoint, tmp_path / "b", None, step_counter=steps, checkpoint_interval=2)
    assert [bool(every.save()), bool(steps.assign_add(1) is not None and every.save()), bool(every.save())] == [
        True, False, False]
    steps.assign_add(1)
    assert every.save() and len(every.checkpoints) == 2


def test_what_does_not_fit(tmp_path):
    path = tf.train.Checkpoint(v=tf.Variable(1.0)).write(tmp_path / "w")
    assert path == str(tmp_path / "w") and tf.train.latest_checkpoint(tmp_path) is None
    with pytest.raises(ValueError, match=r"shape \(\) when attempting to restore .* with shape \(2,\) and name v"):
        tf.train.Checkpoint(v=tf.Variable([1.0, 2.0])).restore(path)
    with pytest.raises(AssertionError, match=r"no values for: \['x'\]"):
        tf.train.Checkpoint(v=tf.Variable(0.0), x=tf.Variable(0.0)).restore(path).assert_existing_objects_matched()
    with pytest.raises(tf.errors.NotFoundError, match="there is no checkpoint 'nothing'"):
        tf.train.Checkpoint(v=tf.Variable(0.0)).restore("nothing")
    with pytest.raises(ValueError, match="expecting q to be a trackable object"):
        tf.train.Checkpoint(q=3)
    v = tf.Variable(5.0)
    with pytest.raises(AssertionError, match="No checkpoint specified"):
        tf.train.Checkpoint(v=v).restore(None).assert_consumed()
    assert float(v) == 5
