"""`tinynn.doctor`: each planted illness is found, its healthy twin is not complained about."""

import contextlib
import importlib
import io
import pathlib
import pkgutil
import re
import string

import numpy as np
import pytest
from fits import quiet

import tinynn
from tinynn import keras
from tinynn.compat import as_tensorflow
from tinynn.explain.text import width
from tinynn.explain.words import Words
from tinynn.keras import insight, layers, optimizers
from tinynn.keras.insight.case import Case
from tinynn.keras.insight.checks import curves
from tinynn.keras.insight.constant import loss_of_constant

ROOT = pathlib.Path(__file__).parent.parent.parent.parent
RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 5)).astype("float32")
Y = (X @ RNG.normal(size=(5, 1))).astype("float32")
CLASSES = (X[:, 0] > 0).astype("int32") + (X[:, 1] > 0)
YES = (Y > 0).astype("float32")
XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"), np.array([0, 1, 1, 0], "float32")


def network(*given, optimizer="adam", loss="mse", features=5):
    model = keras.Sequential([keras.Input((features,)), *given])
    model.compile(optimizer, loss)
    return model


def deep(activation, count, initializer="glorot_uniform"):
    return [layers.Dense(16, activation, kernel_initializer=initializer) for _ in range(count)]


def normal(deviation):
    return keras.initializers.RandomNormal(stddev=deviation)


def softmax(*given, optimizer="adam", **loss):
    return network(*given, optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(**loss))


def dense(units, activation=None, **options):
    return layers.Dense(units, activation, **options)


def unused_layer(used):
    i = keras.Input((5,))
    a, b = dense(3, name="used")(i), dense(3, name="beside")(i)
    model = keras.Model(i, dense(1)(a + (b if used else keras.ops.stop_gradient(b))))
    model.compile("sgd", "mse")
    return model


# code: (sick, healthy), each as (model, x, y)
OF_A_STEP = {
    "dead-units": (
        lambda: (softmax(dense(16, "relu", bias_initializer=keras.initializers.Constant(-30.0)), dense(3, "softmax")),
                 X, CLASSES),
        lambda: (softmax(dense(16, "relu"), dense(3, "softmax")), X, CLASSES)),
    "saturated-units": (
        lambda: (softmax(dense(16, "tanh", kernel_initializer=normal(30.0)), dense(3, "softmax")), X, CLASSES),
        lambda: (softmax(dense(16, "tanh"), dense(3, "softmax")), X, CLASSES)),
    "no-gradient": (lambda: (unused_layer(False), X, Y), lambda: (unused_layer(True), X, Y)),
    "vanishing-gradients": (
        lambda: (softmax(*deep("sigmoid", 8), dense(3, "softmax")), X, CLASSES),
        lambda: (softmax(*deep("relu", 8, "he_normal"), dense(3, "softmax")), X, CLASSES)),
    "exploding-gradients": (
        lambda: (softmax(*deep("relu", 8, normal(2.0)), dense(3, "softmax"), optimizer=optimizers.SGD(1e-9)), X,
                 CLASSES),
        lambda: (softmax(*deep("relu", 8, "he_normal"), dense(3, "softmax"), optimizer=optimizers.SGD(1e-3)), X,
                 CLASSES)),
    "step-too-large": (lambda: (network(dense(1), optimizer=optimizers.SGD(5.0)), X, Y),
                       lambda: (network(dense(1), optimizer=optimizers.SGD(0.1)), X, Y)),
    "step-too-small": (lambda: (network(dense(1), optimizer=optimizers.SGD(1e-9)), X, Y),
                       lambda: (network(dense(1), optimizer=optimizers.SGD(1e-3)), X, Y)),
    "softmax-twice": (lambda: (softmax(dense(3, "softmax"), from_logits=True), X, CLASSES),
                      lambda: (softmax(dense(3), from_logits=True), X, CLASSES)),
    "not-probabilities": (lambda: (softmax(dense(3)), X, CLASSES),
                          lambda: (softmax(dense(3, "softmax")), X, CLASSES)),
    "no-weights": (lambda: (network(layers.Flatten()), X, X), lambda: (network(layers.Flatten(), dense(5)), X, X)),
    "softmax-of-one": (lambda: (network(dense(1, "softmax"), loss="binary_crossentropy"), X, YES),
                       lambda: (network(dense(1, "sigmoid"), loss="binary_crossentropy"), X, YES)),
    "output-range": (lambda: (network(dense(1, "sigmoid")), X, Y), lambda: (network(dense(1, "sigmoid")), X, YES)),
    "unscaled-inputs": (
        lambda: (network(dense(8, "relu"), dense(1)), X * 300, Y),
        lambda: (network(layers.BatchNormalization(), dense(8, "relu"), dense(1)), X * 300, Y)),
    "wrong-targets": (lambda: (network(dense(1)), X, X), lambda: (network(dense(1)), X, Y[:, 0])),
    "nan-loss": (
        lambda: (network(dense(1, use_bias=False, kernel_initializer="zeros"), layers.Lambda(lambda x: 1 / x)), X, Y),
        lambda: (network(dense(1, use_bias=False), layers.Lambda(lambda x: 1 / (1 + x * x))), X, Y)),
}


