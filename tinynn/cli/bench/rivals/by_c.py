"""Floor 8: hand-written C for the small jobs: train_step.c, compiled when it is needed and called through ctypes."""

import ctypes
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np

SOURCE = pathlib.Path(__file__).with_name("train_step.c")
COMMAND = ["cc", "-O3", "-march=native", "-ffast-math"]


def about():
    """One line for the table's head."""
    if shutil.which(COMMAND[0]) is None:
        raise ImportError(f"there is no C compiler {COMMAND[0]!r}")
    said = subprocess.run([COMMAND[0], "--version"], check=True, capture_output=True, text=True).stdout
    return f"C by hand: {said.splitlines()[0]}, {' '.join(COMMAND[1:])}, 1 thread"


class Rival:
    """A network whose training loop is one C function."""

    def __init__(self, job, x, y):
        self.job, self.x, self.y = job, np.ascontiguousarray(x), np.ascontiguousarray(y)
        with tempfile.TemporaryDirectory() as folder:
            library = pathlib.Path(folder, "train_step.so")
            subprocess.run([*COMMAND, "-shared", "-fPIC", str(SOURCE), "-o", str(library), "-lm"], check=True)
            self.function = getattr(ctypes.CDLL(str(library)), f"train_{job.name.lower()}")
        self.reset()

    def reset(self):
        """Back to the first weights: all of them in one array, with twice as much room for the slots behind."""
        weights = np.concatenate([w.ravel() for w in self.job.weights()])
        self.state = np.concatenate([weights, np.zeros(2 * weights.size, "float32")])
        self.step = 0

    def run(self, epochs, shuffle):
        """Trains."""
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in (self.x, self.y, self.state)]
        self.function(*pointers, ctypes.c_long(self.step), ctypes.c_long(epochs), ctypes.c_int(shuffle))
        self.step += epochs * self.job.steps

    def weights(self):
        """[kernel, bias, ...]"""
        shapes = [shape for m, n in self.job.sizes for shape in ((m, n), (n,))]
        ends = np.cumsum([int(np.prod(s)) for s in shapes])
        return [part.reshape(s) for part, s in zip(np.split(self.state, ends)[:-1], shapes, strict=True)]
