"""compile, fit, evaluate, predict."""

import gc
import random

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.core.seeds import set_global
from tinynn.keras import layers


def linear(rate=0.1, **options):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.compile(keras.optimizers.SGD(rate), "mse", **options)
    return model


def numpy_epoch(w, b, x, y, rate, size):
    """One epoch of gradient descent on the mean squared error: (weights, bias, mean loss per sample)."""
    w, b, total = w.astype("float64"), b.astype("float64"), 0.0
    for i in range(0, len(x), size):
        error = x[i:i + size] @ w + b - y[i:i + size]
        total += (error ** 2).mean() * len(error)
        g = 2 * error / error.size
        w, b = w - rate * x[i:i + size].T @ g, b - rate * g.sum(0)
    return w, b, total / len(x)


@pytest.mark.parametrize("size", [40, 16, 1])
def test_fit_is_gradient_descent_and_its_loss_the_mean_over_samples(data, size):
    x, y = data
    model = linear()
    w, b = model.get_weights()
    history = model.fit(x, y, batch_size=size, epochs=2, shuffle=False, verbose=0).history
    w, b, first = numpy_epoch(w, b, x, y, 0.1, size)
    w, b, second = numpy_epoch(w, b, x, y, 0.1, size)
    np.testing.assert_allclose(history["loss"], [first, second], rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.get_weights()[1], b, rtol=1e-4, atol=1e-6)


def test_every_way_to_give_data_trains_the_same(data):
    x, y = data

    def generator():
        while True:
            for i in range(0, 40, 8):
                yield x[i:i + 8], y[i:i + 8]

    class Sequence:
        def __len__(self):
            return 5

        def __getitem__(self, i):
            return x[8 * i:8 * i + 8], y[8 * i:8 * i + 8]

    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    start, results = linear().get_weights(), []
    for given, options in [((x, y), {"batch_size": 8}), ((tf.constant(x), y.astype("float64")), {"batch_size": 8}),
                           ((x.tolist(), y.tolist()), {"batch_size": 8}), ((dataset,), {}), ((Sequence(),), {}),
                           ((generator(),), {"steps_per_epoch": 5})]:
        model = linear()
        model.set_weights(start)
        model.fit(*given, epochs=2, shuffle=False, verbose=0, **options)
        results.append(model.get_weights()[0])
    for other in results[1:]:
        np.testing.assert_allclose(other, results[0], rtol=1e-6)


def test_shuffling_uses_every_sample_once_and_repeats_with_a_seed():
    seen = []

    class Watch(keras.Model):
        def train_step(self, batch):
            x, y = batch
            seen.extend(x.numpy()[:, 0].tolist())
            assert (x.numpy() == y.numpy()).all()
            return {"loss": tf.constant(0.0)}

        def call(self, x):
            return x

    def run(shuffle=True):
        seen.clear()
        keras.utils.set_random_seed(5)
        model = Watch()
        model.compile("sgd", "mse", run_eagerly=True)
        x = np.arange(10.0)[:, None]
        model.fit(x, x, epochs=2, batch_size=3, shuffle=shuffle, verbose=0)
        return list(seen)

    first = run()
    assert sorted(first[:10]) == sorted(first[10:]) == list(range(10))
    assert first[:10] != first[10:] and first[:10] != list(range(10))
    assert run() == first

    batches = np.split(np.array(run(shuffle="batch")[:9]), 3)   # the batches stay, their samples move
    assert [sorted(batch) for batch in batches] == np.arange(9).reshape(3, 3).tolist()
    assert [list(batch) for batch in batches] != np.arange(9).reshape(3, 3).tolist()
    assert run(shuffle=None) == run(shuffle=False) == 2 * list(range(10))


def test_float16_gets_a_loss_scale():
    scaled = keras.optimizers.LossScaleOptimizer
    for policy, options, kind in (("mixed_float16", {}, scaled), ("float32", {}, keras.optimizers.Adam),
                                  ("mixed_float16", {"auto_scale_loss": False}, keras.optimizers.Adam)):
        model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        model.dtype_policy = keras.DTypePolicy(policy)
        model.compile("adam", "mse", **options)
        assert type(model.optimizer) is kind
    model.dtype_policy = keras.DTypePolicy("mixed_float16")
    own = scaled(keras.optimizers.SGD())
    model.compile(own, "mse")
    assert model.optimizer is own


