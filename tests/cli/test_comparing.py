"""What `tinynn compare` makes of the results of two sides."""

import argparse
import math

import numpy as np
import pytest

from tinynn.cli.comparing import output, page, report, times
from tinynn.cli.comparing.agreement import AGREE, DIFFERENT, ROUNDING, Agreement, Apart
from tinynn.cli.comparing.comparison import Comparison
from tinynn.explain.text import WIDTH, width

NAMES = ["tinynn", "tensorflow"]


def result(losses=(1.0, 0.5), weights=((1.0, 2.0),), text="", draws=(), **more):
    """A result of one side with one fit of as many epochs as losses."""
    fit = {"kind": "fit", "line": "fit 1", "begin": 10.0, "first": 11.0, "end": 15.0, "epochs": len(losses),
           "steps": 2 * len(losses), "history": {"loss": list(losses)}}
    arrays = {"weights": {i: np.array(w, "float32") for i, w in enumerate(weights)},
              "draws": {i: np.array(d, "float32") for i, d in enumerate(draws)}}
    return {"python": "3.12.0", "version": "1.0", "missing": None, "error": None, "trainings": [fit], "output": text,
            "wall": 2.0, "import_seconds": 0.5, "first_step": 1.0, "memory": 50 << 20, "troubles": [],
            "weights": [f"w{i}" for i in range(len(weights))], "arrays": arrays,
            "draws": [["HeNormal", list(np.shape(d)), "p.py:1"] for d in draws], **more}


def loop(step_times, passes=(), losses=None):
    return {"kind": "loop", "line": "p.py:9", "times": list(step_times), "passes": list(passes),
            "losses": list(losses or [1.0] * len(step_times))}


# ---- times -----------------------------------------------------------------------------------------------------------


def test_the_first_step_is_not_counted():
    fit = result(losses=[1.0] * 5)["trainings"][0]
    assert times.step_seconds(fit) == pytest.approx(4.0 / 9)        # 10 steps, the first of which took a second
    assert times.step_seconds(loop([5.0, 5.5, 5.6, 5.7])) == pytest.approx(0.1)
    assert times.step_seconds(loop([5.0])) is None
    assert times.step_seconds({**fit, "first": None}) == pytest.approx(5.0 / 10)


def test_epochs_of_a_loop_begin_where_its_dataset_does():
    training = loop(range(6), passes=[0, 2, 2, 4])      # nothing was done in the second pass
    assert list(map(list, times.groups(training))) == [[0, 1], [2, 3], [4, 5]]
    assert times.rates([training]) == {"step": 1.0, "epoch": 2.0}
    assert times.rates([loop(range(6))]) == {"step": 1.0, "epoch": None}
    assert times.rates([]) == {"step": None, "epoch": None}


def test_rates_weigh_trainings_by_their_steps():
    assert times.rates([loop([0, 1, 2]), loop([0, 3])])["step"] == pytest.approx((3 * 1 + 2 * 3) / 5)


def test_medians_and_ratios():
    column = times.measured([result(wall=w) for w in (3.0, 1.0, 2.0)])
    assert times.shown("wall", column["wall"]) == "2 s (1 s to 3 s)"
    assert times.ratio(column, {"wall": [400.0]}, "wall") == "200x"
    assert times.ratio(column, {"wall": [4321.0]}, "wall") == "2,160x"
    assert times.ratio(column, {"wall": [0.5]}, "wall") == "0.25x"
    assert times.ratio(column, {}, "wall") == ""


# ---- numbers ---------------------------------------------------------------------------------------------------------


def test_differences_are_those_of_float64():
    apart = Apart([1.0, np.nan, 4.0, np.inf], [1.0, np.nan, 4.5, np.inf])
    assert (apart.absolute, apart.place, apart.relative) == (0.5, 2, 0.5 / 4.5)
    assert Apart([1.0], [np.nan]).absolute == math.inf
    assert Apart([], []).absolute == 0


