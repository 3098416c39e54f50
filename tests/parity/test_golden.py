"""TensorFlow's numbers: what make_golden.py recorded of TensorFlow 2.21, asked of tinynn, one test per case."""

import pathlib

import numpy as np
import pytest
from cases import ACTIVATIONS, EXPRESSIONS, LOSSES, METRICS, OPTIMIZERS, SCHEDULES, SECOND_ORDER, build, network

import tinynn as tf
from tinynn import keras

DATA = np.load(pathlib.Path(__file__).parent / "golden.npz")


def close(got, key, rtol=2e-5, atol=2e-5):
    got, expected = np.asarray(got), DATA[key]
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=atol, err_msg=key)


def inputs(name):
    return [DATA[f"expr/{name}/x{i}"] for i in range(4) if f"expr/{name}/x{i}" in DATA]


def test_nothing_recorded_is_left_out():
    groups = {key.split("/")[0]: {k.split("/")[1] for k in DATA if k.startswith(key.split("/")[0] + "/")}
              for key in DATA}
    assert groups.pop("schedule") - {"steps"} == set(SCHEDULES)
    assert groups.pop("second") <= set(SECOND_ORDER) <= set(EXPRESSIONS)
    assert groups == {"expr": set(EXPRESSIONS), "act": set(ACTIVATIONS), "loss": set(LOSSES),
                      "metric": set(METRICS), "train": set(OPTIMIZERS)}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression_and_its_gradients(name, device):
    variables = [tf.Variable(x) for x in inputs(name)]
    with tf.GradientTape() as tape:
        y = EXPRESSIONS[name](tf, *variables)
    close(y.numpy(), f"expr/{name}/y")
    for i, g in enumerate(tape.gradient(y, variables)):
        if f"expr/{name}/g{i}" in DATA:
            close(tf.convert_to_tensor(g).numpy(), f"expr/{name}/g{i}")
        else:
            assert g is None


@pytest.mark.parametrize("name", SECOND_ORDER)
@pytest.mark.filterwarnings("ignore::tinynn.core.errors.TinynnHint")
def test_second_derivatives(name, device):
    x, *others = inputs(name)
    v = tf.Variable(x)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = EXPRESSIONS[name](tf, v, *map(tf.constant, others))
        g = inner.gradient(y, v)
        s = tf.reduce_sum(g * g)
    g = outer.gradient(s, v)
    if f"second/{name}" in DATA:
        close(tf.convert_to_tensor(g).numpy(), f"second/{name}", 2e-4, 2e-4)
    else:
        assert g is None


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name, device):
    v = tf.Variable(DATA[f"act/{name}/x"])
    with tf.GradientTape() as tape:
        y = keras.activations.get(name)(v)
        s = tf.reduce_sum(y * tf.cos(v))
    close(y.numpy(), f"act/{name}/y")
    close(tape.gradient(s, v).numpy(), f"act/{name}/g", 1e-4, 1e-4)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", None])
@pytest.mark.parametrize("name", LOSSES)
def test_loss(name, reduction, device):
    y_true, y_pred = DATA[f"loss/{name}/true"], DATA[f"loss/{name}/pred"]
    key = f"loss/{name}/{reduction or 'none'}"
    loss = build(keras.losses, LOSSES[name][0], reduction=reduction)
    v = tf.Variable(y_pred)
    with tf.GradientTape() as tape:
        value = loss(y_true, v)
        total = tf.reduce_sum(value)
    close(value.numpy(), key, 1e-4)
    close(tape.gradient(total, v).numpy(), f"{key}/g", 1e-4, 1e-4)
    close(loss(y_true, y_pred, sample_weight=DATA[f"loss/{name}/weight"]).numpy(), f"{key}/weighted", 1e-4)


@pytest.mark.parametrize("name", METRICS)
def test_metric(name, device):
    metric = build(keras.metrics, METRICS[name][0])
    for i in range(3):
        weight = DATA[f"metric/{name}/weight{i}"] if i == 2 else None
        metric.update_state(DATA[f"metric/{name}/true{i}"], DATA[f"metric/{name}/pred{i}"], sample_weight=weight)
        close(np.asarray(metric.result(), "float32"), f"metric/{name}/result{i}", 1e-4)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule(name, device):
    schedule = build(keras.optimizers.schedules, SCHEDULES[name])
    close(np.array([float(schedule(int(step))) for step in DATA["schedule/steps"]], "float32"), f"schedule/{name}")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training(name, device):
    spec, rate, loss, kind = OPTIMIZERS[name]
    model = network(keras, "softmax" if kind != "values" else None)
    model.set_weights([DATA[f"train/{name}/w{i}"] for i in range(6)])
    more = {"learning_rate": build(keras.optimizers.schedules, SCHEDULES[rate])} if rate else {}
    model.compile(optimizer=build(keras.optimizers, spec, **more), loss=loss)
    x, y = DATA[f"train/{name}/x"], DATA[f"train/{name}/y"]
    history = model.fit(x, y, epochs=12, batch_size=10, shuffle=False, verbose=0).history["loss"]
    close(np.array(history, "float32"), f"train/{name}/loss", 1e-3, 1e-4)
    for i, weight in enumerate(model.get_weights()):
        close(weight, f"train/{name}/end{i}", 1e-3, 1e-3)
    close(model.predict(x, verbose=0), f"train/{name}/predict", 1e-3, 1e-3)
