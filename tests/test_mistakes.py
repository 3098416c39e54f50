"""Mistakes that learners make, as they write them: each ends in an error or a hint that says what to write instead."""

import contextlib
import linecache
import warnings

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(64, 2)).astype("float32"), RNG.normal(size=(64, 1)).astype("float32")


@contextlib.contextmanager
def hinted(code, line=None):
    """Exactly one hint, with this code, at this line of this file (a part of its text)."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")    # as a program has it: once per place
        yield
    hints = [w for w in caught if issubclass(w.category, tf.TinynnHint)]
    assert [str(w.message).rpartition(" [")[2] for w in hints] == [f"{code}]"], [str(w.message) for w in hints]
    assert hints[0].filename == __file__
    if line is not None:
        assert line in linecache.getline(__file__, hints[0].lineno)


def small_model(*layers, optimizer="sgd", loss="mse"):
    model = keras.Sequential([*layers] or [keras.layers.Dense(1)])
    model.compile(optimizer, loss)
    return model


# ---- tapes -----------------------------------------------------------------------------------------------------------


def test_a_variable_of_an_integer():
    x = tf.Variable(3)
    with tf.GradientTape() as tape:
        y = x * x
    with hinted("no-gradient", "tape.gradient(y, x)"):
        assert tape.gradient(y, x) is None


def test_a_tape_without_parentheses():
    with pytest.raises(TypeError, match=r"`with tf\.GradientTape\(\) as tape:`"), tf.GradientTape:
        pass
    assert isinstance(tf.GradientTape(), tf.GradientTape)


def test_a_misspelt_function():
    with pytest.raises(AttributeError, match=r"did you mean tf\.square\?"):
        tf.squard(3.0)


def test_targets_without_their_axis_in_a_handwritten_loss():
    w, targets = tf.Variable(tf.ones((2, 1))), Y[:, 0]
    with hinted("crossed-shapes", "- targets"), tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.matmul(X, w) - targets) ** 2)
    assert tape.gradient(loss, w).shape == (2, 1)


def test_differences_of_all_pairs_are_no_mistake():
    x = tf.Variable(tf.ones((3, 1)))
    with warnings.catch_warnings(), tf.GradientTape():
        warnings.simplefilter("error")
        tf.reduce_sum(x - tf.squeeze(x, -1))
        tf.reduce_sum(tf.matmul(X, tf.ones((2, 1))) - Y[:, 0])


def test_assigning_to_a_tensor():
    x = tf.ones(3)
    with pytest.raises(TypeError, match=r"v = tf\.Variable\(x\)"):
        x[0] = 2.0


# ---- layers ----------------------------------------------------------------------------------------------------------


class SimpleDense(keras.layers.Layer):
    def __init__(self, units, activation=None):
        super().__init__()
        self.units, self.activation = units, activation

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units))

    def call(self, inputs):
        return self.activation(tf.matmul(inputs, self.w))


def test_a_layer_that_calls_the_name_of_an_activation():
    with pytest.raises(TypeError) as raised:
        SimpleDense(32, activation="relu")(X)
    assert "self.activation = keras.activations.get(activation)" in "".join(raised.value.__notes__)


@pytest.mark.parametrize("base", [keras.layers.Layer, keras.Model])
def test_no_super_init_in_a_layer(base):
    class Mine(base):
        def __init__(self):
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

    with pytest.raises(RuntimeError, match=r"super\(\)\.__init__\(\)"):
        Mine()(X)


def test_no_super_init_in_a_loss_a_metric_an_optimizer():
    def nothing(self):
        """Forgets super().__init__()."""

    for base, arguments in ((keras.losses.Loss, (Y, Y)), (keras.metrics.Metric, ())):
        mine = type("Mine", (base,), {"__init__": nothing, "update_state": lambda self: self.total})()
        with pytest.raises(AttributeError, match=r"super\(\)\.__init__\("):
            mine(*arguments)
    with pytest.raises(AttributeError, match=r"super\(\)\.__init__\("):
        type("Mine", (keras.optimizers.Optimizer,), {"__init__": nothing})().apply_gradients(
            [(tf.ones(()), tf.Variable(1.0))])


def test_an_initializer_set_after_the_weights_were_made():
    layer = keras.layers.Dense(1)
    layer.kernel_initializer = keras.initializers.Zeros()
    assert not np.any(layer(X))
    with hinted("set-after-build", "Ones()"):
        layer.kernel_initializer = keras.initializers.Ones()


# ---- losses ----------------------------------------------------------------------------------------------------------


def test_a_misspelt_loss():
    with pytest.raises(ValueError, match="did you mean 'mean_squared_error'"):
        small_model(loss="mean_squered_error")


def test_a_loss_without_return():
    def loss(y_true, y_pred):
        tf.reduce_mean((y_true - y_pred) ** 2)

    with pytest.raises(ValueError, match="lacks a `return`"):
        small_model(loss=loss).fit(X, Y, verbose=0)
    with tf.GradientTape() as tape:
        value = loss(Y, Y)
    with pytest.raises(TypeError, match="lack a `return`"):
        tape.gradient(value, tf.Variable(1.0))


def test_one_target_for_several_units():
    with pytest.raises(ValueError, match=r"shape \(4, 1\) and y_pred of shape \(4, 3\).*1 unit instead of 3"):
        keras.losses.MeanSquaredError()(tf.ones((4, 1)), tf.ones((4, 3)))


def test_targets_without_their_axis_in_a_loss_of_keras_are_right():
    expected = keras.losses.MeanSquaredError()(Y, Y * 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(keras.losses.MeanSquaredError()(Y[:, 0], Y * 0), expected)
        small_model(loss=lambda t, p: tf.reduce_mean((t - p) ** 2)).fit(X, Y[:, 0], verbose=0)


CLASSES = (Y[:, 0] > 0).astype("int32")


def test_a_softmax_layer_and_from_logits():
    model = small_model(keras.layers.Dense(2, activation="softmax"),
                        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with hinted("softmax-twice", "model.fit("):
        model.fit(X, CLASSES, verbose=0)


def test_softmax_of_softmax():
    with hinted("softmax-twice"):
        keras.activations.softmax(keras.activations.softmax(tf.constant([[1.0, 2.0]])))


@pytest.mark.parametrize(("units", "loss"), [(2, "sparse_categorical_crossentropy"), (1, "binary_crossentropy")])
def test_logits_for_a_loss_of_probabilities(units, loss):
    model = small_model(keras.layers.Dense(units, kernel_initializer="ones"), loss=loss)
    with hinted("not-probabilities", "model.fit("):
        model.fit(X, CLASSES, verbose=0, epochs=2)


def test_probabilities_are_no_mistake():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keras.losses.BinaryCrossentropy()([[0.0], [1.0]], [[0.0], [1.0]])
        keras.losses.BinaryCrossentropy(from_logits=True)([[0.0], [1.0]], [[-5.0], [5.0]])
        keras.losses.CategoricalCrossentropy()([[0.0, 1.0]], keras.activations.softmax(tf.constant([[9.0, -9.0]])))


# ---- learning rates --------------------------------------------------------------------------------------------------


def test_a_schedule_that_the_optimizer_never_gets():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9)
    model = small_model(optimizer=keras.optimizers.SGD(0.1))
    with hinted("schedule-unused", "model.fit("):
        model.fit(X, Y, verbose=0)
    assert schedule is not None


def test_schedules_in_use_are_no_mistake():
    inner = keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9)

    class Warmup(keras.optimizers.schedules.LearningRateSchedule):
        def __init__(self, then):
            self.then = then

        def __call__(self, step):
            return self.then(step)

    called = keras.optimizers.schedules.CosineDecay(0.1, 100)
    v = tf.Variable(1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keras.optimizers.SGD(Warmup(inner)).apply_gradients([(tf.ones(()), v)])
        keras.optimizers.SGD(float(called(0))).apply_gradients([(tf.ones(()), v)])


def test_decay_steps_taken_as_epochs():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    model = small_model(optimizer=keras.optimizers.SGD(schedule))
    with hinted("decay-steps", "model.fit("):
        model.fit(X, Y, batch_size=1, epochs=10, verbose=0)


def test_decay_steps_taken_as_epochs_in_a_handwritten_loop():
    v = tf.Variable(1.0)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5, staircase=True)
    optimizer = keras.optimizers.SGD(schedule, momentum=0.9)
    with hinted("decay-steps", "apply_gradients("):
        for _ in range(1000):
            optimizer.apply_gradients([(tf.ones(()), v)])


@pytest.mark.parametrize(("kind", "arguments", "steps"), [
    ("ExponentialDecay", {"decay_steps": 10, "decay_rate": 0.5}, 133),
    ("InverseTimeDecay", {"decay_steps": 10, "decay_rate": 2.0}, 50000),
    ("CosineDecay", {"decay_steps": 100, "warmup_target": 0.2, "warmup_steps": 20}, 132),
    ("CosineDecay", {"decay_steps": 100, "alpha": 0.1}, np.inf),
    ("ExponentialDecay", {"decay_steps": 10, "decay_rate": 1.0}, np.inf),
])
def test_how_long_a_schedule_lasts(kind, arguments, steps):
    schedule = getattr(keras.optimizers.schedules, kind)(0.1, **arguments)
    assert schedule.lasts() == pytest.approx(steps, rel=0.01)
    if steps < np.inf:
        assert float(schedule(int(steps * 1.01))) < 1.1e-5


def test_a_decay_over_the_whole_training_is_no_mistake():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=4 * 8)
    model = small_model(optimizer=keras.optimizers.SGD(schedule))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, Y, batch_size=8, epochs=4, verbose=0)


# ---- data ------------------------------------------------------------------------------------------------------------


def test_shuffle_after_batch():
    with hinted("batch-then-shuffle", ".batch(8).shuffle(64)"):
        tf.data.Dataset.from_tensor_slices((X, Y)).batch(8).shuffle(64)


# ---- NaN -------------------------------------------------------------------------------------------------------------


def fit_to_nan(model, x, y, **arguments):
    """The text of the hint that `fit` gives."""
    with pytest.warns(tf.TinynnHint, match="nan-loss") as caught:
        model.fit(x, y, verbose=0, **arguments)
    assert caught[0].filename == __file__
    return str(caught[0].message)


def test_a_logarithm_of_zero():
    def loss(y_true, y_pred):
        return -tf.reduce_mean(y_true * tf.math.log(y_pred))

    x = np.abs(X)
    x[40] = 0.0
    model = small_model(keras.layers.Dense(1, use_bias=False, kernel_initializer="ones"), loss=loss)
    text = fit_to_nan(model, x, np.zeros((64, 1)), batch_size=8, shuffle=False, epochs=3)
    assert "in epoch 1. From batch 6 on" in text
    assert "first NaN comes from 'multiply' at line" in text
    assert "first infinity from 'log' at line" in text
    assert "of test_mistakes.py" in text
    assert "tf.math.log(x + 1e-7)" in text


def test_a_learning_rate_that_is_too_high():
    text = fit_to_nan(small_model(optimizer=keras.optimizers.SGD(1e5)), X, Y, epochs=20)
    assert "lower the learning rate" in text


def test_data_with_nan():
    x = X.copy()
    x[0, 0] = np.nan
    assert "x itself has NaN in batch 1" in fit_to_nan(small_model(), x, Y, shuffle=False)


def test_going_on_after_a_nan():
    model = small_model(optimizer=keras.optimizers.SGD(1e5))
    fit_to_nan(model, X, Y, epochs=20)
    assert "kernel was NaN before it began: make the model anew" in fit_to_nan(model, X, Y)


def test_a_dataset_is_read_again():
    x = X.copy()
    x[40:] = 0.0
    data = tf.data.Dataset.from_tensor_slices((x, np.zeros((64, 1)))).shuffle(64, seed=1).batch(8)
    root = keras.layers.Lambda(lambda x: tf.sqrt(x) - 1.0)
    model = small_model(keras.layers.Dense(1, use_bias=False, kernel_constraint="non_neg"), root)
    text = fit_to_nan(model, data, None, epochs=2)
    assert "'sqrt'" in text


def test_data_that_cannot_be_read_twice_gives_a_hint_without_the_op():
    text = fit_to_nan(small_model(), ((X * np.nan, Y) for _ in range(2)), None)
    assert "Look for a logarithm" in text


def test_looking_for_a_nan_leaves_everything_as_it_was():
    def train(filter_action):
        keras.utils.set_random_seed(1)
        model = small_model(keras.layers.Dense(4), keras.layers.Dense(1), optimizer=keras.optimizers.Adam(1e30))
        with warnings.catch_warnings():
            warnings.simplefilter(filter_action)
            history = model.fit(X, Y, epochs=3, verbose=0).history["loss"]
        return history, np.random.random(), int(model.optimizer.iterations), model.get_weights()

    first, second = train("ignore"), train("ignore")
    assert np.isnan(first[0][-1])
    np.testing.assert_equal(first, second)
    assert first[2] == 6


# ---- formatting ------------------------------------------------------------------------------------------------------


def test_a_row_of_predict_is_an_array_and_its_element_a_number():
    row = small_model().predict(X, verbose=0)[0]
    assert type(row) is np.ndarray
    assert float("%.2f" % row[0]) == pytest.approx(row[0], abs=0.01)