def test_fit_leaves_the_numbers_of_numpy_and_python_alone(data):
    np.random.seed(3)
    random.seed(3)
    expected = np.random.rand(), random.random()
    model = linear()
    model.predict(data[0], verbose=0)       # the weights are drawn: Keras takes their seeds from Python's `random`
    for start in (lambda: None, lambda: tf.random.set_seed(1)):
        start()
        np.random.seed(3)
        random.seed(3)
        model.fit(*data, epochs=2, verbose=0)
        assert (np.random.rand(), random.random()) == expected


def test_history_keeps_the_users_names_in_alphabetical_order(data):
    x, y = data
    model = linear(metrics=["acc", keras.metrics.MeanAbsoluteError(), "MSE"])
    history = model.fit(x, y, epochs=2, verbose=0, validation_split=0.25)
    names = ["MSE", "acc", "loss", "mean_absolute_error"]    # as TensorFlow gives them: capitals first
    assert list(history.history) == names + [f"val_{name}" for name in names]
    for logs in (model.evaluate(x, y, verbose=0, return_dict=True), model.train_on_batch(x, y, return_dict=True),
                 model.test_on_batch(x, y, return_dict=True)):
        assert list(logs) == names
    assert history.epoch == [0, 1] and history.params == {"verbose": 0, "epochs": 2, "steps": 1}
    assert model.history is history
    np.testing.assert_allclose(history.history["MSE"], history.history["loss"], rtol=1e-6)


def test_validation_is_on_the_last_samples_and_changes_nothing(data):
    x, y = data
    model = linear(0.0)
    history = model.fit(x, y, verbose=0, validation_split=0.3, epochs=3, validation_freq=2).history
    expected = ((model.predict(x[28:], verbose=0) - y[28:]) ** 2).mean()
    np.testing.assert_allclose(history["val_loss"], [expected], rtol=1e-5)
    for given in ((x[28:], y[28:]), tf.data.Dataset.from_tensor_slices((x[28:], y[28:])).batch(4)):
        again = model.fit(x[:28], y[:28], verbose=0, validation_data=given).history
        np.testing.assert_allclose(again["val_loss"], [expected], rtol=1e-5)


def test_weights_of_samples_and_classes(data):
    x, y = data
    weight = np.arange(40.0)
    model = linear(0.0, metrics=["mae"], weighted_metrics=["mae"])
    history = model.fit(x, y, sample_weight=weight, batch_size=40, verbose=0).history
    error = model.predict(x, verbose=0) - y
    np.testing.assert_allclose(history["loss"][0], ((error ** 2).mean(1) * weight).mean(), rtol=1e-5)
    np.testing.assert_allclose(history["mae"][0], np.abs(error).mean(), rtol=1e-5)
    np.testing.assert_allclose(history["weighted_mae"][0], np.average(np.abs(error).mean(1), weights=weight), rtol=1e-5)
    labels = np.arange(40) % 2
    by_class = model.fit(x, np.eye(2)[labels], class_weight={0: 3.0}, batch_size=40, verbose=0).history["loss"]
    by_sample = model.fit(x, np.eye(2)[labels], sample_weight=np.where(labels, 1, 3), batch_size=40, verbose=0)
    np.testing.assert_allclose(by_class, by_sample.history["loss"], rtol=1e-6)


