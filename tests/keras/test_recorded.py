"""fit and its kin give the same recorded as op by op: every way to train, callbacks, data, and the hand-made parts."""

import copy

import numpy as np
import pytest
from fits import assert_same_training, histories, quiet, runs_in_c, state, trained

import tinynn as tf
from tinynn import keras
from tinynn.keras import callbacks, layers, optimizers

RNG = np.random.default_rng(2)
X, Y = RNG.normal(size=(46, 3)).astype("float32"), RNG.normal(size=(46, 2)).astype("float32")
LABELS = RNG.integers(0, 2, 46)
W = np.linspace(0.1, 2, 46).astype("float32")


def plain(eager, **options):
    """A model with a bit of everything that changes from step to step."""
    model = keras.Sequential([keras.Input((3,)), layers.Dense(6, "relu", kernel_regularizer="l2"), layers.Dropout(0.3),
                              layers.BatchNormalization(), layers.Dense(2)])
    model.compile(**{"optimizer": optimizers.Adam(0.01), "loss": "mse", "metrics": ["mae"], **options},
                  run_eagerly=eager)
    return model


def fit(x=X, y=Y, **options):
    return lambda model: model.fit(x, y, **{"epochs": 4, "batch_size": 8, "verbose": 0, **options})


@pytest.mark.parametrize("options", [
    {}, {"shuffle": False}, {"batch_size": 46}, {"batch_size": 100}, {"batch_size": 1, "epochs": 2}, {"batch_size": 23},
    {"shuffle": "batch"}, {"epochs": 1}, {"validation_split": 0.3}, {"validation_data": (X[:9], Y[:9])},
    {"validation_data": (X[:9], Y[:9], W[:9]), "validation_freq": 2}, {"sample_weight": W}, {"steps_per_epoch": 3},
    {"initial_epoch": 2}, {"validation_split": 0.3, "validation_batch_size": 5}], ids=lambda o: "-".join(o) or "plain")
def test_ways_to_call_fit(options):
    assert_same_training(plain, fit(**options))


def test_class_weights():
    make = lambda eager: plain(eager, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                               metrics=["accuracy"], weighted_metrics=["accuracy"])
    assert_same_training(make, fit(y=LABELS, class_weight={0: 0.3, 1: 2.0}))


def pairs():
    for i in range(0, 40, 8):
        yield X[i:i + 8], Y[i:i + 8]


