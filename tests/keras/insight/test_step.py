"""`Model.explain_step`: its numbers against NumPy, every kind of model, and that it leaves nothing behind."""

import random

import numpy as np
import pytest
from fits import quiet, runs_in_c, state

import tinynn as tf
from tinynn import keras, ops
from tinynn.explain.text import width
from tinynn.keras import layers, optimizers
from tinynn.keras.context import context, structure
from tinynn.keras.insight.step import Step


def two_layers(optimizer="sgd", loss="mse", **options):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu", bias_initializer="ones", name="hidden"),
                              layers.Dense(2, name="out")])
    model.compile(optimizer, loss, **options)
    return model


# ---- numbers ---------------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_chain_rule(data):
    x, y = data
    weight = np.linspace(0.5, 2.0, len(x)).astype("float32")
    model = two_layers(optimizers.SGD(0.1))
    w1, b1, w2, b2 = (np.asarray(w, "float64") for w in model.get_weights())
    report = model.explain_step(x, y, sample_weight=weight)

    z = x @ w1 + b1
    h = np.maximum(z, 0)
    error = h @ w2 + b2 - y
    loss = np.mean(weight * np.mean(error**2, axis=1))
    by_out = weight[:, None] * 2 * error / error.size
    by_hidden = by_out @ w2.T
    by_w2, by_w1 = h.T @ by_out, x.T @ (by_hidden * (z > 0))

    hidden, out = report.layers
    near = lambda expected: pytest.approx(expected, rel=1e-5)
    assert (report.loss, report.samples, report.learning_rate) == (near(loss), 40, near(0.1))
    assert [hidden.mean, hidden.std, hidden.min, hidden.max] == near([h.mean(), h.std(), h.min(), h.max()])
    assert (hidden.zeros, hidden.dead) == ((h == 0).mean(), (h == 0).all(axis=0).mean())
    assert 0 < hidden.zeros < 1
    assert (hidden.gradient, out.gradient) == (near(np.linalg.norm(by_hidden)), near(np.linalg.norm(by_out)))
    assert hidden.input_rms == near(np.sqrt(np.mean(x.astype("float64") ** 2)))
    assert out.input_rms is None        # weights come before it
    for got, w, g in ((hidden.weights[0], w1, by_w1), (out.weights[0], w2, by_w2)):
        size = np.linalg.norm(w)
        assert got[2:] == near((size, np.linalg.norm(g), 0.1 * np.linalg.norm(g), 0.1 * np.linalg.norm(g) / size))

    def loss_of(w1, w2, b1, b2):
        return np.mean(weight * np.mean((np.maximum(x @ w1 + b1, 0) @ w2 + b2 - y) ** 2, axis=1))

    by_z = by_hidden * (z > 0)
    after = loss_of(w1 - 0.1 * by_w1, w2 - 0.1 * by_w2, b1 - 0.1 * by_z.sum(0), b2 - 0.1 * by_out.sum(0))
    assert report.loss_after == near(after)
    assert report.loss_after < report.loss


@pytest.mark.parametrize(("activation", "low", "high"), [("sigmoid", 0.0, 1.0), ("tanh", -1.0, 1.0)])
def test_the_share_of_saturated_outputs(activation, low, high):
    x = np.linspace(-9, 9, 91, dtype="float32")[:, None]
    model = keras.Sequential([keras.Input((1,)), layers.Activation(activation), layers.Dense(1)])
    model.compile("sgd", "mse")
    y = 1 / (1 + np.exp(-x.astype("float64"))) if activation == "sigmoid" else np.tanh(x.astype("float64"))
    share = np.mean((y < low + 0.01) | (y > high - 0.01))
    assert 0.3 < share < 0.8
    assert model.explain_step(x, x).layers[0].saturated == pytest.approx(share)


def test_a_unit_is_dead_where_it_is_zero_for_every_sample(data):
    x, y = data
    model = two_layers()
    model.get_layer("hidden").bias.assign([-99.0, 0.0, 0.0, -99.0])
    hidden = model.explain_step(x, y)["hidden"]
    assert (hidden.dead, hidden.units) == (0.5, 4)
    assert model.explain_step(x, y)["out"].dead is None


