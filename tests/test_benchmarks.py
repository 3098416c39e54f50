"""The scripts of benchmarks/ are thin, and keep their command lines."""

import contextlib
import csv
import importlib
import pathlib
import sys
from collections import defaultdict
from types import SimpleNamespace

import pytest
import strict
from processes import python

from tinynn.backends import gpu
from tinynn.cli.bench.measuring import Result, Row, training

FOLDER = pathlib.Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """Imports a script of the folder, which is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for path in FOLDER.glob("*.py"):
        monkeypatch.delitem(sys.modules, path.stem, raising=False)
    yield importlib.import_module
    for path in FOLDER.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.mark.parametrize("name", ["kernels", "overhead", "predict", "convolution", "scaling", "memory", "train_step",
                                  "gpu"])
def test_a_script_has_its_command_line(name, script, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--help"])
    with pytest.raises(SystemExit) as end:
        script(name).main()
    assert end.value.code == 0
    assert f"python benchmarks/{name}.py" in capsys.readouterr().out


def test_train_step_prints_a_table_with_the_floor(script, monkeypatch, capsys, tmp_path):
    path = tmp_path / "steps.csv"
    monkeypatch.setattr(script("peak"), "measure", lambda threads: defaultdict(float, {
        ("fma", "float32", sys.modules["tinynn"]._bridge.isa(), 1): 1.0, ("memory", "copy", "-", 1): 1.0}))
    monkeypatch.setattr(sys, "argv", ["train_step.py", "--only", "W3", "--engines", "tinynn", "numpy", "--rounds", "1",
                                      "--threads", "1", "--csv", str(path)])
    script("train_step").main()
    out = capsys.readouterr().out
    assert "W3: 2-1, batch 2000 of 2000, sgd" in out
    assert "floor 16.0 us: multiply-adds 16.0, memory 0.00000" in out       # 2 * 2 * 2000 * 2 * 1 at 1 GFLOP/s
    with path.open() as file:
        lines = list(csv.DictReader(file))
    assert {line["engine"] for line in lines} == {"tinynn", "numpy"}
    assert all(float(line["rss_last"]) > 1 << 20 for line in lines)


def test_a_script_of_engines_prints_their_table():
    out, _ = python(FOLDER / "overhead.py", "--engines", "tinynn", "numpy", "--rounds", "1", "--threads", "1")
    head, engines = out.split("\n\n")[0].splitlines()[1:], out.split("microseconds")[1].split("\n")[0].split()
    assert [line.split(":")[0].strip() for line in head] == ["tinynn", "numpy"]
    assert engines == ["tinynn", "numpy"]


@pytest.fixture(params=["gpu", "strict"])
def platform(request):
    """The package for GPUs."""
    if request.param == "gpu" and gpu.why_not():
        pytest.skip(gpu.why_not())
    with gpu.substituted(gpu.platform() if request.param == "gpu" else strict.Strict(graphs=True)) as found:
        yield found


def test_without_a_gpu_the_script_for_gpus_says_why_in_one_line(script, monkeypatch, capsys):
    monkeypatch.setattr(gpu, "why_not", lambda: "no driver")
    for device, reason in (("GPU:0", "there is no GPU:0: no driver"), ("CPU:0", "CPU:0 is no GPU")):
        monkeypatch.setattr(sys, "argv", ["gpu.py", "--device", device])
        with pytest.raises(SystemExit) as end:
            script("gpu").main()
        assert end.value.code == 3
        assert capsys.readouterr().out == f"benchmarks/gpu.py measures nothing: {reason}\n"


def test_the_peaks_of_a_gpu(script, platform, monkeypatch):
    bench = script("gpu")
    monkeypatch.setattr(bench, "ROUNDS", 1)
    limits = bench.peaks(platform, matrix=64, copied=1 << 12, aim=1e-4)
    assert min(limits.flops, limits.bytes, limits.launch, limits.trip, *limits.graphs.values()) > 0
    assert list(limits.graphs) == [1, 10, 20]
    text = "\n".join(bench.Peaks(2e13, 1.5e12, 2e-6, 9e-6, {1: 3e-6}).lines())
    for figure in ("20.00 TFLOP/s", "1500 GB/s", "2.00 us", "9.00 us", "CUDA graph of 1 of them"):
        assert figure in text


def test_tinynn_alone_on_a_gpu(script, platform, monkeypatch):
    bench = script("gpu")
    monkeypatch.setattr(bench, "ROUNDS", 1)
    monkeypatch.setattr(bench, "FEW", 8)
    alone = bench.Alone(bench.jobs.job("S-100-2-1"), "GPU:0")
    assert alone.job.samples == 96      # whole batches of 32
    assert {v.device[-5:] for v in alone.fit.model.variables} == {"GPU:0"}
    before = alone.fit.weights()
    assert alone.step(aim=1e-4) > 0
    for then, now in zip(before, alone.fit.weights(), strict=True):
        assert (then == now).all()
    if isinstance(platform, strict.Strict):
        assert alone.allocations(made_by_the_stand_in)[1] == 24     # how many allocations is a matter of time
    rows = list(bench.kernels(alone.executable))
    assert rows
    assert "matmul" in rows[0][1]
    assert len(alone.room(rounds=2, epochs=1)) == 2


@contextlib.contextmanager
def made_by_the_stand_in():
    before = strict.made
    yield lambda: strict.made - before


def test_allocations_are_those_that_cupy_tells_a_hook(script):
    hooks = []

    class MemoryHook:       # as CuPy has it
        def __enter__(self):
            hooks.append(self)

        def __exit__(self, *error):
            hooks.remove(self)

    with gpu.substituted(SimpleNamespace(xp=SimpleNamespace(cuda=SimpleNamespace(MemoryHook=MemoryHook)))):
        with script("gpu").Counting() as made:
            hooks[0].malloc_preprocess(device_id=0, size=10, mem_size=512)
            assert made() == 1
        assert not hooks


def test_the_bars(script):
    bench = script("gpu")

    def result(name, **microseconds):
        rows = [Row(engine.replace("_", "-"), seconds=[us * 1e-6]) for engine, us in microseconds.items()]
        return Result(training(name), None, "GPU:0", rows)

    found = list(bench.bars([
        result("W1", tinynn=14, jax_scan=3), result("W1", tinynn=16),
        result("W5", tinynn=60, jax_step=70, jax_scan=61, torch_compile=90, torch_eager=50),
        result("W6", tinynn=60, jax_step=70, jax_scan=59, torch_compile=90),
        result("W6-4096", tinynn=60, jax_step=70)]))
    assert [reached for _, reached in found] == [True, False, True, False, None]
    assert "59.0 (jax-scan)" in found[3][0]
    memory = [reached for left in ([9, 8, 8], [9, 8, 7]) for _, reached in bench.memory_bars("W5", 3, 100, left)]
    assert memory == [True, True, True, False]
    assert [ok for _, ok in bench.memory_bars("W5", 100, 100, [1, 1])] == [False, True]
    assert bench.verdicts(found)[0].startswith("  reached: W1: 14.0 us a step")


def test_shares_of_the_peaks_are_those_by_hand(script):
    bench = script("gpu")
    limits = bench.Peaks(1e12, 1e11, 1e-6, 1e-6, {})
    job = bench.jobs.Job("T", (2, 3, 1), ("relu", "linear"), 8, 4, 1, 1)
    # products: x w 2*4*2*3 twice, h w 2*4*3*1 three times = 168; bytes: 4*4*2 of rows, 3 * 4 * (9 + 4) of the update
    line = bench.shares(job, 168e-9, limits)
    assert "0.0 MFLOP and 0.00 MB" in line
    assert "0.1% of the float32 peak" in line
    assert f"{(32 + 156) / 168e-9 / 1e11:.1%} of the bandwidth" in line
