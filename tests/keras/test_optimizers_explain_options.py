"""`optimizer.explain(v)` with schedules, clipping and other options, without formulas, and with mistakes."""

import numpy as np
import pytest
from updates import ENTRY, GRADIENTS, START, R, trained

import tinynn as tf
from tinynn import keras
from tinynn.keras import optimizers
from tinynn.keras.optimizers.rules import Formula, Rule, run, value_before

# ---- what stands around the rule -------------------------------------------------------------------------------------


def test_the_rate_is_that_of_the_step():
    schedule = optimizers.schedules.ExponentialDecay(0.5, 4, 0.25)
    optimizer = optimizers.SGD(schedule)
    v = trained(optimizer)
    e = optimizer.explain(v)
    assert e.learning_rate == pytest.approx(0.5 * 0.25 ** (2 / 4))
    assert e.agrees
    call = "ExponentialDecay(initial_learning_rate=0.5, decay_steps=4, decay_rate=0.25)(2) = 0.25"
    assert call in " ".join(str(e).split())
    assert optimizer.explain(v, GRADIENTS[0]).learning_rate == pytest.approx(0.5 * 0.25 ** (3 / 4))
    optimizer = optimizers.SGD(0.5)
    v = trained(optimizer)
    optimizer.learning_rate = 0.25      # after the step
    e = optimizer.explain(v, entry=ENTRY)
    assert e.learning_rate == 0.5
    assert e.before - e.after == pytest.approx(0.5 * GRADIENTS[2][ENTRY], rel=1e-5)
    assert optimizer.explain(v, GRADIENTS[0]).learning_rate == 0.25
    optimizer = optimizers.SGD(lambda: 0.5)
    assert "<lambda>() = 0.5" in str(optimizer.explain(trained(optimizer)))


@pytest.mark.parametrize("when", ["last", "next"])
@pytest.mark.parametrize("option", [{"clipnorm": 1.0}, {"clipvalue": 0.3}, {"global_clipnorm": 1.5}])
def test_clipping(option, when):
    other = keras.Variable([1.0, 2.0], name="bias")
    g, h = GRADIENTS[0], np.array([3.0, -4.0], "float32")
    optimizer, v = optimizers.SGD(R, **option), keras.Variable(START, name="kernel")
    optimizer.build([v, other])
    if when == "next":
        e = optimizer.explain(v, [g, h] if "global_clipnorm" in option else g, ENTRY)
    else:
        optimizer.apply_gradients([(tf.constant(g), v), (tf.constant(h), other)])
        e = optimizer.explain(v, entry=ENTRY)
    norm = np.linalg.norm(np.append(g, h) if "global_clipnorm" in option else g)
    limit = next(iter(option.values()))
    expected = np.clip(g, -limit, limit) if "clipvalue" in option else g * limit / norm
    assert norm > limit
    assert e.gradient == g[ENTRY]
    assert e.values["g"] == pytest.approx(expected[ENTRY], rel=1e-6)
    assert e.after == pytest.approx(START[ENTRY] - R * expected[ENTRY], rel=1e-6)
    assert e.agrees
    loose = optimizers.SGD(R, **dict.fromkeys(option, 100.0))
    assert "g" not in loose.explain(trained(loose)).values      # nothing to clip


def test_weight_decay_and_its_exceptions():
    optimizer = optimizers.SGD(R, weight_decay=0.5)
    v = trained(optimizer)
    e = optimizer.explain(v, GRADIENTS[0], ENTRY)
    assert [line.symbol for line in e.lines] == ["w", "w"]
    assert e.lines[0].value == pytest.approx(e.before * (1 - 0.5 * R))
    assert e.after == pytest.approx(e.before * (1 - 0.5 * R) - R * GRADIENTS[0][ENTRY], rel=1e-5)
    assert e.agrees and optimizer.explain(v).agrees
    optimizer.exclude_from_weight_decay(var_names=["kernel"])
    e = optimizer.explain(v, GRADIENTS[0], ENTRY)
    assert e.after == pytest.approx(e.before - R * GRADIENTS[0][ENTRY], rel=1e-5)
    assert e.agrees and len(e.lines) == 1


