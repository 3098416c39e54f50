"""The benchmarks' training loops do the same work: each engine that is always here reaches the same loss."""

import pathlib
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).parent.parent / "benchmarks"
PEERS = FOLDER / "train_step_peers.py"


def answers(engine, *questions):
    """What an engine's process answers: text, one line for each question."""
    done = subprocess.run([sys.executable, str(PEERS), engine], input="\n".join(questions), capture_output=True,
                          text=True, timeout=300, check=True)
    about, *lines = done.stdout.splitlines()
    assert about.startswith(engine)
    return lines


@pytest.mark.parametrize("job", ["W1", "W2", "W3", "W4", "P0"])
def test_tinynn_reaches_the_loss_of_numpy_by_hand(job):
    losses = [float(answers(engine, f"{job} first", f"{job} loss")[1]) for engine in ("tinynn", "numpy")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_wrong_loss_is_marked(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import train_step
    from rivals import jobs
    rows = [train_step.Row(name, loss=loss) for name, loss in zip("abcd", [0.5, 0.5, 0.50001, 0.51], strict=True)]
    train_step.wrong(jobs.job("W1"), rows)
    assert [bool(row.failed) for row in rows] == [False, False, False, True]