def test_the_gradient_by_logits_where_the_loss_takes_these(data):
    x, labels = data[0], np.arange(40) % 3
    model = keras.Sequential([keras.Input((3,)), layers.Dense(3, "softmax", name="answer")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    p = model.predict(x, verbose=0).astype("float64")
    answer = model.explain_step(x, labels)["answer"]
    assert answer.of_logits
    assert answer.gradient == pytest.approx(np.linalg.norm((p - np.eye(3)[labels]) / 40), rel=1e-5)


def test_adam_moves_each_weight_by_its_rate(data):
    report = two_layers(optimizers.Adam(0.001)).explain_step(*data)
    kernel = report["out"].weights[0]
    assert kernel.update == pytest.approx(0.001 * np.sqrt(8), rel=1e-3)     # 8 weights, each by its sign


def test_a_scaled_loss_gives_the_gradient_of_the_loss(data):
    plain, scaled = (two_layers(o()).explain_step(*data) for o in (
        lambda: optimizers.SGD(0.1), lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.1))))
    keras.utils.set_random_seed(0)      # other weights were drawn: compare what does not depend on them
    for report in (plain, scaled):
        for layer in report.layers:
            for weight in layer.weights:
                assert weight.update == pytest.approx(0.1 * weight.gradient, rel=1e-4)


# ---- nothing stays ---------------------------------------------------------------------------------------------------


def rich_model(optimizer):
    model = keras.Sequential([layers.Dense(4, "relu"), layers.BatchNormalization(), layers.Dropout(0.5),
                              layers.Lambda(lambda x: x + tf.random.normal((1,)) * 0.01), layers.Dense(2)])
    model.compile(optimizer(), "mse", metrics=["mae", keras.metrics.RootMeanSquaredError()])
    return model


OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.05), "adam": lambda: optimizers.Adam(0.01),
    "schedule": lambda: optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 100, 0.5), momentum=0.9),
    "ema": lambda: optimizers.SGD(0.05, use_ema=True, gradient_accumulation_steps=2),
    "scaled": lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.01)),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_training_goes_on_as_if_nobody_had_looked(data, optimizer):
    def train(looks):
        keras.backend.clear_session()
        keras.utils.set_random_seed(3)
        model, found = rich_model(optimizer), []
        for _ in range(3):
            with quiet():
                for _ in range(looks):
                    model.explain_step(*data)
                found.append(model.fit(*data, batch_size=16, epochs=3, verbose=0).history)
        return found, [v.tolist() for v in state(model)], random.random(), np.random.random()

    assert train(0) == train(2)


def test_state_and_recordings_are_left_alone(data):
    model = rich_model(OPTIMIZERS["adam"])
    model.fit(*data, batch_size=20, epochs=4, verbose=0)
    model.train_on_batch(*data)
    before, version = state(model), structure.version
    numbers = ops.random_state(), keras.random.position()[1:], [m.result() for m in model.metrics]
    model.explain_step(data[0] * 2, data[1])
    assert structure.version == version
    np.testing.assert_equal(state(model), before)
    now = ops.random_state(), keras.random.position()[1:], [m.result() for m in model.metrics]
    np.testing.assert_equal(now, numbers)
    runs_in_c(model)


def test_an_optimizer_that_is_not_built_stays_so(data):
    model = two_layers("adam")
    model.explain_step(*data)
    assert not model.optimizer.built
    assert len(model.optimizer.variables) == 2     # the count and the rate
    assert "apply" not in vars(model.optimizer)


def test_the_loss_after_the_step_has_the_same_random_numbers(data):
    model = rich_model(lambda: optimizers.SGD(0.0))
    for _ in range(2):
        report = model.explain_step(*data)
        assert report.loss_after == report.loss > 0