def test_equal_results_agree_and_say_so():
    agreement = Agreement(result(draws=[[1.0]]), result(draws=[[1.0]]), NAMES, 1e-3)
    assert (agreement.numbers, agreement.output, agreement.differs) == (AGREE, AGREE, False)
    assert all("the same bits" in text for _, text in agreement.lines[:3])
    assert [what for what, _ in agreement.lines] == ["initial weights", "loss", "final weights", "printed output"]


@pytest.mark.parametrize("change", [
    {"losses": (1.0, 0.6)}, {"losses": (1.0, math.nan)}, {"losses": (1.0, 0.5, 0.4)}, {"weights": ((1.0, 2.1),)},
    {"weights": ((1.0,),)}, {"weights": ((1.0, 2.0), (0.0,))}, {"draws": [[1.5]]}, {"trainings": []}])
def test_each_difference_is_found(change):
    agreement = Agreement(result(draws=[[1.0]]), result(**{"draws": [[1.0]], **change}), NAMES, 1e-3)
    assert agreement.numbers == DIFFERENT
    assert agreement.differs


def test_the_tolerance_is_relative_to_the_scale():
    ours, theirs = result(losses=[1000.0, 1.0]), result(losses=[1000.5, 1.5])
    assert Agreement(ours, theirs, NAMES, 1e-3).numbers == AGREE
    assert Agreement(ours, theirs, NAMES, 1e-4).numbers == DIFFERENT


def test_what_rounding_carries_as_far_is_rounding():
    ours, again = result(losses=[1.0, 1.0, 1.0]), result(losses=[1.0, 1.001, 1.01])
    within, too_soon = result(losses=[1.0, 1.009, 1.09]), result(losses=[1.002, 1.009, 1.0])
    assert Agreement(ours, within, NAMES, 1e-3).numbers == DIFFERENT
    assert Agreement(ours, within, NAMES, 1e-3, again).numbers == ROUNDING
    assert Agreement(ours, too_soon, NAMES, 1e-3, again).numbers == DIFFERENT


def test_weights_and_output_may_be_carried_too():
    ours = result(weights=[[1.0, 2.0]], text="loss 1.00")
    again, theirs = (result(weights=[[1.0, 2.0 + d]], text=f"loss {1 + d:.2f}") for d in (0.1, 0.3))
    agreement = Agreement(ours, theirs, NAMES, 1e-3, again)
    assert (agreement.numbers, agreement.output, agreement.differs) == (ROUNDING, ROUNDING, False)
    other_text = result(weights=[[1.0, 2.3]], text="Loss 1.30")
    assert Agreement(ours, other_text, NAMES, 1e-3, again).output == DIFFERENT


def test_where_the_draws_part_is_told():
    agreement = Agreement(result(draws=[[1.0], [2.0]]), result(draws=[[1.0], [2.0, 3.0]]), NAMES, 1e-3)
    found = dict(map(tuple, agreement.lines))
    assert found["random draws"] == ("they part at number 2: tinynn HeNormal (1,) at p.py:1, "
                                     "tensorflow HeNormal (2,) at p.py:1")


def test_an_array_that_was_drawn_again_counts_once():
    agreement = Agreement(result(draws=[[1.0], [2.0]]), result(draws=[[1.0], [1.0], [2.0]]), NAMES, 1e-3)
    assert "random draws" not in dict(map(tuple, agreement.lines))


# ---- output ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ours", "theirs", "kind"), [
    ("a 1.0\n", "a 1.0\n", output.SAME),
    ("[ 1.0  2.0]", "[1.0 2.0]\n\n", output.SAME),
    ("loss 0.12345", "loss 0.12346", output.ROUNDED),
    ("loss 0.123", "loss 0.125", output.NUMBERS),
    ("loss 1.0", "Loss 1.0", output.TEXT),
    ("3 samples", "4 samples", output.NUMBERS),
    ("a\nb", "a", output.TEXT),
    ("손실 0.50000", "손실 0.50001", output.ROUNDED),
    ("1.00e-7", "1.03e-7", output.NUMBERS),
    ("nan", "nan", output.SAME),
    ("nan", "0.5", output.NUMBERS)])
