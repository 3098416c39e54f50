"""Whole epochs on a GPU, on the stand-in that is as strict as CuPy, beside the same arithmetic in NumPy."""

import numpy as np
import pytest
import strict

import tinynn as tf
from tinynn._bridge import shuffle
from tinynn.backends import gpu
from tinynn.graph import epochs_on_gpu, feeds
from tinynn.graph.epochs_on_gpu import EpochsOnGPU, epochs_of
from tinynn.graph.executable import Unsupported

SEED = 11


@pytest.fixture(params=["on the card", "from the host", "step by step"])
def way(request, monkeypatch):
    """Where samples come from, and what is one graph."""
    monkeypatch.setattr(epochs_on_gpu, "RECORDING", 0)
    if request.param == "from the host":
        monkeypatch.setattr(feeds, "SHARE", 0.0)
    if request.param == "step by step":
        monkeypatch.setattr(epochs_on_gpu, "CALLS_AT_ONCE", 0)
    return request.param


class Training:
    """A step whose results depend on the order of the batches, with what comes before and after an epoch."""

    def __init__(self, x, y):
        self.x, self.y = x, y
        self.state, self.seen = tf.Variable(tf.zeros(3)), tf.Variable(0.0)
        self.functions = [tf.function(f) for f in (self.step, self.begin, self.end)]

    def step(self, x, y):
        self.state.assign(0.9 * self.state + tf.reduce_sum(x, 0) * tf.cast(tf.reduce_sum(y), "float32"))
        self.seen.assign_add(tf.reduce_sum(self.state))

    def begin(self):
        self.seen.assign(0.0)

    def end(self):
        return self.seen + 0.0, tf.reduce_max(self.state)

    def programs(self, batch):
        """The parts of an epoch, recorded; the variables are as before."""
        step, begin, end = self.functions
        before = self.state.numpy(), self.seen.numpy()
        found = []
        for n in (batch, len(self.x) % batch):
            if n:
                step(tf.constant(self.x[:n]), tf.constant(self.y[:n]))
            found.append(step._captured.report().executable if n else None)
        begin(), end()
        self.state.assign(before[0]), self.seen.assign(before[1])
        return *found, begin._captured.report().executable, end._captured.report().executable

    def expected(self, batch, epochs, shuffled):
        """(the log, the state) as NumPy finds them, in float64."""
        random, order = np.array([SEED], np.uint64), np.arange(len(self.x))
        state, log = np.zeros(3), []
        for _ in range(epochs):
            if shuffled:
                shuffle(order, random)
            seen = 0.0
            for start in range(0, len(order), batch):
                rows = order[start:start + batch]
                state = 0.9 * state + self.x[rows].astype("float64").sum(0) * self.y[rows].sum()
                seen += state.sum()
            log.append((seen, state.max()))
        return np.array(log), state


def training(n):
    rng = np.random.default_rng(2)
    return Training(rng.normal(size=(n, 3)).astype("float32"), rng.integers(0, 3, n))


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("n, batch", [(12, 4), (10, 4), (4, 4), (3, 1)])
def test_epochs_give_what_numpy_gives(platform, way, n, batch, shuffled):
    one = training(n)
    random = np.array([SEED], np.uint64) if shuffled else None
    running = epochs_of(*one.programs(batch), [one.x, one.y], batch, 7, random)
    assert isinstance(running, EpochsOnGPU)
    for until in (1, 3, 7):
        while running.epoch < until:
            running.run(0.0, until)
    running.close()
    log, state = one.expected(batch, 7, shuffled)
    np.testing.assert_allclose(running.log, log, rtol=2e-5)
    np.testing.assert_allclose(one.state, state, rtol=2e-5)
    if shuffled:
        expected = np.array([SEED], np.uint64)
        for _ in range(7):
            shuffle(np.empty(n, np.int64), expected)
        assert random[0] == expected[0]


def test_a_run_ends_between_two_graphs_and_goes_on_there(platform, way):
    one = training(40)
    running = epochs_of(*one.programs(3), [one.x, one.y], 3, 3, np.array([SEED], np.uint64))
    places = []
    while running.epoch < 3:
        running.run(0.0, 3)
        places.append((running.epoch, running.sample))
    running.close()
    assert places == sorted(places)
    if way != "on the card":
        assert any(sample for _, sample in places)      # also within epochs
    np.testing.assert_allclose(running.log, one.expected(3, 3, True)[0], rtol=2e-5)