class Sequence(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return X[8 * i:8 * i + 8], Y[8 * i:8 * i + 8], W[8 * i:8 * i + 8]


def forever():
    while True:
        yield from pairs()


@pytest.mark.parametrize(("data", "options"), [
    (lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(8), {}),
    (lambda: tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(46, seed=1).batch(7).repeat(), {"steps_per_epoch": 5}),
    (forever, {"steps_per_epoch": 3}), (pairs, {"epochs": 1}), (Sequence, {}),
    (lambda: tf.constant(X), {"y": tf.constant(Y)}), (lambda: X.astype("float64"), {"y": Y.astype("int64")}),
    (lambda: np.asfortranarray(X), {"y": Y[:, ::-1]}), (lambda: X.tolist(), {"y": Y.tolist()})],
    ids=["dataset", "repeated", "forever", "once", "sequence", "tensors", "other types", "strides", "lists"])
def test_ways_to_give_data(data, options):
    assert_same_training(plain, lambda model: model.fit(data(), **{"epochs": 3, "verbose": 0, **options}))


def two_of_each(eager):
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    both = layers.Concatenate()([layers.Dense(4, "tanh")(a), b])
    p, q = layers.Dense(2, name="p")(both), layers.Dense(1, "sigmoid", name="q")(both)
    model = keras.Model({"a": a, "b": b}, {"p": p, "q": q})
    model.compile("adam", {"p": "mse", "q": "binary_crossentropy"}, {"p": 1.0, "q": 0.3},
                  metrics={"p": ["mae"], "q": ["accuracy"]}, run_eagerly=eager)
    return model


def test_several_inputs_and_outputs():
    x, y = {"a": X, "b": Y}, {"p": Y, "q": LABELS[:, None].astype("float32")}
    model = assert_same_training(two_of_each, fit(x, y))
    assert set(model.history.history) == {"loss", "p_loss", "q_loss", "p_mae", "q_accuracy"}
    assert_same_training(two_of_each, lambda m: [fit(x, y, sample_weight={"p": W, "q": W[::-1]})(m),
                                                 m.evaluate(x, y, verbose=0), m.predict(x, verbose=0)])


def test_inputs_and_outputs_without_elements():
    def make(eager):
        a, b = keras.Input((3,)), keras.Input((0,))
        model = keras.Model([a, b], [layers.Dense(2)(a), layers.Activation("relu")(b)])
        model.compile("sgd", ["mse", None], run_eagerly=eager)
        return model

    nothing = np.zeros((46, 0), "float32")
    assert_same_training(make, lambda m: [fit([X, nothing], [Y, nothing])(m), m.predict([X, nothing], verbose=0),
                                          m.predict([X, nothing], batch_size=8, verbose=0)])


class Rates(callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.02 / (epoch + 1)


class EachBatch(callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])


class Stop(callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = batch == 3


CALLBACKS = {
    "a rate set by a callback": (Rates, {}),
    "LearningRateScheduler": (lambda: callbacks.LearningRateScheduler(lambda e, r: r * 0.5), {}),
    "ReduceLROnPlateau": (lambda: callbacks.ReduceLROnPlateau("loss", patience=1, factor=0.1, min_delta=10), {}),
    "EarlyStopping": (lambda: callbacks.EarlyStopping("val_loss", min_delta=10, restore_best_weights=True),
                      {"validation_split": 0.2, "epochs": 9}),
    "hooks of batches": (EachBatch, {}),
    "stopped within an epoch": (Stop, {}),
    "LambdaCallback": (lambda: callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: None), {}),
}


@pytest.mark.parametrize("name", sorted(CALLBACKS))
def test_callbacks(name):
    make, options = CALLBACKS[name]
    assert_same_training(plain, lambda model: fit(callbacks=[make()], **options)(model))


def test_hooks_of_batches_see_each_batch():
    def train(model):
        each = EachBatch()
        fit(callbacks=[each], epochs=3)(model)
        assert len(each.losses) == 18
        return each.losses

    assert_same_training(plain, train)


def test_several_fits_in_a_row():
    assert_same_training(plain, lambda m: [fit()(m), fit(epochs=2, batch_size=5)(m), fit()(m), fit(epochs=1)(m)])


def test_compile_again():
    def train(model):
        first = fit()(model)
        model.compile(optimizers.SGD(0.05), "mae", metrics=["mse"], run_eagerly=model.run_eagerly)
        return [first, fit()(model)]

    assert_same_training(plain, train)


def test_freezing_a_layer_between_fits():
    def train(model):
        first = fit()(model)
        model.layers[0].trainable = False
        model.compile("sgd", "mse", run_eagerly=model.run_eagerly)
        before = model.layers[0].get_weights()
        second = fit()(model)
        for b, a in zip(before, model.layers[0].get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        return [first, second]

    assert_same_training(plain, train)


def test_weights_set_between_fits_and_the_state_of_the_optimizer_too():
    def train(model):
        start = model.get_weights()
        first = fit()(model)
        held = [w * 1.0 for w in model.weights]
        model.set_weights(start)
        second = fit()(model)
        model.optimizer.learning_rate.assign(0.5)
        return [first, second, fit(epochs=1)(model), *[float(tf.reduce_sum(h)) for h in held]]

    assert_same_training(plain, train, rtol=1e-4)


def test_an_attribute_of_a_layer_changed_between_fits():
    def train(model):
        first = fit()(model)
        model.layers[1].rate = 0.9
        return [first, fit()(model)]

    assert_same_training(plain, train)


def test_dropout_differs_from_step_to_step():
    model = keras.Sequential([keras.Input((50,)), layers.Dropout(0.5, seed=3)])
    seen = []

    class Kept(keras.Model):
        def train_step(self, data):
            return {"y": tf.reduce_sum(model(data, training=True) * np.arange(50, dtype="float32"))}

    kept = Kept()
    kept.compile("sgd")
    kept.fit(np.ones((8, 50), "float32"), batch_size=1, epochs=2, verbose=0, callbacks=[
        callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: seen.append(logs["y"]))])
    assert len(seen) == 16 and len(set(seen)) == 16
    runs_in_c(kept)


def test_single_batches():
    def train(model):
        out = []
        for i in range(6):
            out.append(model.train_on_batch(X[:8 + i % 2], Y[:8 + i % 2]))
            out.append(model.test_on_batch(X[8:20], Y[8:20]))
            out.append(model.predict_on_batch(X[:4]))
        return [*out, model.evaluate(X, Y, verbose=0), model.predict(X, batch_size=7, verbose=0)]

    model = assert_same_training(plain, train, recorded=False)
    assert model.explain_capture().count("runs in C") >= 5 and "op by op" not in model.explain_capture()


def test_models_are_copied_saved_and_cloned_after_fit(tmp_path):
    _, model = trained(plain, fit(), False)
    deep = copy.deepcopy(model)
    np.testing.assert_array_equal(deep.predict(X, verbose=0), model.predict(X, verbose=0))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    before = state(model)
    for other in (deep, loaded):
        fit(epochs=2)(other)
        runs_in_c(other)
    for b, a in zip(before, state(model), strict=True):
        np.testing.assert_array_equal(a, b)
    clone = keras.models.clone_model(model)
    clone.compile("sgd", "mse")
    assert np.isfinite(histories(fit()(clone))).all()
    runs_in_c(clone)


def test_predictions_follow_the_weights():
    _, model = trained(plain, fit(), False)
    for _ in range(4):
        model.predict(X, verbose=0)
        weights = [w * 0.5 for w in model.get_weights()]
        model.set_weights(weights)
        with quiet():
            np.testing.assert_allclose(model.predict(X, verbose=0), model(X), rtol=1e-5, atol=1e-6)


def test_memory_stays_flat_over_fits():
    from tinynn import _bridge

    _, model = trained(plain, fit(), False)
    used = []
    for _ in range(6):
        fit(epochs=20)(model)
        used.append(_bridge.memory_in_use())
    assert used[-1] <= used[1] + 10_000, used
