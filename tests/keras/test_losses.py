"""Losses against formulas in float64 NumPy; weights, reductions, shapes, errors."""

import itertools

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.core.errors import InvalidArgumentError, TinynnHint
from tinynn.keras import losses
from tinynn.testing import check_gradients

RNG = np.random.default_rng(5)
Y, P = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 3))
POSITIVE, RATE = np.abs(Y) + 0.1, np.abs(P) + 0.1
SIGNS = np.sign(Y)
BITS, SHARES = (Y > 0).astype(float), 1 / (1 + np.exp(-P))
CLASSES = np.array([0, 2, 1, 1, 0, 2])
ROWS = np.eye(3)[CLASSES]
SIMPLEX = np.exp(P) / np.exp(P).sum(1, keepdims=True)
TRUE_SIMPLEX = np.exp(Y) / np.exp(Y).sum(1, keepdims=True)
OWN = SIMPLEX[np.arange(6), CLASSES]
BCE = -(BITS * np.log(SHARES) + (1 - BITS) * np.log(1 - SHARES))
RIGHT = np.where(BITS == 1, SHARES, 1 - SHARES)


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def smooth(y, s, n):
    return y * (1 - s) + s / n


CASES = {
    "mean_squared_error": (Y, P, {}, ((Y - P) ** 2).mean(1)),
    "mean_absolute_error": (Y, P, {}, np.abs(Y - P).mean(1)),
    "mean_absolute_percentage_error": (POSITIVE, P, {}, 100 * np.abs(1 - P / POSITIVE).mean(1)),
    "mean_squared_logarithmic_error": (POSITIVE, RATE, {}, ((np.log1p(POSITIVE) - np.log1p(RATE)) ** 2).mean(1)),
    "huber": (Y, P, {"delta": 0.7}, np.where(np.abs(Y - P) < 0.7, (Y - P) ** 2 / 2,
                                             0.7 * np.abs(Y - P) - 0.245).mean(1)),
    "log_cosh": (Y, P, {}, np.log(np.cosh(P - Y)).mean(1)),
    "cosine_similarity": (Y, P, {}, -(unit(Y) * unit(P)).sum(1)),
    "poisson": (POSITIVE, RATE, {}, (RATE - POSITIVE * np.log(RATE)).mean(1)),
    "kl_divergence": (TRUE_SIMPLEX, SIMPLEX, {}, (TRUE_SIMPLEX * np.log(TRUE_SIMPLEX / SIMPLEX)).sum(1)),
    "hinge": (SIGNS, P, {}, np.maximum(1 - SIGNS * P, 0).mean(1)),
    "squared_hinge": (SIGNS, P, {}, (np.maximum(1 - SIGNS * P, 0) ** 2).mean(1)),
    "categorical_hinge": (ROWS, P, {}, np.maximum(((1 - ROWS) * P).max(1) - (ROWS * P).sum(1) + 1, 0)),
    "binary_crossentropy": (BITS, SHARES, {}, BCE.mean(1)),
    "binary_focal_crossentropy": (BITS, SHARES, {"gamma": 1.5}, ((1 - RIGHT) ** 1.5 * BCE).mean(1)),
    "categorical_crossentropy": (ROWS, SIMPLEX, {}, -np.log(OWN)),
    "categorical_focal_crossentropy": (ROWS, SIMPLEX, {"gamma": 3.0}, -0.25 * (1 - OWN) ** 3 * np.log(OWN)),
    "sparse_categorical_crossentropy": (CLASSES, SIMPLEX, {}, -np.log(OWN)),
    "categorical_generalized_cross_entropy": (CLASSES, SIMPLEX, {"q": 0.4}, (1 - OWN**0.4) / 0.4),
    "dice": (BITS, SHARES, {"axis": 1}, 1 - 2 * (BITS * SHARES).sum(1) / (BITS + SHARES).sum(1)),
    "tversky": (BITS, SHARES, {"axis": 1, "alpha": 0.3, "beta": 0.6},
                1 - (BITS * SHARES).sum(1) / (BITS * SHARES + 0.3 * SHARES * (1 - BITS)
                                              + 0.6 * BITS * (1 - SHARES)).sum(1)),
}


