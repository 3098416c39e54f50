"""Floor 2: GPUs, through CuPy: which there are, where an array lives, how it moves, and why there is none.

A GPU's arrays are CuPy's; an op runs on them as its reference body, with CuPy as `xp`. What is asked of CuPy stands in
on_cupy.py, and is looked for when a GPU is first asked for.

Places are numbers here: -1 is the CPU, 0, 1, ... are the GPUs.
"""

import contextlib
import re
import threading

import numpy as np

from tinynn.backends import checks, on_cupy, reference
from tinynn.core import config
from tinynn.core.errors import hint

CPU, ANYWHERE = -1, -2
_NAME = re.compile(r"(?:/?(?:job:\w+|replica:\d+|task:\d+))*/?(?:device:)?(CPU|GPU)(?::(\d+))?", re.IGNORECASE)
INSTALL = 'pip install "tinynn-engine[cuda12]" (or [cuda13], for a driver of version 580 or later)'


class NoGPU(RuntimeError):
    """There is no GPU to compute on; the message says why, and what to do."""


_lock = threading.Lock()
_found = {"platform": None, "reason": None}     # what the first look found


def platform():
    """The CuPy of this process.

    Raises:
        NoGPU: there is none, or it finds no GPU.
    """
    if _found["platform"] is None:
        with _lock:
            if _found["platform"] is None and _found["reason"] is None:
                _look()
        if _found["platform"] is None:
            raise NoGPU(_found["reason"])
    return _found["platform"]


def _look():
    try:
        found = on_cupy.CuPy()
        if found.count():
            found.try_it()          # an old driver and missing libraries say so here
            found.allow_tf32(_tf32["on"])
            _found["platform"] = found
        else:
            _found["reason"] = "CuPy finds no NVIDIA GPU on this machine (nvidia-smi lists what the driver sees)"
    except ImportError as error:
        installed = getattr(error, "name", None) != "cupy"
        _found["reason"] = (_explained(error) if installed else
                            f"computing on a GPU needs CuPy, which is not installed: {INSTALL}")
    except Exception as error:      # whatever CUDA says: its errors are CuPy's own classes
        _found["reason"] = _explained(error)


def _explained(error):
    text = " ".join(str(error).split())[:200]
    if "cudaErrorInsufficientDriver" in text:
        return ("the GPU's driver is older than CuPy's CUDA: install a newer driver (525 or later for CUDA 12, 580 or "
                f"later for CUDA 13), or the CuPy for an older CUDA. CUDA says: {text}")
    if "cudaErrorNoDevice" in text:
        return f"the driver finds no NVIDIA GPU: nvidia-smi lists what it sees. CUDA says: {text}"
    if isinstance(error, ImportError) or "nvrtc" in text.lower() or "CUDA root" in text:
        return f"CuPy lacks a library of CUDA: {INSTALL} brings them. It says: {text}"
    return f"CuPy is installed, but CUDA does not start: is there an NVIDIA driver (nvidia-smi)? It says: {text}"


@contextlib.contextmanager
def substituted(other):
    """A context in which another array package stands in for CuPy."""
    before = dict(_found)
    _found.update(platform=other, reason=None)
    try:
        yield other
    finally:
        _found.update(before)


def why_not():
    """Why there is no GPU, with what to do; None where there is one."""
    try:
        platform()
    except NoGPU as error:
        return str(error)
    return None


def in_use():
    """Whether a GPU was asked for, and found: only then can a tensor live on one."""
    return _found["platform"] is not None


def count():
    """How many GPUs there are."""
    return 0 if why_not() else platform().count()


def lines():
    """What `show_config` and `tinynn info` say about GPUs."""
    reason = why_not()
    if reason:
        return [f"GPU              none: {reason}"]
    return [f"GPU:{i}            {platform().described(i)}" for i in range(count())]


config.gpus = count
config.gpu_lines = lines

# ---- places ----------------------------------------------------------------------------------------------------------


