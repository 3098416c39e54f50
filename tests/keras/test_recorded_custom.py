"""What users make themselves is recorded where it is made of ops, and goes on op by op, correctly, where it is not."""

import numpy as np
import pytest
from fits import assert_same_training, quiet, trained, with_layer

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers, optimizers

RNG = np.random.default_rng(4)
X, Y = RNG.normal(size=(46, 3)).astype("float32"), RNG.normal(size=(46, 2)).astype("float32")


def fit(**options):
    return lambda model: model.fit(X, Y, **{"epochs": 4, "batch_size": 8, "verbose": 0, **options})


class Scaled(layers.Layer):
    """A weight, a counter that is a variable, a loss and a metric of its own."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.size = keras.metrics.Mean(name="size")

    def call(self, x, training=False):
        if training:
            self.calls.assign_add(1.0)
        y = x * self.scale / (1.0 + 0.01 * self.calls)
        self.add_loss(0.01 * tf.reduce_sum(y**2))
        self.size.update_state(tf.norm(y))
        return y + keras.random.normal(tf.shape(y), stddev=0.1) if training else y


def my_activation(x):
    return tf.where(x > 0.0, x, tf.exp(x) - 1.0)


def my_loss(y, p):
    return tf.reduce_mean(tf.abs(y - p) ** 1.5, axis=-1)


class MyLoss(keras.losses.Loss):
    def call(self, y, p):
        return tf.reduce_sum(tf.math.log(tf.cosh(y - p)), axis=-1)


class MyMetric(keras.metrics.Metric):
    def __init__(self):
        super().__init__(name="largest")
        self.most = self.add_weight(shape=(), initializer="zeros")

    def update_state(self, y, p, sample_weight=None):
        self.most.assign(tf.maximum(self.most, tf.reduce_max(tf.abs(y - p))))

    def result(self):
        return self.most


class MyOptimizer(optimizers.Optimizer):
    def build(self, variables):
        super().build(variables)
        self.previous = self.add_optimizer_variables(variables, "previous")

    def update_step(self, gradient, variable, learning_rate):
        previous = self.previous[self._get_variable_index(variable)]
        variable.assign_sub(learning_rate * (2.0 * gradient - previous))
        previous.assign(gradient)


class MyModel(keras.Model):
    def __init__(self, reads=None):
        super().__init__()
        self.first, self.second, self.reads = layers.Dense(4, "relu"), layers.Dense(2), reads

    def call(self, x, training=False):
        return self.second(self.first(x))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        gradients = [tf.clip_by_norm(g, 0.5) for g in gradients]
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        size = tf.linalg.global_norm(gradients) if self.reads is None else self.reads(gradients)
        return {"loss": loss, "size": size}


def my_model(reads=None):
    def make(eager):
        model = MyModel(reads)
        model.compile(optimizers.SGD(0.05), "mse", run_eagerly=eager)
        return model

    return make


@pytest.mark.parametrize("make", [
    with_layer(Scaled), with_layer(lambda: layers.Activation(my_activation)), with_layer(loss=lambda: my_loss),
    with_layer(loss=MyLoss), with_layer(metrics=lambda: [MyMetric(), "mae", my_loss]),
    with_layer(optimizer=lambda: MyOptimizer(0.01)), my_model(),
    with_layer(lambda: layers.Lambda(lambda x: tf.nn.l2_normalize(x, axis=-1))),
    with_layer(lambda: layers.Dense(4, kernel_constraint="max_norm", bias_constraint="non_neg", bias_regularizer="l1",
                                    activity_regularizer="l2"))],
    ids=["layer", "activation", "loss", "Loss", "metrics", "optimizer", "train_step", "Lambda", "constraints"])
def test_what_is_made_of_ops_is_recorded(make):
    assert_same_training(make, fit())
    assert_same_training(make, lambda model: [fit(epochs=3)(model), model.evaluate(X, Y, verbose=0)])


class Adjusted(MyMetric):
    """Attributes that decide what a metric gives, and where it begins."""

    factor, start = 2.0, 0.0

    def result(self):
        return self.most * self.factor

    def reset_state(self):
        self.most.assign(self.start)


@pytest.mark.parametrize("attribute", ["factor", "start"])
def test_an_attribute_of_a_metric_changed_between_fits(attribute):
    def train(model):
        first = fit()(model)
        setattr(model.metrics[1].metrics[0], attribute, 50.0)
        return [first, fit()(model), model.evaluate(X, Y, verbose=0)]

    assert_same_training(with_layer(metrics=lambda: [Adjusted()]), train)


class MakingVariables(MyMetric):
    def result(self):
        return tf.Variable(2.0) * self.most


def test_a_metric_that_makes_variables_all_the_time_ends_no_training():
    assert_same_training(with_layer(metrics=lambda: [MakingVariables()]), fit())


class Counting(layers.Layer):
    """A counter in Python."""

    count = 0

    def call(self, x):
        self.count += 1
        return x * float(self.count)


class Drawing(layers.Layer):
    def call(self, x):
        return x + np.random.normal(size=x.shape[-1]).astype("float32")


class Reading(layers.Layer):
    def call(self, x):
        return x * 2.0 if float(tf.reduce_sum(x)) > 0 else x


class Printing(layers.Layer):
    def call(self, x):
        self.text = f"{x}"
        return x


class InNumPy(layers.Layer):
    def call(self, x):
        return x * np.asarray(x).std()


class PythonCounts(MyMetric):
    def update_state(self, y, p, sample_weight=None):
        self.batches = getattr(self, "batches", 0) + 1
        self.most.assign_add(float(self.batches))


BROKEN = {
    "a Python counter in a layer": (with_layer(Counting), "then"),
    "numbers drawn by NumPy": (with_layer(Drawing), "is another one at each call"),
    "a value that decides": (with_layer(Reading), "was read"),
    "a value that is printed": (with_layer(Printing), "was read"),
    "NumPy in a layer": (with_layer(InNumPy), "was read"),
    "a Python counter in a metric": (with_layer(metrics=lambda: [PythonCounts()]), "keep what changes"),
    "a train_step that reads": (my_model(lambda g: float(tf.linalg.global_norm(g))), "was read"),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_what_is_not_made_of_ops_goes_on_op_by_op(name):
    make, reason = BROKEN[name]
    train = lambda model: (keras.utils.set_random_seed(1), fit()(model))[1]
    with quiet():
        model = assert_same_training(make, train, recorded=False)
    lines = [line for line in model.explain_capture().splitlines() if line.startswith("the train step")]
    assert lines and any("runs op by op" in line for line in lines) and reason in model.explain_capture()
    assert not any("runs in C" in line for line in lines)


def test_the_hint_names_the_line_and_comes_once():
    _, model = trained(with_layer(Reading), lambda m: None, False)
    with pytest.warns(tf.TinynnHint, match=r"was read at test_recorded_custom.py:\d+ \[not-recorded\]") as told:
        fit(batch_size=46)(model)
        fit(batch_size=46)(model)
    assert len(told) == 1


def test_run_eagerly_gives_no_hint():
    _, model = trained(with_layer(Reading), fit(), True)
    assert "run_eagerly=True" in model.explain_capture()


def test_functions_run_eagerly_for_all_of_it():
    tf.config.run_functions_eagerly(True)
    try:
        _, model = trained(with_layer(Scaled), fit(), False)
    finally:
        tf.config.run_functions_eagerly(False)
    assert "runs in C" not in model.explain_capture()