def class_of(name):
    wanted = name.replace("_", "").lower()
    return next(c for n, c in vars(losses).items() if isinstance(c, type) and n.lower() == wanted)


@pytest.mark.parametrize("name", sorted(CASES))
def test_function_values(name):
    y_true, y_pred, arguments, expected = CASES[name]
    got = getattr(losses, name)(y_true, tf.constant(y_pred), **arguments)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
    assert got.dtype == tf.float64
    assert losses.get(name.upper()) is getattr(losses, name)


@pytest.mark.parametrize("name", sorted(CASES))
def test_function_gradients(name):
    y_true, y_pred, arguments, _ = CASES[name]
    check_gradients(lambda p: getattr(losses, name)(y_true, p, **arguments), [y_pred], order=1)


@pytest.mark.parametrize("name", sorted(CASES))
def test_class_reductions_weights_and_round_trip(name):
    y_true, y_pred, arguments, values = CASES[name]
    weight = np.array([1.0, 0.0, 2.0, 0.5, 3.0, 1.5])
    expected = {"sum_over_batch_size": (values * weight).mean(), "mean": (values * weight).mean(),
                "sum": (values * weight).sum(), "none": values * weight, None: values * weight,
                "mean_with_sample_weight": (values * weight).sum() / weight.sum()}
    for reduction, number in expected.items():
        made = class_of(name)(reduction=reduction, **arguments)
        got = made(y_true, y_pred.astype("float32"), sample_weight=weight)
        np.testing.assert_allclose(got, number, rtol=2e-5, atol=1e-5)
        assert got.dtype == tf.float32
    config = losses.serialize(made)
    again = losses.deserialize(config)
    assert type(again) is type(made) and losses.serialize(again) == config
    np.testing.assert_array_equal(again(y_true, y_pred), made(y_true, y_pred))


def test_circle_loss_by_its_formula():
    embeddings = unit(P)
    distance = np.maximum(1 - embeddings @ embeddings.T, 0)
    same = (CLASSES[:, None] == CLASSES) & ~np.eye(6, dtype=bool)
    other = CLASSES[:, None] != CLASSES
    far = 2.0 * np.maximum(0.4 + distance, 0) * (distance - 0.4)
    near = 2.0 * np.maximum(1.4 - distance, 0) * (0.6 - distance)
    total = [np.log(np.exp(far[i][same[i]]).sum() * np.exp(near[i][other[i]]).sum()) for i in range(6)]
    got = losses.Circle(gamma=2.0, reduction=None)(CLASSES, embeddings)
    np.testing.assert_allclose(got, np.log1p(np.exp(total)), rtol=1e-4)


def test_ctc_is_the_sum_over_all_paths():
    logits = RNG.normal(size=(3, 4, 3))
    labels = np.array([[1, 2, 0], [1, 1, 0], [2, 0, 0]])
    p = np.exp(logits) / np.exp(logits).sum(2, keepdims=True)
    for row in range(3):
        total = 0.0
        for path in itertools.product(range(3), repeat=4):
            if [k for k, _ in itertools.groupby(path) if k] == [k for k in labels[row] if k]:
                total += np.prod(p[row, range(4), path])
        np.testing.assert_allclose(losses.ctc(labels, tf.constant(logits))[row], -np.log(total), rtol=1e-6)
    check_gradients(lambda z: losses.ctc(labels, z), [logits], order=1)
    assert float(losses.CTC()(labels, logits)) == pytest.approx(float(tf.reduce_mean(losses.ctc(labels, logits))))


# ---- logits ----------------------------------------------------------------------------------------------------------


def test_from_logits_equals_probabilities():
    for name, y_true, z, p in (("binary_crossentropy", BITS, P, SHARES), ("categorical_crossentropy", ROWS, P, SIMPLEX),
                               ("sparse_categorical_crossentropy", CLASSES, P, SIMPLEX),
                               ("binary_focal_crossentropy", BITS, P, SHARES),
                               ("categorical_focal_crossentropy", ROWS, P, SIMPLEX)):
        function = getattr(losses, name)
        np.testing.assert_allclose(function(y_true, tf.constant(z), from_logits=True),
                                   function(y_true, tf.constant(p)), rtol=1e-6)