@pytest.mark.parametrize("code", OF_A_STEP)
def test_an_illness_is_found_and_its_twin_is_healthy(code):
    sick, healthy = OF_A_STEP[code]
    with quiet():
        model, x, y = sick()
        report = tinynn.doctor(model, x=x, y=y)
        korean = tinynn.doctor(model, x=x, y=y, lang="ko")
        healthy_report = tinynn.doctor(healthy()[0], x=healthy()[1], y=healthy()[2])
    assert code in report.codes, str(report)
    assert list(healthy_report) == []
    assert str(healthy_report).startswith("healthy: ")
    assert korean.codes == report.codes
    for one in (report, korean):
        assert all(width(line) <= 100 for line in str(one).splitlines())
    finding = next(f for f in report if f.code == code)
    assert finding.severity in ("error", "warning")
    assert all((finding.what, finding.evidence, finding.remedy))
    assert re.search("[가-힣]", korean[0].what) and not re.search("[가-힣]", str(report))


def test_a_model_that_no_gradient_reaches():
    i = keras.Input((5,))
    model = keras.Model(i, keras.ops.stop_gradient(dense(1)(i)))
    model.compile("sgd", "mse")
    report = tinynn.doctor(model, x=X, y=Y)
    assert [(f.code, f.where) for f in report] == [("no-gradient", model.name)]
    with pytest.raises(ValueError, match="No gradients provided"):
        model.explain_step(X, Y)


def test_a_loss_of_the_users_own_is_not_taken_for_wrong_targets():
    class Own(keras.Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return keras.ops.mean((y_pred - y[:, :1]) ** 2)

    model = Own([keras.Input((5,)), dense(1)])
    model.compile("sgd", "mse")
    assert tinynn.doctor(model, x=X, y=X).codes == []


def test_the_evidence_has_the_numbers():
    with quiet():
        model, x, y = OF_A_STEP["dead-units"][0]()
        dead = tinynn.doctor(model, x=x, y=y)[0]
        model, x, y = OF_A_STEP["not-probabilities"][0]()
        bare = tinynn.doctor(model, x=x, y=y)[0]
    assert (dead.severity, dead.where) == ("error", "dense")
    assert "16 of 16 units" in dead.what and "200 samples" in dead.evidence
    low, high = map(float, re.findall(r"-?[\d.]+", bare.evidence))
    p = model.predict(x, verbose=0)
    assert (low, high) == pytest.approx((p.min(), p.max()), rel=1e-3)


def test_the_first_op_that_made_a_nan_is_named():
    x = X.copy()
    x[3] = 0.0

    def loss(y_true, y_pred):
        return keras.ops.mean(y_true * keras.ops.log(y_pred * y_pred))

    model = network(dense(1, use_bias=False), loss=loss)
    report = tinynn.doctor(model, x=x, y=Y)
    assert report.codes == ["nan-loss"]
    assert "'log'" in report[0].evidence and "test_doctor.py" in report[0].evidence
    assert "1e-7" in report[0].remedy
    x[3] = np.nan
    assert "x itself has NaN" in tinynn.doctor(model, x=x, y=Y)[0].evidence
    model.layers[0].kernel.assign(np.full((5, 1), np.nan))
    found = tinynn.doctor(model, x=X, y=Y)[0]
    assert "was NaN before it began" in found.evidence and found.remedy == "make the model anew"


# ---- a whole training ------------------------------------------------------------------------------------------------


def test_what_fit_found_about_a_nan_is_told():
    model = network(dense(8, "relu"), dense(1), optimizer=optimizers.SGD(1e5))
    with quiet():
        history = model.fit(X, Y, epochs=20, verbose=0)
    for given in (None, history):
        found = tinynn.doctor(model, given)[0]
        assert (found.code, found.severity) == ("nan-loss", "error")
        assert found.evidence.startswith("in epoch 1: From batch ")
        assert "lower the learning rate" in found.remedy
    assert re.match("에포크 1에서: 배치 .*첫 NaN은 .*에서 생겼습니다", tinynn.doctor(model, lang="ko")[0].evidence)
    assert tinynn.doctor(model, {"loss": [1.0, float("nan")]}).codes == ["nan-loss"]


def rate(steps):
    return optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, decay_steps=steps, decay_rate=0.5))