def test_constraints_hide_what_was_before():
    optimizer = optimizers.SGD(R)
    v = trained(optimizer, constraint=keras.constraints.MaxNorm(0.5))
    e = optimizer.explain(v)
    assert e.before is None and "MaxNorm(?)" in str(e)
    e = optimizer.explain(v, GRADIENTS[0], ENTRY)
    w = v.numpy() - R * GRADIENTS[0]
    assert e.after == pytest.approx((w * np.minimum(1, 0.5 / np.linalg.norm(w, axis=0)))[ENTRY], rel=1e-5)
    assert e.agrees


def test_accumulated_gradients():
    optimizer = optimizers.SGD(R, gradient_accumulation_steps=2)
    v = trained(optimizer)      # one update, and a gradient that waits
    e = optimizer.explain(v)
    assert (e.step, e.gradient) == (1, None)
    assert "cleared" in str(e)
    e = optimizer.explain(v, GRADIENTS[0], ENTRY)
    assert e.values["g"] == pytest.approx((GRADIENTS[2] + GRADIENTS[0])[ENTRY] / 2, rel=1e-6)
    assert e.after == pytest.approx(v.numpy()[ENTRY] - R * e.values["g"], rel=1e-6)
    optimizer.apply_gradients([(tf.constant(GRADIENTS[0]), v)])
    assert v.numpy()[ENTRY] == e.after
    e = optimizer.explain(v, GRADIENTS[0])
    assert e.before == e.after and e.step_norm == 0.0
    assert "Gradient 1 of 2 is only added up" in str(e)


def test_scaled_losses():
    optimizer = optimizers.SGD(R, loss_scale_factor=8.0)
    e = optimizer.explain(trained(optimizer, GRADIENTS[:1]), 8 * GRADIENTS[0], ENTRY)
    assert (e.gradient, e.values["g"]) == (8 * GRADIENTS[0][ENTRY], GRADIENTS[0][ENTRY])
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(R), 8.0)
    v = trained(optimizer, [8 * g for g in GRADIENTS])
    assert optimizer.explain(v, entry=ENTRY).gradient == GRADIENTS[2][ENTRY]
    assert optimizer.explain(v, 8 * GRADIENTS[0], ENTRY).gradient == GRADIENTS[0][ENTRY]


def test_moving_averages_of_weights_are_not_taken_for_weights():
    optimizer = optimizers.Adam(R, use_ema=True)
    v = trained(optimizer)
    e = optimizer.explain(v)
    assert e.before is e.after is None and "use_ema" in str(e)
    e = optimizer.explain(v, GRADIENTS[0])
    optimizer.apply_gradients([(tf.constant(GRADIENTS[0]), v)])
    assert e.after == v.numpy()[e.entry]


def test_a_scalar_and_a_step_too_small_for_six_digits():
    v, optimizer = tf.Variable(1.0), optimizers.SGD(2.0**-20)
    optimizer.apply_gradients([(tf.constant(1.0), v)])
    e = optimizer.explain(v)
    assert (e.entry, e.after) == ((), 1 - 2.0**-20)
    assert "1 - 9.53674316e-07 * 1 = 0.999999046" in str(e)


# ---- without formulas, or with wrong ones ----------------------------------------------------------------------------


@pytest.mark.parametrize("make", [optimizers.Lamb, optimizers.Ftrl, optimizers.Adafactor, optimizers.Muon,
                                  optimizers.ScheduleFreeAdamW])