def test_several_outputs(data):
    x, y = data
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [layers.Dense(1, name="p")(inputs), layers.Dense(2, name="q")(inputs)])
    targets = [x[:, :1], y]
    ways = [{"loss": ["mse", "mae"], "loss_weights": [2.0, 0.5], "metrics": [[], ["mse"]]},
            {"loss": {"q": "mae", "p": "mse"}, "loss_weights": {"p": 2.0, "q": 0.5}, "metrics": {"q": "mse"}}]
    for way, given in zip(ways, (targets, {"q": y, "p": x[:, :1]}), strict=True):
        model.compile(keras.optimizers.SGD(0.0), **way)
        logs = model.evaluate(x, given, verbose=0, return_dict=True)
        p, q = (a - b for a, b in zip(model.predict(x, verbose=0), targets, strict=True))
        expected = {"loss": 2 * (p ** 2).mean() + 0.5 * np.abs(q).mean(), "q_mse": (q ** 2).mean(),
                    "p_loss": (p ** 2).mean(), "q_loss": np.abs(q).mean()}
        assert list(logs) == sorted(expected)
        np.testing.assert_allclose([logs[name] for name in expected], list(expected.values()), rtol=1e-5)
        assert model.metrics_names == ["loss", "compile_metrics", "p_loss", "q_loss"]
        assert model.evaluate(x, given, verbose=0) == [logs[k] for k in ("loss", "p_loss", "q_loss", "q_mse")]
    with pytest.raises(ValueError, match=r"the output 'r' in the `loss` argument, can't be found"):
        model.compile("sgd", {"p": "mse", "r": "mse"})
        model.fit(x, targets, verbose=0)


def test_regularizers_and_added_losses_are_in_the_loss(data):
    x, y = data
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.5))])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    plain = ((model.predict(x, verbose=0) - y) ** 2).mean()
    expected = plain + 0.5 * (model.get_weights()[0] ** 2).sum()
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), expected, rtol=1e-5)


def test_what_evaluate_returns(data):
    x, y = data
    model = linear(metrics=["mae"])
    loss, mae = model.evaluate(x, y, verbose=0)
    assert model.evaluate(x, y, verbose=0, return_dict=True) == {"loss": loss, "mae": mae}
    model.compile("sgd", "mse")
    assert isinstance(model.evaluate(x, y, verbose=0), float)
    assert model.evaluate(x, y, verbose=0, steps=1, batch_size=8) == pytest.approx(
        ((model.predict(x[:8], verbose=0) - y[:8]) ** 2).mean(), rel=1e-5)


def test_single_batches(data):
    x, y = data
    model = linear(metrics=["mae"])
    before = model.evaluate(x, y, verbose=0)
    assert model.test_on_batch(x, y, return_dict=True)["loss"] == pytest.approx(before[0], rel=1e-5)
    model.reset_metrics()
    loss, mae = model.train_on_batch(x, y)
    assert (loss, mae) == pytest.approx(before, rel=1e-5)
    assert model.evaluate(x, y, verbose=0)[0] < loss
    np.testing.assert_array_equal(model.predict_on_batch(x), model.predict(x, verbose=0, batch_size=40))


def test_predict_joins_batches_and_keeps_the_structure(data):
    x, _ = data
    inputs = keras.Input((3,))
    model = keras.Model(inputs, {"a": layers.Dense(1)(inputs), "b": [layers.Dense(2)(inputs)]})
    outputs = model.predict(x, batch_size=7, verbose=0)
    assert (outputs["a"].shape, outputs["b"][0].shape) == ((40, 1), (40, 2))
    np.testing.assert_allclose(outputs["a"], model(x)["a"], rtol=1e-6)


def test_a_train_step_of_ones_own(data):
    x, y = data

    class Mine(keras.Model):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=y_pred)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {m.name: m.result() for m in self.metrics}

    inputs = keras.Input((3,))
    model = Mine(inputs, layers.Dense(2)(inputs))
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(x, y, epochs=3, verbose=0).history
    assert list(history) == ["loss", "mae"] and history["loss"][2] < history["loss"][0]


