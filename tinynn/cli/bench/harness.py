"""Floor 8: engines in processes of their own, which take turns.

A process of rivals/ reads a question from its stdin and answers it with a number in a line of its stdout.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from tinynn.cli.bench.rivals.engines import PACKAGES, package
from tinynn.cli.bench.rivals.worker import MISSING, cores

RIVALS = pathlib.Path(__file__).with_name("rivals")
TRAINING, KERNELS = RIVALS / "run_training.py", RIVALS / "run_kernels.py"
ROOT = pathlib.Path(__file__).parents[3]        # where this tinynn is imported from
THREAD_SETTINGS = ["TINYNN_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                   "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]
JAX_FLAGS = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"    # JAX has no other switch
GPU_SETTINGS = {        # float32 is float32, and all processes fit on one card beside each other
    "NVIDIA_TF32_OVERRIDE": "0", "JAX_DEFAULT_MATMUL_PRECISION": "highest", "JAX_PLATFORMS": "cuda",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
PATIENCE = 20           # seconds that an engine may take to end by itself


class Peer:
    """An engine in a process of its own.

    Args:
        name: the engine, one that the script knows.
        script: the file that it runs.
        options: with attributes `python` ({package: interpreter}), `threads` (None for what the engine takes by
            itself), `device` (None for the processor), `errors` (whether its stderr is shown) and `seconds` (for the
            script, or None).

    Attributes:
        about: its line about itself; empty where it did not start.
        absent: why it did not start; None where its package is only not installed.
    """

    def __init__(self, name, script, options):
        python = options.python.get(package(name), sys.executable)
        self.name, self.about, self.absent = name, "", None
        self.errors = None if options.errors else tempfile.TemporaryFile("w+")      # noqa: SIM115 (`close` does)
        arguments = [python, str(script), name, *([str(options.seconds)] if options.seconds else [])]
        self.process = subprocess.Popen(
            arguments, env=environment(name, python, options.threads, options.device), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
            start_new_session=True)     # Ctrl-C is for this process alone
        if package(name) == "jax" and 1 < (options.threads or 1) < cores():     # it takes what the process may use
            os.sched_setaffinity(self.process.pid, sorted(os.sched_getaffinity(0))[:options.threads])

    def listen(self):
        """Waits until it has started, or has not."""
        self.about = self.process.stdout.readline().strip()
        if not self.about and self.process.wait() != MISSING:
            self.absent = self.last_words()

    def answer(self, question):
        """The number that answers a question, or None where this engine has no such workload."""
        with contextlib.suppress(BrokenPipeError):
            print(question, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        if not answer:
            self.process.wait()
            raise RuntimeError(f"it ended at {question!r}: {self.last_words()}")
        return None if answer == "none" else float(answer)

    def last_words(self):
        """The last line that it wrote to its stderr."""
        if self.errors is None:
            return "see above"
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors if line.strip()]
        return lines[-1] if lines else f"exit code {self.process.returncode}"

    def hang_up(self):
        """Tells it that there are no more questions, which ends it."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def kill(self):
        """Ends it, and what it started, at once."""
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)

    def close(self):
        """Waits until it has ended."""
        self.hang_up()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            self.process.wait()
        self.process.stdout.close()
        if self.errors is not None:
            self.errors.close()


def environment(name, python, threads, device=None):
    """What an engine's process finds in os.environ: its threads, one GPU or none, and the folder of rivals/ on its
    path."""
    env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", JAX_PLATFORMS="cpu")
    if device:
        env["TINYNN_BENCH_DEVICE"] = device
    if on_gpu(device):
        env.update(GPU_SETTINGS, CUDA_VISIBLE_DEVICES=visible(device), TINYNN_BENCH_DEVICE="GPU:0")
    if threads == 1:
        env["XLA_FLAGS"] = JAX_FLAGS
    env.update(dict.fromkeys(THREAD_SETTINGS, str(threads)) if threads else {})
    inherited = env.pop("PYTHONPATH", None)
    path = [str(RIVALS)]
    if python == sys.executable:
        path += [str(ROOT)] * (name == "tinynn") + [inherited] * bool(inherited)
    env["PYTHONPATH"] = os.pathsep.join(path)
    return env


def on_gpu(device):
    """Whether a device is a GPU."""
    return (device or "").startswith("GPU")


def visible(device):
    """The GPU that a device's name means, as CUDA_VISIBLE_DEVICES names it: of those that this process may see.

    Raises:
        ValueError: it may see fewer.
    """
    number, may = int(device.partition(":")[2]), os.environ.get("CUDA_VISIBLE_DEVICES")
    if may is None:
        return str(number)
    if number >= len(may.split(",")):
        raise ValueError(f"there is no {device}: CUDA_VISIBLE_DEVICES is {may!r}")
    return may.split(",")[number].strip()


@contextlib.contextmanager
def started(script, engines, options):
    """A Peer for each of the engines, as a context; the parameters are those of Peer.

    They start side by side and end with the context; after an exception, Ctrl-C too, at once.
    """
    peers = []
    try:
        for name in engines:
            peers.append(Peer(name, script, options))
        for peer in peers:
            peer.listen()
        yield peers
    except BaseException:
        for peer in peers:
            peer.kill()
        raise
    finally:
        for peer in peers:
            peer.hang_up()
        for peer in peers:
            peer.close()


def interpreters(pairs):
    """{package: interpreter} of strings ENGINE=PATH; TINYNN_BENCH_<ENGINE> in the environment names others.

    Raises:
        ValueError: a string without "=", an unknown package, or a file that is no program.
    """
    found = {name: os.environ[f"TINYNN_BENCH_{name.upper()}"] for name in PACKAGES
             if f"TINYNN_BENCH_{name.upper()}" in os.environ}
    for pair in pairs:
        name, equals, path = pair.partition("=")
        if not equals or name not in PACKAGES:
            raise ValueError(f"--python got {pair!r}, expected ENGINE=PATH with ENGINE one of {', '.join(PACKAGES)}")
        found[name] = path
    for name, path in found.items():
        if shutil.which(path) is None:
            raise ValueError(f"there is no interpreter {path!r} for {name}")
    return found
