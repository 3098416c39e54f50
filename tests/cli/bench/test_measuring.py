"""Figures of engines that take turns, and what becomes of engines that fail or compute something else."""

import statistics
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tinynn.cli.bench.harness import Peer, interpreters, started
from tinynn.cli.bench.measuring import Result, Row, product, refuse, training, workloads
from tinynn.cli.bench.report import cells, remarks

SCRIPT = """
import sys
name = sys.argv[1]
if name == "absent":
    sys.exit(3)
if name == "broken":
    raise OSError("libgomp.so.1 is not there")
print(name, "1.0", flush=True)
times, held = iter([3.0, 1.0, 2.0]), iter([5e6, 6e6, 7e6])
for line in sys.stdin:
    what = line.split()[-1]
    if name == "ends" and what == "cpu":
        raise MemoryError("no room for it")
    if what == "held":
        print("none" if name == "untold" else next(held) if name == "grows" else 6e6, flush=True)
        continue
    value = {"first": 0.5, "loss": 7.0 if name == "other" else 4.0, "cpu": 0.25}.get(what)
    print("none" if name == "unable" else value or next(times), flush=True)
"""
OPTIONS = SimpleNamespace(python={}, threads=1, errors=False, seconds=None, device=None)


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "engine.py"
    path.write_text(SCRIPT)
    return path


def measured(script, *engines, rounds=3, device=None):
    """{engine: Row} of W1, done by processes of SCRIPT."""
    result = Result(replace(training("W1"), engines=engines), 1, device)
    with started(script, engines, OPTIONS) as peers:
        result.measure(peers, rounds)
    return {row.engine: row for row in result.rows}, result


def test_figures_are_those_that_the_engines_answer(script):
    rows, result = measured(script, "a", "b")
    row = rows["a"]
    assert (row.first, row.check, row.seconds) == (0.5, 4.0, [3.0, 1.0, 2.0])
    assert (row.median, row.least, row.most) == (statistics.median([3, 1, 2]), 1.0, 3.0)
    assert row.processor_least == 0.25
    assert row.processors == pytest.approx(0.75 / 6)
    assert result.own is None
    assert len(result.ranked) == 2


def test_memory_on_a_device_is_asked_for_and_growth_is_said(script):
    rows, result = measured(script, "a", "grows", "untold", device="GPU:0")
    assert [row.held for row in rows.values()] == [[6e6] * 3, [5e6, 6e6, 7e6], []]
    grown = [sentence for sentence in remarks(result, "en") if "grew" in sentence]
    assert grown == ["grows: memory on the device grew from 6.00 MB after round 2 to 7.00 MB"]
    assert [cells(row, None, result)[-1] for row in rows.values()] == ["6.00", "7.00", ""]


def test_an_engine_that_ends_says_why_and_keeps_the_others(script):
    rows, result = measured(script, "a", "ends")
    assert "no room for it" in rows["ends"].failed
    assert not rows["ends"].seconds
    assert len(rows["a"].seconds) == 3
    assert [row.engine for row in result.ranked] == ["a", "ends"]


def test_an_engine_with_another_loss_is_not_timed(script):
    rows, _ = measured(script, "a", "b", "other")
    assert rows["other"].failed == "its loss 7 is not the others' 4"
    assert not rows["other"].seconds
    assert len(rows["a"].seconds) == len(rows["b"].seconds) == 3


def test_an_engine_without_the_workload_is_left_out(script):
    rows, result = measured(script, "a", "unable")
    assert rows["unable"].first is None
    assert [row.engine for row in result.ranked] == ["a"]


def test_engines_that_do_not_start(script):
    with started(script, ["a", "absent", "broken"], OPTIONS) as peers:
        assert [peer.about for peer in peers] == ["a 1.0", "", ""]
        assert peers[1].absent is None
        assert "libgomp.so.1" in peers[2].absent
    assert all(peer.process.returncode is not None for peer in peers)


def test_an_exception_ends_engines_at_once(script):
    script.write_text("import time\nprint('deaf', flush=True)\ntime.sleep(1000)\n")
    with pytest.raises(KeyboardInterrupt), started(script, ["deaf"], OPTIONS) as (peer,):
        raise KeyboardInterrupt
    assert peer.process.returncode == -9


def test_wrong_checks_are_refused():
    rows = [Row(name, check=loss) for name, loss in zip("abcde", [0.5, 0.5, 0.50001, 0.51, float("nan")], strict=True)]
    refuse(training("W1"), rows)
    assert [bool(row.failed) for row in rows] == [False, False, False, True, True]
    rows = [Row("a", check=3e-7), Row("b", check=2e-3), Row("c", check=None, failed="it ended")]
    refuse(product("8x8x8"), rows)
    assert [bool(row.failed) for row in rows] == [False, True, True]
    assert rows[2].failed == "it ended"


def test_names_of_workloads():
    assert [w.name for w in workloads(["W3", "matmul-4x5x6", "W3"])] == ["W3", "4x5x6"]
    assert workloads(["matmul-4x5x6"])[0].question == "matmul nn float32 4 5 6"
    assert len({w.family for w in workloads(["matmul"])}) == 1
    for name in ("W9", "matmul-4x5", "matmul-0x5x6", "S-10-2-2"):
        with pytest.raises(KeyError):
            workloads([name])


def test_interpreters_are_named_or_in_the_environment(monkeypatch):
    monkeypatch.setenv("TINYNN_BENCH_JAX", "sh")
    assert interpreters(["torch=env"]) == {"jax": "sh", "torch": "env"}
    for pairs, reason in ((["torch"], "ENGINE=PATH"), (["pytorch=sh"], "ENGINE=PATH"), (["torch=/none"], "/none")):
        with pytest.raises(ValueError, match=reason):
            interpreters(pairs)


def test_an_engine_finds_tinynn_where_this_process_has_it(tmp_path):
    path = tmp_path / "where.py"
    path.write_text("import tinynn\nprint(tinynn.__file__, flush=True)\n")
    import tinynn
    peer = Peer("tinynn", path, OPTIONS)
    peer.listen()
    peer.close()
    assert peer.about == tinynn.__file__
