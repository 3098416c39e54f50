"""Bars: their scales, as text and as a drawing."""

import math

import pytest

from tinynn.cli.bench import chart
from tinynn.cli.bench.measuring import Result, Row, training
from tinynn.explain.text import WIDTH, width


def panel(**times):
    """A Panel of engines with these times in microseconds; a list is one of rounds."""
    rows = [Row(name, seconds=[t * 1e-6 for t in (times if isinstance(times, list) else [times])])
            for name, times in times.items()]
    return chart.Panel(Result(training("W1"), rows=rows))


def test_bars_are_as_long_as_their_times():
    made = panel(slow=80.0, tinynn=10.0)
    assert [bar.engine for bar in made.bars] == ["tinynn", "slow"]
    lengths = [line.count("█") + (line.count("█") != len(line.split()[1])) / 2 for line in chart.in_text(made)]
    assert lengths[1] / lengths[0] == pytest.approx(8, rel=0.1)


def test_the_scale_is_logarithmic_where_a_linear_one_would_hide_the_short_bars():
    assert panel(a=10.0, b=199.0).start == 0
    made = panel(a=10.0, b=201.0)
    assert made.start == 1.0
    assert made.ticks() == [1.0, 10.0, 100.0]
    assert made.share(201.0) == pytest.approx(1)
    assert made.share(10.0) == pytest.approx(math.log(10) / math.log(201))


@pytest.mark.parametrize("longest", [1e-3, 0.7, 1.0, 9.99, 30.0, 123456.0])
def test_ticks_are_a_few_round_numbers(longest):
    made = panel(a=longest / 3, b=longest)
    ticks = made.ticks()
    assert 3 <= len(ticks) <= 11
    assert ticks[0] == 0
    assert ticks[-1] <= longest * (1 + 1e-9)
    assert all(f"{tick / ticks[1]:.6g}" == str(i) for i, tick in enumerate(ticks))


@pytest.mark.parametrize("times", [{"a": 0.0004}, {"a": 1.0, "tensorflow-tuned": 9e8}, {"a": [1.0, 5.0, 900.0]}])
def test_text_fits(times):
    for line in chart.in_text(panel(**times)):
        assert width(line) <= WIDTH
        assert "µs" in line


def test_numbers_have_three_digits_and_no_powers_of_ten():
    assert [chart.short(x) for x in (0.0001234, 0.1234, 1.0, 12.34, 99.99, 123.4, 123456.7)] == [
        "0.00012", "0.123", "1.00", "12.3", "100", "123", "123,457"]


def test_pictures(tmp_path):
    pytest.importorskip("matplotlib")
    drawing = chart.scene([("W1", panel(a=10.0, tinynn=[1.0, 2.0, 3.0]))], lambda start: f"from {start}")
    for name, head in (("b.svg", b"<svg "), ("b.png", b"\x89PNG"), ("b.pdf", b"%PDF")):
        chart.write(tmp_path / name, drawing)
        assert (tmp_path / name).read_bytes().startswith(head)


def test_letters_end_where_they_are_told_to_in_pictures():
    pytest.importorskip("matplotlib")
    from tinynn.keras.utils.plotting import raster
    from tinynn.keras.utils.plotting.scene import Text
    for anchor, edge in (("start", lambda box: box.x0), ("middle", lambda box: (box.x0 + box.x1) / 2),
                         ("end", lambda box: box.x1)):
        (patch,) = raster._letters(Text(100.0, 50.0, "tinynn", 12.0, "#000000", anchor=anchor), 0, "DejaVu Sans")
        assert edge(patch.get_path().get_extents()) == pytest.approx(100, abs=1.5)