def test_a_schedule_that_dies_and_one_that_lasts():
    for steps, codes in ((20, ["decay-steps"]), (200, [])):
        model = network(dense(1), optimizer=rate(steps))
        with quiet():
            model.fit(X, Y, batch_size=10, epochs=20, verbose=0)
        report = tinynn.doctor(model)
        assert report.codes == codes
    sick = network(dense(1), optimizer=rate(20))
    with quiet():
        sick.fit(X, Y, batch_size=10, epochs=20, verbose=0)
    assert "after epoch 7 of 20 it has fallen from 0.1 to 0.000781" in tinynn.doctor(sick)[0].evidence


def test_a_schedule_that_died_in_a_loop_of_ones_own():
    reports = []
    for steps in (10, 400):
        model, v = network(dense(1), optimizer=rate(steps)), tinynn.Variable(1.0)
        with quiet():
            for _ in range(400):
                model.optimizer.apply([tinynn.ones(())], [v])
        reports.append(tinynn.doctor(model))
    assert [report.codes for report in reports] == [["decay-steps"], []]
    assert "at step 67 of 400" in reports[0][0].evidence        # 0.5 ** 6.7 is the first below a hundredth


def test_a_loss_without_a_learning_rate_is_not_called_stuck():
    x, y = RNG.normal(size=(40, 10)), RNG.normal(size=(40, 1))
    codes = []
    for steps in (4, 400):
        model = network(dense(40, "relu"), dense(1), optimizer=rate(steps), features=10)
        with quiet():
            model.fit(x, y, batch_size=10, epochs=40, verbose=0)
        losses = model.history.history["loss"]
        assert (abs(losses[-1] - losses[-20]) < 0.01 * losses[-1]) == (steps == 4)
        codes.append(tinynn.doctor(model, x=x, y=y).codes)
    assert codes == [["decay-steps"], []]


def test_a_schedule_in_no_optimizer_and_one_in_use():
    forgotten = optimizers.schedules.CosineDecay(0.1, 100)
    model = network(dense(1), optimizer=optimizers.SGD(0.1))
    with quiet():
        model.fit(X, Y, verbose=0)
    found = tinynn.doctor(model)
    assert found.codes == ["schedule-unused"]
    assert found[0].where == "CosineDecay" and "test_doctor.py" in found[0].evidence
    assert forgotten is not None
    del forgotten
    assert tinynn.doctor(model).codes == []
    assert tinynn.doctor(network(dense(1), optimizer=rate(200))).codes == []


def test_shuffled_batches_and_shuffled_samples():
    rows = tinynn.data.Dataset.from_tensor_slices((X, Y))
    with quiet():
        batches = rows.batch(50).shuffle(10)
        mapped = rows.batch(50).map(lambda x, y: (x, y)).shuffle(10).prefetch(1)
    model = network(dense(1))
    for dataset in (batches, mapped):
        assert tinynn.doctor(model, x=dataset).codes == ["batch-then-shuffle"]
    assert "TensorSlice -> Batch -> Shuffle" in tinynn.doctor(model, x=batches)[0].evidence
    for dataset in (rows.shuffle(200).batch(50), rows.batch(50), rows.batch(50).unbatch().shuffle(9).batch(5),
                    rows.shuffle(200).batch(50).shuffle(4)):
        assert tinynn.doctor(model, x=dataset).codes == []