def test_optimizers_without_formulas_are_tried(make):
    optimizer = make(R)
    v = trained(optimizer)
    held, e = v.numpy(), optimizer.explain(v, GRADIENTS[0])
    optimizer.apply_gradients([(tf.constant(GRADIENTS[0]), v)])
    assert (e.before, e.after) == (held[e.entry], v.numpy()[e.entry])
    assert not e.lines and e.slots and e.agrees is None
    assert e.rule and e.rule in " ".join(type(optimizer).__doc__.split())
    last = optimizer.explain(v, entry=e.entry)
    assert (last.before, last.after) == (None, e.after)
    assert {name: new for name, (_, new) in last.slots.items()} == {name: new for name, (_, new) in e.slots.items()}


def test_a_step_of_ones_own_does_not_get_the_formulas_of_its_base():
    class Half(optimizers.SGD):
        def update_step(self, gradient, variable, learning_rate):
            variable.assign_sub(0.5 * learning_rate * gradient)

    optimizer = Half(R)
    e = optimizer.explain(trained(optimizer), GRADIENTS[0], ENTRY)
    assert not e.lines
    assert e.after == pytest.approx(e.before - 0.5 * R * GRADIENTS[0][ENTRY])

    class Own(Half):
        """Half a step."""

        def rule(self):
            return Rule("w <- w - half * r * g  half a step", {}, {"half": 0.5})

    optimizer = Own(R)
    v = trained(optimizer)
    assert optimizer.explain(v, GRADIENTS[0]).agrees
    assert "half a step" in str(optimizer.explain(v, lang="ko"))


def test_an_apply_of_ones_own_is_not_tried():
    class Central(optimizers.SGD):
        def apply(self, grads, trainable_variables=None):
            super().apply([g - tf.reduce_mean(g) for g in grads], trainable_variables)

    optimizer = Central(R)
    e = optimizer.explain(v := trained(optimizer))
    assert (e.lines, e.after) == ([], v.numpy()[e.entry])
    with pytest.raises(ValueError, match="Central has a method apply of its own"):
        optimizer.explain(v, GRADIENTS[0])


def test_wrong_formulas_are_found_out():
    class Wrong(optimizers.SGD):
        def rule(self):
            return Rule("w <- w - 1.01 * r * g  weight")

    for gradient in (None, GRADIENTS[0]):
        optimizer = Wrong(R)
        e = optimizer.explain(trained(optimizer), gradient)
        assert e.agrees is False
        assert "more than rounding explains" in str(e)


def test_numbers_that_are_not_finite():
    optimizer, g = optimizers.Adam(R), GRADIENTS[2].copy()
    g[ENTRY] = np.nan
    v = trained(optimizer, [*GRADIENTS[:2], g])
    e = optimizer.explain(v)
    assert e.entry == ENTRY and np.isnan(e.after)
    assert "nan" in str(e)
    g[ENTRY] = np.inf
    assert np.isnan(optimizer.explain(v, g).after)


# ---- the text and mistakes -------------------------------------------------------------------------------------------


def test_formulas_have_their_numbers_put_in():
    optimizer = optimizers.Adam(R)
    e = optimizer.explain(trained(optimizer, GRADIENTS[:1]), np.ones(START.shape), ENTRY)
    for line in e.lines:
        numbers, _, result = line.numbers.rpartition(" = ")
        value = eval(numbers.replace("^", "**"), {"sqrt": np.sqrt})
        assert value == pytest.approx(float(result), rel=1e-4) == pytest.approx(line.value, rel=1e-4)
    assert e.lines[0].numbers.startswith("0.9 * ") and "(1 - 0.9) * 1 = " in e.lines[0].numbers


