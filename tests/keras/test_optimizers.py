"""Optimizers against their algorithms, written out in float64 NumPy."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import optimizers

pytestmark = pytest.mark.usefixtures("device")
RNG = np.random.default_rng(4)
START = [RNG.normal(size=shape) for shape in ((3, 2), (2,))]
GRADIENTS = [[RNG.normal(size=w.shape) for w in START] for _ in range(6)]
R = 0.05


def sgd(w, gs, momentum=0.0, nesterov=False):
    v = 0
    for g in gs:
        v = momentum * v - R * g
        w = w + (momentum * v - R * g if nesterov else v)
    return w


def rmsprop(w, gs, rho=0.8, momentum=0.0, centered=False):
    v = mean = m = 0
    for g in gs:
        v, mean = rho * v + (1 - rho) * g**2, rho * mean + (1 - rho) * g
        step = R * g / np.sqrt(v - (mean**2 if centered else 0) + 1e-7)
        m = momentum * m + step
        w = w - (m if momentum else step)
    return w


def adam(w, gs, kind="adam", b1=0.9, b2=0.999):
    m = v = u = largest = 0
    product = 1
    for t, g in enumerate(gs, 1):
        m, v, u = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2, np.maximum(b2 * u, abs(g))
        largest = np.maximum(largest, v)
        if kind == "adamw":
            w = w - w * 0.02 * R
        if kind == "adamax":
            w = w - R / (1 - b1**t) * m / (u + 1e-7)
        elif kind == "nadam":
            now, ahead = (b1 * (1 - 0.5 * 0.96**s) for s in (t, t + 1))
            product *= now
            mean = ahead * m / (1 - product * ahead) + (1 - now) * g / (1 - product)
            w = w - R * mean / (np.sqrt(v / (1 - b2**t)) + 1e-7)
        elif kind == "lamb":
            step = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + 1e-7)
            w = w - R * step * np.linalg.norm(w) / np.linalg.norm(step)
        else:
            w = w - R * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(largest if kind == "ams" else v) + 1e-7)
    return w


def adagrad(w, gs):
    a = 0.2
    for g in gs:
        a = a + g**2
        w = w - R * g / np.sqrt(a + 1e-7)
    return w


def adadelta(w, gs, rho=0.95, epsilon=0.01):
    a = d = 0
    for g in gs:
        a = rho * a + (1 - rho) * g**2
        step = np.sqrt(d + epsilon) / np.sqrt(a + epsilon) * g
        d = rho * d + (1 - rho) * step**2
        w = w - R * step
    return w


def ftrl(w, gs, l1=0.01, l2=0.02):
    a, z = 0.1, 0
    for g in gs:
        z = z + g - (np.sqrt(a + g**2) - np.sqrt(a)) / R * w
        a = a + g**2
        w = (np.clip(z, -l1, l1) - z) / (np.sqrt(a) / R + 2 * l2)
    return w


def lion(w, gs):
    m = 0
    for g in gs:
        w = w - R * np.sign(0.9 * m + 0.1 * g)
        m = 0.99 * m + 0.01 * g
    return w


def schedule_free(w, gs, b1=0.9, b2=0.99, warmup=3):
    z = x = w
    v = 0
    for t, g in enumerate(gs, 1):
        v = b2 * v + (1 - b2) * g**2
        z = z - R * min(t / warmup, 1) * g / (np.sqrt(v / (1 - b2**t)) + 1e-8)
        x = x + (z - x) / t
        w = b1 * x + (1 - b1) * z
    return w


CASES = {
    "schedule_free": (optimizers.ScheduleFreeAdamW(R, beta_2=0.99, warmup_steps=3), schedule_free),
    "sgd": (optimizers.SGD(R), sgd),
    "momentum": (optimizers.SGD(R, 0.8), lambda w, gs: sgd(w, gs, 0.8)),
    "nesterov": (optimizers.SGD(R, 0.8, True), lambda w, gs: sgd(w, gs, 0.8, True)),
    "rmsprop": (optimizers.RMSprop(R, 0.8), rmsprop),
    "rmsprop_momentum": (optimizers.RMSprop(R, 0.8, 0.5), lambda w, gs: rmsprop(w, gs, momentum=0.5)),
    "rmsprop_centered": (optimizers.RMSprop(R, 0.8, centered=True), lambda w, gs: rmsprop(w, gs, centered=True)),
    "adam": (optimizers.Adam(R), adam),
    "amsgrad": (optimizers.Adam(R, amsgrad=True), lambda w, gs: adam(w, gs, "ams")),
    "adamw": (optimizers.AdamW(R, 0.02), lambda w, gs: adam(w, gs, "adamw")),
    "adamax": (optimizers.Adamax(R), lambda w, gs: adam(w, gs, "adamax")),
    "nadam": (optimizers.Nadam(R), lambda w, gs: adam(w, gs, "nadam")),
    "lamb": (optimizers.Lamb(R), lambda w, gs: adam(w, gs, "lamb")),
    "adagrad": (optimizers.Adagrad(R, 0.2), adagrad),
    "adadelta": (optimizers.Adadelta(R, epsilon=0.01), adadelta),
    "ftrl": (optimizers.Ftrl(R, l1_regularization_strength=0.01, l2_regularization_strength=0.02), ftrl),
    "lion": (optimizers.Lion(R), lion),
}


def run(optimizer, dtype="float64", steps=GRADIENTS):
    variables = [tf.Variable(w, dtype=dtype) for w in START]
    for gradients in steps:
        optimizer.apply_gradients(zip([tf.constant(g, dtype) for g in gradients], variables, strict=True))
    return variables


def fresh(optimizer, **changes):
    return type(optimizer).from_config({**optimizer.get_config(), **changes})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted(CASES))
def test_algorithm(name, dtype):
    optimizer, algorithm = CASES[name]
    got = run(fresh(optimizer), dtype)
    tolerance = 2e-5 if dtype == "float32" else 1e-6        # the rate is a float32
    for i, variable in enumerate(got):
        expected = algorithm(START[i], [g[i] for g in GRADIENTS])
        np.testing.assert_allclose(variable, expected, rtol=tolerance, atol=tolerance)
        assert np.abs(expected - START[i]).max() > 0.01


@pytest.mark.parametrize("name", [*sorted(CASES), "adafactor", "muon"])
def test_round_trip_names_and_a_falling_loss(name):
    made = {"adafactor": optimizers.Adafactor(R), "muon": optimizers.Muon(R)}.get(name) or CASES[name][0]
    config = optimizers.serialize(made)
    again = optimizers.deserialize(config)
    assert type(again) is type(made) and optimizers.serialize(again) == config
    assert type(optimizers.get(type(made).__name__.upper())) is type(made)
    v = tf.Variable([[2.0, -1.0], [0.5, 1.0]])
    optimizer = fresh(made, learning_rate=1.0 if name == "adadelta" else 0.1)
    for _ in range(200):
        optimizer.minimize(lambda: tf.reduce_sum(tf.square(v - 0.3)), [v])
    assert float(tf.reduce_sum(tf.square(v - 0.3))) < 0.4


def test_state_is_written_and_read():
    optimizer = optimizers.Adam(R)
    run(optimizer)
    assert [v.path.split("/")[1] for v in optimizer.variables[:2]] == ["iteration", "learning_rate"]
    assert len(optimizer.variables) == 6 and int(optimizer.iterations) == 6
    store = {}
    optimizer.save_own_variables(store)
    other = optimizers.Adam(0.7)
    other.build([tf.Variable(w) for w in START])
    other.load_own_variables(store)
    for a, b in zip(optimizer.variables, other.variables, strict=True):
        np.testing.assert_allclose(a, b)
    other.set_weights(optimizer.get_weights())
    with pytest.raises(ValueError, match="build"):
        optimizers.Adam().set_weights([])
    with pytest.warns(UserWarning, match="Skipping"):
        other.load_own_variables({"0": 1})


# ---- the rate --------------------------------------------------------------------------------------------------------


def test_the_rate_can_be_assigned():
    optimizer = optimizers.SGD(0.5)
    v = tf.Variable(1.0)
    optimizer.apply_gradients([(tf.constant(1.0), v)])
    optimizer.learning_rate = 0.25
    optimizer.apply_gradients([(tf.constant(1.0), v)])
    assert float(v) == 0.25 and float(optimizer.learning_rate) == 0.25
    optimizer.learning_rate.assign(1.0)
    optimizer.apply_gradients([(tf.constant(1.0), v)])
    assert float(v) == -0.75


def test_a_schedule_a_function_or_a_variable_as_the_rate():
    schedule = optimizers.schedules.ExponentialDecay(1.0, 1, 0.5)
    rate = tf.Variable(1.0)
    for given, expected in ((schedule, -1.75), (lambda: 0.5, -1.5), (rate, -3.0), (1, -3.0)):
        v, optimizer = tf.Variable(0.0), optimizers.SGD(given)
        for _ in range(3):
            optimizer.apply_gradients([(tf.constant(1.0), v)])
        assert float(v) == expected
    with pytest.raises(TypeError, match="LearningRateSchedule"):
        optimizers.SGD(schedule).learning_rate = 0.1
    with pytest.raises(ValueError, match="learning_rate"):
        optimizers.SGD("fast")


# ---- options ---------------------------------------------------------------------------------------------------------


def test_clipping():
    g = np.array([3.0, -4.0])
    for option, expected in (({"clipnorm": 1.0}, g / 5), ({"clipvalue": 3.5}, np.array([3.0, -3.5])),
                             ({"global_clipnorm": 6.5}, g / 2)):
        v, w = tf.Variable([0.0, 0.0]), tf.Variable(0.0)
        optimizers.SGD(1.0, **option).apply_gradients([(tf.constant(g, "float32"), v), (tf.constant(12.0), w)])
        np.testing.assert_allclose(v, -expected, rtol=1e-6)
    with pytest.raises(ValueError, match="Only one"):
        optimizers.SGD(clipnorm=1.0, clipvalue=1.0)


def test_weight_decay_and_its_exceptions():
    kernel, bias = tf.Variable([2.0], name="kernel"), tf.Variable([2.0], name="bias")
    optimizer = optimizers.SGD(0.5, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.apply_gradients([(tf.zeros(1), kernel), (tf.zeros(1), bias)])
    assert float(kernel[0]) == pytest.approx(1.9) and float(bias[0]) == 2.0
    optimizer.exclude_from_weight_decay(var_list=[kernel])
    optimizer.apply_gradients([(tf.zeros(1), kernel), (tf.zeros(1), bias)])
    assert float(kernel[0]) == pytest.approx(1.9) and float(bias[0]) == pytest.approx(1.9)


def test_moving_averages():
    v = tf.Variable(0.0)
    optimizer = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5)
    for _ in range(3):
        optimizer.apply_gradients([(tf.constant(-1.0), v)])
    assert float(v) == 3.0
    optimizer.finalize_variable_values([v])
    assert float(v) == 2.25         # 1, (1 + 2) / 2, (1.5 + 3) / 2
    w = tf.Variable(0.0)
    optimizer = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)
    for _ in range(2):
        optimizer.apply_gradients([(tf.constant(-1.0), w)])
    assert float(w) == 1.5


@pytest.mark.parametrize("name", ["momentum", "adam", "adagrad"])
def test_accumulated_gradients_are_one_step_with_their_mean(name):
    pairs = zip(GRADIENTS[::2], GRADIENTS[1::2], strict=True)
    means = [[(a + b) / 2 for a, b in zip(x, y, strict=True)] for x, y in pairs]
    accumulating = fresh(CASES[name][0], gradient_accumulation_steps=2)
    got = run(accumulating)
    for a, b in zip(got, run(fresh(CASES[name][0]), steps=means), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert int(accumulating.iterations) == 3
    early = run(fresh(CASES[name][0], gradient_accumulation_steps=7))
    np.testing.assert_array_equal(early[0], START[0])


def test_the_loss_scale_is_taken_out_again():
    v, optimizer = tf.Variable(1.0), optimizers.SGD(0.5, loss_scale_factor=8.0)
    assert float(optimizer.scale_loss(tf.constant(2.0))) == 16.0
    optimizer.apply_gradients([(tf.constant(8.0), v)])
    assert float(v) == 0.5


def test_a_loss_scale_that_finds_itself():
    model = keras.Sequential([keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(0.5), initial_scale=4.0, dynamic_growth_steps=2)
    model.compile(optimizer, "mse")
    x, y = np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")
    model.fit(x, y, verbose=0)      # w = 1 - 0.5 * 2 = 0, whatever the scale
    np.testing.assert_array_equal(model.get_weights()[0], [[0.0]])
    model.fit(x, y, verbose=0)
    assert float(optimizer.scale_loss(1.0)) == 8.0
    v = model.trainable_variables[0]
    optimizer.apply([tf.constant([[float("inf")]])], [v])
    np.testing.assert_array_equal(v, [[0.0]])
    assert float(optimizer.scale_loss(1.0)) == 4.0
    assert (int(optimizer.iterations), float(optimizer.learning_rate)) == (2, 0.5)
    config = optimizers.serialize(optimizer)
    assert optimizers.serialize(optimizers.deserialize(config)) == config
    with pytest.raises(ValueError, match="on the `inner_optimizer`"):
        optimizers.LossScaleOptimizer(optimizers.SGD(), clipnorm=1.0)


def test_variables_that_are_overwritten_with_their_gradient():
    v, w = keras.Variable([1.0, 2.0]), keras.Variable([1.0, 2.0])
    v.overwrite_with_gradient = True
    optimizer = optimizers.SGD(0.5)
    optimizer.apply_gradients([(tf.constant([5.0, 6.0]), v), (tf.constant([2.0, 2.0]), w)])
    np.testing.assert_array_equal(v, [5.0, 6.0])
    np.testing.assert_array_equal(w, [0.0, 1.0])


def test_constraints_hold_after_each_step():
    v = tf.Variable([1.0, -1.0], constraint=keras.constraints.NonNeg())
    optimizers.SGD(0.5).apply_gradients([(tf.constant([4.0, 1.0]), v)])
    np.testing.assert_array_equal(v, [0.0, 0.0])


# ---- mistakes --------------------------------------------------------------------------------------------------------


def test_missing_gradients():
    v, w = tf.Variable(1.0), tf.Variable(1.0, name="unused")
    with pytest.raises(ValueError, match="No gradients"):
        optimizers.SGD().apply_gradients([(None, v)])
    with pytest.warns(UserWarning, match="unused"):
        optimizers.SGD(0.5).apply_gradients([(tf.constant(1.0), v), (None, w)])
    assert float(v) == 0.5


def test_new_variables_and_wrong_numbers():
    v, optimizer = tf.Variable(1.0), optimizers.SGD(0.5)
    optimizer.apply_gradients([(tf.constant(1.0), v)])
    with pytest.raises(ValueError, match="Unknown variable"):
        optimizer.apply_gradients([(tf.constant(1.0), tf.Variable(1.0))])
    with pytest.raises(ValueError, match="2 gradients for 1"):
        optimizer.apply([tf.constant(1.0), tf.constant(1.0)])
    with pytest.raises(ValueError, match="build"):
        optimizers.SGD().apply([tf.constant(1.0)])


def test_names_and_arguments():
    with pytest.raises(ValueError, match="did you mean 'Adam'"):
        optimizers.get("adamm")
    with pytest.raises(ValueError, match="write learning_rate for lr"):
        optimizers.SGD(lr=0.1)
    with pytest.raises(ValueError, match="momentum"):
        optimizers.SGD(momentum=1.5)
    with pytest.raises(ValueError, match="weight_decay"):
        optimizers.AdamW(weight_decay=None)
    with pytest.raises(ValueError, match="gradient_accumulation_steps"):
        optimizers.SGD(gradient_accumulation_steps=1)


def test_an_optimizer_of_ones_own():
    class Signs(optimizers.Optimizer):
        def __init__(self, learning_rate=0.5, **options):
            super().__init__(learning_rate, **options)

        def update_step(self, gradient, variable, learning_rate):
            self.assign_sub(variable, learning_rate * tf.sign(gradient))

    v = tf.Variable([1.0, 1.0])
    Signs().apply_gradients([(tf.constant([7.0, -7.0]), v)])
    np.testing.assert_array_equal(v, [0.5, 1.5])

    class Forgetful(optimizers.Optimizer):
        def __init__(self):
            self.rate = self.learning_rate

    with pytest.raises(AttributeError, match=r"super\(\).__init__"):
        Forgetful()