def test_probabilities_are_clipped_and_logits_are_not():
    wrong, certain = np.array([[0.0]]), np.array([[1.0]], "float32")
    assert float(losses.BinaryCrossentropy()(wrong, certain)) == pytest.approx(-np.log(1.1920929e-07), rel=1e-6)
    assert float(losses.BinaryCrossentropy(from_logits=True)(wrong, certain * 40)) == pytest.approx(40)


def test_the_output_of_an_activation_is_taken_back_to_its_logits():
    """Seen with Keras 3.15: 70 and 40, where clipped probabilities would give 16."""
    softmax = keras.activations.softmax(tf.constant([[40.0, 0.0, -30.0]]))
    assert float(losses.CategoricalCrossentropy()([[0.0, 0.0, 1.0]], softmax)) == pytest.approx(70)
    assert float(losses.SparseCategoricalCrossentropy()([2], softmax)) == pytest.approx(70)
    sigmoid = keras.activations.sigmoid(tf.constant([[40.0]]))
    assert float(losses.BinaryCrossentropy()([[0.0]], sigmoid)) == pytest.approx(40)
    assert float(losses.BinaryCrossentropy()([[0.0]], tf.sigmoid(tf.constant([[40.0]])))) < 17


def test_softmax_twice_is_hinted_at():
    softmax = keras.activations.softmax(tf.constant([[1.0, 2.0]]))
    with pytest.warns(TinynnHint, match="softmax-twice"):
        losses.CategoricalCrossentropy(from_logits=True)([[0.0, 1.0]], softmax)


def test_label_smoothing():
    got = losses.categorical_crossentropy(ROWS, tf.constant(SIMPLEX), label_smoothing=0.3)
    np.testing.assert_allclose(got, -(smooth(ROWS, 0.3, 3) * np.log(SIMPLEX)).sum(1), rtol=1e-6)
    got = losses.binary_crossentropy(BITS, tf.constant(SHARES), label_smoothing=0.3)
    y = smooth(BITS, 0.3, 2)
    np.testing.assert_allclose(got, -(y * np.log(SHARES) + (1 - y) * np.log(1 - SHARES)).mean(1), rtol=1e-6)


def test_an_ignored_class_costs_nothing_and_does_not_count():
    counted = CLASSES != 1
    got = losses.SparseCategoricalCrossentropy(ignore_class=1)(CLASSES, SIMPLEX)
    assert float(got) == pytest.approx(-np.log(OWN[counted]).mean(), rel=1e-6)
    values = losses.SparseCategoricalCrossentropy(ignore_class=1, reduction=None)(CLASSES, SIMPLEX).numpy()
    assert np.all(values[~counted] == 0)


def test_zeros_and_ones_are_taken_as_signs_by_hinges():
    np.testing.assert_array_equal(losses.hinge(BITS, P), losses.hinge(SIGNS, P))


# ---- shapes and types ------------------------------------------------------------------------------------------------


def test_a_missing_last_axis_is_no_difference():
    column, flat = Y[:, :1], Y[:, 0]
    expected = ((Y[:, 0] - P[:, 0]) ** 2).mean()
    for y_true, y_pred in ((column, P[:, 0]), (flat, P[:, :1]), (flat, P[:, 0]), (column, P[:, :1])):
        assert float(losses.MeanSquaredError()(y_true, y_pred)) == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(losses.SparseCategoricalCrossentropy()(CLASSES[:, None], SIMPLEX), -np.log(OWN).mean(),
                               rtol=1e-6)


@pytest.mark.parametrize(("y_true", "y_pred"), [((4, 1), (4, 3)), ((4, 3), (4, 1)), ((3,), (4, 3)), ((4, 2), (4, 3))])
@pytest.mark.parametrize("name", ["mean_squared_error", "huber", "hinge", "kl_divergence", "binary_crossentropy"])
def test_shapes_that_numpy_would_broadcast_are_an_error(name, y_true, y_pred):
    with pytest.raises(ValueError) as raised:
        getattr(losses, name)(np.ones(y_true), np.ones(y_pred))
    assert str(y_true) in str(raised.value) and str(y_pred) in str(raised.value) and name in str(raised.value)