def test_compute_loss_and_compute_metrics_can_be_overridden(data):
    x, y = data

    class Mine(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return tf.reduce_mean(tf.square(y - y_pred)) + 5.0

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {**super().compute_metrics(x, y, y_pred, sample_weight), "seven": 7.0}

    inputs = keras.Input((3,))
    model = Mine(inputs, layers.Dense(2)(inputs))
    model.compile("sgd")
    history = model.fit(x, y, verbose=0).history
    assert history["seven"] == [7.0] and history["loss"][0] > 5


def test_metrics_of_the_model_are_reset_and_shown(data):
    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.size = layers.Dense(2), keras.metrics.Sum(name="size")

        def call(self, x):
            self.size.update_state(tf.ones_like(x[:, 0]))
            return self.dense(x)

    model = Mine()
    model.compile("sgd", "mse")
    assert model.fit(*data, epochs=2, verbose=0).history["size"] == [40.0, 40.0]
    assert len(model.trainable_variables) == 2


@pytest.mark.parametrize("options, message", [
    ({"loss": "mean_squered_error"}, "unknown loss 'mean_squered_error'; did you mean 'mean_squared_error'"),
    ({"optimizer": "adan"}, "unknown optimizer 'adan'; did you mean 'Adam'"),
    ({"metrics": ["acuracy"]}, "unknown metric 'acuracy'; did you mean"),
    ({"metrics": "accuracy"}, "metrics is a list, as in metrics="),
    ({"loss_weights": ["mae"]}, "loss_weights are numbers, got 'mae'"),
])
def test_names_are_checked_in_compile(options, message):
    with pytest.raises(ValueError, match=message):
        keras.Sequential([layers.Dense(1)]).compile(**{"loss": "mse", **options})


def test_what_is_wrong_with_the_data_is_said(data):
    x, y = data
    model = linear()
    with pytest.raises(ValueError, match="same number of samples: x has 40, y has 30"):
        model.fit(x, y[:30])
    with pytest.raises(ValueError, match=r"must call `compile\(\)` before `fit`"):
        keras.Sequential([layers.Dense(1)]).fit(x, y)
    with pytest.raises(ValueError, match="compares with targets, and there are none; give y"):
        model.fit(x, verbose=0)
    with pytest.raises(ValueError, match=r"got the text 'data.csv'"):
        model.fit("data.csv", verbose=0)
    with pytest.raises(ValueError, match="training data is numbers, got an array of <U1"):
        model.fit(np.full((40, 3), "a"), y, verbose=0)
    with pytest.warns(UserWarning, match="gave no batch in this epoch"):
        model.fit(iter([(x, y)]), epochs=2, verbose=0)
    with pytest.raises(ValueError, match="0 samples"):
        model.fit(x[:0], y[:0])
    with pytest.raises(ValueError, match="y cannot be given beside a dataset"):
        model.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(4), y)
    with pytest.raises(ValueError, match="leaves 0 for training"):
        model.fit(x[:1], y[:1], validation_split=0.5)
    with pytest.raises(ValueError, match="batch_size is a positive integer, got -1"):
        model.fit(x, y, batch_size=-1)
    with pytest.warns(UserWarning, match="ended before 9 batches"):
        model.fit(iter([(x, y)]), steps_per_epoch=9, verbose=0)


def nested():
    """A model whose outputs are {"a": [p, q], "b": r}."""
    inputs = keras.Input((3,))
    return keras.Model(inputs, {"a": [layers.Dense(2, name="p")(inputs), layers.Dense(2, name="q")(inputs)],
                                "b": layers.Dense(2, name="r")(inputs)})


@pytest.mark.parametrize("loss, weights, factors, names", [
    ("mse", None, (1, 1, 1), ["a/p_loss", "a/q_loss", "b_loss"]),
    ({"a": ["mse", None], "b": "mse"}, None, (1, 0, 1), ["a/p_loss", "b_loss"]),
    ({"a": ["mse", "mse"]}, {"a": [2.0, 3.0]}, (2, 3, 0), ["a/p_loss", "a/q_loss"]),
    (["mse", "mse", "mse"], [1.0, 0.5, 2.0], (1, 0.5, 2), ["a/p_loss", "a/q_loss", "b_loss"]),
    ({"b": "mse"}, None, (0, 0, 1), []),
])
def test_losses_of_nested_outputs(data, loss, weights, factors, names):
    x, y = data
    model = nested()
    model.compile("sgd", loss, loss_weights=weights)
    out = model.predict(x, verbose=0)
    each = [((part - y) ** 2).mean() for part in (*out["a"], out["b"])]
    logs = model.evaluate(x, {"a": [y, y], "b": y}, verbose=0, return_dict=True)
    assert list(logs) == sorted(["loss", *names])
    np.testing.assert_allclose(logs["loss"], np.dot(factors, each), rtol=1e-5)


