"""Every layer, optimizer, loss and metric is recorded, and trains as it does op by op. Exceptions are listed."""

import inspect

import numpy as np
import pytest
from fits import assert_same_training, quiet
from layer_catalogue import LAYERS, inputs_like
from layer_catalogue import make as make_layer

from tinynn import keras
from tinynn.keras import layers, losses, metrics, optimizers

RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(22, 3)).astype("float32"), RNG.normal(size=(22, 4)).astype("float32")
BITS, POSITIVE = (Y > 0).astype("float32"), np.abs(Y) + 0.1
CLASSES = RNG.integers(0, 4, 22)
ROWS = np.eye(4, dtype="float32")[CLASSES]

NOT_RECORDED = {"LossScaleOptimizer": "whether the gradients are finite decides, in Python, what a step does"}


def classes(module, base, but):
    """The names of the classes of a module, without bases."""
    return sorted(name for name, thing in vars(module).items()
                  if inspect.isclass(thing) and issubclass(thing, base) and name not in but)


def network(units=4, activation=None, optimizer="sgd", loss="mse", measured=lambda: None):
    """A function of run_eagerly that makes a model of 3 numbers; what it is made of comes new each time."""
    def make(eager):
        model = keras.Sequential([keras.Input((3,)), layers.Dense(5, "tanh"), layers.Dense(units, activation)])
        model.compile(optimizer() if callable(optimizer) else optimizer, loss() if callable(loss) else loss,
                      metrics=measured(), run_eagerly=eager)
        return model

    return make


def fit(y, **options):
    return lambda model: model.fit(X, y, epochs=4, batch_size=5, verbose=0, **options)


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_layers(name):
    _, x, _ = LAYERS[name]

    def make(eager):
        layer, _, _ = make_layer(name)
        entry = inputs_like(x)
        y = layer(entry)
        model = keras.Model(entry, layers.Dense(1)(layers.Flatten()(y) if len(y.shape) != 2 else y))
        model.compile(optimizers.SGD(0.002), "mse", run_eagerly=eager)
        return model

    target = np.ones((4, 1), "float32")
    assert_same_training(make, lambda m: m.fit(x, target, epochs=4, batch_size=2, verbose=0))
    assert_same_training(make, lambda m: [m.fit(x, target, epochs=3, batch_size=3, verbose=0),
                                          m.evaluate(x, target, verbose=0), m.predict(x, batch_size=2, verbose=0)])


def made(name, **options):
    if name == "LossScaleOptimizer":
        return optimizers.LossScaleOptimizer(optimizers.SGD(0.01), **options)
    return getattr(optimizers, name)(learning_rate=0.01, **options)


OPTIMIZERS = classes(optimizers, optimizers.Optimizer, {"Optimizer"})
OPTIONS = [{}, {"clipnorm": 0.1}, {"clipvalue": 0.01}, {"global_clipnorm": 0.1}, {"weight_decay": 0.01},
           {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 3}, {"gradient_accumulation_steps": 2}]
VARIANTS = [("SGD", {"momentum": 0.9}), ("SGD", {"momentum": 0.9, "nesterov": True}), ("Adam", {"amsgrad": True}),
            ("RMSprop", {"centered": True, "momentum": 0.5}), ("Nadam", {"beta_1": 0.8})]


@pytest.mark.parametrize(("name", "options"), [(n, o) for n in OPTIMIZERS for o in OPTIONS
                                               if not o or n != "LossScaleOptimizer"] + VARIANTS,
                         ids=lambda v: v if isinstance(v, str) else "-".join(v))
def test_optimizers(name, options):
    with quiet():
        model = assert_same_training(network(optimizer=lambda: made(name, **options)), fit(Y),
                                     recorded=name not in NOT_RECORDED)
    if name in NOT_RECORDED:
        assert NOT_RECORDED[name] in model.explain_capture()


SCHEDULES = {
    "ExponentialDecay": (0.05, 3, 0.5), "InverseTimeDecay": (0.05, 3, 0.5),
    "PolynomialDecay": (0.05, 7, 0.001),
    "PiecewiseConstantDecay": ([4, 9], [0.05, 0.01, 0.002]), "CosineDecay": (0.05, 12),
    "CosineDecayRestarts": (0.05, 5),
}


def test_every_schedule_is_listed():
    module = optimizers.schedules
    assert set(SCHEDULES) == set(classes(module, module.LearningRateSchedule, {"LearningRateSchedule"}))


@pytest.mark.parametrize("name", sorted(SCHEDULES))
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_schedules(name, optimizer):
    make = lambda: getattr(optimizers, optimizer)(getattr(optimizers.schedules, name)(*SCHEDULES[name]))
    with quiet():
        model = assert_same_training(network(optimizer=make), fit(Y))
    assert float(model.optimizer.learning_rate) < 0.05