def test_outputs(ours, theirs, kind):
    assert output.compared(ours, theirs, 1e-3)[0] == kind


def test_times_and_unfinished_bars_do_not_count():
    ours = "Epoch 1/2\n16/16 ━━━━ 0s 987us/step - loss: 1.8376\n"
    theirs = ("Epoch 1/2\n\r\x1b[1m 1/16\x1b[0m \x1b[32m━\x1b[0m 14s 998ms/step - loss: 2.0\x08\x08\x08\r"
              "\x1b[1m16/16\x1b[0m ━━━━ 1s 2ms/step - loss: 1.8376\n")
    assert output.compared(ours, theirs, 0.0)[0] == output.SAME
    assert output.lines_of(ours)[1] == "16/16 ━━━━ (time) (time) - loss: 1.8376"


def test_both_lines_are_shown_where_they_differ():
    assert output.compared("a\nb 1\nc", "a\nb 2\nd", 0.0)[1] == ["line 2 differs", "b 1", "b 2"]


# ---- reports ---------------------------------------------------------------------------------------------------------


def comparison(ours, theirs, again=None, **options):
    options = argparse.Namespace(**{"threads": 2, "repeat": 2, "inject": True, "tolerance": 1e-3, **options})
    exact = dict(zip(NAMES, (ours, theirs), strict=True))
    whole = not (ours["error"] or theirs["error"])
    agreement = Agreement(ours, theirs, NAMES, 1e-3, again) if whole else None
    return Comparison("p.py", NAMES, exact, {name: [exact[name]] * 2 for name in NAMES}, agreement, options)


LONG = result(losses=list(np.linspace(9, 1, 500)), text="한국어 " * 30, weights=[[1.0]] * 3)


@pytest.mark.parametrize("theirs", [LONG, result(losses=[9.0], text="x\n" * 3, weights=[[2.0]])])
def test_reports_fit_a_terminal(theirs):
    lines = list(report.as_text(report.blocks(comparison(LONG, theirs))))
    assert any("epoch" in line for line in lines)
    assert max(map(width, lines)) <= WIDTH


def test_curves_are_shown_from_their_first_to_their_last_epoch():
    lines = list(report.as_text(report.blocks(comparison(LONG, LONG))))
    epochs = [int(line.split()[0]) for line in lines if line.split()[:1] and line.split()[0].isdigit()]
    assert (epochs[0], epochs[-1], len(epochs)) == (1, 500, report.ROWS)


def test_a_failed_side_is_shown_beside_the_times_of_the_other():
    broken = {**result(), "error": "Traceback\nZeroDivisionError: division by zero\n", "trainings": []}
    text = "\n".join(report.as_text(report.blocks(comparison(result(), broken))))
    assert "tensorflow failed:\n  Traceback\n  ZeroDivisionError: division by zero" in text
    assert "50 MB" in text
    assert "agree" not in text


def test_markdown_tables_are_whole():
    text = report.markdown([comparison(result(text="a | b"), result(text="a | c"))])
    for block in text.split("\n\n"):
        counts = {line.replace("\\|", "").count("|") for line in block.split("\n") if line.startswith("|")}
        assert len(counts) <= 1
    assert "| p.py | 2 s | 2 s | 1x |" in text


def test_the_page_needs_nothing_from_elsewhere():
    text = page.page([comparison(LONG, result(losses=[math.nan, 2.0], text="<b>"), result())] * 2)
    assert text.count("<svg") == 2
    assert "&lt;b&gt;" in text
    for word in ("http", "<script", "<link", "@import", "url(", "src="):
        assert word not in text
    assert "prefers-color-scheme: dark" in text


def test_plots_are_logarithmic_where_values_are_far_apart():
    ticks = page.plot([100.0, 0.01], [100.0, 0.01], "epoch").split("end\">")[1:]
    assert [t.split("<")[0] for t in ticks] == ["0.01", "0.1", "1", "10", "100"]
    assert "NaN" not in page.plot([math.nan, 1.0], [math.inf, 1.0], "epoch")