def test_early_stopping_on_a_value_that_there_is_not():
    model = network(dense(1), optimizer=optimizers.SGD(0.1))
    for monitor, codes in (("val_loss", ["early-stopping"]), ("loss", [])):
        with quiet():
            model.fit(X, Y, epochs=2, verbose=0, callbacks=[keras.callbacks.EarlyStopping(monitor)])
        assert tinynn.doctor(model, x=X, y=Y).codes == codes


def xor(seed, epochs=1500, activation="sigmoid"):
    keras.utils.set_random_seed(seed)
    model = network(dense(4, activation), dense(1, "sigmoid"), optimizer=optimizers.SGD(0.1), features=2)
    model.fit(*XOR, batch_size=1, epochs=epochs, verbose=0)
    right = ((model.predict(XOR[0], verbose=0)[:, 0] > 0.5) == (XOR[1] > 0.5)).all()
    return model, bool(right), tinynn.doctor(model, x=XOR[0], y=XOR[1])


def test_the_plateau_of_xor():
    outcomes = [xor(seed) for seed in range(30)]
    solved = [right for _, right, _ in outcomes]
    assert 0.4 < np.mean(solved) < 0.9
    for _, right, report in outcomes:
        assert report.codes == ([] if right else ["plateau"])
    stands = next(r[0] for m, right, r in outcomes if not right and m.history.history["loss"][-1] > 0.25)
    assert "costs 0.25" in stands.evidence and "1500 of 1500 epochs" in stands.evidence
    seed = solved.index(False)
    assert xor(seed, epochs=5000)[1:] == (True, [])     # patience helps, as docs/doctor.md says


def test_relus_that_are_stuck():
    outcomes = [xor(seed, activation="relu") for seed in range(30)]
    stuck = [report for _, right, report in outcomes if not right]
    assert len(stuck) > 5
    assert all(report == [] for _, right, report in outcomes if right)
    assert np.mean(["stuck" in r.codes or "dead-units" in r.codes for r in stuck]) > 0.9
    assert "17 weights, 4 samples" in next(f for r in stuck for f in r if f.code == "stuck").evidence


def test_noise_that_nobody_can_learn_is_no_plateau_and_not_stuck():
    noisy = (Y + 3 * RNG.normal(size=Y.shape)).astype("float32")
    for loss, y, out in (("mse", noisy, None), ("binary_crossentropy", (noisy > 0).astype("float32"), "sigmoid")):
        model = network(dense(1, out), optimizer=optimizers.SGD(0.05), loss=loss)
        model.fit(X, y, epochs=60, verbose=0)
        losses = model.history.history["loss"]
        assert abs(losses[-1] - losses[-20]) < 0.05 * losses[-1]     # flat, and far from 0
        assert tinynn.doctor(model, x=X, y=y).codes == []


def test_learning_by_heart():
    x, y = RNG.normal(size=(30, 5)), RNG.normal(size=(30, 1))
    model = network(dense(64, "relu"), dense(64, "relu"), dense(1), optimizer=optimizers.Adam(0.01))
    model.fit(x, y, epochs=60, verbose=0, validation_data=(RNG.normal(size=(30, 5)), RNG.normal(size=(30, 1))))
    assert tinynn.doctor(model).codes == ["overfitting"]
    model = network(dense(8, "relu"), dense(1))
    model.fit(X, Y, epochs=20, verbose=0, validation_split=0.3)
    assert tinynn.doctor(model).codes == []


@pytest.mark.parametrize(("loss", "answer"), [
    ("mse", lambda y: np.mean((y - y.mean()) ** 2)),
    ("mae", lambda y: np.mean(np.abs(y - np.median(y)))),
    ("binary_crossentropy", lambda y: -np.mean(y * np.log(y.mean()) + (1 - y) * np.log(1 - y.mean()))),
    (keras.losses.BinaryCrossentropy(from_logits=True),
     lambda y: -np.mean(y * np.log(y.mean()) + (1 - y) * np.log(1 - y.mean()))),
    (keras.losses.MeanSquaredLogarithmicError(), lambda y: None),
])
def test_what_the_best_constant_answer_costs(loss, answer):
    y = (RNG.random((200, 1)) < 0.3).astype("float32")
    model = network(dense(1, "sigmoid"), loss=loss)
    with quiet():
        case = case_of(model, X, y)
    assert case.constant_loss == (pytest.approx(answer(y.astype("float64")), rel=1e-5) if answer(y) else None)


