"""Metrics against counts and formulas in NumPy, over several weighted batches."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.keras import losses, metrics

RNG = np.random.default_rng(8)
N = 24
Y, P = RNG.normal(size=(N, 4)), RNG.normal(size=(N, 4))
BITS, SHARES = (RNG.uniform(size=(N, 1)) > 0.4).astype(float), RNG.uniform(size=(N, 1))
CLASSES = RNG.integers(0, 4, N)
ROWS = np.eye(4)[CLASSES]
SIMPLEX = np.exp(P) / np.exp(P).sum(1, keepdims=True)
WEIGHT = RNG.uniform(0.2, 2, N)
GUESS = P.argmax(1)


def over_batches(metric, y_true, y_pred, weight=None):
    """The result after three batches of different sizes."""
    metric.update_state(y_true, y_pred, sample_weight=weight)      # must leave no trace
    metric.reset_state()
    for part in (slice(0, 5), slice(5, 16), slice(16, N)):
        metric.update_state(y_true[part], y_pred[part], sample_weight=None if weight is None else weight[part])
    return np.asarray(metric.result())


def mean(values, weight):
    return np.average(values, weights=weight)


def rank(scores, own):
    return (scores > own[:, None]).sum(1)


PER_SAMPLE = {
    "Accuracy": (CLASSES, GUESS, {}, CLASSES == GUESS),
    "BinaryAccuracy": (BITS, SHARES, {"threshold": 0.3}, ((SHARES > 0.3) == BITS)[:, 0]),
    "CategoricalAccuracy": (ROWS, SIMPLEX, {}, CLASSES == GUESS),
    "SparseCategoricalAccuracy": (CLASSES, SIMPLEX, {}, CLASSES == GUESS),
    "TopKCategoricalAccuracy": (ROWS, SIMPLEX, {"k": 2}, rank(P, P[range(N), CLASSES]) < 2),
    "SparseTopKCategoricalAccuracy": (CLASSES, SIMPLEX, {"k": 3}, rank(P, P[range(N), CLASSES]) < 3),
    "MeanSquaredError": (Y, P, {}, ((Y - P) ** 2).mean(1)),
    "MeanAbsoluteError": (Y, P, {}, np.abs(Y - P).mean(1)),
    "MeanAbsolutePercentageError": (Y, P, {}, 100 * np.abs((Y - P) / Y).mean(1)),
    "LogCoshError": (Y, P, {}, np.log(np.cosh(Y - P)).mean(1)),
    "CosineSimilarity": (Y, P, {}, (Y * P).sum(1) / np.linalg.norm(Y, axis=1) / np.linalg.norm(P, axis=1)),
    "PearsonCorrelation": (Y, P, {}, [np.corrcoef(a, b)[0, 1] for a, b in zip(Y, P, strict=True)]),
    "ConcordanceCorrelation": (Y, P, {}, [
        2 * np.cov(a, b, bias=True)[0, 1] / (a.var() + b.var() + (a.mean() - b.mean()) ** 2)
        for a, b in zip(Y, P, strict=True)]),
    "BinaryCrossentropy": (BITS, SHARES, {}, -np.log(np.where(BITS == 1, SHARES, 1 - SHARES))[:, 0]),
    "CategoricalCrossentropy": (ROWS, SIMPLEX, {}, -np.log(SIMPLEX[range(N), CLASSES])),
    "SparseCategoricalCrossentropy": (CLASSES, P, {"from_logits": True}, -np.log(SIMPLEX[range(N), CLASSES])),
    "Hinge": (np.sign(Y), P, {}, np.maximum(1 - np.sign(Y) * P, 0).mean(1)),
}


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weighted"])
@pytest.mark.parametrize("name", sorted(PER_SAMPLE))
def test_means_over_samples(name, weight):
    y_true, y_pred, arguments, values = PER_SAMPLE[name]
    metric = getattr(metrics, name)(**arguments)
    np.testing.assert_allclose(over_batches(metric, y_true, y_pred, weight), mean(values, weight), rtol=3e-5)


def test_the_mean():
    m = metrics.Mean()
    assert float(m.result()) == 0.0
    m.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
    assert float(m.result()) == 2.0
    m.update_state(8.0)
    assert float(m.result()) == 4.0
    m.reset_state()
    assert float(m(np.ones((2, 3)), sample_weight=[[1, 2, 3], [1, 1, 1]])) == pytest.approx(1.0)
    assert [v.path for v in m.variables] == ["mean/total", "mean/count"]


def test_the_sum():
    m = metrics.Sum()
    m.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 2])
    m.update_state([[1.0], [1.0]])
    assert float(m.result()) == 20.0


def test_ties_count_as_among_the_best():
    assert float(metrics.SparseTopKCategoricalAccuracy(k=1)([0], [[0.5, 0.5]])) == 1.0
    sorted_ids = metrics.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True)
    assert float(sorted_ids([1, 1], [[1, 0, 2], [2, 0, 1]])) == 0.5


# ---- regression ------------------------------------------------------------------------------------------------------


def test_the_root_is_taken_over_all_samples():
    weighted = np.sqrt(mean(((Y - P) ** 2).mean(1), WEIGHT))
    np.testing.assert_allclose(over_batches(metrics.RootMeanSquaredError(), Y, P, WEIGHT), weighted, rtol=1e-5)


def test_r2():
    residual = ((Y - P) ** 2 * WEIGHT[:, None]).sum(0)
    spread = ((Y - np.average(Y, axis=0, weights=WEIGHT)) ** 2 * WEIGHT[:, None]).sum(0)
    scores = 1 - residual / spread
    for aggregation, expected in ((None, scores), ("uniform_average", scores.mean()),
                                  ("variance_weighted_average", np.average(scores, weights=spread))):
        got = over_batches(metrics.R2Score(class_aggregation=aggregation), Y, P, WEIGHT)
        np.testing.assert_allclose(got, expected, rtol=1e-4)
    n, p = Y.size, 2    # as Keras counts them
    adjusted = metrics.R2Score(class_aggregation=None, num_regressors=p)(Y, P)
    plain = np.array(metrics.R2Score(class_aggregation=None)(Y, P))
    np.testing.assert_allclose(adjusted, 1 - (1 - plain) * (n - 1) / (n - p - 1), rtol=1e-4)
    with pytest.warns(UserWarning, match="adjusted"):
        metrics.R2Score(num_regressors=9)(Y[:2], P[:2])
    with pytest.raises(ValueError, match="2D"):
        metrics.R2Score().update_state(Y[0], P[0])


# ---- positives and negatives -----------------------------------------------------------------------------------------


def counts(threshold, weight=None):
    w = np.ones(N) if weight is None else weight
    true, said = BITS[:, 0] == 1, SHARES[:, 0] > threshold
    return {"tp": w[true & said].sum(), "fp": w[~true & said].sum(), "tn": w[~true & ~said].sum(),
            "fn": w[true & ~said].sum()}


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weighted"])
def test_counts_and_shares(weight):
    for cls, key in ((metrics.TruePositives, "tp"), (metrics.FalsePositives, "fp"), (metrics.TrueNegatives, "tn"),
                     (metrics.FalseNegatives, "fn")):
        assert float(over_batches(cls(), BITS, SHARES, weight)) == pytest.approx(counts(0.5, weight)[key], rel=1e-5)
        several = over_batches(cls(thresholds=[0.2, 0.9]), BITS, SHARES, weight)
        np.testing.assert_allclose(several, [counts(t, weight)[key] for t in (0.2, 0.9)], rtol=1e-5)
    c = counts(0.5, weight)
    for cls, other in ((metrics.Precision, "fp"), (metrics.Recall, "fn")):
        got = float(over_batches(cls(), BITS, SHARES, weight))
        assert got == pytest.approx(c["tp"] / (c["tp"] + c[other]))


def test_precision_and_recall_of_the_best_k_and_of_one_class():
    assert float(metrics.Precision(top_k=1)(ROWS, SIMPLEX)) == pytest.approx((CLASSES == GUESS).mean())
    said = SIMPLEX[:, 2] > 0.3
    expected = ((CLASSES == 2) & said).sum() / (CLASSES == 2).sum()
    assert float(metrics.Recall(class_id=2, thresholds=0.3)(ROWS, SIMPLEX)) == pytest.approx(expected)
    assert float(metrics.Precision()([[0.0]], [[0.1]])) == 0.0
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        metrics.Precision(thresholds=1.5)


def test_one_share_where_another_is_reached():
    grid = [counts(i / 199) for i in range(200)]
    recall = np.array([c["tp"] / max(c["tp"] + c["fn"], 1) for c in grid])
    precision = np.array([c["tp"] / max(c["tp"] + c["fp"], 1) for c in grid])
    specificity = np.array([c["tn"] / max(c["tn"] + c["fp"], 1) for c in grid])
    for metric, expected in ((metrics.SensitivityAtSpecificity(0.6), recall[specificity >= 0.6].max()),
                             (metrics.SpecificityAtSensitivity(0.6), specificity[recall >= 0.6].max()),
                             (metrics.PrecisionAtRecall(0.5), precision[recall >= 0.5].max()),
                             (metrics.RecallAtPrecision(0.45), recall[precision >= 0.45].max())):
        assert float(over_batches(metric, BITS, SHARES)) == pytest.approx(expected, rel=1e-6)
    assert float(metrics.RecallAtPrecision(1.0)([[0.0]], [[0.9]])) == 0.0


def test_auc_is_the_share_of_pairs_in_the_right_order():
    coarse = np.round(SHARES * 199) / 199           # one threshold between any two predictions
    positive, negative = coarse[BITS == 1], coarse[BITS == 0]
    pairs = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    assert float(over_batches(metrics.AUC(), BITS, coarse)) == pytest.approx(pairs, rel=1e-5)
    assert float(metrics.AUC()([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])) == pytest.approx(1.0)
    assert float(metrics.AUC(curve="PR")([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])) == pytest.approx(1.0, rel=1e-4)
    logits = np.log(coarse.clip(1e-3, 1 - 1e-3) / (1 - coarse.clip(1e-3, 1 - 1e-3)))
    assert float(metrics.AUC(from_logits=True)(BITS, logits)) == pytest.approx(pairs, abs=0.02)


def test_auc_of_several_labels_is_their_mean():
    alone = [float(metrics.AUC()(ROWS[:, i], SIMPLEX[:, i])) for i in range(4)]
    assert float(over_batches(metrics.AUC(multi_label=True), ROWS, SIMPLEX)) == pytest.approx(np.mean(alone), rel=1e-5)
    weighted = metrics.AUC(multi_label=True, num_labels=4, label_weights=[1.0, 2.0, 3.0, 4.0])
    expected = np.average(alone, weights=[1, 2, 3, 4])
    assert float(weighted(ROWS, SIMPLEX)) == pytest.approx(expected, rel=1e-5)


def test_auc_bounds_and_errors():
    low, middle, high = (float(metrics.AUC(9, summation_method=m)(BITS, SHARES))
                         for m in ("minoring", "interpolation", "majoring"))
    assert low < middle < high
    with pytest.raises(ValueError, match="curve"):
        metrics.AUC(curve="ROX")
    with pytest.raises(ValueError, match="num_labels"):
        metrics.AUC(num_labels=3)


def test_f_scores():
    said = SIMPLEX.max(1, keepdims=True) <= SIMPLEX
    w = WEIGHT[:, None]
    tp, fp, fn = ((a * w).sum(0) for a in (said * ROWS, said * (1 - ROWS), (1 - said) * ROWS))
    f1 = 2 * tp / (2 * tp + fp + fn)
    np.testing.assert_allclose(over_batches(metrics.F1Score(), ROWS, SIMPLEX, WEIGHT), f1, rtol=1e-4)
    micro = 2 * tp.sum() / (2 * tp + fp + fn).sum()
    for average, expected in (("micro", micro), ("macro", f1.mean()),
                              ("weighted", np.average(f1, weights=(ROWS * w).sum(0)))):
        got = over_batches(metrics.F1Score(average=average), ROWS, SIMPLEX, WEIGHT)
        np.testing.assert_allclose(got, expected, rtol=1e-4)
    f2 = 5 * tp / (5 * tp + 4 * fn + fp)
    np.testing.assert_allclose(over_batches(metrics.FBetaScore(beta=2.0), ROWS, SIMPLEX, WEIGHT), f2, rtol=1e-4)
    for weight in (0.5, np.broadcast_to(w, ROWS.shape)):
        got = metrics.F1Score()(ROWS, SIMPLEX, weight)
        expected = f1 if np.ndim(weight) else metrics.F1Score()(ROWS, SIMPLEX)
        np.testing.assert_allclose(got, expected, rtol=1e-4)
    for name, wrong in (("average", "mean"), ("threshold", 2.0), ("threshold", 1)):
        with pytest.raises(ValueError, match=f"Invalid `{name}` argument value"):
            metrics.F1Score(**{name: wrong})


def test_intersection_over_union():
    weight = RNG.integers(1, 4, N)
    union = [weight[(k == CLASSES) | (k == GUESS)].sum() for k in range(4)]
    both = [weight[(k == CLASSES) & (k == GUESS)].sum() for k in range(4)]
    iou = np.array(both) / union
    assert float(over_batches(metrics.MeanIoU(4), CLASSES, GUESS, weight)) == pytest.approx(iou.mean(), rel=1e-5)
    some = metrics.IoU(4, [1, 3])(CLASSES, GUESS, sample_weight=weight)
    assert float(some) == pytest.approx(iou[[1, 3]].mean(), rel=1e-5)
    assert float(metrics.OneHotMeanIoU(4)(ROWS, P, sample_weight=weight)) == pytest.approx(iou.mean(), rel=1e-5)
    assert float(metrics.OneHotIoU(4, [2])(ROWS, P, sample_weight=weight)) == pytest.approx(iou[2], rel=1e-5)
    ignoring = metrics.MeanIoU(4, ignore_class=0)
    kept = CLASSES != 0
    plain = metrics.MeanIoU(4)(CLASSES[kept], GUESS[kept])
    assert float(ignoring(CLASSES, GUESS)) == pytest.approx(float(plain))
    said = SHARES[:, 0] >= 0.3
    own = ((BITS[:, 0] == 1) & said).sum() / ((BITS[:, 0] == 1) | said).sum()
    assert float(metrics.BinaryIoU([1], threshold=0.3)(BITS, SHARES)) == pytest.approx(own, rel=1e-5)
    with pytest.raises(ValueError, match="out of range"):
        metrics.IoU(2, [2])


# ---- configuration, names, one's own ---------------------------------------------------------------------------------


ARGUMENTS = {"MeanIoU": {"num_classes": 3}, "OneHotMeanIoU": {"num_classes": 3}, "IoU": {"num_classes": 3,
             "target_class_ids": [1]}, "OneHotIoU": {"num_classes": 3, "target_class_ids": [1]},
             "SensitivityAtSpecificity": {"specificity": 0.4}, "SpecificityAtSensitivity": {"sensitivity": 0.4},
             "PrecisionAtRecall": {"recall": 0.4}, "RecallAtPrecision": {"precision": 0.4, "num_thresholds": 9},
             "MeanMetricWrapper": {"fn": losses.huber, "delta": 2.0}, "AUC": {"thresholds": [0.3, 0.6], "curve": "PR"},
             "Precision": {"thresholds": [0.1, 0.9]}, "FBetaScore": {"beta": 2.0, "average": "macro"}}
CLASSES_OF_METRICS = sorted(name for name, thing in vars(metrics).items()
                            if isinstance(thing, type) and issubclass(thing, metrics.Metric) and name != "Metric")


@pytest.mark.parametrize("name", CLASSES_OF_METRICS)
def test_round_trip(name):
    made = getattr(metrics, name)(**ARGUMENTS.get(name, {}), name="mine")
    config = metrics.serialize(made)
    again = metrics.deserialize(config)
    assert type(again) is type(made) and again.name == "mine" and metrics.serialize(again) == config


def test_names():
    assert isinstance(metrics.get("mse"), metrics.MeanSquaredError)
    assert isinstance(metrics.get("AUC"), metrics.AUC) and isinstance(metrics.get("auc"), metrics.AUC)
    with pytest.raises(ValueError, match="did you mean 'binary_accuracy'"):
        metrics.get("binary_acuracy")


@pytest.mark.parametrize(("shapes", "kind"), [(((8, 1), (8, 1)), "Binary"), (((8,), (8, 1)), "Binary"),
                                              (((8,), (8, 3)), "SparseCategorical"),
                                              (((8, 1), (8, 3)), "SparseCategorical"),
                                              (((8, 3), (8, 3)), "Categorical")])
def test_accuracy_is_resolved_by_the_shapes(shapes, kind):
    for word in ("accuracy", "acc", "Acc"):
        found = metrics.resolve(word, *shapes)
        assert type(found) is getattr(metrics, f"{kind}Accuracy") and found.name == word
        assert metrics.resolve(word) is None
    assert type(metrics.resolve("ce", *shapes)) is getattr(metrics, f"{kind}Crossentropy")


def test_resolve_functions_and_objects():
    def bias(y_true, y_pred):
        return tf.reduce_mean(y_pred - y_true, axis=-1)

    found = metrics.resolve(bias)
    assert found.name == "bias" and float(found(tf.constant([[1.0]]), tf.constant([[3.0]]))) == 2.0
    own = metrics.AUC(name="own")
    assert metrics.resolve(own) is own
    assert metrics.resolve("mse").name == "mse"


def test_a_metric_of_ones_own_with_one_inside():
    class Spread(metrics.Metric):
        def __init__(self, name="spread"):
            super().__init__(name=name)
            self.low = self.add_weight(initializer="ones", name="low")
            self.inner = metrics.Mean()

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.low.assign(tf.minimum(self.low, tf.reduce_min(y_pred)))
            self.inner.update_state(y_pred)

        def result(self):
            return self.inner.result() - self.low

    m = Spread()
    assert float(m(None, tf.constant([0.5, 0.7]))) == pytest.approx(0.1)
    assert len(m.variables) == 3
    m.reset_state()
    assert [float(v) for v in m.variables] == [0, 0, 0]


def test_forgetting_super_init_is_named():
    class Broken(metrics.Metric):
        def __init__(self):
            self.total = self.add_weight()

    with pytest.raises(AttributeError, match=r"super\(\).__init__"):
        Broken()