def test_one_loss_may_take_several_outputs_together(data):
    x, y = data
    model = nested()
    together = lambda y_true, y_pred: tf.reduce_mean(tf.abs(y_pred[0] - y_pred[1]), axis=-1)
    model.compile("sgd", {"a": together, "b": "mse"})
    out = model.predict(x, verbose=0)
    logs = model.evaluate(x, {"a": [y, y], "b": y}, verbose=0, return_dict=True)
    assert list(logs) == ["a_loss", "b_loss", "loss"]
    np.testing.assert_allclose(logs["a_loss"], np.abs(out["a"][0] - out["a"][1]).mean(), rtol=1e-5)


def test_metrics_of_nested_outputs(data):
    x, y = data
    model = nested()
    model.compile("sgd", "mse", metrics={"a": [["mae"], ["mse"]], "b": "mae"})
    logs = model.evaluate(x, {"a": [y, y], "b": y}, verbose=0, return_dict=True)
    assert [name for name in logs if "loss" not in name] == ["p_mae", "q_mse", "r_mae"]


def test_what_does_not_fit_the_outputs_is_said(data):
    x, y = data
    good = {"a": [y, y], "b": y}
    for options, error, message in [
            ({"loss": {"a": "mse", "c": "mse"}}, KeyError, r"the output 'c' .* Expected keys are \['a', 'b'\]"),
            ({"loss": {"b": {"d": "mse"}}}, KeyError, r"path \('b', 'd'\) .* can't be found in the model's output"),
            ({"loss": "mse", "metrics": {"z": "mae"}}, ValueError, "Invalid `metrics`: the output 'z'"),
            ({"loss": {"a": ["mse", "mse"]}, "loss_weights": [1.0]}, ValueError, "must match the number of losses"),
    ]:
        model = nested()
        model.compile("sgd", **options)
        with pytest.raises(error, match=message):
            model.fit(x, good, verbose=0)
    model = nested()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="y_true and y_pred have different structures"):
        model.fit(x, [y, y], verbose=0)


def test_steps_per_execution_groups_the_hooks_of_batches(data):
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            seen.append(batch)

        def on_train_batch_end(self, batch, logs=None):
            seen.append(-batch)

    model = linear(steps_per_execution=2)
    model.fit(*data, batch_size=8, verbose=0, callbacks=[Watch()])
    assert seen == [0, -1, 2, -3, 4, -5]


def test_an_epoch_of_steps_goes_on_where_the_last_ended(data):
    x, _ = data
    seen = []

    class Watch(keras.Model):
        def call(self, x):
            return x

        def train_step(self, data):
            seen.append(float(data[0].numpy()[0, 0]))
            return {"loss": 0.0}

    model = Watch()
    model.compile("sgd", "mse", run_eagerly=True)
    x = np.arange(6.0)[:, None]
    with pytest.warns(UserWarning, match="ended before 4 batches"):
        model.fit(x, x, batch_size=1, steps_per_epoch=4, epochs=3, shuffle=False, verbose=0)
    assert seen[:4] == [0, 1, 2, 3] and seen[4:6] == [4, 5] and seen[6:] == [0, 1, 2, 3]


def test_compile_goes_through_a_configuration(data):
    model = linear(metrics=["mae"], loss_weights=[2.0])
    config = model.get_compile_config()
    other = linear()
    other.compile_from_config(config)
    other.set_weights(model.get_weights())
    assert other.optimizer is not model.optimizer
    assert other.evaluate(*data, verbose=0) == model.evaluate(*data, verbose=0)
    assert keras.Sequential([layers.Dense(1)]).get_compile_config() is None


def test_class_weights_are_checked(data):
    x, _ = data
    y = np.arange(40) % 2
    model = linear()
    for given, message in [("balanced", "dict-like mapping"), ({"cat": 1.0}, "integer keys")]:
        with pytest.raises(ValueError, match=message):
            model.fit(x, np.eye(2)[y], class_weight=given, verbose=0)
    with pytest.raises(ValueError, match="class_weight and sample_weight"):
        model.fit(x, np.eye(2)[y], class_weight={0: 1.0}, sample_weight=np.ones(40), verbose=0)