def test_the_wrong_kind_of_targets_is_named():
    with pytest.raises(ValueError, match="sparse_categorical_crossentropy"):
        losses.CategoricalCrossentropy()(CLASSES, SIMPLEX)
    with pytest.raises(ValueError, match="for one-hot rows write categorical_crossentropy"):
        losses.SparseCategoricalCrossentropy()(ROWS, SIMPLEX)
    with pytest.raises(InvalidArgumentError):
        losses.SparseCategoricalCrossentropy()([0, 3], SIMPLEX[:2])
    with pytest.warns(SyntaxWarning, match="binary_crossentropy"):
        losses.CategoricalCrossentropy()(Y[:, :1], SHARES[:, :1])


def test_targets_take_the_type_of_predictions():
    assert losses.mean_squared_error(Y.astype("int64"), tf.constant(P)).dtype == tf.float64
    assert losses.MeanSquaredError()(Y.astype("int64"), tf.constant(P)).dtype == tf.float32
    assert losses.MeanSquaredError()([1, 2], [3, 5]).dtype == tf.float32
    assert losses.MeanSquaredError(dtype="float64")([[1, 2]], tf.constant([[3.0, 5.0]])).dtype == tf.float64


def test_masks_leave_entries_out_of_the_mean():
    y_pred = tf.constant(P)
    keras.losses.base.notes.masks.set(y_pred, tf.constant([True, False, True, True, False, True]))
    kept = ((Y - P) ** 2).mean(1)[[0, 2, 3, 5]]
    assert float(losses.MeanSquaredError()(Y, y_pred)) == pytest.approx(kept.mean())
    assert float(losses.MeanSquaredError(reduction="sum")(Y, y_pred)) == pytest.approx(kept.sum())


# ---- one's own, and names --------------------------------------------------------------------------------------------


def test_a_loss_of_ones_own():
    class Cubic(losses.Loss):
        def call(self, y_true, y_pred):
            return tf.reduce_mean(tf.abs(y_true - y_pred) ** 3, axis=-1)

    assert float(Cubic()(Y, P)) == pytest.approx((np.abs(Y - P) ** 3).mean(), rel=1e-5)
    wrapped = losses.LossFunctionWrapper(lambda y, p: tf.reduce_mean(y - p, axis=-1), name="bias")
    assert float(wrapped(Y, P)) == pytest.approx((Y - P).mean(), rel=1e-4)
    with pytest.raises(NotImplementedError, match="call"):
        losses.Loss()(Y, P)


def test_names():
    assert losses.get("MSE") is losses.mse is losses.mean_squared_error
    assert isinstance(losses.get("MeanSquaredError"), losses.MeanSquaredError)
    assert isinstance(losses.get("Hinge"), losses.Hinge) and losses.get("hinge") is losses.hinge
    assert losses.get({"class_name": "Huber", "config": {"delta": 2.0}}).delta == 2.0
    with pytest.raises(ValueError, match=r"unknown loss 'mean_squered_error'; did you mean 'mean_squared_error'\?"):
        losses.get("mean_squered_error")
    with pytest.raises(ValueError, match="cannot make a loss of 3"):
        losses.get(3)
    with pytest.raises(ValueError, match="reduction"):
        losses.MeanSquaredError(reduction="average")


def test_resolve_for_compile():
    assert losses.resolve("mse").name == "mse"
    assert losses.resolve(losses.huber).name == "huber"
    assert losses.resolve("crossentropy") is None
    for (true, pred), kind in {((6, 1), (6, 1)): "binary", ((6,), (6, 3)): "sparse_categorical",
                               ((6, 1), (6, 3)): "sparse_categorical", ((6, 3), (6, 3)): "categorical"}.items():
        assert losses.resolve("crossentropy", true, pred).fn is getattr(losses, f"{kind}_crossentropy")