def test_apply_takes_the_step(data):
    looked, trained = (two_layers(optimizers.Adam(0.01), metrics=["mae"]) for _ in range(2))
    trained.set_weights(looked.get_weights())
    report = looked.explain_step(*data, apply=True)
    logs = trained.train_on_batch(*data, return_dict=True)
    for a, b in zip(state(looked), state(trained), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    assert report.loss == pytest.approx(logs["loss"])
    assert {k: float(v) for k, v in looked.get_metrics_result().items()} == pytest.approx(logs)
    assert report.loss_after == pytest.approx(looked.evaluate(*data, verbose=0)[0], rel=1e-5)


def test_an_error_on_the_way_leaves_nothing_behind(data):
    model = two_layers("adam")
    before = state(model)
    with pytest.raises(ValueError, match="y_pred of shape"):
        model.explain_step(data[0], data[0])
    assert context.around is None
    np.testing.assert_equal(state(model), before)


def test_layers_take_the_short_way_again_afterwards(data):
    model = two_layers()
    layer = model.get_layer("hidden")
    Step(model, (*map(tf.constant, data), None))
    assert layer._swift is None
    model(data[0])
    assert layer._swift is not None


# ---- kinds of models -------------------------------------------------------------------------------------------------


def names(report):
    return [(layer.name, layer.call) for layer in report.layers]


def test_several_inputs_and_outputs_shared_and_nested_layers_and_plain_activations():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(20, 3)), rng.normal(size=(20, 4))
    i, j, k = keras.Input((3,)), keras.Input((4,)), keras.Input((5,))
    shared = layers.Dense(5, "tanh", name="shared")
    inner = keras.Model(k, layers.Dense(5, name="second")(layers.Dense(6, name="first")(k)), name="inner")
    p, q = shared(layers.Dense(5, name="left")(i)), shared(layers.Dense(5, name="right")(j))
    z = tf.nn.relu(p + inner(q))
    model = keras.Model([i, j], [layers.Dense(1, "sigmoid", name="yes")(z), layers.Dense(2, name="more")(z)])
    model.compile("sgd", ["binary_crossentropy", "mse"], loss_weights=[1.0, 0.5], metrics=[["accuracy"], ["mae"]])
    report = model.explain_step([a, b], [a[:, :1] > 0, b[:, :2]])
    assert sorted(names(report)) == sorted([("left", 1), ("shared", 1), ("right", 1), ("shared", 2), ("first", 1),
                                            ("second", 1), ("relu", 1), ("yes", 1), ("more", 1)])
    where = [layer.name for layer in report.layers]
    assert where.index("first") < where.index("second") < where.index("relu") < where.index("yes")
    assert report["relu"].zeros > 0
    assert [len(layer.weights) for layer in report.layers if layer.name == "shared"] == [2, 0]
    assert all(layer.gradient > 0 for layer in report.layers)
    with tf.GradientTape() as tape:
        loss = model.compute_loss(None, [tf.constant(a[:, :1] > 0), tf.constant(b[:, :2])], model([a, b]))
    expected = tape.gradient(loss, shared.kernel)
    assert report["shared"].weights[0].gradient == pytest.approx(float(tf.norm(expected)), rel=1e-5)
    assert report.loss == pytest.approx(float(loss), rel=1e-6)


class Residual(layers.Layer):
    def __init__(self):
        super().__init__(name="residual")
        self.dense = layers.Dense(3, name="inside")

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, x):
        return x + self.scale * tf.nn.relu(self.dense(x))


class Mine(keras.Model):
    def __init__(self):
        super().__init__(name="mine")
        self.block, self.norm, self.drop = Residual(), layers.BatchNormalization(name="norm"), layers.Dropout(0.5)
        self.out, self.lonely = layers.Dense(2, name="out"), layers.Dense(2, name="lonely")
        self.lonely.build((None, 3))

    def call(self, x, training=False):
        return self.out(self.drop(self.norm(self.block(x), training=training), training=training))


def test_a_subclass_with_layers_of_its_own_that_is_not_built(data):
    model = Mine()
    model.compile("adam", "mse")
    report = model.explain_step(*data)
    assert names(report) == [("inside", 1), ("relu", 1), ("residual", 1), ("norm", 1), ("dropout", 1), ("out", 1),
                             ("lonely", 0)]
    assert [w.name for w in report["residual"].weights] == ["mine/residual/scale"]
    assert abs(report["norm"].mean) < 1e-6 and report["norm"].std == pytest.approx(1, abs=0.01)     # of the batch
    dropped = report["dropout"]
    assert dropped.std > report["norm"].std and dropped.zeros is None
    assert report["lonely"].weights[0].gradient is None
    assert [f.code for f in report.findings] == ["no-gradient"]
    np.testing.assert_array_equal(model.norm.moving_mean, 0)