def test_masks_weigh_in_the_loss_and_in_weighted_metrics():
    x = np.array([[[1.0], [2.0], [0.0]], [[3.0], [0.0], [0.0]]], "float32")
    model = keras.Sequential([keras.Input((3, 1)), layers.Masking(), layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    loss, mae, mse = model.evaluate(x, np.zeros_like(x), verbose=0)
    np.testing.assert_allclose([loss, mse], [(1 + 4 + 9) / 3] * 2, rtol=1e-6)
    np.testing.assert_allclose(mae, 2.0, rtol=1e-6)


def test_a_compute_loss_of_old_takes_no_training(data):
    class Old(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return tf.reduce_mean(tf.square(y - y_pred))

    model = Old()
    model.compile("sgd")
    first, last = (model.fit(*data, verbose=0).history["loss"][0] for _ in range(2))
    assert last < first


@pytest.mark.parametrize("what", ["predict", "train_on_batch", "tape"])
def test_memory_stays_flat(what, data):
    x, y = data
    model = linear()
    variable = tf.Variable(np.ones(64, "float32"))

    def tape():
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                z = tf.reduce_sum(tf.tanh(variable) * variable)
            slope = tf.reduce_sum(inner.gradient(z, variable) ** 2)
        outer.gradient(slope, variable)

    run = {"predict": lambda: model.predict(x, verbose=0), "train_on_batch": lambda: model.train_on_batch(x, y),
           "tape": tape}[what]
    for _ in range(3):
        run()
    gc.collect()
    before, objects = tf.memory_in_use(), None
    for i in range(300):
        run()
        if i == 50:
            gc.collect()
            objects = len(gc.get_objects())
    gc.collect()
    assert tf.memory_in_use() <= before
    assert len(gc.get_objects()) - objects < 100


# ---- the order of shuffled datasets: recorded from TensorFlow 2.21 ---------------------------------------------------

ITERATIONS = [[0, 4, 5, 2, 3, 1], [2, 1, 3, 5, 4, 0], [3, 1, 0, 5, 4, 2], [0, 2, 1, 5, 3, 4], [2, 0, 1, 4, 3, 5]]


def shuffled_ids():
    set_global(None)
    ids = np.arange(6, dtype="float32")[:, None]
    return tf.data.Dataset.from_tensor_slices((ids, ids)).shuffle(4, seed=1).batch(3)


def ids_of(batches):
    return [int(i) for x, _ in batches for i in np.ravel(x)]


class Seeing(keras.Model):
    """Keeps the samples that it sees."""

    def __init__(self):
        super().__init__()
        self.dense, self.seen = keras.layers.Dense(1), []
        self.compile("sgd", "mse", run_eagerly=True)

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        self.seen.append(data)
        return super().train_step(data)


@pytest.mark.parametrize(("change", "options", "seen", "following"), [
    (lambda d: d, {}, [0, 2, 4], None),                                     # each epoch begins a second iteration
    (lambda d: d.filter(lambda x, y: True), {}, [0, 1, 2], 3),              # unless its length is not known
    (lambda d: d.repeat(), {"steps_per_epoch": 2}, [0, 1, 2], None)])
def test_fit_sees_the_iterations_that_it_sees_on_tensorflow(change, options, seen, following):
    model, dataset = Seeing(), change(shuffled_ids())
    model.fit(dataset, epochs=3, verbose=0, **options)
    assert ids_of(model.seen) == [i for k in seen for i in ITERATIONS[k]]
    if following is not None:
        assert ids_of(dataset) == ITERATIONS[following]


@pytest.mark.parametrize("run", [lambda m, d: m.evaluate(d, verbose=0), lambda m, d: m.predict(d, verbose=0),
                                 lambda m, d: m.fit(d, epochs=3, steps_per_epoch=1, verbose=0)])
def test_what_comes_after(run):
    model, dataset = Seeing(), shuffled_ids()
    run(model, dataset)
    assert ids_of(dataset) == ITERATIONS[2]


def test_an_iteration_that_nobody_uses_computes_nothing():
    calls = []
    ids = np.arange(6, dtype="float32")[:, None]
    dataset = tf.data.Dataset.from_tensor_slices((ids, ids)).shuffle(6).batch(2)
    dataset = dataset.map(lambda x, y: (calls.append(0), (x, y))[1])
    Seeing().fit(dataset, epochs=1, verbose=0)
    before = len(calls)
    Seeing().fit(dataset, epochs=2, verbose=0)
    assert len(calls) - before == 2 * 3