def test_a_short_epoch_is_one_launch_and_a_step_of_a_long_one_is_too(monkeypatch):
    monkeypatch.setattr(epochs_on_gpu, "RECORDING", 0)
    found = strict.Strict(graphs=True)
    with gpu.substituted(found), tf.device("GPU:0"):
        for most, launches in ((2048, 5), (0, 5 * (4 + 2))):
            monkeypatch.setattr(epochs_on_gpu, "CALLS_AT_ONCE", most)
            one = training(14)
            running = epochs_of(*one.programs(4), [one.x, one.y], 4, 5, np.array([SEED], np.uint64))
            before, reads = found.launches, strict.gets
            running.run(60.0, 5)
            assert found.launches - before == launches
            assert strict.gets - reads == 1     # the log
            running.close()


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_epochs_allocate_nothing_after_the_first(monkeypatch, share):
    monkeypatch.setattr(feeds, "SHARE", share)
    found = strict.Strict(graphs=True)
    with gpu.substituted(found), tf.device("GPU:0"):
        one = training(30)
        running = epochs_of(*one.programs(4), [one.x, one.y], 4, 20, np.array([SEED], np.uint64))
        running.run(60.0, 1)
        before = strict.made
        running.run(60.0, 20)
        assert strict.made == before
        running.close()


def test_variables_that_moved_are_found(platform, way):
    one = training(10)
    running = epochs_of(*one.programs(4), [one.x, one.y], 4, 6, np.array([SEED], np.uint64))
    running.run(60.0, 2)
    old = one.state.value()
    kept = one.state.snapshot(), old.numpy()       # so the next write goes elsewhere
    running.run(60.0, 6)
    running.close()
    np.testing.assert_array_equal(kept[0], kept[1])
    log, state = one.expected(4, 6, True)
    np.testing.assert_allclose(running.log, log, rtol=2e-5)
    np.testing.assert_allclose(one.state, state, rtol=2e-5)


def test_results_of_all_samples_are_brought_to_the_host(platform, way, monkeypatch):
    monkeypatch.setattr(epochs_on_gpu, "TAKEN", 40)     # a few rows at a time
    monkeypatch.setattr(epochs_on_gpu, "FEW", 0)

    @tf.function
    def step(x):
        return x * 2.0, tf.transpose(tf.stack([x[:, 0], x[:, 1]]))

    x = np.arange(60, dtype="float32").reshape(20, 3)
    step(tf.constant(x[:4]))
    program = step._captured.report().executable
    kept = {}
    for first in (4, 8):
        takes = [np.zeros((20, 3), "float32"), np.zeros((20, 2), "float32")]
        running = epochs_of(program, None, None, None, [x], 4, 1, None, takes, 20, first, kept)
        while not running.epoch:
            running.run(0.0, 1)
        running.close()
        np.testing.assert_array_equal(takes[0][first:], x[first:] * 2)
        np.testing.assert_array_equal(takes[1][first:], x[first:, :2])
        assert not takes[0][:first].any()


def test_a_program_in_use_is_not_taken_twice(platform):
    one = training(8)
    programs = one.programs(4)
    running = epochs_of(*programs, [one.x, one.y], 4, 2, None)
    with pytest.raises(epochs_on_gpu.Busy):
        epochs_of(*programs, [one.x, one.y], 4, 2, None)
    running.close()
    epochs_of(*programs, [one.x, one.y], 4, 2, None).close()


def test_without_memory_there_are_no_whole_epochs(platform, monkeypatch):
    def full(*args):
        raise MemoryError("Out of memory allocating 512 bytes")

    one, kept = training(8), {}
    programs = one.programs(4)
    monkeypatch.setattr(EpochsOnGPU, "_warm", full)
    with pytest.raises(Unsupported, match="Out of memory"):
        epochs_of(*programs, [one.x, one.y], 4, 2, None, kept=kept)
    assert not kept and not any(program.busy for program in programs if program is not None)


def test_an_interrupted_run_waits_for_the_gpu(platform, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    one, waits = training(8), []
    running = epochs_of(*one.programs(4), [one.x, one.y], 4, 2, None)
    monkeypatch.setattr(running, "_take", interrupt)
    monkeypatch.setattr(platform, "wait", lambda event=None: waits.append(event), raising=False)
    with pytest.raises(KeyboardInterrupt):
        running.run(1.0, 2)
    assert waits == [None, None]
    running.close()


def test_large_samples_go_to_the_card_in_pieces(monkeypatch):
    monkeypatch.setattr(feeds, "PIECE", 64)
    found = strict.Strict(graphs=True)
    x = np.arange(1000, dtype="float32").reshape(100, 10)
    with gpu.substituted(found):
        np.testing.assert_array_equal(feeds.sent(found, x).get(), x)


def test_the_stand_in_finds_races():
    found = strict.Strict(graphs=True)
    to, stream, pinned = found.xp.zeros(4, "uint8"), found.stream(), found.pinned(4)
    found.upload(to, pinned, stream)
    pinned[:] = 1
    with pytest.raises(RuntimeError, match="overwritten before its copy was done"):
        found.wait(found.mark(stream))
    stream = found.stream()
    found.upload(to, pinned, stream)
    assert not to.get().any()           # nobody waited for the copy
    found.after(found.mark(stream))
    assert to.get().all()
    found.copy(found.xp.zeros(4, "uint8"), to)
    with pytest.raises(RuntimeError, match="kernels may still read"):
        found.upload(to, pinned, stream)
    with pytest.raises(ValueError, match="not copied as it lies"):
        found.copy(found.xp.zeros(5, "uint8"), to)