def test_the_constant_answer_to_weighted_samples():
    weight, y = RNG.random(200).astype("float32"), Y + 1
    mean = np.average(y, weights=weight[:, None])
    loss, squares = keras.losses.MeanSquaredError(), np.mean(weight[:, None] * (y.astype("float64") - mean) ** 2)
    assert loss_of_constant(loss, y, weight, (200, 1)) == pytest.approx(squares, rel=1e-5)
    assert loss_of_constant(loss, y, weight, (200, 2)) is None
    assert loss_of_constant(loss, y, np.ones((200, 3)), (200, 1)) is None
    assert loss_of_constant(keras.losses.MeanSquaredError(reduction="sum"), y, None, (200, 1)) is None
    assert loss_of_constant(keras.losses.BinaryCrossentropy(label_smoothing=0.1), YES, None, (200, 1)) is None


@pytest.mark.parametrize("logits", [False, True])
def test_what_the_best_constant_class_costs(logits):
    share = np.bincount(CLASSES) / 200
    entropy = pytest.approx(-np.sum(share * np.log(share)), rel=1e-5)
    sparse, one_hot = (kind(from_logits=logits) for kind in (
        keras.losses.SparseCategoricalCrossentropy, keras.losses.CategoricalCrossentropy))
    activation = None if logits else "softmax"
    assert case_of(network(dense(3, activation), loss=sparse), X, CLASSES).constant_loss == entropy
    assert case_of(network(dense(3, activation), loss=one_hot), X, np.eye(3)[CLASSES]).constant_loss == entropy


def case_of(model, x, y):
    return Case(model, "en", step=model.explain_step(x, y), batch=(tinynn.constant(x), tinynn.constant(y), None))


def test_a_plateau_needs_ten_epochs():
    model, _, report = xor(4)
    assert report.codes == ["plateau"]
    batch = tinynn.constant(XOR[0]), tinynn.constant(XOR[1]), None
    for epochs, count in ((9, 0), (10, 1)):
        case = Case(model, "en", {"loss": [0.25] * epochs}, report.step, {}, batch)
        assert len(list(curves.plateau(case))) == count


# ---- the programs of the notes ---------------------------------------------------------------------------------------


def after(program, lines):
    """What `report` is after a program of tests/programs, with lines of the learner's at its end."""
    source = (ROOT / "tests" / "programs" / program).read_text()
    scope = {"__name__": "notes"}
    with as_tensorflow(), contextlib.redirect_stdout(io.StringIO()), quiet():
        exec(compile(f"{source}\nimport tinynn\n{lines}", program, "exec"), scope)
    return scope["report"]


def test_the_regression_of_the_notes():
    report = after("p0_regression_loop.py", "report = tinynn.doctor(model, x=dataset)")
    assert report.codes == ["schedule-unused", "batch-then-shuffle"]
    assert "line 27 of p0_regression_loop.py" in report[0].evidence
    assert "not looked at: losses (give history), gradients (compile" in str(report)


def test_the_regression_of_the_notes_with_its_schedule():
    report = after("p0b_regression_schedule.py",
                   "model.compile(optimizer, criterion)\nreport = tinynn.doctor(model, x=dataset)")
    assert {"decay-steps", "batch-then-shuffle"} <= set(report.codes)
    assert "at step 70 of 1000" in report[0].evidence       # 7 staircase steps of 10


def test_the_digits_are_healthy():
    (x, y), _ = keras.datasets.digits.load_data()
    x = x.reshape(-1, 64).astype("float32") / 16
    model = network(dense(128, "relu"), dense(10, "softmax"), loss="sparse_categorical_crossentropy", features=64)
    assert tinynn.doctor(model, x=x, y=y).codes == []
    for epochs in (1, 4):
        model.fit(x, y, epochs=epochs, verbose=0)
        assert tinynn.doctor(model, x=x, y=y).codes == []


# ---- reports and arguments -------------------------------------------------------------------------------------------