def test_mistakes():
    optimizer = optimizers.SGD(R)
    v = keras.Variable(START, name="kernel")
    with pytest.raises(ValueError, match=r"this SGD has made no update yet.*explain\(v, gradient\)"):
        optimizer.explain(v)
    optimizer.build([v])
    with pytest.raises(ValueError, match="no update yet"):
        optimizer.explain(v)
    optimizer.apply_gradients([(tf.constant(GRADIENTS[0]), v)])
    with pytest.raises(ValueError, match=r"other of shape \(3,\) is no variable of this SGD, which updates kernel"):
        optimizer.explain(keras.Variable([1.0, 2.0, 3.0], name="other"))
    with pytest.raises(TypeError, match="got list"):
        optimizer.explain([v])
    for entry in ((3, 0), (0, 0, 0), 1, (0, -3)):
        with pytest.raises(IndexError, match=r"kernel of shape \(3, 2\) has no entry .*entry=\(2, 1\)"):
            optimizer.explain(v, entry=entry)
    assert optimizer.explain(v, entry=(-1, -1)).entry == (2, 1)
    with pytest.raises(ValueError, match=r"kernel has shape \(3, 2\), and so has its gradient; got one of.* \(2,\)"):
        optimizer.explain(v, np.ones(2))
    with pytest.raises(ValueError, match="the gradient of kernel alone"):
        optimizer.explain(v, [tf.constant(GRADIENTS[0])])
    with pytest.raises(ValueError, match="tinynn speaks"):
        optimizer.explain(v, lang="fr")
    scale = keras.Variable(1.0, name="scale")
    scale.overwrite_with_gradient = True
    with pytest.raises(ValueError, match="scale takes its gradient as its value"):
        optimizer.explain(scale)
    empty = keras.Variable(np.zeros((0, 2)), name="empty")
    with pytest.raises(ValueError, match="no entry to explain"):
        optimizer.explain(empty)


def test_mistakes_with_gradients_of_several_variables():
    optimizer, v, w = optimizers.SGD(R, global_clipnorm=1.0), tf.Variable([1.0]), tf.Variable([1.0], name="w")
    with pytest.raises(ValueError, match="build"):
        optimizer.explain(v, [tf.ones(1)])
    optimizer.build([v, w])
    with pytest.raises(ValueError, match="a list of 2"):
        optimizer.explain(v, tf.ones(1))
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        optimizer.apply_gradients([(tf.ones(1), v), (None, w)])
    assert optimizer.explain(v).agrees
    for gradient in (None, [tf.ones(1), None]):
        with pytest.raises(ValueError, match=r"w has no gradient"):
            optimizer.explain(w, gradient)


# ---- rules -----------------------------------------------------------------------------------------------------------


def test_rules_worked_backwards():
    formulas = [Formula("s = 2 * d + g"), Formula("d <- 0.5 * d + s"), Formula("w <- w - s * d")]
    before = {"g": np.array([1.0, -2.0]), "d": np.array([0.5, 0.25]), "w": np.array([3.0, 4.0])}
    after = run(formulas, before)[1]
    known = {"g": before["g"]}
    d = value_before(formulas, known, {"d": after["d"], "w": after["w"]}, "d", 1e-16)
    np.testing.assert_allclose(d, before["d"])
    w = value_before(formulas, {**known, "d": d}, {"d": after["d"], "w": after["w"]}, "w", 1e-16)
    np.testing.assert_allclose(w, before["w"])
    assert value_before(formulas, {}, {"d": after["d"], "w": after["w"]}, "d", 1e-16) is None       # no g
    for line in ("x <- max(x, g)", "x <- x^2 + g", "x <- 0 * x + g", "x <- x * (1 + g - g) + 0 * x * x"):
        ends = run([Formula(line)], {"x": np.array([0.5, -3.0]), "g": known["g"]})[1]
        with np.errstate(all="ignore"):
            got = value_before([Formula(line)], known, {"x": ends["x"]}, "x", 1e-16)
        assert (got is None) == ("1 +" not in line)


def test_digits_that_rounding_made_are_left_out():
    v, g = np.float64(np.float32(1e-3) * np.float32(0.7) ** 2), np.float64(np.float32(0.7))
    formulas = [Formula("v <- 0.999 * v + (1 - 0.999) * g^2")]
    assert value_before(formulas, {"g": g}, {"v": v}, "v", 2.0**-23) == 0.0     # not 1e-11