LOSSES = {  # (activation, targets); by default none, and numbers
    "BinaryCrossentropy": ("sigmoid", BITS), "BinaryFocalCrossentropy": ("sigmoid", BITS), "Dice": ("sigmoid", BITS),
    "Tversky": ("sigmoid", BITS), "KLDivergence": ("softmax", ROWS), "CategoricalCrossentropy": ("softmax", ROWS),
    "CategoricalFocalCrossentropy": ("softmax", ROWS), "SparseCategoricalCrossentropy": ("softmax", CLASSES),
    "CategoricalGeneralizedCrossEntropy": ("softmax", CLASSES), "Poisson": ("softplus", POSITIVE),
    "MeanSquaredLogarithmicError": ("softplus", POSITIVE), "MeanAbsolutePercentageError": (None, POSITIVE),
    "CategoricalHinge": (None, ROWS), "Hinge": (None, np.sign(Y)), "SquaredHinge": (None, np.sign(Y)),
    "Circle": (None, CLASSES),
}
LOSS_OPTIONS = [{}, {"from_logits": True}, {"label_smoothing": 0.1}, {"reduction": "sum"}, {"ignore_class": 1}]


def takes(cls, options):
    return all(name in inspect.signature(cls).parameters for name in options)


@pytest.mark.parametrize(("name", "options"), [
    (n, o) for n in classes(losses, losses.Loss, {"Loss", "LossFunctionWrapper", "CTC"}) for o in LOSS_OPTIONS
    if takes(getattr(losses, n), o)], ids=lambda v: v if isinstance(v, str) else "-".join(v))
def test_losses(name, options):
    activation, y = LOSSES.get(name, (None, Y))
    activation = None if "from_logits" in options else activation
    make = network(activation=activation, optimizer=lambda: optimizers.SGD(1e-4 if name == "Circle" else 0.01),
                   loss=lambda: getattr(losses, name)(**options))
    assert_same_training(make, fit(y))
    if name != "Circle":    # which compares the samples of a batch
        assert_same_training(make, fit(y, sample_weight=np.linspace(0.1, 2, 22).astype("float32")))


def test_ctc():
    x, y = RNG.normal(size=(6, 8, 3)).astype("float32"), RNG.integers(1, 4, (6, 3))

    def make(eager):
        model = keras.Sequential([keras.Input((8, 3)), layers.Dense(5)])
        model.compile(optimizers.SGD(0.01), losses.CTC(), run_eagerly=eager)
        return model

    assert_same_training(make, lambda m: m.fit(x, y, epochs=4, batch_size=2, verbose=0))


METRICS = {  # arguments that must be given
    "IoU": {"num_classes": 4, "target_class_ids": [0, 1], "sparse_y_pred": False},
    "MeanIoU": {"num_classes": 4, "sparse_y_pred": False}, "OneHotIoU": {"num_classes": 4, "target_class_ids": [0]},
    "OneHotMeanIoU": {"num_classes": 4}, "BinaryIoU": {}, "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5}, "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5}, "TopKCategoricalAccuracy": {"k": 2},
    "SparseTopKCategoricalAccuracy": {"k": 2},
}
YES_OR_NO = {"AUC", "Precision", "Recall", "TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives",
             "BinaryAccuracy", "BinaryIoU", "BinaryCrossentropy", "SensitivityAtSpecificity",
             "SpecificityAtSensitivity", "PrecisionAtRecall", "RecallAtPrecision"}
BY_NUMBER = {"IoU", "MeanIoU", "SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy",
             "SparseCategoricalCrossentropy"}
ONE_OF = {"CategoricalAccuracy", "TopKCategoricalAccuracy", "CategoricalCrossentropy", "CategoricalHinge", "OneHotIoU",
          "OneHotMeanIoU", "FBetaScore", "F1Score", "Accuracy", "KLDivergence"}


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("name", classes(metrics, metrics.Metric, {"Metric", "MeanMetricWrapper", "Mean", "Sum"}))
def test_metrics(name, weighted):
    make = lambda: [getattr(metrics, name)(**METRICS.get(name, {}))]
    options = {"optimizer": lambda: optimizers.SGD(0.01), "measured": make}
    weight = {"sample_weight": np.linspace(0.1, 2, 22).astype("float32")} if weighted else {}
    if name in YES_OR_NO:
        assert_same_training(network(1, "sigmoid", **options), fit(BITS[:, :1], **weight))
    elif name in BY_NUMBER:
        assert_same_training(network(4, "softmax", loss="sparse_categorical_crossentropy", **options),
                             fit(CLASSES, **weight))
    else:
        assert_same_training(network(4, "softmax" if name in ONE_OF else None, **options),
                             fit(ROWS if name in ONE_OF else Y, **weight))


@pytest.mark.parametrize("parts", [
    lambda: [layers.Conv2D(6, 3, strides=2, padding="same", activation="relu"), layers.MaxPooling2D(2)],
    lambda: [layers.Conv2D(6, 3, groups=2, strides=2), layers.AveragePooling2D(2, padding="same")],
    lambda: [layers.Conv2D(6, 3, dilation_rate=2), layers.DepthwiseConv2D(2)],
    lambda: [layers.SeparableConv2D(6, 3), layers.Conv2DTranspose(3, 3, strides=2, padding="same")]])
def test_a_step_of_a_convolutional_network_runs_wholly_in_c(parts):
    model = keras.Sequential([keras.Input((9, 8, 2)), layers.Conv2D(4, 2), *parts(), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(RNG.normal(size=(12, 9, 8, 2)), RNG.normal(size=(12, 1)), batch_size=4, epochs=2, verbose=0)
    assert "runs in C" in model.explain_capture() and "NumPy" not in model.explain_capture()