def test_what_was_looked_at():
    model = network(dense(1), optimizer=optimizers.SGD(0.1))
    assert str(tinynn.doctor(model)) == (
        "nothing found about sequential, as far as it was looked at\n"
        "looked at: the model, the optimizer (SGD)\n"
        "not looked at: losses (give history), gradients and activations (give x and y)")
    model.fit(X, Y, epochs=3, verbose=0)
    report = tinynn.doctor(model, x=X, y=Y)
    assert " ".join(str(report).split()) == (
        "healthy: nothing stands in the way of sequential looked at: the model, the optimizer (SGD), the losses of 3 "
        "epochs, a training step on 200 samples")
    assert report.step.samples == 200


def test_rows_are_taken_evenly_and_few():
    x = np.arange(1000, dtype="float32")[:, None] / 1000
    model = network(dense(1), features=1)
    report = tinynn.doctor(model, x=x, y=x)
    assert report.step.samples == 256
    assert report.step.layers[0].input_rms == pytest.approx(np.sqrt(np.mean(x**2)), rel=0.01)


def test_a_list_of_losses_is_a_history():
    model, batch = network(dense(1), optimizer=optimizers.SGD(0.1)), (X, np.full_like(Y, 2.0) + YES)
    assert tinynn.doctor(model, [float(np.var(YES))] * 20, *batch).codes == ["plateau"]
    assert "the losses of 20 epochs" in str(tinynn.doctor(model, np.linspace(5, 0.001, 20), *batch))


def test_errors_come_first_and_html_is_escaped():
    model = softmax(dense(16, "relu", bias_initializer=keras.initializers.Constant(-30.0), name="<i>"),
                    dense(3, "softmax"))
    report = tinynn.doctor(model, x=X * 300, y=CLASSES)
    assert [f.severity for f in report] == sorted([f.severity for f in report])
    html = report._repr_html_()
    assert "&lt;i&gt;" in html and "<i>" not in html and html.count("<li>") == len(report)


@pytest.mark.parametrize(("arguments", "error", "match"), [
    ((3,), TypeError, "a keras model, got int"),
    ((network, 3), TypeError, "history is what fit returned"),
    ((network, None, None, Y), ValueError, "y without x"),
    ((network, None, X), ValueError, "give y"),
    ((network, None, X, Y, None, "fr"), ValueError, "'en' and 'ko'"),
    ((network, None, X[:, :2], Y), ValueError, "expected|features|shape"),
    ((network, None, iter(())), ValueError, "x gave no batch"),
])
def test_wrong_arguments(arguments, error, match):
    first, *rest = arguments
    with pytest.raises(error, match=match):
        tinynn.doctor(first(dense(1)) if callable(first) else first, *rest)


def test_the_model_is_left_as_it_was():
    model = network(dense(4, "relu"), layers.BatchNormalization(), layers.Dropout(0.5), dense(1))
    weights, random_state = model.get_weights(), keras.random.position()[1:]
    tinynn.doctor(model, x=X, y=Y)
    tinynn.doctor(model, x=X, y=X)      # targets that do not fit
    np.testing.assert_equal(model.get_weights(), weights)
    assert keras.random.position()[1:] == random_state
    assert not model.optimizer.built and not model._compile_loss.built


# ---- words and pages -------------------------------------------------------------------------------------------------


def tables():
    names = [m.name for m in pkgutil.walk_packages(insight.__path__, insight.__name__ + ".")]
    modules = [importlib.import_module(n) for n in (
        *names, "tinynn.keras.training.origin", "tinynn.keras.training.causes")]
    return [(m.__name__, m.say) for m in modules if isinstance(getattr(m, "say", None), Words)]


@pytest.mark.parametrize(("name", "say"), tables())
def test_both_languages_take_the_same_values(name, say):
    fields = lambda text: {field for _, field, _, _ in string.Formatter().parse(text) if field}
    for english, korean in say.korean.items():
        assert fields(english) == fields(korean), english


def test_every_code_has_its_page():
    folder = pathlib.Path(insight.__file__).parent / "checks"
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    codes = set(re.findall(r'Finding\("([\w-]+)"', text)) | set(re.findall(r'^    "([\w-]+)": \($', text, re.M))
    pages = re.findall(r"^## ([\w-]+)$", (ROOT / "docs" / "doctor.md").read_text(), re.MULTILINE)
    assert len(codes) > 15
    assert codes == set(pages) and len(pages) == len(codes)
