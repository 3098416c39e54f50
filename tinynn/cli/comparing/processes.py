"""Floor 8: the two sides of a comparison as processes of their own.

A job, as it is written for `cli/peer`:

    engine      "tinynn" or "tensorflow"
    file, args  the program and its arguments
    exact       whether losses, weights and draws are kept, rather than times taken undisturbed
    inject      whether random numbers of the engines are replaced
    seed        for Python's and NumPy's random numbers, and those replaced; None to leave all as they are
    root        the folder from which tinynn is imported; None to import it as any package
    out         the folder that takes result.json, weights.npz and draws.npz
    started     time.time() at the start

Its result.json: python, version, missing (a package), error (a traceback), status (exit code), memory (bytes),
import_seconds, and what `cli/peer/notes.py` writes.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

import tinynn
from tinynn.explain.text import seconds

PEER = pathlib.Path(__file__).parent.parent / "peer"
THREADS = ("TINYNN_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
           "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
ALIKE = {"MPLBACKEND": "Agg", "PYTHONIOENCODING": "utf-8", "PYTHONHASHSEED": "0", "CUDA_VISIBLE_DEVICES": "",
         "KERAS_BACKEND": "tensorflow"}
GRACE = 2.0     # seconds that a process has to end by itself when it is asked to
LOOK = 0.2      # seconds between two looks at a process
SEED = 1


class Side:
    """One side of a comparison.

    Args:
        engine: "tinynn" or "tensorflow".
        python: the interpreter.
        name: what it is called in tables.
    """

    def __init__(self, engine, python, name):
        self.engine, self.python, self.name = engine, python, name
        own = engine == "tinynn" and python == sys.executable
        self.root = str(pathlib.Path(tinynn.__file__).parent.parent) if own else None

    def run(self, file, options, exact, doing, **settings):
        """Runs the program once.

        Args:
            file: the program's path.
            options: the command line: rest (its arguments), threads, timeout, inject.
            exact: whether losses, weights and draws are kept.
            doing: what is said on a terminal meanwhile.
            settings: more of the environment.

        Returns:
            The result as described above, with wall (seconds), output (text) and, where exact, arrays.
        """
        with tempfile.TemporaryDirectory(prefix="tinynn-compare-") as folder:
            out = pathlib.Path(folder)
            job = {"engine": self.engine, "file": str(file), "args": options.rest, "exact": exact, "out": folder,
                   "inject": options.inject and exact, "seed": SEED if options.inject else None, "root": self.root,
                   "started": time.time()}
            (out / "job.json").write_text(json.dumps(job))
            threads = dict.fromkeys(THREADS, str(options.threads))
            environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, **ALIKE, **threads, **settings}
            # an engine that may not keep its bytecode, and has none yet, would be compiled at every start
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
            with open(out / "output", "wb") as output, open(out / "errors", "wb") as errors:
                command = [self.python, str(PEER), str(out / "job.json")]
                wall, code = wait(command, environment, output, errors, options.timeout, doing)
            return self.result(out, wall, code, options.timeout)

    def result(self, out, wall, code, timeout):
        """What a process left behind."""
        text = lambda name: (out / name).read_bytes().decode("utf-8", "replace")
        try:
            result = json.loads(text("result.json"))
        except (OSError, ValueError):       # it did not come to its end
            result = {"missing": None, "status": code if code and code > 0 else 1, "trainings": [], "draws": []}
            result["error"] = text("errors")[-4000:] + why(code, timeout)
        if result["status"] and not result["error"]:
            result["error"] = f"the program ended with the exit code {result['status']}\n"
        return {**result, "wall": wall, "output": text("output"), "arrays": arrays(out)}


def why(code, timeout):
    """Why a process has left no result."""
    if code is None:
        return f"it was stopped after {seconds(timeout)} (--timeout)\n"
    if code < 0:
        name = signal.Signals(-code).name
        return f"it was ended by {name}" + (": there may have been too little memory\n" if name == "SIGKILL" else "\n")
    return f"it ended with the exit code {code}\n"


def arrays(out):
    """{file name: {number: array}} of what the process saved."""
    import numpy as np

    found = {}
    for path in out.glob("*.npz"):
        with np.load(path) as archive:
            found[path.stem] = {int(name): archive[name] for name in archive.files}
    return found


def wait(command, environment, output, errors, timeout, doing):
    """Runs a command in a process group of its own; (seconds, exit code, or None where its time ran out).

    Whatever happens here, Ctrl-C included, leaves no process behind.
    """
    begin, end, ended = time.perf_counter(), [], threading.Event()
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                               start_new_session=True)

    def wait_for_it():      # in a thread of its own, so that its end is noticed at once
        process.wait()
        end.append(time.perf_counter())
        ended.set()

    try:
        threading.Thread(target=wait_for_it, daemon=True).start()
        while not ended.wait(LOOK):
            passed = time.perf_counter() - begin
            progress(f"{doing} {passed:.0f} s")
            if timeout and passed > timeout:
                return passed, None
        return end[0] - begin, process.returncode
    finally:
        progress("")
        if not ended.is_set():
            finish(process.pid, ended)


def finish(group, ended):
    """Ends a process group, which may do so by itself when it is asked to."""
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
        ended.wait(patience)


def progress(text):
    """Says on a terminal what is going on; the next text takes its place."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


@contextlib.contextmanager
def endings_interrupt():
    """Within it, SIGTERM and SIGHUP end this process as Ctrl-C does: with its children."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