def test_a_train_step_of_the_users_own(data):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.steps = layers.Dense(2, name="dense"), 0

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            self.steps += 1
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((self(data[0], training=True) - data[1]) ** 2)
            weights = self.trainable_variables
            self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            return {"loss": loss}

    model = Own()
    model.compile(optimizers.SGD(0.1))
    report = model.explain_step(*data)
    kernel = report["dense"].weights[0]
    assert model.steps == 0
    assert report.loss == pytest.approx(np.mean((data[0] @ model.dense.kernel.numpy() - data[1]) ** 2), rel=1e-5)
    assert report.loss_after < report.loss
    assert kernel.update == pytest.approx(0.1 * kernel.gradient, rel=1e-4)
    assert report["dense"].gradient is None     # the tape is the user's
    assert " - " in str(report)


def test_a_dataset_gives_its_first_batch(data):
    dataset = tf.data.Dataset.from_tensor_slices(data).batch(8)
    model = two_layers()
    expected = model.explain_step(data[0][:8], data[1][:8])
    assert model.explain_step(dataset).layers == expected.layers


def test_frozen_layers_have_no_weights_to_move(data):
    model = two_layers()
    model.get_layer("hidden").trainable = False
    report = model.explain_step(*data)
    assert report["hidden"].weights == ()
    assert report["hidden"].gradient is None
    assert len(report["out"].weights) == 2


# ---- text ------------------------------------------------------------------------------------------------------------


def test_the_text_has_every_layer_and_weight_and_fits(data):
    model = two_layers()
    text = str(model.explain_step(*data))
    assert text.splitlines()[0] == f"one training step of {model.name}: 40 samples, SGD, learning rate 0.01"
    for part in ("hidden (Dense, relu)", "(40,4)", "out (Dense)", "hidden/kernel", "update/norm",
                 "nothing stands out"):
        assert part in text
    assert all(width(line) <= 100 for line in text.splitlines())


def test_long_names_are_cut_and_korean_fits(data):
    model = keras.Sequential([keras.Input((3,), name="x" * 80),
                              layers.Dense(12, "sigmoid", name="a_name_that_goes_on_and_on_" * 4), layers.Dense(2)])
    model.compile(optimizers.SGD(1e-30), "mse")
    x = data[0] * 1e20
    for lang in ("en", "ko"):
        report = model.explain_step(x, data[1] * 1e9, lang=lang)
        assert all(width(line) <= 100 for line in str(report).splitlines())
    assert "훈련 스텝" in str(report) and "눈에 띄는 것:" in str(report)


def test_html_is_escaped(data):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="<b>")])
    model.compile("sgd", "mse")
    html = model.explain_step(*data)._repr_html_()
    assert "&lt;b&gt;" in html and "<b>" not in html
    assert html.count("<table>") == html.count("</table>") == 2


def test_the_step_ends_with_what_stands_out(data):
    report = two_layers(optimizers.SGD(500.0)).explain_step(data[0] * 50, data[1])
    assert [f.code for f in report.findings] == ["unscaled-inputs", "step-too-large"]
    text = str(report)
    assert text.index("what stands out:") < text.index("warning unscaled-inputs (hidden)") < text.index("evidence:")


@pytest.mark.parametrize(("call", "error", "match"), [
    (lambda m, x, y: keras.Sequential([layers.Dense(1)]).explain_step(x, y), ValueError, r"call `compile\(\)` before"),
    (lambda m, x, y: m.explain_step(None), ValueError, "x is None"),
    (lambda m, x, y: m.explain_step(x), ValueError, "give y"),
    (lambda m, x, y: m.explain_step(x, y[:3]), ValueError, "same number of samples"),
    (lambda m, x, y: m.explain_step(x, y, lang="fr"), ValueError, "'en' and 'ko'"),
    (lambda m, x, y: m.explain_step(iter(())), ValueError, "x gave no batch"),
    (lambda m, x, y: m.explain_step(x, y)["nope"], KeyError, "there are .*hidden"),
    (lambda m, x, y: m.explain_step(x[:, :2], y), ValueError, "expected|features|shape"),
])
def test_errors_say_what_to_do(data, call, error, match):
    with pytest.raises(error, match=match):
        call(two_layers(), *data)