def place_named(name):
    """The place of a device name as TensorFlow accepts it: "GPU:0", "/GPU:0", "/device:GPU:0", "CPU:0", ...

    Raises:
        ValueError: no such name.
    """
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise ValueError(f"a device is named as in 'GPU:0' or '/device:CPU:0', got {name!r}")
    number = int(found[2] or 0)
    if found[1].upper() == "GPU":
        return number
    if number:
        raise ValueError(f"there is one CPU device, 'CPU:0'; got {name!r}")
    return CPU


def name_of(place):
    """The short name of a place, as in "GPU:0"."""
    return "CPU:0" if place == CPU else f"GPU:{place}"


def long_name_of(place):
    """TensorFlow's name of a place."""
    return f"/job:localhost/replica:0/task:0/device:{name_of(place)}"


def available(place, soft=False):
    """The place itself; with `soft` the CPU, and a hint, where there is no such GPU.

    Raises:
        NoGPU: there is no such GPU.
    """
    if place == CPU:
        return place
    reason = why_not()
    if reason is None and place >= count():
        reason = f"the GPUs are {', '.join(name_of(i) for i in range(count()))}"
    if reason is None:
        return place
    if not soft:
        raise NoGPU(f"there is no {name_of(place)}: {reason}")
    hint("no-gpu", f"there is no {name_of(place)}, and the CPU computes instead: {reason}. "
         "tf.config.set_soft_device_placement(False) makes this an error")
    return CPU


def states():
    """{key: variable}: what ops.random keeps on GPUs; empty while no GPU is in use."""
    return platform().states if in_use() else {}


def place_of(array):
    """Where an array lives."""
    return CPU if isinstance(array, np.ndarray) else platform().place(array)


def moved(array, place):
    """A copy of an array, NumPy's or a GPU's, at a place.

    Raises:
        InvalidArgumentError: the host reads from a GPU on which a graph used an index that does not exist.
    """
    if place == CPU:
        if isinstance(array, np.ndarray):
            return np.array(array)
        checks.look(platform().place(array))
        return platform().get(array)
    return platform().put(array, place)


def copied(array):
    """A copy of a GPU's array, beside it."""
    return moved(array, place_of(array))


def full(shape, value, dtype, place):
    """An array of one number everywhere, on a GPU."""
    with platform().at(place):
        return platform().xp.full(shape, value, dtype)


def run(op, arrays, attributes):
    """What an op gives for arrays of one GPU; arrays of that GPU, too.

    Raises:
        TypeError: the op's body gave an array that has left the GPU.
    """
    found = platform()
    place = found.place(arrays[0])
    with found.at(place) if place else contextlib.nullcontext():
        result = reference.run(op, found.xp, arrays, attributes)
    for made in result if isinstance(result, (tuple, list)) else () if result is None else (result,):
        if not isinstance(made, found.array) and op.name != "move":
            raise TypeError(f"the body of {op.name} gave a {type(made).__name__}, not the GPU's array")
    return result


def linalg_errors(xp):
    """A context in which `xp` raises LinAlgError for a matrix that has no inverse."""
    return platform().linalg_errors() if xp is not np and in_use() else contextlib.nullcontext()


def memory_info(device="CPU:0"):
    """Bytes that tensors hold on a device now, and the most that they have held at once; on a GPU instead of the
    second what CuPy has taken for them, which is at least that."""
    place = available(place_named(device))
    return dict(zip(("current", "peak"), _cpu_memory_info().values() if place == CPU else platform().memory(place),
                    strict=True))


_cpu_memory_info = config.experimental.get_memory_info
config.experimental.get_memory_info = memory_info


def enable_tensor_float_32_execution(enabled):
    """Whether products of float32 matrices may round their factors to 10 bits (TF32), which is faster; off at first."""
    _tf32["on"] = bool(enabled)
    if in_use():
        platform().allow_tf32(_tf32["on"])


_tf32 = {"on": False}
config.experimental.enable_tensor_float_32_execution = enable_tensor_float_32_execution
config.experimental.tensor_float_32_execution_enabled = lambda: _tf32["on"]
